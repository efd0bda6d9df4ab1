//! The layers of a PKCS#12 file that need no password (RFC 7292, 4): PFX, MAC, and the safes of
//! its `AuthenticatedSafe`. What can be seen of a file and what a password opens both start here.

use der::asn1::OctetStringRef;
use der::{Decode, Encode};
use zeroize::Zeroizing;

use super::asn1::{CertBag, ContentInfo, EncryptedData, EncryptedPrivateKeyInfo, Pfx, SafeBag, oid};
use super::ber::{self, Der};
use super::error::DecodeError;
use super::mac::MacScheme;
use super::pbe::Scheme;

/// A file as far as it can be read without its password.
pub(super) struct File {
    /// Whether a layer was BER and not DER.
    pub(super) ber: bool,
    pub(super) mac: Option<Mac>,
    /// What the MAC is computed over.
    pub(super) content: Zeroizing<Vec<u8>>,
    pub(super) safes: Vec<Safe>,
}

/// A MAC as the file states it.
pub(super) struct Mac {
    pub(super) scheme: MacScheme,
    pub(super) value: Vec<u8>,
}

/// One element of the `AuthenticatedSafe`.
pub(super) enum Safe {
    /// The DER of its `SafeContents`, which may hold a key in clear.
    Plain(Zeroizing<Vec<u8>>),
    /// Its `SafeContents`, encrypted.
    Encrypted { scheme: Scheme, ciphertext: Vec<u8> },
}

/// A bag's content. Bags within bags are taken out of them.
pub(super) enum BagValue<'a> {
    /// The DER of a `PrivateKeyInfo` in clear.
    Key(Zeroizing<Vec<u8>>),
    ShroudedKey { scheme: Scheme, ciphertext: &'a [u8] },
    Certificate(&'a [u8]),
    /// Something certstow has no use for, named.
    Other(String),
}

/// A bag: what is in it and, as they stand, its attributes.
pub(super) struct Bag<'a> {
    pub(super) value: BagValue<'a>,
    pub(super) source: SafeBag<'a>,
}

/// Reads the layers in clear. Bytes after the file are ignored, as OpenSSL ignores them.
pub(super) fn parse(bytes: &[u8]) -> Result<File, DecodeError> {
    if !begins_like_a_pfx(bytes) {
        return Err(DecodeError::NotPkcs12);
    }
    let file = to_der(bytes, "the file")?;
    let pfx = Pfx::from_der(file.as_bytes()).map_err(|_| unreadable("the outer structure"))?;
    let mac = match &pfx.mac_data {
        None => None,
        Some(mac_data) => Some(Mac {
            scheme: MacScheme::from_mac_data(mac_data)?,
            value: mac_data.mac.digest.as_bytes().to_vec(),
        }),
    };
    if pfx.auth_safe.content_type == oid::SIGNED_DATA {
        return Err(DecodeError::Unsupported(
            "a PKCS#12 file protected by a signature instead of a password".into(),
        ));
    }
    let content = data(&pfx.auth_safe, "the authenticated safe")?;
    let safes = to_der(content, "the authenticated safe")?;
    let infos = Vec::<ContentInfo<'_>>::from_der(safes.as_bytes())
        .map_err(|_| unreadable("the authenticated safe"))?;
    let mut ber = file.was_ber() || safes.was_ber();
    let safes = (1..)
        .zip(&infos)
        .map(|(number, info)| safe(info, &format!("safe {number}"), &mut ber))
        .collect::<Result<_, _>>()?;
    Ok(File {
        ber,
        mac,
        content: Zeroizing::new(content.to_vec()),
        safes,
    })
}

/// Whether the bytes are a SEQUENCE that begins with the INTEGER 3, which no certificate and no
/// key does.
fn begins_like_a_pfx(bytes: &[u8]) -> bool {
    let Some((&[0x30, length], rest)) = bytes.split_first_chunk::<2>() else {
        return false;
    };
    let octets = if length > 0x80 { usize::from(length & 0x7f) } else { 0 };
    rest.get(octets..).is_some_and(|content| content.starts_with(&[2, 1, 3]))
}

