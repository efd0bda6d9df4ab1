//! The calls of Win32 about events of the console, and about the session that hears of them.

#![expect(unsafe_code, reason = "Win32 is called through windows-sys")]

use std::io;

use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::RemoteDesktop::ProcessIdToSessionId;
use windows_sys::core::BOOL;

use crate::os::windows::ffi::succeeded;

/// From now on, events of the console come to [`super::handle`].
pub(super) fn handle_console_events() -> io::Result<()> {
    // SAFETY: the handler is a function, and there for as long as the process.
    succeeded(unsafe { SetConsoleCtrlHandler(Some(handle), 1) })
}

/// Called by the system in a thread of its own.
extern "system" fn handle(event: u32) -> BOOL {
    super::handle(event).into()
}

/// Whether this process is in session 0, in which nobody is logged on.
pub(super) fn is_in_session_of_services() -> bool {
    let mut session = u32::MAX;
    // SAFETY: the number has a place to go to.
    let told = unsafe { ProcessIdToSessionId(std::process::id(), &raw mut session) };
    told != 0 && session == 0
}
