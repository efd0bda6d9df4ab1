//! Taking a certificate or its private key out of a database. The key goes with the last certificate that
//! it belongs to, and the object of its public key with it, which would have NSS believe that there is a
//! private one (wiki.mozilla.org/NSS_Shared_DB). What is trusted of a certificate goes with that.

use certstow_formats::certificate::Certificate;
use cryptoki::object::{AttributeType, ObjectClass, ObjectHandle};

use super::key::id_of;
use super::objects::{
    self, issuer_and_serial, keys_with_id, octets, others_with_key, private_keys,
};
use super::refusal::{Failure, Refusal};
use super::session::Session;
use crate::store::Removal;

const NOT_SEARCHED: &str = "NSS does not search it";
const STAYS: &str = "NSS does not delete it";

/// What is removed, and what is known of it.
struct Found {
    certificate: ObjectHandle,
    private_keys: Vec<ObjectHandle>,
    public_keys: Vec<ObjectHandle>,
    /// Whether the keys are those of another certificate, too.
    shared: bool,
}

/// Takes it out, and says what stays.
///
/// # Errors
/// - [`Failure::NotFound`], [`Failure::KeyMissing`]: as they say.
/// - [`Failure::NotPossible`]: the key alone is to go, and belongs to another certificate, too.
/// - [`Failure::Refused`], [`Failure::HalfDone`]: as they say.
pub(super) fn remove(
    session: &Session,
    certificate: &Certificate,
    what: Removal,
) -> Result<Vec<String>, Failure> {
    let found = find(session, certificate).map_err(Failure::refused(NOT_SEARCHED))?;
    let found = found.ok_or(Failure::NotFound)?;
    if what == Removal::Key {
        if found.private_keys.is_empty() {
            return Err(Failure::KeyMissing(found.certificate));
        }
        if found.shared {
            let reason = "another certificate in it has the same private key";
            return Err(Failure::NotPossible(reason.to_owned()));
        }
    }
    let mut stays = Vec::new();
    let mut objects = Vec::new();
    if what == Removal::Entry {
        let of_certificate = session.find(&issuer_and_serial(certificate));
        objects = of_certificate.map_err(Failure::refused(NOT_SEARCHED))?;
        // The certificate before what is said of it.
        objects.sort_by_key(|&object| object != found.certificate);
    }
    match found.shared {
        true if !found.private_keys.is_empty() => stays.push(KEY_STAYS.to_owned()),
        true => {}
        false => objects.extend(found.private_keys.iter().chain(&found.public_keys)),
    }
    let half_done = match what {
        Removal::Key => "its private key is gone, but NSS does not delete its public one",
        Removal::Entry => "its certificate is gone, but NSS does not delete all that belongs to it",
    };
    destroy(session, &objects, half_done)?;
    Ok(stays)
}

const KEY_STAYS: &str = "its private key stays, because another certificate has the same one";

fn find(session: &Session, certificate: &Certificate) -> Result<Option<Found>, Refusal> {
    let Some((object, true)) = objects::certificate(session, certificate)? else {
        return Ok(None);
    };
    let spki = certificate.spki_der();
    let own_id = octets(session, object, AttributeType::Id)?;
    let keys = private_keys(session, spki, &own_id)?;
    let mut ids: Vec<Vec<u8>> = keys.iter().map(|key| key.id.clone()).collect();
    ids.push(id_of(spki));
    ids.sort();
    ids.dedup();
    let mut public_keys = Vec::new();
    for id in ids.iter().filter(|id| !id.is_empty()) {
        public_keys.extend(keys_with_id(session, ObjectClass::PUBLIC_KEY, id)?);
    }
    Ok(Some(Found {
        certificate: object,
        private_keys: keys.iter().map(|key| key.object).collect(),
        public_keys,
        shared: !others_with_key(session, certificate)?.is_empty(),
    }))
}

/// Destroys these, in this order. `half_done` says how it is if one after the first stays.
fn destroy(
    session: &Session,
    objects: &[ObjectHandle],
    half_done: &'static str,
) -> Result<(), Failure> {
    for (before, &object) in objects.iter().enumerate() {
        session.destroy(object).map_err(|refusal| match before {
            0 => Failure::Refused {
                reason: STAYS,
                refusal,
            },
            _ => Failure::HalfDone {
                reason: half_done,
                refusal,
            },
        })?;
    }
    Ok(())
}
