//! Passwords that are given by options, and those that stores ask for: the terminal as [`Ask`] unlocks
//! keys with the password given beforehand, then asks the person, if there is one.

use std::sync::Arc;

use certstow_core::error::Error as LibraryError;
use certstow_core::password::{self, Source};
use certstow_formats::sanitize::safe;
use certstow_formats::secret::Password;
use certstow_platform::error::AskError;
use certstow_platform::store::{Ask, Interaction, UnlockRequest};

use super::args::StoreArgs;
use super::error::Error;
use super::screen::Screen;

/// Asks at the terminal, or nobody.
pub(crate) struct TerminalAsk {
    /// Whether there is somebody to ask.
    pub(crate) interaction: Interaction,
    /// Whether the operating system may ask in windows of its own.
    pub(crate) system_windows: Interaction,
}

impl Ask for TerminalAsk {
    fn interaction(&self) -> Interaction {
        self.interaction
    }

    fn system_windows(&self) -> Interaction {
        self.system_windows
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        if self.interaction == Interaction::Never {
            return Err(AskError::NotAllowed);
        }
        let again = if request.attempt > 0 { "Wrong. " } else { "" };
        let text = format!("{again}Password that unlocks {}:", safe(&request.place));
        password::prompt(&text, false, true).map_err(|error| match error {
            LibraryError::Cancelled => AskError::Cancelled,
            _ => AskError::NotAllowed,
        })
    }
}

/// Refuses to read more than one of these passwords from standard input.
///
/// # Errors
/// [`Error::Usage`].
pub(crate) fn one_from_stdin(sources: impl IntoIterator<Item = Source>) -> Result<(), Error> {
    let from_stdin = sources.into_iter().filter(|one| *one == Source::Stdin);
    match from_stdin.count() {
        0 | 1 => Ok(()),
        _ => Err(Error::Usage(
            "only one password can come from standard input".to_owned(),
        )),
    }
}

/// The passwords of locked keys that options name.
pub(crate) fn unlocking(args: &StoreArgs, screen: &Screen) -> Result<Vec<Arc<Password>>, Error> {
    let sources = args.unlock();
    one_from_stdin(sources.iter().cloned())?;
    let mut sources = sources.iter();
    sources.try_fold(Vec::new(), |mut passwords, source| {
        passwords.push(Arc::new(given(source, true, screen)?));
        Ok(passwords)
    })
}

/// The password that an option names, and a warning if other accounts may read it there.
pub(crate) fn given(
    source: &Source,
    allow_empty: bool,
    screen: &Screen,
) -> Result<Password, LibraryError> {
    let password = password::read(source, allow_empty)?;
    if let Some(warning) = password::exposure(source) {
        screen.warn(&warning);
    }
    Ok(password)
}
