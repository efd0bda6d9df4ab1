//! The layers of a PKCS#12 file that need no password (RFC 7292, section 4): `PFX`, its
//! `AuthenticatedSafe`, and the `SafeContents` with their bags, encrypted ones unopened.

use std::fmt;

use zeroize::Zeroizing;

use super::error::DecodeError;
use super::limits::Limits;
use super::mac::StoredMac;
use super::oid;
use super::pbe::{self, Scheme};
use crate::ber::{Oid, Reader, UNEXPECTED, Value, Wrong};
use crate::der::{
    EXPLICIT_0, EXPLICIT_1, IA5_STRING, IMPLICIT_0, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING,
    SEQUENCE, SET,
};
use crate::pkcs12::bag_attributes::BagAttributes;

/// How deep safeContentsBags may be nested.
const MAX_NESTING: u8 = 8;

/// A file, as far as it can be read without its password.
pub struct Structure {
    /// Whether any unencrypted part is BER that is not DER.
    pub(super) ber: bool,
    /// The bytes of the `AuthenticatedSafe`, which the MAC is over.
    pub(super) content: Zeroizing<Vec<u8>>,
    pub(super) mac: Option<StoredMac>,
    /// Its parts.
    pub safes: Vec<Safe>,
    /// How many parts and bags there may still be.
    pub(super) bags_left: usize,
    /// What follows the `PFX`.
    pub(super) tail: Tail,
}

/// What follows the `PFX` in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// Nothing, as it should be.
    Nothing,
    /// So many octets, which most programs do not look at.
    Octets(usize),
    /// Another `PFX`, of which no program reads anything.
    Pfx,
}

impl Tail {
    fn of(bytes: &[u8]) -> Self {
        match bytes {
            [] => Self::Nothing,
            _ if pfx(bytes).is_ok() => Self::Pfx,
            _ => Self::Octets(bytes.len()),
        }
    }
}

/// One `ContentInfo` of the `AuthenticatedSafe`.
pub enum Safe {
    /// Its `SafeContents` lie open.
    Plain(Vec<Bag>),
    /// Its `SafeContents` are encrypted as a whole.
    Encrypted {
        /// How.
        scheme: Scheme,
        /// The encrypted octets.
        text: Zeroizing<Vec<u8>>,
    },
    /// Something no password opens; the text names it.
    Other(String),
}

/// One `SafeBag`.
pub struct Bag {
    /// What it holds.
    pub content: BagContent,
    /// What is said of it.
    pub attributes: BagAttributes,
    /// Whether it lies in a safeContentsBag.
    pub nested: bool,
}

/// What a bag holds (RFC 7292, 4.2).
pub enum BagContent {
    /// A `PrivateKeyInfo`, in clear.
    Key(Zeroizing<Vec<u8>>),
    /// An `EncryptedPrivateKeyInfo`.
    ShroudedKey {
        /// How.
        scheme: Scheme,
        /// The encrypted octets.
        text: Zeroizing<Vec<u8>>,
    },
    /// An X.509 certificate.
    Certificate(Vec<u8>),
    /// Something certstow does not save.
    Other(OtherBag),
}

/// A bag without a private key or an X.509 certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtherBag {
    /// A crlBag.
    RevocationList,
    /// A secretBag.
    Secret,
    /// A certBag with an SDSI certificate.
    SdsiCertificate,
    /// A certBag with a certificate of another type, which is named.
    Certificate(String),
    /// A bag of another type, which is named.
    Unknown(String),
}

impl fmt::Display for OtherBag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RevocationList => f.write_str("a revocation list"),
            Self::Secret => f.write_str("a secret"),
            Self::SdsiCertificate => f.write_str("an SDSI certificate"),
            Self::Certificate(name) => write!(f, "a certificate of the type {name}"),
            Self::Unknown(name) => write!(f, "a bag of the type {name}"),
        }
    }
}

