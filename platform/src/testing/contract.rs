//! What the documentation of [`Store`](crate::store::Store) promises, as checks that every store has to pass. A store
//! brings a [`Fixture`] that can fill a store of its kind with samples.

use std::path::Path;

use certstow_formats::certificate::EntryId;
use certstow_formats::key;
use certstow_formats::testing::PASSWORD;

use super::attach;
use super::changes;
use super::fixture::{Answers, Fixture, WITH_KEYS, entry, id_of, list};
use super::locked;
use super::samples::Sample;
use crate::error::{AskError, StoreError};
use crate::store::{Interaction, KeyState, Listing, NonInteractive};

/// Holds stores of a kind to the contract.
///
/// # Panics
/// When the store breaks it; the message says how.
pub fn check_store_contract(fixture: &mut dyn Fixture) {
    an_empty_store_lists_nothing(fixture);
    every_sample_is_listed_once(fixture);
    a_malformed_certificate_is_a_problem_and_no_more(fixture);
    an_issuer_without_a_key_is_offered_but_not_listed(fixture);
    keys_come_out_and_fit(fixture);
    a_missing_key_is_said_to_be_missing(fixture);
    a_kept_key_is_never_an_empty_success(fixture);
    a_locked_key_asks(fixture);
    who_is_always_wrong_is_not_asked_for_ever(fixture);
    a_damaged_key_is_said_to_be_damaged(fixture);
    a_stale_id_is_not_found(fixture);
    exporting_changes_nothing(fixture);
    locked::check(fixture);
    changes::check(fixture);
    attach::check(fixture);
}

fn holdable(fixture: &dyn Fixture, samples: &[Sample]) -> Vec<Sample> {
    let mut samples = samples.to_vec();
    samples.retain(|&sample| fixture.can_hold(sample));
    samples
}

fn an_empty_store_lists_nothing(fixture: &mut dyn Fixture) {
    let store = fixture.store(&[]);
    let listing = list(&*store);
    assert!(listing.entries.is_empty(), "an empty store lists entries");
    assert_eq!(listing.problems, [], "an empty store has problems");
    let issuers = store.issuers();
    let Ok(issuers) = issuers else {
        panic!("the store does not offer its issuers: {issuers:?}");
    };
    assert!(fixture.has_issuers_of_its_own() || issuers.is_empty());
    assert!(issuers.iter().all(|one| one.id() != id_of(Sample::Issuer)));
}

fn every_sample_is_listed_once(fixture: &mut dyn Fixture) {
    let mut samples = WITH_KEYS.to_vec();
    samples.push(Sample::Keyless);
    let samples = holdable(fixture, &samples);
    let store = fixture.store(&samples);
    for &sample in &samples {
        let entry = entry(&*store, sample);
        assert_eq!(Some(&entry.certificate), sample.certificate().as_ref());
        assert!(!entry.places.is_empty(), "{sample:?} lies nowhere");
        if let Some(path) = store.info().path {
            let mut places = entry.places.iter();
            assert!(places.all(|place| Path::new(place).starts_with(&path)));
        }
        match sample {
            Sample::Keyless => assert_eq!(entry.key, KeyState::Missing),
            _ => assert!(
                matches!(entry.key, KeyState::Exportable | KeyState::Unknown),
                "{sample:?} is {:?}",
                entry.key
            ),
        }
    }
    let ids = |listing: Listing| Vec::from_iter(listing.entries.iter().map(|entry| entry.id));
    let first = ids(list(&*store));
    assert_eq!(first.len(), samples.len(), "more is listed than was put in");
    assert_eq!(first, ids(list(&*store)), "the second listing differs");
}

fn a_malformed_certificate_is_a_problem_and_no_more(fixture: &mut dyn Fixture) {
    let samples = holdable(fixture, &[Sample::Malformed, Sample::Rsa]);
    if !samples.contains(&Sample::Malformed) {
        return;
    }
    let listing = list(&*fixture.store(&samples));
    assert_eq!(listing.entries.len(), samples.len() - 1);
    assert_eq!(listing.problems.len(), 1, "{:?}", listing.problems);
    assert!(!listing.problems[0].place.is_empty());
    assert!(!listing.problems[0].message.is_empty());
}

fn an_issuer_without_a_key_is_offered_but_not_listed(fixture: &mut dyn Fixture) {
    let samples = holdable(fixture, &[Sample::Issuer, Sample::Rsa]);
    if !samples.contains(&Sample::Issuer) {
        return;
    }
    let store = fixture.store(&samples);
    let issuers = store.issuers().unwrap_or_default();
    assert!(
        issuers
            .iter()
            .any(|issuer| issuer.id() == id_of(Sample::Issuer)),
        "the store does not offer its issuer"
    );
    assert!(
        list(&*store)
            .entries
            .iter()
            .all(|entry| entry.id != id_of(Sample::Issuer)),
        "an issuer is listed as an entry"
    );
}

