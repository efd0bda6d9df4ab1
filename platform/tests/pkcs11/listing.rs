//! What a token shows, before and after the login.

use std::fs;

use certstow_platform::error::StoreError;
use certstow_platform::store::{
    KeyState, NonInteractive, NotExportable, Problem, ProblemKind, Store,
};
use certstow_platform::testing::Sample;
use cryptoki::object::Attribute;

use crate::own_process;
use crate::softhsm::{
    Kept, SoftHsm, entry_of, only, put_certificate, put_certificate_as, put_key, put_value,
};

fn state(store: &dyn Store, sample: Sample) -> KeyState {
    entry_of(store, sample).key
}

#[test]
#[ignore = "needs SoftHSM2"]
fn certificates_are_listed_without_a_login() {
    own_process::run("listing::certificates_are_listed_without_a_login", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("Ada's \u{1b}token");
        let samples = [
            Sample::Rsa,
            Sample::NotExportable,
            Sample::Keyless,
            Sample::Issuer,
        ];
        // The renewed certificate has its key once more, which is to stay.
        token.hold(&samples[1..], Kept::USUAL);
        token.filled(|session| {
            put_certificate(session, Sample::P256, &[9]);
            put_key(session, &Sample::P256.key().unwrap(), &[9], Kept::USUAL);
        });

        let locked = token.locked();
        let listing = locked.list().unwrap();
        assert_eq!(listing.problems, []);
        assert_eq!(listing.entries.len(), 3);
        for entry in &listing.entries {
            let pin = "the PIN of token Ada's \\u{1b}token".to_owned();
            assert_eq!(entry.key, KeyState::Locked(pin));
            let key = locked.private_key(&entry.id, &mut NonInteractive);
            let Err(StoreError::InteractionRequired { place }) = key else {
                panic!("{key:?}");
            };
            assert_eq!(place, "token Ada's \\u{1b}token");
        }
        assert_eq!(locked.issuers().unwrap().len(), 1);
        assert!(!token.has_low_count(), "there was a login");

        let open = token.open();
        let policy = KeyState::NotExportable(NotExportable::Policy);
        assert_eq!(state(&*open, Sample::NotExportable), policy);
        assert_eq!(state(&*open, Sample::P256), KeyState::Exportable);
        assert_eq!(state(&*open, Sample::Keyless), KeyState::Missing);
        let place = &entry_of(&*open, Sample::P256).places[0];
        let named = place.contains("?module-path=") && place.contains(";object=P256;id=%09");
        assert!(named, "{place}");
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn keys_are_paired_by_their_public_value() {
    own_process::run("listing::keys_are_paired_by_their_public_value", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("paired");
        token.filled(|session| {
            let key = |sample: Sample| sample.key().unwrap();
            // Each under the id of the other.
            put_certificate(session, Sample::Rsa, b"a");
            put_key(session, &key(Sample::Rsa), b"b", Kept::USUAL);
            put_certificate(session, Sample::P256, b"b");
            put_key(session, &key(Sample::P256), b"a", Kept::USUAL);
            // By the id alone, since nothing tells the point of this key.
            let bare = Kept {
                public: false,
                ..Kept::USUAL
            };
            put_certificate(session, Sample::Expired, b"c");
            put_key(session, &key(Sample::Expired), b"c", bare);
            // The same with the key of another.
            put_certificate(session, Sample::Future, b"d");
            put_key(session, &key(Sample::Expired), b"d", bare);
        });
        let store = token.open();
        for sample in [Sample::Rsa, Sample::P256, Sample::Expired] {
            assert_eq!(state(&*store, sample), KeyState::Exportable, "{sample:?}");
            let id = sample.certificate().unwrap().id();
            store.private_key(&id, &mut NonInteractive).unwrap();
        }
        let id = Sample::Future.certificate().unwrap().id();
        let key = store.private_key(&id, &mut NonInteractive);
        assert!(
            matches!(key, Err(StoreError::KeyMismatch { .. })),
            "{key:?}"
        );
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn trusted_certificates_are_nobodys() {
    own_process::run("listing::trusted_certificates_are_nobodys", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("trusting");
        token.as_officer(|session| {
            let certificate = Sample::Keyless.certificate().unwrap();
            let trusted = [Attribute::Trusted(true)];
            put_certificate_as(session, &certificate, "trusted", b"t", &trusted);
        });
        token.hold(&[Sample::Rsa], Kept::USUAL);
        let entry = only(&*token.open());
        assert_eq!(entry.id, Sample::Rsa.certificate().unwrap().id());
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn a_token_that_shows_nothing_says_so() {
    own_process::run("listing::a_token_that_shows_nothing_says_so", |_| {
        let hsm = SoftHsm::new();
        let token = hsm.token("hidden");
        token.filled(|session| {
            let certificate = Sample::Keyless.certificate().unwrap();
            let private = [Attribute::Private(true)];
            put_certificate_as(session, &certificate, "hidden", b"h", &private);
        });
        let locked = token.locked();
        let listing = locked.list().unwrap();
        let problem = Problem {
            kind: ProblemKind::Locked,
            place: "token hidden".to_owned(),
            message: "the token shows nothing without its PIN".to_owned(),
        };
        assert_eq!(listing.problems, [problem]);
        assert!(listing.entries.is_empty());
        let id = Sample::Keyless.certificate().unwrap().id();
        let key = locked.private_key(&id, &mut NonInteractive);
        let asks = matches!(key, Err(StoreError::InteractionRequired { .. }));
        assert!(asks, "{key:?}");

        let entry = only(&*token.open());
        assert_eq!(entry.key, KeyState::Missing);
    });
}

#[test]
#[ignore = "needs SoftHSM2"]
fn a_certificate_that_is_there_twice_is_listed_once() {
    own_process::run(
        "listing::a_certificate_that_is_there_twice_is_listed_once",
        |_| {
            let hsm = SoftHsm::new();
            let token = hsm.token("twice");
            token.filled(|session| {
                for id in [b"a", b"b"] {
                    put_certificate(session, Sample::Keyless, id);
                }
                // A card's file is longer than what is in it.
                let der = Sample::Rsa.certificate().unwrap().der().to_vec();
                put_value(session, &[&*der, &[0; 100]].concat(), "longer", b"c", &[]);
            });
            let listing = token.open().list().unwrap();
            assert_eq!(listing.problems, []);
            let places: Vec<usize> = listing
                .entries
                .iter()
                .map(|entry| entry.places.len())
                .collect();
            assert_eq!(places.iter().sum::<usize>(), 3);
            assert_eq!(places.len(), 2);
        },
    );
}

/// SoftHSM goes on without an error and without objects.
#[test]
#[ignore = "needs SoftHSM2"]
fn a_token_that_is_taken_away_is_no_empty_one() {
    own_process::run(
        "listing::a_token_that_is_taken_away_is_no_empty_one",
        |folder| {
            let hsm = SoftHsm::new();
            let token = hsm.token("taken");
            token.hold(&[Sample::Rsa], Kept::USUAL);
            let store = token.open();
            let id = only(&*store).id;
            fs::rename(folder.join("tokens"), folder.join("elsewhere")).unwrap();
            fs::create_dir(folder.join("tokens")).unwrap();
            let was_taken_out = |error: StoreError| {
                let StoreError::Unavailable { reason, .. } = error else {
                    panic!("{error:?}");
                };
                assert!(reason.contains("was taken out"), "{reason}");
            };
            was_taken_out(store.list().unwrap_err());
            was_taken_out(store.issuers().unwrap_err());
            was_taken_out(store.private_key(&id, &mut NonInteractive).unwrap_err());
        },
    );
}
