use super::*;
use crate::pkcs12::attributes::Attributes;
use crate::pkcs12::encode::{Content, encode};
use crate::pkcs12::profile::{Iterations, Profile};
use crate::testing::identities::{self, Identity};

const NAME: &str = "Anna Müller";

fn password() -> Password {
    Password::new("correct horse".to_owned())
}

fn named(name: Option<&str>) -> Attributes {
    Attributes {
        friendly_name: name.map(str::to_owned),
        ..Attributes::default()
    }
}

fn file(
    key: &PrivateKey,
    leaf: &Certificate,
    issuers: &[Certificate],
    name: Option<&str>,
    profile: Profile,
    password: &Password,
) -> Vec<u8> {
    let attributes = named(name);
    let content = Content {
        key,
        leaf,
        issuers,
        attributes: &attributes,
    };
    let iterations = Iterations::new(2).unwrap();
    encode(&content, profile, iterations, password).unwrap()
}

fn file_of(identity: &Identity, profile: Profile) -> Vec<u8> {
    file(
        &identity.key,
        &identity.leaf,
        &identity.issuers,
        Some(NAME),
        profile,
        &password(),
    )
}

fn verify_as(identity: &Identity, bytes: &[u8]) -> Result<Vec<&'static str>, String> {
    verify(
        bytes,
        &password(),
        &identity.leaf,
        &identity.issuers,
        Some(NAME),
    )
}

#[test]
fn verify_accepts_what_encode_writes() {
    for identity in [identities::ec_identity(), identities::rsa_identity()] {
        for profile in [Profile::Modern, Profile::Compatible, Profile::Legacy] {
            let verified = verify_as(&identity, &file_of(&identity, profile)).unwrap();
            assert_eq!(
                verified,
                ["mac", "certificates", "names", "key", "signature", "path"]
            );
        }
    }
}

#[test]
fn verify_checks_pbmac1_by_own_reader() {
    let identity = identities::ec_identity();
    let verified = verify_as(&identity, &file_of(&identity, Profile::Pbmac1)).unwrap();
    assert_eq!(verified[0], "mac by certstow's own reader");
    assert_eq!(
        verified[1..],
        ["certificates", "names", "key", "signature", "path"]
    );
}

#[test]
fn verify_uses_own_reader_for_impossible_dates() {
    let mut identity = identities::ec_identity();
    let validity = ("20250101000060Z", "20350230000000Z");
    identity.leaf = identities::leaf(&identities::ec_spki(), validity);
    let bytes = file_of(&identity, Profile::Modern);
    let verified = verify_as(&identity, &bytes).unwrap();
    assert!(verified.contains(&"signature") && verified.contains(&"path"));
    let mut altered = bytes;
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    assert!(verify_as(&identity, &altered).is_err());
}

#[test]
fn verify_accepts_a_leaf_without_name() {
    let Identity { key, leaf, .. } = identities::ec_identity();
    let bytes = file(&key, &leaf, &[], None, Profile::Modern, &password());
    assert!(verify(&bytes, &password(), &leaf, &[], None).is_ok());
    assert!(
        verify(&bytes, &password(), &leaf, &[], Some(NAME))
            .unwrap_err()
            .contains("name")
    );
}

#[test]
fn verify_uses_own_reader_beyond_bmp() {
    let Identity { key, leaf, issuers } = identities::ec_identity();
    let verified = |name, password: &str, profile| {
        let password = Password::new(password.to_owned());
        let bytes = file(&key, &leaf, &issuers, Some(name), profile, &password);
        verify(&bytes, &password, &leaf, &issuers, Some(name)).unwrap()
    };
    for profile in [Profile::Modern, Profile::Compatible] {
        assert_eq!(
            verified("Anna 😀", "correct horse", profile),
            [
                "mac",
                "certificates",
                "names by certstow's own reader",
                "key",
                "signature",
                "path"
            ]
        );
    }
    // PBES2 takes passwords as UTF-8, PKCS#12's own derivation as a BMPString.
    assert!(verified("Anna", "correct 🐎", Profile::Modern).contains(&"key"));
    assert!(
        verified("Anna", "correct 🐎", Profile::Compatible)
            .contains(&"key by certstow's own reader")
    );
}

