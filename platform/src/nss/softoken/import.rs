//! Putting an identity into a database, or a certificate whose private key it has: the private key, the object of its public key, the certificate,
//! the issuers that are not there, without a word on whether to trust them. softoken overwrites a private
//! key that has the `CKA_ID` of a new one, so that these are looked for first.

use certstow_formats::certificate::Certificate;
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};

use super::key::{KeyTerms, NewKey, id_of};
use super::made::Made;
use super::nickname::nickname;
use super::objects::{
    self, PrivateKeyObject, has_public_value, issuer_and_serial, keys_with_id, octets,
    others_with_key, private_keys,
};
use super::refusal::{Failure, Refusal};
use super::session::Session;
use crate::store::{ExistingEntry, ImportOptions, NewCertificate, NewIdentity};

const NOT_SEARCHED: &str = "NSS does not search it";
const NO_KEY: &str = "NSS does not take its private key";
const NO_CERTIFICATE: &str = "NSS does not take its certificate";
const NO_ISSUER: &str = "NSS does not take the certificate of its issuer";

/// The key of an identity that a database can take in, whatever it holds.
///
/// # Errors
/// [`Failure::NotPossible`]: NSS keeps no such keys, or cannot do what the options ask.
pub(super) fn prepare(
    identity: &NewIdentity<'_>,
    options: &ImportOptions<'_>,
) -> Result<NewKey, Failure> {
    if !options.exportable {
        // pk12util exports a key whose CKA_EXTRACTABLE is false, too.
        let reason = "NSS exports every private key, also one that is marked as not extractable";
        return Err(Failure::NotPossible(reason.to_owned()));
    }
    NewKey::new(identity.key, identity.certificate)
}

/// Imports an identity with its key as it was prepared.
///
/// # Errors
/// - [`Failure::AlreadyThere`]: the certificate is there with its private key, and is to be kept.
/// - [`Failure::NotPossible`]: something else would be harmed.
/// - [`Failure::Refused`], [`Failure::HalfDone`]: as they say.
pub(super) fn import(
    session: &Session,
    key: &NewKey,
    identity: &NewIdentity<'_>,
    existing: ExistingEntry,
) -> Result<(), Failure> {
    let import = Import {
        session,
        new: NewCertificate {
            certificate: identity.certificate,
            issuers: identity.issuers,
            label: identity.label,
        },
        before: Before::read(session, identity.certificate)?,
    };
    import.check(existing)?;
    import.check_key(key)?;
    import.done(|made| import.put(key, made))
}

/// Puts a certificate beside its private key.
///
/// # Errors
/// - [`Failure::AlreadyThere`]: the certificate is there with its private key.
/// - [`Failure::NoSuchKey`]: none is known to be the certificate's.
/// - [`Failure::NotPossible`], [`Failure::Refused`], [`Failure::HalfDone`]: as they say.
pub(super) fn attach(session: &Session, new: &NewCertificate<'_>) -> Result<(), Failure> {
    let attach = Import {
        session,
        new: *new,
        before: Before::read(session, new.certificate)?,
    };
    if attach.before.key.is_none() {
        return Err(Failure::NoSuchKey);
    }
    attach.check(ExistingEntry::Keep)?;
    attach.done(|made| attach.put_certificates(made))
}

/// What a database has of an identity.
struct Before {
    certificate: Option<ObjectHandle>,
    key: Option<PrivateKeyObject>,
    /// `CKA_ID` of the key, or the one for it.
    id: Vec<u8>,
}

impl Before {
    fn read(session: &Session, certificate: &Certificate) -> Result<Self, Failure> {
        let not_searched = Failure::refused(NOT_SEARCHED);
        let there = objects::certificate(session, certificate);
        let there = match there.map_err(not_searched)? {
            Some((_, false)) => {
                let reason = "it has another certificate with the same issuer and serial number";
                return Err(Failure::NotPossible(reason.to_owned()));
            }
            Some((object, true)) => Some(object),
            None => None,
        };
        let spki = certificate.spki_der();
        let mut id = id_of(spki);
        let keys = private_keys(session, spki, &id).map_err(Failure::refused(NOT_SEARCHED))?;
        let mut keys = keys.into_iter();
        let key = keys.find(|key| key.is_proven && !key.id.is_empty());
        if let Some(key) = &key {
            id.clone_from(&key.id);
        }
        Ok(Self {
            certificate: there,
            key,
            id,
        })
    }
}

/// What is put in, alone or with its private key.
struct Import<'a> {
    session: &'a Session,
    new: NewCertificate<'a>,
    before: Before,
}

