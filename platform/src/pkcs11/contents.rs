//! Everything on a token that a change of it has to know.

use certstow_formats::certificate::{Certificate, EntryId};
use cryptoki::object::ObjectHandle;

use super::access::Access;
use super::objects::{self, CertificateObject, Keys};
use super::token::State;
use crate::error::StoreError;

/// What is on a token.
pub(super) struct Contents {
    pub(super) certificates: Vec<CertificateObject>,
    pub(super) keys: Keys,
}

impl Contents {
    pub(super) fn read(access: &Access, state: &mut State) -> Result<Self, StoreError> {
        Ok(Self {
            certificates: access.with(state, objects::certificates)?,
            keys: access.with(state, objects::keys)?,
        })
    }

    /// The objects that are this certificate.
    pub(super) fn copies_of(&self, id: &EntryId) -> Vec<&CertificateObject> {
        let is = |object: &&CertificateObject| EntryId::of(object.der()) == *id;
        self.certificates.iter().filter(is).collect()
    }

    /// The private keys of a certificate that is there as these objects.
    pub(super) fn keys_of(
        &self,
        certificate: &Certificate,
        copies: &[&CertificateObject],
    ) -> Vec<ObjectHandle> {
        let id = copies.first().map_or(&[][..], |object| &object.id);
        let keys = self.keys.of(certificate.spki_der(), id);
        keys.into_iter().map(|key| key.handle).collect()
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
