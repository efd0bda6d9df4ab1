//! Whether a run can be recorded: a log that does not take the first entry ends every run before it
//! has begun.

use std::path::Path;

use certstow_core::waits;
use certstow_platform::event_log::EventLog;

use super::Check;
use crate::error::Error;
use crate::log::LogFile;

/// Checks the file that `--log` names, which is made if it is not there, as every run makes it.
pub(crate) fn file(path: &Path) -> Check {
    let about = path.display().to_string();
    let _wait = waits::waiting_for(format!("the disk or share of {about}"));
    match LogFile::open(path) {
        Ok(_) => Check::ok("log", about, "can be appended to"),
        Err(error) => Check::failed("log", about, &error).advise(
            "every run with this --log ends before it has done anything: name a file that this \
             account can write, in a folder that exists",
        ),
    }
}

/// Checks the log that `--event-log` means; `source` is the name that its events have.
pub(crate) fn event_log(source: &str) -> Check {
    match EventLog::open(source) {
        Ok(_) => Check::ok("event-log", "", "takes events"),
        Err(source) => {
            let place = "of Windows (Application)".to_owned();
            Check::failed("event-log", "", &Error::Log { place, source })
                .advise("leave out --event-log, and keep a file with --log")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn log_check_accepts_appendable_file() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        std::fs::write(&log, "{}\n").unwrap();
        assert_eq!(file(&log).status, Status::Ok);
        assert_eq!(std::fs::read(&log).unwrap(), b"{}\n");
    }

    #[test]
    fn log_check_fails_for_invalid_path() {
        let folder = tempfile::tempdir().unwrap();
        for log in [folder.path().join("not/there"), folder.path().to_owned()] {
            let found = file(&log);
            assert_eq!((found.status, found.exit), (Status::Failed, Exit::Target));
            assert!(found.advice.is_some_and(|advice| advice.contains("--log")));
        }
    }

    #[test]
    fn event_log_check_passes_only_on_windows() {
        let expected = if cfg!(windows) {
            Status::Ok
        } else {
            Status::Failed
        };
        assert_eq!(event_log("certstow").status, expected);
    }
}
