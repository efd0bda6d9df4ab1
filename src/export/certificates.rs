//! The forms without a private key: one certificate as DER, and a certificate with its path as
//! PKCS#7 "certs-only", which is a CMS SignedData that nobody signed (RFC 5652 section 5.2).

use certstow_platform::certificate::Certificate;
use x509_parser::asn1_rs::{Any, FromDer};

/// pkcs7-signedData, 1.2.840.113549.1.7.2.
const SIGNED_DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// pkcs7-data, 1.2.840.113549.1.7.1.
const DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const VERSION_1: [u8; 3] = [2, 1, 1];
const EMPTY_SET: [u8; 2] = [0x31, 0];
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;

/// Certificate and path as PKCS#7.
///
/// The set of certificates stays in the order of the path rather than in DER's, as OpenSSL and
/// Windows write it too: programs show it in the order of the file.
pub(super) fn p7b(leaf: &Certificate, issuers: &[Certificate]) -> Vec<u8> {
    let certificates: Vec<&[u8]> = std::iter::once(leaf)
        .chain(issuers)
        .map(Certificate::der)
        .collect();
    let signed_data = tlv(
        SEQUENCE,
        &[
            &VERSION_1,
            &EMPTY_SET,
            &tlv(SEQUENCE, &[&DATA]),
            &tlv(CONTEXT_0, &certificates),
            &EMPTY_SET,
        ],
    );
    tlv(SEQUENCE, &[&SIGNED_DATA, &tlv(CONTEXT_0, &[&signed_data])])
}

/// DER of one element around `parts`.
pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut der = Vec::with_capacity(length + 6);
    der.push(tag);
    let bytes = length.to_be_bytes();
    let significant = bytes.len() - (length.leading_zeros() / 8) as usize;
    if length < 128 {
        der.push(bytes[bytes.len() - 1]);
    } else {
        // At most 8 bytes of length.
        der.push(0x80 | significant as u8);
        der.extend_from_slice(&bytes[bytes.len() - significant..]);
    }
    for part in parts {
        der.extend_from_slice(part);
    }
    der
}

pub(super) fn verify_der(bytes: &[u8], leaf: &Certificate) -> Result<Vec<&'static str>, String> {
    match Certificate::from_der(bytes) {
        Ok(read) if read == *leaf => Ok(vec!["leaf"]),
        Ok(_) => Err("leaf: the file holds another certificate".to_owned()),
        Err(error) => Err(format!("leaf: {error}")),
    }
}

/// Reads the file with another ASN.1 reader than the one that wrote it.
pub(super) fn verify_p7b(
    bytes: &[u8],
    leaf: &Certificate,
    issuers: &[Certificate],
) -> Result<Vec<&'static str>, String> {
    let broken = || "leaf: the file is no readable PKCS#7".to_owned();
    let certificates = certificates_of(bytes).ok_or_else(broken)?;
    match certificates.split_first() {
        Some((first, _)) if *first != leaf.der() => {
            Err("leaf: the file holds another certificate".to_owned())
        }
        None => Err(broken()),
        Some((_, rest))
            if !rest
                .iter()
                .copied()
                .eq(issuers.iter().map(Certificate::der)) =>
        {
            Err("path: the file holds another certification path".to_owned())
        }
        Some(_) => Ok(vec!["leaf", "path"]),
    }
}

/// The certificates of a "certs-only" SignedData, in order.
fn certificates_of(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let content_info = element(bytes)?;
    let explicit = elements(content_info)?.get(1).copied()?;
    let signed_data = elements(element(explicit)?)?.first().copied()?;
    let set = elements(element(signed_data)?)?.get(3).copied()?;
    elements(element(set)?)
}

/// The content of the one element that `der` is.
fn element(der: &[u8]) -> Option<&[u8]> {
    let (rest, any) = Any::from_der(der).ok()?;
    rest.is_empty().then_some(any.data)
}

/// The elements, each whole, that `content` is made of.
fn elements(mut content: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    while !content.is_empty() {
        let (rest, _) = Any::from_der(content).ok()?;
        found.push(&content[..content.len() - rest.len()]);
        content = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_short_or_the_long_form() {
        assert_eq!(tlv(4, &[&[7; 127]])[..2], [4, 127]);
        assert_eq!(tlv(4, &[&[7; 128]])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[&[7; 256], &[7; 1]])[..4], [4, 0x82, 1, 1]);
    }

    #[test]
    fn elements_are_taken_apart_and_broken_ones_refused() {
        let content = [tlv(2, &[&[1]]), tlv(SEQUENCE, &[])].concat();
        assert_eq!(elements(&content).unwrap(), [&[2, 1, 1][..], &[0x30, 0]]);
        assert!(elements(&content[..4]).is_none());
        assert!(element(&content).is_none());
    }
}
