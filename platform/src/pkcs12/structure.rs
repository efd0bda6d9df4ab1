//! The layers of a PKCS#12 file that need no password (RFC 7292, section 4): `PFX`, its
//! `AuthenticatedSafe`, and the `SafeContents` with their bags, encrypted ones unopened.

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::ber::{Reader, Value};
use super::decode::BagAttributes;
use super::der::{EXPLICIT_0, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET};
use super::error::DecodeError;
use super::mac::StoredMac;
use super::oid;
use super::pbe::{self, Scheme};

/// How deep safeContentsBags may be nested.
const MAX_NESTING: u8 = 8;

/// A file, as far as it can be read without its password.
pub(super) struct Structure {
    /// Whether a length or string of the outer layers is encoded as DER would not.
    pub(super) ber: bool,
    /// The bytes of the `AuthenticatedSafe`, which the MAC is over.
    pub(super) content: Zeroizing<Vec<u8>>,
    pub(super) mac: Option<StoredMac>,
    pub(super) safes: Vec<Safe>,
}

/// One `ContentInfo` of the `AuthenticatedSafe`.
pub(super) enum Safe {
    /// Its `SafeContents` lie open.
    Plain(Vec<Bag>),
    /// Its `SafeContents` are encrypted as a whole.
    Encrypted {
        scheme: Scheme,
        text: Zeroizing<Vec<u8>>,
    },
}

/// One `SafeBag`.
pub(super) struct Bag {
    pub(super) content: BagContent,
    pub(super) attributes: BagAttributes,
}

pub(super) enum BagContent {
    /// A `PrivateKeyInfo`, in clear.
    Key(Zeroizing<Vec<u8>>),
    /// An `EncryptedPrivateKeyInfo`.
    ShroudedKey {
        scheme: Scheme,
        text: Zeroizing<Vec<u8>>,
    },
    /// An X.509 certificate.
    Certificate(Vec<u8>),
    /// Something certstow does not save: a CRL, a secret, another kind of certificate.
    Other(String),
}

impl Structure {
    /// Reads a file's outer layers. What follows the `PFX` is not looked at, as OpenSSL, NSS and
    /// Java do not either.
    pub(super) fn read(bytes: &[u8], max_bags: usize) -> Result<Self, DecodeError> {
        let mut fields = pfx_fields(bytes)?;
        let damaged = DecodeError::damaged("the outermost layer");
        let auth_safe = fields.expect(SEQUENCE).map_err(&damaged)?;
        let mac = fields.optional(SEQUENCE).map_err(&damaged)?;
        fields.end().map_err(&damaged)?;
        let (content_type, content) = content_info(&auth_safe)?;
        match content_type {
            oid::DATA => {}
            oid::SIGNED_DATA => {
                let what = "a signature in place of a password";
                return Err(DecodeError::Unsupported(what.into()));
            }
            other => {
                return Err(DecodeError::Unsupported(format!(
                    "the content type {other}"
                )));
            }
        }
        let octets = content.octets().map_err(&damaged)?;
        let mut ber = auth_safe.indefinite || content.tag != OCTET_STRING;
        let mut budget = max_bags;
        let safes = safes(&octets, &mut ber, &mut budget)?;
        let mac = mac.as_ref().map(StoredMac::read).transpose()?;
        Ok(Self {
            ber,
            content: octets,
            mac,
            safes,
        })
    }
}

/// What follows the version in a `PFX`.
fn pfx_fields(bytes: &[u8]) -> Result<Reader<'_>, DecodeError> {
    let damaged = DecodeError::damaged("the outermost layer");
    let version_3 = [INTEGER, 1, 3];
    let begins_like_one = bytes.first() == Some(&SEQUENCE)
        && bytes
            .iter()
            .take(10)
            .collect::<Vec<_>>()
            .windows(3)
            .any(|part| part == version_3.each_ref());
    if !begins_like_one {
        return Err(DecodeError::NotPkcs12);
    }
    let mut fields = Reader::new(bytes)
        .expect(SEQUENCE)
        .map_err(&damaged)?
        .inside();
    let version = fields
        .expect(INTEGER)
        .and_then(|version| version.unsigned());
    if version.map_err(&damaged)? != 3 {
        return Err(DecodeError::NotPkcs12);
    }
    Ok(fields)
}

