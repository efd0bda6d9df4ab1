use const_oid::ObjectIdentifier;

use super::*;
use crate::der;
use crate::pkcs12::algorithms::{CIPHERS, HMACS};
use crate::pkcs12::pbe::parameters::count;
use crate::secret::Password;

fn schemes() -> Vec<Scheme> {
    let (salt, iterations) = (vec![7; 16], 3);
    let own = SCHEMES.iter().filter_map(|(_, scheme)| scheme.ok());
    let own = own.map(|(derivation, cipher)| match derivation {
        Derivation::Pkcs12 => Scheme::Pkcs12 {
            cipher,
            salt: salt.clone(),
            iterations,
        },
        Derivation::Pbkdf1(digest) => Scheme::Pbes1 {
            digest,
            cipher,
            salt: salt.clone(),
            iterations,
        },
    });
    let rc2 = [40, 64, 128].map(|bits| Cipher::Rc2 { bits });
    let ciphers = CIPHERS
        .iter()
        .filter_map(|(_, cipher)| cipher.ok())
        .chain(rc2);
    let ciphers: Vec<Cipher> = ciphers.collect();
    let pbes2 = ciphers.iter().flat_map(|cipher| {
        let prfs = HMACS.iter().filter_map(|(_, prf)| prf.ok());
        prfs.map(|prf| Scheme::Pbes2 {
            cipher: *cipher,
            iv: vec![9; cipher.block_length()],
            prf,
            salt: salt.clone(),
            iterations: 300,
        })
    });
    let scrypt = ciphers.iter().map(|cipher| Scheme::Scrypt {
        cipher: *cipher,
        iv: vec![9; cipher.block_length()],
        salt: salt.clone(),
        cost: cost(7, 2, 3),
    });
    own.chain(pbes2).chain(scrypt).collect()
}

fn cost(log_n: u8, block_size: u32, parallelization: u32) -> ScryptCost {
    ScryptCost {
        log_n,
        block_size,
        parallelization,
    }
}

#[test]
fn scheme_round_trips_through_der() {
    for scheme in schemes() {
        assert_eq!(Scheme::from_der(&scheme.to_der()), Ok(scheme));
    }
}

#[test]
fn scheme_decrypts_only_with_its_password() {
    let (right, wrong) = (Password::new("right".into()), Password::new("wrong".into()));
    for scheme in schemes() {
        let text = vec![0x30; 41];
        let encrypted = scheme.encrypt(PasswordForm::Text(&right), &text);
        let decrypted = scheme
            .decrypt(PasswordForm::Text(&right), &encrypted)
            .unwrap();
        assert_eq!(*decrypted, text, "{}", scheme.name());
        let other = scheme.decrypt(PasswordForm::Text(&wrong), &encrypted);
        assert!(
            other.map_or(true, |other| *other != text),
            "{}",
            scheme.name()
        );
    }
}

#[test]
fn scheme_names_an_unknown_algorithm() {
    let scheme = der::algorithm(&ObjectIdentifier::new_unwrap("1.2.3.4"));
    let error = Scheme::from_der(&scheme).unwrap_err();
    assert_eq!(
        error,
        DecodeError::Unsupported("the encryption scheme 1.2.3.4".into())
    );
}

#[test]
fn decrypt_private_key_refuses_excessive_iterations() {
    let cipher = Cipher::TripleDes;
    let scheme = Scheme::Pkcs12 {
        cipher,
        salt: vec![1; 8],
        iterations: u32::MAX,
    };
    let key = der::sequence(&[&scheme.to_der(), &der::value(OCTET_STRING, &[&[0; 8]])]);
    let error = decrypt_private_key(&key, PasswordForm::Null, 10_000_000).unwrap_err();
    assert!(matches!(error, DecodeError::TooMuchWork { .. }), "{error}");
    assert!(count(0).is_err() && count(1 << 32).is_err() && count(1).is_ok());
}

#[test]
fn scheme_names_what_is_not_read() {
    let pbes2 = |cipher: &str| {
        let cipher = ObjectIdentifier::new_unwrap(cipher);
        let cipher = der::sequence(&[&der::oid(&cipher), &der::value(OCTET_STRING, &[&[0; 16]])]);
        let derivation = parameters::pbkdf2_der(Digest::Sha256, b"salt", 1, None);
        let parameters = der::sequence(&[&derivation, &cipher]);
        Scheme::from_der(&der::sequence(&[&der::oid(&oid::PBES2), &parameters]))
    };
    for (cipher, name) in [
        ("1.2.392.200011.61.1.1.1.4", "the cipher Camellia-256-CBC"),
        ("1.2.410.200004.1.4", "the cipher SEED-CBC"),
        ("1.2.3.4", "the cipher 1.2.3.4"),
    ] {
        assert_eq!(pbes2(cipher), Err(DecodeError::Unsupported(name.into())));
    }
}

#[test]
fn scrypt_is_bounded_in_memory_and_time() {
    let scrypt = |cost| Scheme::Scrypt {
        cipher: Cipher::Aes256,
        iv: vec![9; 16],
        salt: vec![7; 16],
        cost,
    };
    let read = |cost| Scheme::from_der(&scrypt(cost).to_der());
    // What RustCrypto writes, and the most there may be.
    for cost in [cost(17, 8, 1), cost(17, 15, 1)] {
        assert_eq!(read(cost), Ok(scrypt(cost)));
    }
    for (cost, mebibytes) in [
        (cost(20, 8, 1), 1024),
        (cost(40, 8, 1), 1 << 30),
        (cost(1, 1 << 20, 9), 1408),
    ] {
        let what = format!("scrypt with {mebibytes} MiB of memory (256 MiB at most)");
        assert_eq!(read(cost), Err(DecodeError::Unsupported(what)));
    }
    let slow = scrypt(cost(14, 8, 100));
    assert_eq!(slow.iterations(), 100 << 17);
    let key = crate::testing::writer::encrypted_pkcs8(&slow, &[0; 16]);
    let error = decrypt_private_key(&key, PasswordForm::Null, 10_000_000).unwrap_err();
    assert!(matches!(error, DecodeError::TooMuchWork { .. }), "{error}");
}
