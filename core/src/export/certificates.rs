//! The forms without a private key: one certificate as DER, and a certificate with its path as
//! PKCS#7 "certs-only", which is a CMS SignedData that nobody signed (RFC 5652 section 5.2).

use certstow_formats::certificate::Certificate;
use certstow_formats::chain::Path;
use certstow_formats::cms::signed_data;

/// Certificate and path as PKCS#7, in this order.
pub(super) fn p7b(leaf: &Certificate, issuers: &[Certificate]) -> Vec<u8> {
    let path = std::iter::once(leaf).chain(issuers);
    let path: Vec<&[u8]> = path.map(Certificate::der).collect();
    signed_data::write(&path)
}

pub(super) fn verify_der(bytes: &[u8], leaf: &Certificate) -> Result<Vec<&'static str>, String> {
    match Certificate::from_der(bytes) {
        Ok(read) if read == *leaf => Ok(vec!["certificates"]),
        Ok(_) => Err("the file holds another certificate".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads the file as any PKCS#7 is read, and compares what holds the certificates octet for octet.
pub(super) fn verify_p7b(
    bytes: &[u8],
    leaf: &Certificate,
    issuers: &[Certificate],
) -> Result<Vec<&'static str>, String> {
    let found = signed_data::certificates(bytes).ok_or("the file is no readable PKCS#7")?;
    let path: Vec<Certificate> = [leaf].into_iter().chain(issuers).cloned().collect();
    if !found.eq(path.iter().map(|one| Ok(one.der()))) {
        return Err("the file holds other certificates".to_owned());
    }
    if bytes != p7b(leaf, issuers) {
        return Err("the file is not the PKCS#7 that was written".to_owned());
    }
    Path::links(&path)?;
    Ok(vec!["certificates", "path"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use certstow_formats::testing::identities::{self, Identity};

    #[test]
    fn verify_p7b_accepts_only_the_exact_path() {
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
        for octet in 0..file.len() {
            let mut damaged = file.clone();
            damaged[octet] ^= 1;
            assert!(verify_p7b(&damaged, &leaf, &issuers).is_err(), "{octet}");
        }
        let longer = [&file[..], &[0]].concat();
        assert!(verify_p7b(&longer, &leaf, &issuers).is_err());
    }

    #[test]
    fn verify_der_accepts_only_the_same_certificate() {
        let Identity { leaf, issuers, .. } = identities::ec_identity();
        assert_eq!(verify_der(leaf.der(), &leaf).unwrap(), ["certificates"]);
        assert!(verify_der(issuers[0].der(), &leaf).is_err());
        assert!(verify_der(&leaf.der()[1..], &leaf).is_err());
    }
}
