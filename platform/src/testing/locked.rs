//! The part of the contract for stores that one password opens as a whole: who is asked, how often, and
//! what a listing shows once the password is known.

use certstow_formats::key;
use certstow_formats::testing::PASSWORD;

use super::fixture::{Answers, Fixture, WITH_KEYS, entry, id_of, list};
use super::samples::Sample;
use crate::error::StoreError;
use crate::store::{Ask, Interaction, KeyState, NonInteractive, ProblemKind, Store};

/// Holds stores of a kind to this part of the contract.
pub(super) fn check(fixture: &mut dyn Fixture) {
    one_question_opens_all_keys(fixture);
    who_was_wrong_is_not_asked_for_every_key(fixture);
    a_given_password_shows_what_it_opens(fixture);
    a_wrong_given_password_is_a_problem_and_no_more(fixture);
}

fn samples(fixture: &dyn Fixture) -> Vec<Sample> {
    let mut samples = WITH_KEYS.to_vec();
    samples.retain(|&sample| fixture.can_hold(sample));
    samples
}

/// Fails unless the store exports the key of each sample.
fn all_come_out(store: &dyn Store, samples: &[Sample], ask: &mut dyn Ask) {
    for &sample in samples {
        let key = match store.private_key(&id_of(sample), ask) {
            Ok(key) => key::public_key_of(&key).unwrap_or_default(),
            Err(error) => panic!("the key of {sample:?} does not come out: {error}"),
        };
        let certificate = entry(store, sample).certificate;
        assert!(key::same_public_key(&key, certificate.spki_der()));
    }
}

fn all_are_locked(store: &dyn Store, samples: &[Sample]) {
    for &sample in samples {
        let state = entry(store, sample).key;
        assert!(
            matches!(state, KeyState::Locked(_)),
            "{sample:?} is {state:?}"
        );
    }
}

fn one_question_opens_all_keys(fixture: &mut dyn Fixture) {
    let samples = samples(fixture);
    let Some((store, asks_for)) = fixture.locked_as_a_whole(&samples, None) else {
        return;
    };
    assert_eq!(list(&*store).problems, [], "locked is no problem");
    all_are_locked(&*store, &samples);
    store.keep_open(true);
    let mut knows = Answers::new(Ok(PASSWORD), Interaction::Allowed);
    all_come_out(&*store, &samples, &mut knows);
    assert_eq!(knows.asked, 1, "one password opens them all");
    let Some(request) = knows.last else {
        panic!("nobody was asked");
    };
    assert_eq!(request.asks_for, asks_for);
    assert_eq!(request.store, store.info().spec);
    assert!(!request.place.is_empty());
    store.keep_open(false);
    for &sample in &samples {
        let error = store.private_key(&id_of(sample), &mut NonInteractive);
        assert!(
            matches!(error, Err(StoreError::InteractionRequired { .. })),
            "something was kept: {error:?}"
        );
    }
}

fn who_was_wrong_is_not_asked_for_every_key(fixture: &mut dyn Fixture) {
    let samples = samples(fixture);
    let Some((store, _)) = fixture.locked_as_a_whole(&samples, None) else {
        return;
    };
    store.keep_open(true);
    let mut mistaken = Answers::new(Ok("wrong"), Interaction::Allowed);
    let mut asked = None;
    for &sample in &samples {
        let error = store.private_key(&id_of(sample), &mut mistaken);
        assert!(
            matches!(error, Err(StoreError::WrongPassword { .. })),
            "{error:?}"
        );
        assert!(mistaken.asked >= 1, "nobody was asked");
        assert_eq!(*asked.get_or_insert(mistaken.asked), mistaken.asked);
    }
}

fn a_given_password_shows_what_it_opens(fixture: &mut dyn Fixture) {
    let samples = samples(fixture);
    let Some((store, _)) = fixture.locked_as_a_whole(&samples, Some(PASSWORD)) else {
        return;
    };
    assert_eq!(list(&*store).problems, []);
    for &sample in &samples {
        assert_eq!(entry(&*store, sample).key, KeyState::Exportable);
    }
    all_come_out(&*store, &samples, &mut NonInteractive);
}

fn a_wrong_given_password_is_a_problem_and_no_more(fixture: &mut dyn Fixture) {
    let samples = samples(fixture);
    let Some((store, _)) = fixture.locked_as_a_whole(&samples, Some("wrong")) else {
        return;
    };
    let listing = list(&*store);
    assert_eq!(listing.entries.len(), samples.len());
    let kinds: Vec<_> = listing
        .problems
        .iter()
        .map(|problem| problem.kind)
        .collect();
    assert_eq!(kinds, [ProblemKind::WrongPassword]);
    all_are_locked(&*store, &samples);
    let Some(&sample) = samples.first() else {
        return;
    };
    let error = store.private_key(&id_of(sample), &mut NonInteractive);
    assert!(
        matches!(error, Err(StoreError::WrongPassword { .. })),
        "{error:?}"
    );
    let mut knows = Answers::new(Ok(PASSWORD), Interaction::Allowed);
    knows.wrong_before = 1;
    all_come_out(&*store, &[sample], &mut knows);
    assert_eq!(knows.asked, 1);
}
