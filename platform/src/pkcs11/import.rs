//! Putting an identity into a token: private key, public key, issuers, certificate; an exportable key that
//! turns out not to be exportable from this token is removed again. Nothing is put into hardware, out of
//! which it could not be saved again.

use certstow_formats::certificate::EntryId;
use certstow_formats::key;
use cryptoki::object::ObjectHandle;

use super::access::Access;
use super::change::{Change, Failed, label_of, not_changed};
use super::contents::{self, Contents, OwnKeys};
use super::new_key::{self, NewKey};
use super::objects::{CertificateObject, PrivateKeyObject};
use super::token::State;
use super::wrap::{self, Kept};
use crate::error::StoreError;
use crate::store::{Ask, ExistingEntry, ImportOptions, NewIdentity};

/// [`Store::import`](crate::store::Store::import).
pub(super) fn import(
    access: &Access,
    state: &mut State,
    identity: &NewIdentity<'_>,
    options: &ImportOptions<'_>,
    ask: &mut dyn Ask,
) -> Result<EntryId, StoreError> {
    let place = access.token.name.to_string();
    let refused = |reason: &str| StoreError::not_imported(&place, reason, None);
    if access.token.is_hardware {
        return Err(refused(
            "it keeps keys in hardware, out of which this one could not be saved again",
        ));
    }
    let new_key = NewKey::of(identity.key).ok_or_else(|| {
        let kind = key::algorithm_name(identity.key);
        refused(&format!("certstow puts no {kind} keys into tokens"))
    })?;
    access.login(state, ask)?;
    let contents = Contents::read(access, state)?;
    let session = access
        .token
        .session_to_change()
        .map_err(|error| not_changed(access, error))?;
    let mut import = Import {
        change: Change::new(access, &session),
        identity,
        exportable: options.exportable,
        new_key,
    };
    let id = identity.certificate.id();
    let copies = contents.copies_of(&id);
    let own = contents.keys_of(&session, identity.certificate, &copies);
    let existing = options.existing;
    let obsolete = match (copies.as_slice(), own.all.as_slice()) {
        ([_, ..], [_, ..]) if existing == ExistingEntry::Keep => {
            return Err(StoreError::AlreadyThere { place });
        }
        ([_, ..], [first, ..]) => import.replace(&contents, &copies, &own, *first),
        ([first, ..], []) => import.complete(&contents, first).map(|()| Vec::new()),
        ([], _) => import.add(&contents, &own.all).map(|()| Vec::new()),
    };
    match obsolete {
        Ok(obsolete) => import.change.finish(&obsolete)?,
        Err(error) => return Err(import.change.undo(error)),
    }
    Ok(id)
}

/// An identity on its way into a token.
struct Import<'a> {
    change: Change<'a>,
    identity: &'a NewIdentity<'a>,
    exportable: bool,
    new_key: NewKey<'a>,
}

