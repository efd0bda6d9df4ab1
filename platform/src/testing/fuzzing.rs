//! What must hold for any bytes that the readers of this package are given. `fuzz/` runs these
//! functions, with those of `certstow_formats::testing::fuzzing` and `certstow::fuzzing`, under
//! libFuzzer, and the tests over its seeds and changed copies of them. Each panics where something does
//! not hold.

use certstow_formats::certificate::Certificate;
use certstow_formats::key::{self, KeyForm};

use crate::file::bag_attributes;
use crate::file::found::FileContents;
use crate::file::passwords::Passwords;
use crate::os::shell as words;

/// A file of a folder: PEM, or DER of any form.
pub fn contents(input: &[u8]) {
    let (found, pieces) = FileContents::read(input, &Passwords::given(&[]));
    for key in &found.keys {
        assert!(key.piece < pieces, "a key is in a piece of the file");
    }
    for found in &found.certificates {
        let again = Certificate::from_der(found.certificate.der()).expect("it was read before");
        assert_eq!(again.id(), found.id);
    }
    attributes_read_back(input);
    key_forms(input);
}

/// What stands before a block of PEM is the same once it was written anew.
fn attributes_read_back(before: &[u8]) {
    let read = bag_attributes::read(before);
    let lines = bag_attributes::write(&read);
    let lines_again = bag_attributes::write(&bag_attributes::read(lines.as_bytes()));
    assert_eq!(lines, lines_again);
}

/// Every form of a key, whichever the bytes look like.
fn key_forms(der: &[u8]) {
    // What was changed from one form into another still has the public half of the first.
    for changed in [key::from_pkcs1(der), key::from_sec1(der, None)] {
        let Ok(key) = changed else { continue };
        assert_eq!(KeyForm::of(key.expose()), Some(KeyForm::Pkcs8));
        let public = key::public_key_of(&key);
        assert_eq!(key::public_key_of(&key::without_public_half(key)), public);
    }
    if let Ok(public) = key::public_key_of_pkcs8(der) {
        assert!(key::same_public_key(&public, &public));
    }
}

/// A word of a command line that somebody pastes into a shell.
pub fn shell(input: &[u8]) {
    let word = String::from_utf8_lossy(input);
    let posix = words::posix(&word);
    assert_eq!(read_posix(&posix).as_deref(), Some(&*word), "{posix}");
    let powershell = words::powershell(&word);
    assert_eq!(
        read_powershell(&powershell).as_deref(),
        Some(&*word),
        "{powershell}"
    );
    if powershell.starts_with('"') {
        // The command prompt takes the same, and would put variables in place of these.
        assert!(!word.contains(['%', '!', '^', '\n', '\r']), "{powershell}");
    }
}

/// One word, as a POSIX shell reads it (XCU 2.2, 2.6); `None` if it reads anything else.
fn read_posix(line: &str) -> Option<String> {
    let mut word = (!line.is_empty()).then(String::new)?;
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        match character {
            '\'' => loop {
                match rest.next()? {
                    '\'' => break,
                    quoted => word.push(quoted),
                }
            },
            '\\' => word.push(rest.next()?),
            _ if means_something(character) || "\"$`!*?[]{}~#".contains(character) => return None,
            plain => word.push(plain),
        }
    }
    Some(word)
}

/// One word, as PowerShell reads it (about_Quoting_Rules, about_Parsing); `None` if it reads anything else.
fn read_powershell(line: &str) -> Option<String> {
    let single = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
    let double = |c: char| matches!(c, '"' | '\u{201c}'..='\u{201e}');
    let mut rest = line.chars().peekable();
    let first = *rest.peek()?;
    let mut word = String::new();
    if single(first) || double(first) {
        rest.next();
        let closes = |c: char| if single(first) { single(c) } else { double(c) };
        loop {
            let character = rest.next()?;
            if closes(character) {
                match rest.next_if(|next| closes(*next)) {
                    Some(doubled) => word.push(doubled),
                    None => return rest.next().is_none().then_some(word),
                }
            } else if double(first) && "$`".contains(character) {
                return None;
            } else {
                word.push(character);
            }
        }
    }
    let special =
        |c: char| single(c) || double(c) || means_something(c) || "$`@#,{}%!^".contains(c);
    line.chars().all(|c| !special(c)).then(|| line.to_owned())
}

/// Whether a character outside of quotation marks ends a word, or does anything else but stand for
/// itself, in every shell.
fn means_something(character: char) -> bool {
    character.is_whitespace() || character.is_control() || "|&;<>()".contains(character)
}