fn keys_come_out_and_fit(fixture: &mut dyn Fixture) {
    let samples = holdable(fixture, &WITH_KEYS);
    let store = fixture.store(&samples);
    for &sample in &samples {
        let entry = entry(&*store, sample);
        let key = match store.private_key(&entry.id, &mut NonInteractive) {
            Ok(key) => key,
            Err(error) => panic!("the key of {sample:?} does not come out: {error}"),
        };
        let public = key::public_key_of(&key).unwrap_or_default();
        assert!(
            key::same_public_key(&public, entry.certificate.spki_der()),
            "the key of {sample:?} is not the certificate's"
        );
    }
}

fn a_missing_key_is_said_to_be_missing(fixture: &mut dyn Fixture) {
    if fixture.can_hold(Sample::Keyless) {
        let store = fixture.store(&holdable(fixture, &[Sample::Keyless, Sample::Rsa]));
        let error = store.private_key(&id_of(Sample::Keyless), &mut NonInteractive);
        assert!(
            matches!(error, Err(StoreError::KeyMissing { .. })),
            "{error:?}"
        );
    }
}

fn a_kept_key_is_never_an_empty_success(fixture: &mut dyn Fixture) {
    if fixture.can_hold(Sample::NotExportable) {
        let store = fixture.store(&[Sample::NotExportable]);
        let state = entry(&*store, Sample::NotExportable).key;
        assert!(
            matches!(state, KeyState::NotExportable(_) | KeyState::Unknown),
            "{state:?}"
        );
        let error = store.private_key(&id_of(Sample::NotExportable), &mut NonInteractive);
        assert!(
            matches!(error, Err(StoreError::KeyNotExportable { .. })),
            "{error:?}"
        );
    }
}

fn a_locked_key_asks(fixture: &mut dyn Fixture) {
    if !fixture.can_hold(Sample::Locked) {
        return;
    }
    let store = fixture.store(&[Sample::Locked]);
    let id = id_of(Sample::Locked);
    let state = entry(&*store, Sample::Locked).key;
    assert!(matches!(state, KeyState::Locked(_)), "{state:?}");

    let error = store.private_key(&id, &mut NonInteractive);
    assert!(
        matches!(error, Err(StoreError::InteractionRequired { .. })),
        "{error:?}"
    );
    let mut leaves = Answers::new(Err(AskError::Cancelled), Interaction::Allowed);
    let error = store.private_key(&id, &mut leaves);
    assert!(matches!(error, Err(StoreError::Cancelled)), "{error:?}");
    assert_eq!(leaves.asked, 1, "who gave up is asked again");

    let mut mistaken = Answers::new(Ok("wrong"), Interaction::Never);
    let error = store.private_key(&id, &mut mistaken);
    assert!(
        matches!(error, Err(StoreError::WrongPassword { .. })),
        "{error:?}"
    );
    assert_eq!(mistaken.asked, 1, "a script is asked twice");

    let mut knows = Answers::new(Ok(PASSWORD), Interaction::Never);
    let key = match store.private_key(&id, &mut knows) {
        Ok(key) => key::public_key_of(&key).unwrap_or_default(),
        Err(error) => panic!("the password does not help: {error}"),
    };
    let entry = entry(&*store, Sample::Locked);
    assert!(key::same_public_key(&key, entry.certificate.spki_der()));
}

fn who_is_always_wrong_is_not_asked_for_ever(fixture: &mut dyn Fixture) {
    if !fixture.can_hold(Sample::Locked) {
        return;
    }
    let store = fixture.store(&[Sample::Locked]);
    let mut mistaken = Answers::new(Ok("wrong"), Interaction::Allowed);
    let error = store.private_key(&id_of(Sample::Locked), &mut mistaken);
    assert!(
        matches!(error, Err(StoreError::WrongPassword { .. })),
        "{error:?}"
    );
    assert!(mistaken.asked >= 1, "nobody was asked");
}

fn a_damaged_key_is_said_to_be_damaged(fixture: &mut dyn Fixture) {
    for sample in holdable(fixture, &[Sample::Rsa, Sample::Locked]) {
        let store = fixture.store(&[sample]);
        list(&*store);
        if !fixture.damage(sample) {
            continue;
        }
        let mut knows = Answers::new(Ok(PASSWORD), Interaction::Allowed);
        let error = store.private_key(&id_of(sample), &mut knows);
        assert!(
            matches!(error, Err(StoreError::Damaged { .. })),
            "{error:?}"
        );
    }
}

fn a_stale_id_is_not_found(fixture: &mut dyn Fixture) {
    let samples = holdable(fixture, &[Sample::Rsa, Sample::P256]);
    let Some(&sample) = samples.first() else {
        return;
    };
    let store = fixture.store(&samples);
    list(&*store);
    let never = store.private_key(&EntryId::of(b"nobody"), &mut NonInteractive);
    assert!(
        matches!(never, Err(StoreError::NotFound { .. })),
        "{never:?}"
    );
    fixture.withdraw(sample);
    let gone = store.private_key(&id_of(sample), &mut NonInteractive);
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
}

fn exporting_changes_nothing(fixture: &mut dyn Fixture) {
    let samples = holdable(fixture, &[Sample::Rsa, Sample::Keyless, Sample::Locked]);
    let store = fixture.store(&samples);
    let before = fixture.snapshot();
    for entry in list(&*store).entries {
        let _ = store.private_key(&entry.id, &mut NonInteractive);
    }
    drop(store);
    assert_eq!(fixture.snapshot(), before, "reading changed the store");
}
