//! What was put into a store, as the store shows it afterwards: it is listed with its private key, and a
//! key that may come out was taken out and works.

use certstow_formats::certificate::Certificate;
use certstow_formats::proof::{self, Level, ProofError};
use certstow_platform::error::StoreError;
use certstow_platform::store::{Ask, Entry, KeyState, Store};

use crate::error::Error;
use crate::waits;
use crate::warning::Warning;

/// What a store shows of an identity.
pub(crate) struct ReadBack {
    /// Where it lies there.
    pub(crate) place: String,
    /// How far the private key is proven; `None` of one that does not come out.
    pub(crate) proof: Option<Level>,
    /// What the user should know.
    pub(crate) warnings: Vec<Warning>,
}

/// Looks for a certificate in a store, and proves its private key if that is exportable.
///
/// # Errors
/// [`Error::NotReadBack`]: it is not there as it should be; [`Error::KeyMismatch`]: with another's key.
pub(crate) fn read_back(
    store: &dyn Store,
    certificate: &Certificate,
    ask: &mut dyn Ask,
) -> Result<ReadBack, Error> {
    let failed = |reason: String| Error::NotReadBack {
        store: store.info().spec.to_string(),
        reason,
    };
    let listing = waits::list(store).map_err(|error| failed(error.to_string()))?;
    let is_own = |entry: &&Entry| entry.id == certificate.id();
    let entry = listing.entries.iter().find(is_own);
    let entry = entry.ok_or_else(|| failed("the store does not list it".to_owned()))?;
    let key = match entry.key {
        KeyState::Missing => {
            return Err(failed(
                "the store lists it without a private key".to_owned(),
            ));
        }
        KeyState::NotExportable(_) => None,
        KeyState::Exportable | KeyState::Locked(_) | KeyState::Unknown => {
            let _wait = waits::waiting_for_store(store);
            match store.private_key(&entry.id, ask) {
                Ok(key) => Some(key),
                Err(StoreError::KeyNotExportable { .. }) => None,
                Err(error) => return Err(failed(error.to_string())),
            }
        }
    };
    let place = entry.place();
    let Some(key) = key else {
        return Ok(ReadBack {
            place,
            proof: None,
            warnings: Vec::new(),
        });
    };
    let proof = proof::prove(&key, certificate).map_err(|error| match error {
        ProofError::Mismatch => Error::KeyMismatch {
            place: place.clone(),
        },
        ProofError::Useless(reason) => failed(reason),
    })?;
    Ok(ReadBack {
        place,
        proof: Some(proof.level()),
        warnings: Vec::from_iter(Warning::of_proof(&proof)),
    })
}
