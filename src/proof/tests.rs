use rsa::pkcs1::der::Encode as _;
use rsa::pkcs1::{RsaPrivateKeyRef, UintRef};
use zeroize::Zeroizing;

use super::*;
use crate::signature::fixtures::{certificate, key};

#[test]
fn a_key_of_each_kind_signs_for_its_certificate() {
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
fn another_certificates_key_is_a_mismatch() {
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
fn an_rsa_key_with_any_secret_number_wrong_is_useless_though_its_public_half_is_right() {
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
fn an_rsa_key_with_its_primes_swapped_and_nothing_else_is_useless() {
    let swapped = rsa_key_with(|key| std::mem::swap(&mut key.prime1, &mut key.prime2));
    assert!(matches!(
        prove(&swapped, &certificate("rsa-sha256")),
        Err(ProofError::Useless(_))
    ));
}

#[test]
fn no_flipped_bit_in_the_secret_of_an_elliptic_curve_key_goes_unnoticed() {
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
fn bytes_that_are_no_key_are_useless() {
    for bytes in [&b""[..], b"\x30\x00", b"not a key"] {
        let key = PrivateKey::from_pkcs8_der(Zeroizing::new(bytes.to_vec()));
        let result = prove(&key, &certificate("rsa-sha256"));
        assert!(matches!(result, Err(ProofError::Useless(_))), "{result:?}");
    }
}

#[test]
fn a_truncated_key_is_an_error_at_every_length() {
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
fn an_algorithm_nobody_signs_with_here_is_not_provable_and_no_error() {
    let key = key("ed448");
    let result = prove(&key, &certificate("ed448-root"));
    assert_eq!(result, Ok(Proof::None("1.3.101.113".to_owned())));
    assert_eq!(
        prove(&key, &certificate("rsa-sha256")),
        Err(ProofError::Mismatch)
    );
}
