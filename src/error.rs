//! The one error of the crate: what happened, to which store or file; [`Error::hint`] says what
//! to do next, [`Error::exit`] which code the process ends with. None can hold a secret.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use certstow_platform::error::StoreError;
use certstow_platform::store::NotExportable;
use certstow_platform::vault::{Name, VaultError};

use crate::escrow;
use crate::exit::Exit;
use crate::sanitize::safe;
use crate::schedule::install::SchedulerError;
use crate::time;

/// One identity offered to choose from, in [`Error::Ambiguous`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// SHA-1 thumbprint, 40 lower-case hexadecimal digits.
    pub thumbprint: String,
    /// The label, for a person. Not made safe for a terminal.
    pub label: String,
    /// notAfter, RFC 3339 in UTC.
    pub not_after: String,
    /// The store's name.
    pub store: String,
}

/// Why certstow could not do what was asked.
///
/// `Display` is made safe for a terminal and says what happened; the reason underneath, often
/// the operating system's, is the `source()`.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The command line or an option's value makes no sense.
    Usage(String),
    /// No identity matches.
    NotFound {
        /// The selector as given, or a description of the filters.
        selector: String,
        /// The names of the stores that were searched.
        searched: Vec<String>,
        /// What else is worth knowing, such as how much could not be read.
        note: Option<String>,
    },
    /// No identity in a backup matches.
    NotInBackup {
        /// The selector as given, or a description of the filters.
        selector: String,
        /// The folder.
        folder: PathBuf,
    },
    /// Several identities match.
    Ambiguous {
        /// The selector as given, or a description of the filters.
        selector: String,
        /// All that match.
        candidates: Vec<Candidate>,
    },
    /// A store refused.
    Store(StoreError),
    /// A prompt would be needed.
    InteractionRequired {
        /// What would be asked for ("a password for the file").
        what: String,
    },
    /// The password is missing, empty, or the two entries differ.
    Password(String),
    /// What is to hold the password cannot be read.
    PasswordUnreadable {
        /// The file or descriptor.
        place: String,
        /// The operating system's word on it.
        source: std::io::Error,
    },
    /// The target exists already.
    TargetExists {
        /// The file.
        file: PathBuf,
    },
    /// The target cannot be written.
    Target {
        /// The file.
        file: PathBuf,
        /// What is wrong, as a clause: "it is a folder".
        what: &'static str,
        /// The operating system's word on it.
        source: std::io::Error,
    },
    /// Nothing can be saved to a folder of many files; what is wrong with one of them.
    Folder(Box<Error>),
    /// Another run is writing into a folder.
    TargetLocked {
        /// The folder.
        folder: PathBuf,
    },
    /// A file with options makes no sense.
    Config {
        /// The file.
        file: PathBuf,
        /// The line, from 1, where it is known.
        line: Option<usize>,
        /// What is wrong, with the key.
        message: String,
    },
    /// Other accounts could read the target, and it was to be private.
    NotPrivate {
        /// The file.
        file: PathBuf,
    },
    /// What was written did not read back as what was meant; the file was not kept.
    Verification {
        /// The file.
        file: PathBuf,
        /// Which check failed and how.
        reason: String,
    },
    /// There is nothing to import: no certificate with a private key.
    NothingToImport {
        /// The names of the stores or files that were looked into.
        searched: Vec<String>,
        /// How many certificates have no private key.
        without_key: usize,
    },
    /// An identity was put into a store, and then not shown to be there as it should.
    NotReadBack {
        /// The store's name.
        store: String,
        /// Which check failed and how.
        reason: String,
    },
    /// The file was saved, and the private key that was to be deleted after it was not.
    KeyNotDeleted {
        /// The file.
        file: PathBuf,
        /// The store's name.
        store: String,
        /// Why not.
        reason: String,
        /// The store's word on it.
        source: Option<Box<StoreError>>,
    },
    /// Only a person at a terminal may decide this.
    PersonRequired {
        /// What there is to decide, as in "deleting the private key".
        what: String,
    },
    /// The private key does not belong to the certificate.
    KeyMismatch {
        /// Where the certificate and the key lie, or their label.
        place: String,
    },
    /// The system's scheduler did not do what was asked.
    Scheduler(SchedulerError),
    /// The operating system's vault has no such password, or gives or takes none.
    Vault(VaultError),
    /// The vault has a password of this name, and it was not to be replaced.
    PasswordExists {
        /// The name.
        name: Name,
    },
    /// A password cannot be sealed to a certificate, or a sealed one not opened.
    Escrow {
        /// The certificate, the private key, or the sealed password.
        file: PathBuf,
        /// What is wrong with it.
        trouble: escrow::Trouble,
    },
    /// Reading or writing something else failed.
    Io {
        /// The file or stream.
        place: String,
        /// The operating system's word on it.
        source: std::io::Error,
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
        /// The operating system's word on it.
        source: std::io::Error,
    },
    /// The person at the terminal gave up.
    Cancelled,
}

