//! The forms without a private key: one certificate as DER, and a certificate with its path as
//! PKCS#7 "certs-only", which is a CMS SignedData that nobody signed (RFC 5652 section 5.2).

use certstow_formats::certificate::Certificate;
use certstow_formats::der::{self, EXPLICIT_0};
use certstow_formats::pkcs12::oid;
use x509_parser::asn1_rs::{Any, FromDer};

use certstow_formats::chain::Path;

const VERSION_1: [u8; 3] = [2, 1, 1];
const EMPTY_SET: [u8; 2] = [0x31, 0];
/// `certificates`, `[0] IMPLICIT SET`: the same tag as that of an explicit `[0]`.
const CERTIFICATES: u8 = EXPLICIT_0;

/// Certificate and path as PKCS#7.
///
/// The set of certificates stays in the order of the path rather than in DER's, as OpenSSL and
/// Windows write it too: programs show it in the order of the file.
pub(super) fn p7b(leaf: &Certificate, issuers: &[Certificate]) -> Vec<u8> {
    let certificates: Vec<&[u8]> = std::iter::once(leaf)
        .chain(issuers)
        .map(Certificate::der)
        .collect();
    let signed_data = der::sequence(&[
        &VERSION_1,
        &EMPTY_SET,
        &der::sequence(&[&der::oid(&oid::DATA)]),
        &der::value(CERTIFICATES, &certificates),
        &EMPTY_SET,
    ]);
    der::sequence(&[
        &der::oid(&oid::SIGNED_DATA),
        &der::value(EXPLICIT_0, &[&signed_data]),
    ])
}

pub(super) fn verify_der(bytes: &[u8], leaf: &Certificate) -> Result<Vec<&'static str>, String> {
    match Certificate::from_der(bytes) {
        Ok(read) if read == *leaf => Ok(vec!["certificates"]),
        Ok(_) => Err("the file holds another certificate".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads the file with another ASN.1 reader than the one that wrote it.
pub(super) fn verify_p7b(
    bytes: &[u8],
    leaf: &Certificate,
    issuers: &[Certificate],
) -> Result<Vec<&'static str>, String> {
    let found = certificates_of(bytes).ok_or("the file is no readable PKCS#7")?;
    let path: Vec<Certificate> = [leaf].into_iter().chain(issuers).cloned().collect();
    if !found.into_iter().eq(path.iter().map(Certificate::der)) {
        return Err("the file holds other certificates".to_owned());
    }
    Path::links(&path)?;
    Ok(vec!["certificates", "path"])
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
    use certstow_formats::testing::identities::{self, Identity};

    #[test]
    fn a_path_is_read_back_in_its_order_and_nothing_else_passes_for_it() {
        let Identity { leaf, issuers, .. } = identities::ec_identity();
        let file = p7b(&leaf, &issuers);
        assert_eq!(
            verify_p7b(&file, &leaf, &issuers).unwrap(),
            ["certificates", "path"]
        );
        assert!(verify_p7b(&file, &leaf, &issuers[..1]).is_err());
        assert!(verify_p7b(&file, &issuers[0], &issuers).is_err());
        for length in 0..file.len() {
            assert!(
                verify_p7b(&file[..length], &leaf, &issuers).is_err(),
                "{length}"
            );
        }
    }

    #[test]
    fn one_certificate_is_read_back_and_another_is_not_taken_for_it() {
        let Identity { leaf, issuers, .. } = identities::ec_identity();
        assert_eq!(verify_der(leaf.der(), &leaf).unwrap(), ["certificates"]);
        assert!(verify_der(issuers[0].der(), &leaf).is_err());
        assert!(verify_der(&leaf.der()[1..], &leaf).is_err());
    }
}
