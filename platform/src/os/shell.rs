//! A word of a command line, quoted so that a person can paste the line into a shell: the Shell Command
//! Language of POSIX (2.2, Quoting), and PowerShell ("about_Quoting_Rules" in Microsoft's
//! documentation), where typographic quotation marks quote, too.

/// A word for a POSIX shell. Zsh takes `=ls` for the path of the program `ls` ("Filename Expansion" in
/// zshexpn(1)).
pub(crate) fn posix(word: &str) -> String {
    if is_plain(word, "%+,-./:=@_") && !word.starts_with('=') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A word for PowerShell, and for the old command prompt as far as one form serves both.
pub(crate) fn powershell(word: &str) -> String {
    if is_plain(word, r"+-./:=\_") {
        return word.to_owned();
    }
    let in_both =
        |character: char| character.is_alphanumeric() || r"+-./:=\_ ,()&@'".contains(character);
    // The last backslash would take the quotation mark for its own.
    if word.chars().all(in_both) && !word.is_empty() && !word.ends_with('\\') {
        return format!("\"{word}\"");
    }
    let mut quoted = String::from("'");
    for character in word.chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

/// Whether no shell sees anything but characters in it.
fn is_plain(word: &str, marks: &str) -> bool {
    let plain = |character: char| character.is_alphanumeric() || marks.contains(character);
    !word.is_empty() && word.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posix_quotes_special_words() {
        for (word, quoted) in [
            ("--store", "--store"),
            ("/home/ada/Ada.p12", "/home/ada/Ada.p12"),
            ("", "''"),
            ("Ada Example.p12", "'Ada Example.p12'"),
            ("it's", r"'it'\''s'"),
            ("$HOME`id`\"!", "'$HOME`id`\"!'"),
            ("~/a", "'~/a'"),
            ("Zoë.p12", "Zoë.p12"),
            ("=ls", "'=ls'"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(posix(word), quoted);
        }
    }

    #[cfg(unix)]
    fn agrees(shell: &str) {
        for word in [
            "a b",
            "it's",
            "$(id) `id` \\ \"!\" *?[~]{a,b}",
            "",
            "-n",
            "a\nb",
            "#;&|<>",
            "=ls",
            "a=ls",
            "%1",
        ] {
            let script = format!("printf %s {}", posix(word));
            let output = std::process::Command::new(shell)
                .args(["-c", &script])
                .output();
            assert_eq!(output.unwrap().stdout, word.as_bytes(), "{script}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn posix_round_trips_through_sh() {
        agrees("sh");
    }

    #[cfg(unix)]
    #[test]
    #[ignore = "needs zsh"]
    fn posix_round_trips_through_zsh() {
        agrees("zsh");
    }

    #[test]
    fn powershell_quotes_special_words() {
        for (word, quoted) in [
            ("--store", "--store"),
            (r"C:\Users\ada\Ada.p12", r"C:\Users\ada\Ada.p12"),
            ("", "''"),
            (r"C:\My Files\Ada.p12", r#""C:\My Files\Ada.p12""#),
            (r"C:\My Files\", r"'C:\My Files\'"),
            ("it's", "\"it's\""),
            ("$env:x 'a'", "'$env:x ''a'''"),
            ("\u{2019}\u{2019}", "'\u{2019}\u{2019}\u{2019}\u{2019}'"),
            ("Zoë.p12", "Zoë.p12"),
        ] {
            assert_eq!(powershell(word), quoted);
        }
    }
}
