//! Putting a certificate beside the private key that a token has: an object with the CKA_ID of the key, by
//! which other programs find one from the other. The key is found by its modulus or point, its own or that
//! of the public key beside it, so that also keys in hardware are joined.

use certstow_formats::certificate::{Certificate, EntryId};

use super::access::Access;
use super::change::{Change, not_changed};
use super::contents::Contents;
use super::new_key;
use super::objects::{CertificateObject, Keys};
use super::token::State;
use crate::error::StoreError;
use crate::store::{Ask, LoneKey, NewCertificate, PublicHalf};

/// [`Store::attach`](crate::store::Store::attach).
pub(super) fn attach(
    access: &Access,
    state: &mut State,
    new: &NewCertificate<'_>,
    ask: &mut dyn Ask,
) -> Result<EntryId, StoreError> {
    access.login(state, ask)?;
    let contents = Contents::read(access, state)?;
    let place = access.token.name.to_string();
    // A CKA_ID alone shows nothing.
    let own = contents.keys.of(new.certificate.spki_der(), &[]);
    let Some(key) = own.first() else {
        return Err(StoreError::key_missing(place));
    };
    let id = new.certificate.id();
    if !contents.copies_of(&id).is_empty() {
        return Err(StoreError::AlreadyThere { place });
    }
    let session = access
        .token
        .session_to_change()
        .map_err(|error| not_changed(access, error))?;
    let cka_id = match key.id.is_empty() {
        true => new_key::id(new.certificate).to_vec(),
        false => key.id.clone(),
    };
    let mut change = Change::new(access, &session);
    // The room on a card is for what is its holder's.
    let issuers = match access.token.is_hardware {
        true => &[],
        false => new.issuers,
    };
    let made = change
        .issuers(issuers, &contents)
        .and_then(|()| change.certificate(new.certificate, new.label, &cka_id));
    match made {
        Ok(()) => Ok(id),
        Err(failed) => Err(change.undo(failed)),
    }
}

/// The keys that no certificate has, by their public values: before a login, those of public keys.
pub(super) fn lone_keys(
    certificates: &[CertificateObject],
    keys: &Keys,
    token: &str,
) -> Vec<LoneKey> {
    let certificates = certificates.iter();
    let certificates = certificates.filter_map(|object| Certificate::from_der(object.der()).ok());
    let certificates: Vec<Certificate> = certificates.collect();
    let mut lone: Vec<LoneKey> = Vec::new();
    for value in keys.public_values() {
        let key = LoneKey {
            place: token.to_owned(),
            label: None,
            public_half: PublicHalf::Value(value.to_vec()),
        };
        let mut owners = certificates.iter();
        let has_owner = owners.any(|owner| key.is_of(owner.spki_der()) == Some(true));
        if !has_owner && !lone.contains(&key) {
            lone.push(key);
        }
    }
    lone
}
