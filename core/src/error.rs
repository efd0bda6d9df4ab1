//! The one error of the crate: what happened, to which store or file. It names no option and no
//! command: what to do next is for the program to say. None can hold a secret.

mod display;
mod emptied;
mod escrow;
mod not_installable;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use certstow_platform::error::StoreError;
use certstow_platform::vault::{Name, VaultError};

pub use emptied::Emptied;
pub use escrow::Trouble;
pub use not_installable::NotInstallable;

/// One identity offered to choose from, in [`Error::Ambiguous`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// SHA-1 thumbprint, 40 lower-case hexadecimal digits.
    pub thumbprint: String,
    /// The label, for a person. Not made safe for a terminal.
    pub label: String,
    /// notAfter, RFC 3339 in UTC.
    pub not_after: String,
    /// The store's name, or the file of a backup.
    pub store: String,
}

/// Which of several certificates was issued last, in [`Error::Ambiguous`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuedLast {
    /// One of them, and all are of one subject.
    One,
    /// None is in the place of another: they are of different subjects.
    OfDifferentSubjects,
    /// More than one, at the same time.
    Several,
}

/// Why something is nearly what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nearly {
    /// A slip of the finger is between the selector and these.
    Misspelled,
    /// The selector matches these, and they are archived.
    Archived,
    /// The selector matches these, and they wait for the answer of a CA.
    Pending,
    /// The selector matches these, and the filters leave them out.
    LeftOut {
        /// The filters, as a person would type them.
        filters: String,
    },
    /// The filters match these, and they are not listed.
    Unlisted {
        /// How many of them have no private key.
        keyless: usize,
        /// How many have one and are archived.
        archived: usize,
        /// How many wait for the answer of a CA; the others are renewed.
        pending: usize,
    },
}

/// What may have been meant, in [`Error::NotFound`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// Why it was not taken.
    pub why: Nearly,
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub candidates: Vec<Candidate>,
}

/// Why certstow could not do what was asked.
///
/// `Display` is made safe for a terminal and says what happened; the reason underneath, often
/// the operating system's, is the `source()`.
#[derive(Debug)]
pub enum Error {
    /// What was asked for contradicts itself, as a sentence.
    Contradiction(String),
    /// No identity matches.
    NotFound {
        /// The selector as given, or a description of the filters; empty where any identity was
        /// wanted.
        selector: String,
        /// The names of the stores that were searched.
        searched: Vec<String>,
        /// What else is worth knowing, such as how much could not be read.
        note: Option<String>,
        /// What may have been meant.
        near: Option<Box<Near>>,
    },
    /// No identity in a backup matches.
    NotInBackup {
        /// The selector as given, or a description of the filters; empty where any identity was
        /// wanted.
        selector: String,
        /// The folder.
        folder: PathBuf,
        /// How many files were left out that the manifest does not name.
        unnamed: usize,
        /// What may have been meant.
        near: Option<Box<Near>>,
    },
    /// A file of a backup does not give what it should.
    BackupFile {
        /// The file.
        file: PathBuf,
        /// What is wrong, completing a sentence that begins with the file: "is missing".
        reason: String,
    },
    /// Several identities match.
    Ambiguous {
        /// The selector as given, or a description of the filters.
        selector: String,
        /// All that match.
        candidates: Vec<Candidate>,
        /// Whether the one issued last may be taken instead.
        issued_last: IssuedLast,
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
    /// The password does not open a file.
    WrongPassword {
        /// The file, or the place in it.
        place: String,
    },
    /// What is to hold the password cannot be read.
    PasswordUnreadable {
        /// The file or descriptor.
        place: String,
        /// The underlying OS error.
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
        /// The underlying OS error.
        source: std::io::Error,
    },
    /// The target is a device, a pipe, or a descriptor of a process, which keeps no file.
    Device {
        /// As it was named.
        file: PathBuf,
    },
    /// The disk of a file did not confirm what was written: a power cut may lose it.
    NotSynced {
        /// The file.
        file: PathBuf,
        /// Whether the file is there, and proven, and only its name was not confirmed. Otherwise
        /// nothing was saved under its name, and what had that name before is as it was.
        saved: bool,
        /// The underlying OS error.
        reason: String,
    },
    /// A copy of a file that was or will be saved cannot be made.
    NotCopied {
        /// The folder it was to lie in.
        folder: PathBuf,
        /// Why not.
        error: Box<Error>,
    },
    /// A folder held a backup when it was last saved to and holds none today: a disk or share may not
    /// be mounted there.
    Emptied(Box<Emptied>),
    /// Another process is using the folder of a backup.
    TargetLocked {
        /// The folder.
        folder: PathBuf,
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
    /// A file that was saved is not what was proven any more.
    Changed {
        /// The file.
        file: PathBuf,
    },
    /// No request can be made.
    NotRequested {
        /// Why not, as a clause.
        reason: String,
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
        /// What the store refused with.
        source: Option<Box<StoreError>>,
    },
    /// Files that a CA returned hold no certificate that could be joined with its private key.
    NothingToInstall {
        /// The files.
        files: Vec<PathBuf>,
        /// Why not.
        what: NotInstallable,
    },
    /// No store has the private key of a certificate.
    NoKeyHere {
        /// The certificate's subject, a string by RFC 4514.
        subject: String,
        /// The names of the stores that were searched.
        searched: Vec<String>,
    },
    /// Several stores have the private key of a certificate.
    SeveralStores {
        /// The certificate's subject, a string by RFC 4514.
        subject: String,
        /// The names of the stores.
        stores: Vec<String>,
    },
    /// The private key does not belong to the certificate.
    KeyMismatch {
        /// Where the certificate and the key lie, or their label.
        place: String,
    },
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
        trouble: Trouble,
    },
    /// Reading or writing something else failed.
    Io {
        /// The file or stream.
        place: String,
        /// The underlying OS error.
        source: std::io::Error,
    },
    /// The person at the terminal gave up.
    Cancelled,
}

impl Error {
    /// This error of a copy, in the folder that the person named for it.
    pub fn of_a_copy_in(self, folder: &Path) -> Self {
        Self::NotCopied {
            folder: folder.to_owned(),
            error: Box::new(self),
        }
    }

