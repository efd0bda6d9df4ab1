use zeroize::Zeroizing;

use super::*;
use crate::der;
use crate::testing::PASSWORD;
use crate::testing::writer::{data, file_of};

const FIXTURE: &str = "keystores/fixture.jks";

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn open<'a>(bytes: &'a [u8], text: &str) -> Result<Contents<'a>, JksError> {
    decode(bytes, &password(text), &Limits::default())
}

fn outlined(bytes: &[u8]) -> Result<Outline<'_>, JksError> {
    outline(bytes, &Limits::default())
}

/// A string of ASCII after its length.
fn text(text: &str) -> Vec<u8> {
    string(text.as_bytes())
}

fn string(octets: &[u8]) -> Vec<u8> {
    let length = u16::try_from(octets.len()).unwrap();
    [&length.to_be_bytes()[..], octets].concat()
}

fn counted(octets: &[u8]) -> Vec<u8> {
    let length = u32::try_from(octets.len()).unwrap();
    [&length.to_be_bytes()[..], octets].concat()
}

fn number(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// A trusted certificate of version 2.
fn trusted(alias: &[u8], kind: &str, der: &[u8]) -> Vec<u8> {
    let time = 5_i64.to_be_bytes().to_vec();
    [number(2), string(alias), time, text(kind), counted(der)].concat()
}

fn key_entry(alias: &str, encrypted: &[u8], chain: &[Vec<u8>]) -> Vec<u8> {
    let time = 7_i64.to_be_bytes().to_vec();
    let count = number(chain.len().try_into().unwrap());
    let head = [number(1), text(alias), time, counted(encrypted), count];
    [head.concat(), chain.concat()].concat()
}

/// An `EncryptedPrivateKeyInfo` as JKS has it.
fn protected(plain: &[u8], text: &str) -> Vec<u8> {
    let password = protection::utf16(&password(text));
    let salt = [9; 20];
    let mut hidden = plain.to_vec();
    protection::apply_keystream(&mut hidden, &password, &salt);
    let check = protection::hash(&[&password, plain]);
    encrypted_info(
        &der::algorithm(&protection::KEY_PROTECTOR),
        &[&salt[..], &hidden, check.as_slice()].concat(),
    )
}

fn encrypted_info(algorithm: &[u8], encrypted: &[u8]) -> Vec<u8> {
    der::sequence(&[algorithm, &der::value(der::OCTET_STRING, &[encrypted])])
}

/// A keystore of these entries, with its check.
fn store(version: u32, entries: &[Vec<u8>], text: &str) -> Vec<u8> {
    let count = entries.len().try_into().unwrap();
    let head = [number(MAGIC), number(version), number(count)];
    let content = [head.concat(), entries.concat()].concat();
    let check = protection::store_check(&protection::utf16(&password(text)), &content);
    [content, check.to_vec()].concat()
}

#[test]
fn outline_shows_all_but_keys() {
    let bytes = file_of(FIXTURE);
    let outline = outlined(&bytes).unwrap();
    let mut shown: Vec<_> = outline
        .entries
        .iter()
        .map(|entry| {
            let certificates = match &entry.content {
                Content::PrivateKey { chain, .. } => chain.clone(),
                Content::TrustedCertificate(der) => vec![*der],
            };
            // Between 2020 and 2100.
            assert!((1_577_836_800_000..4_102_444_800_000).contains(&entry.created));
            (entry.alias.as_str(), certificates)
        })
        .collect();
    shown.sort();
    let [ca, p256, p384] =
        ["ca", "P-256", "P-384"].map(|name| data(&format!("certificates/{name}.pem")));
    assert_eq!(
        shown,
        [
            ("ca", vec![ca.as_slice()]),
            ("p-256", vec![p256.as_slice(), ca.as_slice()]),
            ("p-384", vec![p384.as_slice(), ca.as_slice()]),
        ]
    );
}

#[test]
fn decode_gives_keys_and_names_others_password() {
    let bytes = file_of(FIXTURE);
    let mut contents = open(&bytes, PASSWORD).unwrap();
    contents.keys.sort_by(|a, b| a.alias.cmp(&b.alias));
    let [p256, p384] = contents.keys.as_slice() else {
        panic!("{contents:?}");
    };
    assert_eq!(
        (p256.alias.as_str(), p384.alias.as_str()),
        ("p-256", "p-384")
    );
    assert!(p256.key.as_ref().unwrap().expose() == data("keys/P-256.pem"));
    assert_eq!(p384.key.as_ref().unwrap_err(), &JksError::KeyPassword);
    let wrong = p384.protected.open(&password("wrong")).unwrap_err();
    assert_eq!(wrong, JksError::KeyPassword);
    let key = p384.protected.open(&password("another")).unwrap();
    assert!(key.expose() == data("keys/P-384.pem"));
    assert_eq!(contents.trusted[0].der, data("certificates/ca.pem"));
    assert_eq!(contents.trusted[0].alias, "ca");
}

#[test]
fn wrong_passwords_are_told_apart() {
    let bytes = file_of(FIXTURE);
    for wrong in ["", "Fixture", "fixture\0", "fixture "] {
        assert_eq!(open(&bytes, wrong).unwrap_err(), JksError::WrongPassword);
    }
    // The password of one key is not that of the store.
    assert_eq!(
        open(&bytes, "another").unwrap_err(),
        JksError::CheckMismatch
    );
    // Nor does one that fits the keys prove a store that was changed.
    let mut changed = bytes;
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert_eq!(
        open(&changed, PASSWORD).unwrap_err(),
        JksError::CheckMismatch
    );
    assert_eq!(
        open(&changed, "wrong").unwrap_err(),
        JksError::WrongPassword
    );
}

#[test]
fn every_cut_is_truncated() {
    let bytes = file_of(FIXTURE);
    for length in 4..bytes.len() {
        let cut = &bytes[..length];
        assert_eq!(outlined(cut).unwrap_err(), JksError::Truncated, "{length}");
    }
    for length in 0..4 {
        let cut = &bytes[..length];
        assert_eq!(outlined(cut).unwrap_err(), JksError::NotJks, "{length}");
    }
}

/// `JavaKeyStore.engineLoad` reads as much as it needs.
#[test]
fn what_follows_the_check_is_passed_over() {
    let mut bytes = file_of(FIXTURE);
    bytes.extend([0; 40]);
    assert_eq!(open(&bytes, PASSWORD).unwrap().keys.len(), 2);
}

#[test]
fn every_flipped_octet_is_noticed() {
    let key = protected(&data("files/pkcs8.der"), "secret");
    let bytes = store(2, &[key_entry("a", &key, &[])], "secret");
    assert!(open(&bytes, "secret").unwrap().keys[0].key.is_ok());
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(open(&changed, "secret").is_err(), "{at}");
    }
}

