use const_oid::ObjectIdentifier;
use rsa::pkcs1::der::Encode as _;
use rsa::pkcs1::{RsaPrivateKeyRef, UintRef};
use zeroize::Zeroizing;

use super::*;
use crate::der::{self as write, BIT_STRING, EXPLICIT_1, IMPLICIT_0, OCTET_STRING};
use crate::testing::chain::{certificate, key};
use crate::testing::identities::{self, private_key};

#[test]
fn prove_signs_with_each_kind_of_key() {
    for (name, owner) in [
        ("rsa-sha256", "rsa"),
        ("pss-key", "pss"),
        ("p256-sha256", "p256"),
        ("p384-sha256", "p384"),
        ("p521-sha256", "p521"),
        ("ed25519-root", "ed25519"),
    ] {
        assert_eq!(
            prove(&key(owner), &certificate(name)),
            Ok(Proof::Signature),
            "{owner}"
        );
    }
}

#[test]
fn prove_reports_a_mismatched_key() {
    for (name, other) in [
        ("rsa-sha256", "rsa2"),
        ("rsa-sha256", "p256"),
        ("p256-sha256", "p384"),
        ("pss-key", "rsa2"),
        ("rsa-sha256", "pss"),
        ("ed25519-root", "p256"),
    ] {
        let result = prove(&key(other), &certificate(name));
        assert_eq!(result, Err(ProofError::Mismatch), "{name} with {other}");
    }
}

/// The RSA test key with one of its numbers replaced, the public ones left alone.
fn rsa_key_with(change: impl Fn(&mut RsaPrivateKeyRef<'_>)) -> PrivateKey {
    let key = key("rsa");
    let info = PrivateKeyInfoRef::try_from(key.expose()).unwrap();
    let mut numbers = RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).unwrap();
    change(&mut numbers);
    let inner = numbers.to_der().unwrap();
    let inner = rsa::pkcs8::der::asn1::OctetStringRef::new(&inner).unwrap();
    let changed = PrivateKeyInfoRef::new(info.algorithm, inner);
    PrivateKey::from_pkcs8_der(Zeroizing::new(changed.to_der().unwrap()))
}

#[test]
fn prove_refuses_rsa_key_with_wrong_number() {
    let certificate = certificate("rsa-sha256");
    assert_eq!(
        prove(&rsa_key_with(|_| {}), &certificate),
        Ok(Proof::Signature)
    );
    let turned_round = |number: &UintRef<'_>| {
        let mut bytes = number.as_bytes().to_vec();
        bytes.reverse();
        bytes
    };
    type Field = for<'k, 'b> fn(&'k mut RsaPrivateKeyRef<'b>) -> &'k mut UintRef<'b>;
    let fields: [(&str, Field); 6] = [
        ("d", |key| &mut key.private_exponent),
        ("p", |key| &mut key.prime1),
        ("q", |key| &mut key.prime2),
        ("dP", |key| &mut key.exponent1),
        ("dQ", |key| &mut key.exponent2),
        ("qInv", |key| &mut key.coefficient),
    ];
    for (name, field) in fields {
        let damaged = rsa_key_with(|numbers| {
            let number = field(numbers);
            let bytes = turned_round(number).leak();
            *number = UintRef::new(bytes).unwrap();
        });
        let result = prove(&damaged, &certificate);
        assert!(
            matches!(result, Err(ProofError::Useless(_))),
            "{name}: {result:?}"
        );
    }
}

#[test]
fn prove_refuses_rsa_key_with_swapped_primes() {
    let swapped = rsa_key_with(|key| std::mem::swap(&mut key.prime1, &mut key.prime2));
    assert!(matches!(
        prove(&swapped, &certificate("rsa-sha256")),
        Err(ProofError::Useless(_))
    ));
}

#[test]
fn prove_detects_flipped_bits_in_curve_keys() {
    for (name, owner, secret) in [
        ("p256-sha256", "p256", 36..68),
        ("p384-sha256", "p384", 35..83),
        ("p521-sha256", "p521", 35..101),
        ("ed25519-root", "ed25519", 16..48),
    ] {
        let (certificate, intact) = (certificate(name), key(owner));
        for at in secret {
            let mut der = Zeroizing::new(intact.expose().to_vec());
            der[at] ^= 4;
            let damaged = PrivateKey::from_pkcs8_der(der);
            assert!(prove(&damaged, &certificate).is_err(), "{owner}, byte {at}");
        }
    }
}

