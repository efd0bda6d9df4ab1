//! Names that Windows changes or keeps for itself (Microsoft, "Naming Files, Paths, and Namespaces"): it
//! drops a dot or blank at the end, takes what follows a colon for a stream of the file, and finds devices
//! under their old names in every folder. A file whose name is told has to be found under it, so none
//! such is made.

#[cfg(any(windows, test))]
const SEPARATORS: [char; 2] = ['\\', '/'];

/// Why a file or folder of this path would not be what its name says; `None` if it would. What begins
/// with `\\?\` is handed to the file system as it is.
#[cfg(any(windows, test))]
pub(super) fn refusal(path: &str) -> Option<String> {
    if path.starts_with(r"\\?\") {
        return None;
    }
    let slashed = path.replace('/', r"\");
    if slashed.starts_with(r"\\.\") {
        return Some("it names a device, and no file".to_owned());
    }
    if let Some(in_drive) = without_drive(path)
        && !in_drive.starts_with(SEPARATORS)
    {
        let drive = &path[..2];
        return Some(format!(
            "{drive} alone means the current folder of that drive: write {drive}\\ and the whole path"
        ));
    }
    let names = without_drive(path).unwrap_or(path).split(SEPARATORS);
    let mut names = names.filter(|name| !matches!(*name, "" | "." | ".."));
    names.find_map(|name| {
        let forbidden = |c: char| c < ' ' || r#"<>"|?*"#.contains(c);
        if name.contains(':') {
            let why = "Windows takes what follows the colon for a stream of the file";
            Some(format!("{why} in '{name}'"))
        } else if name.ends_with(['.', ' ']) {
            Some(format!(
                "Windows drops the dot or space at the end of '{name}'"
            ))
        } else if is_reserved(name) {
            Some(format!("Windows reserves the name '{name}'"))
        } else {
            let character = name.chars().find(|c| forbidden(*c))?;
            let character = character.escape_default();
            Some(format!("Windows allows no '{character}' in a name"))
        }
    })
}

/// Whether a path is the root folder of a drive.
#[cfg(any(windows, test))]
pub(super) fn is_drive_root(path: &str) -> bool {
    let path = path.strip_prefix(r"\\?\").unwrap_or(path);
    without_drive(path).is_some_and(|rest| {
        let mut parts = rest.split(SEPARATORS);
        rest.starts_with(SEPARATORS) && parts.all(|part| matches!(part, "" | "."))
    })
}

/// What follows the letter of a drive and its colon.
#[cfg(any(windows, test))]
pub(super) fn without_drive(path: &str) -> Option<&str> {
    let rest = path.strip_prefix(|c: char| c.is_ascii_alphabetic())?;
    rest.strip_prefix(':')
}

/// Whether Windows reserves a name, with any extension, in every folder.
pub fn is_reserved(name: &str) -> bool {
    let base = name.split(['.', ':']).next().unwrap_or_default().trim_end();
    let base = base.to_ascii_uppercase();
    match base.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" => true,
        other => ["COM", "LPT"].iter().any(|device| {
            other.strip_prefix(device).is_some_and(|number| {
                let mut characters = number.chars();
                let is_number =
                    |character: char| character.is_ascii_digit() || "¹²³".contains(character);
                characters.next().is_some_and(is_number) && characters.next().is_none()
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_names_what_windows_changes() {
        for (path, why) in [
            ("trail.", "drops the dot or space at the end of 'trail.'"),
            ("trail.p12.", "drops the dot or space"),
            ("f/new. ", "drops the dot or space at the end of 'new. '"),
            (r"C:\a \b", "drops the dot or space at the end of 'a '"),
            (r"\\server\share\a.", "drops the dot or space"),
            ("...", "drops the dot or space"),
            ("ads.p12:stream", "stream of the file in 'ads.p12:stream'"),
            (r"C:\ads.p12:stream:$DATA", "stream"),
            ("ab:c", "stream"),
            ("NUL", "reserves the name 'NUL'"),
            ("aux.p12", "reserves the name 'aux.p12'"),
            (r"D:\x\Com1.tar.gz", "reserves"),
            ("con .p12", "reserves"),
            (r"nul\x.p12", "reserves"),
            ("LPT¹", "reserves"),
            (r"\\.\NUL", "a device"),
            ("//./COM1", "a device"),
            ("C:", "C: alone means the current folder of"),
            ("f:ada.p12", "write f:\\ and the whole path"),
            ("a?b", "allows no '?'"),
            ("a\tb", "allows no '\\t'"),
        ] {
            let refused = refusal(path).unwrap_or_default();
            assert!(refused.contains(why), "{path}: {refused}");
        }
        for path in [
            "ada.p12",
            ".hidden",
            r"..\.\ada.p12",
            r"C:\",
            r"C:\Users\Ada Example\a.b.c",
            "C:/Users/ada",
            r"\\server\share\",
            r"\\?\C:\trail.",
            "company.p12",
            "COM10",
            "common",
            "",
        ] {
            assert_eq!(refusal(path), None, "{path}");
        }
    }

    #[test]
    fn is_drive_root_ignores_shares_and_folders() {
        for path in [r"C:\", "f:/", r"C:\.\", r"C:\\", r"\\?\C:\"] {
            assert!(is_drive_root(path), "{path}");
        }
        for path in ["C:", r"C:\a", r"\\server\share\", "/", r"\", "", "C:x"] {
            assert!(!is_drive_root(path), "{path}");
        }
    }
}
