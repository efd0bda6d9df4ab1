//! What the errors of the library are to a person and a script.

use std::{fmt, io};

use certstow_core::error::{Candidate, Error, IssuedLast, Near, Nearly};
use certstow_formats::sanitize::safe;
use certstow_platform::os::{self, privacy};
use certstow_platform::spec::StoreSpec;

use super::facts::{Answer, Explain, FULL_DISK_ACCESS, Facts, GETS_IN, Hint};
use super::{escrow, install, store, vault};
use crate::exit::Exit;

/// How the place was named that an error is about.
#[derive(Clone, Copy)]
enum Place {
    /// `-o`: a file.
    Output,
    /// `--to`: a folder for the files of a backup.
    Destination,
    /// `--copy-to`: a folder for copies of a file.
    Copy,
}

impl Explain for Error {
    fn facts(&self) -> Facts {
        table(self, Place::Output)
    }

    fn candidates(&self) -> &[Candidate] {
        Error::candidates(self)
    }
}

/// Of what was not found while so many files are locked, in which it may be.
pub(super) fn beside_locked(error: &Error, locked: usize) -> Facts {
    let words = match locked {
        1 => "1 file is locked, and shows what it holds with its password: --unlock-password-file \
              gives it"
            .to_owned(),
        more => format!(
            "{more} files are locked, and show what they hold with their passwords: \
             --unlock-password-file gives one, and may be repeated"
        ),
    };
    let facts = error.facts();
    let hint = match error {
        // What is listed does not help.
        Error::NotFound { near: None, .. } => Some(Hint::on_command_line(words)),
        _ => facts.hint.map(|hint| hint.and(&words)),
    };
    Facts { hint, ..facts }
}

/// An error of a folder that a backup saves to.
#[derive(Debug)]
pub(crate) struct OfDestination<'e>(pub(crate) &'e Error);

impl Explain for OfDestination<'_> {
    fn facts(&self) -> Facts {
        table(self.0, Place::Destination)
    }
}

impl fmt::Display for OfDestination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for OfDestination<'_> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

