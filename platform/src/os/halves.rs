//! Divides a word of a command line, which need not be Unicode: by bytes on Unix (OsStrExt), by UTF-16
//! units on Windows (OsStrExt::encode_wide), where the standard library has no function for both.

use std::ffi::{OsStr, OsString};

/// What stands before each `=` in a word and what follows it, in their order. Where the part before is no
/// Unicode, it is left out.
pub fn around_each_equals_sign(word: &OsStr) -> Vec<(String, OsString)> {
    halves(word)
}

#[cfg(unix)]
fn halves(word: &OsStr) -> Vec<(String, OsString)> {
    use std::os::unix::ffi::OsStrExt as _;

    let bytes = word.as_bytes();
    let signs = (0..bytes.len()).filter(|&at| bytes[at] == b'=');
    let halves = signs.filter_map(|at| {
        let before = str::from_utf8(&bytes[..at]).ok()?;
        Some((
            before.to_owned(),
            OsStr::from_bytes(&bytes[at + 1..]).into(),
        ))
    });
    halves.collect()
}

#[cfg(windows)]
fn halves(word: &OsStr) -> Vec<(String, OsString)> {
    use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};

    let units: Vec<u16> = word.encode_wide().collect();
    let signs = (0..units.len()).filter(|&at| units[at] == u16::from(b'='));
    let halves = signs.filter_map(|at| {
        let before = String::from_utf16(&units[..at]).ok()?;
        Some((before, OsString::from_wide(&units[at + 1..])))
    });
    halves.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn around_each_equals_sign_finds_every_pair() {
        let halves = |word: &str| around_each_equals_sign(word.as_ref());
        assert_eq!(halves("no"), []);
        assert_eq!(halves("ü=ö"), [("ü".to_owned(), "ö".into())]);
        assert_eq!(
            halves("=a=b="),
            [
                (String::new(), "a=b=".into()),
                ("=a".to_owned(), "b=".into()),
                ("=a=b".to_owned(), "".into()),
            ]
        );
    }

    /// Neither an invalid byte nor half of a pair of surrogates is a text.
    #[test]
    fn around_each_equals_sign_keeps_what_is_no_unicode() {
        #[cfg(unix)]
        let word = |before: &str| {
            use std::os::unix::ffi::OsStringExt as _;
            OsString::from_vec([before.as_bytes(), b"=a\xff"].concat())
        };
        #[cfg(windows)]
        let word = |before: &str| {
            use std::os::windows::ffi::OsStringExt as _;
            let before = before.encode_utf16();
            let units: Vec<u16> = before.chain([u16::from(b'='), 0xd800]).collect();
            OsString::from_wide(&units)
        };
        let whole = word("a");
        let [(before, after)] = &around_each_equals_sign(&whole)[..] else {
            panic!("{whole:?}");
        };
        assert_eq!(before, "a");
        assert_eq!(after.to_str(), None);
        let mut twice = after.clone();
        twice.push("=b");
        assert_eq!(around_each_equals_sign(&twice), []);
    }
}
