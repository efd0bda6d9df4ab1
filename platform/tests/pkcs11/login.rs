//! When a token is given a PIN, which, and how often. OpenSC's pkcs11-spy stands between certstow and
//! SoftHSM and writes down every call; `flags/ffi.rs` does so with flags of its own.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use certstow_formats::secret::Password;
use certstow_platform::error::{AskError, StoreError};
use certstow_platform::open;
use certstow_platform::store::{
    Ask, AskedFor, Interaction, KeyState, NonInteractive, NotExportable, ProblemKind, TriesLeft,
    UnlockRequest,
};
use certstow_platform::testing::Sample;

use crate::own_process;
use crate::softhsm::{
    Kept, PIN, SoftHsm, Token, entry_of, module, softhsm, with_pin, with_pin_from,
};

fn spy() -> PathBuf {
    module(&[
        "/usr/lib/x86_64-linux-gnu/pkcs11/pkcs11-spy.so",
        "/usr/lib/aarch64-linux-gnu/pkcs11/pkcs11-spy.so",
        "/usr/lib64/pkcs11/pkcs11-spy.so",
        "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so",
        "/usr/lib/aarch64-linux-gnu/pkcs11-spy.so",
    ])
}

/// Runs a test with the spy on SoftHSM; `body` is given what counts logins.
fn spied(test: &str, body: impl FnOnce(&dyn Fn() -> usize)) {
    let folder = tempfile::tempdir().unwrap();
    let calls = folder.path().join("calls");
    let variables = [
        ("PKCS11SPY", softhsm().into_os_string()),
        ("PKCS11SPY_OUTPUT", calls.into_os_string()),
    ];
    own_process::run_with(test, &variables, |_| {
        let calls = env::var_os("PKCS11SPY_OUTPUT").unwrap();
        body(&|| {
            let calls = fs::read_to_string(&calls).unwrap_or_default();
            calls
                .lines()
                .filter(|line| line.ends_with("C_Login"))
                .count()
        });
    });
}

/// Gives one answer after the other, and notes what it was asked.
struct Types {
    answers: VecDeque<&'static str>,
    asked: Vec<(u32, AskedFor)>,
}

impl Types {
    fn new(answers: &[&'static str]) -> Self {
        Self {
            answers: answers.iter().copied().collect(),
            asked: Vec::new(),
        }
    }
}

impl Ask for Types {
    fn interaction(&self) -> Interaction {
        Interaction::Allowed
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        self.asked.push((request.attempt, request.asks_for));
        let answer = self.answers.pop_front().ok_or(AskError::Cancelled)?;
        Ok(Password::new(answer.to_owned()))
    }
}

fn id() -> certstow_formats::certificate::EntryId {
    Sample::Rsa.certificate().unwrap().id()
}

fn filled<'m>(hsm: &'m SoftHsm, label: &str) -> Token<'m> {
    let token = hsm.token(label);
    token.hold(&[Sample::Rsa, Sample::P256], Kept::USUAL);
    token
}

#[test]
#[ignore = "needs SoftHSM2 and OpenSC"]
fn a_token_is_given_a_pin_once() {
    spied("login::a_token_is_given_a_pin_once", |logins| {
        let hsm = SoftHsm::new();
        let [right, wrong] = ["right", "wrong"].map(|label| filled(&hsm, label));
        let spec = right.spec_in(&spy());
        for _ in 0..2 {
            let store = open(&spec, &with_pin(&spec, PIN)).unwrap();
            for entry in store.list().unwrap().entries {
                store.private_key(&entry.id, &mut NonInteractive).unwrap();
            }
            assert_eq!(store.list().unwrap().problems, []);
        }
        assert_eq!(logins(), 1);

        let spec = wrong.spec_in(&spy());
        for given in ["mistaken", "mistaken", PIN] {
            let store = open(&spec, &with_pin(&spec, given)).unwrap();
            for _ in 0..2 {
                let listing = store.list().unwrap();
                assert_eq!(listing.problems.len(), 1);
                assert_eq!(listing.problems[0].kind, ProblemKind::WrongPassword);
                assert!(matches!(listing.entries[0].key, KeyState::Locked(_)));
            }
            let key = store.private_key(&id(), &mut NonInteractive);
            let is_wrong = matches!(key, Err(StoreError::WrongPassword { .. }));
            assert!(is_wrong, "{key:?}");
        }
        assert_eq!(logins(), 2, "a second PIN was given, and nobody typed it");

        // A person typed another, after one that was wrong before.
        let store = open(&spec, &with_pin(&spec, "mistaken")).unwrap();
        let mut types = Types::new(&["mistaken", "", PIN]);
        store.private_key(&id(), &mut types).unwrap();
        assert_eq!(logins(), 3);
        let few = AskedFor::Pin(TriesLeft::Few);
        assert_eq!(types.asked, [(1, few), (2, few), (3, few)]);
        assert!(!wrong.has_low_count());
    });
}