#[test]
fn prove_refuses_bytes_that_are_no_key() {
    for bytes in [&b""[..], b"\x30\x00", b"not a key"] {
        let key = PrivateKey::from_pkcs8_der(Zeroizing::new(bytes.to_vec()));
        let result = prove(&key, &certificate("rsa-sha256"));
        assert!(matches!(result, Err(ProofError::Useless(_))), "{result:?}");
    }
}

#[test]
fn prove_refuses_truncated_keys() {
    for (name, owner) in [
        ("rsa-sha256", "rsa"),
        ("p256-sha256", "p256"),
        ("pss-key", "pss"),
    ] {
        let (certificate, intact) = (certificate(name), key(owner));
        for length in 0..intact.expose().len() {
            let cut = Zeroizing::new(intact.expose()[..length].to_vec());
            let result = prove(&PrivateKey::from_pkcs8_der(cut), &certificate);
            assert!(result.is_err(), "{owner}, {length} bytes: {result:?}");
        }
    }
}

#[test]
fn prove_without_any_public_half_proves_nothing() {
    let key = key("ed448");
    let result = prove(&key, &certificate("ed448-root"));
    assert_eq!(result, Ok(Proof::None("Ed448".to_owned())));
    assert_eq!(
        prove(&key, &certificate("rsa-sha256")),
        Err(ProofError::Mismatch)
    );
}

/// A key on the curve of this OID; with `point`, which is not looked at, beside the scalar.
fn on_curve(curve: &str, scalar: &[u8], point: Option<&[u8]>) -> PrivateKey {
    let curve = write::oid(&ObjectIdentifier::new_unwrap(curve));
    let point = point.map(|point| write::value(BIT_STRING, &[&[0], point]));
    let point = point.map(|bits| write::value(EXPLICIT_1, &[&bits]));
    let key = write::sequence(&[
        &[2, 1, 1],
        &write::value(OCTET_STRING, &[scalar]),
        point.as_deref().unwrap_or_default(),
    ]);
    private_key("1.2.840.10045.2.1", &curve, &key)
}

/// A certificate with the public half of `key`.
fn certificate_for(key: &PrivateKey) -> Certificate {
    let validity = ("20240101000000Z", "21240101000000Z");
    identities::leaf(&key::public_key_of(key).unwrap(), validity)
}

/// What is proven of a key beside its own certificate, another one having been refused.
fn proven(key: &PrivateKey, another: &PrivateKey) -> Proof {
    let mismatch = prove(another, &certificate_for(key));
    assert_eq!(mismatch, Err(ProofError::Mismatch));
    prove(key, &certificate_for(key)).unwrap()
}

#[test]
fn prove_signs_on_every_curve_with_arithmetic() {
    for (curve, octets) in [
        ("1.2.840.10045.3.1.7", 32),
        ("1.3.132.0.34", 48),
        ("1.3.132.0.35", 66),
        ("1.3.132.0.10", 32),
        ("1.3.36.3.3.2.8.1.1.7", 32),
        ("1.3.36.3.3.2.8.1.1.11", 48),
    ] {
        // As GnuTLS writes it, and without the zeros in front.
        for length in [octets, octets + 1, octets - 1, 1] {
            let scalar = |last: u8| [vec![0; length - 1], vec![last]].concat();
            let (key, another) = (scalar(9), scalar(8));
            let (key, another) = (on_curve(curve, &key, None), on_curve(curve, &another, None));
            assert_eq!(proven(&key, &another), Proof::Signature, "{curve} {length}");
        }
    }
}

#[test]
fn prove_compares_points_on_other_curves() {
    let (curve, scalar) = ("1.3.132.0.33", [9; 28]);
    let key = on_curve(curve, &scalar, Some(&[4; 57]));
    let another = on_curve(curve, &scalar, Some(&[5; 57]));
    let by_point = Proof::PublicKey("ECDSA P-224".to_owned());
    assert_eq!(proven(&key, &another), by_point);
    let bare = on_curve(curve, &scalar, None);
    let nothing = Proof::None("ECDSA P-224".to_owned());
    assert_eq!(prove(&bare, &certificate_for(&key)), Ok(nothing));
}

