//! Interruptions by the events of the console: Ctrl-C and Ctrl-Break, the window closed, the user logging
//! off, the computer shutting down. Windows calls a handler in a thread of its own, and ends the process
//! as soon as that returns, but for the first two ("Console Control Handlers" and `SetConsoleCtrlHandler`
//! in Microsoft's documentation, which lets console programs hear of logging off and shutting down;
//! `HandlerRoutine` says that services alone do): so all there is to do is done in there. Of closing, it waits five
//! seconds for that.

mod ffi;

use std::sync::{Mutex, OnceLock, PoisonError};

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
};

type CleanUp = Box<dyn Fn() + Send + Sync>;

static CLEAN_UP: OnceLock<CleanUp> = OnceLock::new();

pub fn on_interruption(clean_up: impl Fn() + Send + Sync + 'static) {
    if CLEAN_UP.set(Box::new(clean_up)).is_ok() {
        // Where it cannot be set, there is nothing to do about it.
        let _ = ffi::handle_console_events(handle);
    }
}

/// What the system's handler does; whether the event was for this process.
fn handle(event: u32) -> bool {
    /// A second event waits for the end that the first one leads to: to return would bring it about.
    static ENDING: Mutex<()> = Mutex::new(());
    if !ends_the_process(event, ffi::is_in_session_of_services()) {
        return false;
    }
    let _ending = ENDING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(clean_up) = CLEAN_UP.get() {
        clean_up();
    }
    true
}

/// Services, and tasks that run whether somebody is logged on or not, hear of everybody who logs off,
/// which is nothing to them. (As in `consoleHandler` of OpenJDK's os_windows.cpp.)
fn ends_the_process(event: u32, is_in_session_of_services: bool) -> bool {
    match event {
        CTRL_C_EVENT | CTRL_BREAK_EVENT | CTRL_CLOSE_EVENT | CTRL_SHUTDOWN_EVENT => true,
        CTRL_LOGOFF_EVENT => !is_in_session_of_services,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    #[test]
    fn ends_the_process_ignores_others_logging_off() {
        for event in [0, 1, 2, 6] {
            assert!(ends_the_process(event, false) && ends_the_process(event, true));
        }
        assert!(ends_the_process(CTRL_LOGOFF_EVENT, false));
        assert!(!ends_the_process(CTRL_LOGOFF_EVENT, true));
        assert!(!ends_the_process(3, false));
    }

    #[test]
    fn handle_returns_after_cleaning_up() {
        static CLEAN: AtomicBool = AtomicBool::new(false);
        on_interruption(|| {
            std::thread::sleep(Duration::from_millis(300));
            CLEAN.store(true, Ordering::SeqCst);
        });
        assert!(handle(CTRL_CLOSE_EVENT));
        assert!(CLEAN.load(Ordering::SeqCst));
    }
}
