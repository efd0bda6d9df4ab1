//! Being interrupted ([`os::on_interruption`]). Nothing half-done stays behind, and the exit code says
//! "cancelled".

use std::sync::Arc;

use certstow_platform::os;

use super::ending;
use super::screen::Screen;
use crate::exit::Exit;

/// From now on, an interruption ends the process in an orderly way.
pub(super) fn handle(screen: &Arc<Screen>) {
    let screen = Arc::clone(screen);
    os::on_interruption(move || {
        ending::clean_up();
        ending::exit(&screen, Exit::Cancelled, |_| ());
    });
}
