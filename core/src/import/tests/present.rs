//! What a store is said to have already, by what it shows of the private key.

use certstow_formats::certificate::Certificate;
use certstow_formats::secret::PrivateKey;
use certstow_platform::store::{Listing, Problem, ProblemKind, Removal, StoreInfo};

use super::*;

/// Shows the only entry of a store with another state of its key, under another protection.
struct Shows {
    store: MemoryStore,
    key: KeyState,
    protection: KeyProtection,
    problems: Vec<Problem>,
}

impl Store for Shows {
    fn info(&self) -> StoreInfo {
        StoreInfo {
            key_protection: self.protection,
            ..self.store.info()
        }
    }

    fn list(&self) -> Result<Listing, StoreError> {
        let mut listing = self.store.list()?;
        for entry in &mut listing.entries {
            entry.key = self.key.clone();
        }
        listing.problems.clone_from(&self.problems);
        Ok(listing)
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        self.store.issuers()
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        self.store.private_key(id, ask)
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        options: &Options<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        self.store.import(identity, options, ask)
    }

    fn remove(
        &mut self,
        id: &EntryId,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        self.store.remove(id, what, ask)
    }
}

#[test]
fn present_is_what_shows_or_may_have_its_key() {
    let locked = || KeyState::Locked("a password".to_owned());
    let kept = KeyState::NotExportable(NotExportable::Policy);
    let problem = Problem {
        kind: ProblemKind::Unreadable,
        place: "to/key4.db".to_owned(),
        message: "it is damaged".to_owned(),
    };
    let (whole, in_part) = (Vec::new, || vec![problem.clone()]);
    let from = inventory(&MemoryStore::with("from", &[Sample::P256]));
    let coming = from.identities().next().unwrap();
    for (key, protection, problems, expected) in [
        (KeyState::Missing, KeyProtection::Password, whole(), false),
        (KeyState::Exportable, KeyProtection::Token, in_part(), true),
        (kept, KeyProtection::Token, in_part(), true),
        (locked(), KeyProtection::Password, whole(), true),
        (locked(), KeyProtection::PrimaryPassword, in_part(), true),
        (locked(), KeyProtection::Token, whole(), false),
        (KeyState::Unknown, KeyProtection::System, whole(), true),
        (
            KeyState::Unknown,
            KeyProtection::PrimaryPassword,
            in_part(),
            false,
        ),
    ] {
        let to = Shows {
            store: MemoryStore::with("to", &[Sample::P256]),
            key,
            protection,
            problems,
        };
        let there = Present::of(&to).unwrap();
        let is_there = there.place(coming).is_some();
        assert_eq!(is_there, expected, "{:?} {protection:?}", to.key);
    }
}

/// The key of a token's certificate that the token does not have goes in.
#[test]
fn import_leaves_it_to_a_locked_token_whether_key_is_there() {
    let from = MemoryStore::with("from", &[Sample::P256]);
    let certificate = Sample::P256.certificate().unwrap();
    let store = MemoryStore::new("to");
    store.insert(certificate.clone(), None, MemoryKey::Missing);
    let mut to = Shows {
        store,
        key: KeyState::Locked("the PIN".to_owned()),
        protection: KeyProtection::Token,
        problems: Vec::new(),
    };
    let _ = only(import(&from, &mut to, &EXPORTABLE));
    let key = to.private_key(&certificate.id(), &mut NonInteractive);
    assert!(key.is_ok(), "{key:?}");
}
