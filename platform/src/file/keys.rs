//! The private keys of one file, to be found by the public key of a certificate. The public halves
//! are computed once, however many certificates ask.

use std::collections::HashMap;
use std::sync::OnceLock;

use certstow_formats::key::{self, KeyError};
use certstow_formats::secret::PrivateKey;
use zeroize::Zeroizing;

use super::contents::digest;
use super::key_kind::KeyDigest;

/// Private keys.
pub(super) struct Keys {
    all: Vec<PrivateKey>,
    /// Once somebody looked for one.
    index: OnceLock<Index>,
}

/// Where each key is.
#[derive(Default)]
struct Index {
    /// By the digest of the public half, which stands beside; of several that are equal, the first.
    by_public_key: HashMap<KeyDigest, (usize, Vec<u8>)>,
    /// Those whose public half cannot be told, by their algorithm's OID.
    by_algorithm: Vec<(String, usize)>,
}

impl Keys {
    pub(super) fn new(keys: impl IntoIterator<Item = PrivateKey>) -> Self {
        Self {
            all: keys.into_iter().collect(),
            index: OnceLock::new(),
        }
    }

    pub(super) fn into_all(self) -> Vec<PrivateKey> {
        self.all
    }

    /// The key that belongs to the public key: by its public half, or, where that cannot be told,
    /// by its algorithm.
    pub(super) fn belonging_to(&self, spki: &[u8]) -> Option<PrivateKey> {
        let index = self.index.get_or_init(|| Index::of(&self.all));
        let at = index.find(spki)?;
        let copy = Zeroizing::new(self.all[at].expose().to_vec());
        Some(PrivateKey::from_pkcs8_der(copy))
    }
}

impl Index {
    fn of(keys: &[PrivateKey]) -> Self {
        let mut index = Self::default();
        for (at, key) in keys.iter().enumerate() {
            match key::public_key_of(key) {
                Ok(public) => {
                    let digest = digest(&public);
                    index.by_public_key.entry(digest).or_insert((at, public));
                }
                Err(KeyError::UnknownAlgorithm(unknown)) => {
                    index.by_algorithm.push((unknown.oid, at));
                }
                Err(_) => {}
            }
        }
        index
    }

    fn find(&self, spki: &[u8]) -> Option<usize> {
        let by_public_key = self.by_public_key.get(&digest(spki));
        let own = by_public_key.filter(|(_, public)| key::same_public_key(public, spki));
        if let Some((at, _)) = own {
            return Some(*at);
        }
        let algorithm = key::algorithm_of(spki)?;
        let mut unknown = self.by_algorithm.iter();
        let found = unknown.find(|(oid, _)| *oid == algorithm);
        found.map(|(_, at)| *at)
    }
}
