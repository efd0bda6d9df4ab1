//! What import and removal leave on a token, beyond the contract.

use std::process::{Command, Stdio};

use certstow_formats::certificate::Certificate;
use certstow_formats::secret::PrivateKey;
use certstow_platform::error::StoreError;
use certstow_platform::store::{
    ExistingEntry, ImportOptions, KeyState, NewIdentity, NonInteractive, NotExportable, Removal,
    Store,
};
use certstow_platform::testing::{EXPORTABLE, Sample};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::own_process;
use crate::softhsm::{
    Kept, PIN, SoftHsm, Token, entry_of, put_certificate, put_key, softhsm, with_pin,
};

fn import(
    store: &mut dyn Store,
    sample: Sample,
    options: &ImportOptions<'_>,
) -> Result<(), StoreError> {
    let (certificate, key) = (sample.certificate().unwrap(), sample.key().unwrap());
    let identity = NewIdentity {
        label: Some("Zoë"),
        ..NewIdentity::new(&certificate, &key)
    };
    store
        .import(&identity, options, &mut NonInteractive)
        .map(drop)
}

fn not_imported(result: Result<(), StoreError>) -> String {
    match result {
        Err(StoreError::NotImported { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

const KEPT: ImportOptions<'_> = ImportOptions {
    exportable: false,
    ..EXPORTABLE
};

/// What OpenSC's tool shows of the token, in another process.
fn shown(token: &Token<'_>) -> String {
    let output = Command::new("pkcs11-tool")
        .arg("--module")
        .arg(softhsm())
        .args(["--token-label", &token.label, "--login", "--pin", PIN, "-O"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[ignore = "needs SoftHSM2 and OpenSC"]
fn other_programs_see_what_was_imported() {
    own_process::run("changes::other_programs_see_what_was_imported", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("imported");
        let mut store = token.open();
        import(&mut *store, Sample::Rsa, &EXPORTABLE).unwrap();
        let objects = shown(&token);
        for kind in [
            "Private Key Object; RSA",
            "Public Key Object; RSA 2048 bits",
            "Certificate Object; type = X.509 cert",
        ] {
            assert_eq!(objects.matches(kind).count(), 1, "{objects}");
        }
        // All three under the SHA-1 of the modulus, as NSS has it.
        let spki = Sample::Rsa.certificate().unwrap();
        let modulus = certstow_formats::key::public_value(spki.spki_der()).unwrap();
        let id: String = Sha1::digest(modulus)
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        assert_eq!(objects.matches(&id).count(), 3, "{objects}");
        assert_eq!(objects.matches("Zoë").count(), 3, "{objects}");
        assert!(objects.contains("extractable"), "{objects}");

        store
            .remove(&spki.id(), Removal::Entry, &mut NonInteractive)
            .unwrap();
        assert!(!shown(&token).contains("Object"), "something stayed");
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn import_needs_the_pin_and_changes_nothing_without() {
    own_process::run(
        "changes::import_needs_the_pin_and_changes_nothing_without",
        |_| {
            let hsm = SoftHsm::new();
            let token = hsm.token("locked");
            let before = token.objects();
            let mut store = token.locked();
            let result = import(&mut *store, Sample::Rsa, &EXPORTABLE);
            let asks = matches!(result, Err(StoreError::InteractionRequired { .. }));
            assert!(asks, "{result:?}");
            let spec = token.spec();
            let options = with_pin(&spec, "mistaken");
            let mut store = certstow_platform::open_to_import(&spec, &options).unwrap();
            let result = import(&mut *store, Sample::Rsa, &EXPORTABLE);
            let is_wrong = matches!(result, Err(StoreError::WrongPassword { .. }));
            assert!(is_wrong, "{result:?}");
            assert_eq!(token.objects(), before);
        },
    );
}

#[test]
#[ignore = "needs SoftHSM2"]
fn a_key_that_is_there_is_used_and_never_replaced() {
    own_process::run(
        "changes::a_key_that_is_there_is_used_and_never_replaced",
        |_| {
            let hsm = SoftHsm::new();
            let token = hsm.token("renewed");
            token.filled(|session| {
                put_certificate(session, Sample::NotExportable, b"maker's");
                put_key(
                    session,
                    &Sample::Rsa.key().unwrap(),
                    b"maker's",
                    Kept::USUAL,
                );
            });
            let mut store = token.open();
            // The key is there, and is to come out for the other certificate.
            let reason = not_imported(import(&mut *store, Sample::Rsa, &KEPT));
            assert!(reason.contains("the same private key"), "{reason}");
            assert_eq!(store.list().unwrap().entries.len(), 1);
            import(&mut *store, Sample::Rsa, &EXPORTABLE).unwrap();
            let objects = token.objects();
            assert_eq!(objects.matches("Extractable").count(), 1, "{objects}");
            let places = entry_of(&*store, Sample::Rsa).places;
            assert!(places[0].contains("maker%27s"), "{places:?}");

            let removed = store.remove(
                &Sample::Rsa.certificate().unwrap().id(),
                Removal::Key,
                &mut NonInteractive,
            );
            assert!(matches!(removed, Err(StoreError::NotRemoved { .. })));
            let id = Sample::Rsa.certificate().unwrap().id();
            store
                .remove(&id, Removal::Entry, &mut NonInteractive)
                .unwrap();
            let entry = entry_of(&*store, Sample::NotExportable);
            assert_eq!(entry.key, KeyState::Exportable);
            store.private_key(&entry.id, &mut NonInteractive).unwrap();
        },
    );
}

/// Softoken would have the new key take the place of the old one.
#[test]
#[ignore = "needs SoftHSM2"]
fn an_id_that_another_key_has_is_refused() {
    own_process::run("changes::an_id_that_another_key_has_is_refused", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("collision");
        let certificate = Sample::Rsa.certificate().unwrap();
        let modulus = certstow_formats::key::public_value(certificate.spki_der()).unwrap();
        let id = Sha1::digest(modulus);
        token.filled(|session| {
            put_key(session, &Sample::P256.key().unwrap(), &id, Kept::USUAL);
        });
        let mut store = token.open();
        store.list().unwrap();
        let before = token.objects();
        let reason = not_imported(import(&mut *store, Sample::Rsa, &EXPORTABLE));
        assert!(reason.contains("has the CKA_ID"), "{reason}");
        assert_eq!(token.objects(), before);
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn kinds_of_keys_that_tokens_do_not_keep_are_refused() {
    own_process::run(
        "changes::kinds_of_keys_that_tokens_do_not_keep_are_refused",
        |_| {
            let decoded = |pem: &str| pem_rfc7468::decode_vec(pem.as_bytes()).unwrap().1;
            let certificate = include_str!("../../../formats/tests/data/certificates/ed448.pem");
            let certificate = Certificate::from_der(&decoded(certificate)).unwrap();
            let key = include_str!("../../../formats/tests/data/keys/ed448.pem");
            let key = PrivateKey::from_pkcs8_der(Zeroizing::new(decoded(key)));
            let hsm = SoftHsm::new();
            let token = hsm.token("kinds");
            let mut store = token.open();
            let identity = NewIdentity::new(&certificate, &key);
            let result = store.import(&identity, &EXPORTABLE, &mut NonInteractive);
            let reason = not_imported(result.map(drop));
            assert!(
                reason.contains("puts no Ed448 keys into tokens"),
                "{reason}"
            );

            // SoftHSM wraps no Ed25519 key.
            let before = token.objects();
            let reason = not_imported(import(&mut *store, Sample::Ed25519, &EXPORTABLE));
            assert!(reason.contains("could not give it out again"), "{reason}");
            assert_eq!(token.objects(), before);
            import(&mut *store, Sample::Ed25519, &KEPT).unwrap();
            let policy = KeyState::NotExportable(NotExportable::Policy);
            assert_eq!(entry_of(&*store, Sample::Ed25519).key, policy);
        },
    );
}

/// SoftHSM's private keys of curves tell no public half, so that the id is all that tells whose they are.
#[test]
#[ignore = "needs SoftHSM2"]
fn a_key_of_nobody_known_under_the_same_id_stays() {
    own_process::run(
        "changes::a_key_of_nobody_known_under_the_same_id_stays",
        |_| {
            let hsm = SoftHsm::new();
            let id = Sample::P256.certificate().unwrap().id();
            let filled = |label, extractable| {
                let token = hsm.token(label);
                let kept = Kept {
                    extractable,
                    public: false,
                    ..Kept::USUAL
                };
                token.filled(|session| {
                    put_certificate(session, Sample::P256, b"1");
                    put_key(session, &Sample::P256.key().unwrap(), b"1", Kept::USUAL);
                    put_key(session, &Sample::Expired.key().unwrap(), b"1", kept);
                });
                token
            };
            let token = filled("comes out", true);
            let mut store = token.open();
            store
                .remove(&id, Removal::Entry, &mut NonInteractive)
                .unwrap();
            let left = token.objects();
            assert_eq!(left.matches("Extractable").count(), 1, "{left}");

            let token = filled("kept", false);
            let mut store = token.open();
            store.list().unwrap();
            let before = token.objects();
            for what in [Removal::Key, Removal::Entry] {
                let removed = store.remove(&id, what, &mut NonInteractive);
                let stays = matches!(removed, Err(StoreError::NotRemoved { .. }));
                assert!(stays, "{removed:?}");
            }
            let options = ImportOptions {
                existing: ExistingEntry::Replace,
                ..EXPORTABLE
            };
            let reason = not_imported(import(&mut *store, Sample::P256, &options));
            assert!(reason.contains("does not tell whether"), "{reason}");
            assert_eq!(token.objects(), before);
        },
    );
}
