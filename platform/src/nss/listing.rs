//! What a [`Listing`] says of an NSS database.

use std::collections::HashMap;
use std::path::Path;

use certstow_formats::certificate::EntryId;
use certstow_formats::nss::error::NssError;
use certstow_formats::nss::records::{self, ObjectId};
use certstow_formats::nss::{self, Orphan, PasswordState};

use super::files::ReadError;
use super::snapshot::{CERT9, KEY4, Snapshot};
use crate::key_state::{KeyState, NotExportable};
use crate::store::{Entry, Listing, Problem, ProblemKind};

/// What the passwords that are known beforehand do with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opened {
    /// There is none that is meant for it.
    NotTried,
    /// One of them opens it.
    Yes,
    /// None of them does.
    No,
}

/// `lock` is what locks private keys, in words.
pub(super) fn of(snapshot: &Snapshot, folder: &Path, opened: Opened, lock: &str) -> Listing {
    let database = &snapshot.database;
    let mut entries: Vec<Entry> = Vec::with_capacity(database.certificates.len());
    let mut positions: HashMap<EntryId, usize> = HashMap::new();
    for listed in &database.certificates {
        let id = listed.object.certificate.id();
        let place = place(folder, listed.object.id);
        // A database may hold the same certificate under two handles.
        if let Some(&position) = positions.get(&id) {
            entries[position].places.push(place);
            continue;
        }
        positions.insert(id, entries.len());
        entries.push(Entry {
            pending: listed.object.certificate.is_pending(),
            id,
            certificate: listed.object.certificate.clone(),
            label: listed.object.label.clone(),
            key: state(&listed.key, &database.password, opened, lock),
            provider: None,
            container: None,
            archived: false,
            backed_up: None,
            places: vec![place],
            properties: Vec::new(),
        });
    }
    let mut problems: Vec<Problem> = of_files(snapshot, folder).collect();
    problems.extend(
        database
            .problems
            .iter()
            .map(|problem| told(problem, folder)),
    );
    problems.extend(of_password(snapshot, folder, opened, lock));
    Listing {
        entries,
        problems,
        // Whose the keys are is not known without the certificates.
        notices: match snapshot.cert9 {
            None => database
                .orphans
                .iter()
                .map(|orphan| alone(orphan, folder))
                .collect(),
            Some(_) => Vec::new(),
        },
    }
}

/// Where a certificate lies: the file, and its object's handle in it.
pub(super) fn place(folder: &Path, id: ObjectId) -> String {
    format!("{}#{id}", folder.join(CERT9).display())
}

/// Where a private key lies.
pub(super) fn place_of_key(folder: &Path, id: ObjectId) -> String {
    format!("{}#{id}", folder.join(KEY4).display())
}

/// Why a key of this kind is not exportable.
pub(super) fn unsupported(kind: &str) -> NotExportable {
    NotExportable::UnsupportedForm(format!("{kind} key in NSS"))
}

fn state(key: &nss::KeyState, password: &PasswordState, opened: Opened, lock: &str) -> KeyState {
    match key {
        nss::KeyState::Missing => KeyState::Missing,
        nss::KeyState::Unknown => KeyState::Unknown,
        nss::KeyState::NotExtractable(_) => KeyState::NotExportable(NotExportable::Policy),
        nss::KeyState::Unsupported(_, kind) => KeyState::NotExportable(unsupported(kind)),
        nss::KeyState::Present(_) => match password {
            PasswordState::Empty => KeyState::Exportable,
            PasswordState::Set if opened == Opened::Yes => KeyState::Exportable,
            PasswordState::Set => KeyState::Locked(lock.to_owned()),
            PasswordState::Unusable(NssError::Unsupported(form)) => {
                KeyState::NotExportable(NotExportable::UnsupportedForm(form.clone()))
            }
            PasswordState::Unusable(_) | PasswordState::NeverSet | PasswordState::Unknown => {
                KeyState::Unknown
            }
        },
    }
}

/// What is wrong with either file as a whole.
fn of_files(snapshot: &Snapshot, folder: &Path) -> impl Iterator<Item = Problem> {
    let files = [
        (CERT9, &snapshot.cert9, "certificate"),
        (KEY4, &snapshot.key4, "private key"),
    ];
    files.into_iter().filter_map(move |(name, error, lost)| {
        let message = match error.as_ref()? {
            missing @ ReadError::Missing => format!("{missing}, and with it every {lost}"),
            error => error.to_string(),
        };
        Some(Problem {
            kind: ProblemKind::Unreadable,
            place: folder.join(name).display().to_string(),
            message,
        })
    })
}

fn told(problem: &records::Problem, folder: &Path) -> Problem {
    let file = folder.join(problem.file.name());
    let place = match problem.object {
        Some(id) => format!("{}#{id}", file.display()),
        None => file.display().to_string(),
    };
    Problem {
        kind: ProblemKind::Unreadable,
        place,
        message: problem.message.clone(),
    }
}

/// What is wrong with the password as far as private keys need it.
fn of_password(snapshot: &Snapshot, folder: &Path, opened: Opened, lock: &str) -> Option<Problem> {
    let database = &snapshot.database;
    let is_needed =
        |listed: &nss::ListedCertificate| matches!(listed.key, nss::KeyState::Present(_));
    let is_needed = database.certificates.iter().any(is_needed);
    let (kind, message) = match (&database.password, opened) {
        (PasswordState::Unusable(error), _) => (ProblemKind::Unreadable, error.to_string()),
        (PasswordState::Set, Opened::No) if is_needed => (
            ProblemKind::WrongPassword,
            format!("its private keys stay locked: what was given is not {lock}"),
        ),
        _ => return None,
    };
    Some(Problem {
        kind,
        place: folder.join(KEY4).display().to_string(),
        message,
    })
}

fn alone(orphan: &Orphan, folder: &Path) -> Problem {
    let message = match &orphan.label {
        Some(label) => format!("a private key ({label}) that belongs to no certificate here"),
        None => "a private key that belongs to no certificate here".to_owned(),
    };
    Problem {
        kind: ProblemKind::KeyAlone,
        place: place_of_key(folder, orphan.id),
        message,
    }
}