fn table(error: &Error, place: Place) -> Facts {
    match error {
        Error::Contradiction(_) => Facts::usage(),
        Error::NotFound {
            near,
            selector,
            searched,
            ..
        } => Facts::new(
            Exit::NotFound,
            "not-found",
            match near {
                Some(near) => of_near(near),
                None if searched.is_empty() => Hint::from(GETS_IN)
                    .and("'certstow stores' lists the places where stores are looked for"),
                None if selector.is_empty() => Hint::from(GETS_IN).and(
                    "'certstow list --all' shows every certificate that was found, and --store \
                     names another place to look",
                ),
                None => Hint::on_command_line(
                    "'certstow list --all' shows every certificate that was found; --store names \
                     another place to look",
                )
                .in_wizard("'certstow list' shows what was found, and 'certstow stores' where"),
            },
        ),
        Error::NotInBackup {
            near,
            unnamed,
            folder,
            ..
        } => Facts::new(
            Exit::NotFound,
            "not-found",
            match (near, unnamed) {
                (Some(near), _) => of_near(near),
                (None, 0) => format!(
                    "to see what was saved there: certstow backup list {}",
                    os::shell_word(&safe(&folder.to_string_lossy()))
                )
                .into(),
                (None, 1..) => Hint::on_command_line(
                    "files that the manifest does not name were left out; --unnamed looks into \
                     them, too",
                ),
            },
        ),
        Error::BackupFile { .. } => Facts::new(
            Exit::Partial,
            "backup-file",
            "another copy of the backup may have it; where a store has the identity, 'certstow \
             backup' writes the file anew",
        ),
        Error::Ambiguous { issued_last, .. } => Facts::new(
            Exit::Ambiguous,
            "ambiguous",
            Hint::on_command_line(match issued_last {
                IssuedLast::One => {
                    "give one of these thumbprints (its first digits are enough), or --newest for \
                     the one issued last"
                }
                IssuedLast::OfDifferentSubjects | IssuedLast::Several => {
                    "give one of these thumbprints (its first digits are enough)"
                }
            }),
        ),
        Error::Store(error) => store::facts(error),
        Error::KeyMismatch { .. } => store::key_mismatch(),
        Error::Vault(error) => vault::facts(error),
        Error::Escrow { trouble, .. } => escrow::facts(trouble),
        Error::InteractionRequired { .. } => Facts::new(
            Exit::InteractionRequired,
            "interaction-required",
            Hint::on_command_line(
                "give the password with --password-file, --password-env, --password-fd, \
                 --password-vault or --password-command",
            ),
        ),
        Error::Password(_) => {
            Facts::new(Exit::Password, "password", of_password()).about(Answer::Password)
        }
        Error::PasswordUnreadable { place, .. }
            if StoreSpec::has_scheme(place) && place.contains('=') =>
        {
            Facts::new(
                Exit::Password,
                "password",
                Hint::on_command_line(
                    "in SPEC=FILE, SPEC is a store only where it is written as in a --store of the same \
                 command, or as 'certstow stores' shows it; otherwise all of it is the file",
                ),
            )
        }
        Error::PasswordUnreadable { .. } => Facts::new(Exit::Password, "password", of_password()),
        Error::WrongPassword { .. } => Facts::new(
            Exit::Password,
            "password",
            Hint::on_command_line(
                "give the password that it was saved with, by --password-file and its kind; \
                 capital letters count",
            )
            .in_wizard("give the password that it was saved with; capital letters count")
            .of_typing(),
        ),
        Error::TargetExists { .. } => {
            Facts::new(Exit::Target, "target-exists", of_existing(place)).about(Answer::File)
        }
        Error::Target { source, .. } => {
            Facts::new(Exit::Target, "target", of_target(source, place)).about(Answer::File)
        }
        Error::Device { .. } => {
            Facts::new(Exit::Target, "target-device", of_device(place)).about(Answer::File)
        }
        Error::NotPrivate { .. } => {
            Facts::new(Exit::Target, "target-not-private", of_not_private(place))
                .about(Answer::File)
        }
        Error::NotSynced { saved: false, .. } => Facts::new(
            Exit::Partial,
            "not-synced",
            Hint::on_command_line("that disk or share has trouble: save it to another one with -o")
                .in_wizard("that disk or share has trouble: name a folder on another one"),
        )
        .about(Answer::File),
        Error::NotSynced { saved: true, .. } => Facts::new(
            Exit::Partial,
            "not-synced",
            "that disk or share has trouble: save it to another one, too, before you rely on it",
        ),
        Error::NotCopied { error, .. } => table(error, Place::Copy),
        Error::TargetLocked { .. } => Facts::new(
            Exit::Target,
            "target-locked",
            Hint::on_command_line(
                "it was waited for: try again when the other one has ended, or have this one wait \
                 longer with --timeout",
            ),
        ),
        Error::Emptied(_) => Facts::new(
            Exit::Target,
            "target-emptied",
            Hint::on_command_line(
                "nothing was written there; mount the disk or share that belongs there and run it \
                 again, or begin a new backup there with --accept-empty",
            ),
        ),
        Error::Verification { .. } => Facts::new(
            Exit::VerificationFailed,
            "verification-failed",
            "nothing was kept; try again, and if it fails again write to another disk",
        ),
        Error::Changed { .. } => Facts::new(
            Exit::VerificationFailed,
            "changed",
            "something else wrote to it meanwhile: export it once more",
        ),
        Error::NotRequested { .. } => Facts::new(
            Exit::KeyUnavailable,
            "not-requested",
            Hint::on_command_line("a new key of another kind, by --key, can be requested for"),
        ),
        Error::NotReadBack { .. } => Facts::new(
            Exit::VerificationFailed,
            "not-read-back",
            Hint::on_command_line(
                "keep the file it came from: the store may hold it all the same ('certstow \
                 list'), and --force imports it again",
            ),
        ),
        Error::NothingToInstall { what, .. } => install::nothing(*what),
        Error::NoKeyHere { .. } => install::no_key(),
        Error::SeveralStores { .. } => install::several(),
        Error::KeyNotDeleted { .. } => Facts::new(
            Exit::Partial,
            "key-not-deleted",
            "see with 'certstow check' that the file restores before you delete the key with the \
             program that put it there",
        ),
        Error::PasswordExists { .. } => Facts::new(
            Exit::Target,
            "password-exists",
            Hint::on_command_line("nothing was changed; --force puts the new one in its place"),
        ),
        Error::Io { source, .. } => Facts::new(
            Exit::Failure,
            "io",
            match privacy::is_refused_by_privacy(source) {
                true => FULL_DISK_ACCESS.into(),
                false => Hint::from(
                    "see that it is there and that this account may use it, and try again",
                )
                .of_denied(source.kind() == io::ErrorKind::PermissionDenied),
            },
        ),
        Error::Cancelled => Facts::cancelled(),
    }
}

