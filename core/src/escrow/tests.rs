use std::fs;
use std::time::Duration;

use certstow_formats::cms::RecipientKeys;
use certstow_formats::testing::identities;
use certstow_platform::OpenOptions;
use certstow_platform::error::StoreError;
use certstow_platform::store::NonInteractive;

use super::*;

fn recipient(identity: &identities::Identity) -> Recipient {
    Recipient::new(identity.leaf.clone()).unwrap()
}

fn key_of(key: certstow_formats::secret::PrivateKey) -> EscrowKey {
    EscrowKey(RecipientKeys::new(&[key], Vec::new()).ok().unwrap())
}

#[test]
fn seal_round_trips_through_open_bytes() {
    let identity = identities::ec_identity();
    let recipient = recipient(&identity);
    let key = key_of(identity.key);
    let password = Password::new("grüße 🔑".to_owned());
    let sealed = recipient.seal(&password).unwrap();
    let opened = key.open_bytes(&sealed).unwrap();
    assert_eq!(opened.expose(), password.expose());
    let no_text = recipient.0.seal(&[0xff]).unwrap();
    let Err(Trouble::Unreadable(why)) = key.open_bytes(&no_text) else {
        panic!("it opened");
    };
    assert_eq!(why, "what is in it is no password: it is not UTF-8 text");
}

#[test]
fn open_error_names_file_without_secret() {
    let identity = identities::ec_identity();
    let sealed = recipient(&identity)
        .seal(&Password::new("canary".to_owned()))
        .unwrap();
    let error = key_of(identities::foreign_key())
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
fn random_password_has_groups_and_is_unique() {
    let [first, second] = [random_password(), random_password()].map(Result::unwrap);
    assert_eq!(first.expose().split('-').count(), GROUPS);
    assert_eq!(first.expose().len(), GROUPS * 6 - 1);
    assert_ne!(first.expose(), second.expose());
}

#[test]
fn warnings_report_an_expired_certificate() {
    let identity = identities::ec_identity();
    let recipient = recipient(&identity);
    const SECOND: Duration = Duration::from_secs(1);
    let validity = identity.leaf.parse().not_after();
    let valid = recipient.warnings(validity - SECOND);
    let expired = recipient.warnings(validity + SECOND);
    assert_eq!(expired.len(), valid.len() + 1);
    let [first, ..] = expired.as_slice() else {
        panic!("no warning")
    };
    assert_eq!(first.code, Code::OutsideValidity);
    let text = "the escrow certificate expired on ";
    assert!(first.text.starts_with(text), "{first}");
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
fn recipient_read_refuses_unusable_certificates() {
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
fn escrow_key_read_refuses_unusable_files() {
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
