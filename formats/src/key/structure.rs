//! The ASN.1 structures of keys, read and written: `SubjectPublicKeyInfo` (RFC 5280, 4.1),
//! `OneAsymmetricKey` (RFC 5958) and `ECPrivateKey` (RFC 5915). What OpenSSL refuses is not read.

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use crate::ber::{self, Value};
use crate::der::{
    self, BIT_STRING, EXPLICIT_0, EXPLICIT_1, IMPLICIT_1, INTEGER, NULL, OBJECT_IDENTIFIER,
    OCTET_STRING, SEQUENCE, SET,
};
use crate::secret::PrivateKey;

/// `AlgorithmIdentifier` (RFC 5280, 4.1.1.2).
pub(super) struct Algorithm<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) parameters: Option<Value<'a>>,
    pub(super) raw: &'a [u8],
}

impl<'a> Algorithm<'a> {
    pub(super) fn read(value: Value<'a>) -> Option<Self> {
        let mut inner = value.tagged(SEQUENCE)?.inside();
        Some(Self {
            oid: ObjectIdentifier::from_bytes(inner.accept(OBJECT_IDENTIFIER)?.content).ok()?,
            parameters: inner.next(),
            raw: value.raw,
        })
    }

    /// The curve, if the parameters name it.
    pub(super) fn curve(&self) -> Option<ObjectIdentifier> {
        let name = self.parameters?.tagged(OBJECT_IDENTIFIER)?;
        ObjectIdentifier::from_bytes(name.content).ok()
    }
}

/// `OneAsymmetricKey` (RFC 5958, 2), borrowed.
pub(super) struct Pkcs8<'a> {
    /// The fields before the key: version and algorithm.
    pub(super) before: &'a [u8],
    pub(super) algorithm: Algorithm<'a>,
    pub(super) key: &'a [u8],
    /// The fields after the key.
    pub(super) after: &'a [u8],
    /// The attributes, with their tag, if there are any.
    pub(super) attributes: &'a [u8],
    /// Content of the `BIT STRING`: the count of unused bits, then the key.
    pub(super) public_key: Option<&'a [u8]>,
}

impl<'a> Pkcs8<'a> {
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let info = ber::only(der, SEQUENCE)?;
        let mut fields = info.inside();
        let version = fields.accept(INTEGER)?.content;
        let algorithm = Algorithm::read(fields.next()?)?;
        let before = &info.content[..info.content.len() - fields.rest().len()];
        let key = fields.accept(OCTET_STRING)?.content;
        let after = fields.rest();
        // The attributes, an implicitly tagged `SET`.
        let attributes = fields.accept(EXPLICIT_0);
        if let Some(attributes) = attributes {
            let mut attributes = attributes.inside();
            while !attributes.is_empty() {
                let mut attribute = attributes.accept(SEQUENCE)?.inside();
                attribute.accept(OBJECT_IDENTIFIER)?;
                attribute.accept(SET)?;
            }
        }
        // An implicitly tagged `BIT STRING`, in version 2 alone. Old versions of ring, and so of
        // rcgen, wrote an explicit tag.
        let public_key = match fields.accept(IMPLICIT_1) {
            Some(value) => Some(value.content),
            None => match fields.accept(EXPLICIT_1) {
                Some(tagged) => Some(tagged.only()?.tagged(BIT_STRING)?.content),
                None => None,
            },
        };
        let is_bit_string = |bits: &[u8]| matches!(bits, [0..=7, ..]);
        let allowed = |bits: &[u8]| version == [1] && is_bit_string(bits);
        if !fields.is_empty() || !public_key.is_none_or(allowed) {
            return None;
        }
        Some(Self {
            before,
            algorithm,
            key,
            after,
            attributes: attributes.map_or(&[], |attributes| attributes.raw),
            public_key,
        })
    }
}

/// `ECPrivateKey` (RFC 5915, 3), borrowed.
pub(super) struct Sec1<'a> {
    pub(super) scalar: &'a [u8],
    /// The fields after the scalar.
    pub(super) after: &'a [u8],
    pub(super) parameters: Option<Value<'a>>,
    pub(super) point: Option<&'a [u8]>,
}

impl<'a> Sec1<'a> {
    /// ecPrivkeyVer1, the only version there is.
    pub(super) const VERSION_1: [u8; 3] = [INTEGER, 1, 1];

    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut fields = ber::only(der, SEQUENCE)?.inside();
        if fields.accept(INTEGER)?.content != [1] {
            return None;
        }
        let scalar = fields.accept(OCTET_STRING)?.content;
        let after = fields.rest();
        let parameters = match fields.accept(EXPLICIT_0) {
            Some(tagged) => Some(tagged.only()?),
            None => None,
        };
        let point = match fields.accept(EXPLICIT_1) {
            Some(tagged) => Some(
                tagged
                    .only()?
                    .tagged(BIT_STRING)?
                    .content
                    .strip_prefix(&[0])?,
            ),
            None => None,
        };
        let point = point.filter(|point| !point.is_empty());
        // OpenSSL refuses unknown fields, and parameters of an unknown kind.
        let known =
            |parameters: Value<'_>| matches!(parameters.tag, OBJECT_IDENTIFIER | SEQUENCE | NULL);
        if !fields.is_empty() || !parameters.is_none_or(known) {
            return None;
        }
        Some(Self {
            scalar,
            after,
            parameters,
            point,
        })
    }
}

/// The algorithm of a `SubjectPublicKeyInfo`, and the content of its `BIT STRING`.
pub(super) fn read_spki(der: &[u8]) -> Option<(Algorithm<'_>, &[u8])> {
    let mut fields = ber::only(der, SEQUENCE)?.inside();
    let algorithm = Algorithm::read(fields.next()?)?;
    Some((algorithm, fields.accept(BIT_STRING)?.content))
}

/// A `SubjectPublicKeyInfo` from its algorithm and the parts of its `BIT STRING`'s content.
pub(super) fn spki(algorithm: &[u8], bits: &[&[u8]]) -> Vec<u8> {
    der::sequence(&[algorithm, &der::value(BIT_STRING, bits)])
}

/// `PrivateKeyInfo` of version 1.
pub(crate) fn pkcs8(algorithm: &[u8], key: &[u8]) -> PrivateKey {
    with_attributes(algorithm, key, &[])
}

/// The same, with attributes, which have their tag.
pub(super) fn with_attributes(algorithm: &[u8], key: &[u8], attributes: &[u8]) -> PrivateKey {
    const VERSION_1: [u8; 3] = [INTEGER, 1, 0];
    let key = Zeroizing::new(der::value(OCTET_STRING, &[key]));
    let info = der::sequence(&[&VERSION_1, algorithm, &key, attributes]);
    PrivateKey::from_pkcs8_der(Zeroizing::new(info))
}
