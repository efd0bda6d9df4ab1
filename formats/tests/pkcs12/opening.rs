//! What the password and the MAC say.

use certstow_formats::pkcs12::decode::MacStatus;
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
fn decode_distinguishes_damage_from_wrong_password() {
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
            assert!(matches!(error, DecodeError::Damaged(_)), "{error}");
            let error = open(&file(&parts, None), "wrong").unwrap_err();
            assert_eq!(error, DecodeError::WrongPassword);
        }
        // Nothing proves the password here.
        let error = open(&file(std::slice::from_ref(&damaged), None), "right").unwrap_err();
        assert_eq!(error, DecodeError::WrongPassword);
        // The MAC does.
        let bytes = file(&[damaged], Some((&mac(10), form)));
        let error = open(&bytes, "right").unwrap_err();
        assert!(matches!(error, DecodeError::Damaged(_)), "{error}");
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
