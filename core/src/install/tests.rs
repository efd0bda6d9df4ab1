use std::path::PathBuf;

use certstow_platform::store::NonInteractive;
use certstow_platform::testing::{Liar, MemoryStore, Sample};
use tempfile::TempDir;

use super::*;

/// What came from a CA: the certificates of samples.
struct Answer {
    file: PathBuf,
    _folder: TempDir,
}

impl Answer {
    fn of(samples: &[Sample]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("answer.pem");
        let pem = samples.iter().map(|sample| sample.certificate_pem());
        std::fs::write(&file, pem.collect::<String>()).unwrap();
        Self {
            file,
            _folder: folder,
        }
    }

    fn install(&self, stores: Vec<Box<dyn Store>>) -> Result<Vec<Outcome>, Error> {
        let returned = Returned::read(std::slice::from_ref(&self.file), &[])?;
        let mut stores = Inventory::of(stores).unwrap();
        install(
            &returned,
            &mut stores,
            &Options::default(),
            &mut NonInteractive,
        )
    }
}

/// A store in which the keys of these samples are alone.
fn with_keys(name: &str, samples: &[Sample]) -> MemoryStore {
    let store = MemoryStore::with(name, samples);
    for sample in samples {
        store.withdraw(&sample.certificate().unwrap().id());
    }
    store
}

fn only(outcomes: Result<Vec<Outcome>, Error>) -> Result<Installed, Error> {
    let [outcome] = <[_; 1]>::try_from(outcomes?).unwrap();
    outcome.result
}

#[test]
fn install_joins_and_proves() {
    let store = with_keys("store", &[Sample::Rsa]);
    let answer = Answer::of(&[Sample::Rsa, Sample::Issuer]);
    let other = MemoryStore::with("other", &[Sample::P256]);
    let installed = only(answer.install(vec![Box::new(other), Box::new(store.clone())])).unwrap();
    assert_eq!(installed.proof, Some(Level::Signature));
    assert_eq!((installed.was_there, installed.gap), (false, None));
    assert_eq!(installed.issuers.len(), 1);
    assert_eq!(store.list().unwrap().entries.len(), 1);
    assert_eq!(store.keys().unwrap(), []);
}

#[test]
fn install_believes_no_store_that_does_not_show_it() {
    let liar = Liar::new(with_keys("store", &[Sample::Rsa]));
    let result = only(Answer::of(&[Sample::Rsa]).install(vec![Box::new(liar)]));
    assert!(
        matches!(result, Err(Error::NotReadBack { .. })),
        "{result:?}"
    );
}

#[test]
fn install_names_several_stores_and_changes_none() {
    let stores = ["one", "two"].map(|name| with_keys(name, &[Sample::Rsa]));
    let boxed = stores
        .iter()
        .map(|store| Box::new(store.clone()) as Box<dyn Store>);
    let result = only(Answer::of(&[Sample::Rsa]).install(boxed.collect()));
    match result {
        Err(Error::SeveralStores { stores, .. }) => assert_eq!(stores, ["file:one", "file:two"]),
        other => panic!("{other:?}"),
    }
    assert!(
        stores
            .iter()
            .all(|store| store.list().unwrap().entries.is_empty())
    );
}

#[test]
fn install_goes_on_after_a_failure() {
    let store = with_keys("store", &[Sample::P256]);
    let answer = Answer::of(&[Sample::Rsa, Sample::P256]);
    let outcomes = answer.install(vec![Box::new(store)]).unwrap();
    let [rsa, p256] = <[_; 2]>::try_from(outcomes).unwrap();
    assert!(
        matches!(rsa.result, Err(Error::NoKeyHere { .. })),
        "{rsa:?}"
    );
    assert!(p256.result.is_ok(), "{p256:?}");
}

#[test]
fn install_installs_what_is_not_valid_now_with_a_warning() {
    for (sample, part) in [(Sample::Expired, "has expired"), (Sample::Future, "clock")] {
        let store = with_keys("store", &[sample]);
        let installed = only(Answer::of(&[sample]).install(vec![Box::new(store)])).unwrap();
        let mut warnings = installed.warnings.iter();
        assert!(warnings.any(|one| one.text.contains(part)), "{installed:?}");
    }
}

/// As of one certificate to sign and another to decrypt.
#[test]
fn install_joins_several_certificates_of_one_key() {
    let store = with_keys("store", &[Sample::Rsa]);
    let answer = Answer::of(&[Sample::Rsa, Sample::NotExportable]);
    let outcomes = answer.install(vec![Box::new(store.clone())]).unwrap();
    assert!(
        outcomes.iter().all(|one| one.result.is_ok()),
        "{outcomes:?}"
    );
    assert_eq!(store.list().unwrap().entries.len(), 2);
}

#[test]
fn install_refuses_certificates_of_cas_alone() {
    let store = with_keys("store", &[Sample::Rsa]);
    let result = Answer::of(&[Sample::Issuer]).install(vec![Box::new(store)]);
    let what = NotInstallable::Issuers;
    assert!(
        matches!(&result, Err(Error::NothingToInstall { what: found, .. }) if *found == what),
        "{result:?}"
    );
}