impl Import<'_> {
    /// Makes a change, or undoes what was made of it.
    fn done(&self, put: impl FnOnce(&mut Made<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut made = Made::new(self.session);
        let done = put(&mut made);
        made.finish(done)
    }

    /// Refuses what is there already.
    fn check(&self, existing: ExistingEntry) -> Result<(), Failure> {
        match (self.before.certificate, &self.before.key, existing) {
            (Some(certificate), Some(_), ExistingEntry::Keep) => {
                Err(Failure::AlreadyThere(certificate))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a key that would harm something else.
    fn check_key(&self, key: &NewKey) -> Result<(), Failure> {
        for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
            let others = self.has_others_key(class, key);
            if others.map_err(Failure::refused(NOT_SEARCHED))? {
                let reason = "another key lies where NSS would put this one (CKA_ID), and would be \
                              overwritten";
                return Err(Failure::NotPossible(reason.to_owned()));
            }
        }
        self.check_terms()
    }

    /// Whether a key of somebody else has the `CKA_ID`.
    fn has_others_key(&self, class: ObjectClass, key: &NewKey) -> Result<bool, Refusal> {
        let own = self.before.key.as_ref().map(|key| key.object);
        for object in keys_with_id(self.session, class, &self.before.id)? {
            let same = has_public_value(self.session, object, key.public_value())?;
            if Some(object) != own && same != Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A key that is stored as not extractable stays so.
    fn check_terms(&self) -> Result<(), Failure> {
        if self.before.key.as_ref().is_none_or(|key| key.extractable) {
            return Ok(());
        }
        let others = others_with_key(self.session, self.new.certificate);
        let others = others.map_err(Failure::refused(NOT_SEARCHED))?;
        match self.replaces() && others.is_empty() {
            true => Ok(()),
            false => {
                let reason = "it has the private key already, and was told never to give it out";
                Err(Failure::NotPossible(reason.to_owned()))
            }
        }
    }

    /// Whether the same identity is there, and this one takes its place.
    fn replaces(&self) -> bool {
        self.before.certificate.is_some() && self.before.key.is_some()
    }

    fn put(&self, key: &NewKey, made: &mut Made<'_>) -> Result<(), Failure> {
        let label = self.label().map_err(Failure::refused(NOT_SEARCHED))?;
        if self.before.key.is_none() {
            let put = self.put_key(key, &label);
            made.added(put.map_err(Failure::refused(NO_KEY))?);
        }
        self.put_public_key(key, made)
            .map_err(Failure::refused(NO_KEY))?;
        self.put_certificates(made)?;
        if self.replaces() {
            // One step of SQLite: either the old one is there afterwards, or the new.
            self.put_key(key, &label)
                .map_err(Failure::refused(NO_KEY))?;
        }
        Ok(())
    }

    /// The certificate, under the `CKA_ID` of its key, and the issuers that are not there.
    fn put_certificates(&self, made: &mut Made<'_>) -> Result<(), Failure> {
        let label = self.label().map_err(Failure::refused(NOT_SEARCHED))?;
        match self.before.certificate {
            None => {
                let object = self.add(self.new.certificate, &label, &self.before.id);
                made.added(object.map_err(Failure::refused(NO_CERTIFICATE))?);
            }
            Some(object) => self
                .adapt(object, &label, made)
                .map_err(Failure::refused(NO_CERTIFICATE))?,
        }
        self.put_issuers(made)
    }

    /// The nickname, by the wish of the identity, else the one that the certificate has.
    fn label(&self) -> Result<String, Refusal> {
        let there = self.before.certificate;
        let has = match there {
            Some(object) => octets(self.session, object, AttributeType::Label)?,
            None => Vec::new(),
        };
        let has = String::from_utf8_lossy(&has);
        let wish = self.new.label.unwrap_or(&has);
        nickname(self.session, self.new.certificate, there, wish)
    }

    fn put_key(&self, key: &NewKey, label: &str) -> Result<ObjectHandle, Refusal> {
        let terms = KeyTerms {
            id: &self.before.id,
            label,
            subject: self.new.certificate.subject_der(),
        };
        key.put(self.session, &terms)
    }

    fn put_public_key(&self, key: &NewKey, made: &mut Made<'_>) -> Result<(), Refusal> {
        let id = &self.before.id;
        if keys_with_id(self.session, ObjectClass::PUBLIC_KEY, id)?.is_empty() {
            made.added(self.session.create(&key.public_template(id))?);
        }
        Ok(())
    }

    fn add(
        &self,
        certificate: &Certificate,
        label: &str,
        id: &[u8],
    ) -> Result<ObjectHandle, Refusal> {
        let mut template = vec![
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Token(true),
            Attribute::Label(label.as_bytes().to_vec()),
            Attribute::Id(id.to_vec()),
            Attribute::Subject(certificate.subject_der().to_vec()),
            Attribute::Value(certificate.der().to_vec()),
        ];
        template.extend(issuer_and_serial(certificate));
        self.session.create(&template)
    }

    /// Has a certificate that is there name the key, and have the nickname.
    fn adapt(&self, object: ObjectHandle, label: &str, made: &mut Made<'_>) -> Result<(), Refusal> {
        let id = octets(self.session, object, AttributeType::Id)?;
        if id != self.before.id {
            let now = Attribute::Id(self.before.id.clone());
            made.change(object, Attribute::Id(id), now)?;
        }
        let old = octets(self.session, object, AttributeType::Label)?;
        if old != label.as_bytes() {
            let now = Attribute::Label(label.as_bytes().to_vec());
            made.change(object, Attribute::Label(old), now)?;
        }
        Ok(())
    }

    fn put_issuers(&self, made: &mut Made<'_>) -> Result<(), Failure> {
        for issuer in self.new.issuers {
            let there = objects::certificate(self.session, issuer);
            if there.map_err(Failure::refused(NOT_SEARCHED))?.is_some() {
                continue;
            }
            let label = nickname(self.session, issuer, None, "");
            let label = label.map_err(Failure::refused(NOT_SEARCHED))?;
            let object = self.add(issuer, &label, &id_of(issuer.spki_der()));
            made.added(object.map_err(Failure::refused(NO_ISSUER))?);
        }
        Ok(())
    }
}
