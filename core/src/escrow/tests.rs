use std::fs;

use super::opening::PrivateKey;
use super::*;
use certstow_formats::der::{EXPLICIT_1, OCTET_STRING};
use certstow_formats::proof;
use certstow_formats::testing::identities;
use certstow_platform::OpenOptions;
use certstow_platform::error::StoreError;
use certstow_platform::store::NonInteractive;
use const_oid::ObjectIdentifier;
use der::asn1::AnyRef;
use der::{Decode as _, Encode as _};

fn recipient(identity: &identities::Identity) -> Recipient {
    Recipient::new(identity.leaf.clone()).unwrap()
}

fn key_of(key: &certstow_formats::secret::PrivateKey) -> EscrowKey {
    let Ok(key) = proof::read_info(key).and_then(PrivateKey::of) else {
        panic!("a key that opens");
    };
    EscrowKey::of(vec![key])
}

fn identities() -> [identities::Identity; 2] {
    [identities::ec_identity(), identities::rsa_identity()]
}

#[test]
fn what_is_sealed_to_a_certificate_its_key_opens_and_no_other() {
    let all = identities();
    let keys: Vec<EscrowKey> = all.iter().map(|identity| key_of(&identity.key)).collect();
    for (position, identity) in all.iter().enumerate() {
        let recipient = recipient(identity);
        let password = Password::new("grüße 🔑".to_owned());
        let sealed = recipient.seal(&password).unwrap();
        let again = recipient.seal(&password).unwrap();
        assert_ne!(sealed, again);
        assert_eq!(
            keys[position].open_bytes(&sealed).unwrap().expose(),
            password.expose()
        );
        let other = keys[1 - position].open_bytes(&sealed).unwrap_err();
        let Trouble::WrongKey(names) = other else {
            panic!("{other:?}");
        };
        let serial = names::serial(&identity.leaf.parse());
        assert!(names[0].contains(&serial), "{names:?}");
    }
    let same_kind = key_of(&identities::foreign_key());
    let sealed = recipient(&all[0])
        .seal(&Password::new("a".to_owned()))
        .unwrap();
    assert!(matches!(
        same_kind.open_bytes(&sealed),
        Err(Trouble::WrongKey(_))
    ));
}

/// A file sealed for several recipients, each the content of a `RecipientInfo`.
fn sealed_for(infos: &[Vec<u8>], content_key: &[u8; 32], password: &str) -> Vec<u8> {
    let iv = [7; 16];
    let content = Cipher::Aes256.encrypt(content_key, &iv, password.as_bytes());
    cms::write(agreement::ENVELOPED_VERSION, &infos.concat(), &iv, &content)
}

/// A part by RSAES-PKCS1-v1_5 for the holder of a certificate, encrypted to any key.
fn transport_to(recipient: &Recipient, name: &[u8], content_key: &[u8]) -> Vec<u8> {
    let PublicKey::Rsa(key) = &recipient.key else {
        panic!("no RSA key");
    };
    let sealed = key.encrypt(&mut getrandom::SysRng, rsa::Pkcs1v15Encrypt, content_key);
    write::sequence(&[
        &[2, 1, 0],
        name,
        &write::algorithm(&ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1")),
        &write::value(OCTET_STRING, &[&sealed.unwrap()]),
    ])
}

/// What a wrong key makes of RSAES-PKCS1-v1_5 may be as long as a key of the cipher.
#[test]
fn a_part_that_gives_a_wrong_key_does_not_hide_the_next() {
    let [ec, rsa] = identities();
    let key = key_of(&rsa.key);
    let (ours, other) = (recipient(&rsa), recipient(&ec));
    let (content_key, wrong) = ([1; 32], [2; 32]);
    let elsewhere = transport_to(&ours, &other.issuer_and_serial_number(), &wrong);
    let here = transport_to(&ours, &ours.issuer_and_serial_number(), &content_key);
    for infos in [[elsewhere.clone(), here.clone()], [here, elsewhere.clone()]] {
        let sealed = sealed_for(&infos, &content_key, "k3v9p");
        assert_eq!(key.open_bytes(&sealed).unwrap().expose(), "k3v9p");
    }
    let sealed = sealed_for(&[elsewhere], &content_key, "k3v9p");
    let Err(Trouble::Unreadable(why)) = key.open_bytes(&sealed) else {
        panic!("it opened");
    };
    assert!(why.ends_with("or it is sealed to another key"), "{why}");
}

/// Those who share a sender's key, as RFC 5652, 6.2.2 allows.
#[test]
fn each_recipient_of_one_sender_is_tried() {
    let identity = identities::ec_identity();
    let ours = recipient(&identity);
    let PublicKey::Ec(public) = &ours.key else {
        panic!("no EC key");
    };
    let name = ours.issuer_and_serial_number();
    let content_key = [1; 32];
    let info = agreement::seal(public, &name, &content_key).unwrap();
    let fields = cms::inside(AnyRef::from_der(&info).unwrap()).unwrap();
    let [fields @ .., keys] = &fields[..] else {
        panic!("no fields");
    };
    let fields: Vec<u8> = fields
        .iter()
        .flat_map(|field| field.to_der().unwrap())
        .collect();
    let stranger = write::sequence(&[&name, &write::value(OCTET_STRING, &[&[9; 40]])]);
    for keys in [[&stranger, keys.value()], [keys.value(), &stranger]] {
        let info = write::value(EXPLICIT_1, &[&fields, &write::sequence(&keys)]);
        let sealed = sealed_for(&[info], &content_key, "k3v9p");
        let opened = key_of(&identity.key).open_bytes(&sealed).unwrap();
        assert_eq!(opened.expose(), "k3v9p");
        let wrong = key_of(&identities::foreign_key())
            .open_bytes(&sealed)
            .unwrap_err();
        assert!(matches!(wrong, Trouble::WrongKey(names) if names.len() == 2));
    }
}

#[test]
fn an_error_names_the_file_and_no_secret() {
    let identity = identities::ec_identity();
    let sealed = recipient(&identity)
        .seal(&Password::new("canary".to_owned()))
        .unwrap();
    let error = key_of(&identities::foreign_key())
        .open(&sealed, Path::new("backup.escrow"))
        .unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("backup.escrow is not opened by this key"),
        "{text}"
    );
    assert!(!text.contains("canary"));
    assert!(error.is_wrong_password());
}

