use const_oid::ObjectIdentifier;

use super::enveloped_data::{self, MAX_BYTES};
use super::recipient::PublicKey;
use super::{OpenError, Recipient, RecipientKeys, agreement};
use crate::ber::only;
use crate::der::{self, EXPLICIT_1, OCTET_STRING};
use crate::pkcs12::pbe::Cipher;
use crate::secret::PrivateKey;
use crate::testing::identities;

fn recipient(identity: &identities::Identity) -> Recipient {
    Recipient::new(identity.leaf.clone()).unwrap()
}

/// Of a key whose certificate is not known.
fn keys_of(key: PrivateKey) -> RecipientKeys {
    RecipientKeys::new(&[key], Vec::new()).ok().unwrap()
}

fn identities() -> [identities::Identity; 2] {
    [identities::ec_identity(), identities::rsa_identity()]
}

/// The content as text.
fn open(keys: &RecipientKeys, message: &[u8]) -> Result<String, OpenError> {
    keys.open(message, |content| match str::from_utf8(content) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err("it is no text"),
    })
}

#[test]
fn open_succeeds_only_with_recipients_key() {
    for (identity, other) in identities().into_iter().zip(identities().into_iter().rev()) {
        let recipient = recipient(&identity);
        let serial = identity.leaf.parse().serial();
        let keys = keys_of(identity.key);
        let sealed = recipient.seal("grüße 🔑".as_bytes()).unwrap();
        assert_ne!(sealed, recipient.seal("grüße 🔑".as_bytes()).unwrap());
        assert_eq!(open(&keys, &sealed).unwrap(), "grüße 🔑");
        for other in [other.key, identities::foreign_key()] {
            let Err(OpenError::WrongKey(names)) = open(&keys_of(other), &sealed) else {
                panic!("it opened");
            };
            assert!(names[0].contains(&serial), "{names:?}");
        }
    }
}

/// A message for several recipients, each a `RecipientInfo`.
fn sealed_for(infos: &[Vec<u8>], content_key: &[u8; 32], password: &str) -> Vec<u8> {
    let iv = [7; 16];
    let content = Cipher::Aes256.encrypt(content_key, &iv, password.as_bytes());
    enveloped_data::write(agreement::ENVELOPED_VERSION, &infos.concat(), &iv, &content)
}

/// A `RecipientInfo` by RSAES-PKCS1-v1_5 for the holder of a certificate, encrypted to any key.
fn transport_to(recipient: &Recipient, name: &[u8], content_key: &[u8]) -> Vec<u8> {
    let PublicKey::Rsa(key) = &recipient.key else {
        panic!("no RSA key");
    };
    let sealed = key.encrypt(&mut getrandom::SysRng, rsa::Pkcs1v15Encrypt, content_key);
    der::sequence(&[
        &[2, 1, 0],
        name,
        &der::algorithm(&ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1")),
        &der::value(OCTET_STRING, &[&sealed.unwrap()]),
    ])
}

/// What a wrong key makes of RSAES-PKCS1-v1_5 may be as long as a key of the cipher.
#[test]
fn open_tries_recipients_after_a_wrong_key() {
    let [ec, rsa] = identities();
    let (ours, other) = (recipient(&rsa), recipient(&ec));
    let keys = keys_of(rsa.key);
    let (content_key, wrong) = ([1; 32], [2; 32]);
    let elsewhere = transport_to(&ours, &other.issuer_and_serial_number(), &wrong);
    let here = transport_to(&ours, &ours.issuer_and_serial_number(), &content_key);
    for infos in [[elsewhere.clone(), here.clone()], [here, elsewhere.clone()]] {
        let sealed = sealed_for(&infos, &content_key, "k3v9p");
        assert_eq!(open(&keys, &sealed).unwrap(), "k3v9p");
    }
    let sealed = sealed_for(&[elsewhere], &content_key, "k3v9p");
    let Err(OpenError::Unreadable(why)) = open(&keys, &sealed) else {
        panic!("it opened");
    };
    assert!(why.ends_with("or it is sealed to another key"), "{why}");
}

/// Those who share an originator's key, as RFC 5652, 6.2.2 allows.
#[test]
fn open_tries_every_recipient_of_one_originator() {
    let identity = identities::ec_identity();
    let ours = recipient(&identity);
    let PublicKey::Ec(public) = &ours.key else {
        panic!("no EC key");
    };
    let name = ours.issuer_and_serial_number();
    let keys = keys_of(identity.key);
    let content_key = [1; 32];
    let info = agreement::seal(public, &name, &content_key).unwrap();
    let fields = only(&info, EXPLICIT_1)
        .unwrap()
        .inside()
        .collect::<Vec<_>>();
    let [fields @ .., own] = &fields[..] else {
        panic!("no fields");
    };
    let fields: Vec<u8> = fields.iter().flat_map(|field| field.raw).copied().collect();
    let stranger = der::sequence(&[&name, &der::value(OCTET_STRING, &[&[9; 40]])]);
    for both in [[&stranger, own.content], [own.content, &stranger]] {
        let info = der::value(EXPLICIT_1, &[&fields, &der::sequence(&both)]);
        let sealed = sealed_for(&[info], &content_key, "k3v9p");
        let opened = open(&keys, &sealed).unwrap();
        assert_eq!(opened, "k3v9p");
        let wrong = open(&keys_of(identities::foreign_key()), &sealed).unwrap_err();
        assert!(matches!(wrong, OpenError::WrongKey(names) if names.len() == 2));
    }
}

#[test]
fn open_never_panics_on_damaged_message() {
    for identity in identities() {
        let sealed = recipient(&identity).seal(b"x").unwrap();
        let keys = keys_of(identity.key);
        for length in 0..sealed.len() {
            let error = open(&keys, &sealed[..length]).unwrap_err();
            assert!(
                matches!(error, OpenError::Unreadable(_)),
                "{length}: {error:?}"
            );
        }
        let longer = [&sealed[..], &[0]].concat();
        assert!(open(&keys, &longer).is_err());
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 0x41;
            // The content is not authenticated; a name or a version may change unnoticed.
            let _ = open(&keys, &changed);
        }
    }
    let keys = keys_of(identities::ec_identity().key);
    let huge = vec![0x30; MAX_BYTES + 1];
    assert!(matches!(open(&keys, &huge), Err(OpenError::Unreadable(_))));
}

#[test]
fn open_rejects_ber_messages() {
    let identity = identities::ec_identity();
    let sealed = recipient(&identity).seal(b"x").unwrap();
    let keys = keys_of(identity.key);
    let outer = only(&sealed, 0x30).unwrap();
    let indefinite = [&[0x30, 0x80], outer.content, &[0, 0]].concat();
    let length = outer.content.len().to_be_bytes();
    let long = [&[0x30, 0x84], &length[4..], outer.content].concat();
    for message in [indefinite, long] {
        let refused = open(&keys, &message).unwrap_err();
        let why = "it is no CMS EnvelopedData in DER".to_owned();
        assert_eq!(refused, OpenError::Unreadable(why));
    }
}
