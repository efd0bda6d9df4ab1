//! The part of the contract that changes a store: what [`Store::import`] puts in and
//! [`Store::remove`] takes out, and above all what both leave alone.

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key;
use certstow_formats::secret::{Password, PrivateKey};
use certstow_formats::testing::PASSWORD;
use certstow_formats::time::UnixTime;

use super::fixture::{Answers, Fixture, WITH_KEYS, entry, id_of, list};
use super::samples::Sample;
use crate::error::StoreError;
use crate::store::{
    Ask, ExistingEntry, ImportOptions, Interaction, KeyProtection, KeyState, NewIdentity,
    NonInteractive, Removal, Store,
};

/// Holds stores of a kind to this part of the contract.
pub(super) fn check(fixture: &mut dyn Fixture) {
    what_is_not_taken_in_changes_nothing(fixture);
    an_imported_identity_is_listed_and_its_key_comes_out(fixture);
    what_is_there_stays_unless_it_is_to_be_replaced(fixture);
    every_earlier_key_stays(fixture);
    a_password_opens_what_it_was_given_for(fixture);
    a_key_that_may_not_come_out_does_not(fixture);
    copies_are_recorded_where_the_store_says(fixture);
    a_certificate_without_its_key_gets_it(fixture);
    removing_a_key_leaves_the_certificate(fixture);
    removing_an_entry_leaves_the_others(fixture);
    removing_what_was_not_imported_is_whole_or_nothing(fixture);
    removing_what_is_not_there_changes_nothing(fixture);
}

const LABEL: &str = "Ada Example (2024)";

/// Everything with a key, also the two certificates that share one.
const IDENTITIES: [Sample; 6] = [
    WITH_KEYS[0],
    WITH_KEYS[1],
    WITH_KEYS[2],
    WITH_KEYS[3],
    WITH_KEYS[4],
    Sample::NotExportable,
];

fn importable(fixture: &dyn Fixture) -> Vec<Sample> {
    let mut samples = IDENTITIES.to_vec();
    samples.retain(|&sample| fixture.can_import(sample));
    samples
}

/// What most identities come in with.
pub const EXPORTABLE: ImportOptions<'static> = ImportOptions {
    exportable: true,
    existing: ExistingEntry::Keep,
    password: None,
};

fn import(
    store: &mut dyn Store,
    sample: Sample,
    label: &str,
    options: &ImportOptions<'_>,
) -> Result<EntryId, StoreError> {
    let (Some(certificate), Some(key)) = (sample.certificate(), sample.key()) else {
        panic!("{sample:?} is no identity");
    };
    let issuers: Vec<Certificate> = Sample::Issuer.certificate().into_iter().collect();
    let identity = NewIdentity {
        issuers: &issuers,
        label: Some(label),
        ..NewIdentity::new(&certificate, &key)
    };
    store.import(&identity, options, &mut NonInteractive)
}

fn imported(store: &mut dyn Store, sample: Sample, label: &str, options: &ImportOptions<'_>) {
    match import(store, sample, label, options) {
        Ok(id) => assert_eq!(id, id_of(sample), "{sample:?} came in as another"),
        Err(error) => panic!("{sample:?} is not imported: {error}"),
    }
}

fn removed(store: &mut dyn Store, sample: Sample, what: Removal) {
    if let Err(error) = store.remove(&id_of(sample), what, &mut NonInteractive) {
        panic!("{what:?} of {sample:?} is not removed: {error}");
    }
}

/// Fails unless the store exports the key of the sample.
fn comes_out(store: &dyn Store, sample: Sample, ask: &mut dyn Ask) {
    let key = match store.private_key(&id_of(sample), ask) {
        Ok(key) => key,
        Err(error) => panic!("the key of {sample:?} does not come out: {error}"),
    };
    assert!(
        fits(&key, &entry(store, sample).certificate),
        "the key of {sample:?} is another's"
    );
}

fn fits(key: &PrivateKey, certificate: &Certificate) -> bool {
    let public = key::public_key_of(key).unwrap_or_default();
    key::same_public_key(&public, certificate.spki_der())
}

fn what_is_not_taken_in_changes_nothing(fixture: &mut dyn Fixture) {
    for sample in IDENTITIES {
        if fixture.can_import(sample) {
            continue;
        }
        let mut store = fixture.store(&[]);
        let before = fixture.snapshot();
        let error = import(&mut *store, sample, LABEL, &EXPORTABLE);
        assert!(
            matches!(error, Err(StoreError::NotImported { .. })),
            "{sample:?}: {error:?}"
        );
        assert_eq!(fixture.snapshot(), before, "{sample:?} changed the store");
    }
}

