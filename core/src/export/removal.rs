//! The private key, deleted from its store once the file that has it is proven. Only the copy that
//! was exported goes; what the file then holds is read once more before, and the store is listed
//! anew after.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use certstow_platform::error::StoreError;
use certstow_platform::new_file::folder_of;
use certstow_platform::os::{self, disk};
use certstow_platform::store::{Ask, Entry, KeyState, Listing, Removal};
use sha2::{Digest as _, Sha256};

use super::Exported;
use crate::error::Error;
use crate::identity::{Inventory, ListedCertificate};
use crate::warning::{Code, Warning};
use crate::{output, waits};

/// What a proof of the key is called in [`Exported::verified`].
const SIGNED: &str = "signature";

/// Whether the key of an identity may be deleted once it is in `file`: what goes from a folder goes
/// from every file in it, and the new one has to stay, after a restart, too.
///
/// # Errors
/// - [`Error::Contradiction`]: the file would lie in a store that has the key.
/// - [`Error::Target`]: it would lie in memory.
pub fn may_delete_key(
    inventory: &Inventory,
    identity: &ListedCertificate,
    file: &Path,
) -> Result<(), Error> {
    output::refuse_memory(file)?;
    let Ok(folder) = fs::canonicalize(os::long_path(folder_of(file))) else {
        // There is no such folder to write into, and the attempt says so.
        return Ok(());
    };
    for stored in identity.entries() {
        let Some(root) = inventory.stores()[stored.store].info().path else {
            continue;
        };
        let root = fs::canonicalize(os::long_path(&root)).unwrap_or(root);
        let target = file.file_name().map(|name| folder.join(name));
        if folder.starts_with(&root) || target.is_some_and(|target| target == root) {
            return Err(Error::Contradiction(format!(
                "the key is to be deleted from {}, and the file would lie in it: name another folder",
                inventory.store_name(stored.store)
            )));
        }
    }
    Ok(())
}

/// Deletes the private key that was exported from the store it was taken from. What comes back are
/// warnings: which other places still have it.
///
/// # Errors
/// [`Error::KeyNotDeleted`]: the key was not proven; the file may not last; it is not what was saved
/// any more, read from its disk; it lies where the key would be deleted from; the store refused; or
/// it does not show that the key is gone. [`Error::Store`] with [`StoreError::HalfDone`]: the store says what of it is deleted. The
/// file stays as it is.
pub fn delete_key(
    inventory: &mut Inventory,
    report: &Exported,
    ask: &mut dyn Ask,
) -> Result<Vec<Warning>, Error> {
    let name = report.store.clone();
    let kept = |reason: String, source: Option<StoreError>| Error::KeyNotDeleted {
        file: report.file.clone().unwrap_or_default(),
        store: name.clone(),
        reason,
        source: source.map(Box::new),
    };
    let because = |reason: &str| Err(kept(reason.to_owned(), None));
    let Some(file) = &report.file else {
        return because("there is no file that could be read once more");
    };
    if !report.verified.contains(&SIGNED) {
        return because("the key in the file could not be shown to sign");
    }
    if let Some(reason) = &report.unsynced {
        return Err(kept(
            format!("its disk did not confirm the file: {reason}"),
            None,
        ));
    }
    if output::refuse_memory(file).is_err() {
        return because("the file lies in memory, and is gone after a restart");
    }
    if !is_still(file, &report.sha256) {
        return because("the file is not what was saved any more");
    }
    let refused = |error: StoreError| match error {
        // The key may well be gone.
        half_done @ StoreError::HalfDone { .. } => Error::Store(half_done),
        error => kept(error.to_string(), Some(error)),
    };
    let store = &mut inventory.stores_mut()[report.from];
    if lies_in(file, &waits::list(&**store).map_err(refused)?) {
        return because("the file lies in that store");
    }
    let wait = waits::waiting_for_store(&**store);
    let mut warnings = store
        .remove(&report.id, Removal::Key, ask)
        .map_err(refused)?
        .into_iter()
        .map(|text| Warning::new(Code::KeyStays, text))
        .collect::<Vec<_>>();
    drop(wait);
    let left = waits::list(&**store).map_err(|error| {
        let reason = format!("the store says that it is deleted, and cannot be looked at: {error}");
        kept(reason, Some(error))
    })?;
    let has_key = |entry: &&Entry| entry.key != KeyState::Missing;
    let mut with_key = left.entries.iter().filter(has_key);
    if with_key.any(|entry| entry.id == report.id) {
        return because("the store says that it is deleted, and still has it");
    }
    if let Some(other) = shares_key(inventory, report, &left) {
        let text = format!(
            "{} has the same private key, which stays in {name}",
            other.place()
        );
        warnings.push(Warning::new(Code::KeyStays, text));
    }
    warnings.extend(elsewhere(inventory, report));
    Ok(warnings)
}

/// Whether the disk has the file as it was proven.
fn is_still(file: &Path, sha256: &[u8; 32]) -> bool {
    let _wait = waits::waiting_for(format!("{} to be read", file.display()));
    let file = os::long_path(file);
    let length = fs::metadata(&file).map(|metadata| metadata.len());
    let read = length.and_then(|length| disk::read(&file, length.try_into().unwrap_or_default()));
    read.is_ok_and(|bytes| Sha256::digest(&*bytes)[..] == sha256[..])
}

/// Whether a store lists the file, as something with an entry or as a problem.
fn lies_in(file: &Path, listing: &Listing) -> bool {
    let real = |path: &Path| match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(_) => Some(PathBuf::from(path)),
        Ok(path) => Some(path),
    };
    let entries = listing.entries.iter().flat_map(|entry| &entry.places);
    let problems = listing.problems.iter().map(|problem| &problem.place);
    let file = real(file);
    let mut places = entries.chain(problems).map(|place| real(Path::new(place)));
    places.any(|place| place.is_some() && place == file)
}

/// Another entry of the store that has the key, such as the certificate before it was renewed.
fn shares_key<'a>(
    inventory: &Inventory,
    report: &Exported,
    left: &'a Listing,
) -> Option<&'a Entry> {
    let own = inventory.certificate(&report.id)?;
    let own = own.certificate().spki_der();
    let mut others = left.entries.iter();
    others.find(|other| other.key != KeyState::Missing && other.certificate.spki_der() == own)
}

/// What other stores have the key.
fn elsewhere(inventory: &Inventory, report: &Exported) -> Vec<Warning> {
    let own = inventory.certificate(&report.id);
    let entries = own
        .map(ListedCertificate::entries)
        .unwrap_or_default()
        .iter();
    let others = entries
        .filter(|stored| stored.store != report.from && stored.entry.key != KeyState::Missing);
    others
        .map(|stored| {
            let store = inventory.store_name(stored.store);
            let text = format!("{store} has the private key, too, and keeps it");
            Warning::new(Code::KeyStays, text)
        })
        .collect()
}

#[cfg(test)]
mod tests;
