//! The terminal as [`Ask`]: unlocks keys with the password given beforehand, then asks the
//! person, if there is one.

use certstow::error::Error;
use certstow::password;
use certstow::platform::error::AskError;
use certstow::platform::secret::Password;
use certstow::platform::store::{Ask, Interaction, UnlockRequest};
use certstow::sanitize::safe;

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
            Error::Cancelled => AskError::Cancelled,
            _ => AskError::NotAllowed,
        })
    }
}
