//! What a run did, for those who were not there: lines of JSON in a file (`--log`) and events in
//! Windows' Application log (`--event-log`). `docs/logging.md` describes both. Entries are made of
//! what the screen is told, so that nothing is shown that is not logged, and of certstow's own
//! words, names and hashes: a command line is never copied, and no secret is ever handed in.

mod options;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use certstow_core::{time, waits};
use certstow_formats::names;
use certstow_formats::sanitize::in_full;
use certstow_platform::event_log::{EventLog, Severity};
use clap::ArgMatches;
use serde::Serialize;
use serde_json::{Map, Value};

use super::args::Global;
use super::render::json;
use crate::error::{Error, Explain};
use crate::exit::Exit;
use crate::log::LogFile;

/// The name under which certstow's events are found in Event Viewer.
pub(crate) const SOURCE: &str = "certstow";

/// How much an entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Info,
    Warning,
    Error,
}

/// One line of the log.
#[derive(Debug)]
pub(crate) struct Entry {
    level: Level,
    event: &'static str,
    /// The event's number in Windows' log; `None` for what only the file has.
    number: Option<u16>,
    message: String,
    fields: Map<String, Value>,
}

impl Entry {
    fn new(level: Level, event: &'static str, number: Option<u16>, message: String) -> Self {
        Self {
            level,
            event,
            number,
            message,
            fields: Map::new(),
        }
    }

    /// A step that `-v` explains.
    pub(crate) fn step(text: &str) -> Self {
        Self::new(Level::Info, "step", None, text.to_owned())
    }

    pub(crate) fn warning(text: &str) -> Self {
        Self::new(Level::Warning, "warning", Some(20), text.to_owned())
    }

    /// With everything that caused it.
    pub(crate) fn error(error: &dyn Explain) -> Self {
        Self::new(Level::Error, "error", Some(30), in_full(error))
            .with("code", error.code())
            .with("exit", error.exit().code())
            .with_some("hint", error.hint())
    }

    /// An identity that was saved, and read back.
    pub(crate) fn saved(label: &str) -> Self {
        Self::new(Level::Info, "saved", Some(10), format!("saved {label}"))
    }

    /// An identity that was not saved, and why.
    pub(crate) fn not_saved(level: Level, label: &str, reason: &str) -> Self {
        let (event, number) = match level {
            Level::Info | Level::Warning => ("warning", 20),
            Level::Error => ("error", 30),
        };
        let message = format!("{label} was not saved: {reason}");
        Self::new(level, event, Some(number), message)
    }

    /// What is wrong with an identity that was saved, now or before, in a sentence.
    pub(crate) fn failure(text: &str) -> Self {
        Self::new(Level::Error, "error", Some(30), text.to_owned())
    }

    /// A file that was checked, with the result in a few words.
    pub(crate) fn checked(level: Level, result: String) -> Self {
        let number = match level {
            Level::Info => 11,
            Level::Warning | Level::Error => 12,
        };
        Self::new(level, "checked", Some(number), result)
    }

    /// An identity that was put into a store, and read back from it.
    pub(crate) fn imported(label: &str) -> Self {
        let message = format!("imported {label}");
        Self::new(Level::Info, "imported", Some(13), message)
    }

    /// Something that is no longer there: "the password 'backup'".
    pub(crate) fn removed(what: &str) -> Self {
        Self::new(Level::Info, "removed", Some(14), format!("removed {what}"))
    }

    /// A password that is in a vault now, and was read back from it, by its name.
    pub(crate) fn kept(name: &str) -> Self {
        let message = format!("kept the password '{name}'");
        Self::new(Level::Info, "kept", Some(15), message)
    }

    /// A backup that the system's scheduler runs from now on, by its name.
    pub(crate) fn scheduled(name: &str) -> Self {
        let message = format!("scheduled the task '{name}'");
        Self::new(Level::Info, "scheduled", Some(16), message)
    }

    /// A second file with an identity that was saved, read back.
    pub(crate) fn copied(label: &str) -> Self {
        let message = format!("copied the file of {label}");
        Self::new(Level::Info, "copied", Some(17), message)
    }

    /// A certificate that was joined with its private key, and read back.
    pub(crate) fn installed(label: &str) -> Self {
        let message = format!("installed the certificate of {label}");
        Self::new(Level::Info, "installed", Some(18), message)
    }

    /// A request for a certificate, whose key is in a store and was read back.
    pub(crate) fn requested(label: &str) -> Self {
        let message = format!("requested a certificate for {label}");
        Self::new(Level::Info, "requested", Some(19), message)
    }

    /// For one of very many, which Windows' log has no room for.
    pub(crate) fn in_file_alone(mut self) -> Self {
        self.number = None;
        self
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// A field that is left out where there is no value.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(crate) fn with_file(self, file: &Path) -> Self {
        self.with("file", file.to_string_lossy())
    }

    pub(crate) fn with_sha256(self, sha256: &[u8; 32]) -> Self {
        self.with("sha256", names::hex(sha256))
    }

