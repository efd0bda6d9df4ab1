//! How much a file may ask for.

use certstow_formats::pkcs12::kdf::Digest;
use certstow_formats::pkcs12::mac::MacScheme;
use certstow_formats::pkcs12::pbe::{Cipher, Scheme};
use certstow_formats::testing::writer::{
    certificate, data, encrypted, file, key, mac, pbes2, plain, triple_des,
};

use super::*;

fn limits(max_iterations: u32, max_total_iterations: u64) -> Limits {
    Limits {
        max_iterations,
        max_total_iterations,
        ..Limits::default()
    }
}

/// A file without a MAC and with one part under the scheme.
fn one_part(scheme: &Scheme) -> Vec<u8> {
    let bag = [certificate(&data("certificates/P-256.pem"), &[])];
    let right = password("right");
    file(&[encrypted(scheme, PasswordForm::Text(&right), &bag)], None)
}

fn opens(bytes: &[u8], text: &str, limits: Limits) -> bool {
    match decode(bytes, PasswordForm::Text(&password(text)), &limits) {
        Ok(_) => true,
        Err(DecodeError::TooMuchWork { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn limits_count_every_hash_chain() {
    let aes_with_sha1 = Scheme::Pbes2 {
        cipher: Cipher::Aes256,
        iv: vec![3; 16],
        prf: Digest::Sha1,
        salt: vec![5; 16],
        iterations: 100,
    };
    // A key of 24 bytes by a hash of 20, and a vector of 8.
    for (scheme, chains) in [(pbes2(100), 1), (aes_with_sha1, 2), (triple_des(100), 3)] {
        let bytes = one_part(&scheme);
        assert!(opens(&bytes, "right", limits(100, chains * 100)));
        assert!(!opens(&bytes, "right", limits(100, chains * 100 - 1)));
        assert!(!opens(&bytes, "right", limits(99, 10_000)));
    }
    let right = password("right");
    let pbmac1 = MacScheme::Pbmac1 {
        digest: Digest::Sha256,
        prf: Digest::Sha1,
        salt: vec![5; 16],
        iterations: 100,
        key_length: 64,
    };
    let bytes = file(&[plain(&[])], Some((&pbmac1, PasswordForm::Text(&right))));
    assert!(opens(&bytes, "right", limits(100, 400)));
    assert!(!opens(&bytes, "right", limits(100, 399)));
}

#[test]
fn limits_are_shared_by_both_empty_passwords() {
    let empty = password("");
    let bag = [certificate(&data("certificates/P-256.pem"), &[])];
    let part = encrypted(&triple_des(100), PasswordForm::Null, &bag);
    let bytes = file(&[part], Some((&mac(100), PasswordForm::Null)));
    let open = |form, total| decode(&bytes, form, &limits(100, total));
    assert!(open(PasswordForm::Null, 400).is_ok());
    assert!(open(PasswordForm::Text(&empty), 800).is_ok());
    let error = open(PasswordForm::Text(&empty), 799).unwrap_err();
    assert!(matches!(error, DecodeError::TooMuchWork { .. }), "{error}");
}

#[test]
fn limits_listing_admits_gnutls_and_nss_files() {
    // Nothing is derived for a file that is refused, nor here: the last part is.
    let right = password("right");
    let form = PasswordForm::Text(&right);
    let encrypted =
        |scheme: &Scheme| certstow_formats::testing::writer::encrypted_bytes(scheme, &[0; 16]);
    let hostile = encrypted(&pbes2(u32::MAX));
    let gnutls = vec![encrypted(&pbes2(600_000)); 11];
    let nss = vec![encrypted(&triple_des(600_000)); 2];
    for parts in [gnutls, nss] {
        let mac = mac(1);
        let with = |last: &[Vec<u8>]| file(&[&parts, last].concat(), Some((&mac, form)));
        let work_of = |bytes: &[u8], limits: &Limits| decode(bytes, form, limits).unwrap_err();
        let limits = Limits::listing();
        let error = work_of(&with(std::slice::from_ref(&hostile)), &limits);
        // It is the last part that is too much, not those before it.
        let iterations = u32::MAX.into();
        let limit = 2_000_000;
        assert_eq!(error, DecodeError::TooMuchWork { iterations, limit });
    }
}

#[test]
fn limits_listing_refuses_stalling_files() {
    let listing = Limits::listing();
    let part = certstow_formats::testing::writer::encrypted_bytes(&pbes2(1_900_000), &[0; 16]);
    let many = file(&vec![part; 5], None);
    for bytes in [many, one_part_unencrypted(2_000_001)] {
        let start = std::time::Instant::now();
        let error = decode(&bytes, PasswordForm::Null, &listing).unwrap_err();
        assert!(matches!(error, DecodeError::TooMuchWork { .. }), "{error}");
        assert!(start.elapsed().as_millis() < 500);
    }
}

fn one_part_unencrypted(iterations: u32) -> Vec<u8> {
    let part = certstow_formats::testing::writer::encrypted_bytes(&pbes2(iterations), &[0; 16]);
    file(&[part], None)
}

#[test]
fn limits_count_plain_and_encrypted_bags_together() {
    let right = password("right");
    let bag = key(&data("keys/P-256.pem"), &[]);
    let form = PasswordForm::Text(&right);
    let parts = [
        plain(&[bag.clone(), bag.clone()]),
        encrypted(&pbes2(1), form, &[bag.clone(), bag]),
    ];
    let bytes = file(&parts, None);
    let open = |max_bags| {
        let limits = Limits {
            max_bags,
            ..Limits::default()
        };
        decode(&bytes, form, &limits)
    };
    assert_eq!(counts(&open(6).unwrap()), (0, 4));
    for too_few in [5, 4, 1] {
        let error = open(too_few).unwrap_err();
        assert!(error.to_string().contains("more parts"), "{error}");
    }
}
