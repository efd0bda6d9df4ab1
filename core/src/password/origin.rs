//! Where a password comes from, as a text that differs once another one may be there: a name, and of a file
//! its time of modification, too. It never tells the password.

use std::path::Path;
use std::time::UNIX_EPOCH;

use super::Source;

/// The text for a source; `None` where each run may bring another password, as by standard input.
pub fn origin(source: &Source) -> Option<String> {
    match source {
        Source::File(path) if path == Path::new("-") => None,
        Source::File(path) => Some(of_file(path)),
        Source::Stdin | Source::Fd(_) => None,
        Source::Env(name) => Some(format!("environment variable {name}")),
        Source::Vault(name) => Some(format!("vault {name}")),
        Source::Command(command) => Some(format!("command {}", command.text())),
    }
}

fn of_file(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let changed = path.metadata().and_then(|found| found.modified());
    let changed = changed
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    match changed {
        Some(at) => format!("file {}, of {}", absolute.display(), at.as_nanos()),
        None => format!("file {}", absolute.display()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::Duration;

    use super::*;

    #[test]
    fn origin_differs_once_the_file_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pin");
        fs::write(&path, "1234").unwrap();
        let source = Source::File(path.clone());
        let first = origin(&source).unwrap();
        assert!(first.contains("pin") && !first.contains("1234"), "{first}");
        assert_eq!(origin(&source), Some(first.clone()));
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1))
            .unwrap();
        assert_ne!(origin(&source), Some(first));
        fs::remove_file(&path).unwrap();
        assert!(origin(&source).is_some());
    }

    #[test]
    fn origin_names_what_has_a_name_and_nothing_else() {
        let command = Source::Command("pass show pin".parse().unwrap());
        for (source, expected) in [
            (
                Source::Env("PIN".to_owned()),
                Some("environment variable PIN"),
            ),
            (Source::Vault("pin".parse().unwrap()), Some("vault pin")),
            (command, Some("command pass show pin")),
            (Source::Stdin, None),
            (Source::Fd(3), None),
            (Source::File("-".into()), None),
        ] {
            assert_eq!(origin(&source).as_deref(), expected);
        }
    }
}
