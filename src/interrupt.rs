//! Being interrupted: Ctrl-C, SIGTERM and SIGHUP, and the console's close and log-off events on
//! Windows. Nothing half-done stays behind, and the exit code says "cancelled".

use std::sync::Arc;
use std::thread::Builder;

use super::ending;
use super::screen::Screen;
use crate::exit::Exit;

/// From now on, an interruption ends the process in an orderly way.
pub(super) fn handle(screen: &Arc<Screen>) {
    // Where it cannot be set up, an interruption leaves a private temporary file, and nothing
    // worse: no reason not to work. The crate catches the signals before it asks for the thread that
    // is to act on them; without one, nobody could end the process.
    if Builder::new().spawn(|| ()).is_err() {
        return;
    }
    let screen = Arc::clone(screen);
    let _ = ctrlc::set_handler(move || {
        ending::clean_up();
        screen.end(Exit::Cancelled);
        std::process::exit(Exit::Cancelled.code().into());
    });
}
