//! The contract of `Store`, held against a system store of Windows that the test makes and removes
//! again, with keys in CAPI containers: what exists on every Windows, and under Wine.

#![cfg(windows)]

mod attach;
mod changes;
mod ffi;
mod registry;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use certstow_platform::error::StoreError;
use certstow_platform::spec::{StoreSpec, SystemStore, SystemStoreLocation};
use certstow_platform::store::{Entry, KeyState, NonInteractive, NotExportable, Removal, Store};
use certstow_platform::testing::{Fixture, Sample, check_store_contract, listing_as_text};
use certstow_platform::{OpenOptions, open};
use schannel::cert_context::{CertContext, KeySpec};
use schannel::cert_store::{CertAdd, CertStore};
use schannel::crypt_prov::ProviderType;

const PROVIDER: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";
const TPM: &str = "Microsoft Platform Crypto Provider";

/// What OpenSSL made of the samples' RSA key.
const BLOB: &[u8] = include_bytes!("../../../formats/tests/data/keys/rsa.blob");

/// Whether CNG keeps keys: on Windows, and under Wine where `tests/wine/ncrypt.c` stands in for it,
/// which takes them from the folder that this variable names.
fn cng_keeps_keys() -> bool {
    !ffi::is_wine() || std::env::var_os("CERTSTOW_TEST_KEYS").is_some()
}

/// The account has one store of issuers, and one place for containers: tests that import, or have a key
/// that a certificate may be joined with, take turns.
/// A turn begins and ends without the issuer that comes with an import.
struct Turn(#[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

fn turn() -> Turn {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    registry::delete_issuer(Sample::Issuer.certificate().unwrap().der());
    Turn(turn)
}

impl Drop for Turn {
    fn drop(&mut self) {
        registry::delete_issuer(Sample::Issuer.certificate().unwrap().der());
    }
}

/// A store of the current user.
fn in_store(name: &str) -> StoreSpec {
    StoreSpec::Windows(SystemStore {
        location: SystemStoreLocation::CurrentUser,
        name: name.to_owned(),
    })
}

/// A store of the current user and the containers its certificates name, gone when dropped.
struct Stores {
    name: String,
    containers: Vec<String>,
}

impl Stores {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("certstow test {}-{number}", std::process::id());
        // A process with this number may have left it behind.
        registry::delete_store(&name);
        Self {
            name,
            containers: Vec::new(),
        }
    }

    /// The store as Windows has it, created if it does not exist.
    fn raw(&self) -> CertStore {
        CertStore::open_current_user(&self.name).unwrap()
    }

    fn open(&self) -> Box<dyn Store> {
        open(&self.spec(), &OpenOptions::default()).unwrap()
    }

    /// What is listed, if there is a store.
    fn entries(&self) -> Vec<Entry> {
        let store = open(&self.spec(), &OpenOptions::default());
        let listing = store.and_then(|store| store.list());
        listing.map(|listing| listing.entries).unwrap_or_default()
    }

    fn spec(&self) -> StoreSpec {
        in_store(&self.name)
    }

    /// Adds a certificate, which names a container of that provider if there is one.
    fn add(&self, sample: Sample, container: Option<(&str, &str)>) {
        self.add_with_key_of(sample, container, false);
    }

    /// The same, where the container may be the computer's.
    fn add_with_key_of(&self, sample: Sample, container: Option<(&str, &str)>, machine: bool) {
        let certificate = sample.certificate().unwrap();
        let context = CertContext::new(certificate.der()).unwrap();
        let added = self.raw().add_cert(&context, CertAdd::New).unwrap();
        added.set_friendly_name(&format!("{sample:?} 🔑")).unwrap();
        if let Some((container, provider)) = container {
            let mut info = added.set_key_prov_info();
            info.container(container)
                .provider(provider)
                .machine_keyset(machine)
                .key_spec(KeySpec::key_exchange());
            if provider == PROVIDER {
                info.type_(ProviderType::rsa_aes());
            }
            info.set().unwrap();
        }
    }

    /// Makes a container with the RSA key; its name.
    fn container(&mut self, sample: Sample, exportable: bool) -> String {
        let container = format!("{} {sample:?}", self.name);
        ffi::import(&container, PROVIDER, BLOB, exportable).unwrap();
        self.containers.push(container.clone());
        container
    }

    /// Removes the store and the containers, also those of imports.
    fn clear(&mut self) {
        for entry in self.entries() {
            if entry
                .container
                .is_some_and(|name| name.starts_with("certstow-"))
            {
                let _ = self
                    .open()
                    .remove(&entry.id, Removal::Entry, &mut NonInteractive);
            }
        }
        registry::delete_store(&self.name);
        for container in self.containers.drain(..) {
            // One that stays harms nothing; a panic in a failing test would hide why it fails.
            let _ = ffi::delete_container(&container, PROVIDER);
        }
    }
}

