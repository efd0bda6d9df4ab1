//! Requests for certificates: a private key, the certification request for a CA (PKCS#10), and the pending
//! certificate that keeps both together in a store ([`certstow_formats::request::pending`]) until the CA has
//! answered and [`install`](crate::install) joins its certificate with the key.
//!
//! [`Made`] makes them in memory, [`Made::keep`] puts them into a store and reads them back from it. [`pending`]
//! lists those that wait, [`forget`] takes one out with its key.

use std::path::PathBuf;

use certstow_formats::alternative_name::{AlternativeName, Kind as NameKind};
use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key;
use certstow_formats::key::generate::{Kind, generate};
use certstow_formats::names::{self, DistinguishedName, ObjectIdentifier};
use certstow_formats::proof::Level;
use certstow_formats::request::{CertificationRequest, Draft, pending as pending_certificate};
use certstow_formats::secret::{Password, PrivateKey};
use certstow_platform::error::StoreError;
use certstow_platform::store::{
    Ask, ImportOptions, KeyState, NewCertificate, NewIdentity, Removal, Store,
};

use crate::error::Error;
use crate::export::name;
use crate::identity::{Inventory, ListedCertificate};
use crate::knows::Remembers;
use crate::read_back::{self, ReadBack};
use crate::warning::{Code, Warning};
use crate::{time, waits};

/// A request that was made, in memory.
pub struct Made {
    /// What goes to the CA.
    pub request: CertificationRequest,
    /// What stands beside the key meanwhile.
    pub certificate: Certificate,
    key: PrivateKey,
}

/// How a request is kept in a store.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The friendly name.
    pub label: Option<&'a str>,
    /// Whether the store may give the private key out again.
    pub exportable: bool,
    /// What the private key is encrypted with where it is kept as a file.
    pub password: Option<&'a Password>,
}

/// A request that a store keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where it lies there.
    pub place: String,
    /// How far the private key is proven; `None` of one that does not come out.
    pub proof: Option<Level>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

impl Made {
    /// A new key, and a request for it. RSA takes up to some seconds. A challenge password is in what goes to
    /// the CA alone, and not in what the store keeps.
    ///
    /// # Errors
    /// [`Error::NotRequested`]: the system gives no random numbers, or there is nobody to ask for.
    pub fn with_new_key(draft: &Draft<'_>, kind: Kind) -> Result<Self, Error> {
        let key = generate(kind).map_err(|error| Error::NotRequested {
            reason: error.to_string(),
        })?;
        Self::with_key(draft, key)
    }

    /// The same for a key that there is.
    ///
    /// # Errors
    /// [`Error::NotRequested`]: certstow signs no requests with keys of this kind.
    pub fn with_key(draft: &Draft<'_>, key: PrivateKey) -> Result<Self, Error> {
        let kept = Draft {
            challenge: None,
            ..*draft
        };
        let made = kept.sign(&key).and_then(|kept| {
            let certificate = pending_certificate::certificate(&kept, &key, time::now())?;
            let request = match draft.challenge {
                Some(_) => draft.sign(&key)?,
                None => kept,
            };
            Ok((request, certificate))
        });
        let (request, certificate) = made.map_err(|error| Error::NotRequested {
            reason: error.to_string(),
        })?;
        Ok(Self {
            request,
            certificate,
            key,
        })
    }

    /// Puts the key and the pending certificate into a store, and reads them back from it.
    ///
    /// # Errors
    /// As [`Store::import`], and [`Error::NotReadBack`].
    pub fn keep(
        &self,
        store: &mut dyn Store,
        options: &Options<'_>,
        ask: &mut dyn Ask,
    ) -> Result<Kept, Error> {
        let identity = NewIdentity {
            label: options.label,
            ..NewIdentity::new(&self.certificate, &self.key)
        };
        let import = ImportOptions {
            exportable: options.exportable,
            password: options.password,
            ..ImportOptions::default()
        };
        let wait = waits::waiting_for_store(store);
        store.import(&identity, &import, ask)?;
        drop(wait);
        self.read_back(store, ask)
    }

