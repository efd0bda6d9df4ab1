//! What to do next, to a person.

use std::io;

use super::{Error, Near, Nearly, store, vault};
use crate::sanitize::safe;

impl Error {
    /// What to do next, where certstow knows.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Usage(_) => "'certstow COMMAND --help' describes every option",
            Self::NotFound {
                near: Some(near), ..
            }
            | Self::NotInBackup {
                near: Some(near), ..
            } => return Some(of_near(near)),
            Self::NotFound { .. } => {
                "'certstow list --all' shows every certificate that was found; \
                 --store names another place to look"
            }
            Self::NotInBackup { unnamed: 1.., .. } => {
                "files that the manifest does not name were left out; --unnamed looks into them, too"
            }
            Self::BackupFile { .. } => {
                "another copy of the backup may have it; where a store has the identity, 'certstow \
                 backup' writes the file anew"
            }
            Self::NotInBackup { .. } => {
                "certstow-manifest.json in the folder names every identity that was saved there"
            }
            Self::Ambiguous { .. } => {
                "give one of these thumbprints (its first digits are enough), \
                 or --newest for the one issued last"
            }
            Self::NothingToImport { without_key: 0, .. } => {
                "name a file that holds a certificate and its private key (.p12, .pfx, .pem), or a \
                 folder of such files"
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
            Self::Store(error) => return store::hint(error),
            Self::InteractionRequired { .. } => {
                "give the password with --password-file, --password-env, --password-fd or \
                 --password-vault"
            }
            Self::Password(_) | Self::PasswordUnreadable { .. } => {
                "a password comes from a prompt, --password-file, --password-env, --password-fd or \
                 --password-vault"
            }
            Self::WrongPassword { .. } => {
                "give the password that it was saved with, by --password-file and its kind; capital \
                 letters count"
            }
            Self::TargetExists { .. } => "choose another name with -o, or replace it with --force",
            Self::Folder(error) => match **error {
                Self::NotPrivate { .. } => {
                    "choose another folder with --to, or leave --require-private out"
                }
                Self::Target { ref source, .. } => {
                    return Some(of_target(source, "choose another folder with --to"));
                }
                Self::Device { .. } => "choose another folder with --to",
                _ => "let this account write there, or choose another folder with --to",
            },
            Self::NotCopied { error, .. } => match **error {
                Self::TargetExists { .. } => {
                    "choose another folder with --copy-to, or replace it with --force"
                }
                Self::NotPrivate { .. } => {
                    "choose another folder with --copy-to, or leave --require-private out"
                }
                Self::Target { .. } | Self::Device { .. } => "choose another folder with --copy-to",
                _ => return error.hint(),
            },
            Self::NobodyToShow { .. } => {
                "run it at a terminal; where nobody is, --password-file or --password-vault gives a \
                 password, and 'certstow backup --escrow' makes one for each file"
            }
            Self::TargetLocked { .. } => {
                "it was waited for: try again when the other one has ended, or have this one wait longer \
                 with --timeout"
            }
            Self::Emptied(_) => {
                "nothing was written there; mount the disk or share that belongs there and run it \
                 again, or begin a new backup there with --accept-empty"
            }
            Self::Config { .. } => {
                "the keys of the file are the options of the command: \
                 'certstow backup --help' describes them"
            }
            Self::NotPrivate { .. } => {
                "choose another place with -o, or leave --require-private out"
            }
            Self::Target { source, .. } => {
                return Some(of_target(source, "choose another place with -o"));
            }
            Self::Device { .. } => {
                "use '-o -' for standard output, or choose another place with -o"
            }
            Self::NotSynced { saved: false, .. } => {
                "that disk or share has trouble: save it to another one with -o"
            }
            Self::NotSynced { saved: true, .. } => {
                "that disk or share has trouble: save it to another one, too, before you rely on it"
            }
            Self::Verification { .. } => {
                "nothing was kept; try again, and if it fails again write to another disk"
            }
            Self::Changed { .. } => "something else wrote to it meanwhile: export it once more",
            Self::KeyMismatch { .. } => store::KEY_MISMATCH,
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
            Self::Io { .. } => {
                "see that it is there and that this account may use it, and try again"
            }
            Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }
}

/// What to do about a place that cannot be written to.
fn of_target(source: &io::Error, otherwise: &str) -> String {
    match source.kind() {
        io::ErrorKind::NotFound => format!("make its folder first, or {otherwise}"),
        io::ErrorKind::PermissionDenied => {
            format!("let this account write there, or {otherwise}")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("make room there, or {otherwise}")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            format!("nothing can be written to that disk: {otherwise}")
        }
        _ => otherwise.to_owned(),
    }
}

/// What to do about what was nearly meant.
fn of_near(near: &Near) -> String {
    match (&near.why, near.candidates.as_slice()) {
        (Nearly::Misspelled, [one]) => format!(
            "did you mean '{}'? its thumbprint names it, too (the first digits are enough)",
            safe(&one.label)
        ),
        (Nearly::Misspelled, _) => {
            "did you mean one of these? its thumbprint names it (the first digits are enough)"
                .into()
        }
        (Nearly::Archived, _) => {
            "name what is archived by its thumbprint (the first digits are enough)".into()
        }
        (Nearly::LeftOut { filters }, _) => {
            format!("leave out {} to choose from these", safe(filters))
        }
        (Nearly::Unlisted { .. }, _) => "add --all to list these, too".into(),
    }
}