#[test]
fn prove_compares_explicit_curve_parameters() {
    let named = on_curve("1.2.840.10045.3.1.7", &[9; 32], None);
    let another = on_curve("1.2.840.10045.3.1.7", &[8; 32], None);
    let public = key::public_key_of(&named).unwrap();
    let point = &public[public.len() - 65..];
    let prime_field = write::oid(&ObjectIdentifier::new_unwrap("1.2.840.10045.1.1"));
    let field = write::sequence(&[&prime_field, &[2, 1, 3]]);
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let octet = |at| u8::from_str_radix(&order[at..at + 2], 16).unwrap();
    let order: Vec<u8> = (0..order.len()).step_by(2).map(octet).collect();
    let order = write::value(write::INTEGER, &[&[0], &order]);
    let base = write::value(OCTET_STRING, &[]);
    let fields: [&[u8]; 5] = [&[2, 1, 1], &field, &write::sequence(&[]), &base, &order];
    let parameters = write::sequence(&fields);
    let ec_public_key = write::oid(&ObjectIdentifier::new_unwrap("1.2.840.10045.2.1"));
    let algorithm = write::sequence(&[&ec_public_key, &parameters]);
    let spelt_out = write::sequence(&[&algorithm, &write::value(BIT_STRING, &[&[0], point])]);
    let certificate = identities::leaf(&spelt_out, ("20240101000000Z", "21240101000000Z"));
    let compared = Proof::PublicKey("ECDSA (curve of its own)".to_owned());
    assert_eq!(prove(&named, &certificate), Ok(compared));
    assert_eq!(prove(&another, &certificate), Err(ProofError::Mismatch));
}

#[test]
fn prove_refuses_a_key_naming_two_curves() {
    let curve = |oid| write::oid(&ObjectIdentifier::new_unwrap(oid));
    let [p256, p384] = ["1.2.840.10045.3.1.7", "1.3.132.0.34"].map(curve);
    let with = |inside: &[u8]| {
        let scalar = write::value(OCTET_STRING, &[&[9; 32]]);
        let inside = write::value(write::EXPLICIT_0, &[inside]);
        let key = write::sequence(&[&[2, 1, 1], &scalar, &inside]);
        private_key("1.2.840.10045.2.1", &p256, &key)
    };
    let certificate = certificate_for(&with(&p256));
    assert_eq!(prove(&with(&p256), &certificate), Ok(Proof::Signature));
    let refused = prove(&with(&p384), &certificate).unwrap_err();
    assert_eq!(
        refused,
        ProofError::Useless("it names two curves".to_owned())
    );
}

#[test]
fn prove_computes_x25519_and_dsa_public_keys() {
    let x25519 = |seed| {
        private_key(
            "1.3.101.110",
            &[],
            &write::value(OCTET_STRING, &[&[seed; 32]]),
        )
    };
    let by_public_key = |kind: &str| Proof::PublicKey(kind.to_owned());
    assert_eq!(proven(&x25519(7), &x25519(8)), by_public_key("X25519"));
    // p = 23, q = 11, g = 4, hence 4^3 = 18 (mod 23).
    let parameters = write::sequence(&[&[2, 1, 23], &[2, 1, 11], &[2, 1, 4]]);
    let dsa = |x| private_key("1.2.840.10040.4.1", &parameters, &[2, 1, x]);
    assert!(key::public_key_of(&dsa(3)).unwrap().ends_with(&[2, 1, 18]));
    let kind = by_public_key("a DSA key of unusual size");
    assert_eq!(proven(&dsa(3), &dsa(4)), kind);
    for x in [0, 11, 12, 0xff] {
        let result = prove(&dsa(x), &certificate_for(&dsa(3)));
        assert!(matches!(result, Err(ProofError::Useless(_))), "{x}");
    }
}

#[test]
fn prove_signs_with_ml_dsa_seeds() {
    for set in ["17", "18", "19"] {
        let oid = format!("2.16.840.1.101.3.4.3.{set}");
        let seed = |seed| private_key(&oid, &[], &write::value(IMPLICIT_0, &[&[seed; 32]]));
        assert_eq!(proven(&seed(7), &seed(8)), Proof::Signature, "{oid}");
    }
}

#[test]
fn prove_refuses_a_scalar_out_of_range() {
    let curve = "1.2.840.10045.3.1.7";
    let certificate = certificate_for(&on_curve(curve, &[9; 32], None));
    for scalar in [&[][..], &[0; 32], &[0xff; 32], &[1; 33]] {
        let result = prove(&on_curve(curve, scalar, None), &certificate);
        assert!(matches!(result, Err(ProofError::Useless(_))), "{result:?}");
    }
}
