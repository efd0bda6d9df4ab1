//! The objects of a token (`C_FindObjects`, `C_GetAttributeValue`): certificates, which a token shows
//! before the login, and private and public keys. Which key is a certificate's is told by its public
//! value, and by CKA_ID where a token does not tell that value, since makers put what they like into
//! CKA_ID. Source: PKCS #11 Base Specification 3.0, 4; Current Mechanisms 3.0, 2.1 and 2.3.

use std::collections::HashMap;

use certstow_formats::{certificate, key};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::error::ModuleError;
use super::token::cut;

/// A certificate on a token.
pub(super) struct CertificateObject {
    pub(super) handle: ObjectHandle,
    pub(super) id: Vec<u8>,
    pub(super) label: Option<String>,
    /// CKA_VALUE, which need not be a certificate; none, if there is only a reference to one.
    pub(super) value: Vec<u8>,
    /// Whether the token vouches for it (CKA_TRUSTED), so that it is nobody's own.
    pub(super) is_trusted: bool,
}

impl CertificateObject {
    /// The certificate's DER, if it is one: cards fill files of a fixed size, so that more may follow.
    pub(super) fn der(&self) -> &[u8] {
        certificate::without_trailing_data(&self.value)
    }
}

/// A private key on a token.
pub(super) struct PrivateKeyObject {
    pub(super) handle: ObjectHandle,
    pub(super) id: Vec<u8>,
    pub(super) kind: Option<KeyType>,
    pub(super) is_sensitive: bool,
    /// Whether the token may give it out under any key (CKA_EXTRACTABLE, CKA_WRAP_WITH_TRUSTED).
    pub(super) is_extractable: bool,
    /// What its public half may be; more than one where the form is not certain, none if not known.
    values: Vec<Vec<u8>>,
    /// Whether the key itself tells that, and not the public key beside it.
    tells_value: bool,
}

/// What is looked at of one.
const PRIVATE_KEY: [AttributeType; 8] = [
    AttributeType::Id,
    AttributeType::KeyType,
    AttributeType::Sensitive,
    AttributeType::Extractable,
    AttributeType::WrapWithTrusted,
    AttributeType::Modulus,
    AttributeType::EcPoint,
    AttributeType::PublicKeyInfo,
];

impl PrivateKeyObject {
    /// One that is known by its handle.
    pub(super) fn read(session: &Session, handle: ObjectHandle) -> Result<Self, ModuleError> {
        Ok(Self::of(
            handle,
            &attributes(session, handle, &PRIVATE_KEY)?,
        ))
    }

    fn of(handle: ObjectHandle, attributes: &[Attribute]) -> Self {
        let values = values_of(attributes);
        let mut object = Self {
            handle,
            id: id_of(attributes),
            kind: kind_of(attributes),
            // As the standard has them be where a token does not say.
            is_sensitive: true,
            is_extractable: true,
            tells_value: !values.is_empty(),
            values,
        };
        let mut only_trusted = false;
        for attribute in attributes {
            match attribute {
                Attribute::Sensitive(sensitive) => object.is_sensitive = *sensitive,
                Attribute::Extractable(extractable) => object.is_extractable = *extractable,
                Attribute::WrapWithTrusted(trusted) => only_trusted = *trusted,
                _ => {}
            }
        }
        object.is_extractable &= !only_trusted;
        object
    }

    /// Whether it tells its own public half: else a CKA_ID is all that says whose it is.
    pub(super) fn tells_value(&self) -> bool {
        self.tells_value
    }

    /// Whether it is of a kind that every token with a way to wrap keys wraps.
    pub(super) fn is_usual_kind(&self) -> bool {
        self.kind
            .is_some_and(|kind| kind == KeyType::RSA || kind == KeyType::EC)
    }
}

/// A public key on a token.
pub(super) struct PublicKeyObject {
    pub(super) handle: ObjectHandle,
    pub(super) id: Vec<u8>,
    kind: Option<KeyType>,
    values: Vec<Vec<u8>>,
}

