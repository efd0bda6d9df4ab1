//! Taking an entry or its private key out of a token (`C_DestroyObject`). A key that another certificate
//! has, too, stays. Nothing is taken out of hardware.

use certstow_formats::certificate::{Certificate, EntryId};

use super::access::Access;
use super::contents::Contents;
use super::error::ModuleError;
use super::token::State;
use crate::error::StoreError;
use crate::store::{Ask, Removal};

/// [`Store::remove`](crate::store::Store::remove).
pub(super) fn remove(
    access: &Access,
    state: &mut State,
    id: &EntryId,
    what: Removal,
    ask: &mut dyn Ask,
) -> Result<(), StoreError> {
    let place = access.token.name.to_string();
    if access.token.is_hardware {
        let reason = "certstow takes nothing out of hardware, where it may be all there is of it";
        return Err(StoreError::not_removed(place, reason, None));
    }
    access.login(state, ask)?;
    let contents = Contents::read(access, state)?;
    let copies = contents.copies_of(id);
    let Some(first) = copies.first() else {
        return Err(StoreError::not_found(&access.spec, id));
    };
    let certificate = Certificate::from_der(first.der())
        .map_err(|error| StoreError::damaged(&place, error.to_string(), Some(error.into())))?;
    let own = contents.keys_of(access.session(state)?, &certificate, &copies);
    let keys = own.all;
    let is_shared = contents.are_shared(&keys, id);
    let mut obsolete = Vec::new();
    match what {
        Removal::Key if keys.is_empty() => return Err(StoreError::key_missing(place)),
        Removal::Key if is_shared => {
            let reason = "another certificate there has the same private key";
            return Err(StoreError::not_removed(place, reason, None));
        }
        Removal::Key => {}
        Removal::Entry => obsolete.extend(copies.iter().map(|copy| copy.handle)),
    }
    if !is_shared && !own.are_proven {
        let reason =
            "the token does not tell whether the private key is this certificate's or another's";
        return Err(StoreError::not_removed(place, reason, None));
    }
    if !is_shared {
        obsolete.extend(&keys);
        let public = contents.keys.public_of(certificate.spki_der());
        if !keys.is_empty() {
            obsolete.extend(public.map(|key| key.handle));
        }
    }
    let refused = |error: ModuleError| {
        let reason = format!("the token refuses it: {error}");
        StoreError::not_removed(&place, reason, Some(error.into()))
    };
    let session = access.token.session_to_change().map_err(refused)?;
    for (at, &object) in obsolete.iter().enumerate() {
        if let Err(error) = session.destroy_object(object) {
            let error = ModuleError::from(error);
            return Err(match at {
                0 => refused(error),
                _ => {
                    let reason = "part of the entry was taken out, and the token refuses the rest";
                    StoreError::half_done(&place, reason, Some(error.into()))
                }
            });
        }
    }
    Ok(())
}
