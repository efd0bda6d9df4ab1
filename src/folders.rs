//! Completion of the folders in a path that is being typed.

use std::fs;
use std::path::{MAIN_SEPARATOR, PathBuf, is_separator};

use certstow_core::waits;
use certstow_formats::sanitize::is_unsafe;

use crate::typed_path::typed_path;

/// No more than this many are looked at, in folders that hold everything.
const MOST: usize = 10_000;

/// The folders that a path may go on with, in the order of their names. A folder that begins with a
/// dot is found once the dot is typed.
pub(super) fn below(typed: &str) -> Vec<String> {
    if typed == "~" {
        return vec![format!("~{MAIN_SEPARATOR}")];
    }
    let start = typed.rfind(is_separator).map_or(0, |at| at + 1);
    let (folder, begun) = typed.split_at(start);
    let wanted = begun.to_lowercase();
    let place = match folder {
        "" => PathBuf::from("."),
        folder => typed_path(folder),
    };
    let _wait = waits::waiting_for("a folder to be listed");
    let mut found: Vec<String> = fs::read_dir(place)
        .into_iter()
        .flatten()
        .take(MOST)
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.to_lowercase().starts_with(&wanted))
        .filter(|name| !name.starts_with('.') || begun.starts_with('.'))
        // What would show as something else is typed by whoever means it.
        .filter(|name| !name.chars().any(is_unsafe))
        .map(|name| format!("{folder}{name}{MAIN_SEPARATOR}"))
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_completes_only_folders() {
        let place = tempfile::tempdir().unwrap();
        for folder in ["Backups", "backdoor", "other", ".hidden"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        fs::write(place.path().join("backup.p12"), "").unwrap();
        let at = |end: &str| format!("{}{MAIN_SEPARATOR}{end}", place.path().display());
        let found = |typed: &str| below(&at(typed));
        let folders = |names: &[&str]| {
            names
                .iter()
                .map(|name| at(&format!("{name}{MAIN_SEPARATOR}")))
                .collect::<Vec<_>>()
        };
        assert_eq!(found("back"), folders(&["Backups", "backdoor"]));
        assert_eq!(found(""), folders(&["Backups", "backdoor", "other"]));
        assert_eq!(found(".h"), folders(&[".hidden"]));
        assert_eq!(found("no/such"), Vec::<String>::new());
        assert_eq!(below("~"), [format!("~{MAIN_SEPARATOR}")]);
    }
}
