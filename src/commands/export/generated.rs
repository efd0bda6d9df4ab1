//! `--generate-password`: the new password is shown before the file is written, so that there is
//! never a file whose password nobody could have seen; if the file is not written, a password
//! of nothing was shown. It goes to the terminal alone: no log has it, and no reader of standard
//! output.

use std::io::{self, IsTerminal as _, Write as _};

use certstow_core::error::Error as LibraryError;
use certstow_core::{password, waits};
use certstow_formats::sanitize::shortened;
use certstow_formats::secret::{Password, wipe_stack};
use certstow_platform::store::Interaction;

use crate::error::Error;
use crate::screen::Screen;

/// Whether there is a person to show it to; before any store is touched.
pub(super) fn check(screen: &Screen) -> Result<(), Error> {
    let nobody = |reason| Err(Error::NobodyToShow { reason });
    if screen.json {
        return nobody("--json is read by a program");
    }
    if screen.interaction() == Interaction::Never {
        return nobody(
            "nobody may be asked to look (--non-interactive, or no terminal to type at)",
        );
    }
    if !io::stderr().is_terminal() {
        return nobody("standard error, where it would be shown, is no terminal");
    }
    Ok(())
}

/// Makes a password and shows it.
pub(super) fn show_new(label: &str) -> Result<Password, LibraryError> {
    let password = password::generate()?;
    let _wait = waits::waiting_for("the terminal to show a password");
    show(label, &password).map_err(|source| LibraryError::Io {
        place: "the terminal".to_owned(),
        source,
    })?;
    // The console of Windows takes its text by way of the stack.
    wipe_stack();
    Ok(password)
}

/// In pieces, for there is no buffer that would keep the password.
fn show(label: &str, password: &Password) -> io::Result<()> {
    let mut terminal = io::stderr().lock();
    writeln!(
        terminal,
        "The password for the file of {}:\n",
        shortened(label)
    )?;
    terminal.write_all(b"    ")?;
    terminal.write_all(password.expose().as_bytes())?;
    let end = "\n\nKeep it, hyphens included, in another place than the file. It is shown only now, \
               and nothing\nbut it opens the file.\n\n";
    terminal.write_all(end.as_bytes())?;
    terminal.flush()
}
