//! The end of a wait for what does not answer (`--timeout`), with an exit code of its own.

use std::sync::Arc;
use std::time::Duration;

use certstow_platform::store::Interaction;

use super::args::Global;
use super::ending;
use super::screen::Screen;
use crate::error::Explain as _;
use crate::watchdog::{self, Watch};

/// Where nobody is there to get impatient.
const UNATTENDED: Duration = Duration::from_secs(10 * 60);

/// From now on, a wait that takes too long ends the process in an orderly way.
pub(super) fn watch(global: &Global, screen: &Arc<Screen>) -> Option<Watch> {
    let limit = match global.timeout {
        Some(timeout) => timeout.limit(),
        None if screen.interaction() == Interaction::Never => Some(UNATTENDED),
        None => None,
    }?;
    let screen = Arc::clone(screen);
    Some(watchdog::watch(limit, move |error| {
        ending::clean_up();
        ending::exit(&screen, error.exit(), move |screen| screen.error(&error));
    }))
}