impl Error {
    /// This error of a file, where the person named the folder that it was to be in.
    pub(crate) fn of_a_folder_to_save_to(self) -> Self {
        match self {
            Self::Target { .. } | Self::NotPrivate { .. } => Self::Folder(Box::new(self)),
            other => other,
        }
    }

    /// The exit code for this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Folder(error) => error.exit(),
            Self::Usage(_) | Self::Config { .. } => Exit::Usage,
            Self::NotFound { .. } | Self::NotInBackup { .. } | Self::NothingToImport { .. } => {
                Exit::NotFound
            }
            Self::Ambiguous { .. } => Exit::Ambiguous,
            Self::Store(error) => store_exit(error),
            Self::InteractionRequired { .. }
            | Self::PersonRequired { .. }
            | Self::TimedOut { .. } => Exit::InteractionRequired,
            Self::Password(_) | Self::PasswordUnreadable { .. } => Exit::Password,
            Self::TargetExists { .. }
            | Self::Target { .. }
            | Self::TargetLocked { .. }
            | Self::NotPrivate { .. }
            | Self::Log { .. } => Exit::Target,
            Self::Verification { .. } | Self::NotReadBack { .. } => Exit::VerificationFailed,
            Self::KeyMismatch { .. } => Exit::KeyUnavailable,
            Self::KeyNotDeleted { .. } => Exit::Partial,
            Self::Scheduler(error) => error.exit(),
            Self::Vault(error) => vault::exit(error),
            Self::PasswordExists { .. } => Exit::Target,
            Self::Escrow { trouble, .. } => trouble.exit(),
            Self::Io { .. } => Exit::Failure,
            Self::Cancelled => Exit::Cancelled,
        }
    }

    /// The word for it in JSON: "not-found", "ambiguous" and so on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Folder(error) => error.code(),
            Self::Usage(_) => "usage",
            Self::NotFound { .. } | Self::NotInBackup { .. } => "not-found",
            Self::NothingToImport { .. } => "nothing-to-import",
            Self::NotReadBack { .. } => "not-read-back",
            Self::KeyNotDeleted { .. } => "key-not-deleted",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Store(error) => store_code(error),
            Self::InteractionRequired { .. } | Self::PersonRequired { .. } => {
                "interaction-required"
            }
            Self::Password(_) | Self::PasswordUnreadable { .. } => "password",
            Self::TargetExists { .. } => "target-exists",
            Self::Target { .. } => "target",
            Self::TargetLocked { .. } => "target-locked",
            Self::Config { .. } => "config",
            Self::NotPrivate { .. } => "target-not-private",
            Self::Verification { .. } => "verification-failed",
            Self::KeyMismatch { .. } => "key-mismatch",
            Self::Scheduler(error) => error.code(),
            Self::Vault(error) => vault::code(error),
            Self::PasswordExists { .. } => "password-exists",
            Self::Escrow { trouble, .. } => trouble.code(),
            Self::Io { .. } => "io",
            Self::TimedOut { .. } => "timed-out",
            Self::Log { .. } => "log",
            Self::Cancelled => "cancelled",
        }
    }

    /// What to do next, where certstow knows.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Usage(_) => "'certstow COMMAND --help' describes every option",
            Self::NotFound { .. } => {
                "'certstow list --all' shows every certificate that was found; \
                 --store names another place to look"
            }
            Self::NotInBackup { .. } => {
                "certstow-manifest.json in the folder names every identity that was saved there"
            }
            Self::Ambiguous { .. } => {
                "give one of these thumbprints (its first digits are enough), \
                 or --newest for the one issued last"
            }
            Self::NothingToImport { .. } => {
                "name the file of the private key too, or the folder that has both"
            }
            Self::NotReadBack { .. } => {
                "keep the file it came from: the store may hold it all the same ('certstow list'), \
                 and --force imports it again"
            }
            Self::KeyNotDeleted { .. } => {
                "see with 'certstow check' that the file restores before you delete the key with \
                 the program that put it there"
            }
            Self::PersonRequired { .. } => "run certstow at a terminal",
            Self::Store(error) => return store_hint(error).map(str::to_owned),
            Self::InteractionRequired { .. } => {
                "give the password with --password-file, --password-env, --password-fd or \
                 --password-vault"
            }
            Self::Password(_) | Self::PasswordUnreadable { .. } => {
                "a password comes from a prompt, --password-file, --password-env, --password-fd or \
                 --password-vault"
            }
            Self::TargetExists { .. } => "choose another name with -o, or replace it with --force",
            Self::Folder(error) => match **error {
                Self::NotPrivate { .. } => {
                    "choose another folder with --to, or leave --require-private out"
                }
                _ => "let this account write there, or choose another folder with --to",
            },
            Self::TargetLocked { .. } => {
                "try again when the other run has ended, or save to another folder"
            }
            Self::Config { .. } => {
                "the keys of the file are the options of the command: \
                 'certstow backup --help' describes them"
            }
            Self::NotPrivate { .. } => {
                "choose another place with -o, or leave --require-private out"
            }
            Self::Target { .. } => "choose another place with -o",
            Self::Verification { .. } => {
                "nothing was kept; try again, and if it fails again write to another disk"
            }
            Self::KeyMismatch { .. } => KEY_MISMATCH,
            Self::TimedOut { .. } => {
                "run it at a terminal to see who has to answer, or give it longer with --timeout"
            }
            Self::Log { .. } => {
                "nothing was done; name a log that this account can write, in a folder that exists"
            }
            Self::Scheduler(error) => error.hint(),
            Self::Vault(error) => return vault::hint(error),
            Self::PasswordExists { .. } => {
                "nothing was changed; --force puts the new one in its place"
            }
            Self::Escrow { trouble, .. } => trouble.hint(),
            Self::Io { .. } | Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }

    /// What happened and what caused it, the operating system's word included, in one line.
    pub fn in_full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(underneath) = cause {
            text.push_str(&format!(": {}", safe(&underneath.to_string())));
            cause = underneath.source();
        }
        text
    }

    /// The identities to choose from, when several matched.
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            Self::Ambiguous { candidates, .. } => candidates,
            _ => &[],
        }
    }
}

