//! The file's name when nobody gave one: the label, made to work as a file name on every
//! system, since exported files travel.

use std::path::{Path, PathBuf};

use certstow_formats::sanitize::is_unsafe;
use certstow_platform::os;

use super::Format;
use crate::output::names_a_folder;

/// No longer than this many bytes, which leaves room for an extension within the 255 of most
/// file systems.
const LONGEST: usize = 200;

/// The label as a file name with the format's extension. Characters that Windows does not
/// allow become `_`; device names and names that end in a dot or a space do not come out.
pub fn default_file_name(label: &str, format: Format) -> PathBuf {
    file_name(label, format.extension())
}

/// The same with this extension.
pub(crate) fn file_name(label: &str, extension: &str) -> PathBuf {
    let mut stem = String::with_capacity(label.len());
    for character in label.chars() {
        let forbidden = matches!(
            character,
            '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*'
        );
        let shown = if forbidden || is_unsafe(character) {
            '_'
        } else {
            character
        };
        if stem.len() + shown.len_utf8() > LONGEST {
            break;
        }
        stem.push(shown);
    }
    // A leading dot hides the file, a leading hyphen looks like an option.
    let stem = stem
        .trim()
        .trim_start_matches(['.', '-', ' '])
        .trim_end_matches(['.', ' ']);
    let stem = match stem {
        "" => "certificate".to_owned(),
        _ if os::is_reserved_by_windows(stem) => format!("_{stem}"),
        _ => stem.to_owned(),
    };
    format!("{stem}.{extension}").into()
}

/// `file` with the format's extension, if its name has none. A folder or device stays as it is, for
/// the write to refuse.
pub fn with_extension(file: &Path, format: Format) -> PathBuf {
    if file.extension().is_some() || names_no_file(file) {
        return file.to_owned();
    }
    file.with_extension(format.extension())
}

/// `file` with the format's extension, if its name has none that is usual for the format: for somebody
/// who types a name, such as a reference with dots in it, and does not think of extensions.
pub fn with_usual_extension(file: &Path, format: Format) -> PathBuf {
    let extension = file.extension().unwrap_or_default();
    let mut usual = format.extensions().iter();
    if usual.any(|usual| extension.eq_ignore_ascii_case(usual)) || names_no_file(file) {
        return file.to_owned();
    }
    let mut named = file.as_os_str().to_owned();
    named.push(".");
    named.push(format.extension());
    named.into()
}

fn names_no_file(file: &Path) -> bool {
    file.file_name().is_none() || names_a_folder(file) || os::is_device(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_file_name_is_portable() {
        let cases = [
            ("Alice Example", "Alice Example.p12"),
            ("www.example.org", "www.example.org.p12"),
            ("a/b\\c:d*e", "a_b_c_d_e.p12"),
            ("../../etc/passwd", "_.._etc_passwd.p12"),
            ("Zoë", "Zoë.p12"),
            ("nul", "_nul.p12"),
            ("COM1.old", "_COM1.old.p12"),
            ("Company", "Company.p12"),
            ("-rf", "rf.p12"),
            ("dot. .", "dot.p12"),
            ("\u{202e}x\n", "_x_.p12"),
            (" . ", "certificate.p12"),
        ];
        for (label, expected) in cases {
            assert_eq!(
                default_file_name(label, Format::P12),
                Path::new(expected),
                "{label:?}"
            );
        }
        let long = default_file_name(&"ü".repeat(300), Format::Pem);
        assert!(long.as_os_str().len() <= 255);
    }

    #[test]
    fn with_usual_extension_keeps_dots_in_names() {
        for (typed, expected) in [
            ("a/EP1234.A1", "a/EP1234.A1.p12"),
            ("ada", "ada.p12"),
            ("ada.", "ada..p12"),
            ("ada.PFX", "ada.PFX"),
            ("ada.p12", "ada.p12"),
            ("a/", "a/"),
            ("..", ".."),
        ] {
            let named = with_usual_extension(Path::new(typed), Format::P12);
            assert_eq!(named.as_os_str(), expected, "{typed}");
        }
        let der = with_usual_extension(Path::new("ada.crt"), Format::Der);
        assert_eq!(der, Path::new("ada.crt"));
    }

    #[test]
    fn with_extension_keeps_an_existing_extension() {
        assert_eq!(
            with_extension(Path::new("a/b"), Format::P12),
            Path::new("a/b.p12")
        );
        assert_eq!(
            with_extension(Path::new("b.pfx"), Format::P12),
            Path::new("b.pfx")
        );
        assert_eq!(
            with_extension(Path::new("b"), Format::Der),
            Path::new("b.cer")
        );
        assert_eq!(with_extension(Path::new("/"), Format::P12), Path::new("/"));
        assert_eq!(
            with_extension(Path::new("new/"), Format::P12),
            Path::new("new/")
        );
        #[cfg(unix)]
        for device in ["/dev/stdout", "/dev/fd/1"].map(Path::new) {
            assert_eq!(with_extension(device, Format::P12), device);
            assert_eq!(with_usual_extension(device, Format::P12), device);
        }
    }
}
