mod counts;
mod present;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use certstow_formats::proof::Level;
use certstow_formats::secret::Password;
use certstow_formats::testing::identities;
use certstow_platform::error::AskError;
use certstow_platform::store::{Interaction, NonInteractive, NotExportable, UnlockRequest};
use certstow_platform::testing;
use certstow_platform::testing::{Liar, MemoryKey, MemoryStore, Sample};

use super::*;

const EXPORTABLE: Options<'static> = Options {
    exportable: true,
    existing: ExistingEntry::Keep,
    password: None,
};

fn inventory(store: &MemoryStore) -> Inventory {
    Inventory::of(vec![Box::new(store.clone())]).unwrap()
}

fn import(from: &MemoryStore, to: &mut dyn Store, options: &Options<'_>) -> Vec<Outcome> {
    identities(&inventory(from), to, options, &mut NonInteractive)
}

/// What the only outcome says.
fn only(outcomes: Vec<Outcome>) -> Result<Imported, Error> {
    let [outcome] = <[_; 1]>::try_from(outcomes).unwrap();
    outcome.result
}

fn is_there(error: &Error) -> bool {
    matches!(error, Error::Store(StoreError::AlreadyThere { .. }))
}

#[test]
fn import_reads_back_identity_and_issuers() {
    let identities::Identity { key, leaf, issuers } = identities::ec_identity();
    let from = MemoryStore::new("from");
    from.insert(leaf, Some("Anna"), MemoryKey::Exportable(key));
    for issuer in &issuers {
        from.insert(issuer.clone(), None, MemoryKey::Missing);
    }
    let mut to = MemoryStore::new("to");
    let imported = only(import(&from, &mut to, &EXPORTABLE)).unwrap();
    assert_eq!(imported.verified, ["listed", "key", "signature"]);
    assert_eq!(to.issuers().unwrap(), issuers);
    let entry = to.list().unwrap().entries.remove(0);
    assert_eq!(entry.label.as_deref(), Some("Anna"));
    assert_eq!(imported.place, entry.places[0]);
}

#[test]
fn import_verifies_unexportable_key_as_listed() {
    let from = MemoryStore::with("from", &[Sample::P256]);
    let mut to = MemoryStore::new("to");
    let kept = Options {
        exportable: false,
        ..EXPORTABLE
    };
    let imported = only(import(&from, &mut to, &kept)).unwrap();
    assert_eq!(imported.verified, ["listed"]);
}

#[test]
fn import_continues_after_a_failure() {
    let from = MemoryStore::with("from", &[Sample::Rsa, Sample::P256, Sample::Ed25519]);
    from.damage(&Sample::P256.certificate().unwrap().id());
    let mut to = MemoryStore::with("to", &[Sample::Ed25519]);
    let outcomes = import(&from, &mut to, &EXPORTABLE);
    assert!(outcomes[0].result.is_ok());
    let refused = |at: usize| outcomes[at].result.as_ref().unwrap_err();
    assert!(matches!(
        refused(1),
        Error::Store(StoreError::Damaged { .. })
    ));
    assert!(is_there(refused(2)));
    assert_eq!(to.list().unwrap().entries.len(), 2);
}

#[test]
fn import_replaces_present_entries_only_when_told() {
    let from = MemoryStore::with("from", &[Sample::Rsa, Sample::P256]);
    let mut to = MemoryStore::with("to", &[Sample::P256]);
    let inventory = inventory(&from);
    let there = Present::of(&to).unwrap();
    let identities = inventory.identities().collect::<Vec<_>>();
    let (held, free): (Vec<_>, Vec<_>) = identities
        .into_iter()
        .partition(|identity| there.place(identity).is_some());
    assert_eq!((held.len(), free.len()), (1, 1));
    let id = Sample::P256.certificate().unwrap().id();
    assert_eq!(held[0].entry().id, id);
    let place = to.list().unwrap().entries[0].places[0].clone();
    assert_eq!(there.place(held[0]), Some(place.as_str()));

    to.damage(&id);
    let kept = chosen(
        &inventory,
        &held,
        &there,
        &mut to,
        &EXPORTABLE,
        &mut NonInteractive,
    );
    assert!(is_there(&only(kept).unwrap_err()));
    assert!(to.private_key(&id, &mut NonInteractive).is_err());

    let replace = Options {
        existing: ExistingEntry::Replace,
        ..EXPORTABLE
    };
    let replaced = chosen(
        &inventory,
        &held,
        &there,
        &mut to,
        &replace,
        &mut NonInteractive,
    );
    only(replaced).unwrap();
    assert!(to.private_key(&id, &mut NonInteractive).is_ok());
}

