//! `RegisterEventSourceW`, `ReportEventW` and `DeregisterEventSource`.

#![expect(unsafe_code, reason = "Win32 is called through windows-sys")]

use std::{io, ptr};

use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, REPORT_EVENT_TYPE, RegisterEventSourceW, ReportEventW,
};

/// A registered source, deregistered when dropped.
#[derive(Debug)]
pub(super) struct Source(HANDLE);

// SAFETY: the handle is a number that the system looks up; it belongs to no thread.
unsafe impl Send for Source {}
// SAFETY: as above, and the calls that take it lock what they share.
unsafe impl Sync for Source {}

impl Source {
    /// `name` ends with a zero.
    pub(super) fn register(name: &[u16]) -> io::Result<Self> {
        assert_eq!(name.last(), Some(&0), "the name is terminated");
        // SAFETY: the name is terminated and outlives the call; no server's name is this machine.
        let handle = unsafe { RegisterEventSourceW(ptr::null(), name.as_ptr()) };
        match handle.is_null() {
            true => Err(io::Error::last_os_error()),
            false => Ok(Self(handle)),
        }
    }

    /// `text` ends with a zero.
    pub(super) fn report(
        &self,
        kind: REPORT_EVENT_TYPE,
        number: u16,
        text: &[u16],
    ) -> io::Result<()> {
        assert_eq!(text.last(), Some(&0), "the text is terminated");
        let texts = [text.as_ptr()];
        // SAFETY: the source is registered; the one text is terminated and outlives the call; no
        // user and no data is given, with the length 0.
        let reported = unsafe {
            ReportEventW(
                self.0,
                kind,
                0,
                number.into(),
                ptr::null_mut(),
                1,
                0,
                texts.as_ptr(),
                ptr::null(),
            )
        };
        match reported {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        // SAFETY: the handle is registered, and nothing else deregisters it.
        unsafe { DeregisterEventSource(self.0) };
    }
}