/// The certificates that the session sees.
pub(super) fn certificates(session: &Session) -> Result<Vec<CertificateObject>, ModuleError> {
    use AttributeType::{Id, Label, Trusted, Value};
    let found = of_class(
        session,
        ObjectClass::CERTIFICATE,
        &[Id, Label, Trusted, Value],
    )?;
    let read = |(handle, attributes)| {
        let mut object = CertificateObject {
            handle,
            id: Vec::new(),
            label: None,
            value: Vec::new(),
            is_trusted: false,
        };
        for attribute in attributes {
            match attribute {
                Attribute::Id(id) => object.id = id,
                Attribute::Label(label) => object.label = Some(text(&label)),
                Attribute::Value(value) => object.value = value,
                Attribute::Trusted(trusted) => object.is_trusted = trusted,
                _ => {}
            }
        }
        object.label = object.label.filter(|label| !label.is_empty());
        object
    };
    Ok(found.into_iter().map(read).collect())
}

fn text(octets: &[u8]) -> String {
    cut(&String::from_utf8_lossy(octets))
}

/// The keys that the session sees: after a login all of them, before it hardly a private one.
pub(super) fn keys(session: &Session) -> Result<Keys, ModuleError> {
    let public = public_keys(session)?;
    let private = private_keys(session, &public)?;
    Ok(Keys::new(private, public))
}

fn public_keys(session: &Session) -> Result<Vec<PublicKeyObject>, ModuleError> {
    use AttributeType::{EcPoint, Id, KeyType, Modulus};
    let wanted = [Id, KeyType, Modulus, EcPoint];
    let found = of_class(session, ObjectClass::PUBLIC_KEY, &wanted)?;
    let read = |(handle, attributes): (_, Vec<Attribute>)| PublicKeyObject {
        handle,
        id: id_of(&attributes),
        kind: kind_of(&attributes),
        values: values_of(&attributes),
    };
    Ok(found.into_iter().map(read).collect())
}

fn private_keys(
    session: &Session,
    public: &[PublicKeyObject],
) -> Result<Vec<PrivateKeyObject>, ModuleError> {
    let mut by_id: HashMap<&[u8], Vec<&PublicKeyObject>> = HashMap::new();
    for key in public.iter().filter(|key| !key.id.is_empty()) {
        by_id.entry(&key.id).or_default().push(key);
    }
    let found = of_class(session, ObjectClass::PRIVATE_KEY, &PRIVATE_KEY)?;
    let read = |(handle, attributes): (_, Vec<Attribute>)| {
        let mut object = PrivateKeyObject::of(handle, &attributes);
        if object.values.is_empty() {
            // The public key beside it, if there is no doubt which that is.
            let beside = by_id.get(object.id.as_slice()).map(Vec::as_slice);
            if let Some([public]) = beside
                && public.kind == object.kind
            {
                object.values.clone_from(&public.values);
            }
        }
        object
    };
    Ok(found.into_iter().map(read).collect())
}

fn id_of(attributes: &[Attribute]) -> Vec<u8> {
    let ids = attributes.iter().find_map(|attribute| match attribute {
        Attribute::Id(id) => Some(id.clone()),
        _ => None,
    });
    ids.unwrap_or_default()
}

fn kind_of(attributes: &[Attribute]) -> Option<KeyType> {
    attributes.iter().find_map(|attribute| match attribute {
        Attribute::KeyType(kind) => Some(*kind),
        _ => None,
    })
}

/// What the public half may be, in the form of [`key::public_value`].
fn values_of(attributes: &[Attribute]) -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    for attribute in attributes {
        match attribute {
            Attribute::Modulus(modulus) => {
                let zeros = modulus.iter().take_while(|&&octet| octet == 0).count();
                values.push(modulus[zeros..].to_vec());
            }
            // The standard has it in an OCTET STRING, which not every module knows.
            Attribute::EcPoint(point) => {
                values.extend(key::octet_string(point).map(<[u8]>::to_vec));
                values.push(point.clone());
            }
            Attribute::PublicKeyInfo(info) => values.extend(key::public_value(info)),
            _ => {}
        }
    }
    values.retain(|value| !value.is_empty() && !is_compressed(value));
    values
}

/// Whether it is a point without its second coordinate, which no certificate's value is.
fn is_compressed(value: &[u8]) -> bool {
    matches!(value, [2 | 3, coordinate @ ..] if [28, 32, 48, 64, 66].contains(&coordinate.len()))
}