impl Structure {
    /// Reads a file's outer layers. What follows the `PFX` is not read, as by OpenSSL, NSS and
    /// Java.
    ///
    /// # Errors
    /// [`DecodeError::NotPkcs12`], [`DecodeError::Damaged`] and [`DecodeError::Unsupported`].
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, DecodeError> {
        limits.check_size(bytes)?;
        let pfx = pfx(bytes)?;
        let damaged = DecodeError::damaged("the outermost layer");
        let mut fields = pfx.inside();
        let version = fields
            .expect(INTEGER)
            .and_then(|version| version.unsigned());
        if version.map_err(&damaged)? != 3 {
            return Err(DecodeError::NotPkcs12);
        }
        let auth_safe = fields.expect(SEQUENCE).map_err(&damaged)?;
        let mac = fields.optional(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        let (content_type, fields) = content_info(&auth_safe)?;
        match content_type.known() {
            Some(oid::DATA) => {}
            Some(oid::SIGNED_DATA) => {
                let what = "a signature in place of a password";
                return Err(DecodeError::Unsupported(what.into()));
            }
            _ => return Err(DecodeError::Unsupported(unknown_content(content_type))),
        }
        let octets = content(fields, OCTET_STRING)?.octets().map_err(&damaged)?;
        let mut parts = Parts {
            ber: !pfx.is_der_throughout(),
            bags_left: limits.max_bags,
        };
        let safes = parts.read(&octets)?;
        let mac = mac.as_ref().map(StoredMac::read).transpose()?;
        Ok(Self {
            ber: parts.ber,
            content: octets,
            mac,
            safes,
            bags_left: parts.bags_left,
            tail: Tail::of(&bytes[pfx.raw.len()..]),
        })
    }

    /// Whether nothing in the file is encrypted and no MAC is over it, so that it opens whatever
    /// the password.
    pub fn needs_no_password(&self) -> bool {
        self.mac.is_none() && !self.safes.iter().any(Safe::is_locked)
    }
}

impl Safe {
    /// Whether anything in it takes a password.
    fn is_locked(&self) -> bool {
        match self {
            Self::Encrypted { .. } => true,
            Self::Plain(bags) => bags
                .iter()
                .any(|bag| matches!(bag.content, BagContent::ShroudedKey { .. })),
            Self::Other(_) => false,
        }
    }
}

/// The `PFX`, which begins with the number 3.
fn pfx(bytes: &[u8]) -> Result<Value<'_>, DecodeError> {
    let version_3 = [INTEGER, 1, 3];
    let head = &bytes[..bytes.len().min(10)];
    if head.first() != Some(&SEQUENCE) || !head.windows(3).any(|part| part == version_3) {
        return Err(DecodeError::NotPkcs12);
    }
    let pfx = Reader::new(bytes).expect(SEQUENCE);
    pfx.map_err(DecodeError::damaged("the outermost layer"))
}

const PART: &str = "a part of the file";

/// The type of a `ContentInfo`, and the fields that follow it.
fn content_info<'a>(info: &Value<'a>) -> Result<(Oid<'a>, Reader<'a>), DecodeError> {
    let mut fields = info.inside();
    let name = fields.expect(OBJECT_IDENTIFIER);
    let name = name.map_err(DecodeError::damaged(PART))?.oid();
    Ok((name, fields))
}

/// The value of this type under the explicit tag of a `ContentInfo`, which nothing follows.
fn content(mut fields: Reader<'_>, tag: u8) -> Result<Value<'_>, DecodeError> {
    let damaged = DecodeError::damaged(PART);
    let content = explicit(&mut fields, |inside| inside.expect(tag));
    let content = content.map_err(&damaged)?;
    fields.end().map_err(&damaged)?;
    Ok(content)
}

/// The one value that `read` takes from under the explicit tag `[0]`.
fn explicit<'a>(
    fields: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<Value<'a>, Wrong>,
) -> Result<Value<'a>, Wrong> {
    let mut inside = fields.expect(EXPLICIT_0)?.inside();
    let value = read(&mut inside)?;
    inside.end()?;
    Ok(value)
}

