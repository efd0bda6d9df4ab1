//! What importing, removing and marking do to a system store beyond the contract: key containers,
//! the stores of issuers, properties.

use certstow_formats::certificate::{Certificate, Property};
use certstow_formats::secret::PrivateKey;
use certstow_formats::time::UnixTime;
use certstow_formats::{key, names};
use certstow_platform::error::StoreError;
use certstow_platform::spec::{StoreSpec, SystemStore, SystemStoreLocation};
use certstow_platform::store::{
    Entry, ExistingEntry, ImportOptions, KeyState, NewIdentity, NonInteractive, Removal, Store,
};
use certstow_platform::testing::{EXPORTABLE, Fixture as _, Sample};
use certstow_platform::{OpenOptions, open};
use schannel::cert_store::CertStore;

use crate::{PROVIDER, Stores, TPM, cng_keeps_keys, ffi, in_store, turn};

const KSP: &str = "Microsoft Software Key Storage Provider";

const REPLACE: ImportOptions<'static> = ImportOptions {
    existing: ExistingEntry::Replace,
    ..EXPORTABLE
};

/// A sample on its way in, with nothing beside it.
struct Coming {
    certificate: Certificate,
    key: PrivateKey,
    issuers: Vec<Certificate>,
    provider: Option<&'static str>,
    properties: Vec<Property>,
}

impl Coming {
    fn new(sample: Sample) -> Self {
        Self {
            certificate: sample.certificate().unwrap(),
            key: sample.key().unwrap(),
            issuers: Vec::new(),
            provider: None,
            properties: Vec::new(),
        }
    }

    fn import(&self, store: &mut dyn Store, options: &ImportOptions<'_>) -> Result<(), StoreError> {
        let identity = NewIdentity {
            certificate: &self.certificate,
            key: &self.key,
            issuers: &self.issuers,
            label: Some("Ada 🔑"),
            provider: self.provider,
            properties: &self.properties,
        };
        let id = store.import(&identity, options, &mut NonInteractive)?;
        assert_eq!(id, self.certificate.id());
        Ok(())
    }
}