#[test]
fn versions_other_than_1_and_2_are_named() {
    let der = data("certificates/P-256.pem");
    let entry = |kind: &[u8]| [&trusted(b"a", "", &[])[..15], kind, &counted(&der)].concat();
    let one = store(1, &[entry(&[])], "secret");
    let two = store(2, &[entry(&text("X.509"))], "secret");
    for bytes in [one, two] {
        assert_eq!(open(&bytes, "secret").unwrap().trusted[0].der, der);
    }
    for version in [0, 3, u32::MAX] {
        let bytes = store(version, &[], "secret");
        let error = JksError::UnknownVersion(version);
        assert_eq!(outlined(&bytes).unwrap_err(), error);
    }
    let jceks = file_of("keystores/fixture.jceks");
    assert_eq!(outlined(&jceks).unwrap_err(), JksError::NotJks);
}

#[test]
fn an_empty_store_still_has_a_password() {
    for text in ["", "secret"] {
        let bytes = store(2, &[], text);
        let contents = open(&bytes, text).unwrap();
        assert!(contents.keys.is_empty() && contents.trusted.is_empty());
        assert_eq!(open(&bytes, "wrong").unwrap_err(), JksError::WrongPassword);
    }
}

#[test]
fn aliases_are_in_modified_utf_8() {
    let alias_of = |octets: &[u8]| {
        let bytes = store(2, &[trusted(octets, "X.509", b"x")], "secret");
        outlined(&bytes).map(|outline| outline.entries[0].alias.clone())
    };
    assert_eq!(alias_of(b"").as_deref(), Ok(""));
    assert_eq!(
        alias_of("M\u{fc}ller".as_bytes()).as_deref(),
        Ok("M\u{fc}ller")
    );
    assert_eq!(alias_of("\u{682a}".as_bytes()).as_deref(), Ok("\u{682a}"));
    // U+1F511 as a surrogate pair, U+0000 in two octets, and half a pair.
    assert_eq!(
        alias_of(b"\xed\xa0\xbd\xed\xb4\x91 \xc0\x80 \xed\xa0\xbd").as_deref(),
        Ok("\u{1f511} \0 \u{fffd}")
    );
    let wrong = Err(JksError::Damaged("a name in it is no text".to_owned()));
    let malformed: [&[u8]; 6] = [
        "\u{1f511}".as_bytes(),
        b"\x80",
        b"\xc3",
        b"\xc3A",
        b"\xe2\x82",
        b"\xe2A\x82",
    ];
    for octets in malformed {
        assert_eq!(alias_of(octets), wrong, "{octets:x?}");
    }
}

