//! The part of the contract that joins certificates with private keys which a store has:
//! [`Store::keys`] and [`Store::attach`].

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key;

use super::fixture::{Fixture, entry, id_of, list};
use super::samples::Sample;
use crate::error::StoreError;
use crate::store::{KeyState, NewCertificate, NonInteractive, Removal, Store};

/// Holds stores of a kind to this part of the contract.
pub(super) fn check(fixture: &mut dyn Fixture) {
    match fixture.can_attach() {
        true => {
            a_key_alone_is_joined_with_its_certificate(fixture);
            certificates_of_one_key_keep_it(fixture);
            a_certificate_without_its_key_here_is_refused(fixture);
            a_certificate_that_is_there_is_not_joined_again(fixture);
        }
        false => what_is_not_joined_changes_nothing(fixture),
    }
}

const LABEL: &str = "Ada Example (2024)";

fn attach(store: &mut dyn Store, sample: Sample) -> Result<EntryId, StoreError> {
    let Some(certificate) = sample.certificate() else {
        panic!("{sample:?} is no certificate");
    };
    let issuers: Vec<Certificate> = Sample::Issuer.certificate().into_iter().collect();
    let new = NewCertificate {
        certificate: &certificate,
        issuers: &issuers,
        label: Some(LABEL),
    };
    store.attach(&new, &mut NonInteractive)
}

fn attached(store: &mut dyn Store, sample: Sample) {
    match attach(store, sample) {
        Ok(id) => assert_eq!(id, id_of(sample), "{sample:?} came in as another"),
        Err(error) => panic!("{sample:?} is not joined: {error}"),
    }
}

/// That the key of a sample can be exported, and is the certificate's.
fn gives_key_of(store: &dyn Store, sample: Sample) {
    let key = match store.private_key(&id_of(sample), &mut NonInteractive) {
        Ok(key) => key,
        Err(error) => panic!("the key of {sample:?} does not come out: {error}"),
    };
    let public = key::public_key_of(&key).unwrap_or_default();
    let certificate = entry(store, sample).certificate;
    assert!(key::same_public_key(&public, certificate.spki_der()));
}

/// How many keys of the store belong to no certificate, and may be the sample's.
fn alone(store: &dyn Store, sample: Sample) -> usize {
    let keys = match store.keys() {
        Ok(keys) => keys,
        Err(error) => panic!("the store does not tell its keys: {error}"),
    };
    let certificate = sample.certificate();
    let spki = certificate.as_ref().map(Certificate::spki_der);
    let spki = spki.unwrap_or_default();
    keys.iter()
        .filter(|key| key.is_of(spki) != Some(false))
        .count()
}

fn a_key_alone_is_joined_with_its_certificate(fixture: &mut dyn Fixture) {
    let mut samples = vec![Sample::Rsa, Sample::P256];
    samples.retain(|sample| fixture.can_hold(*sample));
    let alone_there = usize::from(fixture.shows_keys_alone());
    for &alone_here in &samples {
        let mut store = fixture.store(&samples);
        list(&*store);
        assert_eq!(alone(&*store, alone_here), 0, "its certificate is there");
        fixture.withdraw(alone_here);
        assert_eq!(alone(&*store, alone_here), alone_there);
        attached(&mut *store, alone_here);
        assert_eq!(alone(&*store, alone_here), 0, "its certificate is there");
        let listed = entry(&*store, alone_here);
        assert_eq!(listed.label.as_deref(), Some(LABEL));
        gives_key_of(&*store, alone_here);
        let issuers = store.issuers().unwrap_or_default();
        let mut issuers = issuers.iter();
        assert!(issuers.any(|issuer| issuer.id() == id_of(Sample::Issuer)));
        assert_eq!(list(&*store).entries.len(), samples.len());
    }
}

fn certificates_of_one_key_keep_it(fixture: &mut dyn Fixture) {
    let mut store = fixture.store(&[Sample::Rsa]);
    attached(&mut *store, Sample::NotExportable);
    for sample in [Sample::Rsa, Sample::NotExportable] {
        gives_key_of(&*store, sample);
    }
    let removed = store.remove(&id_of(Sample::Rsa), Removal::Entry, &mut NonInteractive);
    assert!(removed.is_ok(), "{removed:?}");
    assert_eq!(list(&*store).entries.len(), 1);
    gives_key_of(&*store, Sample::NotExportable);
}

fn a_certificate_without_its_key_here_is_refused(fixture: &mut dyn Fixture) {
    let mut store = fixture.store(&[Sample::Rsa]);
    list(&*store);
    let before = fixture.snapshot();
    let refused = attach(&mut *store, Sample::P256);
    assert!(
        matches!(refused, Err(StoreError::KeyMissing { .. })),
        "{refused:?}"
    );
    assert_eq!(fixture.snapshot(), before);
    if fixture.can_hold(Sample::Keyless) {
        let mut store = fixture.store(&[Sample::Rsa, Sample::Keyless]);
        let refused = attach(&mut *store, Sample::Keyless);
        assert!(
            matches!(refused, Err(StoreError::KeyMissing { .. })),
            "{refused:?}"
        );
        assert_eq!(entry(&*store, Sample::Keyless).key, KeyState::Missing);
    }
}

fn a_certificate_that_is_there_is_not_joined_again(fixture: &mut dyn Fixture) {
    let mut store = fixture.store(&[Sample::Rsa]);
    list(&*store);
    let before = fixture.snapshot();
    let refused = attach(&mut *store, Sample::Rsa);
    assert!(
        matches!(refused, Err(StoreError::AlreadyThere { .. })),
        "{refused:?}"
    );
    assert_eq!(fixture.snapshot(), before);
}

fn what_is_not_joined_changes_nothing(fixture: &mut dyn Fixture) {
    let mut store = fixture.store(&[Sample::Rsa]);
    let before = fixture.snapshot();
    let refused = attach(&mut *store, Sample::NotExportable);
    assert!(
        matches!(refused, Err(StoreError::NotImported { .. })),
        "{refused:?}"
    );
    drop(store);
    assert_eq!(fixture.snapshot(), before);
}