#[test]
fn import_asks_no_password_for_present_entries() {
    let from = MemoryStore::with("from", &[Sample::Locked]);
    let mut to = MemoryStore::with("to", &[Sample::Locked]);
    let mut asks = Gives(Err(AskError::Cancelled));
    let outcomes = identities(&inventory(&from), &mut to, &EXPORTABLE, &mut asks);
    assert!(is_there(&only(outcomes).unwrap_err()));
}

#[test]
fn import_reports_a_failed_read_back() {
    let from = MemoryStore::with("from", &[Sample::P256]);
    let mut to = Liar::new(MemoryStore::new("to"));
    to.import = |store, _| {
        store.fail_next(StoreError::Unavailable {
            store: "to".to_owned(),
            reason: "unplugged".to_owned(),
            source: None,
        });
        Ok(())
    };
    let refused = only(import(&from, &mut to, &EXPORTABLE)).unwrap_err();
    assert!(matches!(refused, Error::NotReadBack { .. }));
    assert!(refused.to_string().contains("unplugged"), "{refused}");
}

#[test]
fn import_refuses_a_mismatched_key() {
    let from = testing::single(
        "from",
        identities::Identity {
            key: identities::foreign_key(),
            ..identities::ec_identity()
        },
    );
    let mut to = MemoryStore::new("to");
    let refused = only(import(&from, &mut to, &EXPORTABLE));
    assert!(matches!(refused, Err(Error::KeyMismatch { .. })));
    assert!(to.list().unwrap().entries.is_empty());
}