fn an_imported_identity_is_listed_and_its_key_comes_out(fixture: &mut dyn Fixture) {
    for sample in importable(fixture) {
        let mut store = fixture.store(&[]);
        imported(&mut *store, sample, LABEL, &EXPORTABLE);
        let listing = list(&*store);
        assert_eq!(listing.entries.len(), 1, "more is listed than was imported");
        assert_eq!(listing.problems, [], "importing left something odd");
        let entry = entry(&*store, sample);
        assert_eq!(Some(&entry.certificate), sample.certificate().as_ref());
        assert_eq!(entry.label.as_deref(), Some(LABEL), "{sample:?}");
        assert!(!entry.places.is_empty(), "{sample:?} lies nowhere");
        assert!(
            matches!(entry.key, KeyState::Exportable | KeyState::Unknown),
            "{sample:?} is {:?}",
            entry.key
        );
        comes_out(&*store, sample, &mut NonInteractive);
    }
}

fn what_is_there_stays_unless_it_is_to_be_replaced(fixture: &mut dyn Fixture) {
    for sample in importable(fixture) {
        let mut store = fixture.store(&[]);
        imported(&mut *store, sample, LABEL, &EXPORTABLE);
        let before = fixture.snapshot();
        let error = import(&mut *store, sample, "another", &EXPORTABLE);
        assert!(
            matches!(error, Err(StoreError::AlreadyThere { .. })),
            "{sample:?}: {error:?}"
        );
        assert_eq!(fixture.snapshot(), before, "what was there was changed");

        let replace = ImportOptions {
            existing: ExistingEntry::Replace,
            ..EXPORTABLE
        };
        for label in [LABEL, "another"] {
            imported(&mut *store, sample, label, &replace);
            assert_eq!(list(&*store).entries.len(), 1, "there are two now");
            let label_now = entry(&*store, sample).label;
            assert_eq!(label_now.as_deref(), Some(label));
            comes_out(&*store, sample, &mut NonInteractive);
        }
    }
}

/// All have the same label, which some stores make names of.
fn every_earlier_key_stays(fixture: &mut dyn Fixture) {
    let samples = importable(fixture);
    let mut store = fixture.store(&[]);
    for (count, &sample) in samples.iter().enumerate() {
        imported(&mut *store, sample, LABEL, &EXPORTABLE);
        assert_eq!(list(&*store).entries.len(), count + 1);
        for &earlier in &samples[..=count] {
            comes_out(&*store, earlier, &mut NonInteractive);
        }
    }
}

fn a_password_opens_what_it_was_given_for(fixture: &mut dyn Fixture) {
    let password = Password::new(PASSWORD.to_owned());
    for sample in importable(fixture) {
        let mut store = fixture.store(&[]);
        let options = ImportOptions {
            password: Some(&password),
            ..EXPORTABLE
        };
        imported(&mut *store, sample, LABEL, &options);
        let state = entry(&*store, sample).key;
        if matches!(state, KeyState::Locked(_)) {
            assert_eq!(store.info().key_protection, KeyProtection::Password);
            let error = store.private_key(&id_of(sample), &mut NonInteractive);
            assert!(
                matches!(error, Err(StoreError::InteractionRequired { .. })),
                "{error:?}"
            );
        }
        let mut knows = Answers::new(Ok(PASSWORD), Interaction::Never);
        comes_out(&*store, sample, &mut knows);
    }
}

fn a_key_that_may_not_come_out_does_not(fixture: &mut dyn Fixture) {
    for sample in importable(fixture) {
        let mut store = fixture.store(&[]);
        let before = fixture.snapshot();
        let options = ImportOptions {
            exportable: false,
            ..EXPORTABLE
        };
        match import(&mut *store, sample, LABEL, &options) {
            Err(StoreError::NotImported { .. }) => {
                assert_eq!(fixture.snapshot(), before, "a refusal changed the store");
            }
            Err(error) => panic!("{sample:?} is not imported: {error}"),
            Ok(_) => {
                assert!(store.info().key_protection.can_forbid_export());
                let state = entry(&*store, sample).key;
                assert!(
                    matches!(state, KeyState::NotExportable(_) | KeyState::Unknown),
                    "{sample:?} is {state:?}"
                );
                let key = store.private_key(&id_of(sample), &mut NonInteractive);
                assert!(
                    matches!(key, Err(StoreError::KeyNotExportable { .. })),
                    "{sample:?}: {key:?}"
                );
            }
        }
    }
}

fn copies_are_recorded_where_the_store_says(fixture: &mut dyn Fixture) {
    let Some(&sample) = importable(fixture).first() else {
        return;
    };
    let mut store = fixture.store(&[]);
    imported(&mut *store, sample, LABEL, &EXPORTABLE);
    let when = UnixTime::new(1_700_000_000);
    if let Err(error) = store.mark_backed_up(&id_of(sample), when) {
        panic!("the copy of {sample:?} is not recorded: {error}");
    }
    let recorded = store.info().records_copies && fixture.keeps_records();
    let recorded = recorded.then_some(when);
    assert_eq!(entry(&*store, sample).backed_up, recorded, "{sample:?}");
}