/// The type of a `ContentInfo` and the value under its explicit tag.
fn content_info<'a>(info: &Value<'a>) -> Result<(ObjectIdentifier, Value<'a>), DecodeError> {
    let damaged = DecodeError::damaged("a part of the file");
    let mut fields = info.inside();
    let name = fields
        .expect(OBJECT_IDENTIFIER)
        .and_then(|name| name.oid())
        .map_err(&damaged)?;
    let content = fields
        .expect(EXPLICIT_0)
        .and_then(|content| content.inside().any());
    let content = content.map_err(&damaged)?;
    fields.end().map_err(&damaged)?;
    Ok((name, content))
}

fn safes(octets: &[u8], ber: &mut bool, budget: &mut usize) -> Result<Vec<Safe>, DecodeError> {
    let damaged = DecodeError::damaged("the list of parts");
    let list = Reader::new(octets).expect(SEQUENCE).map_err(&damaged)?;
    *ber |= list.indefinite;
    let mut infos = list.inside();
    let mut safes = Vec::new();
    while !infos.is_empty() {
        spend(budget)?;
        let info = infos.any().map_err(&damaged)?;
        let (content_type, content) = content_info(&info)?;
        *ber |= info.indefinite || content.indefinite;
        safes.push(match content_type {
            oid::DATA => {
                let octets = content.octets().map_err(&damaged)?;
                Safe::Plain(safe_contents(&octets, budget)?)
            }
            oid::ENCRYPTED_DATA => encrypted_data(&content)?,
            oid::ENVELOPED_DATA => {
                let what = "encryption to a certificate in place of a password";
                return Err(DecodeError::Unsupported(what.into()));
            }
            other => {
                return Err(DecodeError::Unsupported(format!(
                    "the content type {other}"
                )));
            }
        });
    }
    Ok(safes)
}

/// `EncryptedData` (RFC 5652, section 8).
fn encrypted_data(data: &Value<'_>) -> Result<Safe, DecodeError> {
    let damaged = DecodeError::damaged("an encrypted part");
    let mut fields = data.inside();
    fields.expect(INTEGER).map_err(&damaged)?;
    let mut fields = fields.expect(SEQUENCE).map_err(&damaged)?.inside();
    fields.expect(OBJECT_IDENTIFIER).map_err(&damaged)?;
    let scheme = Scheme::read(&fields.expect(SEQUENCE).map_err(&damaged)?)?;
    // [0] IMPLICIT OCTET STRING: its own tag is replaced, the pieces' are not.
    let text = fields
        .any()
        .and_then(|text| text.octets())
        .map_err(&damaged)?;
    Ok(Safe::Encrypted { scheme, text })
}

/// The bags of `SafeContents`, those of nested ones among them. `budget` is how many there may be.
pub(super) fn safe_contents(octets: &[u8], budget: &mut usize) -> Result<Vec<Bag>, DecodeError> {
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
        let name = fields.expect(OBJECT_IDENTIFIER).and_then(|name| name.oid());
        let name = name.map_err(&damaged)?;
        let value = fields
            .expect(EXPLICIT_0)
            .and_then(|value| value.inside().any());
        let value = value.map_err(&damaged)?;
        if name == oid::SAFE_CONTENTS_BAG {
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
        bags.push(Bag {
            content: bag_content(name, &value)?,
            attributes,
        });
    }
    Ok(())
}

fn bag_content(name: ObjectIdentifier, value: &Value<'_>) -> Result<BagContent, DecodeError> {
    let damaged = DecodeError::damaged(BAGS);
    Ok(match name {
        oid::KEY_BAG => BagContent::Key(Zeroizing::new(value.raw.to_vec())),
        oid::SHROUDED_KEY_BAG => {
            let (scheme, text) = pbe::encrypted_private_key(value.raw)?;
            BagContent::ShroudedKey { scheme, text }
        }
        oid::CERTIFICATE_BAG => {
            let mut fields = value.inside();
            let kind = fields.expect(OBJECT_IDENTIFIER).and_then(|kind| kind.oid());
            let kind = kind.map_err(&damaged)?;
            if kind != oid::X509_CERTIFICATE {
                return Ok(BagContent::Other(format!(
                    "a certificate of the type {kind}"
                )));
            }
            let der = fields
                .expect(EXPLICIT_0)
                .and_then(|content| content.inside().any()?.octets());
            BagContent::Certificate(der.map_err(&damaged)?.to_vec())
        }
        oid::CRL_BAG => BagContent::Other("a revocation list".into()),
        oid::SECRET_BAG => BagContent::Other("a secret".into()),
        other => BagContent::Other(format!("a bag of the type {other}")),
    })
}

fn spend(budget: &mut usize) -> Result<(), DecodeError> {
    *budget = budget
        .checked_sub(1)
        .ok_or_else(|| DecodeError::Damaged("it holds more parts than any real file".into()))?;
    Ok(())
}