const KEY_MISMATCH: &str = "the store pairs them wrongly: look for the certificate's own key, \
                           or ask its issuer for a new certificate";

fn store_exit(error: &StoreError) -> Exit {
    match error {
        StoreError::Unavailable { .. }
        | StoreError::AccessDenied { .. }
        | StoreError::KeyAccessDenied { .. }
        | StoreError::KeyUnreadableHere { .. } => Exit::Store,
        StoreError::NotFound { .. } => Exit::NotFound,
        // To a script, a key that cannot be read is a key it cannot have.
        StoreError::KeyMissing { .. }
        | StoreError::KeyContainerMissing { .. }
        | StoreError::KeyProviderMissing { .. }
        | StoreError::KeyMismatch { .. }
        | StoreError::KeyNotExportable { .. }
        | StoreError::KeyRefused { .. }
        | StoreError::Damaged { .. } => Exit::KeyUnavailable,
        StoreError::InteractionRequired { .. }
        | StoreError::KeychainInteractionRequired { .. }
        | StoreError::ConfirmationRequired { .. } => Exit::InteractionRequired,
        StoreError::WrongPassword { .. } => Exit::Password,
        StoreError::AlreadyThere { .. }
        | StoreError::NotImported { .. }
        | StoreError::NotRemoved { .. } => Exit::Target,
        StoreError::HalfDone { .. } => Exit::Partial,
        StoreError::Cancelled => Exit::Cancelled,
        _ => Exit::Failure,
    }
}

fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unavailable { .. } => "store-unavailable",
        StoreError::AccessDenied { .. } | StoreError::KeyAccessDenied { .. } => "access-denied",
        StoreError::NotFound { .. } => "not-found",
        StoreError::KeyMissing { .. } => "key-missing",
        StoreError::KeyContainerMissing { .. } => "key-container-missing",
        StoreError::KeyProviderMissing { .. } => "key-provider-missing",
        StoreError::KeyMismatch { .. } => "key-mismatch",
        StoreError::KeyRefused { .. } => "key-refused",
        StoreError::KeyUnreadableHere { .. } => "key-unreadable-here",
        StoreError::KeyNotExportable { .. } => "key-not-exportable",
        StoreError::Damaged { .. } => "damaged",
        StoreError::InteractionRequired { .. }
        | StoreError::KeychainInteractionRequired { .. }
        | StoreError::ConfirmationRequired { .. } => "interaction-required",
        StoreError::WrongPassword { .. } => "wrong-password",
        StoreError::AlreadyThere { .. } => "already-there",
        StoreError::NotImported { .. } => "not-imported",
        StoreError::NotRemoved { .. } => "not-removed",
        StoreError::HalfDone { .. } => "half-done",
        StoreError::Cancelled => "cancelled",
        _ => "store",
    }
}