fn a_certificate_without_its_key_gets_it(fixture: &mut dyn Fixture) {
    for sample in importable(fixture) {
        let mut store = fixture.store(&[]);
        imported(&mut *store, sample, LABEL, &EXPORTABLE);
        removed(&mut *store, sample, Removal::Key);
        imported(&mut *store, sample, LABEL, &EXPORTABLE);
        assert_eq!(list(&*store).entries.len(), 1);
        comes_out(&*store, sample, &mut NonInteractive);
    }
}

/// Whether two samples have the same private key.
fn share_a_key(one: Sample, other: Sample) -> bool {
    one != other && one.key_pem() == other.key_pem()
}

fn removing_a_key_leaves_the_certificate(fixture: &mut dyn Fixture) {
    let samples = importable(fixture);
    for &sample in &samples {
        let mut store = fixture.store(&[]);
        for &each in &samples {
            imported(&mut *store, each, LABEL, &EXPORTABLE);
        }
        let before = fixture.snapshot();
        let shared = samples.iter().any(|&other| share_a_key(sample, other));
        match store.remove(&id_of(sample), Removal::Key, &mut NonInteractive) {
            Ok(warnings) => {
                assert!(warnings.is_empty(), "{warnings:?}");
                assert_eq!(entry(&*store, sample).key, KeyState::Missing, "{sample:?}");
                let key = store.private_key(&id_of(sample), &mut NonInteractive);
                assert!(matches!(key, Err(StoreError::KeyMissing { .. })), "{key:?}");
                let again = store.remove(&id_of(sample), Removal::Key, &mut NonInteractive);
                assert!(
                    matches!(again, Err(StoreError::KeyMissing { .. })),
                    "{again:?}"
                );
            }
            // A store that finds keys by their public half cannot part the two.
            Err(StoreError::NotRemoved { .. }) if shared => {
                assert_eq!(fixture.snapshot(), before, "a refusal changed the store");
            }
            Err(error) => panic!("the key of {sample:?} is not removed: {error}"),
        }
        assert_eq!(list(&*store).entries.len(), samples.len());
        for &other in samples.iter().filter(|&&other| other != sample) {
            comes_out(&*store, other, &mut NonInteractive);
        }
    }
}

fn removing_an_entry_leaves_the_others(fixture: &mut dyn Fixture) {
    let samples = importable(fixture);
    for &sample in &samples {
        let mut store = fixture.store(&[]);
        for &each in &samples {
            imported(&mut *store, each, LABEL, &EXPORTABLE);
        }
        removed(&mut *store, sample, Removal::Entry);
        let entries = list(&*store).entries;
        assert_eq!(entries.len(), samples.len() - 1, "{sample:?}");
        assert!(entries.iter().all(|entry| entry.id != id_of(sample)));
        let gone = store.private_key(&id_of(sample), &mut NonInteractive);
        assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
        for &other in samples.iter().filter(|&&other| other != sample) {
            comes_out(&*store, other, &mut NonInteractive);
        }
    }
}

fn removing_what_was_not_imported_is_whole_or_nothing(fixture: &mut dyn Fixture) {
    for what in [Removal::Key, Removal::Entry] {
        let mut samples = WITH_KEYS.to_vec();
        samples.retain(|&sample| fixture.can_hold(sample));
        for &sample in &samples {
            let mut store = fixture.store(&samples);
            let before = fixture.snapshot();
            match store.remove(&id_of(sample), what, &mut NonInteractive) {
                Ok(_) if what == Removal::Key => {
                    assert_eq!(entry(&*store, sample).key, KeyState::Missing);
                }
                Ok(_) => assert_eq!(list(&*store).entries.len(), samples.len() - 1),
                Err(StoreError::NotRemoved { .. }) => {
                    assert_eq!(fixture.snapshot(), before, "a refusal changed the store");
                }
                Err(error) => panic!("{what:?} of {sample:?} is not removed: {error}"),
            }
            for &other in samples.iter().filter(|&&other| other != sample) {
                comes_out(&*store, other, &mut NonInteractive);
            }
        }
    }
}

fn removing_what_is_not_there_changes_nothing(fixture: &mut dyn Fixture) {
    let mut samples = vec![Sample::Rsa, Sample::Keyless];
    samples.retain(|&sample| fixture.can_hold(sample));
    let changeable = !importable(fixture).is_empty();
    let mut store = fixture.store(&samples);
    let before = fixture.snapshot();
    let mut refused = |id: EntryId, what| match store.remove(&id, what, &mut NonInteractive) {
        Err(StoreError::NotRemoved { .. }) if !changeable => None,
        Err(error) => Some(error),
        Ok(_) => panic!("what is not there was removed"),
    };
    for what in [Removal::Key, Removal::Entry] {
        let error = refused(EntryId::of(b"nobody"), what);
        assert!(
            matches!(error, None | Some(StoreError::NotFound { .. })),
            "{error:?}"
        );
    }
    if samples.contains(&Sample::Keyless) {
        let error = refused(id_of(Sample::Keyless), Removal::Key);
        assert!(
            matches!(error, None | Some(StoreError::KeyMissing { .. })),
            "{error:?}"
        );
    }
    assert_eq!(fixture.snapshot(), before, "a refusal changed the store");
}
