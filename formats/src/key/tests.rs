use zeroize::Zeroizing;

use super::*;
use crate::der::{BIT_STRING, EXPLICIT_0, EXPLICIT_1, IMPLICIT_1, NULL, SET};

/// The last PEM block of a fixture.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/keys/");
    let text = std::fs::read_to_string(format!("{path}{name}.pem")).unwrap();
    let start = text.rfind("-----BEGIN").unwrap();
    pem_rfc7468::decode_vec(&text.as_bytes()[start..])
        .unwrap()
        .1
}

pub(super) fn private(name: &str) -> PrivateKey {
    PrivateKey::from_pkcs8_der(Zeroizing::new(fixture(name)))
}

#[test]
fn public_key_of_matches_openssl() {
    for name in ["rsa", "P-256", "P-384", "P-521", "ed25519", "rsa-pss"] {
        let public = public_key_of(&private(name)).unwrap();
        let meant = fixture(&format!("{name}.public"));
        assert!(same_public_key(&public, &meant), "{name}");
        assert_eq!(public, normalized(&meant), "{name}");
    }
}

#[test]
fn public_key_of_computes_a_missing_point() {
    for curve in ["P-256", "P-384", "P-521"] {
        let bare = from_sec1(&fixture(&format!("{curve}.no-public.sec1")), None).unwrap();
        assert_ne!(bare.expose(), fixture(curve));
        let public = public_key_of(&bare).unwrap();
        assert_eq!(public, fixture(&format!("{curve}.public")), "{curve}");
    }
}

#[test]
fn from_pkcs1_matches_openssl() {
    let key = from_pkcs1(&fixture("rsa.pkcs1")).unwrap();
    assert_eq!(key.expose(), fixture("rsa"));
}

#[test]
fn from_sec1_returns_pkcs8_with_public_half() {
    for curve in ["P-256", "P-384", "P-521"] {
        let key = from_sec1(&fixture(&format!("{curve}.sec1")), None).unwrap();
        let public = public_key_of(&key).unwrap();
        assert_eq!(public, fixture(&format!("{curve}.public")));
        assert_eq!(KeyForm::of(key.expose()), Some(KeyForm::Pkcs8));
    }
}

#[test]
fn from_sec1_requires_a_curve() {
    let key = der::sequence(&[&der::unsigned(1), &der::value(OCTET_STRING, &[&[7; 32]])]);
    assert!(from_sec1(&key, None).is_err());
    let curve = curve_parameters(&fixture("P-256.public")).unwrap().to_vec();
    let public = public_key_of(&from_sec1(&key, Some(&curve)).unwrap()).unwrap();
    assert_eq!(describe(&public).algorithm, "ECDSA P-256");
}

#[test]
fn public_key_of_names_unknown_algorithms() {
    let error = public_key_of(&private("ed448")).unwrap_err();
    let (oid, name) = ("1.3.101.113".to_owned(), "Ed448".to_owned());
    assert_eq!(
        error,
        KeyError::UnknownAlgorithm(UnknownAlgorithm { oid, name })
    );
}

#[test]
fn public_key_of_rejects_truncated_keys() {
    for name in ["rsa", "P-256", "ed25519"] {
        let whole = fixture(name);
        for length in 0..whole.len() {
            let cut = Zeroizing::new(whole[..length].to_vec());
            let error = public_key_of(&PrivateKey::from_pkcs8_der(cut)).unwrap_err();
            assert!(matches!(error, KeyError::Malformed(_)), "{name} {length}");
        }
    }
}

#[test]
fn same_public_key_ignores_missing_rsa_parameters() {
    let with_null = fixture("rsa.public");
    let (_, bits) = read_spki(&with_null).unwrap();
    let algorithm = der::sequence(&[&der::oid(&RSA_ENCRYPTION)]);
    let without = spki(&algorithm, &[bits]);
    assert_ne!(without, with_null);
    assert!(same_public_key(&without, &with_null));
    assert_eq!(normalized(&without), with_null);
}

#[test]
fn same_public_key_accepts_compressed_points() {
    for curve in ["P-256", "P-384", "P-521"] {
        let compressed = fixture(&format!("{curve}.compressed"));
        let public = fixture(&format!("{curve}.public"));
        assert!(compressed.len() < public.len());
        assert!(same_public_key(&compressed, &public), "{curve}");
    }
    assert!(!same_public_key(
        &fixture("P-256.public"),
        &fixture("P-384.public")
    ));
}

#[test]
fn describe_names_algorithm_and_bits() {
    for (name, algorithm, bits) in [
        ("rsa", "RSA", Some(2048)),
        ("rsa-pss", "RSASSA-PSS", Some(2048)),
        ("P-256", "ECDSA P-256", Some(256)),
        ("P-384", "ECDSA P-384", Some(384)),
        ("P-521", "ECDSA P-521", Some(521)),
        ("ed25519", "Ed25519", Some(256)),
        ("ed448", "Ed448", Some(456)),
    ] {
        let described = describe(&fixture(&format!("{name}.public")));
        assert_eq!(
            (described.algorithm.as_str(), described.bits),
            (algorithm, bits)
        );
    }
    assert_eq!(describe(b"junk").algorithm, "unknown");
}