    /// Puts the pending certificate beside its key, which the store has already.
    ///
    /// # Errors
    /// As [`Store::attach`], and [`Error::NotReadBack`].
    pub fn keep_beside_key(
        &self,
        store: &mut dyn Store,
        label: Option<&str>,
        ask: &mut dyn Ask,
    ) -> Result<Kept, Error> {
        let new = NewCertificate {
            certificate: &self.certificate,
            issuers: &[],
            label,
        };
        let wait = waits::waiting_for_store(store);
        store.attach(&new, ask)?;
        drop(wait);
        self.read_back(store, ask)
    }

    fn read_back(&self, store: &dyn Store, ask: &mut dyn Ask) -> Result<Kept, Error> {
        let ReadBack {
            place,
            proof,
            warnings,
        } = read_back::read_back(store, &self.certificate, ask)?;
        Ok(Kept {
            place,
            proof,
            warnings,
        })
    }
}

/// What a certificate would be asked for again.
#[derive(Debug)]
pub struct Again {
    /// The subject.
    pub subject: DistinguishedName,
    /// The alternative names that can be written.
    pub alternative_names: Vec<AlternativeName>,
    /// The extended key usages.
    pub usages: Vec<ObjectIdentifier>,
    /// What is in the certificate and not asked for.
    pub warnings: Vec<Warning>,
}

impl Again {
    /// The names and purposes of a certificate.
    pub fn of(certificate: &Certificate) -> Self {
        let parsed = certificate.parse();
        let (mut names, mut left_out) = (Vec::new(), Vec::new());
        for kind in NameKind::ALL {
            for text in parsed.names(kind) {
                match AlternativeName::new(kind, &text) {
                    Ok(name) => names.push(name),
                    Err(error) => left_out.push(error.to_string()),
                }
            }
        }
        let directory = parsed.directory_names().into_iter();
        left_out.extend(directory.map(|name| format!("`{name}` is a directory name")));
        let usages = parsed.extended_key_usages();
        let usages = usages.iter().map(|usage| names::usage_oid(usage));
        Self {
            subject: DistinguishedName::of_subject(certificate),
            alternative_names: names,
            usages: usages.filter_map(Result::ok).collect(),
            warnings: left_out
                .into_iter()
                .map(|why| Warning::new(Code::NotAskedFor, format!("not asked for again: {why}")))
                .collect(),
        }
    }
}

/// The name of a request's file when nobody gave one.
pub fn default_file_name(label: &str) -> PathBuf {
    name::file_name(label, "csr")
}

/// What stores keep for requests that no CA has answered yet.
pub fn pending(inventory: &Inventory) -> impl Iterator<Item = &ListedCertificate> {
    inventory.identities().filter(|one| one.is_pending())
}

/// Those that wait with the public key of this certificate.
fn pending_for<'i>(
    inventory: &'i Inventory,
    certificate: &Certificate,
) -> impl Iterator<Item = &'i ListedCertificate> {
    let spki = certificate.spki_der();
    pending(inventory).filter(move |one| key::same_public_key(one.certificate().spki_der(), spki))
}

/// The friendly name of what waits for this certificate.
pub(crate) fn label_of(inventory: &Inventory, issued: &Certificate) -> Option<String> {
    let mut entries = pending_for(inventory, issued).flat_map(|one| one.entries());
    entries.find_map(|stored| stored.entry.label.clone())
}

/// Whether something waits for this certificate where requests for a store are kept.
pub(crate) fn waits_for(inventory: &Inventory, issued: &Certificate, store: usize) -> bool {
    let requests = inventory.stores()[store].info().spec.for_requests();
    let mut entries = pending_for(inventory, issued).flat_map(|one| one.entries());
    entries.any(|stored| {
        stored.store == store || inventory.stores()[stored.store].info().spec == requests
    })
}

