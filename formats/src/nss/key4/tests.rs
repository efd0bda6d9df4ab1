use super::*;
use crate::der;

const LIMIT: u32 = 10_000_000;

/// PBES2 with this many iterations, as NSS writes it.
fn pbes2(iterations: u32, cipher: &ObjectIdentifier, iv: &[u8]) -> Vec<u8> {
    let hmac = der::algorithm(&oid::HMAC_SHA256);
    let salt = der::value(OCTET_STRING, &[&[5; 32]]);
    let derivation = [
        &salt[..],
        &der::unsigned(iterations),
        &der::unsigned(32),
        &hmac,
    ];
    let derivation = der::sequence(&[&der::oid(&oid::PBKDF2), &der::sequence(&derivation)]);
    let iv = der::value(OCTET_STRING, &[iv]);
    let cipher = der::sequence(&[&der::oid(cipher), &iv]);
    der::sequence(&[
        &der::oid(&oid::PBES2),
        &der::sequence(&[&derivation, &cipher]),
    ])
}

fn triple_des(iterations: u32) -> Vec<u8> {
    let salt = der::value(OCTET_STRING, &[&[5; 20]]);
    let parameters = der::sequence(&[&salt, &der::unsigned(iterations)]);
    der::sequence(&[&der::oid(&PBE_3DES), &parameters])
}

fn value(algorithm: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    der::sequence(&[algorithm, &der::value(OCTET_STRING, &[ciphertext])])
}

fn tried(check: Vec<u8>, text: &str) -> Result<(), NssError> {
    let salt = vec![1; 20];
    let entry = PasswordEntry { salt, check };
    entry.open(&Password::new(text.to_owned()), LIMIT).map(drop)
}

#[test]
fn open_bounds_iterations() {
    let aes = |iterations| pbes2(iterations, &oid::AES256_CBC, &[3; 14]);
    for (algorithm, words) in [
        (aes(0), "an iteration count is zero"),
        (aes(LIMIT + 1), "10000001 iterations of key derivation"),
        (aes(u32::MAX), "4294967295 iterations of key derivation"),
        (triple_des(0), "an iteration count is zero"),
        (
            triple_des(LIMIT + 1),
            "10000001 iterations of key derivation",
        ),
    ] {
        let Err(NssError::Damaged(what)) = tried(value(&algorithm, &[7; 16]), "x") else {
            panic!("{words}");
        };
        assert!(what.starts_with("its password entry: "), "{what}");
        assert!(what.contains(words), "{words}: {what}");
    }
    // The count itself is in order, and the password wrong.
    for algorithm in [aes(1), aes(10_000), triple_des(1), triple_des(3)] {
        let wrong = tried(value(&algorithm, &[7; 16]), "x");
        assert_eq!(wrong, Err(NssError::WrongPassword));
    }
}

#[test]
fn open_tries_no_password_that_is_too_long() {
    let slow = value(&pbes2(LIMIT, &oid::AES256_CBC, &[3; 14]), &[7; 16]);
    let began = std::time::Instant::now();
    let wrong = tried(slow, &"x".repeat(501));
    assert_eq!(wrong, Err(NssError::WrongPassword));
    // Ten million iterations take seconds, and minutes without optimisation.
    assert!(began.elapsed().as_secs() < 2);
}

#[test]
fn open_takes_vector_as_der_or_as_it_is() {
    let salt = [1; 20];
    let base_key = BaseKey::of(&Password::new("right".to_owned()), &salt);
    let key = kdf::pbkdf2_of_octets(kdf::Digest::Sha256, &base_key.0, &[5; 32], 2, 32);
    let of_nss = [&[4, 14][..], &[3; 14]].concat();
    for (written, used) in [(vec![3; 14], of_nss), (vec![3; 16], vec![3; 16])] {
        let algorithm = pbes2(2, &oid::AES256_CBC, &written);
        let check = value(&algorithm, &Cipher::Aes256.encrypt(&key, &used, CHECK));
        assert_eq!(tried(check.clone(), "right"), Ok(()));
        assert_eq!(tried(check, "wrong"), Err(NssError::WrongPassword));
        let other = value(
            &algorithm,
            &Cipher::Aes256.encrypt(&key, &used, b"password"),
        );
        assert_eq!(tried(other, "right"), Err(NssError::WrongPassword));
    }
    let Err(NssError::Damaged(what)) =
        tried(value(&pbes2(1, &oid::AES256_CBC, &[3; 13]), &[]), "x")
    else {
        panic!("an initialization vector of 13 octets");
    };
    assert!(what.ends_with("not one block long"), "{what}");
}

#[test]
fn open_names_what_is_not_read() {
    let unknown = |algorithm: &[u8]| match tried(value(algorithm, &[7; 16]), "x") {
        Err(NssError::Unsupported(what)) => what,
        other => panic!("{other:?}"),
    };
    let aes_128 = pbes2(1, &oid::AES128_CBC, &[3; 14]);
    assert_eq!(unknown(&aes_128), "the cipher 2.16.840.1.101.3.4.1.2");
    let scheme = der::sequence(&[&der::oid(&oid::PBE_3DES), &der::sequence(&[])]);
    assert_eq!(
        unknown(&scheme),
        "the encryption scheme 1.2.840.113549.1.12.1.3"
    );
}

#[test]
fn triple_des_key_takes_long_salts() {
    // A salt longer than a hash is the first state as it is (lowpbe.c).
    let base_key = BaseKey(Zeroizing::new(vec![9; 20]));
    let [short, long] = [20, 33].map(|length| triple_des_key(&base_key, &vec![5; length], 1));
    assert_ne!(*short, *long);
    let hash = kdf::Digest::Sha1.digest(&[&[9; 20], &[5; 33]]);
    assert_eq!(long[..20], *hmac(&hash, &[&[5; 66]]));
}

#[test]
fn base_key_debug_holds_no_secret() {
    let base_key = BaseKey::of(&Password::new("right".to_owned()), &[]);
    assert_eq!(format!("{base_key:?}"), "BaseKey(hidden)");
}