impl Import<'_> {
    /// Puts in what is not there: the key, the issuers, the certificate.
    fn add(&mut self, contents: &Contents, own: &[ObjectHandle]) -> Result<(), Failed> {
        let id = match own {
            [] => {
                let id = self.free_id(contents)?;
                self.make_key(&id, contents)?;
                id
            }
            [first, ..] => self.id_of_kept_key(contents, *first)?,
        };
        self.change.issuers(self.identity.issuers, contents)?;
        self.change
            .certificate(self.identity.certificate, self.identity.label, &id)
    }

    /// Puts in the key of a certificate that is there without one, under the CKA_ID of the certificate,
    /// by which other programs find it.
    fn complete(&mut self, contents: &Contents, object: &CertificateObject) -> Result<(), Failed> {
        let is_taken = |id: &[u8]| contents.keys.private.iter().any(|key| key.id == id);
        let id = match object.id.is_empty() || is_taken(&object.id) {
            true => self.free_id(contents)?,
            false => object.id.clone(),
        };
        self.make_key(&id, contents)?;
        self.change.issuers(self.identity.issuers, contents)
    }

    /// Adds the certificate again, and the key if it is to be extractable and was not, or the other way
    /// round. Returns the objects that are obsolete then.
    fn replace(
        &mut self,
        contents: &Contents,
        copies: &[&CertificateObject],
        own: &OwnKeys,
        first: ObjectHandle,
    ) -> Result<Vec<ObjectHandle>, Failed> {
        let mut obsolete: Vec<ObjectHandle> = copies.iter().map(|copy| copy.handle).collect();
        let id = self.id_of(contents, first);
        if !self.is_kept_as_wanted(contents, &own.all) {
            if contents.are_shared(&own.all, &self.identity.certificate.id()) {
                return Err(Failed::Refused(OTHERWISE));
            }
            if !own.are_proven {
                return Err(Failed::Refused(
                    "the token does not tell whether the private key that is there is this certificate's",
                ));
            }
            self.make_key(&id, contents)?;
            obsolete.extend(&own.all);
        }
        self.change.issuers(self.identity.issuers, contents)?;
        self.change
            .certificate(self.identity.certificate, self.identity.label, &id)?;
        Ok(obsolete)
    }

    /// The CKA_ID of a key that is there for another certificate, unless it is extractable and this one is
    /// not to be.
    fn id_of_kept_key(&self, contents: &Contents, own: ObjectHandle) -> Result<Vec<u8>, Failed> {
        let is_extractable = self.is_extractable(contents, own);
        match is_extractable && !self.exportable {
            true => Err(Failed::Refused(OTHERWISE)),
            false => Ok(self.id_of(contents, own)),
        }
    }

    fn id_of(&self, contents: &Contents, own: ObjectHandle) -> Vec<u8> {
        let key = contents.keys.private.iter().find(|key| key.handle == own);
        match key.filter(|key| !key.id.is_empty()) {
            Some(key) => key.id.clone(),
            None => new_key::id(self.identity.certificate).to_vec(),
        }
    }

    fn is_extractable(&self, contents: &Contents, own: ObjectHandle) -> bool {
        let mut keys = contents.keys.private.iter();
        keys.any(|key| key.handle == own && key.is_extractable)
    }

    fn is_kept_as_wanted(&self, contents: &Contents, own: &[ObjectHandle]) -> bool {
        let mut own = own.iter();
        own.all(|&own| self.is_extractable(contents, own) == self.exportable)
    }

    /// The CKA_ID of the new key: the hash of its public value. Another key has it only by mistake; it is
    /// not used then, since some modules overwrite a key that has the CKA_ID of a new one.
    fn free_id(&self, contents: &Contents) -> Result<Vec<u8>, Failed> {
        let id = new_key::id(self.identity.certificate).to_vec();
        match contents.keys.private.iter().any(|key| key.id == id) {
            true => Err(Failed::Refused(
                "another private key on it has the CKA_ID that this one would get",
            )),
            false => Ok(id),
        }
    }

    fn make_key(&mut self, id: &[u8], contents: &Contents) -> Result<(), Failed> {
        let spki = self.identity.certificate.spki_der();
        let subject = self.identity.certificate.subject_der();
        let label = label_of(self.identity.certificate, self.identity.label);
        let private = self.new_key.private(id, &label, subject, self.exportable);
        let made = self.change.object(private.template());
        drop(private);
        let made = made?;
        if self.exportable && !self.comes_out(made, spki)? {
            return Err(Failed::Refused(
                "the token takes such a key in, and could not give it out again",
            ));
        }
        // What shows before a login that there is a key, and which; not every program needs it.
        if contents.keys.public_of(spki).next().is_none()
            && let Some(public) = self.new_key.public(id, &label, spki)
        {
            self.change.object(&public)?;
        }
        Ok(())
    }

    /// Whether the key that was made can be exported, and is the one that was put in.
    fn comes_out(&self, made: ObjectHandle, spki: &[u8]) -> Result<bool, Failed> {
        let object = PrivateKeyObject::read(self.change.session, made)?;
        match wrap::take_out(self.change.session, &object) {
            Ok(private) => Ok(contents::is_half_of(private, spki) == Some(true)),
            Err(Kept::Module(error)) => Err(Failed::Module(error)),
            Err(Kept::Policy(_) | Kept::NoMechanism(_) | Kept::Random(_)) => Ok(false),
        }
    }
}

const OTHERWISE: &str = "another certificate there has the same private key, which is exportable and this one \
                         is not to be, or the other way round";
