//! Damaged files: a real one cut short at every length and with every byte changed is graded,
//! opened and listed without a panic, and never mistaken for the real one.

use std::path::Path;

use certstow_core::time;
use certstow_formats::certificate::Certificate;
use certstow_formats::pkcs12::attributes::Attributes;
use certstow_formats::pkcs12::decode::{Contents, Limits, MacStatus, decode};
use certstow_formats::pkcs12::encode::{Content, encode};
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::grade::grade;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::outline::outline;
use certstow_formats::pkcs12::profile::{Iterations, Profile};
use certstow_formats::secret::{Password, PrivateKey};
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::NonInteractive;
use certstow_platform::{OpenOptions, open as open_store};

/// Every damage that hits a count asks for little work this way, and a changed count that asks
/// for much is refused.
const LIMITS: Limits = Limits {
    max_iterations: 300,
    max_total_iterations: 1_000,
    max_bags: 100,
    max_bytes: 1 << 20,
};

const PASSWORD: &str = "correct horse";

/// Grace Example of the sample store.
fn grace() -> (Certificate, PrivateKey) {
    let pem = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal/grace-example.pem");
    let pem = std::fs::read_to_string(pem).expect("the sample store");
    let key_begins = pem.find("-----BEGIN PRIVATE KEY").expect("a key");
    let decode = |text: &str| pem_rfc7468::decode_vec(text.as_bytes()).expect("PEM").1;
    let leaf = Certificate::from_der(&decode(&pem[..key_begins])).expect("a certificate");
    let key = PrivateKey::from_pkcs8_der(decode(&pem[key_begins..]).into());
    (leaf, key)
}

/// Her identity as a file of this profile, and the password.
fn real_file(profile: Profile) -> (Vec<u8>, Password) {
    let (leaf, key) = grace();
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
    let iterations = Iterations::new(10).expect("a count in bounds");
    let password = Password::new(PASSWORD.to_owned());
    let bytes = encode(&content, profile, iterations, &password).expect("random numbers");
    (bytes, password)
}

fn open(bytes: &[u8], password: &Password) -> Result<Contents, DecodeError> {
    let _ = outline(bytes);
    decode(bytes, PasswordForm::Text(password), &LIMITS)
}

#[test]
fn decode_opens_intact_files() {
    for profile in Profile::ALL {
        let (bytes, password) = real_file(profile);
        let contents = open(&bytes, &password).expect("the file opens");
        assert_eq!(contents.mac, MacStatus::Ok);
        assert_eq!((contents.keys.len(), contents.certificates.len()), (1, 1));
    }
}

/// A file that should not be taken for another.
struct Real {
    bytes: Vec<u8>,
    password: Password,
    contents: Contents,
}

impl Real {
    fn new(profile: Profile) -> Self {
        let (bytes, password) = real_file(profile);
        let contents = open(&bytes, &password).expect("the file opens");
        Self {
            bytes,
            password,
            contents,
        }
    }

    /// Opens and grades a damaged version of this file. A byte may be free of meaning; what comes
    /// out must not differ then, and only then may the file be said to restore.
    fn is_not(&self, damaged: &[u8], damage: &str) {
        let opened = open(damaged, &self.password);
        if let Ok(contents) = &opened {
            assert!(self.holds(contents), "{damage} went unnoticed");
        }
        let graded = grade(damaged, None, Some(&self.password), &time::clock());
        if graded.is_ok_and(|report| report.restores == Some(true)) {
            assert!(opened.is_ok(), "{damage} is said to restore");
        }
        let _ = grade(damaged, None, None, &time::clock());
    }

    fn holds(&self, contents: &Contents) -> bool {
        contents.mac == MacStatus::Ok
            && contents.keys[0].key.expose() == self.contents.keys[0].key.expose()
            && contents.certificates[0].der == self.contents.certificates[0].der
    }

    /// The file with the bits of `change` turned over in one byte.
    fn changed(&self, place: usize, change: u8) -> Vec<u8> {
        let mut damaged = self.bytes.clone();
        damaged[place] ^= change;
        damaged
    }
}

