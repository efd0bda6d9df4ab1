//! Objects that are made in a token (`C_CreateObject`): whatever was made is removed when a later step
//! fails, and what is obsolete is removed only after the newer is there.

use certstow_formats::certificate::Certificate;
use certstow_formats::der;
use cryptoki::object::{Attribute, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::access::Access;
use super::contents::Contents;
use super::error::ModuleError;
use super::new_key;
use crate::error::StoreError;

/// The name of an object: a friendly name, or what the certificate is called.
pub(super) fn label_of(certificate: &Certificate, label: Option<&str>) -> String {
    label.map_or_else(|| certificate.parse().label(), str::to_owned)
}

/// Why a step failed.
pub(super) enum Failed {
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

/// A change of a token under way.
pub(super) struct Change<'a> {
    pub(super) access: &'a Access,
    pub(super) session: &'a Session,
    /// The objects that were made so far.
    made: Vec<ObjectHandle>,
}

impl<'a> Change<'a> {
    pub(super) fn new(access: &'a Access, session: &'a Session) -> Self {
        Self {
            access,
            session,
            made: Vec::new(),
        }
    }

    /// Makes an object.
    pub(super) fn object(&mut self, template: &[Attribute]) -> Result<ObjectHandle, Failed> {
        let made = self.session.create_object(template)?;
        self.made.push(made);
        Ok(made)
    }

    /// Puts in the issuers that are not there.
    pub(super) fn issuers(
        &mut self,
        issuers: &[Certificate],
        contents: &Contents,
    ) -> Result<(), Failed> {
        for issuer in issuers {
            if contents.copies_of(&issuer.id()).is_empty() {
                let id = new_key::id(issuer);
                self.certificate(issuer, None, &id)?;
            }
        }
        Ok(())
    }

    /// Puts in a certificate under the CKA_ID of its key.
    pub(super) fn certificate(
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
        self.object(&template).map(drop)
    }

    /// Takes out what is obsolete, now that the new is there.
    pub(super) fn finish(&self, obsolete: &[ObjectHandle]) -> Result<(), StoreError> {
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
    pub(super) fn undo(&self, failed: Failed) -> StoreError {
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

/// The error of a change that the module refuses.
pub(super) fn not_changed(access: &Access, error: ModuleError) -> StoreError {
    if access.token.info().is_none() || error.is_of_absent_token() {
        return access.failed(error);
    }
    let place = access.token.name.to_string();
    let reason = format!("the token refuses it: {error}");
    StoreError::not_imported(place, reason, Some(error.into()))
}
