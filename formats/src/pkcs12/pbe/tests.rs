use super::*;
use crate::secret::Password;

fn schemes() -> Vec<Scheme> {
    let pkcs12 = PKCS12_SCHEMES.iter().map(|(_, cipher)| Scheme::Pkcs12 {
        cipher: *cipher,
        salt: vec![7; 16],
        iterations: 3,
    });
    let pbes2 = PBES2_CIPHERS.iter().flat_map(|(_, cipher)| {
        HMACS.iter().map(|(_, prf)| Scheme::Pbes2 {
            cipher: *cipher,
            iv: vec![9; cipher.block_length()],
            prf: *prf,
            salt: vec![7; 16],
            iterations: 300,
        })
    });
    pkcs12.chain(pbes2).collect()
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
    let key = der::sequence(&[&scheme.to_der(), &der::value(der::OCTET_STRING, &[&[0; 8]])]);
    let error = decrypt_private_key(&key, PasswordForm::Null, 10_000_000).unwrap_err();
    assert!(matches!(error, DecodeError::TooMuchWork { .. }), "{error}");
    assert!(count(0).is_err() && count(1 << 32).is_err() && count(1).is_ok());
}
