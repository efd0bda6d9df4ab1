//! The Application log of Windows, which Event Viewer shows and which is forwarded and watched in
//! most estates: `RegisterEventSourceW` with certstow's name as the source, then `ReportEventW` for
//! each event. A source without a message file of its own is shown with a remark of the viewer's and
//! the event's text. With `EventCreate.exe` as its message file, which has a message `%1` for each
//! number from 1 to 1000, the text stands alone; hence one text an event, and such numbers.

#[cfg(windows)]
mod ffi;

use std::io;

#[cfg(windows)]
use windows_sys::Win32::System::EventLog::{
    EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE, REPORT_EVENT_TYPE,
};

/// Whether this system has such a log.
pub const IS_THERE: bool = cfg!(windows);

/// The numbers that events can have.
pub const NUMBERS: std::ops::RangeInclusive<u16> = 1..=1000;

/// The longest text of an event, in UTF-16 units: what `ReportEventW` takes, rounded down.
const MAX_UNITS: usize = 31_000;

/// How much an event matters, as Event Viewer sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Something was done.
    Information,
    /// Something may go wrong later.
    Warning,
    /// Something went wrong.
    Error,
}

#[cfg(windows)]
impl Severity {
    fn event_type(self) -> REPORT_EVENT_TYPE {
        match self {
            Self::Information => EVENTLOG_INFORMATION_TYPE,
            Self::Warning => EVENTLOG_WARNING_TYPE,
            Self::Error => EVENTLOG_ERROR_TYPE,
        }
    }
}

/// The log, opened for events of one source.
#[derive(Debug)]
pub struct EventLog {
    #[cfg(windows)]
    source: ffi::Source,
}

impl EventLog {
    /// Opens the Application log of this machine for events that name `source`.
    ///
    /// # Errors
    /// The operating system's; `Unsupported` where there is no such log.
    pub fn open(source: &str) -> io::Result<Self> {
        #[cfg(windows)]
        return Ok(Self {
            source: ffi::Source::register(&terminated(source))?,
        });
        #[cfg(not(windows))]
        {
            let reason = format!("there is no event log for {source} on this system");
            Err(io::Error::new(io::ErrorKind::Unsupported, reason))
        }
    }

    /// Reports an event. `number` is one of [`NUMBERS`]; a text that is too long is cut off, and a
    /// NUL in it becomes a space.
    ///
    /// # Errors
    /// The operating system's.
    pub fn report(&self, severity: Severity, number: u16, text: &str) -> io::Result<()> {
        debug_assert!(NUMBERS.contains(&number), "{number}");
        let text = terminated(text);
        #[cfg(windows)]
        return self.source.report(severity.event_type(), number, &text);
        #[cfg(not(windows))]
        {
            // There is none that could have been opened.
            let _ = (severity, text);
            Ok(())
        }
    }
}

/// The text in UTF-16 with a zero at its end, and nowhere else.
fn terminated(text: &str) -> Vec<u16> {
    let mut units = Vec::new();
    for character in text.chars() {
        let character = if character == '\0' { ' ' } else { character };
        if units.len() + character.len_utf16() > MAX_UNITS {
            break;
        }
        units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
    }
    units.push(0);
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminated_replaces_nul_and_truncates_between_characters() {
        assert_eq!(terminated("a\0ü"), [0x61, 0x20, 0xfc, 0]);
        let long = "🔑".repeat(MAX_UNITS);
        let units = terminated(&format!("a{long}"));
        assert_eq!(units.len(), MAX_UNITS);
        assert!(String::from_utf16(&units).is_ok());
    }

    #[cfg(windows)]
    #[test]
    fn event_log_reports_every_severity() {
        let log = EventLog::open("certstow").unwrap();
        for severity in [Severity::Information, Severity::Warning, Severity::Error] {
            log.report(severity, 1000, "a test of certstow").unwrap();
        }
    }

    #[cfg(not(windows))]
    #[test]
    fn event_log_is_unsupported_outside_windows() {
        let error = EventLog::open("certstow").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    }
}