fn store_hint(error: &StoreError) -> Option<&'static str> {
    Some(match error {
        StoreError::Unavailable { .. } => "'certstow stores' lists the stores of this machine",
        StoreError::AccessDenied { .. } => "run certstow as the owner, or let this account read it",
        StoreError::KeyAccessDenied { .. } => {
            "run certstow as the key's owner (a computer's keys need an administrator's prompt), \
             or let this account use the key"
        }
        StoreError::NotFound { .. } => "the store changed meanwhile: run 'certstow list' again",
        StoreError::KeyMissing { .. } => {
            "name the folder that holds the key with --store, or export the certificate alone \
             with --format der"
        }
        StoreError::KeyContainerMissing { .. } => {
            "export from the account that has the key (a computer's keys need an administrator's \
             prompt), or export the certificate alone with --format der"
        }
        StoreError::KeyRefused { .. } => {
            "try again logged on as the key's owner; the operating system's error above says more"
        }
        StoreError::KeyUnreadableHere { .. } => {
            "run certstow while logged on; a scheduled task needs 'Run whether user is logged on \
             or not' with the password stored: without it (S4U), and after a reset of the \
             password, Windows cannot unlock the account's keys"
        }
        StoreError::KeychainInteractionRequired { .. } => {
            "unlock the keychain first with 'security unlock-keychain', and allow certstow the key \
             once, at a terminal of the desktop (\"Always Allow\")"
        }
        StoreError::ConfirmationRequired { .. } => {
            "run certstow at a terminal, with --allow-prompt"
        }
        StoreError::KeyProviderMissing { .. } => {
            "install the software that keeps the key, or export on a computer that has it"
        }
        StoreError::KeyMismatch { .. } => KEY_MISMATCH,
        StoreError::KeyNotExportable {
            reason: NotExportable::Policy,
            ..
        } => {
            "import the original file again with its key marked as exportable, or ask the issuer \
             for a new certificate"
        }
        StoreError::KeyNotExportable { .. } => {
            "the key has to stay where it is: ask the issuer for a new certificate with a key \
             that may be exported"
        }
        StoreError::InteractionRequired { .. } => {
            "give its password with --unlock-password-file, --unlock-password-env, \
             --unlock-password-fd or --unlock-password-vault"
        }
        StoreError::WrongPassword { .. } => {
            "check the password that unlocks the key (--unlock-password-file, ...)"
        }
        StoreError::AlreadyThere { .. } => {
            "nothing was changed; --force puts this one in its place"
        }
        StoreError::NotImported { .. } => {
            "nothing was changed; --store names another store, such as a folder"
        }
        StoreError::NotRemoved { .. } => {
            "nothing was taken out; remove it with the program that put it there"
        }
        StoreError::HalfDone { .. } => "'certstow list --all' shows what is there now",
        StoreError::Damaged { .. } => "restore the key from a copy made before the damage",
        _ => return None,
    })
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Password(text) => f.write_str(&safe(text)),
            Self::NotFound {
                selector,
                searched,
                note,
            } => {
                write!(f, "no identity matches {}", safe(selector))?;
                match searched.as_slice() {
                    [] => f.write_str("; there was no store to search")?,
                    stores => write!(f, " in {}", safe(&stores.join(", ")))?,
                }
                match note {
                    Some(note) => write!(f, " ({})", safe(note)),
                    None => Ok(()),
                }
            }
            Self::NotInBackup { selector, folder } => write!(
                f,
                "no identity in the backup {} matches {}",
                path(folder),
                safe(selector)
            ),
            Self::Ambiguous {
                selector,
                candidates,
            } => write!(
                f,
                "{} identities match {}",
                candidates.len(),
                safe(selector)
            ),
            Self::Store(error) => f.write_str(&safe(&error.to_string())),
            Self::Scheduler(error) => f.write_str(&safe(&error.to_string())),
            Self::InteractionRequired { what } => {
                write!(f, "{} is needed, and nobody may be asked", safe(what))
            }
            Self::PasswordUnreadable { place, .. } => {
                write!(f, "the password cannot be read from {}", safe(place))
            }
            Self::TargetExists { file } => write!(f, "{} exists already", path(file)),
            Self::Target { file, what, .. } => {
                write!(f, "{} cannot be written: {what}", path(file))
            }
            Self::Folder(error) => error.fmt(f),
            Self::TargetLocked { folder } => {
                write!(f, "another run of certstow is writing in {}", path(folder))
            }
            Self::Config {
                file,
                line,
                message,
            } => match line {
                Some(line) => write!(f, "{}, line {line}: {}", path(file), safe(message)),
                None => write!(f, "{}: {}", path(file), safe(message)),
            },
            Self::NotPrivate { file } => write!(
                f,
                "{} cannot be written: its file system cannot restrict who reads it",
                path(file)
            ),
            Self::Verification { file, reason } => write!(
                f,
                "{} was not saved, since reading it back failed: {}",
                path(file),
                safe(reason)
            ),
            Self::NothingToImport {
                searched,
                without_key,
            } => {
                let searched = safe(&searched.join(", ")).into_owned();
                write!(f, "there is no identity to import in {searched}")?;
                match without_key {
                    0 => Ok(()),
                    1 => f.write_str(": the certificate in it has no private key"),
                    more => write!(f, ": its {more} certificates have no private key"),
                }
            }
            Self::NotReadBack { store, reason } => write!(
                f,
                "reading it back from {} failed: {}",
                safe(store),
                safe(reason)
            ),
            Self::KeyNotDeleted {
                file,
                store,
                reason,
                ..
            } => write!(
                f,
                "{} was saved, and its private key was not deleted from {}: {}",
                path(file),
                safe(store),
                safe(reason)
            ),
            Self::PersonRequired { what } => {
                write!(
                    f,
                    "{} is for a person to decide, and nobody may be asked",
                    safe(what)
                )
            }
            Self::KeyMismatch { place } => write!(
                f,
                "the private key of {} does not belong to its certificate",
                safe(place)
            ),
            Self::Vault(error) => f.write_str(&safe(&error.to_string())),
            Self::PasswordExists { name } => {
                write!(f, "the vault has a password '{name}' already")
            }
            Self::Escrow { file, trouble } => {
                write!(f, "{} {}", path(file), safe(&trouble.to_string()))
            }
            Self::Io { place, .. } => write!(f, "{} cannot be read or written", safe(place)),
            Self::TimedOut { waiting_for, after } => {
                write!(f, "nothing happened for {}", time::wait(*after))?;
                match waiting_for {
                    Some(what) => write!(f, " while waiting for {}", safe(what)),
                    None => Ok(()),
                }
            }
            Self::Log { place, .. } => write!(f, "the log {} cannot be written", safe(place)),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

fn path(file: &std::path::Path) -> String {
    safe(&file.to_string_lossy()).into_owned()
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            // Its own words are the reason already.
            Self::KeyNotDeleted { source, .. } => source.as_ref()?.source(),
            Self::Folder(error) => error.source(),
            Self::Scheduler(error) => error.source(),
            Self::Vault(error) => error.source(),
            Self::Target { source, .. }
            | Self::Io { source, .. }
            | Self::Log { source, .. }
            | Self::PasswordUnreadable { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<SchedulerError> for Error {
    fn from(error: SchedulerError) -> Self {
        Self::Scheduler(error)
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Cancelled => Self::Cancelled,
            StoreError::KeyMismatch { place } => Self::KeyMismatch { place },
            other => Self::Store(other),
        }
    }
}

#[cfg(test)]
mod tests;
mod vault;