#[test]
fn key_form_distinguishes_key_encodings() {
    for (name, form) in [
        ("rsa", KeyForm::Pkcs8),
        ("ed25519", KeyForm::Pkcs8),
        ("rsa.pkcs1", KeyForm::Pkcs1),
        ("P-256.sec1", KeyForm::Sec1),
        ("P-256.encrypted", KeyForm::EncryptedPkcs8),
    ] {
        assert_eq!(KeyForm::of(&fixture(name)), Some(form), "{name}");
    }
    assert_eq!(KeyForm::of(&fixture("rsa.public")), None);
}

/// A test key of this version, with these fields behind the key.
fn with_more(name: &str, version: u8, more: &[&[u8]]) -> PrivateKey {
    let key = private(name);
    let pkcs8 = Pkcs8::read(key.expose()).unwrap();
    let fields = der::value(OCTET_STRING, &[pkcs8.key]);
    let info = [&[INTEGER, 1, version], pkcs8.algorithm.raw, &fields];
    let info = der::sequence(&[&info[..], more].concat());
    PrivateKey::from_pkcs8_der(Zeroizing::new(info))
}

/// The public half of a test key, as it stands beside a key: the content of its `BIT STRING`.
fn bits_of(name: &str) -> Vec<u8> {
    let public = fixture(&format!("{name}.public"));
    read_spki(&public).unwrap().1.to_vec()
}

#[test]
fn public_key_of_rejects_malformed_trailing_fields() {
    let bits = bits_of("P-256");
    let beside = der::value(IMPLICIT_1, &[&bits]);
    let oid = der::oid(&EC_PUBLIC_KEY);
    let attributes = |attribute: &[&[u8]]| der::value(EXPLICIT_0, attribute);
    let null = [NULL, 0];
    let refused: [(u8, &[u8]); 7] = [
        (0, &beside),
        (0, &null),
        (1, &der::value(IMPLICIT_1, &[])),
        (1, &der::value(IMPLICIT_1, &[&[9, 4]])),
        (1, &[&beside[..], &null].concat()),
        (0, &attributes(&[&null])),
        (0, &attributes(&[&der::sequence(&[&oid])])),
    ];
    for (version, more) in refused {
        let result = public_key_of(&with_more("P-256", version, &[more]));
        assert!(matches!(result, Err(KeyError::Malformed(_))), "{more:02x?}");
    }
    let attribute = der::sequence(&[&oid, &der::value(SET, &[])]);
    let taken: [(u8, &[u8]); 5] = [
        (0, &[]),
        (1, &[]),
        (1, &beside),
        (0, &attributes(&[])),
        (0, &attributes(&[&attribute])),
    ];
    for (version, more) in taken {
        let public = public_key_of(&with_more("P-256", version, &[more])).unwrap();
        assert_eq!(public, fixture("P-256.public"), "{more:02x?}");
    }
}

#[test]
fn without_public_half_drops_only_derivable_halves() {
    for name in ["P-256", "ed25519"] {
        let bits = bits_of(name);
        let explicit = der::value(EXPLICIT_1, &[&der::value(BIT_STRING, &[&bits])]);
        for beside in [der::value(IMPLICIT_1, &[&bits]), explicit] {
            let key = without_public_half(with_more(name, 1, &[&beside]));
            assert_eq!(key.expose(), fixture(name), "{name}");
        }
        let attributes = der::value(EXPLICIT_0, &[]);
        let beside = der::value(IMPLICIT_1, &[&bits]);
        let key = without_public_half(with_more(name, 1, &[&attributes, &beside]));
        let expected = with_more(name, 0, &[&attributes]);
        assert_eq!(key.expose(), expected.expose(), "{name}");
    }
    // It is all that tells whose key it is.
    let beside = der::value(IMPLICIT_1, &[&bits_of("ed448")]);
    let key = with_more("ed448", 1, &[&beside]);
    let kept = without_public_half(with_more("ed448", 1, &[&beside]));
    assert_eq!(kept.expose(), key.expose());
}

#[test]
fn key_identifier_matches_openssl() {
    // subjectKeyIdentifier of certificates that OpenSSL made with these keys.
    for (name, identifier) in [
        ("rsa.public", "877e7d3243adaad55276f46b16b8b34c16a6e476"),
        ("P-256.public", "f457400d9bef5d893236c43bc7a48f41d5b115b4"),
        ("P-384.public", "aed24176f799da6f3af79ecc3c96ca477443c64d"),
    ] {
        let found = key_identifier(&fixture(name)).unwrap();
        assert_eq!(crate::names::hex(&found), identifier, "{name}");
    }
    let public = fixture("P-256.public");
    let (algorithm, bits) = read_spki(&public).unwrap();
    let sign = 2 + bits[65] % 2;
    let compressed = spki(algorithm.raw, &[&[0, sign], &bits[2..34]]);
    assert_eq!(key_identifier(&compressed), key_identifier(&public));
    assert_eq!(key_identifier(b"no public key"), None);
}
