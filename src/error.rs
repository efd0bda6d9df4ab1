//! The program's error: what the library met, and what only the program can meet. What happened is
//! said by the error itself; its exit code, word and hint by [`Explain`].

mod escrow;
mod facts;
mod install;
mod library;
mod store;
#[cfg(test)]
mod tests;
mod vault;

use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, io};

use certstow_core::error::{Candidate, Error as LibraryError};
use certstow_core::time;
use certstow_formats::sanitize::safe;
use certstow_platform::error::StoreError;
use certstow_platform::vault::VaultError;

use crate::exit::Exit;
use crate::schedule::SchedulerError;
pub(crate) use facts::{Answer, Explain, Facts, GETS_IN, Hint, Wording, without_numbers};
pub(crate) use library::OfDestination;

/// Why certstow could not do what was asked. `Display` is made safe for a terminal.
#[derive(Debug)]
pub(crate) enum Error {
    /// What the library met.
    Library(LibraryError),
    /// What was not found, and may be in files that are locked.
    BesideLocked {
        /// What the library met.
        error: LibraryError,
        /// How many files are locked.
        locked: usize,
    },
    /// The command line or an option's value makes no sense.
    Usage(String),
    /// There is no such command or option, and something else was meant.
    WrongCommand {
        /// What is wrong.
        message: String,
        /// What to type.
        hint: String,
    },
    /// A file that was named is not there.
    NoFile {
        /// The file.
        file: PathBuf,
    },
    /// A file is none of those that were saved.
    NotNoted {
        /// The file.
        file: PathBuf,
    },
    /// A file with options makes no sense.
    Config {
        /// The file.
        file: PathBuf,
        /// The line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong, with the key.
        message: String,
        /// What there is to say to whoever wrote it.
        advice: WrongOption,
    },
    /// There is no store on this machine, and it was asked what the stores have.
    NoStore,
    /// There is nothing to import: no certificate with a private key.
    NothingToImport {
        /// The files that were looked into.
        searched: Vec<String>,
        /// How many certificates have no private key.
        without_key: usize,
    },
    /// Only a person at a terminal may decide this.
    PersonRequired {
        /// What there is to decide, as in "deleting the private key".
        what: String,
    },
    /// A person would be asked, and an option answers, too.
    Unanswered {
        /// What is asked for, as in "a name".
        what: String,
        /// The option, or several.
        option: &'static str,
    },
    /// A password was to be made and shown, and there is nobody to see it.
    NobodyToShow {
        /// Why not: "standard error is no terminal".
        reason: &'static str,
    },
    /// Nothing happened for as long as a wait may take.
    TimedOut {
        /// What was waited for, completing "waiting for"; `None` where it was nothing outside.
        waiting_for: Option<String>,
        /// How long.
        after: Duration,
    },
    /// What the run does cannot be logged as asked.
    Log {
        /// The file, or the log's name.
        place: String,
        /// The underlying OS error.
        source: io::Error,
    },
    /// The system's scheduler did not do what was asked.
    Scheduler(SchedulerError),
    /// The person at the terminal gave up.
    Cancelled,
}

/// What there is to say to whoever wrote a file with options that is no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrongOption {
    /// What the keys of a file for `--config` are.
    OfBackup,
    /// What the keys of a person's own file are.
    OfPerson,
    /// Others may write to a person's own file.
    OfOthers,
    /// A backslash was taken for the beginning of an escape.
    Escape,
}

impl WrongOption {
    fn hint(self) -> &'static str {
        match self {
            Self::OfBackup => {
                "the keys of the file are the options of the command: 'certstow backup --help' \
                 describes them"
            }
            Self::OfPerson => {
                "the keys of the file are options of commands: 'certstow COMMAND --help' describes \
                 them; --no-config does without the file"
            }
            Self::OfOthers => {
                "take their right to write away ('chmod go-w', or its permissions on Windows); or, under \
                 sudo, give --no-config or set CERTSTOW_CONFIG to an empty value"
            }
            Self::Escape => {
                "in \"double quotes\" a backslash begins an escape: write paths of Windows in \
                 'single quotes'"
            }
        }
    }
}

impl Error {
    /// Reading or writing something failed: a file, or a stream by its name.
    pub(crate) fn io(place: impl Into<String>, source: io::Error) -> Self {
        let place = place.into();
        Self::Library(LibraryError::Io { place, source })
    }

    /// Standard output is a terminal, and what goes there ("file") is for no eye. PowerShell keeps the bytes
    /// of a program since 7.4 (`PSNativeCommandPreserveBytePipe`).
    pub(crate) fn not_to_a_terminal(what: &str) -> Self {
        Self::Usage(format!(
            "the {what} is not written to a terminal: name one with -o, or redirect standard output \
             (not in PowerShell before 7.4, which changes the bytes)"
        ))
    }

    /// What would be asked for, and nobody may be asked: "a password for the file".
    pub(crate) fn interaction_required(what: impl Into<String>) -> Self {
        let what = what.into();
        Self::Library(LibraryError::InteractionRequired { what })
    }

