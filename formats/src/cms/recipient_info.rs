//! `RecipientInfo` (RFC 5652, 6.2): whom the content-encryption key is encrypted for, and how. Key
//! transport and key agreement are read; recipients with a shared key or a password are named alone.

use super::algorithm::Algorithm;
use crate::ber::Value;
use crate::der::{BIT_STRING, EXPLICIT_0, EXPLICIT_1, INTEGER, OCTET_STRING, SEQUENCE};
use crate::names;

/// One recipient. Those of one `KeyAgreeRecipientInfo` are one each.
pub(super) struct RecipientInfo<'a> {
    pub(super) id: RecipientIdentifier<'a>,
    pub(super) key: EncryptedKey<'a>,
}

/// Which key the recipient has.
pub(super) enum RecipientIdentifier<'a> {
    /// That of the certificate with this issuer, as DER, and serial number.
    IssuerAndSerialNumber { issuer: &'a [u8], serial: &'a [u8] },
    /// That of the certificates with this subject key identifier.
    SubjectKeyIdentifier(&'a [u8]),
    /// Neither: a shared key, or a password.
    Other,
}

/// The content-encryption key, encrypted for a recipient.
#[derive(Clone, Copy)]
pub(super) enum EncryptedKey<'a> {
    /// To a public key (`KeyTransRecipientInfo`).
    Transport {
        algorithm: Algorithm<'a>,
        key: &'a [u8],
    },
    /// Under a key agreed upon (`KeyAgreeRecipientInfo`) with a key made for this message.
    Agreement {
        algorithm: Algorithm<'a>,
        /// The originator's point on the recipient's curve.
        point: &'a [u8],
        /// The user keying material, which goes into the key that is derived.
        material: Option<&'a [u8]>,
        key: &'a [u8],
    },
    /// By other means, such as a password, or a key of the originator's that is not in the message.
    Other,
}

impl<'a> RecipientInfo<'a> {
    /// Reads the recipients in a `RecipientInfo`; `None` if it is malformed.
    pub(super) fn read(info: Value<'a>) -> Option<Vec<Self>> {
        match info.tag {
            SEQUENCE => Some(vec![Self::read_transport(info)?]),
            EXPLICIT_1 => Self::read_agreement(info),
            _ => Some(vec![Self {
                id: RecipientIdentifier::Other,
                key: EncryptedKey::Other,
            }]),
        }
    }

    fn read_transport(info: Value<'a>) -> Option<Self> {
        let mut fields = info.inside();
        let _version = fields.next()?;
        let id = RecipientIdentifier::read(fields.next()?)?;
        let algorithm = Algorithm::read(fields.next()?)?;
        let key = fields.accept(OCTET_STRING)?.content;
        fields.end().ok()?;
        Some(Self {
            id,
            key: EncryptedKey::Transport { algorithm, key },
        })
    }

    /// Each `RecipientEncryptedKey` of a `KeyAgreeRecipientInfo`.
    fn read_agreement(info: Value<'a>) -> Option<Vec<Self>> {
        let mut fields = info.inside();
        fields.accept(INTEGER)?;
        let originator = fields.accept(EXPLICIT_0)?.only()?;
        let material = match fields.accept(EXPLICIT_1) {
            Some(material) => Some(material.only()?.tagged(OCTET_STRING)?.content),
            None => None,
        };
        let algorithm = Algorithm::read(fields.next()?)?;
        // The key of an originator who is named by a certificate is not in the message.
        let point = match originator.tagged(EXPLICIT_1) {
            Some(public_key) => Some(originator_point(public_key)?),
            None => None,
        };
        let keys = fields.accept(SEQUENCE)?.inside();
        keys.map(|recipient| {
            let mut fields = recipient.tagged(SEQUENCE)?.inside();
            let id = RecipientIdentifier::read(fields.next()?)?;
            let key = fields.accept(OCTET_STRING)?.content;
            fields.end().ok()?;
            let key = point.map_or(EncryptedKey::Other, |point| EncryptedKey::Agreement {
                algorithm,
                point,
                material,
                key,
            });
            Some(Self { id, key })
        })
        .collect()
    }
}

/// The point in an `OriginatorPublicKey`.
fn originator_point(public_key: Value<'_>) -> Option<&[u8]> {
    let mut fields = public_key.inside();
    let _algorithm = fields.next()?;
    let point = fields.accept(BIT_STRING)?.content.strip_prefix(&[0]);
    fields.end().ok()?;
    point
}

impl<'a> RecipientIdentifier<'a> {
    fn read(id: Value<'a>) -> Option<Self> {
        if id.tag == SEQUENCE {
            let mut fields = id.inside();
            let (issuer, serial) = (fields.next()?.raw, fields.next()?.content);
            fields.end().ok()?;
            return Some(Self::IssuerAndSerialNumber { issuer, serial });
        }
        // [0] of KeyTransRecipientInfo is the identifier itself, that of KeyAgreeRecipientInfo a
        // `RecipientKeyIdentifier`: a date may follow.
        const CONTEXT_SPECIFIC: u8 = 0x80;
        let identifier = match id.tag & 0xe0 {
            CONTEXT_SPECIFIC => id.content,
            _ => id.inside().accept(OCTET_STRING)?.content,
        };
        Some(Self::SubjectKeyIdentifier(identifier))
    }

    /// In words for a person.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::IssuerAndSerialNumber { issuer, serial } => {
                let issuer = names::distinguished_name_of_der(issuer);
                let serial = names::serial_of_octets(serial);
                format!("the certificate {serial} issued by {issuer}")
            }
            Self::SubjectKeyIdentifier(identifier) => {
                format!("the key with the identifier {}", names::hex(identifier))
            }
            Self::Other => "a recipient without a certificate".to_owned(),
        }
    }
}
