//! Reading a system store: CertOpenStore opens it by location and name, CertEnumCertificatesInStore
//! walks it, and CertGetCertificateContextProperty reads what Windows keeps beside each certificate.
//! No provider is opened before a key is asked for.

use certstow_formats::certificate::{
    Certificate, CertificateError, EntryId, Property, ca_certificates, sha1_thumbprint,
};
use certstow_formats::secret::PrivateKey;
use schannel::cert_context::CertContext;
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND};
use windows_sys::Win32::Security::Cryptography::{CERT_ARCHIVED_PROP_ID, CERT_BACKED_UP_PROP_ID};

use super::codes::{KeyPlace, OsError};
use super::ffi::{self, KeyProviderInfo};
use super::properties::FRIENDLY_NAME;
use super::{backed_up, key, provider, wide};
use crate::error::StoreError;
use crate::spec::{StoreSpec, SystemStore};
use crate::store::{Entry, KeyState, NotExportable, Problem, ProblemKind};

/// Where Windows keeps the certificates of issuers, per location: intermediate ones, and roots.
const ISSUER_STORES: [&str; 2] = ["CA", "Root"];

/// A system store, opened anew for every call, so that each sees it as it is.
pub(super) struct Handle {
    pub(super) store: SystemStore,
}

impl Handle {
    /// A handle on a store that has to be there when it is read.
    pub(super) fn new(store: &SystemStore) -> Self {
        Self {
            store: store.clone(),
        }
    }

    pub(super) fn spec(&self) -> StoreSpec {
        StoreSpec::Windows(self.store.clone())
    }

    pub(super) fn contexts(&self) -> Result<Vec<CertContext>, StoreError> {
        let opened = ffi::open(&self.store);
        opened
            .and_then(|store| ffi::certificates(&store))
            .map_err(|error| self.unreachable(error))
    }

    /// The store as a whole cannot be read.
    pub(super) fn unreachable(&self, error: OsError) -> StoreError {
        if error.plain_code() == ERROR_ACCESS_DENIED {
            return StoreError::AccessDenied {
                place: self.spec().to_string(),
                source: Some(error.into()),
            };
        }
        let SystemStore { location, name } = &self.store;
        let reason = match error.plain_code() {
            ERROR_FILE_NOT_FOUND => format!("{} has no store named {name}", location.name()),
            _ => "Windows does not open it".to_owned(),
        };
        StoreError::unavailable(&self.spec(), reason, Some(error.into()))
    }

    /// Where a certificate lies, as PowerShell writes it.
    pub(super) fn place(&self, der: &[u8]) -> String {
        format!(r"Cert:\{}\{}", self.store, sha1_thumbprint(der))
    }

    /// The certificate with this id: of several copies the first that names a key, as in the
    /// listing; then one without; then what is wrong.
    pub(super) fn find(&self, id: &EntryId) -> Result<Found, StoreError> {
        let mut copies = self.contexts()?;
        copies.retain(|context| EntryId::of(context.to_der()) == *id);
        let mut copies: Vec<_> = copies.into_iter().map(|copy| self.found(copy)).collect();
        copies.sort_by_key(|copy| match copy {
            Ok(found) => u8::from(found.key.is_none()),
            Err(_) => 2,
        });
        match copies.into_iter().next() {
            Some(Ok(found)) => Ok(found),
            Some(Err(Problem { place, message, .. })) => {
                Err(StoreError::damaged(place, message, None))
            }
            None => Err(StoreError::not_found(&self.spec(), id)),
        }
    }

    pub(super) fn found(&self, context: CertContext) -> Result<Found, Problem> {
        let place = self.place(context.to_der());
        let problem = |message: String| Problem {
            kind: ProblemKind::Unreadable,
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

    /// CA certificates of this store and of those that Windows keeps issuers in.
    pub(super) fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        let mut issuers = issuers_among(&self.contexts()?);
        for name in ISSUER_STORES {
            issuers.extend(self.issuers_of(name));
        }
        Ok(issuers)
    }

    /// CA certificates of a store of the same location; none if it cannot be read, which a path
    /// that is not complete tells as well.
    fn issuers_of(&self, name: &str) -> Vec<Certificate> {
        let store = Self {
            store: SystemStore {
                location: self.store.location,
                name: name.to_owned(),
            },
        };
        let contexts = store.contexts().unwrap_or_default();
        issuers_among(&contexts)
    }
}

fn issuers_among(contexts: &[CertContext]) -> Vec<Certificate> {
    ca_certificates(contexts.iter().map(CertContext::to_der))
}

/// A certificate of the store, and where it says its key is.
pub(super) struct Found {
    context: CertContext,
    pub(super) certificate: Certificate,
    pub(super) key: Option<KeyProviderInfo>,
    pub(super) place: String,
}

impl Found {
    /// A property that cannot be read is a problem, and otherwise treated as one that is not
    /// there.
    pub(super) fn entry(&self, problems: &mut Vec<Problem>) -> Entry {
        let mut property = |id| {
            ffi::property(&self.context, id).unwrap_or_else(|error| {
                problems.push(Problem {
                    kind: ProblemKind::Unreadable,
                    place: self.place.clone(),
                    message: format!("its property {id} cannot be read: {error}"),
                });
                None
            })
        };
        let label = property(FRIENDLY_NAME);
        let backed_up = property(CERT_BACKED_UP_PROP_ID);
        let mut ids = ffi::property_ids(&self.context);
        let archived = ids.contains(&CERT_ARCHIVED_PROP_ID);
        ids.retain(|id| *id != FRIENDLY_NAME && !Property::is_of_this_machine(*id));
        ids.sort_unstable();
        let properties = ids
            .into_iter()
            .filter_map(|id| property(id).map(|value| Property { id, value }))
            .collect();
        let key = self.key.as_ref();
        Entry {
            id: self.certificate.id(),
            certificate: self.certificate.clone(),
            label: label.and_then(|name| wide::text_of(&name)),
            key: self.key_state(),
            provider: key.map(|key| key.provider.clone()),
            container: key.map(|key| key.container.clone()),
            archived,
            pending: self.certificate.is_pending(),
            backed_up: backed_up.and_then(|value| backed_up::time(&value)),
            places: vec![self.place.clone()],
            properties,
        }
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

    pub(super) fn private_key(&self, silent: bool) -> Result<PrivateKey, StoreError> {
        let place = self.place.clone();
        let Some(info) = &self.key else {
            return Err(StoreError::KeyMissing { place });
        };
        // No key in hardware is exportable, and trying it may ask for a card.
        if let Some(what) = provider::hardware(&info.provider) {
            return Err(StoreError::KeyNotExportable {
                place,
                reason: NotExportable::Hardware(what.to_owned()),
                source: None,
            });
        }
        let place = KeyPlace {
            place,
            container: format!("{} ({})", info.container, info.provider),
        };
        key::export(&self.context, &self.certificate, info, &place, silent)
    }
}

/// The copy of a certificate that counts: one that names a key, if there is one.
pub(super) fn copy_of(contexts: &[CertContext], der: &[u8]) -> Option<CertContext> {
    let copies = || contexts.iter().filter(|context| context.to_der() == der);
    let names_key = |context: &&CertContext| {
        let key = ffi::key_provider_info(context);
        !matches!(key, Ok(None))
    };
    copies()
        .find(names_key)
        .or_else(|| copies().next())
        .cloned()
}
