//! Certificates joined with keys that the account or the computer has: of another certificate, of a
//! request, or in a container that no certificate names.

use certstow_platform::error::StoreError;
use certstow_platform::spec::{StoreSpec, SystemStore, SystemStoreLocation};
use certstow_platform::store::{
    KeyState, LoneKey, NewCertificate, NewIdentity, NonInteractive, NotExportable, Removal, Store,
};
use certstow_platform::testing::{EXPORTABLE, Sample};
use certstow_platform::{OpenOptions, open, open_to_import};
use schannel::cert_context::{CertContext, KeySpec};
use schannel::cert_store::{CertAdd, CertStore};
use schannel::crypt_prov::ProviderType;

use crate::changes::{comes_out, only, there_is};
use crate::{PROVIDER, Stores, TPM, cng_keeps_keys, ffi, in_store, registry, turn};

fn attach(store: &mut dyn Store, sample: Sample, label: Option<&str>) -> Result<(), StoreError> {
    let certificate = sample.certificate().unwrap();
    let new = NewCertificate {
        certificate: &certificate,
        issuers: &[],
        label,
    };
    let id = store.attach(&new, &mut NonInteractive)?;
    assert_eq!(id, certificate.id());
    Ok(())
}

/// A sample in the account's store of requests, taken out of it when dropped.
struct Request(Sample);

impl Request {
    fn add(sample: Sample, container: &str) -> Self {
        let context = CertContext::new(sample.certificate().unwrap().der()).unwrap();
        let mut requests = CertStore::open_current_user("REQUEST").unwrap();
        let added = requests.add_cert(&context, CertAdd::New).unwrap();
        added.set_friendly_name("Ada's request").unwrap();
        let mut info = added.set_key_prov_info();
        info.container(container)
            .provider(PROVIDER)
            .key_spec(KeySpec::key_exchange())
            .type_(ProviderType::rsa_aes());
        info.set().unwrap();
        Self(sample)
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let certificate = self.0.certificate().unwrap();
        if ffi::is_wine() {
            return registry::delete_request(certificate.der());
        }
        // Windows keeps the account's requests in files of the profile.
        let requests = CertStore::open_current_user("REQUEST").unwrap();
        let mut copies: Vec<_> = requests.certs().collect();
        copies.retain(|copy| copy.to_der() == certificate.der());
        for copy in copies {
            let _ = copy.delete();
        }
    }
}

fn keys_of(store: &str, sample: Sample) -> Vec<LoneKey> {
    let store = open_to_import(&in_store(store), &OpenOptions::default()).unwrap();
    let mut keys = store.keys().unwrap();
    let certificate = sample.certificate().unwrap();
    keys.retain(|key| key.is_of(certificate.spki_der()) == Some(true));
    keys
}

#[test]
fn attach_takes_key_of_request() {
    let _turn = turn();
    let mut stores = Stores::new();
    stores.raw();
    let container = stores.container(Sample::Rsa, true);
    let request = Request::add(Sample::NotExportable, &container);
    let requests = in_store("REQUEST");
    let mut requests = open(&requests, &OpenOptions::default()).unwrap();
    let dummy = Sample::NotExportable.certificate().unwrap().id();
    let listed = requests.list().unwrap().entries;
    assert!(listed.iter().any(|entry| entry.id == dummy));

    let mut store = stores.open();
    attach(&mut *store, Sample::Rsa, None).unwrap();
    let joined = only(&*store);
    assert_eq!(joined.label.as_deref(), Some("Ada's request"));
    assert_eq!(joined.container.as_deref(), Some(container.as_str()));
    comes_out(&*store, Sample::Rsa);

    // The request goes, and the key stays.
    requests
        .remove(&dummy, Removal::Entry, &mut NonInteractive)
        .unwrap();
    let listed = requests.list().unwrap().entries;
    assert!(listed.iter().all(|entry| entry.id != dummy));
    assert!(there_is(&container));
    comes_out(&*store, Sample::Rsa);
    drop(request);
}

/// The dummy of a request names the container, too.
#[test]
fn remove_keeps_container_of_request() {
    let _turn = turn();
    let mut stores = Stores::new();
    let container = stores.container(Sample::Rsa, true);
    stores.add(Sample::Rsa, Some((&container, PROVIDER)));
    let _request = Request::add(Sample::NotExportable, &container);
    let mut store = stores.open();
    let id = only(&*store).id;
    store
        .remove(&id, Removal::Entry, &mut NonInteractive)
        .unwrap();
    assert!(there_is(&container));
}

#[test]
fn attach_joins_key_that_stays_in() {
    let _turn = turn();
    let mut stores = Stores::new();
    stores.raw();
    let container = stores.container(Sample::Rsa, false);
    let mut store = stores.open();
    attach(&mut *store, Sample::Rsa, Some("Ada 🔑")).unwrap();
    let joined = only(&*store);
    assert_eq!(joined.label.as_deref(), Some("Ada 🔑"));
    assert_eq!(joined.container.as_deref(), Some(container.as_str()));
    match store.private_key(&joined.id, &mut NonInteractive) {
        Err(StoreError::KeyNotExportable { reason, .. }) => {
            assert_eq!(reason, NotExportable::Policy);
        }
        other => panic!("{other:?}"),
    }
}

