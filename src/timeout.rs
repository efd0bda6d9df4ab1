//! The end of a wait for what does not answer (`--timeout`), with an exit code of its own.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::Duration;

use certstow_platform::store::Interaction;

use super::args::Global;
use super::ending;
use super::screen::Screen;
use crate::error::Explain as _;
use crate::watchdog::{self, Watch};

/// Where nobody is there to get impatient.
const UNATTENDED: Duration = Duration::from_secs(10 * 60);

/// How long telling of it may take: standard error may be what does not answer.
const PATIENCE: Duration = Duration::from_secs(2);

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
        let exit = error.exit();
        let (told, telling) = channel();
        let patience = PATIENCE + screen.patience_at_the_end();
        let started = Builder::new().spawn(move || {
            screen.error(&error);
            screen.tell(exit);
            screen.end(exit);
            // Who waits for it may have given up.
            let _ = told.send(());
        });
        // Without a thread the exit code alone tells: writing here may wait for ever.
        if started.is_ok() {
            let _ = telling.recv_timeout(patience);
        }
        std::process::exit(exit.code().into());
    }))
}
