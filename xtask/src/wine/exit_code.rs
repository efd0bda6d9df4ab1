//! The exit codes of programs for Windows. The host's exit status is none: Wine's server kills what
//! is left of a process half a second after it ended for Windows (`process_sigkill` in Wine's
//! server/process.c), and on a busy machine it is still leaving then, so that the host sees a SIGKILL
//! where Windows has the code. So each program is run by `tests/wine/exit-code.c`, which asks Windows
//! for the code and writes it to a file. Without a code in it no check passes. Without the file the
//! program never began: Wine lost its process while setting it up, and it is started again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable that names the file to `exit-code.c`.
const VARIABLE: &str = "CERTSTOW_TEST_EXIT_CODE";

/// Where the exit code of a command is going to be.
pub(super) struct ExitCode {
    /// None for a command of the host, whose exit status says it.
    file: Option<PathBuf>,
}

impl ExitCode {
    /// A program for Windows leaves it in a new file of `scratch`.
    pub(super) fn of_windows(command: &mut Command, scratch: &Path) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let file = scratch.join(format!("exit-code-{number}"));
        // Wine's drive of the host's root.
        command.env(VARIABLE, format!("Z:{}", file.display()));
        Self { file: Some(file) }
    }

    /// A program of the host needs no file.
    pub(super) fn of_host() -> Self {
        Self { file: None }
    }

    /// Whether a command that ended ever began to run the program.
    pub(super) fn has_begun(&self) -> bool {
        self.file.as_ref().is_none_or(|file| file.exists())
    }

    /// The exit code of the command, which has ended with this status on the host; or why there is
    /// none.
    pub(super) fn read(&self, status: ExitStatus) -> Result<i32, String> {
        let Some(file) = &self.file else {
            return status.code().ok_or_else(|| status.to_string());
        };
        let code = fs::read_to_string(file);
        let _ = fs::remove_file(file);
        let code = code.ok().and_then(|code| code.parse::<u32>().ok());
        code.map(u32::cast_signed)
            .ok_or_else(|| format!("no exit code (Wine's process ended with {status})"))
    }
}

/// An error that names both, unless this is the exit code that was expected.
pub(super) fn compare(code: &Result<i32, String>, expected: i32) -> Result<(), String> {
    let code = match code {
        Ok(code) if *code == expected => return Ok(()),
        // An exception that ended the program, which is known by its hexadecimal digits.
        Ok(code @ ..0) => format!("exit code {code:#010X}"),
        Ok(code) => format!("exit code {code}"),
        Err(reason) => reason.clone(),
    };
    Err(format!("{code} where {expected} was expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compare_accepts_only_expected_code() {
        assert_eq!(compare(&Ok(16), 16), Ok(()));
        for (code, named) in [
            (Ok(17), "exit code 17"),
            (Ok(0xC000_0005_u32.cast_signed()), "exit code 0xC0000005"),
            (Err("no exit code".to_owned()), "no exit code"),
        ] {
            let difference = compare(&code, 16).unwrap_err();
            assert_eq!(difference, format!("{named} where 16 was expected"));
        }
    }
}
