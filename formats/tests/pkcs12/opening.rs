//! What the password and the MAC say.

use certstow_formats::pkcs12::decode::{Contents, MacStatus};
use certstow_formats::pkcs12::structure::Structure;
use certstow_formats::testing::writer::{
    certificate, data, encrypted, encrypted_bytes, file, key, mac, pbes2, plain, safe_contents,
    shrouded_key, triple_des, whole,
};

use super::*;

#[test]
fn decode_accepts_either_empty_password() {
    let empty = password("");
    let forms = [PasswordForm::Null, PasswordForm::Text(&empty)];
    for scheme in [pbes2(10), triple_des(10)] {
        for written in forms {
            for given in forms {
                let bytes = whole(&scheme, written);
                let contents = decode(&bytes, given, &Limits::default());
                let contents = contents
                    .unwrap_or_else(|error| panic!("{scheme:?} {written:?} {given:?}: {error}"));
                assert_eq!((contents.mac, counts(&contents)), (MacStatus::Ok, (1, 1)));
            }
        }
    }
}

#[test]
fn decode_mixes_empty_password_forms() {
    let der = data("certificates/P-256.pem");
    let bag = [certificate(&der, &[])];
    let (one, other) = (pbes2(10), triple_des(10));
    let parts = [
        encrypted(&one, PasswordForm::Null, &bag),
        encrypted(&other, PasswordForm::Null, &bag),
    ];
    for mac in [None, Some((&mac(10), PasswordForm::Null))] {
        let contents = open(&file(&parts, mac), "").unwrap();
        assert_eq!(counts(&contents), (2, 0));
    }
}

#[test]
fn decode_reports_mac_mismatch_for_empty_passwords() {
    let text = password("another");
    let bag = [certificate(&data("certificates/P-256.pem"), &[])];
    let part = encrypted(&pbes2(10), PasswordForm::Null, &bag);
    let bytes = file(&[part], Some((&mac(10), PasswordForm::Text(&text))));
    for given in [PasswordForm::Null, PasswordForm::Text(&password(""))] {
        let error = decode(&bytes, given, &Limits::default()).unwrap_err();
        assert_eq!(error, DecodeError::MacMismatch);
    }
    let neither = whole(&pbes2(10), PasswordForm::Text(&text));
    let error = open(&neither, "").unwrap_err();
    assert_eq!(error, DecodeError::WrongPassword);
}

#[test]
fn decode_reports_wrong_password_regardless_of_mac() {
    let right = password("right");
    let form = PasswordForm::Text(&right);
    for scheme in [pbes2(10), triple_des(10)] {
        let bag = [certificate(&data("certificates/P-256.pem"), &[])];
        let bare = file(&[encrypted(&scheme, form, &bag)], None);
        for bytes in [whole(&scheme, form), bare] {
            let error = open(&bytes, "wrong").unwrap_err();
            assert_eq!(error, DecodeError::WrongPassword);
            assert!(open(&bytes, "right").is_ok());
        }
    }
}

#[test]
fn decode_reports_mac_mismatch_for_changed_content() {
    let mut bytes = data("files/clear-certificates.p12");
    let der = data("certificates/rsa.pem");
    let at = bytes.windows(der.len()).position(|part| part == der);
    // Within the certificate's signature, so that nothing but the MAC tells.
    bytes[at.unwrap() + der.len() - 5] ^= 1;
    let error = open(&bytes, "fixture").unwrap_err();
    assert_eq!(error, DecodeError::MacMismatch);
}

#[test]
fn decode_distinguishes_partly_right_from_wrong_password() {
    let right = password("right");
    let form = PasswordForm::Text(&right);
    let bag = certificate(&data("certificates/P-256.pem"), &[]);
    for scheme in [pbes2(10), triple_des(10)] {
        let mut damaged = scheme.encrypt(form, &safe_contents(std::slice::from_ref(&bag)));
        *damaged.last_mut().unwrap() ^= 1;
        let damaged = encrypted_bytes(&scheme, &damaged);
        let sound = encrypted(&scheme, form, std::slice::from_ref(&bag));
        let key = data("keys/P-256.pem");
        let key = plain(&[shrouded_key(&key, &scheme, form, &[])]);

        for parts in [
            [damaged.clone(), sound.clone()],
            [sound.clone(), damaged.clone()],
            [damaged.clone(), key],
        ] {
            let error = open(&file(&parts, None), "right").unwrap_err();
            assert_eq!(error, DecodeError::PartlyOpened);
            let error = open(&file(&parts, None), "wrong").unwrap_err();
            assert_eq!(error, DecodeError::WrongPassword);
        }
        // Nothing proves the password here.
        let error = open(&file(std::slice::from_ref(&damaged), None), "right").unwrap_err();
        assert_eq!(error, DecodeError::WrongPassword);
        // The MAC does, and that it is no damage.
        let bytes = file(&[damaged], Some((&mac(10), form)));
        let error = open(&bytes, "right").unwrap_err();
        assert_eq!(error, DecodeError::ContentPassword);
    }
}

