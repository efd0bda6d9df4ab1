//! Completion of the folders in a path that is being typed.

use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf, is_separator};

use certstow_core::waits;
use certstow_formats::sanitize::is_unsafe;
use inquire::CustomUserError;
use inquire::autocompletion::{Autocomplete, Replacement};

/// No more than this many are looked at, in folders that hold everything.
const MOST: usize = 10_000;

/// Completes what is a folder.
#[derive(Clone)]
pub(super) struct Folders;

impl Autocomplete for Folders {
    fn get_suggestions(&mut self, typed: &str) -> Result<Vec<String>, CustomUserError> {
        Ok(below(typed))
    }

    fn get_completion(
        &mut self,
        typed: &str,
        highlighted: Option<String>,
    ) -> Result<Replacement, CustomUserError> {
        Ok(highlighted.or_else(|| common(typed, &below(typed))))
    }
}

/// The folders that a path may go on with, in the order of their names. A folder that begins with a
/// dot is found once the dot is typed.
fn below(typed: &str) -> Vec<String> {
    let start = typed.rfind(is_separator).map_or(0, |at| at + 1);
    let (folder, begun) = typed.split_at(start);
    let wanted = begun.to_lowercase();
    let place = match folder {
        "" => PathBuf::from("."),
        folder => expanded(folder),
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

/// As far as all of them go on alike, if that is further than what is typed.
fn common(typed: &str, found: &[String]) -> Option<String> {
    let first = found.first()?;
    let mut end = first.len();
    for other in found {
        let alike = first.char_indices().zip(other.chars());
        let alike = alike.take_while(|((_, a), b)| a == b).last();
        end = end.min(alike.map_or(0, |((at, last), _)| at + last.len_utf8()));
    }
    (end > typed.len()).then(|| first[..end].to_owned())
}

/// A path as typed, of which `~` is the person's own folder, since no shell has seen it.
pub(super) fn expanded(typed: &str) -> PathBuf {
    let inside = match typed.strip_prefix('~') {
        Some("") => Some(""),
        Some(rest) if rest.starts_with(is_separator) => Some(&rest[1..]),
        _ => None,
    };
    match (inside, std::env::home_dir()) {
        (Some(inside), Some(home)) => home.join(inside),
        _ => Path::new(typed).to_owned(),
    }
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
        assert_eq!(
            common(&at("o"), &found("o")),
            Some(folders(&["other"])[0].clone())
        );
        assert_eq!(common(&at("zz"), &found("zz")), None);
    }

    #[test]
    fn common_completes_shared_prefix() {
        let found = ["a/backs/", "a/backup/"].map(str::to_owned);
        assert_eq!(common("a/b", &found).as_deref(), Some("a/back"));
        assert_eq!(common("a/back", &found), None);
    }

    #[test]
    fn expanded_replaces_only_leading_tilde() {
        let home = std::env::home_dir().unwrap();
        assert_eq!(expanded("~/a"), home.join("a"));
        assert_eq!(expanded("~"), home);
        assert_eq!(expanded("~a"), Path::new("~a"));
        assert_eq!(expanded("a/~"), Path::new("a/~"));
    }
}
