//! The name of a file that holds one identity, in a folder store or in a backup: the label, so that
//! a person finds it, and the beginning of the certificate's SHA-256, so that no two are alike.

use std::ffi::OsStr;
use std::path::Path;

use certstow_formats::certificate::EntryId;

/// How many digits of the id are in a name.
const DIGITS: usize = 16;

/// No longer than this many bytes, so that the whole fits into the 255 of most file systems.
const LONGEST: usize = 100;

/// `<label>--<first 16 digits of the id>.<extension>`: letters and digits of the label in lower
/// case, with hyphens between them. Works on every file system.
pub fn of_identity(label: &str, id: &EntryId, extension: &str) -> String {
    let digits = id.to_string();
    format!("{}--{}.{extension}", slug(label), &digits[..DIGITS])
}

/// Whether [`of_identity`] gives such names.
pub fn is_of_identity(name: &str) -> bool {
    let stem = Path::new(name).file_stem().and_then(OsStr::to_str);
    let digits = stem.and_then(|stem| Some(stem.rsplit_once("--")?.1));
    digits.is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    })
}

fn slug(label: &str) -> String {
    let mut slug = String::new();
    for character in label.chars().flat_map(char::to_lowercase) {
        if slug.len() + character.len_utf8() > LONGEST {
            break;
        }
        if character.is_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    match slug.trim_end_matches('-') {
        "" => "certificate".to_owned(),
        slug => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_identity_combines_label_and_id() {
        let id = EntryId::of(b"certificate");
        let digits = &id.to_string()[..16];
        for (label, slug) in [
            ("Ada Example", "ada-example"),
            ("  --Zoë (2024) ", "zoë-2024"),
            ("../../etc/passwd", "etc-passwd"),
            ("\u{202e}", "certificate"),
            ("con", "con"),
        ] {
            let expected = format!("{slug}--{digits}.p12");
            assert_eq!(of_identity(label, &id, "p12"), expected);
            assert!(is_of_identity(&expected));
        }
        for other in ["ada.p12", "ada--0123.p12", "ada--0123456789abcdeg.p12", ""] {
            assert!(!is_of_identity(other), "{other}");
        }
        assert!(of_identity(&"ü".repeat(300), &id, "pem").len() < 200);
    }
}