#[test]
fn no_bytes_make_it_panic_and_no_cut_opens() {
    for identity in identities() {
        let key = key_of(&identity.key);
        let password = Password::new("x".to_owned());
        let sealed = recipient(&identity).seal(&password).unwrap();
        for length in 0..sealed.len() {
            let error = key.open_bytes(&sealed[..length]).unwrap_err();
            assert!(
                matches!(error, Trouble::Unreadable(_)),
                "{length}: {error:?}"
            );
        }
        let longer = [&sealed[..], &[0]].concat();
        assert!(key.open_bytes(&longer).is_err());
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 0x41;
            // The content is not authenticated; a name or a version may change unnoticed.
            let _ = key.open_bytes(&changed);
        }
    }
    let key = key_of(&identities::ec_identity().key);
    let huge = vec![0x30; cms::MAX_BYTES + 1];
    assert!(matches!(key.open_bytes(&huge), Err(Trouble::Unreadable(_))));
}

#[test]
fn a_random_password_is_six_groups_and_never_the_same() {
    let [first, second] = [random_password(), random_password()].map(Result::unwrap);
    assert_eq!(first.expose().split('-').count(), GROUPS);
    assert_eq!(first.expose().len(), GROUPS * 6 - 1);
    assert_ne!(first.expose(), second.expose());
}

#[test]
fn warnings_tell_of_dates_and_usages() {
    let identity = identities::ec_identity();
    let recipient = recipient(&identity);
    let validity = identity.leaf.parse().validity().not_after.timestamp();
    let valid = recipient.warnings(validity - 1);
    let expired = recipient.warnings(validity + 1);
    assert_eq!(expired.len(), valid.len() + 1);
    assert!(
        expired[0].starts_with("the escrow certificate expired on "),
        "{expired:?}"
    );
}

/// A file with these bytes, and what reading a recipient from it says.
fn refusal(bytes: &[u8]) -> Error {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    Recipient::read(file.path()).unwrap_err()
}

fn data(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/data");
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn only_one_certificate_that_can_be_encrypted_to_is_a_recipient() {
    let rsa = data("certificates/rsa.pem");
    for (bytes, why) in [
        (data("certificates/ed25519.pem"), "its key can only sign"),
        (data("certificates/rsa-pss.pem"), "its key can only sign"),
        (data("keys/P-256.pem"), "it holds no certificate"),
        ([&rsa[..], &rsa].concat(), "it holds 2 certificates"),
        (
            b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n".to_vec(),
            "not a readable",
        ),
    ] {
        let error = refusal(&bytes);
        assert!(error.to_string().contains(why), "{error}");
        assert!(matches!(
            error,
            Error::Escrow {
                trouble: Trouble::Certificate(_),
                ..
            }
        ));
    }
    let missing = Recipient::read(Path::new("no/such/file")).unwrap_err();
    assert!(matches!(missing, Error::Io { .. }));
}

#[test]
fn a_key_file_must_hold_a_key_that_opens() {
    let read = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/data");
        EscrowKey::read(
            &folder.join(name),
            &OpenOptions::default(),
            &mut NonInteractive,
        )
    };
    assert!(read("keys/P-521.pem").is_ok());
    for name in ["certificates/rsa.pem", "keys/ed25519.pem"] {
        let refused = read(name).unwrap_err();
        let trouble = match &refused {
            Error::Escrow { trouble, .. } => trouble,
            other => panic!("{other:?}"),
        };
        assert!(matches!(trouble, Trouble::Key(_)), "{name}: {refused}");
    }
    let locked = read("keys/P-256.encrypted.pem").unwrap_err();
    let asked = matches!(locked, Error::Store(StoreError::InteractionRequired { .. }));
    assert!(asked, "{locked}");
    assert!(matches!(read("no/such/file"), Err(Error::Io { .. })));
}