#[test]
fn verify_rejects_another_password() {
    let identity = identities::ec_identity();
    for profile in Profile::ALL {
        let bytes = file_of(&identity, profile);
        let wrong = Password::new("Correct horse".to_owned());
        let result = verify(
            &bytes,
            &wrong,
            &identity.leaf,
            &identity.issuers,
            Some(NAME),
        );
        assert!(result.unwrap_err().contains("MAC"));
    }
}

#[test]
fn verify_rejects_a_mismatched_key() {
    let identity = Identity {
        key: identities::foreign_key(),
        ..identities::ec_identity()
    };
    let error = verify_as(&identity, &file_of(&identity, Profile::Modern)).unwrap_err();
    assert!(error.contains("another certificate"), "{error}");
}

#[test]
fn verify_rejects_a_damaged_key() {
    let sound = identities::rsa_identity();
    for damaged in [
        identities::rsa_key_with_swapped_primes(),
        identities::rsa_key_with_other_exponent(),
    ] {
        assert_eq!(
            crate::key::public_key_of(&damaged).unwrap(),
            crate::key::public_key_of(&sound.key).unwrap(),
        );
        let identity = Identity {
            key: damaged,
            ..identities::rsa_identity()
        };
        let error = verify_as(&identity, &file_of(&identity, Profile::Modern)).unwrap_err();
        assert!(error.contains("damaged"), "{error}");
    }
}

#[test]
fn verify_rejects_missing_additional_or_exchanged_certificates() {
    let Identity { key, leaf, issuers } = identities::ec_identity();
    let check = |leaf: &Certificate, issuers: &[Certificate], meant: &[Certificate]| {
        let bytes = file(
            &key,
            leaf,
            issuers,
            Some(NAME),
            Profile::Modern,
            &password(),
        );
        verify(&bytes, &password(), &meant[0], &meant[1..], Some(NAME)).map(|_| ())
    };
    let meant = [leaf.clone(), issuers[0].clone(), issuers[1].clone()];
    let turned = [issuers[1].clone(), issuers[0].clone()];
    assert_eq!(check(&leaf, &issuers, &meant), Ok(()));
    assert!(
        check(&leaf, &issuers[..1], &meant)
            .unwrap_err()
            .contains("2 certificates")
    );
    assert!(
        check(&leaf, &issuers, &meant[..2])
            .unwrap_err()
            .contains("3 certificates")
    );
    assert!(
        check(&leaf, &turned, &meant)
            .unwrap_err()
            .contains("certificate 2")
    );
    assert!(
        check(&issuers[0], &issuers, &meant)
            .unwrap_err()
            .contains("first certificate")
    );
}

#[test]
fn verify_rejects_a_broken_path() {
    let mut identity = identities::ec_identity();
    identity.issuers[0] = identities::with_broken_signature(&identity.issuers[0]);
    let error = verify_as(&identity, &file_of(&identity, Profile::Modern)).unwrap_err();
    assert!(error.contains("path"), "{error}");
}

#[test]
fn verify_rejects_truncated_or_extended_files() {
    let identity = identities::ec_identity();
    let mut bytes = file_of(&identity, Profile::Modern);
    for length in 0..bytes.len() {
        assert!(verify_as(&identity, &bytes[..length]).is_err(), "{length}");
    }
    bytes.push(0);
    assert!(verify_as(&identity, &bytes).is_err());
}

#[test]
fn verify_rejects_any_altered_byte() {
    let identity = identities::ec_identity();
    for profile in Profile::ALL {
        let mut bytes = file_of(&identity, profile);
        for place in 0..bytes.len() {
            for bit in [0x01, 0x80] {
                bytes[place] ^= bit;
                assert!(
                    verify_as(&identity, &bytes).is_err(),
                    "{profile}, byte {place}"
                );
                bytes[place] ^= bit;
            }
        }
    }
}