    fn start(options: Map<String, Value>) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        Self::new(Level::Info, "start", Some(5), "started".to_owned())
            .with("version", version)
            .with("options", options)
    }

    fn end(exit: Exit, began: Instant) -> Self {
        let (level, number) = match exit {
            Exit::Done => (Level::Info, 1),
            Exit::Partial => (Level::Warning, 2),
            Exit::Cancelled => (Level::Warning, 4),
            _ => (Level::Error, 3),
        };
        let duration = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Self::new(level, "end", Some(number), exit.meaning().to_owned())
            .with("exit", exit.code())
            .with("duration_ms", duration)
    }

    /// One line of JSON.
    fn line(&self, command: &str) -> io::Result<String> {
        #[derive(Serialize)]
        struct Line<'a> {
            time: String,
            level: Level,
            pid: u32,
            command: &'a str,
            event: &'static str,
            message: &'a str,
            #[serde(flatten)]
            fields: &'a Map<String, Value>,
        }
        json::line(&Line {
            time: time::utc_now(),
            level: self.level,
            pid: std::process::id(),
            command,
            event: self.event,
            message: &self.message,
            fields: &self.fields,
        })
    }

    /// What Event Viewer shows.
    fn text(&self, command: &str) -> String {
        let mut text = format!("certstow {command}: {}", self.message);
        for (name, value) in &self.fields {
            match value {
                Value::String(value) => text.push_str(&format!("\n{name}: {value}")),
                value => text.push_str(&format!("\n{name}: {value}")),
            }
        }
        text
    }

    fn severity(&self) -> Severity {
        match self.level {
            Level::Info => Severity::Information,
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        }
    }
}

/// Where entries go, if anywhere.
pub(crate) struct Journal {
    command: String,
    log: Option<LogFile>,
    event_log: Option<EventLog>,
    began: Instant,
    missing: Mutex<Missing>,
    ended: AtomicBool,
}

/// The entries that did not get into every log.
#[derive(Default)]
struct Missing {
    count: usize,
    /// Why the first did not.
    why: Option<io::Error>,
}

impl Journal {
    /// Opens what the options name and records the start.
    pub(crate) fn open(
        global: &Global,
        command: &clap::Command,
        matches: &ArgMatches,
    ) -> Result<Self, Error> {
        let (name, options) = options::given(command, matches);
        let _wait = waits::waiting_for("the log to be opened");
        let log = global.log.as_deref().map(LogFile::open).transpose()?;
        let event_log = match global.event_log {
            true => Some(open_event_log()?),
            false => None,
        };
        let journal = Self {
            command: name,
            log,
            event_log,
            began: Instant::now(),
            missing: Mutex::default(),
            ended: AtomicBool::new(false),
        };
        journal.start(options, global.log.as_deref())?;
        Ok(journal)
    }

    /// A log that does not even take the first entry is an error, and no warning.
    fn start(&self, options: Map<String, Value>, log: Option<&Path>) -> Result<(), Error> {
        self.write(&Entry::start(options)).map_err(|source| {
            let log = log.map(|log| log.display().to_string());
            let place = log.unwrap_or_else(|| EVENT_LOG.to_owned());
            Error::Log { place, source }
        })
    }

    /// Records an entry. That this fails is told at the end.
    pub(crate) fn record(&self, entry: &Entry) {
        if let Err(error) = self.write(entry) {
            let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
            missing.count += 1;
            missing.why.get_or_insert(error);
        }
    }

    /// Records the end; the result is a warning to show if not everything was recorded.
    pub(crate) fn end(&self, exit: Exit) -> Option<String> {
        // A run that is over may still be interrupted.
        if self.ended.swap(true, Ordering::SeqCst) {
            return None;
        }
        self.record(&Entry::end(exit, self.began));
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let why = missing.why.as_ref()?;
        Some(match missing.count {
            1 => format!("not everything is logged: an entry is missing: {why}"),
            count => format!("not everything is logged: {count} entries are missing: {why}"),
        })
    }

    /// Writes to both logs, whether or not one of them fails.
    fn write(&self, entry: &Entry) -> io::Result<()> {
        let in_file = match &self.log {
            Some(log) => entry.line(&self.command).and_then(|line| log.append(&line)),
            None => Ok(()),
        };
        let in_event_log = match (&self.event_log, entry.number) {
            (Some(log), Some(number)) => {
                log.report(entry.severity(), number, &entry.text(&self.command))
            }
            _ => Ok(()),
        };
        in_file.and(in_event_log)
    }
}

const EVENT_LOG: &str = "of Windows (Application)";

fn open_event_log() -> Result<EventLog, Error> {
    EventLog::open(SOURCE).map_err(|source| match source.kind() {
        io::ErrorKind::Unsupported => Error::Usage(
            "--event-log is for Windows; on Linux, standard error goes to the journal where \
             systemd runs certstow, and --log keeps a file everywhere"
                .to_owned(),
        ),
        _ => Error::Log {
            place: EVENT_LOG.to_owned(),
            source,
        },
    })
}

#[cfg(test)]
mod tests;
