//! CMS EnvelopedData (RFC 5652, section 6) as bytes: written with one recipient, and read with any
//! number of them. What a recipient's part means is up to [`crate::cms::transport`] and
//! [`crate::cms::agreement`].

pub mod agreement;
pub mod signed_data;
pub mod transport;

use crate::der::{self as write, EXPLICIT_0, IMPLICIT_0, INTEGER, OCTET_STRING, SET};
use crate::pkcs12::oid;
use crate::pkcs12::pbe::Cipher;
use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagNumber, Tagged as _};

use crate::names;

/// Larger files hold more than a password for a few recipients.
pub const MAX_BYTES: usize = 64 * 1024;

/// The ciphers of the content that are read; the first one is written.
const CIPHERS: [(ObjectIdentifier, Cipher); 3] = [
    (oid::AES256_CBC, Cipher::Aes256),
    (oid::AES192_CBC, Cipher::Aes192),
    (oid::AES128_CBC, Cipher::Aes128),
];

/// A file for one recipient. `version` is that of `EnvelopedData`, which depends on the
/// recipient's kind; `iv` belongs to AES-256-CBC.
pub fn write(version: u8, recipient: &[u8], iv: &[u8; 16], content: &[u8]) -> Vec<u8> {
    let encrypted = write::sequence(&[
        &write::oid(&oid::DATA),
        &write::sequence(&[
            &write::oid(&oid::AES256_CBC),
            &write::value(OCTET_STRING, &[iv]),
        ]),
        &write::value(IMPLICIT_0, &[content]),
    ]);
    let enveloped = write::sequence(&[
        &write::value(INTEGER, &[&[version]]),
        &write::value(SET, &[recipient]),
        &encrypted,
    ]);
    write::sequence(&[
        &write::oid(&oid::ENVELOPED_DATA),
        &write::value(EXPLICIT_0, &[&enveloped]),
    ])
}

/// A file as read.
pub struct Enveloped<'a> {
    /// Whom it is sealed to.
    pub recipients: Vec<Recipient<'a>>,
    /// What the content is encrypted with.
    pub cipher: Cipher,
    /// The initialization vector.
    pub iv: &'a [u8],
    /// The content, encrypted.
    pub content: &'a [u8],
}

/// A recipient's part of a file. Those who share a sender's key are one each.
pub struct Recipient<'a> {
    /// Whom it is for.
    pub name: RecipientName<'a>,
    /// The key of the content.
    pub key: SealedKey<'a>,
}

/// Whom a part is for.
pub enum RecipientName<'a> {
    /// `IssuerAndSerialNumber`.
    Certificate {
        /// The name, as DER.
        issuer: Vec<u8>,
        /// The number.
        serial: &'a [u8],
    },
    /// The identifier of the key.
    Key(&'a [u8]),
    /// One that has a password, say.
    Other,
}

/// The content's key, encrypted for a recipient.
#[derive(Clone, Copy)]
pub enum SealedKey<'a> {
    /// To a public key (KeyTransRecipientInfo).
    Transport {
        /// How the key is encrypted.
        algorithm: Algorithm<'a>,
        /// The key, encrypted.
        key: &'a [u8],
    },
    /// Under a key agreed upon (KeyAgreeRecipientInfo).
    Agreement {
        /// How the key is encrypted.
        algorithm: Algorithm<'a>,
        /// The sender's point on the recipient's curve.
        point: &'a [u8],
        /// The user keying material, which goes into the key that is derived.
        material: Option<&'a [u8]>,
        /// The key, encrypted.
        key: &'a [u8],
    },
    /// By other means, such as a password, or a key of the sender's that is not in the file.
    Other,
}

/// An `AlgorithmIdentifier`.
#[derive(Clone, Copy)]
pub struct Algorithm<'a> {
    /// Which algorithm.
    pub oid: ObjectIdentifier,
    /// Its parameters.
    pub parameters: Option<AnyRef<'a>>,
}

