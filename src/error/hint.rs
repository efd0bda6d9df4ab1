//! What to do next, to a person.

use super::{Error, store, vault};

impl Error {
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
            Self::Store(error) => return store::hint(error).map(str::to_owned),
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
            Self::NotCopied { error, .. } => match **error {
                Self::TargetExists { .. } => {
                    "choose another folder with --copy-to, or replace it with --force"
                }
                Self::NotPrivate { .. } => {
                    "choose another folder with --copy-to, or leave --require-private out"
                }
                Self::Target { .. } => "choose another folder with --copy-to",
                _ => return error.hint(),
            },
            Self::NobodyToShow { .. } => {
                "run it at a terminal; where nobody is, --password-file or --password-vault gives a \
                 password, and 'certstow backup --escrow' makes one for each file"
            }
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
            Self::Io { .. } | Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }
}
