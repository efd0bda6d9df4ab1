use certstow_formats::chain::Include;
use certstow_formats::pkcs12::profile::Iterations;
use certstow_formats::testing::identities;
use certstow_platform::error::StoreError;
use certstow_platform::store::{NonInteractive, Store};
use certstow_platform::testing;
use certstow_platform::testing::MemoryStore;

use super::*;
use crate::output::{Existing, Privacy};

fn password() -> Password {
    Password::new("correct horse".to_owned())
}

fn options(format: Format) -> Options {
    Options {
        format,
        iterations: Iterations::new(2_000).unwrap(),
        ..Options::default()
    }
}

fn inventory(stores: Vec<MemoryStore>) -> Inventory {
    let boxed = |store: MemoryStore| -> Box<dyn Store> { Box::new(store) };
    Inventory::of(stores.into_iter().map(boxed).collect()).unwrap()
}

/// The only identity.
fn only(inventory: &Inventory) -> EntryId {
    let [identity] = inventory.certificates() else {
        panic!("not one identity")
    };
    identity.entry().id
}

/// Exports the only identity of the stores to a stream.
fn export(
    stores: Vec<MemoryStore>,
    options: &Options,
    password: Option<&Password>,
) -> Result<(Exported, Vec<u8>), Error> {
    let mut inventory = inventory(stores);
    let id = only(&inventory);
    let mut bytes = Vec::new();
    let memory = Destination::Bytes(&mut bytes);
    let job = Job::new(&mut inventory, &id, options, memory)?;
    let password = |_: &ListedCertificate| match password {
        Some(password) => Ok(Password::new(password.expose().to_owned())),
        None => Err(Error::Password("there is none".to_owned())),
    };
    let report = job.run(password, &mut NonInteractive, &mut |_| {})?;
    Ok((report, bytes))
}

fn damaged() -> identities::Identity {
    identities::Identity {
        key: identities::rsa_key_with_swapped_primes(),
        ..identities::rsa_identity()
    }
}

#[test]
fn export_normalizes_scalar_length() {
    let identity = identities::Identity {
        key: identities::ec_key_behind_a_zero(),
        ..identities::ec_identity()
    };
    let store = testing::single("gnutls", identity);
    let mut open = options(Format::Pem);
    open.unencrypted_key = true;
    let (report, bytes) = export(vec![store], &open, None).unwrap();
    assert_eq!(report.proof, Some(Level::Signature));
    let pem = &bytes[..bytes
        .windows(9)
        .position(|end| end == b"-----END ")
        .unwrap()
        + 26];
    let (_, key) = pem_rfc7468::decode_vec(pem).unwrap();
    let key = certstow_formats::secret::PrivateKey::from_pkcs8_der(key.into());
    assert_eq!(certstow_formats::key::odd_scalar_length(&key), None);
}

#[test]
fn export_uses_first_store_with_working_key() {
    let (bad, good) = (
        testing::single("bad", damaged()),
        testing::single("good", identities::rsa_identity()),
    );
    let (report, _) = export(vec![bad, good], &options(Format::P12), Some(&password())).unwrap();
    assert_eq!(report.store, "file:good");
    let told = report.warnings.iter().any(|warning| {
        let text = &warning.text;
        warning.code == Code::KeyNotUsed
            && text.contains("file:bad was not used")
            && text.contains("cannot be read")
    });
    assert!(told, "{:?}", report.warnings);
}

#[test]
fn export_asks_no_password_without_a_key() {
    let mut inventory = inventory(vec![testing::single("bad", damaged())]);
    let id = only(&inventory);
    let options = options(Format::P12);
    let mut out = Vec::new();
    let stream = Destination::Stream {
        stream: &mut out,
        name: "a pipe",
    };
    let job = Job::new(&mut inventory, &id, &options, stream).unwrap();
    let password = |_: &ListedCertificate| panic!("the key did not come out");
    let error = job.run(password, &mut NonInteractive, &mut |_| {});
    assert!(matches!(
        error.unwrap_err(),
        Error::Store(StoreError::KeyNotExportable { .. } | StoreError::Damaged { .. })
    ));
}

#[test]
fn export_reports_a_damaged_key() {
    let bad = testing::single("bad", damaged());
    let error = export(vec![bad], &options(Format::P12), Some(&password())).unwrap_err();
    assert!(matches!(error, Error::Store(StoreError::Damaged { .. })));
    assert!(
        error.to_string().starts_with("the private key of bad/"),
        "{error}"
    );
}

#[test]
fn export_refuses_a_mismatched_key() {
    let foreign = identities::Identity {
        key: identities::foreign_key(),
        ..identities::ec_identity()
    };
    let store = testing::single("memory", foreign);
    let error = export(vec![store], &options(Format::P12), Some(&password())).unwrap_err();
    assert!(matches!(error, Error::KeyMismatch { .. }), "{error:?}");
}

