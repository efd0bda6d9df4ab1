//! What a file holds, piece by piece: certificates, keys (those of a Java keystore, too) and PKCS#12
//! containers, told by their outer structure, or else by PEM labels; never by the file's name. In a text
//! of another kind they are looked for inside it.

use certstow_formats::certificate;
use certstow_formats::cms::signed_data;
use certstow_formats::der::{INTEGER, SEQUENCE};
use certstow_formats::embedded::{self, EmbeddedError, Piece};
use certstow_formats::jks::{self, Content};
use certstow_formats::key::KeyForm;
use certstow_formats::pkcs12::decode::BagAttributes;
use certstow_formats::pkcs12::pem_encryption;
use zeroize::Zeroizing;

use super::bag_attributes;
use super::pem::{Blocks, PemBlock};
use super::text;

/// A piece of a file.
pub(crate) enum Block<'a> {
    /// The DER of what should be a certificate, and what the text before it says.
    Certificate(&'a [u8], BagAttributes),
    /// The DER of a key and what the text before it says.
    Key(KeyBlock<'a>, BagAttributes),
    /// A PKCS#12 container.
    Pkcs12(&'a [u8]),
    /// Something of ours that cannot be used, and why.
    Unusable(String),
    /// A private key under a PEM label that is not read.
    OtherKey(&'a str),
}

/// A key as it stands in a file.
#[derive(Clone, Copy)]
pub(crate) struct KeyBlock<'a> {
    pub(crate) form: KeyForm,
    pub(crate) der: &'a [u8],
    /// For [`KeyForm::Sec1`], the curve a preceding block named.
    pub(crate) curve: Option<&'a [u8]>,
    /// The DER of its certificate, where the file says which that is.
    pub(crate) certificate: Option<&'a [u8]>,
}

/// Whether these first bytes of a large file are worth reading on for.
pub(crate) fn looks_like_one_of_ours(start: &[u8]) -> bool {
    // Any text may begin with the digit that SEQUENCE is; a length of several bytes is no text.
    super::pem::has_block(start)
        || text::from_utf16(start).is_some_and(|text| super::pem::has_block(&text))
        || matches!(start, [SEQUENCE, 0x80..=0x88, ..])
        || jks::begins_like_one(start)
}

/// Whether these first bytes are of a text of another kind that is worth reading on for.
pub(crate) fn may_have_ours_inside(start: &[u8]) -> bool {
    // "-----BEGIN ", and the same in base64.
    let marks: [&[u8]; 2] = [b"-----BEGIN ", b"LS0tLS1CRUdJTi"];
    marks
        .iter()
        .any(|mark| super::pem::find(start, mark).is_some())
}

/// What a file is to its pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// It has none.
    Foreign,
    /// It is made of them: PEM, or a binary form.
    Own,
    /// They stand inside a text of another kind: JSON, YAML, `.env`, `.ovpn`.
    OtherText,
}

/// Hands every piece of a file to `take`, in order; `scratch` is a buffer to decode into.
pub(crate) fn read(
    bytes: &[u8],
    scratch: &mut Zeroizing<Vec<u8>>,
    take: &mut dyn FnMut(Block<'_>),
) -> Form {
    match text::from_utf16(bytes) {
        Some(text) => read_octets(&text, scratch, take),
        None => read_octets(bytes, scratch, take),
    }
}

fn read_octets(
    bytes: &[u8],
    scratch: &mut Zeroizing<Vec<u8>>,
    take: &mut dyn FnMut(Block<'_>),
) -> Form {
    let is_inside = Blocks(bytes).any(|block| block.is_inside_other_text());
    if !is_inside
        && (read_blocks(bytes, scratch, take)
            || read_binary(bytes, take)
            || text::decode_bare_base64(bytes, scratch) && read_binary(scratch, take))
    {
        return Form::Own;
    }
    match embedded::pieces(bytes, &embedded::Limits::default()) {
        // Such as a block without an end, which is named.
        Ok(pieces) if pieces.is_empty() => match is_inside && read_blocks(bytes, scratch, take) {
            true => Form::OtherText,
            false => Form::Foreign,
        },
        Ok(pieces) => {
            for Piece { content, .. } in pieces {
                let _ = read_blocks(&content, scratch, take) || read_binary(&content, take);
            }
            Form::OtherText
        }
        Err(EmbeddedError::TooLarge(_)) => Form::Foreign,
        Err(error @ EmbeddedError::TooMany(_)) => {
            take(Block::Unusable(error.to_string()));
            Form::OtherText
        }
    }
}

/// The PEM blocks of a text; whether there are any.
fn read_blocks(
    bytes: &[u8],
    scratch: &mut Zeroizing<Vec<u8>>,
    take: &mut dyn FnMut(Block<'_>),
) -> bool {
    let mut pem = false;
    let mut curve: Option<Vec<u8>> = None;
    for block in Blocks(bytes) {
        pem = true;
        if block.label == "EC PARAMETERS" {
            curve = block.decode(scratch).is_ok().then(|| scratch.to_vec());
        } else {
            read_pem(&block, curve.as_deref(), scratch, take);
        }
    }
    pem
}

/// What bytes are.
#[derive(Clone, Copy)]
enum Kind {
    Certificate,
    Key(KeyForm),
    Pkcs12,
    SignedData,
    Keystore,
}

impl Kind {
    /// What they say themselves.
    fn of(bytes: &[u8]) -> Option<Self> {
        if begins_like_pkcs12(bytes) {
            Some(Self::Pkcs12)
        } else if signed_data::begins_like_one(bytes) {
            Some(Self::SignedData)
        } else if let Some(form) = KeyForm::of(bytes) {
            Some(Self::Key(form))
        } else if jks::begins_like_one(bytes) {
            Some(Self::Keystore)
        } else {
            certificate::begins_like_one(bytes).then_some(Self::Certificate)
        }
    }

    /// What a PEM label says.
    fn of_label(label: &str) -> Option<Self> {
        Some(match label {
            "PRIVATE KEY" => Self::Key(KeyForm::Pkcs8),
            "ENCRYPTED PRIVATE KEY" => Self::Key(KeyForm::EncryptedPkcs8),
            "RSA PRIVATE KEY" => Self::Key(KeyForm::Pkcs1),
            "EC PRIVATE KEY" => Self::Key(KeyForm::Sec1),
            "DSA PRIVATE KEY" => Self::Key(KeyForm::Dsa),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Self::Certificate,
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => Self::SignedData,
            "PKCS12" | "PFX" => Self::Pkcs12,
            _ => return None,
        })
    }
}

/// What is known of a piece besides its bytes.
#[derive(Default)]
struct Beside<'a> {
    curve: Option<&'a [u8]>,
    attributes: BagAttributes,
}

fn read_pem(
    block: &PemBlock<'_>,
    curve: Option<&[u8]>,
    scratch: &mut Zeroizing<Vec<u8>>,
    take: &mut dyn FnMut(Block<'_>),
) {
    let label = block.label;
    let Some(told) = Kind::of_label(label) else {
        if label.ends_with("PRIVATE KEY") {
            take(Block::OtherKey(label));
        }
        return;
    };
    if let Err(reason) = block.decode(scratch) {
        return take(Block::Unusable(format!(
            "its {label} block cannot be read: {reason}"
        )));
    }
    let attributes = bag_attributes::read(block.before);
    let beside = Beside { curve, attributes };
    if matches!(told, Kind::Key(_)) && block.is_encrypted() {
        let dek_info = block.header("DEK-Info").unwrap_or_default();
        return match pem_encryption::from_dek_info(dek_info, scratch) {
            Ok(der) => read_as(Kind::Key(KeyForm::EncryptedPkcs8), &der, beside, take),
            Err(error) => take(Block::Unusable(format!(
                "its {label} is encrypted, and {error}; convert it: openssl pkcs8 -topk8 -in OLD \
                 -out NEW"
            ))),
        };
    }
    // Programs put many a thing under the label of another.
    read_as(Kind::of(scratch).unwrap_or(told), scratch, beside, take);
}

/// One value after the other, with or without padding between and behind them.
fn read_binary(bytes: &[u8], take: &mut dyn FnMut(Block<'_>)) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        let first = certificate::without_trailing_data(rest);
        let Some(kind) = Kind::of(first) else {
            break;
        };
        read_as(kind, first, Beside::default(), take);
        rest = &rest[first.len()..];
        let padding = rest.iter().position(|&octet| octet != 0);
        rest = &rest[padding.unwrap_or(rest.len())..];
    }
    rest.len() < bytes.len()
}

fn read_as(kind: Kind, bytes: &[u8], beside: Beside<'_>, take: &mut dyn FnMut(Block<'_>)) {
    match kind {
        // Notes of `openssl x509 -trustout`, or padding, may stand behind it.
        Kind::Certificate => {
            let der = certificate::as_der(certificate::without_trailing_data(bytes));
            take(Block::Certificate(&der, beside.attributes));
        }
        Kind::Key(form) => {
            let key = KeyBlock {
                form,
                der: bytes,
                curve: beside.curve,
                certificate: None,
            };
            take(Block::Key(key, beside.attributes));
        }
        Kind::Pkcs12 => take(Block::Pkcs12(bytes)),
        Kind::SignedData => read_signed_data(bytes, take),
        Kind::Keystore => read_keystore(bytes, take),
    }
}

/// A Java keystore: certificates lie in it in clear, those of a key behind it.
fn read_keystore(bytes: &[u8], take: &mut dyn FnMut(Block<'_>)) {
    let keystore = match jks::outline(bytes, &jks::Limits::default()) {
        Ok(keystore) => keystore,
        Err(error) => return take(Block::Unusable(error.to_string())),
    };
    for entry in keystore.entries {
        let named = BagAttributes {
            friendly_name: Some(entry.alias),
            ..BagAttributes::default()
        };
        let (own, issuers) = match &entry.content {
            Content::TrustedCertificate(der) => (Some(*der), &[][..]),
            Content::PrivateKey { key, chain } => {
                let key = KeyBlock {
                    form: KeyForm::EncryptedPkcs8,
                    der: key.der(),
                    curve: None,
                    certificate: chain.first().copied(),
                };
                take(Block::Key(key, BagAttributes::default()));
                chain
                    .split_first()
                    .map_or((None, &[][..]), |(own, issuers)| (Some(*own), issuers))
            }
        };
        if let Some(own) = own {
            take(Block::Certificate(own, named));
        }
        for issuer in issuers {
            take(Block::Certificate(issuer, BagAttributes::default()));
        }
    }
}

fn read_signed_data(bytes: &[u8], take: &mut dyn FnMut(Block<'_>)) {
    match signed_data::certificates(bytes) {
        Some(certificates) => {
            certificates.for_each(|found| match found {
                Ok(bytes) => read_as(Kind::Certificate, bytes, Beside::default(), take),
                Err(reason) => take(Block::Unusable(format!(
                    "its PKCS#7 is damaged behind the certificates that are listed: {reason}"
                ))),
            });
        }
        None => take(Block::Unusable(
            "its PKCS#7 is damaged, or holds no certificates".to_owned(),
        )),
    }
}

/// A sequence that begins with the number 3, in DER or in BER of indefinite length.
fn begins_like_pkcs12(bytes: &[u8]) -> bool {
    const VERSION: [u8; 4] = [INTEGER, 1, 3, SEQUENCE];
    bytes.first() == Some(&SEQUENCE)
        && (2..=6).any(|at| {
            bytes
                .get(at..)
                .is_some_and(|rest| rest.starts_with(&VERSION))
        })
}