    /// That this file cannot be written, in a clause.
    pub(crate) fn target(file: &Path, what: &'static str, source: io::Error) -> Self {
        Self::Target {
            file: file.to_owned(),
            what,
            source,
        }
    }

    /// That reading or writing this file or folder failed.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            place: path.display().to_string(),
            source,
        }
    }

    /// That the system gives no random numbers.
    pub(crate) fn no_randomness(error: impl std::fmt::Display) -> Self {
        Self::Io {
            place: "the system's source of random numbers".to_owned(),
            source: std::io::Error::other(error.to_string()),
        }
    }

    /// Whether what was given as a password is none, cannot be had, or is not the right one.
    pub(crate) fn is_wrong_password(&self) -> bool {
        matches!(
            self,
            Self::Password(_)
                | Self::WrongPassword { .. }
                | Self::PasswordUnreadable { .. }
                | Self::Store(StoreError::WrongPassword { .. } | StoreError::KeyPassword { .. })
                | Self::Vault(VaultError::NotFound { .. } | VaultError::Unfit { .. })
                | Self::Escrow {
                    trouble: Trouble::WrongKey(_),
                    ..
                }
        )
    }

    /// Whether there is no room on the disk for what was to be written.
    pub(crate) fn is_of_a_full_disk(&self) -> bool {
        let Self::Target { source, .. } = self else {
            return false;
        };
        matches!(
            source.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
        )
    }

    /// The identities to choose from, when several matched, or none and these nearly did.
    pub fn candidates(&self) -> &[Candidate] {
        match self {
            Self::Ambiguous { candidates, .. } => candidates,
            Self::NotFound {
                near: Some(near), ..
            }
            | Self::NotInBackup {
                near: Some(near), ..
            } => &near.candidates,
            _ => &[],
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => error.source(),
            // Its own words are the reason already.
            Self::KeyNotDeleted { source, .. } => source.as_ref()?.source(),
            Self::NotCopied { error, .. } => error.source(),
            Self::Vault(error) => error.source(),
            Self::Target { source, .. }
            | Self::Io { source, .. }
            | Self::PasswordUnreadable { source, .. } => Some(source),
            Self::Contradiction(_)
            | Self::NotFound { .. }
            | Self::NotInBackup { .. }
            | Self::BackupFile { .. }
            | Self::Ambiguous { .. }
            | Self::InteractionRequired { .. }
            | Self::Password(_)
            | Self::WrongPassword { .. }
            | Self::TargetExists { .. }
            | Self::Device { .. }
            | Self::NotSynced { .. }
            | Self::Emptied(_)
            | Self::TargetLocked { .. }
            | Self::NotPrivate { .. }
            | Self::Verification { .. }
            | Self::Changed { .. }
            | Self::NotRequested { .. }
            | Self::NotReadBack { .. }
            | Self::NothingToInstall { .. }
            | Self::NoKeyHere { .. }
            | Self::SeveralStores { .. }
            | Self::KeyMismatch { .. }
            | Self::PasswordExists { .. }
            | Self::Escrow { .. }
            | Self::Cancelled => None,
        }
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
