//! The contract of `Store`, held against a keychain of macOS that the test makes and removes again.
//! This process imports the keys itself, so that macOS asks nobody whether it may export them.

#![cfg(target_os = "macos")]

use std::path::PathBuf;
use std::process::Command;

use certstow_formats::testing::PASSWORD;
use certstow_platform::error::StoreError;
use certstow_platform::spec::{Keychain, StoreSpec};
use certstow_platform::store::{NewIdentity, NonInteractive, Store};
use certstow_platform::testing::{
    EXPORTABLE, Fixture, Sample, check_store_contract, listing_as_text,
};
use certstow_platform::{OpenOptions, open};
use security_framework::certificate::SecCertificate;
use security_framework::item::{
    ItemClass, ItemSearchOptions, KeyClass, Limit, Reference, SearchResult,
};
use security_framework::os::macos::import_export::ImportOptions as SecImportOptions;
use security_framework::os::macos::keychain::{CreateOptions, SecKeychain};
use tempfile::TempDir;

/// A keychain file, gone when dropped.
struct Keychains {
    folder: TempDir,
    number: u32,
}

impl Keychains {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            number: 0,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder
            .path()
            .join(format!("{}.keychain-db", self.number))
    }

    fn keychain(&self) -> SecKeychain {
        SecKeychain::open(self.path()).unwrap()
    }

    fn open(&self) -> Box<dyn Store> {
        let spec = StoreSpec::Keychain(Keychain::File(self.path()));
        open(&spec, &OpenOptions::default()).unwrap()
    }

    fn import(&self, pem: &str) {
        let mut options = SecImportOptions::new();
        options.filename("sample.pem").keychain(&self.keychain());
        options.import(pem.as_bytes()).unwrap();
    }

    /// Removes the file, and what macOS remembers of it.
    fn delete(&self) {
        let _ = Command::new("security")
            .arg("delete-keychain")
            .arg(self.path())
            .output();
    }
}

impl Drop for Keychains {
    fn drop(&mut self) {
        self.delete();
    }
}

impl Fixture for Keychains {
    fn can_hold(&self, sample: Sample) -> bool {
        use Sample::{Issuer, Keyless, Rsa};
        matches!(sample, Rsa | Keyless | Issuer)
    }

    fn can_import(&self, sample: Sample) -> bool {
        use Sample::{Expired, Future, NotExportable, P256, Rsa};
        matches!(sample, Rsa | P256 | Expired | Future | NotExportable)
    }

    fn can_attach(&self) -> bool {
        true
    }

    fn has_issuers_of_its_own(&self) -> bool {
        true
    }

    fn store(&mut self, samples: &[Sample]) -> Box<dyn Store> {
        self.delete();
        self.number += 1;
        let mut options = CreateOptions::new();
        options.password(PASSWORD).create(self.path()).unwrap();
        for sample in samples {
            self.import(sample.certificate_pem());
            if let Some(key) = sample.key_pem() {
                self.import(key);
            }
        }
        self.open()
    }

    fn withdraw(&mut self, sample: Sample) {
        let wanted = sample.certificate().unwrap();
        let mut options = ItemSearchOptions::new();
        options
            .class(ItemClass::certificate())
            .keychains(&[self.keychain()])
            .limit(Limit::All)
            .load_refs(true);
        let found = options.search().unwrap().into_iter().find_map(|item| {
            let SearchResult::Ref(Reference::Certificate(certificate)) = item else {
                return None;
            };
            (certificate.to_der() == wanted.der()).then_some(certificate)
        });
        SecCertificate::delete(&found.unwrap()).unwrap();
    }

    fn snapshot(&self) -> String {
        listing_as_text(&*self.open())
    }
}

#[test]
fn keychain_satisfies_store_contract() {
    check_store_contract(&mut Keychains::new());
}

#[test]
fn import_of_renewed_certificate_adds_no_key() {
    let mut keychains = Keychains::new();
    let mut store = keychains.store(&[]);
    for sample in [Sample::Rsa, Sample::NotExportable] {
        let (certificate, key) = (sample.certificate().unwrap(), sample.key().unwrap());
        let identity = NewIdentity::new(&certificate, &key);
        let imported = store.import(&identity, &EXPORTABLE, &mut NonInteractive);
        imported.unwrap();
    }
    let mut keys = ItemSearchOptions::new();
    keys.key_class(KeyClass::private())
        .keychains(&[keychains.keychain()])
        .limit(Limit::All)
        .load_refs(true);
    assert_eq!(keys.search().unwrap().len(), 1);
    assert_eq!(store.list().unwrap().entries.len(), 2);
}

/// Which keychain of the list it would go into is not for certstow to choose.
#[test]
fn import_into_search_list_is_refused() {
    let mut store = open(
        &StoreSpec::Keychain(Keychain::SearchList),
        &OpenOptions::default(),
    )
    .unwrap();
    let (certificate, key) = (
        Sample::Rsa.certificate().unwrap(),
        Sample::Rsa.key().unwrap(),
    );
    let identity = NewIdentity::new(&certificate, &key);
    let error = store.import(&identity, &EXPORTABLE, &mut NonInteractive);
    let Err(StoreError::NotImported { reason, .. }) = error else {
        panic!("{error:?}");
    };
    assert!(reason.contains("has to be named"), "{reason}");
}

#[test]
fn open_rejects_file_that_is_no_keychain() {
    let keychains = Keychains::new();
    std::fs::write(keychains.path(), "no keychain").unwrap();
    let spec = StoreSpec::Keychain(Keychain::File(keychains.path()));
    let error = open(&spec, &OpenOptions::default()).map(|_| ());
    assert!(
        matches!(error, Err(StoreError::Unavailable { .. })),
        "{error:?}"
    );
}

#[test]
fn open_does_not_create_missing_keychain() {
    let keychains = Keychains::new();
    let spec = StoreSpec::Keychain(Keychain::File(keychains.path()));
    let error = open(&spec, &OpenOptions::default()).map(|_| ());
    assert!(
        matches!(error, Err(StoreError::Unavailable { .. })),
        "{error:?}"
    );
    assert!(!keychains.path().exists());
}