/// The fields of a value that must be a `SEQUENCE`.
fn sequence<'a>(value: &Value<'a>) -> Result<Reader<'a>, Wrong> {
    match value.tag {
        SEQUENCE => Ok(value.inside()),
        _ => Err(UNEXPECTED),
    }
}

fn unknown_content(name: Oid<'_>) -> String {
    match name.known() {
        Some(oid::ENVELOPED_DATA) => "encryption to a certificate in place of a password".into(),
        _ => format!("the content type {name}"),
    }
}

/// Reads the parts of a file, and keeps what there is to say of all of them.
struct Parts {
    ber: bool,
    bags_left: usize,
}

impl Parts {
    /// Reads the `AuthenticatedSafe`. A part that no password opens is no hindrance to the
    /// others, as it is none to OpenSSL; a file that has nothing else is refused.
    fn read(&mut self, octets: &[u8]) -> Result<Vec<Safe>, DecodeError> {
        let damaged = DecodeError::damaged("the list of parts");
        let list = Reader::new(octets).expect(SEQUENCE).map_err(&damaged)?;
        self.ber |= !list.is_der_throughout();
        let mut infos = list.inside();
        let mut safes = Vec::new();
        while !infos.is_empty() {
            spend(&mut self.bags_left)?;
            safes.push(self.part(&infos.expect(SEQUENCE).map_err(&damaged)?)?);
        }
        let only_others = safes.iter().all(|safe| matches!(safe, Safe::Other(_)));
        match safes.first() {
            Some(Safe::Other(what)) if only_others => Err(DecodeError::Unsupported(what.clone())),
            _ => Ok(safes),
        }
    }

    fn part(&mut self, info: &Value<'_>) -> Result<Safe, DecodeError> {
        let (content_type, fields) = content_info(info)?;
        match content_type.known() {
            Some(oid::DATA) => {
                let octets = content(fields, OCTET_STRING)?
                    .octets()
                    .map_err(DecodeError::damaged(PART))?;
                let contents = Reader::new(&octets).any();
                self.ber |= !contents.is_ok_and(|contents| contents.is_der_throughout());
                Ok(Safe::Plain(safe_contents(&octets, &mut self.bags_left)?))
            }
            Some(oid::ENCRYPTED_DATA) => self.encrypted_data(&content(fields, SEQUENCE)?),
            _ => Ok(Safe::Other(unknown_content(content_type))),
        }
    }

    /// `EncryptedData` (RFC 5652, section 8).
    fn encrypted_data(&mut self, data: &Value<'_>) -> Result<Safe, DecodeError> {
        let damaged = DecodeError::damaged("an encrypted part");
        let mut outer = data.inside();
        outer.expect(INTEGER).map_err(&damaged)?;
        let mut fields = outer.expect(SEQUENCE).map_err(&damaged)?.inside();
        // unprotectedAttrs
        outer.optional(EXPLICIT_1).map_err(&damaged)?;
        outer.end().map_err(&damaged)?;
        fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?;
        let scheme = Scheme::read(&fields.expect(SEQUENCE).map_err(&damaged)?)?;
        // [0] IMPLICIT OCTET STRING: its own tag is replaced, the pieces' are not.
        let text = fields.any().map_err(&damaged)?;
        if !matches!(text.tag, IMPLICIT_0 | EXPLICIT_0) {
            return Err(damaged(UNEXPECTED));
        }
        fields.end().map_err(&damaged)?;
        self.ber |= text.tag != IMPLICIT_0;
        let text = text.octets().map_err(&damaged)?;
        Ok(Safe::Encrypted { scheme, text })
    }
}

/// The bags of `SafeContents`, those of nested ones among them. `budget` is how many there may be.
pub fn safe_contents(octets: &[u8], budget: &mut usize) -> Result<Vec<Bag>, DecodeError> {
    let mut bags = Vec::new();
    let contents = Reader::new(octets)
        .expect(SEQUENCE)
        .map_err(DecodeError::damaged(BAGS))?;
    gather_bags(&contents, &mut bags, budget, MAX_NESTING)?;
    Ok(bags)
}