fn of_password() -> Hint {
    Hint::on_command_line(
        "a password comes from a prompt, --password-file, --password-env, --password-fd, \
         --password-vault or --password-command",
    )
    .in_wizard("type another one, or have one made")
    .of_typing()
}

const WIZARD: &str = "name another folder";

/// Where to save instead.
fn elsewhere(place: Place) -> &'static str {
    match place {
        Place::Output => "choose another place with -o",
        Place::Destination => "choose another folder with --to",
        Place::Copy => "choose another folder with --copy-to",
    }
}

fn of_existing(place: Place) -> Hint {
    let elsewhere = match place {
        Place::Output => "choose another name with -o",
        Place::Destination | Place::Copy => elsewhere(place),
    };
    Hint::on_command_line(format!("{elsewhere}, or replace it with --force"))
        .in_wizard("choose another name, or replace that file")
}

fn of_device(place: Place) -> Hint {
    let elsewhere = elsewhere(place);
    let hint = match place {
        Place::Output => format!("use '-o -' for standard output, or {elsewhere}"),
        Place::Destination | Place::Copy => elsewhere.to_owned(),
    };
    Hint::on_command_line(hint).in_wizard("name a file")
}

fn of_not_private(place: Place) -> Hint {
    let elsewhere = elsewhere(place);
    Hint::on_command_line(format!("{elsewhere}, or leave --require-private out")).in_wizard(WIZARD)
}

/// What to do about a place that cannot be written to.
fn of_target(source: &io::Error, place: Place) -> Hint {
    let elsewhere = elsewhere(place);
    let hint = match source.kind() {
        _ if os::is_open_elsewhere(source) => {
            format!("close the program that has it open, or {elsewhere}")
        }
        _ if privacy::is_refused_by_privacy(source) => {
            format!("{FULL_DISK_ACCESS}, or {elsewhere}")
        }
        _ if matches!(place, Place::Copy) => elsewhere.to_owned(),
        io::ErrorKind::InvalidFilename if matches!(place, Place::Output) => {
            return Hint::on_command_line("choose another name with -o")
                .in_wizard("choose another name");
        }
        io::ErrorKind::NotFound => {
            return Hint::on_command_line(format!("make its folder first, or {elsewhere}"))
                .in_wizard("make that folder first, or name another one");
        }
        io::ErrorKind::PermissionDenied => {
            format!("let this account write there, or {elsewhere}")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("make room there, or {elsewhere}")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            format!("nothing can be written to that disk: {elsewhere}")
        }
        _ => elsewhere.to_owned(),
    };
    Hint::on_command_line(hint).in_wizard(WIZARD)
}

/// What to do about what was nearly meant.
fn of_near(near: &Near) -> Hint {
    match (&near.why, near.candidates.as_slice()) {
        (Nearly::Misspelled, [one]) => format!(
            "did you mean '{}'? its thumbprint names it, too (the first digits are enough)",
            safe(&one.label)
        )
        .into(),
        (Nearly::Misspelled, _) => {
            "did you mean one of these? its thumbprint names it (the first digits are enough)"
                .into()
        }
        (Nearly::Archived, _) => {
            "name what is archived by its thumbprint (the first digits are enough)".into()
        }
        (Nearly::Pending, _) => {
            "'certstow request list' shows what waits for a CA; its thumbprint names it".into()
        }
        (Nearly::LeftOut { filters }, _) => {
            Hint::on_command_line(format!("leave out {} to choose from these", safe(filters)))
        }
        (Nearly::Unlisted { .. }, _) => Hint::on_command_line("add --all to list these, too"),
    }
}