/// Why a file is not read, in words that follow "it cannot be opened: ".
pub type Trouble = String;

impl<'a> Enveloped<'a> {
    /// Reads a file, which must be DER with nothing behind it.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Trouble> {
        if bytes.len() > MAX_BYTES {
            return Err("it is too large for a sealed password".to_owned());
        }
        let outline = Outline::read(bytes).ok_or("it is no CMS EnvelopedData in DER")?;
        let Some(&(_, cipher)) = CIPHERS.iter().find(|(oid, _)| *oid == outline.cipher.oid) else {
            let oid = outline.cipher.oid;
            return Err(format!("its content is encrypted with {oid}"));
        };
        let iv = outline.cipher.parameters.and_then(octets);
        Ok(Self {
            recipients: outline.recipients,
            cipher,
            iv: iv.ok_or("its cipher has no initialization vector")?,
            content: outline.content,
        })
    }
}

/// The structure, before anything is made of its algorithms.
struct Outline<'a> {
    recipients: Vec<Recipient<'a>>,
    cipher: Algorithm<'a>,
    content: &'a [u8],
}

impl<'a> Outline<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let [kind, explicit] = inside_as(AnyRef::from_der(bytes).ok()?, Tag::Sequence)?
            .try_into()
            .ok()?;
        if oid_of(kind)? != oid::ENVELOPED_DATA {
            return None;
        }
        let [enveloped] = inside_as(explicit, constructed(0))?.try_into().ok()?;
        let mut fields = inside_as(enveloped, Tag::Sequence)?.into_iter().peekable();
        fields.next_if(|field| field.tag() == Tag::Integer)?;
        // Certificates of the sender, and attributes at the end: neither opens anything.
        fields.next_if(|field| field.tag() == constructed(0));
        let infos = inside_as(fields.next()?, Tag::Set)?;
        let content = inside_as(fields.next()?, Tag::Sequence)?;
        fields.next_if(|field| field.tag() == constructed(1));
        if fields.next().is_some() {
            return None;
        }
        let [_, cipher, content] = content.try_into().ok()?;
        let whole = content.tag() == primitive(0);
        let recipients: Vec<_> = infos.into_iter().map(recipients).collect::<Option<_>>()?;
        Some(Self {
            recipients: recipients.into_iter().flatten().collect(),
            cipher: Algorithm::read(cipher)?,
            content: whole.then_some(content.value())?,
        })
    }
}

