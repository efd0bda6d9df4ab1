//! What is remembered of a folder from its last reading, so that a key or the issuers cost no second
//! one; and of what was put into it since.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certstow_formats::certificate::{Certificate, EntryId};

use super::change::{Becomes, Change};
use super::found::FileContents;
use super::key_kind::KeyKind;
use super::pair::{KeyPlace, Known, Scanned};

/// What is remembered.
pub(super) struct Seen {
    pub(super) issuers: Vec<Certificate>,
    pub(super) known: HashMap<EntryId, Known>,
    /// All that was read, where the folder is to be changed.
    pub(super) folder: Option<Arc<Folder>>,
}

/// Every file of a folder, and what is in it.
#[derive(Clone, Default)]
pub(super) struct Folder {
    pub(super) files: Vec<PathBuf>,
    pub(super) scanned: Scanned,
}

impl Folder {
    /// Whether it has these files and no others.
    pub(super) fn has_just(&self, files: &[PathBuf]) -> bool {
        let own: HashSet<&PathBuf> = self.files.iter().collect();
        own.len() == files.len() && files.iter().all(|file| own.contains(file))
    }

    fn forget(&mut self, path: &Path) {
        let Some(gone) = self.files.iter().position(|file| file == path) else {
            return;
        };
        self.files.remove(gone);
        self.scanned.retain(|(file, _)| *file != gone);
        for (file, _) in &mut self.scanned {
            *file -= usize::from(*file > gone);
        }
    }
}

impl Seen {
    /// Takes up that the file `path` has come with this identity in it, and that these changes were
    /// made. False if what became of the folder can only be told by reading it.
    pub(super) fn take_up<'c>(
        &mut self,
        path: &Path,
        contents: FileContents,
        changes: impl IntoIterator<Item = &'c Change>,
    ) -> bool {
        let (Some(folder), Some(leaf), Some(key)) = (
            self.folder.as_mut().map(Arc::make_mut),
            contents.certificates.first(),
            contents.keys.first(),
        ) else {
            return false;
        };
        for change in changes {
            if !matches!(change.becomes, Becomes::Deleted) {
                return false;
            }
            folder.forget(&change.path);
        }
        let place = KeyPlace {
            path: path.to_owned(),
            piece: key.piece,
            certain: matches!(key.kind, KeyKind::Known(_)),
        };
        let issuers = contents.certificates.iter().skip(1);
        let issuers = issuers.map(|found| &found.certificate);
        self.issuers
            .extend(issuers.filter(|issuer| issuer.is_ca()).cloned());
        if place.certain {
            // Whatever has the same key and none of its own.
            let spki = leaf.certificate.spki_der();
            let keyless = self.known.values_mut().filter(|known| known.key.is_none());
            for known in keyless.filter(|known| known.certificate.spki_der() == spki) {
                known.key = Some(place.clone());
            }
        }
        let known = Known {
            certificate: leaf.certificate.clone(),
            path: path.to_owned(),
            key: Some(place),
        };
        self.known.insert(leaf.id, known);
        folder.forget(path);
        folder.files.push(path.to_owned());
        folder.scanned.push((folder.files.len() - 1, contents));
        true
    }
}
