//! A system store: CertOpenStore opens it by location and name, CertEnumCertificatesInStore walks
//! it, and CertGetCertificateContextProperty reads what Windows keeps beside each certificate. The
//! listing reads properties only; no provider is opened before a key is asked for.

use std::collections::HashMap;

use schannel::cert_context::CertContext;
use sha1::{Digest, Sha1};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND};
use windows_sys::Win32::Security::Cryptography::{
    CERT_ARCHIVED_PROP_ID, CERT_FRIENDLY_NAME_PROP_ID,
};

use super::codes::{KeyPlace, OsError};
use super::ffi::{self, KeyProviderInfo};
use super::{key, provider, wide};
use crate::certificate::{Certificate, CertificateError, EntryId};
use crate::error::StoreError;
use crate::secret::PrivateKey;
use crate::spec::{StoreSpec, SystemStore};
use crate::store::{
    Ask, Entry, Interaction, KeyState, Listing, NotExportable, Problem, Property, Store, StoreInfo,
};

/// Where Windows keeps the certificates of issuers, per location: intermediate ones, and roots.
const ISSUER_STORES: [&str; 2] = ["CA", "Root"];

/// Properties that are handles or structures with pointers, and mean nothing outside this process:
/// CERT_KEY_PROV_HANDLE, ..KEY_PROV_INFO, ..KEY_CONTEXT, ..NCRYPT_KEY_HANDLE,
/// ..HCRYPTPROV_OR_NCRYPT_KEY_HANDLE, and the two of a handle handed over.
const HANDLES: [u32; 7] = [1, 2, 5, 78, 79, 99, 100];

/// A system store, opened anew for every call, so that each sees it as it is.
pub(crate) struct WindowsStore {
    store: SystemStore,
}

impl WindowsStore {
    /// Opens a store that exists.
    pub(crate) fn open(store: &SystemStore) -> Result<Self, StoreError> {
        let opened = Self {
            store: store.clone(),
        };
        opened.contexts()?;
        Ok(opened)
    }

    fn spec(&self) -> StoreSpec {
        StoreSpec::Windows(self.store.clone())
    }

    fn contexts(&self) -> Result<Vec<CertContext>, StoreError> {
        let opened = ffi::open(&self.store);
        opened
            .and_then(|store| ffi::certificates(&store))
            .map_err(|error| self.unreachable(error))
    }

    /// The store as a whole cannot be read.
    fn unreachable(&self, error: OsError) -> StoreError {
        let store = self.spec().to_string();
        if error.code == ERROR_ACCESS_DENIED {
            return StoreError::AccessDenied {
                place: store,
                source: Some(error.into()),
            };
        }
        let SystemStore { location, name } = &self.store;
        StoreError::Unavailable {
            reason: match error.code {
                ERROR_FILE_NOT_FOUND => {
                    format!("{} has no store named {name}", location.name())
                }
                _ => "Windows does not open it".to_owned(),
            },
            store,
            source: Some(error.into()),
        }
    }

    /// Where a certificate lies, as PowerShell writes it.
    fn place(&self, der: &[u8]) -> String {
        let thumbprint = Sha1::digest(der);
        let digits: String = thumbprint
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        format!(r"Cert:\{}\{digits}", self.store)
    }

    fn found(&self, context: CertContext) -> Result<Found, Problem> {
        let place = self.place(context.to_der());
        let problem = |message: String| Problem {
            place: place.clone(),
            message,
        };
        let certificate = Certificate::from_der(context.to_der())
            .map_err(|error: CertificateError| problem(error.to_string()))?;
        let key = ffi::key_provider_info(&context).map_err(|error| problem(error.to_string()))?;
        Ok(Found {
            context,
            certificate,
            key,
            place,
        })
    }