impl Drop for Stores {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Fixture for Stores {
    fn can_hold(&self, sample: Sample) -> bool {
        use Sample::{Issuer, Keyless, NotExportable, Rsa};
        matches!(sample, Rsa | Keyless | NotExportable | Issuer)
    }

    /// Those of elliptic curves need CNG.
    fn can_import(&self, sample: Sample) -> bool {
        use Sample::{Expired, Future, NotExportable, P256, Rsa};
        match sample {
            Rsa | NotExportable => true,
            P256 | Expired | Future => cng_keeps_keys(),
            _ => false,
        }
    }

    fn can_attach(&self) -> bool {
        true
    }

    /// Only the personal store and that of requests do.
    fn shows_keys_alone(&self) -> bool {
        false
    }

    fn has_issuers_of_its_own(&self) -> bool {
        true
    }

    fn keeps_records(&self) -> bool {
        !ffi::is_wine()
    }

    fn store(&mut self, samples: &[Sample]) -> Box<dyn Store> {
        self.clear();
        self.raw();
        for &sample in samples {
            let container = sample.key().map(|_| {
                let exportable = sample != Sample::NotExportable;
                self.container(sample, exportable)
            });
            self.add(sample, container.as_deref().map(|name| (name, PROVIDER)));
        }
        self.open()
    }

    fn withdraw(&mut self, sample: Sample) {
        registry::delete_certificate(&self.name, sample.certificate().unwrap().der());
    }

    fn snapshot(&self) -> String {
        listing_as_text(&*self.open())
    }
}

#[test]
fn system_store_satisfies_store_contract() {
    let _turn = turn();
    check_store_contract(&mut Stores::new());
}

#[test]
fn list_reports_name_provider_container_and_place() {
    let _turn = turn();
    let mut stores = Stores::new();
    let store = stores.store(&[Sample::Rsa]);
    let entry = store.list().unwrap().entries.remove(0);
    assert_eq!(entry.label.as_deref(), Some("Rsa 🔑"));
    assert_eq!(entry.provider.as_deref(), Some(PROVIDER));
    assert_eq!(entry.container.as_ref(), stores.containers.first());
    let place = format!(r"Cert:\CurrentUser\{}\", stores.name);
    assert!(entry.places[0].starts_with(&place), "{:?}", entry.places);
    // The name is told already, and where the key is means nothing elsewhere.
    let ids = entry.properties.iter().map(|property| property.id);
    assert!(
        ids.clone().all(|id| id != 11 && id != 2),
        "{:?}",
        Vec::from_iter(ids)
    );
}

#[test]
fn private_key_reports_missing_container() {
    let stores = Stores::new();
    stores.add(Sample::Rsa, Some(("nobody's", PROVIDER)));
    let store = stores.open();
    let entry = &store.list().unwrap().entries[0];
    assert_eq!(entry.key, KeyState::Unknown);
    let error = store.private_key(&entry.id, &mut NonInteractive);
    let Err(StoreError::KeyContainerMissing {
        container, source, ..
    }) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(container, format!("nobody's ({PROVIDER})"));
    assert!(source.unwrap().to_string().contains("0x80090016"));
}

#[test]
fn private_key_refuses_hardware_key_without_opening() {
    let stores = Stores::new();
    stores.add(Sample::P256, Some(("key in the TPM", TPM)));
    let store = stores.open();
    let entry = &store.list().unwrap().entries[0];
    let hardware = NotExportable::Hardware("TPM".to_owned());
    assert_eq!(entry.key, KeyState::NotExportable(hardware.clone()));
    match store.private_key(&entry.id, &mut NonInteractive) {
        Err(StoreError::KeyNotExportable { reason, source, .. }) => {
            assert_eq!(reason, hardware);
            // No provider was asked.
            assert!(source.is_none());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn private_key_refuses_key_of_another_certificate() {
    let _turn = turn();
    let mut stores = Stores::new();
    let container = stores.container(Sample::Rsa, true);
    stores.add(Sample::P256, Some((&container, PROVIDER)));
    let store = stores.open();
    let id = store.list().unwrap().entries[0].id;
    let error = store.private_key(&id, &mut NonInteractive).unwrap_err();
    assert!(matches!(error, StoreError::KeyMismatch { .. }), "{error}");
}

#[test]
fn open_does_not_create_missing_store() {
    let stores = Stores::new();
    for _ in 0..2 {
        let error = open(&stores.spec(), &OpenOptions::default());
        let Err(StoreError::Unavailable { reason, source, .. }) = error.map(|_| ()) else {
            panic!("it exists");
        };
        assert!(reason.contains("no store named certstow test"), "{reason}");
        assert!(source.unwrap().to_string().contains("Windows error 2"));
    }
}
