//! Parts, bags and encodings that real files have, and some that only look odd.

use certstow_formats::der::{
    self, EXPLICIT_0, IA5_STRING, INTEGER, OCTET_STRING, SEQUENCE, sequence, value,
};
use certstow_formats::pkcs12::oid;
use certstow_formats::pkcs12::outline::{BagOutline, outline};
use certstow_formats::pkcs12::pbe::{Scheme, decrypt_private_key};
use certstow_formats::testing::writer::{
    attribute, bag, certificate, content_info, data, encrypted, file, key, label, mac, nested,
    pbes2, plain, safe_contents, shrouded_key, whole,
};
use const_oid::ObjectIdentifier;

use super::*;

fn p256() -> Vec<u8> {
    certificate(&data("certificates/P-256.pem"), &[label("mine")])
}

/// 2.25 and a UUID as one arc (X.667).
fn uuid_oid() -> Vec<u8> {
    value(0x06, &[&[0x69, 0x83], &[0xff; 17], &[0x7f]])
}

#[test]
fn decode_reads_nested_bags_and_many_parts() {
    let right = password("right");
    let form = PasswordForm::Text(&right);
    let scheme = pbes2(10);
    let key = key(&data("keys/P-256.pem"), &[]);
    let parts = [
        plain(&[nested(&[p256(), nested(&[key])])]),
        encrypted(&scheme, form, &[nested(&[p256()])]),
        encrypted(&scheme, form, &[p256()]),
        plain(&[]),
    ];
    let contents = open(&file(&parts, Some((&mac(10), form))), "right").unwrap();
    assert_eq!(counts(&contents), (3, 1));
    let too_deep = (0..9).fold(p256(), |inner, _| nested(&[inner]));
    let error = open(&file(&[plain(&[too_deep])], None), "").unwrap_err();
    assert!(error.to_string().contains("nested"), "{error}");
}

#[test]
fn decode_counts_parts_it_cannot_open() {
    let empty = sequence(&[]);
    let enveloped = content_info(&der::oid(&oid::ENVELOPED_DATA), &empty);
    let unknown = content_info(&uuid_oid(), &empty);
    let bare = sequence(&[&uuid_oid()]);
    let parts = [enveloped.clone(), plain(&[p256()]), unknown.clone(), bare];
    let bytes = file(&parts, None);
    let contents = open(&bytes, "").unwrap();
    assert_eq!((counts(&contents), contents.unread_parts), ((1, 0), 3));
    let [BagOutline::Other(what)] = &outline(&bytes).unwrap().safes[0].bags[..] else {
        panic!("{:?}", outline(&bytes));
    };
    assert!(what.contains("encryption to a certificate"), "{what}");

    for (only, word) in [
        (enveloped, "encryption to a certificate"),
        (unknown, "2.25.3402823669209384634"),
    ] {
        let error = open(&file(&[only], None), "").unwrap_err();
        assert!(matches!(error, DecodeError::Unsupported(_)), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn decode_rejects_untyped_crl_and_secret_bags() {
    for kind in [oid::CRL_BAG, oid::SECRET_BAG] {
        let typed = sequence(&[&der::oid(&kind), &value(EXPLICIT_0, &[&[INTEGER, 1, 1]])]);
        let with = |content: &[u8]| {
            let content = value(EXPLICIT_0, &[content]);
            let odd = sequence(&[&der::oid(&kind), &content]);
            open(&file(&[plain(&[p256(), odd])], None), "")
        };
        assert_eq!(with(&typed).unwrap().other_bags, 1);
        for content in [&[5, 0][..], &sequence(&[]), &value(SEQUENCE, &[&typed])] {
            let error = with(content).unwrap_err();
            assert!(matches!(error, DecodeError::Damaged(_)), "{error}");
        }
    }
}

#[test]
fn decode_requires_value_of_other_certificate_kinds() {
    let with = |kind: &[u8], bag_type: &ObjectIdentifier, content: &[u8]| {
        let content = sequence(&[kind, content]);
        let odd = bag(&der::oid(bag_type), &content, &[]);
        open(&file(&[plain(&[p256(), odd])], None), "")
    };
    let (sdsi, crl) = (der::oid(&oid::SDSI_CERTIFICATE), der::oid(&oid::X509_CRL));
    let wrapped = |tag| value(EXPLICIT_0, &[&value(tag, &[b"x"])]);
    for (kind, bag_type, right) in [
        (uuid_oid(), oid::CERTIFICATE_BAG, INTEGER),
        (sdsi, oid::CERTIFICATE_BAG, IA5_STRING),
        (crl, oid::CRL_BAG, OCTET_STRING),
    ] {
        assert_eq!(
            with(&kind, &bag_type, &wrapped(right)).unwrap().other_bags,
            1
        );
        let mut wrong = vec![
            Vec::new(),
            value(right, &[b"x"]),
            [wrapped(right), vec![5, 0]].concat(),
        ];
        if right != INTEGER {
            wrong.push(wrapped(INTEGER));
        }
        for content in wrong {
            let error = with(&kind, &bag_type, &content).unwrap_err();
            assert!(matches!(error, DecodeError::Damaged(_)), "{error}");
        }
    }
}

#[test]
fn decode_ignores_identifiers_beyond_32_bits() {
    let odd = attribute(&uuid_oid(), &value(OCTET_STRING, &[b"x"]));
    let der = data("certificates/P-256.pem");
    let bags = [
        certificate(&der, &[odd, label("mine")]),
        bag(&uuid_oid(), &sequence(&[]), &[]),
    ];
    let contents = open(&file(&[plain(&bags)], None), "").unwrap();
    assert_eq!((counts(&contents), contents.other_bags), ((1, 0), 1));
    let name = &contents.certificates[0].attributes.friendly_name;
    assert_eq!(name.as_deref(), Some("mine"));
}

#[test]
fn scheme_names_an_algorithm_of_any_identifier() {
    let scheme = sequence(&[&uuid_oid(), &der::NULL_VALUE]);
    let error = Scheme::from_der(&scheme).unwrap_err();
    assert!(error.to_string().contains("2.25.34028236692"), "{error}");
}

/// PBES2 with the key's length, which is optional, as BouncyCastle and Windows write it.
#[test]
fn scheme_accepts_stated_pbes2_key_length() {
    let right = password("right");
    let form = PasswordForm::Text(&right);
    let scheme = pbes2(10);
    let count = der::unsigned(10);
    let with_length = |length| {
        let der = scheme.to_der();
        let at = der.windows(3).position(|part| part == count).unwrap() + 3;
        let mut der = [&der[..at], &[INTEGER, 1, length], &der[at..]].concat();
        // Every length is short, and sits before what it counts: SEQUENCE, PBES2, SEQUENCE,
        // SEQUENCE, PBKDF2, SEQUENCE.
        for place in [1, 14, 16, 29] {
            der[place] += 3;
        }
        der
    };
    assert_eq!(Scheme::from_der(&with_length(32)), Ok(scheme.clone()));
    assert!(Scheme::from_der(&with_length(16)).is_err());
    let key = data("keys/P-256.pem");
    let text = value(OCTET_STRING, &[&scheme.encrypt(form, &key)]);
    let info = sequence(&[&with_length(32), &text]);
    let opened = decrypt_private_key(&info, form, 10).unwrap();
    assert_eq!(opened.expose(), key);
}

#[test]
fn decrypt_private_key_accepts_unknown_algorithms() {
    let fixture = password("fixture");
    let der = data("keys/ed448.encrypted.pem");
    let form = PasswordForm::Text(&fixture);
    let key = decrypt_private_key(&der, form, 1_000_000).unwrap();
    assert_eq!(key.expose(), data("keys/ed448.pem"));
}

/// A value with an indefinite length.
fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80][..], content, &[0, 0]].concat()
}

