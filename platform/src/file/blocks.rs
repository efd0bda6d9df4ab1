//! What a file holds, piece by piece: certificates, keys (those of a Java keystore, too) and PKCS#12
//! containers, told by PEM labels or, in binary files, by their outer structure; never by the file's name.

use certstow_formats::certificate;
use certstow_formats::cms::signed_data;
use certstow_formats::der::{INTEGER, SEQUENCE};
use certstow_formats::jks::{self, Content};
use certstow_formats::key::KeyForm;
use certstow_formats::pkcs12::decode::BagAttributes;
use certstow_formats::pkcs12::pem_encryption;
use zeroize::Zeroizing;

use super::bag_attributes;
use super::pem::{Blocks, PemBlock};

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
        || matches!(start, [SEQUENCE, 0x80..=0x88, ..])
        || jks::begins_like_one(start)
}

/// Hands every piece of a file to `take`, in order; `scratch` is a buffer to decode into. False
/// when the file is neither PEM nor a binary form known here.
pub(crate) fn read(
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
    pem || read_binary(bytes, take)
}

fn read_pem(
    block: &PemBlock<'_>,
    curve: Option<&[u8]>,
    scratch: &mut Zeroizing<Vec<u8>>,
    take: &mut dyn FnMut(Block<'_>),
) {
    let label = block.label;
    let form = match label {
        "PRIVATE KEY" => Some(KeyForm::Pkcs8),
        "ENCRYPTED PRIVATE KEY" => Some(KeyForm::EncryptedPkcs8),
        "RSA PRIVATE KEY" => Some(KeyForm::Pkcs1),
        "EC PRIVATE KEY" => Some(KeyForm::Sec1),
        "DSA PRIVATE KEY" => Some(KeyForm::Dsa),
        _ => None,
    };
    let is_certificate = matches!(
        label,
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE"
    );
    let is_signed_data = matches!(label, "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA");
    let pkcs12 = label == "PKCS12";
    if form.is_none() && !is_certificate && !is_signed_data && !pkcs12 {
        return;
    }
    if let Err(reason) = block.decode(scratch) {
        return take(Block::Unusable(format!(
            "its {label} block cannot be read: {reason}"
        )));
    }
    let attributes = || bag_attributes::read(block.before);
    let key = |form, der| KeyBlock {
        form,
        der,
        curve,
        certificate: None,
    };
    match form {
        Some(_) if block.is_encrypted() => {
            let dek_info = block.header("DEK-Info").unwrap_or_default();
            match pem_encryption::from_dek_info(dek_info, scratch) {
                Ok(der) => take(Block::Key(key(KeyForm::EncryptedPkcs8, &der), attributes())),
                Err(error) => take(Block::Unusable(format!(
                    "its {label} is encrypted, and {error}; convert it: openssl pkcs8 -topk8 -in \
                     OLD -out NEW"
                ))),
            }
        }
        // Programs put one form under the label of another.
        Some(form) => {
            let form = KeyForm::of(scratch).unwrap_or(form);
            take(Block::Key(key(form, scratch), attributes()));
        }
        None if pkcs12 => take(Block::Pkcs12(scratch)),
        None if is_signed_data => read_signed_data(scratch, take),
        // `openssl x509 -trustout` writes notes of its own behind the certificate.
        None if label == "TRUSTED CERTIFICATE" => take(Block::Certificate(
            certificate::without_trailing_data(scratch),
            attributes(),
        )),
        None => take(Block::Certificate(scratch, attributes())),
    }
}

fn read_binary(bytes: &[u8], take: &mut dyn FnMut(Block<'_>)) -> bool {
    if begins_like_pkcs12(bytes) {
        take(Block::Pkcs12(bytes));
    } else if signed_data::begins_like_one(bytes) {
        read_signed_data(bytes, take);
    } else if let Some(form) = KeyForm::of(bytes) {
        let key = KeyBlock {
            form,
            der: bytes,
            curve: None,
            certificate: None,
        };
        take(Block::Key(key, BagAttributes::default()));
    } else if jks::begins_like_one(bytes) {
        read_keystore(bytes, take);
    } else if certificate::begins_like_one(bytes) {
        take(Block::Certificate(bytes, BagAttributes::default()));
    } else {
        return false;
    }
    true
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
                Ok(der) => take(Block::Certificate(der, BagAttributes::default())),
                Err(reason) => take(Block::Unusable(format!(
                    "its PKCS#7 is damaged behind the certificates that are listed: {reason}"
                ))),
            });
        }
        None => take(Block::Unusable(
            "its PKCS#7 is damaged or not DER; convert it: openssl pkcs7 -print_certs".to_owned(),
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