    /// CA certificates of a store of the same location; none if there is no such store.
    fn issuers_of(&self, name: &str) -> Result<Vec<Certificate>, StoreError> {
        let store = Self {
            store: SystemStore {
                location: self.store.location,
                name: name.to_owned(),
            },
        };
        match store.contexts() {
            Ok(contexts) => Ok(ca_certificates(&contexts)),
            Err(StoreError::Unavailable { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

fn ca_certificates(contexts: &[CertContext]) -> Vec<Certificate> {
    let readable = contexts
        .iter()
        .filter_map(|context| Certificate::from_der(context.to_der()).ok());
    readable.filter(Certificate::is_ca).collect()
}

impl Store for WindowsStore {
    fn info(&self) -> StoreInfo {
        StoreInfo {
            spec: self.spec(),
            description: self.store.description().to_owned(),
        }
    }

    fn list(&self) -> Result<Listing, StoreError> {
        let mut listing = Listing::default();
        let mut known: HashMap<EntryId, usize> = HashMap::new();
        for context in self.contexts()? {
            let found = match self.found(context) {
                Ok(found) => found,
                Err(problem) => {
                    listing.problems.push(problem);
                    continue;
                }
            };
            if found.key.is_none() && found.certificate.is_ca() {
                continue;
            }
            let entry = match found.entry() {
                Ok(entry) => entry,
                Err(error) => {
                    listing.problems.push(Problem {
                        place: found.place,
                        message: error.to_string(),
                    });
                    continue;
                }
            };
            // A store is made of several; a copy that knows of the key goes before one that does
            // not.
            match known.get(&entry.id) {
                Some(&at) if listing.entries[at].key == KeyState::Missing => {
                    listing.entries[at] = entry;
                }
                Some(_) => {}
                None => {
                    known.insert(entry.id, listing.entries.len());
                    listing.entries.push(entry);
                }
            }
        }
        Ok(listing)
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        let mut issuers = ca_certificates(&self.contexts()?);
        for name in ISSUER_STORES {
            issuers.extend(self.issuers_of(name)?);
        }
        Ok(issuers)
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let mut copies = self.contexts()?;
        copies.retain(|context| EntryId::of(context.to_der()) == *id);
        let mut found = None;
        for context in copies {
            let copy = self.found(context).map_err(|problem| StoreError::Damaged {
                place: problem.place,
                reason: problem.message,
                source: None,
            })?;
            if found.is_none() || copy.key.is_some() {
                found = Some(copy);
            }
        }
        let found = found.ok_or_else(|| StoreError::NotFound {
            store: self.spec().to_string(),
            id: *id,
        })?;
        found.private_key(ask.system_windows() == Interaction::Never)
    }
}

/// A certificate of the store, and where it says its key is.
struct Found {
    context: CertContext,
    certificate: Certificate,
    key: Option<KeyProviderInfo>,
    place: String,
}

impl Found {
    fn entry(&self) -> Result<Entry, OsError> {
        let property = |id| ffi::property(&self.context, id);
        let name = property(CERT_FRIENDLY_NAME_PROP_ID)?;
        let key = self.key.as_ref();
        Ok(Entry {
            id: self.certificate.id(),
            certificate: self.certificate.clone(),
            label: name.and_then(|name| wide::text_of(&name)),
            key: self.key_state(),
            provider: key.map(|key| key.provider.clone()),
            container: key.map(|key| key.container.clone()),
            archived: property(CERT_ARCHIVED_PROP_ID)?.is_some(),
            places: vec![self.place.clone()],
            properties: self.properties()?,
        })
    }

    /// Whether a key may be exported is in the key itself, and it stays closed.
    fn key_state(&self) -> KeyState {
        match &self.key {
            None => KeyState::Missing,
            Some(key) => match provider::hardware(&key.provider) {
                Some(what) => KeyState::NotExportable(NotExportable::Hardware(what.to_owned())),
                None => KeyState::Unknown,
            },
        }
    }

    fn properties(&self) -> Result<Vec<Property>, OsError> {
        let mut ids = ffi::property_ids(&self.context);
        ids.retain(|id| *id != CERT_FRIENDLY_NAME_PROP_ID && !HANDLES.contains(id));
        ids.sort_unstable();
        let mut properties = Vec::with_capacity(ids.len());
        for id in ids {
            if let Some(value) = ffi::property(&self.context, id)? {
                properties.push(Property { id, value });
            }
        }
        Ok(properties)
    }

    fn private_key(&self, silent: bool) -> Result<PrivateKey, StoreError> {
        let place = self.place.clone();
        let Some(info) = &self.key else {
            return Err(StoreError::KeyMissing { place });
        };
        // Nothing that is kept in hardware comes out, and asking for it may ask for a card.
        if let Some(what) = provider::hardware(&info.provider) {
            return Err(StoreError::KeyNotExportable {
                place,
                reason: NotExportable::Hardware(what.to_owned()),
                source: None,
            });
        }
        let place = KeyPlace {
            place,
            container: Some(format!("{} ({})", info.container, info.provider)),
        };
        key::export(&self.context, &self.certificate, info, &place, silent)
    }
}