/// A value with one more byte of length than it takes.
fn wasteful(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x83, 0][..], &length, content].concat()
}

#[test]
fn outline_detects_ber_in_every_part() {
    let right = password("right");
    let form = PasswordForm::Text(&right);
    let version = der::unsigned(3);
    let data_oid = der::oid(&oid::DATA);
    let scheme = pbes2(10);
    let key = shrouded_key(&data("keys/P-256.pem"), &scheme, form, &[]);
    let safe = sequence(&[&plain(&[p256(), key])]);
    let mac_data = mac(10).to_mac_data(&mac(10).compute(&mac(10).derive_key(form), &safe));
    let octets = |safe: &[u8]| value(OCTET_STRING, &[safe]);
    let info = |octets: &[u8]| content_info(&data_oid, octets);
    let pfx = |info: &[u8]| sequence(&[&version, info, &mac_data]);
    assert!(!outline(&pfx(&info(&octets(&safe)))).unwrap().ber);

    let sound = info(&octets(&safe));
    let halves = safe.split_at(safe.len() / 2);
    let pieces = value(0x24, &[&octets(halves.0), &octets(halves.1)]);
    let parts = |parts: &[u8]| pfx(&info(&octets(&sequence(&[parts]))));
    let bags = safe_contents(&[p256()]);
    let with_mac = |mac_data: &[u8]| sequence(&[&version, &sound, mac_data]);
    let mac_content = &mac_data[2..];
    let text = scheme.encrypt(form, &bags);
    let in_pieces = value(EXPLICIT_0, &[&octets(&text)]);
    let encrypted_info = sequence(&[&data_oid, &scheme.to_der(), &in_pieces]);
    let encrypted_data = sequence(&[&der::unsigned(0), &encrypted_info]);
    for (what, bytes) in [
        (
            "the PFX",
            indefinite(SEQUENCE, &[&version, &sound[..], &mac_data].concat()),
        ),
        (
            "the PFX's length",
            wasteful(SEQUENCE, &[&version, &sound[..], &mac_data].concat()),
        ),
        (
            "the outer [0]",
            pfx(&sequence(&[
                &data_oid,
                &indefinite(EXPLICIT_0, &octets(&safe)),
            ])),
        ),
        ("a string in pieces", pfx(&info(&pieces))),
        ("MacData", with_mac(&indefinite(SEQUENCE, mac_content))),
        (
            "MacData's length",
            with_mac(&wasteful(SEQUENCE, mac_content)),
        ),
        (
            "an inner [0]",
            parts(&sequence(&[
                &data_oid,
                &indefinite(EXPLICIT_0, &octets(&bags)),
            ])),
        ),
        (
            "the bags",
            parts(&info(&octets(&indefinite(SEQUENCE, &p256())))),
        ),
        (
            "the encrypted text",
            parts(&content_info(
                &der::oid(&oid::ENCRYPTED_DATA),
                &encrypted_data,
            )),
        ),
    ] {
        let seen = outline(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(seen.ber, "{what}");
        // Where the MAC's content changed it does not fit any more; all of it is read.
        let opened = open(&bytes, "right");
        assert!(
            !matches!(opened, Err(DecodeError::Damaged(_))),
            "{what}: {opened:?}"
        );
    }
}

#[test]
fn outline_reports_openssl_files_as_der() {
    for name in ["rsa.p12", "clear.p12", "empty-password.pfx"] {
        assert!(!outline(&data(&format!("files/{name}"))).unwrap().ber);
    }
    let right = password("right");
    let own = whole(&pbes2(10), PasswordForm::Text(&right));
    assert!(!outline(&own).unwrap().ber);
}
