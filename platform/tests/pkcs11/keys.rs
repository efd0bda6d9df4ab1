//! Getting keys out, in every way in which a module gives them.

use std::ffi::CString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use certstow_formats::certificate::Certificate;
use certstow_formats::key;
use certstow_formats::secret::PrivateKey;
use certstow_platform::error::StoreError;
use certstow_platform::open;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{KeyState, NonInteractive, NotExportable, Removal, Store};
use certstow_platform::testing::{Sample, searches_of_tokens};
use cryptoki::context::Pkcs11;
use zeroize::Zeroizing;

use crate::ffi;
use crate::own_process;
use crate::softhsm::{
    Kept, SoftHsm, entry_of, module, put_certificate, put_certificate_as, put_key, with_pin,
};

/// Ed25519 last: SoftHSM wraps no such key, and shows it if it is not sensitive.
const KINDS: [Sample; 5] = [
    Sample::Rsa,
    Sample::P256,
    Sample::Expired,
    Sample::Future,
    Sample::Ed25519,
];

/// Fails unless every key of the store comes out, and is its certificate's.
fn come_out(store: &dyn Store) -> usize {
    let entries = store.list().unwrap().entries;
    for entry in &entries {
        let key = store.private_key(&entry.id, &mut NonInteractive);
        let key = key.unwrap_or_else(|error| panic!("{}: {error:?}", entry.place()));
        let public = key::public_key_of(&key).unwrap();
        let spki = entry.certificate.spki_der();
        assert!(key::same_public_key(&public, spki), "{}", entry.place());
    }
    entries.len()
}

#[test]
#[ignore = "needs SoftHSM2"]
fn keys_come_out_of_softhsm_wrapped_and_read() {
    own_process::run("keys::keys_come_out_of_softhsm_wrapped_and_read", |_| {
        let hsm = SoftHsm::new();
        for sensitive in [true, false] {
            for public in [true, false] {
                let token = hsm.token(&format!("{sensitive} {public}"));
                let kept = Kept {
                    extractable: true,
                    sensitive,
                    public,
                };
                let kinds = match sensitive {
                    true => &KINDS[..4],
                    false => &KINDS,
                };
                token.hold(kinds, kept);
                assert_eq!(come_out(&*token.open()), kinds.len());
            }
        }
    });
}

