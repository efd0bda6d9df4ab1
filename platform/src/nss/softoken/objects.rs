//! Looking for objects of a database: certificates, and the keys that belong to them. A key belongs to a
//! certificate by its public value; NSS goes by `CKA_ID` alone, under which another's key may lie.

use certstow_formats::certificate::Certificate;
use certstow_formats::der::{self, INTEGER, OCTET_STRING};
use certstow_formats::key::{modulus_or_point, normalized};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};

use super::key::NSS_DB;
use super::refusal::Refusal;
use super::session::Session;

/// A private key of a database.
pub(super) struct PrivateKeyObject {
    pub(super) object: ObjectHandle,
    /// `CKA_ID`.
    pub(super) id: Vec<u8>,
    /// `CKA_EXTRACTABLE`.
    pub(super) extractable: bool,
    /// Whether it is known to be the key: its public value is there, and is the same.
    pub(super) is_proven: bool,
}

/// The number by which the tables know an object, in hexadecimal digits: its handle without the bits that
/// name the table.
pub(super) fn row(object: ObjectHandle) -> String {
    format!("{:x}", object.handle() & 0x3fff_ffff)
}

/// What NSS knows a certificate by.
pub(super) fn issuer_and_serial(certificate: &Certificate) -> [Attribute; 2] {
    let serial = der::value(INTEGER, &[certificate.x509().raw_serial()]);
    [
        Attribute::Issuer(certificate.issuer_der().to_vec()),
        Attribute::SerialNumber(serial),
    ]
}

/// The certificate that has this one's issuer and serial number, and whether it is this one.
pub(super) fn certificate(
    session: &Session,
    certificate: &Certificate,
) -> Result<Option<(ObjectHandle, bool)>, Refusal> {
    let class = [Attribute::Class(ObjectClass::CERTIFICATE)];
    let found = session.find(&[&class[..], &issuer_and_serial(certificate)].concat())?;
    let Some(&first) = found.first() else {
        return Ok(None);
    };
    for object in found {
        if octets(session, object, AttributeType::Value)? == certificate.der() {
            return Ok(Some((object, true)));
        }
    }
    Ok(Some((first, false)))
}

/// Other certificates with this one's public key.
pub(super) fn others_with_key(
    session: &Session,
    certificate: &Certificate,
) -> Result<Vec<ObjectHandle>, Refusal> {
    let key = normalized(certificate.spki_der());
    let mut others = Vec::new();
    for object in session.find(&[Attribute::Class(ObjectClass::CERTIFICATE)])? {
        let der = octets(session, object, AttributeType::Value)?;
        // One that cannot be read has no key that anybody could use it with.
        let Ok(other) = Certificate::from_der(&der) else {
            continue;
        };
        if other != *certificate && normalized(other.spki_der()) == key {
            others.push(object);
        }
    }
    Ok(others)
}

/// The private keys of a public key, first the one with this `CKA_ID`.
pub(super) fn private_keys(
    session: &Session,
    spki: &[u8],
    id: &[u8],
) -> Result<Vec<PrivateKeyObject>, Refusal> {
    let class = Attribute::Class(ObjectClass::PRIVATE_KEY);
    let value = modulus_or_point(spki);
    // Keys without an id have none in common.
    let mut found = match id {
        [] => Vec::new(),
        id => session.find(&[class.clone(), Attribute::Id(id.to_vec())])?,
    };
    if let Some(value) = &value {
        let by_modulus = Attribute::Modulus(value.clone());
        let by_value = Attribute::VendorDefined((NSS_DB, value.clone()));
        for attribute in [by_modulus, by_value] {
            for object in session.find(&[class.clone(), attribute])? {
                if !found.contains(&object) {
                    found.push(object);
                }
            }
        }
    }
    let mut keys = Vec::new();
    for object in found {
        let same = match &value {
            Some(value) => has_public_value(session, object, value)?,
            // One that shows a modulus or a point is none of a certificate that has neither.
            None if is_rsa_or_ec(session, object)? => has_public_value(session, object, &[])?,
            None => None,
        };
        // Where nothing shows whether the two are the same, it is the id that counts.
        if same == Some(false) {
            continue;
        }
        let extractable = session.value(object, AttributeType::Extractable)?;
        keys.push(PrivateKeyObject {
            object,
            id: octets(session, object, AttributeType::Id)?,
            extractable: extractable != Some(Attribute::Extractable(false)),
            is_proven: same == Some(true),
        });
    }
    Ok(keys)
}

/// Whether it is a key of the kinds whose certificates have a modulus or a point.
fn is_rsa_or_ec(session: &Session, object: ObjectHandle) -> Result<bool, Refusal> {
    let kind = session.value(object, AttributeType::KeyType)?;
    Ok(matches!(
        kind,
        Some(Attribute::KeyType(KeyType::RSA | KeyType::EC))
    ))
}

/// The keys that have this `CKA_ID`, private or public ones.
pub(super) fn keys_with_id(
    session: &Session,
    class: ObjectClass,
    id: &[u8],
) -> Result<Vec<ObjectHandle>, Refusal> {
    session.find(&[Attribute::Class(class), Attribute::Id(id.to_vec())])
}

/// Whether a key object has this modulus or point; `None` where it has none.
pub(super) fn has_public_value(
    session: &Session,
    object: ObjectHandle,
    value: &[u8],
) -> Result<Option<bool>, Refusal> {
    for attribute in [AttributeType::Modulus, NSS_DB, AttributeType::EcPoint] {
        let octets = octets(session, object, attribute)?;
        if !octets.is_empty() {
            // A public key has its point in an OCTET STRING, or, from other programs, without one.
            let in_string = der::value(OCTET_STRING, &[value]);
            let bare = der::without_leading_zeros(&octets);
            return Ok(Some(bare == value || octets == in_string));
        }
    }
    Ok(None)
}

/// The octets of an attribute, none if the object lacks it.
pub(super) fn octets(
    session: &Session,
    object: ObjectHandle,
    of: AttributeType,
) -> Result<Vec<u8>, Refusal> {
    Ok(match session.value(object, of)? {
        Some(
            Attribute::EcPoint(octets)
            | Attribute::Id(octets)
            | Attribute::Label(octets)
            | Attribute::Modulus(octets)
            | Attribute::Subject(octets)
            | Attribute::Value(octets)
            | Attribute::VendorDefined((_, octets)),
        ) => octets,
        _ => Vec::new(),
    })
}
