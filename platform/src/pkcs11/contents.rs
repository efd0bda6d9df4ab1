//! Everything on a token that a change of it has to know.

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key::{self, forms};
use certstow_formats::secret::PrivateKey;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::access::Access;
use super::objects::{self, CertificateObject, Keys, PrivateKeyObject};
use super::token::State;
use super::wrap;
use crate::error::StoreError;

/// What is on a token.
pub(super) struct Contents {
    pub(super) certificates: Vec<CertificateObject>,
    pub(super) keys: Keys,
}

/// The private keys that may be a certificate's.
pub(super) struct OwnKeys {
    pub(super) all: Vec<ObjectHandle>,
    /// Whether each is known to be the certificate's by more than a CKA_ID, which others may have, too.
    pub(super) are_proven: bool,
}

/// Whether a private key has this public half; none if that cannot be told.
pub(super) fn is_of(session: &Session, key: &PrivateKeyObject, spki: &[u8]) -> Option<bool> {
    let private = wrap::take_out(session, key).ok()?;
    is_half_of(private, spki)
}

/// Whether an exported private key belongs to this public key; `None` if its algorithm is not known.
pub(super) fn is_half_of(private: PrivateKey, spki: &[u8]) -> Option<bool> {
    let private = forms::with_rsa_algorithm_of(private, spki);
    let public = key::public_key_of(&private).ok()?;
    Some(key::same_public_key(&public, spki))
}

impl Contents {
    pub(super) fn read(access: &Access, state: &mut State) -> Result<Self, StoreError> {
        Ok(Self {
            certificates: access.with(state, objects::certificates)?,
            keys: access.all_keys(state)?,
        })
    }

    /// The objects that are this certificate.
    pub(super) fn copies_of(&self, id: &EntryId) -> Vec<&CertificateObject> {
        let is = |object: &&CertificateObject| EntryId::of(object.der()) == *id;
        self.certificates.iter().filter(is).collect()
    }

    /// The private keys of a certificate that is there as these objects. One that does not tell its public
    /// half is taken out by the session, which is logged in, to see it.
    pub(super) fn keys_of(
        &self,
        session: &Session,
        certificate: &Certificate,
        copies: &[&CertificateObject],
    ) -> OwnKeys {
        let id = copies.first().map_or(&[][..], |object| &object.id);
        let spki = certificate.spki_der();
        let mut own = OwnKeys {
            all: Vec::new(),
            are_proven: true,
        };
        for key in self.keys.of(spki, id) {
            let is_own = match key.tells_value() {
                true => Some(true),
                false => is_of(session, key, spki),
            };
            if is_own != Some(false) {
                own.all.push(key.handle);
                own.are_proven &= is_own.is_some();
            }
        }
        own
    }

    /// Whether another certificate has one of these keys.
    pub(super) fn are_shared(&self, keys: &[ObjectHandle], id: &EntryId) -> bool {
        let others = self.certificates.iter();
        let mut others = others.filter(|object| EntryId::of(object.der()) != *id);
        others.any(|object| {
            let Ok(other) = Certificate::from_der(object.der()) else {
                return false;
            };
            let of_other = self.keys.of(other.spki_der(), &object.id);
            of_other.iter().any(|key| keys.contains(&key.handle))
        })
    }
}
