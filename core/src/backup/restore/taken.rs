//! What the opened files give: from each the identity that the manifest names for it, and others only
//! where these are wanted, too.

use std::collections::HashSet;
use std::ffi::OsStr;

use certstow_formats::{names, threads};
use certstow_platform::store::{Entry, KeyState};

use super::sources::{self, Opened, Read, Sources};
use crate::backup::folder::{Condition, Folder, Subject, shown};
use crate::backup::manifest::{self, Saved};
use crate::backup::opener::Opener;
use crate::backup::wanted::LEFT_OUT;
use crate::error::Error;
use crate::warning::{Code, Warning};

/// What the files gave.
#[derive(Default)]
pub(super) struct Taken {
    /// Whether identities that the manifest does not name are taken.
    pub(super) unnamed: bool,
    pub(super) stores: Vec<Opened>,
    /// The entries of the manifest whose file did not give them, and what kept them back.
    pub(super) missing: Vec<(Saved, Error)>,
    pub(super) unopened: Vec<(String, Error)>,
    /// The certificates of which the manifest says that an unproven key is accepted.
    pub(super) accepted: HashSet<String>,
    pub(super) notes: Vec<Warning>,
}

impl Taken {
    /// Reads and opens the files, on every core.
    pub(super) fn of(
        folder: &Folder,
        sources: &Sources,
        opener: Opener<'_>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Self {
        let read = |source: &Subject| sources::read(source, folder, opener);
        let read = threads::each(threads::for_reading(), &sources.files, read, progress);
        let mut taken = Self {
            unnamed: sources.takes_unnamed,
            ..Self::default()
        };
        for (source, read) in sources.files.iter().zip(read) {
            taken.take(folder, source, read);
        }
        taken
    }

    fn take(&mut self, folder: &Folder, source: &Subject, (condition, opened): Read) {
        let name = shown(&source.name);
        if let Some(Condition::Damaged(reason)) = condition {
            let text = format!("{name} is not as it was written: {reason}");
            self.notes.push(Warning::new(Code::Damaged, text));
        }
        match (&source.saved, opened) {
            (Some(saved), Ok(opened)) => self.take_named(folder, saved, opened),
            (Some(saved), Err(error)) => self.missing.push((saved.clone(), error)),
            (None, Ok((store, listing))) => match listing.entries.iter().any(gives) {
                true => self.stores.push((store, listing)),
                false => {
                    let reason = "holds no private key with its certificate".to_owned();
                    let error = folder.file_error(&source.name, reason);
                    self.unopened.push((name, error));
                }
            },
            (None, Err(error)) => self.unopened.push((name, error)),
        }
    }

    /// Takes the identity that is due from a file, and others only if those are taken that the
    /// manifest does not name.
    fn take_named(&mut self, folder: &Folder, saved: &Saved, (store, mut listing): Opened) {
        let is_due = |entry: &Entry| manifest::key(&entry.id) == saved.thumbprint.sha256;
        let (due, others): (Vec<_>, Vec<_>) = listing
            .entries
            .iter()
            .filter(|entry| gives(entry))
            .partition(|entry| is_due(entry));
        let others: Vec<String> = others.into_iter().map(called).collect();
        let (code, left_out) = match self.unnamed {
            true => (Code::Unnamed, String::new()),
            false => (Code::LeftOut, format!("; {LEFT_OUT}")),
        };
        self.notes.extend(others.iter().map(|other| {
            let text = format!(
                "{} holds {other}, which the manifest does not name for it{left_out}",
                saved.file
            );
            Warning::new(code, text)
        }));
        if due.is_empty() {
            let reason = match others.first() {
                Some(other) => format!("holds another identity, {other}"),
                None if listing.entries.iter().any(is_due) => {
                    "holds the certificate without its private key".to_owned()
                }
                None => "holds no private key with its certificate".to_owned(),
            };
            let error = folder.file_error(OsStr::new(&saved.file), reason);
            self.missing.push((saved.clone(), error));
            // Its issuers, too, are of use for nothing then.
            if !self.unnamed {
                return;
            }
        }
        if saved.allow_unproven {
            self.accepted.insert(saved.thumbprint.sha256.clone());
        }
        if !self.unnamed {
            listing.entries.retain(is_due);
        }
        self.stores.push((store, listing));
    }
}

/// Whether an entry has a private key.
fn gives(entry: &Entry) -> bool {
    entry.key != KeyState::Missing
}

fn called(entry: &Entry) -> String {
    let label = entry.display_label();
    names::with_thumbprint(&label, &entry.certificate)
}
