//! What comes before the end of a process that is cut short: nothing half-done stays behind, and the
//! terminal is as it was.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::Duration;

use certstow_core::output;
use certstow_platform::os;

use super::screen::Screen;
use super::{raw_terminal, wizard};
use crate::exit::Exit;

/// How long telling of the end may take: standard error, or the disk of a file, may be what does not
/// answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn clean_up() {
    output::abandon();
    wizard::leave_other_screen();
    raw_terminal::restore_screen();
    os::restore_terminal();
}

/// Tells of the end, first of all what `before` does, and ends the process.
pub(super) fn exit(
    screen: &Arc<Screen>,
    exit: Exit,
    before: impl FnOnce(&Screen) + Send + 'static,
) -> ! {
    let (told, telling) = channel();
    let patience = PATIENCE + screen.patience_at_the_end();
    let screen = Arc::clone(screen);
    let started = Builder::new().spawn(move || {
        before(&screen);
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
}