#[test]
fn decode_reports_a_malformed_key_as_damage() {
    let bag = key(&[0x30, 3, 2, 1, 0], &[]);
    let right = password("right");
    let form = PasswordForm::Text(&right);
    for bytes in [
        file(&[plain(std::slice::from_ref(&bag))], None),
        file(&[plain(std::slice::from_ref(&bag))], Some((&mac(1), form))),
        file(&[encrypted(&pbes2(10), form, &[bag])], None),
    ] {
        let error = open(&bytes, "right").unwrap_err();
        assert!(matches!(error, DecodeError::Damaged(_)), "{error}");
    }
}

/// Opens a file with several passwords.
fn open_with(bytes: &[u8], passwords: &[&str]) -> Result<Contents, DecodeError> {
    let limits = Limits::default();
    let file = Structure::read(bytes, &limits)?;
    let mut opening = file.opening(&limits);
    for text in passwords {
        opening.attempt(PasswordForm::Text(&password(text)))?;
    }
    opening.finish()
}

#[test]
fn opening_lists_certificates_beside_locked_key() {
    let (store, own) = (password("store"), password("key"));
    let certificate = [certificate(&data("certificates/P-256.pem"), &[])];
    for scheme in [pbes2(10), triple_des(10)] {
        let key = data("keys/P-256.pem");
        let key = shrouded_key(&key, &scheme, PasswordForm::Text(&own), &[]);
        let form = PasswordForm::Text(&store);
        let parts = [encrypted(&scheme, form, &certificate), plain(&[key])];
        let bytes = file(&parts, Some((&mac(10), form)));
        assert_eq!(open(&bytes, "store").unwrap_err(), DecodeError::KeyPassword);
        assert_eq!(open(&bytes, "key").unwrap_err(), DecodeError::PartlyOpened);
        assert_eq!(
            open(&bytes, "wrong").unwrap_err(),
            DecodeError::WrongPassword
        );
        let locked = open_with(&bytes, &["wrong", "store"]).unwrap();
        assert_eq!((counts(&locked), locked.locked_keys.len()), ((1, 0), 1));
        for passwords in [["store", "key"], ["key", "store"]] {
            let contents = open_with(&bytes, &passwords).unwrap();
            assert_eq!((counts(&contents), contents.mac), ((1, 1), MacStatus::Ok));
            assert!(contents.locked_keys.is_empty());
        }
    }
}

#[test]
fn opening_takes_password_of_mac_and_of_content() {
    let (integrity, privacy) = (password("integrity"), password("privacy"));
    let form = PasswordForm::Text(&privacy);
    let bag = [certificate(&data("certificates/P-256.pem"), &[])];
    let part = encrypted(&pbes2(10), form, &bag);
    let bytes = file(&[part], Some((&mac(10), PasswordForm::Text(&integrity))));
    assert_eq!(
        open(&bytes, "integrity").unwrap_err(),
        DecodeError::ContentPassword
    );
    assert_eq!(
        open(&bytes, "privacy").unwrap_err(),
        DecodeError::MacMismatch
    );
    assert_eq!(
        open(&bytes, "wrong").unwrap_err(),
        DecodeError::WrongPassword
    );
    for passwords in [["integrity", "privacy"], ["privacy", "integrity"]] {
        assert_eq!(counts(&open_with(&bytes, &passwords).unwrap()), (1, 0));
    }
}

#[test]
fn decode_admits_that_clear_file_was_altered() {
    let right = password("right");
    let bag = certificate(&data("certificates/P-256.pem"), &[]);
    let bytes = file(
        &[plain(&[bag])],
        Some((&mac(10), PasswordForm::Text(&right))),
    );
    assert!(open(&bytes, "right").is_ok());
    let error = open(&bytes, "wrong").unwrap_err();
    assert_eq!(error, DecodeError::WrongPasswordOrAltered);
}

#[test]
fn decode_tries_old_forms_of_password() {
    let text = password("Łódź😀");
    let widened = PasswordForm::Widened(&text);
    for scheme in [pbes2(10), triple_des(10)] {
        let contents = open(&whole(&scheme, widened), "Łódź😀").unwrap();
        assert_eq!((contents.mac, counts(&contents)), (MacStatus::Ok, (1, 1)));
    }
    for text in ["nss", "Łódź"] {
        let (own, text) = (password(text), text);
        let bag = [certificate(&data("certificates/P-256.pem"), &[])];
        let parts = [
            encrypted(&pbes2(10), PasswordForm::BmpInPbkdf2(&own), &bag),
            encrypted(&triple_des(10), PasswordForm::Text(&own), &bag),
        ];
        let bytes = file(&parts, Some((&mac(10), PasswordForm::Text(&own))));
        assert_eq!(counts(&open(&bytes, text).unwrap()), (2, 0));
    }
}