#[test]
#[ignore = "needs SoftHSM2 and OpenSC"]
fn a_person_has_three_tries_and_is_not_asked_for_each_key() {
    spied(
        "login::a_person_has_three_tries_and_is_not_asked_for_each_key",
        |logins| {
            let hsm = SoftHsm::new();
            let token = filled(&hsm, "forgotten");
            let spec = token.spec_in(&spy());
            let store = open(&spec, &Default::default()).unwrap();
            let mut types = Types::new(&["first", "second", "third", "fourth"]);
            for sample in [Sample::Rsa, Sample::P256] {
                let id = sample.certificate().unwrap().id();
                let key = store.private_key(&id, &mut types);
                let is_wrong = matches!(key, Err(StoreError::WrongPassword { .. }));
                assert!(is_wrong, "{key:?}");
            }
            let pin = AskedFor::Pin;
            assert_eq!(
                types.asked,
                [
                    (0, pin(TriesLeft::Unknown)),
                    (1, pin(TriesLeft::Few)),
                    (2, pin(TriesLeft::Few))
                ]
            );
            assert_eq!(logins(), 3);
        },
    );
}

/// SoftHSM remembers that a PIN was wrong, in every later process, until one is right.
#[test]
#[ignore = "needs SoftHSM2 and OpenSC"]
fn a_token_with_few_tries_left_is_given_none_unattended() {
    spied(
        "login::a_token_with_few_tries_left_is_given_none_unattended",
        |logins| {
            let hsm = SoftHsm::new();
            let token = filled(&hsm, "low");
            token.mistype();
            assert!(token.has_low_count());
            let spec = token.spec_in(&spy());
            let store = open(&spec, &with_pin(&spec, PIN)).unwrap();
            let listing = store.list().unwrap();
            assert_eq!(listing.problems[0].kind, ProblemKind::Locked);
            let message = &listing.problems[0].message;
            assert!(message.contains("at a terminal"), "{message}");
            let key = store.private_key(&id(), &mut NonInteractive);
            let refused = matches!(key, Err(StoreError::LoginRefused { .. }));
            assert!(refused, "{key:?}");
            assert_eq!(logins(), 0);
            store.private_key(&id(), &mut Types::new(&[PIN])).unwrap();
            assert_eq!(logins(), 1);
        },
    );
}

/// What the second process of a test is told.
const SECOND: &str = "CERTSTOW_TEST_SECOND";

#[test]
#[ignore = "needs SoftHSM2"]
fn a_failed_run_keeps_the_next_from_trying() {
    let test = "login::a_failed_run_keeps_the_next_from_trying";
    own_process::run(test, |folder| {
        let notes = folder.join("data/certstow/pkcs11");
        if let Some(spec) = env::var_os(SECOND) {
            second_run(&spec, &notes);
            return;
        }
        let hsm = SoftHsm::new();
        let token = filled(&hsm, "noted");
        let spec = token.spec();
        let wrong = with_pin_from(&spec, "mistaken", "file 1");
        let store = open(&spec, &wrong).unwrap();
        store.list().unwrap();
        assert_eq!(fs::read_dir(&notes).unwrap().count(), 1);
        let note = fs::read_dir(&notes).unwrap().next().unwrap().unwrap();
        let text = fs::read_to_string(note.path()).unwrap();
        assert!(!text.contains("mistaken"), "{text}");
        // Not every token says that it was given a wrong one.
        token.log_in_and_out();
        let again = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--include-ignored", "--nocapture"])
            .env(SECOND, spec.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&again.stdout);
        assert!(again.status.success(), "{said}");
    });
}

fn second_run(spec: &OsString, notes: &Path) {
    let spec = spec.to_str().unwrap().parse().unwrap();
    let store = open(&spec, &with_pin_from(&spec, PIN, "file 1")).unwrap();
    let key = store.private_key(&id(), &mut NonInteractive);
    let Err(StoreError::LoginRefused { reason, .. }) = key else {
        panic!("{key:?}");
    };
    assert!(reason.contains(&notes.display().to_string()), "{reason}");
    assert_eq!(store.list().unwrap().problems[0].message, reason);
    // The file has another time.
    let store = open(&spec, &with_pin_from(&spec, PIN, "file 2")).unwrap();
    store.private_key(&id(), &mut NonInteractive).unwrap();
    assert_eq!(fs::read_dir(notes).unwrap().count(), 0);
}

/// A module that is SoftHSM with other flags, which `flags/ffi.rs` says more of.
fn with_flags(folder: &Path) -> PathBuf {
    let module = folder.join("libflags.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pkcs11/flags/ffi.rs");
    let compiler = option_env!("RUSTC").unwrap_or("rustc");
    let output = Command::new(compiler)
        .args(["--edition", "2024", "--crate-type", "cdylib", "-o"])
        .args([&module, &source])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    module
}

