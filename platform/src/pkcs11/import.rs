//! Putting an identity into a token (`C_CreateObject`: private key, public key, issuers, certificate).
//! Whatever was made is removed when a later step fails, also when an exportable key turns out not to be
//! exportable from this token; an older object is removed only after the newer one is there. Nothing is put into
//! hardware, out of which it could not be saved again.

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::{der, key};
use cryptoki::object::{Attribute, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::access::Access;
use super::contents::{self, Contents, OwnKeys};
use super::error::ModuleError;
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
        access,
        session: &session,
        identity,
        exportable: options.exportable,
        new_key,
        made: Vec::new(),
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
        Ok(obsolete) => import.finish(&obsolete)?,
        Err(error) => return Err(import.undo(error)),
    }
    Ok(id)
}

fn label_of(certificate: &Certificate, label: Option<&str>) -> String {
    label.map_or_else(|| certificate.parse().label(), str::to_owned)
}

/// Why a step of an import failed.
enum Failed {
    Module(ModuleError),
    Refused(&'static str),
}

impl From<ModuleError> for Failed {
    fn from(error: ModuleError) -> Self {
        Self::Module(error)
    }
}

impl From<cryptoki::error::Error> for Failed {
    fn from(error: cryptoki::error::Error) -> Self {
        Self::Module(error.into())
    }
}

/// An identity on its way into a token.
struct Import<'a> {
    access: &'a Access,
    session: &'a Session,
    identity: &'a NewIdentity<'a>,
    exportable: bool,
    new_key: NewKey<'a>,
    /// The objects that were made so far.
    made: Vec<ObjectHandle>,
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
        self.make_issuers(contents)?;
        self.make_certificate(self.identity.certificate, self.identity.label, &id)
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
        self.make_issuers(contents)
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
        self.make_issuers(contents)?;
        self.make_certificate(self.identity.certificate, self.identity.label, &id)?;
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
        let made = self.session.create_object(private.template());
        drop(private);
        let made = made?;
        self.made.push(made);
        if self.exportable && !self.comes_out(made, spki)? {
            return Err(Failed::Refused(
                "the token takes such a key in, and could not give it out again",
            ));
        }
        // What shows before a login that there is a key, and which; not every program needs it.
        if contents.keys.public_of(spki).next().is_none()
            && let Some(public) = self.new_key.public(id, &label, spki)
        {
            self.made.push(self.session.create_object(&public)?);
        }
        Ok(())
    }

    /// Whether the key that was made can be exported, and is the one that was put in.
    fn comes_out(&self, made: ObjectHandle, spki: &[u8]) -> Result<bool, Failed> {
        let object = PrivateKeyObject::read(self.session, made)?;
        match wrap::take_out(self.session, &object) {
            Ok(private) => Ok(contents::is_half_of(private, spki) == Some(true)),
            Err(Kept::Module(error)) => Err(Failed::Module(error)),
            Err(Kept::Policy(_) | Kept::NoMechanism(_) | Kept::Random(_)) => Ok(false),
        }
    }

    fn make_issuers(&mut self, contents: &Contents) -> Result<(), Failed> {
        for issuer in self.identity.issuers {
            if contents.copies_of(&issuer.id()).is_empty() {
                let id = new_key::id(issuer);
                self.make_certificate(issuer, None, &id)?;
            }
        }
        Ok(())
    }

    fn make_certificate(
        &mut self,
        certificate: &Certificate,
        label: Option<&str>,
        id: &[u8],
    ) -> Result<(), Failed> {
        let label = label_of(certificate, label);
        let serial = der::value(der::INTEGER, &[certificate.x509().raw_serial()]);
        let template = [
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Label(label.into_bytes()),
            Attribute::Id(id.to_vec()),
            Attribute::Subject(certificate.subject_der().to_vec()),
            Attribute::Issuer(certificate.issuer_der().to_vec()),
            Attribute::SerialNumber(serial),
            Attribute::Value(certificate.der().to_vec()),
        ];
        self.made.push(self.session.create_object(&template)?);
        Ok(())
    }

    /// Takes out what is obsolete, now that the new is there.
    fn finish(&self, obsolete: &[ObjectHandle]) -> Result<(), StoreError> {
        // A module may have put the new object in the place of the old one.
        for &object in obsolete.iter().filter(|old| !self.made.contains(old)) {
            self.session.destroy_object(object).map_err(|error| {
                let reason = "the new entry is there, and so is the old one";
                let error = ModuleError::from(error);
                StoreError::half_done(
                    self.access.token.name.to_string(),
                    reason,
                    Some(error.into()),
                )
            })?;
        }
        Ok(())
    }

    /// Takes out what was made.
    fn undo(&self, failed: Failed) -> StoreError {
        let place = self.access.token.name.to_string();
        let mut undone = Ok(());
        for &object in self.made.iter().rev() {
            undone = undone.and(self.session.destroy_object(object));
        }
        if let Err(error) = undone {
            let reason = "the import failed, and part of it is there";
            let error = ModuleError::from(error);
            return StoreError::half_done(place, reason, Some(error.into()));
        }
        match failed {
            Failed::Module(error) => not_changed(self.access, error),
            Failed::Refused(reason) => StoreError::not_imported(place, reason, None),
        }
    }
}

const OTHERWISE: &str = "another certificate there has the same private key, which is exportable and this one \
                         is not to be, or the other way round";

/// The error of an import that the module refuses.
fn not_changed(access: &Access, error: ModuleError) -> StoreError {
    if access.token.info().is_none() || error.is_of_absent_token() {
        return access.failed(error);
    }
    let place = access.token.name.to_string();
    let reason = format!("the token refuses it: {error}");
    StoreError::not_imported(place, reason, Some(error.into()))
}
