//! Questions of stores while a progress bar is drawn.

use certstow_formats::secret::Password;
use certstow_platform::error::AskError;
use certstow_platform::store::{Ask, Interaction, UnlockRequest};

use crate::ask::TerminalAsk;
use crate::render::progress::Bar;
use crate::screen::Screen;

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