#[test]
fn export_warns_of_a_missing_issuer() {
    let store = testing::single("memory", identities::ec_identity());
    let (report, _) = export(vec![store], &options(Format::P12), Some(&password())).unwrap();
    assert!(!report.root_included);
    let named = report
        .warnings
        .iter()
        .filter(|warning| warning.code == Code::PathIncomplete)
        .any(|one| one.text.contains("CN=Sample Intermediate") && one.text.contains("not found"));
    assert!(named, "{:?}", report.warnings);
}

#[test]
fn export_reports_the_checks_per_format() {
    let identity = || vec![testing::single("memory", identities::ec_identity())];
    for (format, checks) in [
        (
            Format::P12,
            &["mac", "certificates", "names", "key", "signature", "path"][..],
        ),
        (Format::Pem, &["key", "signature", "certificates", "path"]),
        (Format::P7b, &["certificates", "path"]),
        (Format::Der, &["certificates"]),
    ] {
        let password = format.has_key().then(password);
        let (report, bytes) = export(identity(), &options(format), password.as_ref()).unwrap();
        assert_eq!(report.verified, checks, "{format:?}");
        assert_eq!(report.iterations, password.map(|_| 2_000), "{format:?}");
        assert!(!bytes.is_empty());
    }
}

#[test]
fn export_reports_every_warning() {
    let store = testing::single("memory", identities::ec_identity());
    let legacy = Options {
        profile: Profile::Legacy,
        iterations: Iterations::new(999).unwrap(),
        ..options(Format::P12)
    };
    let password = Password::new("Käse".to_owned());
    let (report, _) = export(vec![store], &legacy, Some(&password)).unwrap();
    for (code, words) in [
        (Code::Profile, "RC2-40"),
        (Code::Iterations, "999 iterations"),
        (Code::Password, "ASCII"),
        (Code::PathIncomplete, "Sample Intermediate"),
    ] {
        assert!(
            report
                .warnings
                .iter()
                .any(|warning| warning.code == code && warning.text.contains(words)),
            "{words}: {:?}",
            report.warnings
        );
    }
}

#[test]
fn export_ignores_an_unneeded_password() {
    let store = || vec![testing::single("memory", identities::ec_identity())];
    let clear = Options {
        unencrypted_key: true,
        ..options(Format::Pem)
    };
    let (report, bytes) = export(store(), &clear, Some(&password())).unwrap();
    assert_eq!(report.iterations, None);
    assert!(bytes.starts_with(b"-----BEGIN PRIVATE KEY-----"));
    let missing = export(store(), &options(Format::P12), None);
    assert!(matches!(missing, Err(Error::Password(_))));
}

#[test]
fn export_refuses_existing_target_before_asking() {
    let mut inventory = inventory(vec![testing::single("memory", identities::ec_identity())]);
    let id = only(&inventory);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    std::fs::write(&file, "precious").unwrap();
    let options = options(Format::P12);
    let target = Destination::File {
        file,
        existing: Existing::Refuse,
        privacy: Privacy::Wanted,
    };
    let refused = Job::new(&mut inventory, &id, &options, target);
    assert!(matches!(refused.err(), Some(Error::TargetExists { .. })));
}

#[test]
fn export_with_key_marks_the_store() {
    let folder = tempfile::tempdir().unwrap();
    for (format, recorded) in [(Format::P12, true), (Format::Der, false)] {
        let store = testing::single("memory", identities::ec_identity());
        let mut inventory = inventory(vec![store.clone()]);
        let id = only(&inventory);
        let options = options(format);
        let target = Destination::File {
            file: folder.path().join(format.extension()),
            existing: Existing::Refuse,
            privacy: Privacy::Wanted,
        };
        let job = Job::new(&mut inventory, &id, &options, target).unwrap();
        job.run(|_| Ok(password()), &mut NonInteractive, &mut |_| {})
            .unwrap();
        let told = store.list().unwrap().entries[0].backed_up;
        assert_eq!(told.is_some(), recorded, "{format:?}");
    }
}

#[test]
fn export_warns_when_marking_the_store_fails() {
    let folder = tempfile::tempdir().unwrap();
    let store = testing::single("memory", identities::ec_identity());
    let mut inventory = inventory(vec![store.clone()]);
    let id = only(&inventory);
    let options = Options {
        include: Include::None,
        ..options(Format::P12)
    };
    let target = Destination::File {
        file: folder.path().join("a.p12"),
        existing: Existing::Refuse,
        privacy: Privacy::Wanted,
    };
    let job = Job::new(&mut inventory, &id, &options, target).unwrap();
    // After the key was taken.
    let password = |_: &ListedCertificate| {
        store.fail_next(StoreError::AccessDenied {
            place: "the store".to_owned(),
            source: None,
        });
        Ok(password())
    };
    let report = job.run(password, &mut NonInteractive, &mut |_| {}).unwrap();
    let text = "file:memory was not told of the copy: access to the store is denied";
    let warning = Warning::new(Code::NotMarked, text);
    assert!(report.warnings.contains(&warning), "{:?}", report.warnings);
}
