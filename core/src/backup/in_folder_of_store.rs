//! A backup that lies in the folder of a store: its files are the store's own identities once more, under
//! the password of the backup. No store needs to open them; without this, every run would end as
//! partly done because of them. What its manifest does not name is read as everything else.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use certstow_platform::store::{Problem, StoreInfo};

use super::record;
use crate::identity::Inventory;

/// Takes the problems with files of such backups out of an inventory. A sentence for each folder.
pub fn leave_out(inventory: &mut Inventory) -> Vec<String> {
    let stores = inventory.stores().iter().map(|store| store.info());
    let mut backups = Backups::beside(stores);
    inventory.retain_problems(|problem| !backups.have(&problem.place));
    backups.in_words()
}

/// The same of what one store listed.
pub fn leave_out_of(store: &StoreInfo, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut backups = Backups::beside(std::iter::once(store.clone()));
    problems.retain(|problem| !backups.have(&problem.place));
    backups.in_words()
}

struct Backups {
    /// The folders that are stores themselves. A backup that is named as one is meant.
    stores: HashSet<PathBuf>,
    /// What the manifests in the folders name, and how many of those files were left out.
    folders: BTreeMap<PathBuf, (HashSet<OsString>, usize)>,
}

impl Backups {
    fn beside(stores: impl Iterator<Item = StoreInfo>) -> Self {
        let folders = stores.filter_map(|store| store.path);
        let folders = folders.map(|folder| std::path::absolute(&folder).unwrap_or(folder));
        Self {
            stores: folders.collect(),
            folders: BTreeMap::new(),
        }
    }

    /// Whether a file is one of a backup's.
    fn have(&mut self, place: &str) -> bool {
        let place = Path::new(place);
        let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else {
            return false;
        };
        if self.stores.contains(folder) {
            return false;
        }
        let folders = &mut self.folders;
        let (names, left_out) = folders
            .entry(folder.to_owned())
            .or_insert_with_key(|folder| (named_in(folder), 0));
        let has = names.contains(name);
        *left_out += usize::from(has);
        has
    }

    fn in_words(&self) -> Vec<String> {
        let folders = self.folders.iter();
        folders
            .filter(|(_, (_, left_out))| *left_out > 0)
            .map(|(folder, _)| {
                format!(
                    "{} is a backup in the folder of a store: what it holds is left out",
                    folder.display()
                )
            })
            .collect()
    }
}

/// The files of identities that the manifest in a folder names, if there is a manifest.
fn named_in(folder: &Path) -> HashSet<OsString> {
    let manifest = record::of_folder(folder).ok().flatten();
    let entries = manifest.into_iter().flat_map(|manifest| manifest.entries);
    entries.map(|saved| saved.file.into()).collect()
}