/// What an issued certificate has otherwise than it was asked for, a clause each; nothing where no request is
/// known.
pub(crate) fn differences(inventory: &Inventory, issued: &Certificate) -> Vec<String> {
    let mut requests = pending_for(inventory, issued)
        .filter_map(|one| pending_certificate::request(one.certificate()));
    let Some(asked) = requests.next() else {
        return Vec::new();
    };
    let parsed = issued.parse();
    let mut differences = Vec::new();
    let (own, wanted) = (issued.subject_der(), asked.subject_der());
    let [own, wanted] = [own, &wanted].map(names::distinguished_name_of_der);
    if own != wanted {
        let or_none = |name: String| {
            if name.is_empty() {
                "empty".to_owned()
            } else {
                name
            }
        };
        differences.push(format!(
            "its subject is {}, and {} was asked for",
            or_none(own),
            or_none(wanted)
        ));
    }
    for (kind, name) in asked.alternative_names() {
        let has = match kind {
            NameKind::Email => parsed.emails(),
            kind => parsed.names(kind),
        };
        if !has.iter().any(|one| one.eq_ignore_ascii_case(&name)) {
            differences.push(format!("it is without the {} {name}", kind.words()));
        }
    }
    let usages = parsed.extended_key_usages();
    for usage in asked.extended_key_usages() {
        if !usages.contains(&usage) {
            differences.push(format!("it is without the purpose {usage}"));
        }
    }
    differences
}

/// Takes a pending identity out of every store that has it, with its private key unless another certificate
/// there has the key, too. What comes back are warnings.
///
/// # Errors
/// [`Error::Contradiction`]: it is not pending. As [`Store::remove`], otherwise.
pub fn forget(
    inventory: &mut Inventory,
    id: &EntryId,
    ask: &mut dyn Ask,
) -> Result<Vec<Warning>, Error> {
    let listed = inventory.certificate(id).filter(|one| one.is_pending());
    let Some(listed) = listed else {
        let text = "only what waits for a CA can be forgotten".to_owned();
        return Err(Error::Contradiction(text));
    };
    let stores: Vec<usize> = listed.entries().iter().map(|stored| stored.store).collect();
    let ask = &mut Remembers::new(ask);
    // Whose key a locked one is, and so what goes with the certificate, shows only once it is open.
    for stored in listed.entries() {
        if matches!(stored.entry.key, KeyState::Locked(_)) {
            let store = &*inventory.stores()[stored.store];
            let _wait = waits::waiting_for_store(store);
            drop(store.private_key(id, ask)?);
        }
    }
    remove(inventory, id, &stores, ask)
}

/// Takes the pending certificates of a public key out of the store that has the issued one now, or out of
/// that which Windows keeps for its requests. The private key stays, since the issued certificate has it.
/// How many were taken out.
pub(crate) fn answered(
    inventory: &mut Inventory,
    issued: &Certificate,
    store: usize,
    ask: &mut dyn Ask,
) -> Result<usize, Error> {
    let info = |store: usize| inventory.stores()[store].info();
    let requests = info(store).spec.for_requests();
    let is_meant = |&other: &usize| other == store || info(other).spec == requests;
    let others = pending_for(inventory, issued).filter(|one| one.id() != issued.id());
    let own = others.map(|one| {
        let stores = one.entries().iter().map(|stored| stored.store);
        (one.id(), stores.filter(is_meant).collect::<Vec<_>>())
    });
    let own: Vec<_> = own.filter(|(_, stores)| !stores.is_empty()).collect();
    let mut removed = 0;
    for (id, stores) in &own {
        // Another certificate of the key may have ended it just now.
        let there = stores.iter().any(|&store| {
            let listing = waits::list(&*inventory.stores()[store]);
            listing.is_ok_and(|listing| listing.entries.iter().any(|entry| entry.id == *id))
        });
        // That the key stays is what was meant.
        let _stays = remove(inventory, id, stores, ask)?;
        removed += usize::from(there);
    }
    Ok(removed)
}

fn remove(
    inventory: &mut Inventory,
    id: &EntryId,
    stores: &[usize],
    ask: &mut dyn Ask,
) -> Result<Vec<Warning>, Error> {
    let mut warnings = Vec::new();
    for &store in stores {
        let store = &mut *inventory.stores_mut()[store];
        let _wait = waits::waiting_for_store(store);
        match store.remove(id, Removal::Entry, ask) {
            Ok(texts) => {
                let texts = texts.into_iter();
                warnings.extend(texts.map(|text| Warning::new(Code::KeyStays, text)));
            }
            Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(warnings)
}
