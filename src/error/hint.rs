//! What to do next, to a person.

use std::io;

use certstow_core::error::{Error, Near, Nearly};

use super::{escrow, scheduler, store, vault};
use certstow_formats::sanitize::safe;

/// What to do next, where certstow knows.
pub(super) fn hint(error: &Error) -> Option<String> {
    let hint = match error {
        Error::Usage(_) => "'certstow COMMAND --help' describes every option",
        Error::NotFound {
            near: Some(near), ..
        }
        | Error::NotInBackup {
            near: Some(near), ..
        } => return Some(of_near(near)),
        Error::NotFound { .. } => {
            "'certstow list --all' shows every certificate that was found; \
                 --store names another place to look"
        }
        Error::NotInBackup { unnamed: 1.., .. } => {
            "files that the manifest does not name were left out; --unnamed looks into them, too"
        }
        Error::BackupFile { .. } => {
            "another copy of the backup may have it; where a store has the identity, 'certstow \
                 backup' writes the file anew"
        }
        Error::NotInBackup { .. } => {
            "certstow-manifest.json in the folder names every identity that was saved there"
        }
        Error::Ambiguous { .. } => {
            "give one of these thumbprints (its first digits are enough), \
                 or --newest for the one issued last"
        }
        Error::NothingToImport { without_key: 0, .. } => {
            "name a file that holds a certificate and its private key (.p12, .pfx, .pem), or a \
                 folder of such files"
        }
        Error::NothingToImport { .. } => {
            "name the file of the private key too, or the folder that has both"
        }
        Error::NotReadBack { .. } => {
            "keep the file it came from: the store may hold it all the same ('certstow list'), \
                 and --force imports it again"
        }
        Error::KeyNotDeleted { .. } => {
            "see with 'certstow check' that the file restores before you delete the key with \
                 the program that put it there"
        }
        Error::PersonRequired { .. } => "run certstow at a terminal",
        Error::Store(error) => return store::hint(error),
        Error::InteractionRequired { .. } => {
            "give the password with --password-file, --password-env, --password-fd or \
                 --password-vault"
        }
        Error::Password(_) | Error::PasswordUnreadable { .. } => {
            "a password comes from a prompt, --password-file, --password-env, --password-fd or \
                 --password-vault"
        }
        Error::WrongPassword { .. } => {
            "give the password that it was saved with, by --password-file and its kind; capital \
                 letters count"
        }
        Error::TargetExists { .. } => "choose another name with -o, or replace it with --force",
        Error::Folder(error) => match **error {
            Error::NotPrivate { .. } => {
                "choose another folder with --to, or leave --require-private out"
            }
            Error::Target { ref source, .. } => {
                return Some(of_target(source, "choose another folder with --to"));
            }
            Error::Device { .. } => "choose another folder with --to",
            _ => "let this account write there, or choose another folder with --to",
        },
        Error::NotCopied { error, .. } => match **error {
            Error::TargetExists { .. } => {
                "choose another folder with --copy-to, or replace it with --force"
            }
            Error::NotPrivate { .. } => {
                "choose another folder with --copy-to, or leave --require-private out"
            }
            Error::Target { .. } | Error::Device { .. } => "choose another folder with --copy-to",
            _ => return hint(error),
        },
        Error::NobodyToShow { .. } => {
            "run it at a terminal; where nobody is, --password-file or --password-vault gives a \
                 password, and 'certstow backup --escrow' makes one for each file"
        }
        Error::TargetLocked { .. } => {
            "it was waited for: try again when the other one has ended, or have this one wait longer \
                 with --timeout"
        }
        Error::Emptied(_) => {
            "nothing was written there; mount the disk or share that belongs there and run it \
                 again, or begin a new backup there with --accept-empty"
        }
        Error::Config { .. } => {
            "the keys of the file are the options of the command: \
                 'certstow backup --help' describes them"
        }
        Error::NotPrivate { .. } => "choose another place with -o, or leave --require-private out",
        Error::Target { source, .. } => {
            return Some(of_target(source, "choose another place with -o"));
        }
        Error::Device { .. } => "use '-o -' for standard output, or choose another place with -o",
        Error::NotSynced { saved: false, .. } => {
            "that disk or share has trouble: save it to another one with -o"
        }
        Error::NotSynced { saved: true, .. } => {
            "that disk or share has trouble: save it to another one, too, before you rely on it"
        }
        Error::Verification { .. } => {
            "nothing was kept; try again, and if it fails again write to another disk"
        }
        Error::Changed { .. } => "something else wrote to it meanwhile: export it once more",
        Error::KeyMismatch { .. } => store::KEY_MISMATCH,
        Error::TimedOut { .. } => {
            "run it at a terminal to see who has to answer, or give it longer with --timeout"
        }
        Error::Log { .. } => {
            "nothing was done; name a log that this account can write, in a folder that exists"
        }
        Error::Scheduler(error) => scheduler::hint(error),
        Error::Vault(error) => return vault::hint(error),
        Error::PasswordExists { .. } => {
            "nothing was changed; --force puts the new one in its place"
        }
        Error::Escrow { trouble, .. } => escrow::hint(trouble),
        Error::Io { .. } => "see that it is there and that this account may use it, and try again",
        Error::Cancelled => return None,
    };
    Some(hint.to_owned())
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