/// What is in a `RecipientInfo`.
fn recipients(info: AnyRef<'_>) -> Option<Vec<Recipient<'_>>> {
    if info.tag() == Tag::Sequence {
        let [_, name, algorithm, key] = inside(info)?.try_into().ok()?;
        return Some(vec![Recipient {
            name: RecipientName::read(name)?,
            key: SealedKey::Transport {
                algorithm: Algorithm::read(algorithm)?,
                key: octets(key)?,
            },
        }]);
    }
    if info.tag() == constructed(1) {
        return agreement_recipients(info);
    }
    Some(vec![Recipient {
        name: RecipientName::Other,
        key: SealedKey::Other,
    }])
}

/// Each `RecipientEncryptedKey` of a `KeyAgreeRecipientInfo`.
fn agreement_recipients(info: AnyRef<'_>) -> Option<Vec<Recipient<'_>>> {
    let mut fields = inside(info)?.into_iter().peekable();
    fields.next_if(|field| field.tag() == Tag::Integer)?;
    let [originator] = inside_as(fields.next()?, constructed(0))?.try_into().ok()?;
    let material = fields.next_if(|field| field.tag() == constructed(1));
    let material = match material {
        Some(explicit) => {
            let [material] = inside(explicit)?.try_into().ok()?;
            Some(octets(material)?)
        }
        None => None,
    };
    let algorithm = Algorithm::read(fields.next()?)?;
    // A sender who is named by a certificate, whose key is not in the file, is a stranger.
    let point = match inside_as(originator, constructed(1)) {
        Some(public) => {
            let [_, point] = public.try_into().ok()?;
            Some(bits(point)?)
        }
        None => None,
    };
    let keys = inside_as(fields.next()?, Tag::Sequence)?.into_iter();
    keys.map(|encrypted| {
        let [name, key] = inside_as(encrypted, Tag::Sequence)?.try_into().ok()?;
        let key = octets(key)?;
        Some(Recipient {
            name: RecipientName::read(name)?,
            key: point.map_or(SealedKey::Other, |point| SealedKey::Agreement {
                algorithm,
                point,
                material,
                key,
            }),
        })
    })
    .collect()
}

impl<'a> RecipientName<'a> {
    fn read(name: AnyRef<'a>) -> Option<Self> {
        if name.tag() == Tag::Sequence {
            let [issuer, serial] = inside(name)?.try_into().ok()?;
            return Some(Self::Certificate {
                issuer: issuer.to_der().ok()?,
                serial: serial.value(),
            });
        }
        Some(match name.tag() {
            // [0] of KeyTransRecipientInfo.
            Tag::ContextSpecific {
                constructed: false, ..
            } => Self::Key(name.value()),
            // [0] of KeyAgreeRecipientInfo, a `RecipientKeyIdentifier`: a date may follow.
            _ => Self::Key(octets(*inside(name)?.first()?)?),
        })
    }

    /// In words for a person.
    pub fn in_words(&self) -> String {
        match self {
            Self::Certificate { issuer, serial } => {
                let issuer = names::distinguished_name_of_der(issuer);
                let serial = names::serial_of_octets(serial);
                format!("the certificate {serial} issued by {issuer}")
            }
            Self::Key(identifier) => {
                format!("the key with the identifier {}", names::hex(identifier))
            }
            Self::Other => "a recipient without a certificate".to_owned(),
        }
    }
}

impl<'a> Algorithm<'a> {
    /// Reads one; `None` if it is none.
    pub fn read(value: AnyRef<'a>) -> Option<Self> {
        let fields = inside_as(value, Tag::Sequence)?;
        let (oid, parameters) = match fields.as_slice() {
            [oid] => (oid, None),
            [oid, parameters] => (oid, Some(*parameters)),
            _ => return None,
        };
        Some(Self {
            oid: oid_of(*oid)?,
            parameters,
        })
    }
}

/// The values inside one.
pub fn inside(value: AnyRef<'_>) -> Option<Vec<AnyRef<'_>>> {
    let mut reader = SliceReader::new(value.value()).ok()?;
    let mut values = Vec::new();
    while !reader.is_finished() {
        values.push(AnyRef::decode(&mut reader).ok()?);
    }
    Some(values)
}

/// The values inside one that has this tag.
pub fn inside_as(value: AnyRef<'_>, tag: Tag) -> Option<Vec<AnyRef<'_>>> {
    inside((value.tag() == tag).then_some(value)?)
}

/// The value of an `OBJECT IDENTIFIER`.
pub fn oid_of(value: AnyRef<'_>) -> Option<ObjectIdentifier> {
    value.decode_as().ok()
}

/// The octets of an `OCTET STRING`.
pub fn octets(value: AnyRef<'_>) -> Option<&[u8]> {
    (value.tag() == Tag::OctetString).then_some(value.value())
}

/// The content of a `BIT STRING` of whole bytes.
fn bits(value: AnyRef<'_>) -> Option<&[u8]> {
    match value.value() {
        [0, bits @ ..] if value.tag() == Tag::BitString => Some(bits),
        _ => None,
    }
}

/// `[number]` of a constructed type, or `EXPLICIT`.
pub fn constructed(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    }
}

fn primitive(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: false,
        number: TagNumber(number),
    }
}