/// It names no container, or one that is not there.
#[test]
fn attach_repairs_certificate_without_its_key() {
    let _turn = turn();
    for named in [None, Some(("nobody's", PROVIDER))] {
        let mut stores = Stores::new();
        stores.add(Sample::Rsa, named);
        let mut store = stores.open();
        let refused = attach(&mut *store, Sample::Rsa, None);
        assert!(
            matches!(refused, Err(StoreError::KeyMissing { .. })),
            "{refused:?}"
        );
        let container = stores.container(Sample::Rsa, true);
        attach(&mut *store, Sample::Rsa, None).unwrap();
        let joined = only(&*store);
        assert_eq!(joined.container.as_deref(), Some(container.as_str()));
        assert_eq!(joined.label.as_deref(), Some("Rsa 🔑"));
        comes_out(&*store, Sample::Rsa);
    }
}

/// A certificate of the key names a container that has another key.
#[test]
fn attach_refuses_container_with_another_key() {
    let _turn = turn();
    let mut stores = Stores::new();
    let container = stores.container(Sample::Rsa, true);
    stores.add(Sample::Keyless, Some((&container, PROVIDER)));
    let mut store = stores.open();
    let refused = attach(&mut *store, Sample::Keyless, None);
    assert!(
        matches!(refused, Err(StoreError::KeyMissing { .. })),
        "{refused:?}"
    );
    let left = only(&*store);
    assert_eq!(left.key, KeyState::Unknown);
    assert_eq!(left.container.as_deref(), Some(container.as_str()));
}

#[test]
fn keys_are_those_that_no_certificate_names() {
    let _turn = turn();
    let mut stores = Stores::new();
    let before = keys_of("My", Sample::Rsa).len();
    let container = stores.container(Sample::Rsa, true);
    for store in ["My", "REQUEST"] {
        let alone = keys_of(store, Sample::Rsa);
        assert_eq!(alone.len(), before + 1, "{alone:?}");
        let place = format!("the key container {container} ({PROVIDER})");
        assert!(alone.iter().any(|key| key.place == place), "{alone:?}");
    }
    let _request = Request::add(Sample::NotExportable, &container);
    assert_eq!(keys_of("My", Sample::Rsa).len(), before + 1);
    assert_eq!(keys_of("REQUEST", Sample::Rsa).len(), before);
    stores.raw();
    assert!(stores.open().keys().unwrap().is_empty());
}

#[test]
fn attach_finds_key_of_cng() {
    if !cng_keeps_keys() {
        return;
    }
    let _turn = turn();
    let stores = Stores::new();
    stores.raw();
    let mut store = stores.open();
    let certificate = Sample::P256.certificate().unwrap();
    let key = Sample::P256.key().unwrap();
    let identity = NewIdentity::new(&certificate, &key);
    let imported = store.import(&identity, &EXPORTABLE, &mut NonInteractive);
    imported.unwrap();
    let container = only(&*store).container.unwrap();
    registry::delete_certificate(&stores.name, certificate.der());
    let alone = keys_of("My", Sample::P256);
    assert!(
        alone.iter().any(|key| key.place.contains(&container)),
        "{alone:?}"
    );
    attach(&mut *store, Sample::P256, None).unwrap();
    assert_eq!(only(&*store).container, Some(container));
    comes_out(&*store, Sample::P256);
}

/// It stays closed: what another certificate of the same key says of it is all there is.
#[test]
fn attach_takes_key_in_hardware_from_other_certificate() {
    let _turn = turn();
    let stores = Stores::new();
    stores.add(Sample::Rsa, Some(("key in the TPM", TPM)));
    let mut store = stores.open();
    attach(&mut *store, Sample::NotExportable, None).unwrap();
    let entries = store.list().unwrap().entries;
    let hardware = KeyState::NotExportable(NotExportable::Hardware("TPM".to_owned()));
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.key == hardware));
    let again = attach(&mut *store, Sample::NotExportable, None);
    assert!(
        matches!(again, Err(StoreError::AlreadyThere { .. })),
        "{again:?}"
    );
}

/// A store of the computer whose only certificate is the sample's, taken out with its key when dropped.
struct OfMachine(Box<dyn Store>, Sample);

impl Drop for OfMachine {
    fn drop(&mut self) {
        let Self(store, sample) = self;
        let id = sample.certificate().unwrap().id();
        let _ = store.remove(&id, Removal::Entry, &mut NonInteractive);
    }
}

/// Without an administrator, the computer's stores take nothing in.
#[test]
fn attach_finds_machine_keys_in_local_machine_alone() {
    let _turn = turn();
    let (stores, elsewhere) = (Stores::new(), Stores::new());
    let store_of = |name: &str, sample| {
        let store = StoreSpec::Windows(SystemStore {
            location: SystemStoreLocation::LocalMachine,
            name: name.to_owned(),
        });
        OfMachine(open(&store, &OpenOptions::default()).unwrap(), sample)
    };
    for name in [&stores.name, &elsewhere.name] {
        if CertStore::open_local_machine(name).is_err() {
            return;
        }
    }
    let certificate = Sample::Rsa.certificate().unwrap();
    let key = Sample::Rsa.key().unwrap();
    let mut first = store_of(&stores.name, Sample::Rsa);
    let identity = NewIdentity::new(&certificate, &key);
    let imported = first.0.import(&identity, &EXPORTABLE, &mut NonInteractive);
    imported.unwrap();

    // None of the account's.
    let accounts = Stores::new();
    accounts.raw();
    let refused = attach(&mut *accounts.open(), Sample::NotExportable, None);
    assert!(
        matches!(refused, Err(StoreError::KeyMissing { .. })),
        "{refused:?}"
    );
    let mut second = store_of(&elsewhere.name, Sample::NotExportable);
    attach(&mut *second.0, Sample::NotExportable, None).unwrap();
    assert_eq!(only(&*second.0).container, only(&*first.0).container);
    for OfMachine(store, sample) in [&first, &second] {
        comes_out(&**store, *sample);
    }
}
