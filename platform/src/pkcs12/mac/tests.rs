use super::*;
use crate::secret::Password;

fn schemes() -> Vec<MacScheme> {
    let digests = [
        Digest::Sha1,
        Digest::Sha224,
        Digest::Sha256,
        Digest::Sha384,
        Digest::Sha512,
    ];
    let pkcs12 = digests.map(|digest| MacScheme::Pkcs12 {
        digest,
        salt: b"saltsalt".to_vec(),
        iterations: 2,
    });
    let pbmac1 = digests.map(|digest| MacScheme::Pbmac1 {
        digest,
        prf: Digest::Sha1,
        salt: b"saltsalt".to_vec(),
        iterations: 2,
        key_length: 20,
    });
    pkcs12.into_iter().chain(pbmac1).collect()
}

#[test]
fn every_scheme_survives_its_mac_data_and_knows_its_own_value() {
    let password = Password::new("secret".into());
    for scheme in schemes() {
        let key = scheme.derive_key(PasswordForm::Text(&password));
        let value = scheme.compute(&key, b"content");
        let der = scheme.to_mac_data(&value);
        let mac_data = MacData::from_der(&der).unwrap();
        assert_eq!(MacScheme::from_mac_data(&mac_data), Ok(scheme.clone()));
        assert_eq!(mac_data.mac.digest.as_bytes(), value);
        assert!(scheme.matches(&key, b"content", &value));
        assert!(!scheme.matches(&key, b"Content", &value));
        assert!(!scheme.matches(&key, b"content", &value[..value.len() - 1]));
        assert!(!scheme.matches(&key, b"content", &[]));
    }
}

#[test]
fn a_pbmac1_key_that_can_be_guessed_is_refused() {
    for key_length in [0, 1, 19, 129] {
        let scheme = MacScheme::Pbmac1 {
            digest: Digest::Sha256,
            prf: Digest::Sha256,
            salt: vec![1; 8],
            iterations: 1,
            key_length,
        };
        let der = scheme.to_mac_data(&[0; 32]);
        let read = MacScheme::from_mac_data(&MacData::from_der(&der).unwrap());
        assert!(matches!(read, Err(DecodeError::Damaged(_))), "{key_length}");
    }
}
