//! The calls of Win32 about events of the console, and about the session that hears of them.

#![expect(unsafe_code, reason = "Win32 is called through windows-sys")]

use std::io;
use std::sync::OnceLock;

use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::RemoteDesktop::ProcessIdToSessionId;
use windows_sys::core::BOOL;

use crate::os::windows::ffi::succeeded;

/// Whether an event was for this process; see `HandlerRoutine`.
type Handler = fn(u32) -> bool;

static HANDLER: OnceLock<Handler> = OnceLock::new();

/// From now on, events of the console come to this handler, each in a thread of its own.
pub(super) fn handle_console_events(handler: Handler) -> io::Result<()> {
    HANDLER.get_or_init(|| handler);
    // SAFETY: the handler is a function, and there for as long as the process.
    succeeded(unsafe { SetConsoleCtrlHandler(Some(handle), 1) })
}

extern "system" fn handle(event: u32) -> BOOL {
    HANDLER.get().is_some_and(|handler| handler(event)).into()
}

/// Whether this process is in session 0, in which nobody is logged on.
pub(super) fn is_in_session_of_services() -> bool {
    let mut session = u32::MAX;
    // SAFETY: the number has a place to go to.
    let told = unsafe { ProcessIdToSessionId(std::process::id(), &raw mut session) };
    told != 0 && session == 0
}