/// Whoever takes many says so, and the objects are not read anew for each.
#[test]
#[ignore = "needs SoftHSM2"]
fn many_keys_come_out_of_what_was_read_once() {
    own_process::run("keys::many_keys_come_out_of_what_was_read_once", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("many");
        token.hold(&KINDS[..4], Kept::USUAL);
        let mut store = token.open();
        let searches = |store: &dyn Store, many: bool| {
            store.keep_open(many);
            let entries = store.list().unwrap().entries;
            let before = searches_of_tokens();
            for entry in &entries {
                store.private_key(&entry.id, &mut NonInteractive).unwrap();
            }
            store.keep_open(false);
            searches_of_tokens() - before
        };
        let [one_by_one, many] = [false, true].map(|many| searches(&*store, many));
        assert_eq!(one_by_one, many * 4, "{many}");

        // What is there meanwhile is found, and what is gone is not.
        store.keep_open(true);
        let expired = Sample::Expired.certificate().unwrap().id();
        store.private_key(&expired, &mut NonInteractive).unwrap();
        let session = token.session();
        put_certificate(&session, Sample::Ed25519, b"new");
        let shown = Kept {
            sensitive: false,
            ..Kept::USUAL
        };
        put_key(&session, &Sample::Ed25519.key().unwrap(), b"new", shown);
        let new = Sample::Ed25519.certificate().unwrap().id();
        store.private_key(&new, &mut NonInteractive).unwrap();
        store
            .remove(&expired, Removal::Entry, &mut NonInteractive)
            .unwrap();
        let gone = store.private_key(&expired, &mut NonInteractive);
        assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn keys_that_may_not_come_out_say_so() {
    own_process::run("keys::keys_that_may_not_come_out_say_so", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("kept");
        let kept = Kept {
            extractable: false,
            ..Kept::USUAL
        };
        token.hold(&KINDS, kept);
        let store = token.open();
        for sample in KINDS {
            let entry = entry_of(&*store, sample);
            let policy = NotExportable::Policy;
            assert_eq!(entry.key, KeyState::NotExportable(policy.clone()));
            let key = store.private_key(&entry.id, &mut NonInteractive);
            let Err(StoreError::KeyNotExportable { reason, place, .. }) = key else {
                panic!("{sample:?}: {key:?}");
            };
            assert_eq!(reason, policy);
            assert!(place.contains("token=kept"), "{place}");
        }
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn a_key_that_the_token_cannot_wrap_is_none_that_comes_out() {
    own_process::run(
        "keys::a_key_that_the_token_cannot_wrap_is_none_that_comes_out",
        |_| {
            let hsm = SoftHsm::new();
            let token = hsm.token("unwrappable");
            token.filled(|session| {
                put_certificate(session, Sample::Ed25519, b"e");
                put_key(session, &Sample::Ed25519.key().unwrap(), b"e", Kept::USUAL);
            });
            let store = token.open();
            let entry = entry_of(&*store, Sample::Ed25519);
            assert_eq!(entry.key, KeyState::Unknown);
            let key = store.private_key(&entry.id, &mut NonInteractive);
            let Err(StoreError::KeyNotExportable { reason, source, .. }) = key else {
                panic!("{key:?}");
            };
            let form = "a token that does not wrap this key in a way known here".to_owned();
            assert_eq!(reason, NotExportable::UnsupportedForm(form));
            let source = source.unwrap().to_string();
            assert_eq!(source, "C_WrapKey: CKR_KEY_NOT_WRAPPABLE");
        },
    );
}

fn fixture(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../formats/tests/data")
        .join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// A token has RSA keys, and knows nothing of keys for RSASSA-PSS alone.
#[test]
#[ignore = "needs SoftHSM2"]
fn a_key_for_pss_comes_out_as_its_certificate_has_it() {
    own_process::run(
        "keys::a_key_for_pss_comes_out_as_its_certificate_has_it",
        |_| {
            let decoded = |pem: String| pem_rfc7468::decode_vec(pem.as_bytes()).unwrap().1;
            let certificate = decoded(fixture("certificates/rsa-pss.pem"));
            let certificate = Certificate::from_der(&certificate).unwrap();
            let private = Zeroizing::new(decoded(fixture("keys/rsa-pss.pem")));
            let private = PrivateKey::from_pkcs8_der(private);
            let hsm = SoftHsm::new();
            let token = hsm.token("pss");
            token.filled(|session| {
                put_certificate_as(session, &certificate, "pss", b"1", &[]);
                put_key(session, &private, b"1", Kept::USUAL);
            });
            assert_eq!(come_out(&*token.open()), 1);
        },
    );
}

fn softoken() -> PathBuf {
    module(&[
        "/usr/lib/x86_64-linux-gnu/libsoftokn3.so",
        "/usr/lib/aarch64-linux-gnu/libsoftokn3.so",
        "/usr/lib64/libsoftokn3.so",
    ])
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// Softoken wraps by CKM_AES_CBC_PAD and says that it needs more room than it does.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn keys_come_out_of_softoken_as_a_module() {
    own_process::run("keys::keys_come_out_of_softoken_as_a_module", |folder| {
        let database = folder.join("nss");
        fs::create_dir(&database).unwrap();
        let database = database.to_str().unwrap();
        let password = folder.join("password");
        fs::write(&password, "sesame").unwrap();
        run(Command::new("certutil")
            .args(["-N", "-d", database, "-f"])
            .arg(&password));
        for sample in [Sample::Rsa, Sample::P256, Sample::Expired, Sample::Future] {
            let [certificate, key, p12] =
                ["crt", "key", "p12"].map(|ending| folder.join(format!("{sample:?}.{ending}")));
            fs::write(&certificate, sample.certificate_pem()).unwrap();
            fs::write(&key, sample.key_pem().unwrap()).unwrap();
            run(Command::new("openssl")
                .args(["pkcs12", "-export", "-passout", "pass:x", "-in"])
                .arg(&certificate)
                .arg("-inkey")
                .arg(&key)
                .arg("-out")
                .arg(&p12)
                .args(["-name", &format!("{sample:?}")]));
            run(Command::new("pk12util")
                .args(["-d", database, "-W", "x", "-k"])
                .arg(&password)
                .arg("-i")
                .arg(&p12));
        }
        let module = softoken();
        // Whoever starts softoken says of which database; certstow takes it as it is then.
        let parameters = format!("configdir='sql:{database}' flags=readOnly");
        let parameters = CString::new(parameters).unwrap();
        let functions = Pkcs11::new(&module).unwrap();
        ffi::initialise_softoken(&functions, Box::leak(parameters.into_boxed_c_str()));
        let name = format!("pkcs11:{}?token=NSS%20Certificate%20DB", module.display());
        let spec: StoreSpec = name.parse().unwrap();
        let store = open(&spec, &with_pin(&spec, "sesame")).unwrap();
        assert_eq!(come_out(&*store), 4);
    });
}