pub(crate) fn only(store: &dyn Store) -> Entry {
    let mut entries = store.list().unwrap().entries;
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

pub(crate) fn there_is(container: &str) -> bool {
    let containers = ffi::containers(PROVIDER).unwrap();
    containers
        .iter()
        .any(|name| name.eq_ignore_ascii_case(container))
}

pub(crate) fn comes_out(store: &dyn Store, sample: Sample) {
    let certificate = sample.certificate().unwrap();
    let key = store.private_key(&certificate.id(), &mut NonInteractive);
    let public = key::public_key_of(&key.unwrap()).unwrap();
    assert!(key::same_public_key(&public, certificate.spki_der()));
}

/// How often a store of the account has a certificate.
fn count(store: &str, certificate: &Certificate) -> usize {
    let store = CertStore::open_current_user(store).unwrap();
    let same = store
        .certs()
        .filter(|one| one.to_der() == certificate.der());
    same.count()
}

/// The containers that imports have made.
fn of_imports() -> Vec<String> {
    let mut names = ffi::containers(PROVIDER).unwrap();
    names.retain(|name| name.starts_with("certstow-"));
    names
}

#[test]
fn import_creates_container_with_label_and_properties() {
    let _turn = turn();
    let mut stores = Stores::new();
    let mut store = stores.store(&[]);
    let mut ada = Coming::new(Sample::Rsa);
    let property = |id, value: &[u8]| Property {
        id,
        value: value.to_vec(),
    };
    // A description; the computer that asked for the certificate; a hash.
    ada.properties = vec![
        property(13, b"T\0e\0s\0t\0\0\0"),
        property(71, b"P\0C\0\0\0"),
        property(4, &[7; 16]),
    ];
    ada.import(&mut *store, &EXPORTABLE).unwrap();
    let entry = only(&*store);
    assert_eq!(entry.label.as_deref(), Some("Ada 🔑"));
    assert_eq!(entry.provider.as_deref(), Some(PROVIDER));
    let container = entry.container.clone().unwrap();
    assert!(
        container.starts_with("certstow-") && there_is(&container),
        "{container}"
    );
    let given = |id| entry.properties.iter().find(|property| property.id == id);
    assert_eq!(given(13), ada.properties.first());
    assert_eq!(given(71), None);
    assert_ne!(
        given(4).map(|hash| hash.value.as_slice()),
        Some(&[7; 16][..])
    );
}

#[test]
fn import_keeps_cng_key_in_cng() {
    let _turn = turn();
    let mut stores = Stores::new();
    let mut store = stores.store(&[]);
    let mut ada = Coming::new(Sample::Rsa);
    ada.provider = Some(KSP);
    ada.import(&mut *store, &EXPORTABLE).unwrap();
    let kept_by = if cng_keeps_keys() { KSP } else { PROVIDER };
    assert_eq!(only(&*store).provider.as_deref(), Some(kept_by));
    comes_out(&*store, Sample::Rsa);
}

#[test]
fn import_rejects_unsupported_key_algorithm() {
    let _turn = turn();
    let mut stores = Stores::new();
    let mut store = stores.store(&[]);
    let error = Coming::new(Sample::Ed25519)
        .import(&mut *store, &EXPORTABLE)
        .unwrap_err();
    let StoreError::NotImported { reason, source, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(reason, "Windows keeps no Ed25519 keys");
    assert!(source.is_none());
}

#[test]
fn import_adds_issuers_once_without_trust() {
    let _turn = turn();
    let mut stores = Stores::new();
    let mut store = stores.store(&[]);
    let issuer = Sample::Issuer.certificate().unwrap();
    for sample in [Sample::Rsa, Sample::NotExportable] {
        let mut coming = Coming::new(sample);
        coming.issuers = vec![issuer.clone(), issuer.clone()];
        coming.import(&mut *store, &EXPORTABLE).unwrap();
    }
    assert_eq!(count("CA", &issuer), 1);
    assert_eq!(count("Root", &issuer), 0);
    assert!(store.issuers().unwrap().contains(&issuer));
}

/// The key is not the certificate's, which shows when it is read back.
#[test]
fn import_failure_leaves_nothing_behind() {
    let _turn = turn();
    let mut stores = Stores::new();
    let mut store = stores.store(&[]);
    let before = of_imports();
    let mut wrong = Coming::new(Sample::P256);
    wrong.key = Sample::Rsa.key().unwrap();
    wrong.issuers = vec![Sample::Issuer.certificate().unwrap()];
    let error = wrong.import(&mut *store, &EXPORTABLE).unwrap_err();
    let StoreError::NotImported { reason, source, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(reason, "its private key could not be read back");
    let source = source.unwrap().to_string();
    assert!(
        source.contains("belongs to another certificate"),
        "{source}"
    );
    assert!(store.list().unwrap().entries.is_empty());
    assert_eq!(count("CA", &wrong.issuers[0]), 0);
    assert_eq!(of_imports(), before);
}

#[test]
fn import_replace_failure_keeps_old_key() {
    let _turn = turn();
    let mut stores = Stores::new();
    let container = stores.container(Sample::Rsa, true);
    stores.add(Sample::Rsa, Some((&container, PROVIDER)));
    let mut store = stores.open();
    let before = format!("{:?}", only(&*store));
    let mut other = Coming::new(Sample::Rsa);
    other.key = PrivateKey::from_pkcs8_der(zeroize::Zeroizing::new(
        pem_rfc7468::decode_vec(include_bytes!("../../../formats/tests/data/keys/ca.pem"))
            .unwrap()
            .1,
    ));
    let error = other.import(&mut *store, &REPLACE).unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    assert_eq!(format!("{:?}", only(&*store)), before);
    comes_out(&*store, Sample::Rsa);
}

#[test]
fn import_replace_deletes_only_unshared_key() {
    let _turn = turn();
    let mut stores = Stores::new();
    let container = stores.container(Sample::Rsa, true);
    for sample in [Sample::Rsa, Sample::NotExportable] {
        stores.add(sample, Some((&container, PROVIDER)));
    }
    let mut store = stores.open();
    Coming::new(Sample::Rsa)
        .import(&mut *store, &REPLACE)
        .unwrap();
    assert!(there_is(&container));
    comes_out(&*store, Sample::NotExportable);
    Coming::new(Sample::NotExportable)
        .import(&mut *store, &REPLACE)
        .unwrap();
    assert!(!there_is(&container));
    for sample in [Sample::Rsa, Sample::NotExportable] {
        comes_out(&*store, sample);
    }
}

#[test]
fn remove_deletes_shared_container_with_last_certificate() {
    let _turn = turn();
    for what in [Removal::Key, Removal::Entry] {
        let mut stores = Stores::new();
        let container = stores.container(Sample::Rsa, true);
        // One of them in another store of the account.
        let elsewhere = Stores::new();
        elsewhere.add(Sample::Rsa, Some((&container, PROVIDER)));
        stores.add(Sample::NotExportable, Some((&container, PROVIDER)));
        let id = |sample: Sample| sample.certificate().unwrap().id();

        let renewed = id(Sample::NotExportable);
        stores
            .open()
            .remove(&renewed, what, &mut NonInteractive)
            .unwrap();
        assert!(there_is(&container));
        let mut store = elsewhere.open();
        comes_out(&*store, Sample::Rsa);
        store
            .remove(&id(Sample::Rsa), what, &mut NonInteractive)
            .unwrap();
        assert!(!there_is(&container));
        let left = store.list().unwrap().entries;
        match what {
            Removal::Key => assert_eq!(left[0].key, KeyState::Missing),
            Removal::Entry => assert!(left.is_empty()),
        }
    }
}

#[test]
fn remove_succeeds_when_container_is_missing() {
    for what in [Removal::Key, Removal::Entry] {
        let stores = Stores::new();
        stores.add(Sample::Rsa, Some(("nobody's", PROVIDER)));
        let mut store = stores.open();
        let id = only(&*store).id;
        store.remove(&id, what, &mut NonInteractive).unwrap();
    }
}

#[test]
fn remove_refuses_keys_in_hardware() {
    let stores = Stores::new();
    stores.add(Sample::P256, Some(("key in the TPM", TPM)));
    let mut store = stores.open();
    let id = only(&*store).id;
    for what in [Removal::Key, Removal::Entry] {
        let error = store.remove(&id, what, &mut NonInteractive).unwrap_err();
        let StoreError::NotRemoved { reason, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(reason, "its private key is kept in hardware (TPM)");
    }
    assert_eq!(only(&*store).container.as_deref(), Some("key in the TPM"));
}

/// `tests/wine/ncrypt.c` ends whoever opens such a key.
#[test]
fn import_replace_keeps_hardware_key() {
    let _turn = turn();
    let stores = Stores::new();
    stores.add(Sample::Rsa, Some(("key in the TPM", TPM)));
    let mut store = stores.open();
    Coming::new(Sample::Rsa)
        .import(&mut *store, &REPLACE)
        .unwrap();
    assert_eq!(only(&*store).provider.as_deref(), Some(PROVIDER));
    comes_out(&*store, Sample::Rsa);
}

/// Without an administrator, the computer's stores take nothing in.
#[test]
fn import_into_local_machine_uses_machine_keys() {
    let _turn = turn();
    let stores = Stores::new();
    let store_of = |name: &str| {
        let store = StoreSpec::Windows(SystemStore {
            location: SystemStoreLocation::LocalMachine,
            name: name.to_owned(),
        });
        open(&store, &OpenOptions::default()).unwrap()
    };
    let ada = Coming::new(Sample::Rsa);
    if CertStore::open_local_machine(&stores.name).is_err() {
        let error = ada.import(&mut *store_of("My"), &EXPORTABLE).unwrap_err();
        assert!(
            matches!(error, StoreError::AccessDenied { .. }),
            "{error:?}"
        );
        return;
    }
    stores.add(Sample::P256, None);
    let mut accounts = stores.open();
    ada.import(&mut *accounts, &EXPORTABLE).unwrap();
    let mut store = store_of(&stores.name);
    ada.import(&mut *store, &EXPORTABLE).unwrap();
    comes_out(&*store, Sample::Rsa);
    // The user has none of this name.
    let container = only(&*store).container.unwrap();
    assert!(!there_is(&container));
    // Another certificate of the account names it.
    let elsewhere = Stores::new();
    elsewhere.add_with_key_of(Sample::NotExportable, Some((&container, PROVIDER)), true);
    store
        .remove(&ada.certificate.id(), Removal::Entry, &mut NonInteractive)
        .unwrap();
    assert!(store.list().unwrap().entries.is_empty());
    let mut other = elsewhere.open();
    comes_out(&*other, Sample::NotExportable);
    let id = only(&*other).id;
    other
        .remove(&id, Removal::Entry, &mut NonInteractive)
        .unwrap();
    // The same identity of the account keeps its key.
    comes_out(&*accounts, Sample::Rsa);
    let own = accounts.list().unwrap().entries;
    let own = own.iter().find_map(|entry| entry.container.as_ref());
    assert!(there_is(own.unwrap()));
}

/// The variable that has this test, in a process of its own, look into the store it names.
const FRESH: &str = "CERTSTOW_TEST_FRESH_STORE";

/// Three keys under one friendly name, one of them twice, are each the certificate's own for whoever
/// opens the store afterwards.
#[test]
fn import_persists_keys_across_processes() {
    let pem = |pem: &[u8]| pem_rfc7468::decode_vec(pem).unwrap().1;
    let mut authority = Coming::new(Sample::Rsa);
    authority.certificate = Sample::Issuer.certificate().unwrap();
    let key = pem(include_bytes!("../../../formats/tests/data/keys/ca.pem"));
    authority.key = PrivateKey::from_pkcs8_der(zeroize::Zeroizing::new(key));
    let coming = [
        Coming::new(Sample::Rsa),
        authority,
        Coming::new(Sample::NotExportable),
    ];
    if let Ok(name) = std::env::var(FRESH) {
        let store = open(&in_store(&name), &OpenOptions::default()).unwrap();
        let entries = store.list().unwrap().entries;
        assert_eq!(entries.len(), coming.len());
        assert!(
            entries
                .iter()
                .all(|entry| entry.label.as_deref() == Some("Ada 🔑"))
        );
        for Coming {
            certificate, key, ..
        } in &coming
        {
            let out = store
                .private_key(&certificate.id(), &mut NonInteractive)
                .unwrap();
            assert_eq!(out.expose(), key.expose());
        }
        return;
    }
    let _turn = turn();
    let mut stores = Stores::new();
    let mut store = stores.store(&[]);
    for identity in &coming {
        identity.import(&mut *store, &EXPORTABLE).unwrap();
    }
    drop(store);
    let test = "changes::import_persists_keys_across_processes";
    let fresh = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(FRESH, &stores.name)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&fresh.stdout);
    assert!(
        fresh.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

/// Wine keeps no such property, and says so without a word.
#[test]
fn mark_backed_up_sets_time_where_supported() {
    let stores = Stores::new();
    stores.add(Sample::Keyless, None);
    let mut store = stores.open();
    let entry = only(&*store);
    assert_eq!(entry.backed_up, None);
    let when = UnixTime::new(1_704_067_200);
    store.mark_backed_up(&entry.id, when).unwrap();
    let now = only(&*store);
    assert_eq!(now.backed_up, (!ffi::is_wine()).then_some(when));
    assert_eq!(now.properties, entry.properties);
    let nobody = Sample::Rsa.certificate().unwrap().id();
    let error = store.mark_backed_up(&nobody, when).unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}

/// CERT_RENEWAL_PROP_ID.
const RENEWAL: u32 = 64;

#[test]
fn mark_renewed_names_the_new_certificate() {
    let mut stores = Stores::new();
    let mut store = stores.store(&[Sample::P256, Sample::Keyless]);
    let [old, new] = [Sample::P256, Sample::Keyless].map(|one| one.certificate().unwrap());
    store.mark_renewed(&old.id(), &new).unwrap();
    let entries = store.list().unwrap().entries;
    let marked = entries.iter().find(|one| one.id == old.id()).unwrap();
    let mut properties = marked.properties.iter();
    let property = properties.find(|one| one.id == RENEWAL).unwrap();
    assert_eq!(names::hex(&property.value), names::thumbprint(&new));
    let nobody = store.mark_renewed(&Sample::NotExportable.certificate().unwrap().id(), &new);
    assert!(
        matches!(nobody, Err(StoreError::NotFound { .. })),
        "{nobody:?}"
    );
}
