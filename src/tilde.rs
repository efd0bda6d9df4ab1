//! A path that begins with `~`, as it was typed: only a shell puts the home folder in its place, and not
//! inside quotes (Shell Command Language of POSIX, 2.6.1, Tilde Expansion); some shells never do. certstow
//! takes the path as it is, since a file may have this name, and says so where that went wrong.

use std::ffi::OsString;
use std::path::Path;

use certstow_platform::spec::StoreSpec;

use crate::exit::Exit;
use crate::screen::Screen;

/// The folder that such a path leads to.
const FOLDER: &str = "~";

const MEANS: &str = "only a shell takes ~ for the home folder, and not inside quotes: write the path in full, or \
                     leave the quotes out";

/// What there was before the run.
pub(super) struct Tilde {
    is_typed: bool,
    was_there: bool,
}

impl Tilde {
    pub(super) fn of(arguments: &[OsString]) -> Self {
        let is_typed = arguments
            .iter()
            .skip(1)
            .any(|one| is_path(&one.to_string_lossy()));
        Self {
            is_typed,
            was_there: is_typed && Path::new(FOLDER).exists(),
        }
    }

    /// Says what it means, after an error, and where the run made a folder of this name.
    pub(super) fn tell(&self, exit: Exit, screen: &Screen) {
        if !self.is_typed {
            return;
        }
        if !self.was_there && Path::new(FOLDER).exists() {
            screen.warn(&format!(
                "there is a folder '{FOLDER}' in the current folder now: {MEANS}"
            ));
        } else if !matches!(exit, Exit::Done | Exit::Cancelled) {
            screen.hint(MEANS);
        }
    }
}

/// Whether an argument, or the value in it, is a path that begins with `~`.
fn is_path(argument: &str) -> bool {
    let value = match argument.split_once('=') {
        Some((option, value)) if option.starts_with('-') => value,
        _ => argument,
    };
    let path = match value.rsplit_once('=') {
        // The file with the password of a store.
        Some((store, file)) if StoreSpec::has_scheme(store) => file,
        _ => value.strip_prefix("file:").unwrap_or(value),
    };
    let rest = path.strip_prefix(FOLDER);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_path_recognizes_unexpanded_tildes() {
        for (argument, expected) in [
            ("~/x", true),
            ("~", true),
            (r"~\x", true),
            ("--store=~/x", true),
            ("file:~/x", true),
            ("-o=~/x", true),
            ("~x", false),
            ("a=~/x", false),
            ("nss:a=~/x", true),
            ("--unlock-password-file=nss:a=~/x", true),
            ("./~/x", false),
            ("/home/ada/x~", false),
        ] {
            assert_eq!(is_path(argument), expected, "{argument}");
        }
    }
}