#[test]
fn grade_confirms_intact_files() {
    for profile in Profile::ALL {
        let real = Real::new(profile);
        let report = grade(&real.bytes, None, Some(&real.password), &time::clock())
            .expect("the file is read");
        assert_eq!(report.restores, Some(true), "{profile:?}");
    }
}

#[test]
fn decode_rejects_truncated_files() {
    for profile in Profile::ALL {
        let real = Real::new(profile);
        for length in 0..real.bytes.len() {
            let place = format!("{profile:?}, {length} of {} bytes", real.bytes.len());
            let damaged = &real.bytes[..length];
            assert!(open(damaged, &real.password).is_err(), "{place}");
            real.is_not(damaged, &place);
        }
    }
}

#[test]
fn decode_and_grade_detect_changed_bytes() {
    for profile in Profile::ALL {
        let real = Real::new(profile);
        for place in 0..real.bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let damage = format!("{profile:?}, byte {place} changed by {change:#x}");
                real.is_not(&real.changed(place, change), &damage);
            }
        }
    }
}

#[test]
fn decode_and_grade_detect_flipped_bits() {
    let real = Real::new(Profile::Modern);
    for place in 0..real.bytes.len() {
        for bit in 0..u8::BITS {
            let damage = format!("byte {place}, bit {bit}");
            real.is_not(&real.changed(place, 1 << bit), &damage);
        }
    }
}

#[test]
fn decode_and_grade_agree_on_trailing_data() {
    let real = Real::new(Profile::Modern);
    let damaged = [real.bytes.as_slice(), b"something else"].concat();
    real.is_not(&damaged, "something behind");
}

#[test]
fn store_lists_only_the_intact_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut damaged = 0;
    let mut add = |bytes: &[u8], password: &Password| {
        // Where the damage is to a byte free of meaning, the file is as good as whole.
        if open(bytes, password).is_err() {
            damaged += 1;
            let file = folder.path().join(format!("damaged-{damaged}.p12"));
            std::fs::write(file, bytes).expect("the damaged file");
        }
    };
    for profile in Profile::ALL {
        let real = Real::new(profile);
        for place in (0..real.bytes.len()).step_by(37) {
            add(&real.bytes[..place], &real.password);
            add(&real.changed(place, 0x10), &real.password);
        }
    }
    assert!(damaged > 100, "{damaged} files");
    let real = Real::new(Profile::Modern);
    std::fs::write(folder.path().join("whole.p12"), &real.bytes).expect("the whole file");

    let options = OpenOptions::with_password(Password::new(PASSWORD.to_owned()));
    let spec = StoreSpec::File(folder.path().to_owned());
    let store = open_store(&spec, &options).expect("the folder opens");
    let listing = store.list().expect("the folder is listed");
    let (leaf, key) = grace();
    let [entry] = listing.entries.as_slice() else {
        panic!("{:?}", listing.entries);
    };
    assert_eq!(entry.certificate.der(), leaf.der());
    // Of each file, nothing is left at the first place: an empty one promises nothing.
    assert_eq!(listing.notices.len(), Profile::ALL.len());
    let named = listing.problems.len() + listing.notices.len();
    assert_eq!(named, damaged, "{:?}", listing.problems);
    let found = store.private_key(&entry.id, &mut NonInteractive);
    assert_eq!(found.expect("the key").expose(), key.expose());
}

/// Another program may read it, so that nothing is said against the file.
#[test]
fn check_of_unknown_cipher_reports_restores_unknown() {
    // AES-256-CBC becomes AES-256-OFB.
    const AES_256: [u8; 8] = [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1];
    let (mut bytes, _) = real_file(Profile::Modern);
    let at = bytes.windows(8).position(|part| part == AES_256);
    bytes[at.expect("AES-256") + 8] = 43;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("ofb.p12");
    std::fs::write(&file, bytes).expect("a file");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args(["check", "--json", "--password-env", "SECRET"])
        .arg(file)
        .env("SECRET", PASSWORD)
        .output()
        .expect("certstow starts");
    assert_eq!(output.status.code(), Some(15));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let report = &report["files"][0];
    assert_eq!(report["restores"], serde_json::Value::Null, "{report}");
    let finding = report["findings"][0]["message"].to_string();
    assert!(finding.contains("does not read"), "{finding}");
}
