//! Questions of stores while a progress bar is drawn.

use certstow::platform::error::AskError;
use certstow::platform::secret::Password;
use certstow::platform::store::{Ask, Interaction, UnlockRequest};

use crate::cli::ask::TerminalAsk;
use crate::cli::render::progress::Bar;
use crate::cli::screen::Screen;

/// Asks at the terminal without the bar in the way.
pub(super) struct AskAside<'a> {
    ask: TerminalAsk,
    bar: &'a Bar,
}

impl<'a> AskAside<'a> {
    pub(super) fn new(screen: &Screen, bar: &'a Bar) -> Self {
        let ask = TerminalAsk {
            interaction: screen.interaction(),
            system_windows: Interaction::Never,
        };
        Self { ask, bar }
    }
}

impl Ask for AskAside<'_> {
    fn interaction(&self) -> Interaction {
        self.ask.interaction()
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        let Self { ask, bar } = self;
        bar.aside(|| ask.unlock(request))
    }
}