#[test]
fn unknown_entries_and_types_are_errors() {
    let secret_key = [number(3), text("a")].concat();
    let damaged = "it holds an entry of the unknown kind 3";
    assert_eq!(
        outlined(&store(2, &[secret_key], "secret")).unwrap_err(),
        JksError::Damaged(damaged.to_owned())
    );
    let other = trusted(b"a", "PGP", b"x");
    let unsupported = "a certificate of the type \"PGP\"";
    assert_eq!(
        outlined(&store(2, &[other], "secret")).unwrap_err(),
        JksError::Unsupported(unsupported.to_owned())
    );
}

#[test]
fn limits_hold_for_octets_and_items() {
    let entries = [
        trusted(b"a", "X.509", b"x"),
        key_entry("b", b"", &[[text("X.509"), counted(b"x")].concat()]),
    ];
    let bytes = store(2, &entries, "secret");
    let at_most = |max_bytes, max_items| {
        let limits = Limits {
            max_bytes,
            max_items,
        };
        outline(&bytes, &limits).map(|outline| outline.entries.len())
    };
    assert_eq!(at_most(bytes.len(), 3), Ok(2));
    for (max_bytes, max_items) in [(bytes.len() - 1, 3), (bytes.len(), 2), (bytes.len(), 1)] {
        let error = at_most(max_bytes, max_items).unwrap_err();
        assert!(matches!(error, JksError::Damaged(_)), "{error}");
    }
    // A count is no promise.
    let head = [number(MAGIC), number(2), number(u32::MAX)].concat();
    assert_eq!(outlined(&head).unwrap_err(), JksError::Truncated);
}

#[test]
fn damaged_keys_cost_no_others() {
    let pkcs8 = data("files/pkcs8.der");
    let algorithm = der::algorithm(&protection::KEY_PROTECTOR);
    let other = der::algorithm(&const_oid::ObjectIdentifier::new_unwrap(
        "1.3.6.1.4.1.42.2.19.1",
    ));
    let mut trailing = protected(&pkcs8, "secret");
    trailing.push(0);
    let broken = "it is no EncryptedPrivateKeyInfo";
    let cases: [(Vec<u8>, &str); 7] = [
        (Vec::new(), broken),
        (pkcs8.clone(), broken),
        (trailing, broken),
        (encrypted_info(&der::sequence(&[]), &[0; 60]), broken),
        (encrypted_info(&algorithm, &[0; 39]), "it is too short"),
        (
            protected(b"something else", "secret"),
            "what it decrypts to is no private key",
        ),
        (
            encrypted_info(&other, &[0; 60]),
            "the key protection 1.3.6.1.4.1.42.2.19.1",
        ),
    ];
    let mut entries: Vec<_> = cases
        .iter()
        .map(|(encrypted, _)| key_entry("bad", encrypted, &[]))
        .collect();
    entries.push(key_entry("good", &protected(&pkcs8, "secret"), &[]));
    let bytes = store(2, &entries, "secret");
    let contents = open(&bytes, "secret").unwrap();
    let (good, bad) = contents.keys.split_last().unwrap();
    assert!(good.key.as_ref().unwrap().expose() == pkcs8);
    for (entry, (_, expected)) in bad.iter().zip(&cases) {
        let error = entry.key.as_ref().unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_ne!(error, &JksError::KeyPassword);
    }
}

#[test]
fn errors_say_what_to_think() {
    for (error, said) in [
        (JksError::NotJks, "not a Java keystore"),
        (JksError::UnknownVersion(3), "of version 3"),
        (JksError::Truncated, "breaks off"),
        (JksError::Damaged("so".to_owned()), "it is damaged: so"),
        (JksError::WrongPassword, "the password is wrong"),
        (JksError::CheckMismatch, "was changed"),
        (JksError::KeyPassword, "another password"),
        (JksError::Unsupported("x".to_owned()), "it uses x"),
    ] {
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// FIPS 180's example of SHA-1, and the keystream over more than one block.
#[test]
fn keystream_is_its_own_inverse() {
    let abc = protection::hash(&[b"a", b"bc"]);
    assert_eq!(abc[..4], [0xa9, 0x99, 0x3e, 0x36]);
    for length in [0, 1, 20, 21, 1000] {
        let plain = Zeroizing::new(vec![0x5a; length]);
        let mut text = plain.clone();
        protection::apply_keystream(&mut text, b"pw", &[1; 20]);
        assert!(length == 0 || text != plain);
        protection::apply_keystream(&mut text, b"pw", &[1; 20]);
        assert_eq!(text, plain);
    }
}
