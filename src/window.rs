//! The window that opens for a double click on certstow.exe and closes with it: certstow waits for Enter,
//! so that the result can be read.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;

use certstow_platform::os::{self, Asking};

use crate::exit::Exit;

/// Waits for Enter where the window would be gone before the result can be read. After
/// "cancelled" there is nothing to read.
pub(super) fn stays_until_read(by_hand: bool, exit: Exit) {
    if by_hand
        && exit != Exit::Cancelled
        && os::has_window_of_its_own()
        && os::asking() == Asking::AtTerminal
    {
        // Whatever goes wrong, the window closes.
        let mut stderr = io::stderr();
        let _ = write!(stderr, "\nPress Enter to close this window.").and_then(|()| stderr.flush());
        let _ = io::stdin().read_line(&mut String::new());
    }
}

/// Whether these are the arguments of a double click, or of a file that was dropped on the program,
/// and not of a task, which may have a window of its own, too, and nobody to press Enter.
pub(super) fn is_started_from_a_folder(arguments: &[OsString]) -> bool {
    match arguments {
        [] | [_] => true,
        [_, first, ..] => Path::new(first).is_absolute(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_started_from_a_folder_rejects_commands() {
        let dropped = std::env::temp_dir().join("ada.p12").into_os_string();
        for (arguments, expected) in [
            (vec![], true),
            (vec!["certstow.exe".into()], true),
            (vec!["certstow.exe".into(), dropped.clone()], true),
            (vec!["certstow.exe".into(), "backup".into()], false),
            (vec!["certstow.exe".into(), "check".into(), dropped], false),
        ] {
            assert_eq!(is_started_from_a_folder(&arguments), expected);
        }
    }
}