/// The keys of a token, and which of them belongs to a certificate.
pub(super) struct Keys {
    pub(super) private: Vec<PrivateKeyObject>,
    pub(super) public: Vec<PublicKeyObject>,
    by_value: HashMap<Vec<u8>, Vec<usize>>,
    /// Those whose public value is not known.
    by_id: HashMap<Vec<u8>, Vec<usize>>,
}

impl Keys {
    fn new(private: Vec<PrivateKeyObject>, public: Vec<PublicKeyObject>) -> Self {
        let mut keys = Self {
            private,
            public,
            by_value: HashMap::new(),
            by_id: HashMap::new(),
        };
        for (at, key) in keys.private.iter().enumerate() {
            for value in &key.values {
                keys.by_value.entry(value.clone()).or_default().push(at);
            }
            if key.values.is_empty() && !key.id.is_empty() {
                keys.by_id.entry(key.id.clone()).or_default().push(at);
            }
        }
        keys
    }

    /// The private keys that may be the one of a certificate with this public key and this CKA_ID.
    pub(super) fn of(&self, spki: &[u8], id: &[u8]) -> Vec<&PrivateKeyObject> {
        let by_value = key::public_value(spki).and_then(|value| self.by_value.get(&value));
        let found = by_value.or_else(|| self.by_id.get(id));
        let found = found.into_iter().flatten();
        found.map(|&at| &self.private[at]).collect()
    }

    /// The public value of each key that tells one, of private keys first.
    pub(super) fn public_values(&self) -> impl Iterator<Item = &[u8]> {
        let private = self.private.iter().map(|key| &key.values);
        let public = self.public.iter().map(|key| &key.values);
        private
            .chain(public)
            .filter_map(|values| values.first().map(Vec::as_slice))
    }

    /// The public keys with this public value.
    pub(super) fn public_of(&self, spki: &[u8]) -> impl Iterator<Item = &PublicKeyObject> {
        let value = key::public_value(spki);
        let fits = move |key: &&PublicKeyObject| {
            let mut values = key.values.iter();
            values.any(|own| Some(own) == value.as_ref())
        };
        self.public.iter().filter(fits)
    }
}

/// The objects of a class that are on the token, with what can be had of these attributes.
fn of_class(
    session: &Session,
    class: ObjectClass,
    wanted: &[AttributeType],
) -> Result<Vec<(ObjectHandle, Vec<Attribute>)>, ModuleError> {
    #[cfg(any(test, feature = "testing"))]
    crate::testing::counts::search_token();
    let template = [Attribute::Class(class), Attribute::Token(true)];
    let mut objects = Vec::new();
    for handle in session.find_objects(&template)? {
        objects.push((handle, attributes(session, handle, wanted)?));
    }
    Ok(objects)
}

/// What can be had of these attributes of an object: sensitive and unknown ones are left out.
pub(super) fn attributes(
    session: &Session,
    object: ObjectHandle,
    wanted: &[AttributeType],
) -> Result<Vec<Attribute>, ModuleError> {
    match session.get_attributes(object, wanted) {
        Ok(attributes) => Ok(attributes),
        Err(error) => {
            let error = ModuleError::from(error);
            if error.is_of_old_session() {
                return Err(error);
            }
            // One of them has a value of a wrong form, or the module fails at all for one.
            let one = |wanted: &AttributeType| session.get_attributes(object, &[*wanted]).ok();
            Ok(wanted.iter().filter_map(one).flatten().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_knows_both_forms_of_points() {
        let point: Vec<u8> = [&[4][..], &[7; 64]].concat();
        let wrapped = [&[4, 65], &*point].concat();
        for form in [&point, &wrapped] {
            let values = values_of(&[Attribute::EcPoint(form.clone())]);
            assert!(values.contains(&point), "{form:02x?}");
        }
        let compressed = [&[2][..], &[7; 32]].concat();
        let wrapped = [&[4, 33], &*compressed].concat();
        assert!(values_of(&[Attribute::EcPoint(compressed)]).is_empty());
        let values = values_of(&[Attribute::EcPoint(wrapped.clone())]);
        assert_eq!(values, [wrapped]);
        let values = values_of(&[Attribute::Modulus(vec![0, 0, 5, 0])]);
        assert_eq!(values, [[5, 0]]);
    }
}
