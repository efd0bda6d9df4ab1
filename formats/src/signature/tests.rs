use super::*;
use crate::testing::chain::{certificate, certificates};

const HASHES: [&str; 5] = ["sha1", "sha224", "sha256", "sha384", "sha512"];

fn verify_self(certificate: &Certificate) -> Result<(), SignatureError> {
    verify(certificate, certificate)
}

/// The certificate with one bit changed, if it is still one.
fn with_flipped_bit(certificate: &Certificate, at: usize) -> Option<Certificate> {
    let mut der = certificate.der().to_vec();
    der[at] ^= 1;
    Certificate::from_der(&der).ok()
}

#[test]
fn verify_accepts_every_supported_algorithm() {
    let rsa = HASHES.map(|hash| format!("rsa-{hash}"));
    let ecdsa = ["p256", "p384", "p521"].map(|c| HASHES.map(|hash| format!("{c}-{hash}")));
    let rest = ["ed25519-root", "rsa10240-root", "public/isrg-root-x2"].map(str::to_owned);
    for name in rsa.iter().chain(ecdsa.as_flattened()).chain(&rest) {
        assert_eq!(verify_self(&certificate(name)), Ok(()), "{name}");
    }
}

#[test]
fn verify_accepts_every_kind_of_pss_parameters() {
    for name in [
        "sha1", "sha256", "sha384", "sha512", "mixed", "no-salt", "key",
    ] {
        assert_eq!(
            verify_self(&certificate(&format!("pss-{name}"))),
            Ok(()),
            "{name}"
        );
    }
}

#[test]
fn verify_rejects_any_flipped_bit() {
    for name in ["rsa-sha256", "pss-mixed", "p256-sha256", "ed25519-root"] {
        let intact = certificate(name);
        for at in 0..intact.der().len() {
            if let Some(flipped) = with_flipped_bit(&intact, at) {
                // Against the true key: the flip may be in the key itself.
                let result = verify(&flipped, &intact);
                assert!(
                    result.is_err() || only_the_encoding_differs(&intact, &flipped),
                    "{name} {at}"
                );
            }
        }
    }
}

/// Bits outside what is signed: the lengths and tags around it, and unused bits of a BIT STRING.
fn only_the_encoding_differs(a: &Certificate, b: &Certificate) -> bool {
    let (a, b) = (a.x509(), b.x509());
    a.tbs_certificate.as_ref() == b.tbs_certificate.as_ref()
        && a.signature_value.data == b.signature_value.data
}

#[test]
fn verify_rejects_another_key_of_same_kind() {
    for (subject, other) in [
        ("rsa-sha256", "namesake"),
        ("pss-sha256", "namesake"),
        ("p384-sha256", "public/isrg-root-x2"),
    ] {
        let result = verify(&certificate(subject), &certificate(other));
        assert_eq!(result, Err(SignatureError::Invalid), "{subject}");
    }
}

#[test]
fn verify_rejects_a_key_of_another_kind() {
    let certificates = [
        "rsa-sha256",
        "pss-sha256",
        "p256-sha256",
        "p521-sha256",
        "ed25519-root",
    ];
    for subject in certificates.map(certificate) {
        for other in ["p384-sha256", "ed448-root"].map(certificate) {
            assert_eq!(verify(&subject, &other), Err(SignatureError::Invalid));
        }
    }
}

#[test]
fn verify_names_unsupported_algorithms_by_oid() {
    for (name, oid) in [
        ("rsa-md5", "1.2.840.113549.1.1.4"),
        ("ed448-root", "1.3.101.113"),
    ] {
        let unsupported = SignatureError::Unsupported(oid.to_owned());
        assert_eq!(verify_self(&certificate(name)), Err(unsupported), "{name}");
    }
}

#[test]
fn verify_rejects_pkcs1_with_a_pss_key() {
    let pss_key = certificate("pss-key");
    assert_eq!(
        verify(&certificate("rsa-sha256"), &pss_key),
        Err(SignatureError::Invalid)
    );
}

#[test]
fn rsa_public_key_refuses_absurd_sizes_early() {
    let key = rsa::pkcs1::RsaPublicKey {
        modulus: rsa::pkcs1::UintRef::new(&[0xff; 1 << 20]).unwrap(),
        public_exponent: rsa::pkcs1::UintRef::new(&[1, 0, 1]).unwrap(),
    };
    let der = rsa::pkcs1::der::Encode::to_der(&key).unwrap();
    let started = std::time::Instant::now();
    assert!(matches!(
        rsa_public_key(&der),
        Err(SignatureError::Unsupported(_))
    ));
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn verify_accepts_real_chain_links_only() {
    let chain = certificates("public/amazon-server");
    for (subject, issuer) in chain.iter().zip(&chain[1..]) {
        assert_eq!(verify(subject, issuer), Ok(()));
    }
    assert_eq!(verify(&chain[0], &chain[2]), Err(SignatureError::Invalid));
}

#[test]
#[ignore = "needs ca-certificates"]
fn verify_accepts_roots_of_this_machine() {
    let roots = rustls_native_certs::load_native_certs().certs;
    assert!(roots.len() > 50, "{} roots", roots.len());
    for root in roots {
        let root = Certificate::from_der(&root).unwrap();
        if root.is_self_issued() {
            assert_ne!(
                verify_self(&root),
                Err(SignatureError::Invalid),
                "{}",
                root.parse().subject()
            );
        }
    }
}
