//! Interruptions by the signals SIGINT, SIGTERM and SIGHUP, whose handler may do next to nothing: the
//! crate `ctrlc` has a thread do the rest.

use std::thread::Builder;

pub fn on_interruption(clean_up: impl Fn() + Send + Sync + 'static) {
    // The crate catches the signals before it asks for the thread that is to act on them; without
    // one, nobody could end the process.
    if Builder::new().spawn(|| ()).is_ok() {
        let _ = ctrlc::set_handler(clean_up);
    }
}
