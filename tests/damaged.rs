//! Damaged files: a real one cut short at every length and with every byte changed is graded
//! and opened without a panic, and never mistaken for the real one.

use std::path::Path;

use certstow::pkcs12::attributes::Attributes;
use certstow::pkcs12::encode::{Content, encode};
use certstow::pkcs12::profile::{Iterations, Profile};
use certstow::platform::certificate::Certificate;
use certstow::platform::pkcs12::decode::{Contents, Limits, MacStatus, decode};
use certstow::platform::pkcs12::error::DecodeError;
use certstow::platform::pkcs12::kdf::PasswordForm;
use certstow::platform::pkcs12::outline::outline;
use certstow::platform::secret::{Password, PrivateKey};

/// Every damage that hits a count asks for little work this way, and a changed count that asks
/// for much is refused.
const LIMITS: Limits = Limits {
    max_iterations: 300,
    max_total_iterations: 1_000,
    max_bags: 100,
    max_bytes: 1 << 20,
};

/// Grace Example of the sample store as a file of this profile, and the password.
fn real_file(profile: Profile) -> (Vec<u8>, Password) {
    let pem = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal/grace-example.pem");
    let pem = std::fs::read_to_string(pem).expect("the sample store");
    let key_begins = pem.find("-----BEGIN PRIVATE KEY").expect("a key");
    let decode = |text: &str| pem_rfc7468::decode_vec(text.as_bytes()).expect("PEM").1;
    let leaf = Certificate::from_der(&decode(&pem[..key_begins])).expect("a certificate");
    let key = PrivateKey::from_pkcs8_der(decode(&pem[key_begins..]).into());
    let attributes = Attributes {
        friendly_name: Some("Grace Example".to_owned()),
        ..Attributes::default()
    };
    let content = Content {
        key: &key,
        leaf: &leaf,
        issuers: &[],
        attributes: &attributes,
    };
    let iterations = Iterations::new(100).expect("a count in bounds");
    let password = Password::new("correct horse".to_owned());
    let bytes = encode(&content, profile, iterations, &password).expect("random numbers");
    (bytes, password)
}

fn open(bytes: &[u8], password: &Password) -> Result<Contents, DecodeError> {
    let _ = outline(bytes);
    decode(bytes, PasswordForm::Text(password), &LIMITS)
}

#[test]
fn a_whole_file_opens() {
    for profile in Profile::ALL {
        let (bytes, password) = real_file(profile);
        let contents = open(&bytes, &password).expect("the file opens");
        assert_eq!(contents.mac, MacStatus::Ok);
        assert_eq!((contents.keys.len(), contents.certificates.len()), (1, 1));
    }
}

#[test]
fn a_file_cut_short_anywhere_does_not_open() {
    for profile in Profile::ALL {
        let (bytes, password) = real_file(profile);
        for length in 0..bytes.len() {
            assert!(
                open(&bytes[..length], &password).is_err(),
                "{profile:?}, {length} of {} bytes",
                bytes.len()
            );
        }
    }
}

#[test]
fn a_file_with_any_byte_changed_does_not_pass_for_the_real_one() {
    for profile in Profile::ALL {
        let (bytes, password) = real_file(profile);
        let real = open(&bytes, &password).expect("the file opens");
        for place in 0..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[place] ^= change;
                // A byte may be free of meaning; what comes out must not differ then.
                if let Ok(contents) = open(&damaged, &password) {
                    let same = contents.mac == MacStatus::Ok
                        && contents.keys[0].key.expose() == real.keys[0].key.expose()
                        && contents.certificates[0].der == real.certificates[0].der;
                    assert!(same, "{profile:?}, byte {place} changed by {change:#x}");
                }
            }
        }
    }
}

#[test]
fn a_file_followed_by_something_else_does_not_panic() {
    let (mut bytes, password) = real_file(Profile::Modern);
    bytes.extend_from_slice(b"something else");
    let _ = open(&bytes, &password);
}