fn safe(info: &ContentInfo<'_>, place: &str, ber: &mut bool) -> Result<Safe, DecodeError> {
    if info.content_type == oid::ENVELOPED_DATA {
        return Err(DecodeError::Unsupported("a safe encrypted to a public key".into()));
    }
    if info.content_type != oid::ENCRYPTED_DATA {
        let contents = to_der(data(info, place)?, place)?;
        *ber |= contents.was_ber();
        return Ok(Safe::Plain(contents.into_owned()));
    }
    let encrypted: EncryptedData<'_> = info.content.decode_as().map_err(|_| unreadable(place))?;
    let encrypted = encrypted.encrypted_content_info;
    Ok(Safe::Encrypted {
        scheme: Scheme::from_algorithm(&encrypted.content_encryption_algorithm)?,
        ciphertext: encrypted
            .encrypted_content
            .ok_or_else(|| DecodeError::Damaged(format!("{place} has no content")))?
            .as_bytes()
            .to_vec(),
    })
}

/// The content of a ContentInfo of type `data`.
fn data<'a>(info: &ContentInfo<'a>, place: &str) -> Result<&'a [u8], DecodeError> {
    if info.content_type != oid::DATA {
        return Err(DecodeError::Unsupported(format!(
            "{place} of the content type {}",
            info.content_type
        )));
    }
    let content: &OctetStringRef = info.content.decode_as().map_err(|_| unreadable(place))?;
    Ok(content.as_bytes())
}

/// The bags of a `SafeContents` in DER, in their order, those within bags included.
pub(super) fn bags<'a>(contents: &'a [u8], place: &str) -> Result<Vec<Bag<'a>>, DecodeError> {
    let mut found = Vec::new();
    let bags = Vec::<SafeBag<'a>>::from_der(contents).map_err(|_| unreadable(place))?;
    flatten(bags, place, &mut found)?;
    Ok(found)
}

/// Bags may nest as deep as [`ber::to_der`] let the elements nest that they are made of.
fn flatten<'a>(bags: Vec<SafeBag<'a>>, place: &str, found: &mut Vec<Bag<'a>>) -> Result<(), DecodeError> {
    for bag in bags {
        if bag.bag_id == oid::SAFE_CONTENTS_BAG {
            let inner = bag.bag_value.decode_as().map_err(|_| unreadable(place))?;
            flatten(inner, place, found)?;
        } else {
            let place = format!("bag {} of {place}", found.len() + 1);
            found.push(Bag {
                value: bag_value(&bag, &place)?,
                source: bag,
            });
        }
    }
    Ok(())
}

fn bag_value<'a>(bag: &SafeBag<'a>, place: &str) -> Result<BagValue<'a>, DecodeError> {
    let damaged = |_| unreadable(place);
    Ok(match bag.bag_id {
        oid::KEY_BAG => BagValue::Key(Zeroizing::new(bag.bag_value.to_der().map_err(damaged)?)),
        oid::SHROUDED_KEY_BAG => {
            let info: EncryptedPrivateKeyInfo<'a> = bag.bag_value.decode_as().map_err(damaged)?;
            BagValue::ShroudedKey {
                scheme: Scheme::from_algorithm(&info.encryption_algorithm)?,
                ciphertext: info.encrypted_data.as_bytes(),
            }
        }
        oid::CERT_BAG => certificate(bag.bag_value.decode_as().map_err(damaged)?).map_err(damaged)?,
        oid::CRL_BAG => BagValue::Other("a revocation list".into()),
        oid::SECRET_BAG => BagValue::Other("a secret".into()),
        other => BagValue::Other(format!("a bag of the kind {other}")),
    })
}

fn certificate(bag: CertBag<'_>) -> der::Result<BagValue<'_>> {
    if bag.cert_id != oid::X509_CERTIFICATE {
        return Ok(BagValue::Other("a certificate that is not X.509".into()));
    }
    let der: &OctetStringRef = bag.cert_value.decode_as()?;
    Ok(BagValue::Certificate(der.as_bytes()))
}

fn to_der<'a>(bytes: &'a [u8], place: &str) -> Result<Der<'a>, DecodeError> {
    ber::to_der(bytes).map_err(|error| DecodeError::Damaged(format!("{place}: {error}")))
}

fn unreadable(place: &str) -> DecodeError {
    DecodeError::Damaged(format!("{place} cannot be read"))
}