fn flagged(test: &str, slot: u64, token: u64, body: impl FnOnce(&SoftHsm, &Path)) {
    let variables = [
        ("FLAGS_MODULE", softhsm().into_os_string()),
        ("FLAGS_SLOT", slot.to_string().into()),
        ("FLAGS_TOKEN", token.to_string().into()),
    ];
    own_process::run_with(test, &variables, |folder| {
        body(&SoftHsm::new(), &with_flags(folder));
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn hardware_says_so_and_is_given_no_pin() {
    // CKF_HW_SLOT
    let test = "login::hardware_says_so_and_is_given_no_pin";
    flagged(test, 4, 0, |hsm, module| {
        let token = filled(hsm, "card");
        let spec = token.spec_in(module);
        let mut store = open(&spec, &with_pin(&spec, "mistaken")).unwrap();
        let listing = store.list().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(listing.entries.len(), 2);
        let hardware = "token card, SoftHSM project SoftHSM v2".to_owned();
        let hardware = NotExportable::Hardware(hardware);
        let state = KeyState::NotExportable(hardware.clone());
        assert!(listing.entries.iter().all(|entry| entry.key == state));
        let mut types = Types::new(&[]);
        let key = store.private_key(&id(), &mut types);
        let Err(StoreError::KeyNotExportable { reason, .. }) = key else {
            panic!("{key:?}");
        };
        assert_eq!(reason, hardware);

        let before = token.objects();
        let certificate = Sample::Ed25519.certificate().unwrap();
        let key = Sample::Ed25519.key().unwrap();
        let new = certstow_platform::store::NewIdentity::new(&certificate, &key);
        let options = certstow_platform::testing::EXPORTABLE;
        let imported = store.import(&new, &options, &mut types);
        let Err(StoreError::NotImported { reason, .. }) = imported else {
            panic!("{imported:?}");
        };
        assert!(reason.contains("could not be saved again"), "{reason}");
        let what = certstow_platform::store::Removal::Entry;
        let removed = store.remove(&id(), what, &mut types);
        assert!(matches!(removed, Err(StoreError::NotRemoved { .. })));
        assert_eq!(token.objects(), before);
        assert!(types.asked.is_empty() && !token.has_low_count());
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn a_locked_token_is_given_no_pin() {
    // CKF_USER_PIN_LOCKED
    flagged(
        "login::a_locked_token_is_given_no_pin",
        0,
        0x0004_0000,
        |hsm, module| {
            let token = filled(hsm, "locked");
            let spec = token.spec_in(module);
            for given in [with_pin(&spec, "mistaken"), Default::default()] {
                let store = open(&spec, &given).unwrap();
                let mut types = Types::new(&["mistaken"]);
                let key = store.private_key(&id(), &mut types);
                let Err(StoreError::LoginRefused { reason, .. }) = key else {
                    panic!("{key:?}");
                };
                assert!(reason.contains("the token's own software"), "{reason}");
                assert!(types.asked.is_empty() && !token.has_low_count());
            }
        },
    );
}

#[test]
#[ignore = "needs SoftHSM2"]
fn the_last_try_is_a_persons() {
    // CKF_USER_PIN_FINAL_TRY
    flagged(
        "login::the_last_try_is_a_persons",
        0,
        0x0002_0000,
        |hsm, module| {
            let token = filled(hsm, "last");
            let spec = token.spec_in(module);
            let store = open(&spec, &with_pin(&spec, "mistaken")).unwrap();
            let key = store.private_key(&id(), &mut NonInteractive);
            let Err(StoreError::LoginRefused { reason, .. }) = key else {
                panic!("{key:?}");
            };
            assert!(reason.contains("locks it"), "{reason}");
            let mut leaves = Types::new(&[]);
            let key = store.private_key(&id(), &mut leaves);
            assert!(matches!(key, Err(StoreError::Cancelled)), "{key:?}");
            assert!(!token.has_low_count());
            let mut types = Types::new(&[PIN]);
            store.private_key(&id(), &mut types).unwrap();
            assert_eq!(types.asked[0].1, AskedFor::Pin(TriesLeft::Last));
        },
    );
}

#[test]
#[ignore = "needs SoftHSM2"]
fn a_reader_with_keys_needs_somebody_at_hand() {
    // CKF_PROTECTED_AUTHENTICATION_PATH
    flagged(
        "login::a_reader_with_keys_needs_somebody_at_hand",
        0,
        0x0000_0100,
        |hsm, module| {
            let token = filled(hsm, "reader");
            let spec = token.spec_in(module);
            let store = open(&spec, &with_pin(&spec, "mistaken")).unwrap();
            let entry = entry_of(&*store, Sample::Rsa);
            assert!(matches!(entry.key, KeyState::Locked(_)));
            let key = store.private_key(&id(), &mut NonInteractive);
            let asks = matches!(key, Err(StoreError::InteractionRequired { .. }));
            assert!(asks, "{key:?}");
            assert!(!token.has_low_count());
            // SoftHSM has no keys, and says CKR_ARGUMENTS_BAD.
            let mut types = Types::new(&[]);
            for _ in 0..2 {
                let key = store.private_key(&id(), &mut types);
                let refused = matches!(
                    key,
                    Err(StoreError::LoginRefused { .. } | StoreError::WrongPassword { .. })
                );
                assert!(refused, "{key:?}");
            }
            assert!(types.asked.is_empty());
        },
    );
}
