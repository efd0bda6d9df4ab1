//! The contract of `Store`, held against the store in memory and the file store.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{NewIdentity, NonInteractive, Removal, Store};
use certstow_platform::testing::{EXPORTABLE, Fixture, MemoryStore, Sample, check_store_contract};
use certstow_platform::{OpenOptions, open};
use tempfile::TempDir;

struct Memory(MemoryStore);

impl Fixture for Memory {
    fn can_hold(&self, _sample: Sample) -> bool {
        true
    }

    fn can_import(&self, _sample: Sample) -> bool {
        true
    }

    fn can_attach(&self) -> bool {
        true
    }

    fn store(&mut self, samples: &[Sample]) -> Box<dyn Store> {
        self.0 = MemoryStore::with("memory", samples);
        Box::new(self.0.clone())
    }

    fn withdraw(&mut self, sample: Sample) {
        self.0.withdraw(&sample.certificate().unwrap().id());
    }

    fn damage(&mut self, sample: Sample) -> bool {
        self.0.damage(&sample.certificate().unwrap().id());
        true
    }

    fn snapshot(&self) -> String {
        format!("{:?}", self.0.list().unwrap())
    }
}

struct Folder(TempDir);

impl Fixture for Folder {
    fn can_hold(&self, sample: Sample) -> bool {
        sample != Sample::NotExportable
    }

    fn can_import(&self, _sample: Sample) -> bool {
        true
    }

    fn can_attach(&self) -> bool {
        true
    }

    fn store(&mut self, samples: &[Sample]) -> Box<dyn Store> {
        self.0 = tempfile::tempdir().unwrap();
        for sample in samples {
            let path = self.0.path().join(format!("{sample:?}"));
            fs::write(path.with_extension("crt"), sample.certificate_pem()).unwrap();
            if let Some(key) = sample.key_pem() {
                fs::write(path.with_extension("key"), key).unwrap();
            }
        }
        let spec = StoreSpec::File(self.0.path().to_owned());
        open(&spec, &OpenOptions::default()).unwrap()
    }

    fn withdraw(&mut self, sample: Sample) {
        fs::remove_file(self.0.path().join(format!("{sample:?}.crt"))).unwrap();
    }

    /// A key that lies open is no key any more when it is damaged, whereas an encrypted one goes by
    /// its outside.
    fn damage(&mut self, sample: Sample) -> bool {
        let path = self.0.path().join(format!("{sample:?}.key"));
        let key = fs::read_to_string(&path).unwrap();
        // An `EncryptedPrivateKeyInfo` whose algorithm is an empty sequence.
        let (first, _) = key.split_once('\n').unwrap();
        let damaged = format!("{first}\nMAQwAAQA\n{}\n", first.replace("BEGIN", "END"));
        fs::write(path, damaged).unwrap();
        sample == Sample::Locked
    }

    fn snapshot(&self) -> String {
        let mut all = String::new();
        let mut paths: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for path in paths {
            let metadata = fs::metadata(&path).unwrap();
            let content = fs::read(&path).unwrap();
            writeln!(all, "{path:?} {:?} {content:?}", metadata.modified()).unwrap();
        }
        all
    }
}

/// A store that is one file, a bundle of everything.
struct Bundle(TempDir, Vec<Sample>);

impl Bundle {
    fn path(&self) -> PathBuf {
        self.0.path().join("bundle")
    }

    fn write(&self) {
        let mut text = String::new();
        for sample in &self.1 {
            text.push_str(sample.certificate_pem());
            text.push_str(sample.key_pem().unwrap_or_default());
        }
        fs::write(self.path(), text).unwrap();
    }
}

impl Fixture for Bundle {
    fn can_hold(&self, sample: Sample) -> bool {
        sample != Sample::NotExportable
    }

    fn store(&mut self, samples: &[Sample]) -> Box<dyn Store> {
        *self = Self(tempfile::tempdir().unwrap(), samples.to_vec());
        self.write();
        open(&StoreSpec::File(self.path()), &OpenOptions::default()).unwrap()
    }

    fn withdraw(&mut self, sample: Sample) {
        self.1.retain(|&other| other != sample);
        self.write();
    }

    fn snapshot(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }
}

#[test]
fn single_file_satisfies_store_contract() {
    check_store_contract(&mut Bundle(tempfile::tempdir().unwrap(), Vec::new()));
}

#[test]
fn memory_store_satisfies_store_contract() {
    check_store_contract(&mut Memory(MemoryStore::new("memory")));
}

#[test]
fn file_store_satisfies_store_contract() {
    check_store_contract(&mut Folder(tempfile::tempdir().unwrap()));
}

#[test]
fn memory_store_fail_next_fails_once() {
    let memory = MemoryStore::with("memory", &[Sample::Rsa]);
    let store = memory.clone();
    store.fail_next(StoreError::Cancelled);
    assert!(matches!(store.list(), Err(StoreError::Cancelled)));
    assert_eq!(store.list().unwrap().entries.len(), 1);

    let mut store: Box<dyn Store> = Box::new(store);
    let id = Sample::Rsa.certificate().unwrap().id();
    memory.fail_next(StoreError::Cancelled);
    let failed = store.remove(&id, Removal::Key, &mut NonInteractive);
    assert!(matches!(failed, Err(StoreError::Cancelled)));
    assert!(store.private_key(&id, &mut NonInteractive).is_ok());
    store
        .remove(&id, Removal::Key, &mut NonInteractive)
        .unwrap();

    let (certificate, key) = (
        Sample::Rsa.certificate().unwrap(),
        Sample::Rsa.key().unwrap(),
    );
    let identity = NewIdentity::new(&certificate, &key);
    memory.fail_next(StoreError::Cancelled);
    let failed = store.import(&identity, &EXPORTABLE, &mut NonInteractive);
    assert!(matches!(failed, Err(StoreError::Cancelled)));
    store
        .import(&identity, &EXPORTABLE, &mut NonInteractive)
        .unwrap();
}
