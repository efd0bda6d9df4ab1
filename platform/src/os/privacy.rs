//! Folders that macOS lets a program into only when a person allows it (Apple Platform Security,
//! "Controlling app access to files in macOS"; TCC). What runs at a terminal has what the terminal was
//! allowed; a task of launchd asks nobody and gets `EPERM`, unless its program has Full Disk Access.

use std::ffi::OsStr;
use std::path::{Component, Path};

use crate::account::Session;

/// Where the folders are, below a person's own, and what a person calls them.
const OF_A_PERSON: [(&[&str], &str); 5] = [
    (&["Desktop"], "the desktop"),
    (&["Documents"], "Documents"),
    (&["Downloads"], "Downloads"),
    (&["Library", "Mobile Documents"], "iCloud Drive"),
    (&["Library", "CloudStorage"], "a cloud drive"),
];

/// What macOS keeps a task from that uses this path, if it does: a folder of that kind, in words. The
/// path is one of a Mac, whatever system this is.
pub fn guarded_folder(path: &Path) -> Option<&'static str> {
    let mut components = path.components();
    if components.next() != Some(Component::RootDir) {
        return None;
    }
    let names: Vec<_> = components.map(Component::as_os_str).collect();
    match names.as_slice() {
        [volumes, _, ..] if is(volumes, "Volumes") => Some("a removable disk or share"),
        [users, _, inside @ ..] if is(users, "Users") => {
            let known = OF_A_PERSON.iter().find(|(folder, _)| {
                inside.len() >= folder.len()
                    && folder
                        .iter()
                        .zip(inside)
                        .all(|(name, found)| is(found, name))
            });
            known.map(|(_, what)| *what)
        }
        _ => None,
    }
}

/// macOS' disks take `documents` for `Documents`.
fn is(found: &OsStr, name: &str) -> bool {
    found.eq_ignore_ascii_case(name)
}

/// As [`guarded_folder`], for a path of this machine that this process may use while a task might not:
/// nothing outside of macOS, nor in a task, which finds out for itself.
pub fn guarded_from_tasks(path: &Path) -> Option<&'static str> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    match super::account() {
        Ok(account) if matches!(account.session, Session::Service(_)) => None,
        _ => guarded_folder(&std::path::absolute(path).ok()?),
    }
}

/// Whether this error is what macOS gives a program that it lets into such a folder only when a person
/// allows it. Missing rights of the account give `EACCES`.
pub fn is_refused_by_privacy(error: &std::io::Error) -> bool {
    const EPERM: i32 = 1;
    cfg!(target_os = "macos") && error.raw_os_error() == Some(EPERM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guarded_folder_detects_protected_locations() {
        for (path, what) in [
            ("/Users/ada/Documents", "Documents"),
            ("/Users/ada/documents/backup", "Documents"),
            ("/Users/ada/Desktop/x", "the desktop"),
            ("/Users/ada/Downloads", "Downloads"),
            (
                "/Users/ada/Library/Mobile Documents/com~apple~CloudDocs/b",
                "iCloud Drive",
            ),
            ("/Users/ada/Library/CloudStorage/Dropbox", "a cloud drive"),
            ("/Volumes/STICK", "a removable disk or share"),
        ] {
            assert_eq!(guarded_folder(Path::new(path)), Some(what), "{path}");
        }
        for path in [
            "/Users/ada/Backups",
            "/Users/ada/Library/Logs/Documents",
            "/Users/Documents",
            "/Users/Shared/backup",
            "/Volumes",
            "/srv/Volumes/x",
            "Documents",
            "",
        ] {
            assert_eq!(guarded_folder(Path::new(path)), None, "{path}");
        }
    }
}
