use std::sync::Arc;

use certstow_formats::pkcs12::encrypted_key::encrypt_private_key;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::{Password, PrivateKey};
use certstow_formats::testing::writer;

use super::*;
use crate::file::pair::{Guesses, pair};

fn contents(bytes: &[u8], passwords: &Passwords) -> FileContents {
    let mut found = FileContents::default();
    found.take_all(bytes, &mut Zeroizing::default(), passwords);
    found
}

/// Everything that is done with the bytes of a file in a listing.
fn survives(bytes: &[u8], passwords: &Passwords) {
    let found = contents(bytes, passwords);
    pair(&["file".into()], vec![(0, found)], Guesses::LeftOver);
}

#[test]
fn contents_survives_truncation_and_changed_bytes() {
    let password = Arc::new(Password::new("right".to_owned()));
    // One iteration, and whatever a flip makes of it is soon done or refused.
    let pkcs12 = writer::whole(&writer::pbes2(1), PasswordForm::Text(&password));
    let passwords = Passwords::given(&[password]);
    let files = [
        "files/rsa.der",
        "files/chain.p7b",
        "files/signed.ber.p7b",
        "files/pkcs8.der",
        "files/sec1.der",
        "certificates/P-256.pem",
        "keys/P-256.encrypted.pem",
        "keys/rsa.proc-type.pem",
        "keys/P-256.with-parameters.pem",
    ];
    let files = files.map(writer::file_of).into_iter().chain([pkcs12]);
    for whole in files {
        let found = contents(&whole, &passwords);
        assert!(!found.is_empty() && found.problems.is_empty());
        for at in 0..whole.len() {
            survives(&whole[..at], &passwords);
            for change in [1 << (at % 8), 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= change;
                survives(&changed, &passwords);
            }
        }
    }
}

/// Files that one password opens, each with this many iterations for a derivation.
fn locked_files(password: &Password) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let key = PrivateKey::from_pkcs8_der(writer::data("keys/P-256.pem").into());
    let keys = (0..3).map(|_| encrypt_private_key(&key, password, EACH).unwrap());
    let files = (1..=3).map(|mac| {
        let bags = [writer::certificate(
            &writer::data("certificates/P-256.pem"),
            &[],
        )];
        let form = PasswordForm::Text(password);
        let part = writer::encrypted(&writer::pbes2(EACH), form, &bags);
        writer::file(&[part], Some((&writer::mac(mac), form)))
    });
    (keys.collect(), files.collect())
}

const EACH: u32 = 1_000;

/// Reads each file, as a new listing does, and counts those of which everything is seen.
fn open_in_listing(files: &[Vec<u8>], passwords: &Passwords) -> (usize, Vec<FileContents>) {
    passwords.begin_listing();
    let found: Vec<_> = files.iter().map(|file| contents(file, passwords)).collect();
    let open = found.iter().filter(|found| {
        let mut keys = found.keys.iter();
        found.told.is_none() && keys.all(|key| matches!(key.kind, KeyKind::Known(_)))
    });
    (open.count(), found)
}

#[test]
fn contents_spends_one_budget_on_all_files() {
    let right = Arc::new(Password::new("right".to_owned()));
    let wrong = Arc::new(Password::new("wrong".to_owned()));
    let (keys, files) = locked_files(&right);
    let given = |budget: u32| {
        Passwords::given(&[wrong.clone(), right.clone()])
            .within(u64::from(budget) * u64::from(EACH))
    };
    // Two tries each.
    let passwords = given(5);
    let (open, found) = open_in_listing(&keys, &passwords);
    assert_eq!(open, 2);
    assert!(found[2].keys[0].kind == KeyKind::Untried(Untried::Budget));
    // What is known costs nothing, and a further listing has a budget of its own.
    assert_eq!(open_in_listing(&keys, &passwords).0, 3);
    assert_eq!(open_in_listing(&keys, &passwords.within(0)).0, 3);

    // The empty password, which comes last, would be tried in two forms.
    let passwords = given(7);
    let (open, found) = open_in_listing(&files, &passwords);
    assert_eq!(open, 2);
    let told = found[2].told.as_ref().unwrap();
    assert_eq!(told.kind, ProblemKind::Untried);
    for part in ["spent its iterations on other files", "alone as the store"] {
        assert!(told.message.contains(part), "{}", told.message);
    }
    assert_eq!(open_in_listing(&files, &passwords).0, 3);
    assert_eq!(open_in_listing(&files, &passwords.within(0)).0, 3);
}

/// With no password given, the empty one is tried, too.
#[test]
fn contents_remembers_files_that_stay_locked() {
    let (_, files) = locked_files(&Password::new("right".to_owned()));
    let passwords = Passwords::given(&[]).within(5 * u64::from(EACH));
    let (_, found) = open_in_listing(&files, &passwords);
    let kinds = |found: &[FileContents]| {
        let told = found.iter().flat_map(|found| &found.told);
        told.map(|told| told.kind).collect::<Vec<_>>()
    };
    let locked = ProblemKind::Locked;
    assert_eq!(kinds(&found), [locked, locked, ProblemKind::Untried]);
    let (_, found) = open_in_listing(&files[..2], &passwords.within(0));
    assert_eq!(kinds(&found), [locked, locked]);
}
