//! Temporary files that a process left behind when it was killed: they are no identities, and may
//! hold a private key. Each run removes those of the folder that it writes to; elsewhere they stay.

use std::path::{Path, PathBuf};

use certstow_core::waits;
use certstow_platform::{left_behind_below, new_file};

use super::Check;

/// As many are named; of the others it is said how many there are.
const NAMED: usize = 3;

/// Those in a folder that is saved to; `None` if there are none.
pub(crate) fn in_target(folder: &Path) -> Option<Check> {
    let about = folder.display().to_string();
    let _wait = waits::waiting_for(format!("the disk or share of {about}"));
    check(about, &new_file::left_behind_in(folder))
}

/// Those in a store that is a folder, and in the folders in it; `None` if there are none.
pub(super) fn in_store(name: &str, folder: &Path) -> Option<Check> {
    check(name.to_owned(), &left_behind_below(folder))
}

fn check(about: String, files: &[PathBuf]) -> Option<Check> {
    if files.is_empty() {
        return None;
    }
    let named = files.iter().take(NAMED);
    let mut names: Vec<_> = named.map(|file| file.display().to_string()).collect();
    if files.len() > NAMED {
        names.push(format!("{} more", files.len() - NAMED));
    }
    let found = format!("a run that was killed left behind: {}", names.join(", "));
    Some(Check::ok("left-over", about, found).warn(
        "it may hold a private key: remove it, or leave that to the next run that writes to its \
         folder",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;

    #[test]
    fn left_over_check_names_and_keeps_files() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(in_target(folder.path()), None);
        let inside = folder.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        let file = |number: usize| inside.join(format!(".certstow-Xy12a{number}.tmp"));
        for number in 0..5 {
            std::fs::write(file(number), "half").unwrap();
        }
        assert_eq!(in_target(folder.path()), None);
        for found in [in_target(&inside), in_store("store", folder.path())] {
            let found = found.unwrap();
            assert_eq!(found.status, Status::Warning);
            let text = found.found;
            assert!(text.contains(&*file(0).to_string_lossy()), "{text}");
            assert!(text.ends_with(", 2 more"), "{text}");
            assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 5);
        }
    }
}
