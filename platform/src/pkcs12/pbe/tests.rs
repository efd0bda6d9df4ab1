use super::*;
use crate::secret::Password;

const PLAINTEXT: &[u8] = b"neither sixteen nor eight bytes long";

fn schemes() -> Vec<Scheme> {
    let pkcs12 = [
        Cipher::TripleDes,
        Cipher::TwoKeyTripleDes,
        Cipher::Rc2 { bits: 128 },
        Cipher::Rc2 { bits: 40 },
    ];
    let pbes2 = [
        Cipher::Aes128,
        Cipher::Aes192,
        Cipher::Aes256,
        Cipher::TripleDes,
        Cipher::Rc2 { bits: 128 },
        Cipher::Rc2 { bits: 64 },
        Cipher::Rc2 { bits: 40 },
    ];
    let prfs = [
        Digest::Sha1,
        Digest::Sha224,
        Digest::Sha256,
        Digest::Sha384,
        Digest::Sha512,
    ];
    let mut schemes: Vec<Scheme> = pkcs12
        .into_iter()
        .map(|cipher| Scheme::Pkcs12 {
            cipher,
            salt: b"saltsalt".to_vec(),
            iterations: 3,
        })
        .collect();
    for cipher in pbes2 {
        for prf in prfs {
            schemes.push(Scheme::Pbes2 {
                cipher,
                iv: vec![7; cipher.block_length()],
                prf,
                salt: b"0123456789abcdef".to_vec(),
                iterations: 3,
            });
        }
    }
    schemes
}

#[test]
fn every_scheme_reads_what_it_writes_and_decrypts_what_it_encrypts() {
    let password = Password::new("pass \u{1f511}".into());
    for scheme in schemes() {
        assert_eq!(Scheme::from_der(&scheme.to_der()), Ok(scheme.clone()));
        let ciphertext = scheme.encrypt(PasswordForm::Text(&password), PLAINTEXT);
        let plaintext = scheme.decrypt(PasswordForm::Text(&password), &ciphertext);
        assert_eq!(
            plaintext.as_deref().map(Vec::as_slice),
            Ok(PLAINTEXT),
            "{}",
            scheme.name()
        );
        assert!(
            scheme
                .decrypt(PasswordForm::Null, &ciphertext)
                .as_deref()
                .map(Vec::as_slice)
                != Ok(PLAINTEXT)
        );
    }
}

#[test]
fn ciphertext_that_is_not_whole_blocks_is_damaged() {
    for scheme in schemes() {
        for length in [0, 1, 15] {
            assert!(matches!(
                scheme.decrypt(PasswordForm::Null, &vec![0; length]),
                Err(DecodeError::Damaged(_))
            ));
        }
    }
}

#[test]
fn an_iteration_count_of_zero_or_beyond_all_measure_is_refused() {
    assert!(matches!(iteration_count(0), Err(DecodeError::Damaged(_))));
    assert_eq!(iteration_count(1), Ok(1));
    assert_eq!(
        iteration_count(1 << 32),
        Err(DecodeError::TooMuchWork {
            iterations: 1 << 32,
            limit: u64::from(u32::MAX)
        })
    );
}

#[test]
fn a_key_within_its_iteration_limit_opens_and_beyond_it_is_refused() {
    let key = [0x30, 0x0c, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0];
    let password = Password::new("secret".into());
    let scheme = schemes().remove(0);
    let encrypted = scheme.encrypt(PasswordForm::Text(&password), &key);
    let algorithm = scheme.to_der();
    let info = EncryptedPrivateKeyInfo {
        encryption_algorithm: AlgorithmIdentifier::from_der(&algorithm).unwrap(),
        encrypted_data: OctetStringRef::new(&encrypted).unwrap(),
    }
    .to_der()
    .unwrap();
    let opened = decrypt_private_key(&info, PasswordForm::Text(&password), 3).unwrap();
    assert_eq!(opened.expose(), key);
    assert_eq!(
        decrypt_private_key(&info, PasswordForm::Text(&password), 2).unwrap_err(),
        DecodeError::TooMuchWork {
            iterations: 3,
            limit: 2
        }
    );
    assert_eq!(
        decrypt_private_key(&info, PasswordForm::Null, 3).unwrap_err(),
        DecodeError::WrongPassword
    );
}