    /// What happened, with its facts. What the library and the scheduler met, they say themselves.
    fn table(&self) -> (String, Facts) {
        match self {
            Self::Library(error) => (error.to_string(), error.facts()),
            Self::BesideLocked { error, locked } => {
                (error.to_string(), library::beside_locked(error, *locked))
            }
            Self::Scheduler(error) => (error.to_string(), error.facts()),
            Self::Usage(text) => (text.clone(), Facts::usage()),
            Self::WrongCommand { message, hint } => (
                message.clone(),
                Facts::new(Exit::Usage, "usage", safe(hint).into_owned()),
            ),
            Self::NotNoted { file } => (
                format!("{} is none of the files that were saved", file.display()),
                Facts::new(
                    Exit::NotFound,
                    "not-noted",
                    Hint::on_command_line("'certstow copies' lists them"),
                ),
            ),
            Self::NoFile { file } => (
                format!("{} is not there", file.display()),
                Facts::new(
                    Exit::Store,
                    "no-file",
                    "see how it is written, and whether its disk or share is there",
                ),
            ),
            Self::Config {
                file,
                line,
                message,
                advice,
            } => (
                match line {
                    Some(line) => format!("{}, line {line}: {message}", file.display()),
                    None => format!("{}: {message}", file.display()),
                },
                Facts::new(Exit::Usage, "config", Hint::on_command_line(advice.hint())),
            ),
            Self::NoStore => (
                "there is no store on this machine to look in".to_owned(),
                Facts::new(
                    Exit::Store,
                    "no-store",
                    Hint::on_command_line(format!(
                        "{GETS_IN}; 'certstow stores' lists the places \
                                                   where stores are looked for"
                    )),
                ),
            ),
            Self::NothingToImport {
                searched,
                without_key,
            } => {
                let searched = searched.join(", ");
                let keyless = match without_key {
                    0 => String::new(),
                    1 => ": the certificate in it has no private key".to_owned(),
                    more => format!(": its {more} certificates have no private key"),
                };
                (
                    format!("there is no identity to import in {searched}{keyless}"),
                    Facts::new(
                        Exit::NotFound,
                        "nothing-to-import",
                        match without_key {
                            0 => {
                                "name a file that holds a certificate and its private key (.p12, \
                                 .pfx, .pem), or a folder of such files"
                            }
                            _ => {
                                "name the file of the private key too, or the folder that has both; if \
                                 the key is in a store here, 'certstow install FILE' joins them"
                            }
                        },
                    ),
                )
            }
            Self::PersonRequired { what } => (
                format!("{what} is for a person to decide, and nobody may be asked"),
                Facts::new(
                    Exit::InteractionRequired,
                    "interaction-required",
                    "run certstow at a terminal",
                ),
            ),
            Self::Unanswered { what, option } => (
                format!("{what} is needed, and nobody may be asked"),
                Facts::new(
                    Exit::InteractionRequired,
                    "interaction-required",
                    Hint::on_command_line(format!("answer by {option}")),
                ),
            ),
            Self::NobodyToShow { reason } => (
                format!("a new password is shown to a person, and {reason}"),
                Facts::new(
                    Exit::InteractionRequired,
                    "interaction-required",
                    Hint::on_command_line(
                        "run it at a terminal; where nobody is, --password-file or \
                         --password-vault gives a password, and 'certstow backup --escrow' makes \
                         one for each file",
                    ),
                ),
            ),
            Self::TimedOut { waiting_for, after } => {
                let waiting = match waiting_for {
                    Some(what) => format!(" while waiting for {what}"),
                    None => String::new(),
                };
                (
                    format!("nothing happened for {}{waiting}", time::length(*after)),
                    Facts::new(
                        Exit::InteractionRequired,
                        "timed-out",
                        Hint::on_command_line(
                            "run it at a terminal to see who has to answer, or give it longer \
                             with --timeout",
                        )
                        .in_wizard("see that what it waited for answers, and begin again"),
                    ),
                )
            }
            Self::Log { place, .. } => (
                format!("the log {place} cannot be written"),
                Facts::new(
                    Exit::Target,
                    "log",
                    "nothing was done; name a log that this account can write, in a folder that \
                     exists",
                ),
            ),
            Self::Cancelled => ("cancelled".to_owned(), Facts::cancelled()),
        }
    }
}

impl Explain for Error {
    fn facts(&self) -> Facts {
        self.table().1
    }

    fn candidates(&self) -> &[Candidate] {
        match self {
            Self::Library(error) | Self::BesideLocked { error, .. } => error.candidates(),
            _ => &[],
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&safe(&self.table().0))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Library(error) | Self::BesideLocked { error, .. } => error.source(),
            Self::Scheduler(error) => error.source(),
            Self::Log { source, .. } => Some(source),
            Self::Usage(_)
            | Self::WrongCommand { .. }
            | Self::NoFile { .. }
            | Self::NotNoted { .. }
            | Self::Config { .. }
            | Self::NoStore
            | Self::NothingToImport { .. }
            | Self::PersonRequired { .. }
            | Self::Unanswered { .. }
            | Self::NobodyToShow { .. }
            | Self::TimedOut { .. }
            | Self::Cancelled => None,
        }
    }
}

impl From<LibraryError> for Error {
    fn from(error: LibraryError) -> Self {
        match error {
            LibraryError::Cancelled => Self::Cancelled,
            other => Self::Library(other),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        LibraryError::from(error).into()
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        LibraryError::from(error).into()
    }
}

impl From<SchedulerError> for Error {
    fn from(error: SchedulerError) -> Self {
        Self::Scheduler(error)
    }
}
