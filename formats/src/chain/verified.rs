//! What was verified already: the paths of many certificates share their upper ends, and a signature
//! is verified once, whatever number of paths it is part of.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::certificate::{Certificate, EntryId};
use crate::signature::{self, SignatureError};

type Verification = Result<(), SignatureError>;

/// Results of verification, by the subject and the hash of the issuer's public key, which is all of
/// an issuer that counts.
#[derive(Debug, Default)]
pub(super) struct Verified {
    results: Mutex<HashMap<(EntryId, [u8; 32]), Verification>>,
    /// How many signatures were computed.
    #[cfg(test)]
    pub(super) computed: std::sync::atomic::AtomicUsize,
}

impl Verified {
    /// [`signature::verify`], from memory if it was verified before.
    pub(super) fn verify(&self, subject: &Certificate, issuer: &Certificate) -> Verification {
        let key = Sha256::digest(issuer.spki_der()).into();
        let pair = (subject.id(), key);
        // No panic leaves half a result there.
        let results = || self.results.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = results().get(&pair) {
            return known.clone();
        }
        // Without the lock, so that other threads verify meanwhile.
        let result = signature::verify(subject, issuer);
        #[cfg(test)]
        self.computed
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        results().insert(pair, result.clone());
        result
    }
}