#[test]
fn import_rejects_what_does_not_read_back() {
    fn with(store: &MemoryStore, new: &NewIdentity<'_>, key: MemoryKey) -> Result<(), StoreError> {
        store.insert(new.certificate.clone(), None, key);
        Ok(())
    }
    let lies: [(testing::Import, &str); 4] = [
        (|_, _| Ok(()), "does not list it"),
        (
            |store, new| with(store, new, MemoryKey::Missing),
            "without a private key",
        ),
        (
            |store, new| with(store, new, MemoryKey::Exportable(identities::foreign_key())),
            "another certificate",
        ),
        (
            |store, new| with(store, new, MemoryKey::Kept(NotExportable::Policy)),
            "not exportable",
        ),
    ];
    for (lie, expected) in lies {
        let from = MemoryStore::with("from", &[Sample::P256]);
        let mut to = Liar {
            import: lie,
            ..Liar::new(MemoryStore::new("to"))
        };
        let refused = only(import(&from, &mut to, &EXPORTABLE));
        let Err(Error::NotReadBack { reason, .. }) = refused else {
            panic!("{expected}: {refused:?}");
        };
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn import_stops_after_cancellation() {
    let mut to = MemoryStore::new("to");
    let mut asks = Gives(Err(AskError::Cancelled));
    let locked = MemoryStore::with("locked", &[Sample::Locked, Sample::Rsa]);
    let outcomes = identities(&inventory(&locked), &mut to, &EXPORTABLE, &mut asks);
    assert!(matches!(only(outcomes), Err(Error::Cancelled)));
    assert!(to.list().unwrap().entries.is_empty());
}

#[test]
fn import_reports_missing_or_wrong_password() {
    let from = MemoryStore::with("from", &[Sample::Locked]);
    let mut to = MemoryStore::new("to");
    let refused = only(import(&from, &mut to, &EXPORTABLE));
    assert!(matches!(refused, Err(Error::InteractionRequired { .. })));
    let mut wrong = Gives(Ok("wrong"));
    let refused = identities(&inventory(&from), &mut to, &EXPORTABLE, &mut wrong);
    assert!(matches!(only(refused), Err(Error::WrongPassword { .. })));
}

fn read_files(
    files: &[PathBuf],
    password: Option<Password>,
    ask: &mut dyn Ask,
) -> Result<Sources, Error> {
    let passwords = Vec::from_iter(password.map(Arc::new));
    read(Input::Files(files), &passwords, ask)
}

/// Answers every question alike.
struct Gives(Result<&'static str, AskError>);

impl Ask for Gives {
    fn interaction(&self) -> Interaction {
        Interaction::Allowed
    }

    fn unlock(&mut self, _request: &UnlockRequest) -> Result<Password, AskError> {
        self.0.map(|text| Password::new(text.to_owned()))
    }
}

fn fixtures(names: &[&str]) -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/data");
    names.iter().map(|name| data.join(name)).collect()
}

#[test]
fn read_combines_certificates_and_keys() {
    let files = fixtures(&[
        "certificates/P-256.pem",
        "keys/P-256.sec1.pem",
        "files/rsa.der",
    ]);
    let sources = read_files(&files, None, &mut NonInteractive).unwrap();
    let with_key = sources.inventory.certificates().iter();
    assert_eq!(with_key.filter(|identity| identity.has_key()).count(), 1);
    assert_eq!(sources.inventory.certificates().len(), 2);
    assert!(sources.problems.is_empty() && sources.locked.is_empty());
}

#[test]
fn read_opens_with_given_or_typed_password() {
    let files = fixtures(&["files/rsa.p12"]);
    let given = Some(Password::new("fixture".to_owned()));
    let mut typed = Gives(Ok("fixture"));
    for sources in [
        read_files(&files, given, &mut NonInteractive),
        read_files(&files, None, &mut typed),
    ] {
        let sources = sources.unwrap();
        assert!(sources.inventory.certificates()[0].has_key());
        assert!(sources.problems.is_empty() && sources.locked.is_empty());
    }
}

#[test]
fn read_reports_missing_or_wrong_password() {
    let files = fixtures(&["files/rsa.p12", "certificates/ed25519.pem"]);
    let sources = read_files(&files, None, &mut NonInteractive).unwrap();
    assert!(matches!(
        sources.locked.as_slice(),
        [Error::InteractionRequired { .. }]
    ));
    assert!(sources.problems.is_empty());
    let given = Some(Password::new("wrong".to_owned()));
    let sources = read_files(&files, given, &mut NonInteractive).unwrap();
    assert!(matches!(
        sources.locked.as_slice(),
        [Error::WrongPassword { .. }]
    ));
    let sources = read_files(&files, None, &mut Gives(Ok("wrong"))).unwrap();
    assert!(matches!(
        sources.locked.as_slice(),
        [Error::WrongPassword { .. }]
    ));
    let gave_up = read_files(&files, None, &mut Gives(Err(AskError::Cancelled)));
    assert!(matches!(gave_up.err(), Some(Error::Cancelled)));
}

#[test]
fn read_reports_unreadable_files() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.p12");
    fs::write(&broken, "no PKCS#12").unwrap();
    let sources = read_files(&[broken], None, &mut NonInteractive).unwrap();
    assert_eq!(sources.problems.len(), 1);
    let missing = read_files(&[folder.path().join("none")], None, &mut NonInteractive);
    assert!(matches!(
        missing.err(),
        Some(Error::Store(StoreError::Unavailable { .. }))
    ));
}

/// A PKCS#12 file, and a certificate with its encrypted private key in PEM; both under "fixture".
const LOCKED: [&[&str]; 2] = [
    &["files/rsa.p12"],
    &["certificates/P-256.pem", "keys/P-256.encrypted.pem"],
];

/// Fixtures one after the other, read as an import from memory.
fn read_bytes(names: &[&str], password: Option<&str>, ask: &mut dyn Ask) -> Sources {
    let contents = fixtures(names)
        .into_iter()
        .map(|file| fs::read(file).unwrap());
    let bytes = contents.collect::<Vec<_>>().concat();
    let passwords = password.map(|text| Arc::new(Password::new(text.to_owned())));
    let input = Input::Bytes {
        bytes: &bytes,
        name: "upload",
    };
    read(input, passwords.as_slice(), ask).unwrap()
}

#[test]
fn import_accepts_bytes_of_every_form() {
    for names in LOCKED {
        for (password, mut ask) in [
            (Some("fixture"), Gives(Err(AskError::NotAllowed))),
            (None, Gives(Ok("fixture"))),
        ] {
            let inventory = read_bytes(names, password, &mut ask).complete().unwrap();
            let mut to = MemoryStore::new("to");
            let outcomes = identities(&inventory, &mut to, &EXPORTABLE, &mut ask);
            assert_eq!(only(outcomes).unwrap().proof, Level::Signature, "{names:?}");
        }
    }
}

#[test]
fn complete_refuses_unread_input() {
    let wrong = read_bytes(LOCKED[0], Some("wrong"), &mut NonInteractive);
    assert!(matches!(
        wrong.complete().err(),
        Some(Error::WrongPassword { place }) if place == "upload"
    ));
    let none = read_bytes(LOCKED[0], None, &mut NonInteractive);
    assert!(matches!(
        none.complete().err(),
        Some(Error::InteractionRequired { .. })
    ));
    let input = Input::Bytes {
        bytes: b"neither",
        name: "upload",
    };
    let damaged = read(input, &[], &mut NonInteractive).unwrap();
    assert!(matches!(
        damaged.complete().err(),
        Some(Error::Store(StoreError::Damaged { .. }))
    ));
}

#[test]
fn identities_reports_a_wrong_key_password() {
    let inventory = read_bytes(LOCKED[1], Some("wrong"), &mut NonInteractive);
    let inventory = inventory.complete().unwrap();
    let mut to = MemoryStore::new("to");
    let outcomes = identities(&inventory, &mut to, &EXPORTABLE, &mut NonInteractive);
    assert!(matches!(only(outcomes), Err(Error::WrongPassword { .. })));
}