const BAGS: &str = "the contents of a part";

fn gather_bags(
    contents: &Value<'_>,
    bags: &mut Vec<Bag>,
    budget: &mut usize,
    nesting: u8,
) -> Result<(), DecodeError> {
    let damaged = DecodeError::damaged(BAGS);
    let mut values = contents.inside();
    while !values.is_empty() {
        spend(budget)?;
        let mut fields = values.expect(SEQUENCE).map_err(&damaged)?.inside();
        let name = fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?.oid();
        let value = explicit(&mut fields, Reader::any).map_err(&damaged)?;
        if name.known() == Some(oid::SAFE_CONTENTS_BAG) {
            sequence(&value).map_err(&damaged)?;
            let nesting = nesting
                .checked_sub(1)
                .ok_or_else(|| damaged("it is nested too deeply"))?;
            gather_bags(&value, bags, budget, nesting)?;
            continue;
        }
        let attributes = match fields.optional(SET).map_err(&damaged)? {
            None => BagAttributes::default(),
            Some(attributes) => BagAttributes::read(&attributes).map_err(&damaged)?,
        };
        fields.end().map_err(&damaged)?;
        bags.push(Bag {
            content: bag_content(name, &value)?,
            attributes,
            nested: nesting < MAX_NESTING,
        });
    }
    Ok(())
}

fn bag_content(name: Oid<'_>, value: &Value<'_>) -> Result<BagContent, DecodeError> {
    let damaged = DecodeError::damaged(BAGS);
    Ok(match name.known() {
        Some(oid::KEY_BAG) => BagContent::Key(Zeroizing::new(value.raw.to_vec())),
        Some(oid::SHROUDED_KEY_BAG) => {
            let (scheme, text) = pbe::encrypted_private_key(value.raw)?;
            BagContent::ShroudedKey { scheme, text }
        }
        Some(oid::CERTIFICATE_BAG) => {
            let (kind, certificate) = typed(value).map_err(&damaged)?;
            match kind.known() {
                Some(oid::X509_CERTIFICATE) => {
                    BagContent::Certificate(certificate.octets().map_err(&damaged)?.to_vec())
                }
                Some(oid::SDSI_CERTIFICATE) => BagContent::Other(OtherBag::SdsiCertificate),
                _ => BagContent::Other(OtherBag::Certificate(kind.to_string())),
            }
        }
        Some(oid::CRL_BAG) => {
            typed(value).map_err(&damaged)?;
            BagContent::Other(OtherBag::RevocationList)
        }
        Some(oid::SECRET_BAG) => {
            typed(value).map_err(&damaged)?;
            BagContent::Other(OtherBag::Secret)
        }
        _ => BagContent::Other(OtherBag::Unknown(name.to_string())),
    })
}

/// What a certificate, a revocation list and a secret have in common: a type, and a value of that
/// type under an explicit tag (RFC 7292, 4.2.3 to 4.2.5).
fn typed<'a>(value: &Value<'a>) -> Result<(Oid<'a>, Value<'a>), Wrong> {
    let mut fields = sequence(value)?;
    let kind = fields.expect(OBJECT_IDENTIFIER)?.oid();
    let value = explicit(&mut fields, |inside| match kind.known() {
        Some(oid::X509_CERTIFICATE | oid::X509_CRL) => inside.expect(OCTET_STRING),
        Some(oid::SDSI_CERTIFICATE) => inside.expect(IA5_STRING),
        _ => inside.any(),
    })?;
    fields.end()?;
    Ok((kind, value))
}

fn spend(budget: &mut usize) -> Result<(), DecodeError> {
    *budget = budget
        .checked_sub(1)
        .ok_or_else(|| DecodeError::Damaged("it holds more parts than any real file".into()))?;
    Ok(())
}
