//! Taking a private key out of its store without asking anybody, and proving that it belongs to its
//! certificate, as a backup would.

use certstow_core::error::Error;
use certstow_core::waits;
use certstow_formats::proof::{self, Proof, ProofError};
use certstow_platform::error::StoreError;
use certstow_platform::store::{Entry, NonInteractive, Store};

/// What comes of a key that nothing proves.
pub(super) const SAVED_UNPROVEN: &str =
    "a backup saves it and ends with exit code 14 each time, unless --allow-unproven accepts it";

/// Takes the key of an entry and proves it.
pub(super) fn take(store: &dyn Store, entry: &Entry) -> Result<Proof, Error> {
    let place = entry.place();
    let wait = waits::waiting_for(format!("the private key of {place}"));
    let key = store.private_key(&entry.id, &mut NonInteractive)?;
    drop(wait);
    proof::prove(&key, &entry.certificate).map_err(|error| match error {
        ProofError::Mismatch => Error::KeyMismatch { place },
        ProofError::Useless(reason) => Error::Store(StoreError::Damaged {
            place: format!("the private key of {place}"),
            reason,
            source: None,
        }),
    })
}
