//! Certificates that a CA returned, joined with the private keys that stores have for them. A key is found
//! by its public half (RFC 5280, 4.1.2.7), never by a name or a file; it stays where it is. What the store
//! has afterwards is read back: it lists the certificate with its key, and a key that may come out signs.
//!
//! [`Returned`] reads what came, [`install`] does the rest. Nothing here prompts except through the given
//! [`Ask`].

mod holder;
mod renewed;
mod returned;

use certstow_formats::certificate::Certificate;
use certstow_formats::chain::{self, Candidates, Include, Path, PathEnd};
use certstow_formats::names;
use certstow_formats::proof::{self, Level, ProofError};
use certstow_formats::secret::PrivateKey;
use certstow_platform::error::StoreError;
use certstow_platform::store::{Ask, NewCertificate, Store};

use crate::error::{Error, NotInstallable};
use crate::identity::Inventory;
use crate::knows::Remembers;
use crate::read_back::{self, ReadBack};
use crate::request;
use crate::warning::{Code, Warning};
use crate::{time, waits};
use holder::{Found, find};
pub use returned::Returned;

/// How certificates are installed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The friendly name; without one, that of the request is kept.
    pub label: Option<&'a str>,
    /// Look for the keys, and change nothing.
    pub dry_run: bool,
    /// Leave the pending certificate of the request where it is.
    pub keep_request: bool,
}

/// What became of one certificate.
#[derive(Debug)]
#[must_use = "the certificate may not have been installed"]
pub struct Outcome {
    /// The certificate.
    pub certificate: Certificate,
    /// Whether it is in a store with its private key.
    pub result: Result<Installed, Error>,
}

/// A certificate that is in a store with its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The name of the store.
    pub store: String,
    /// Where the certificate lies there; where its key does, if nothing was changed.
    pub place: String,
    /// Whether it was there with its key before.
    pub was_there: bool,
    /// How far the private key is proven; `None` of one that does not come out, and if nothing was changed.
    pub proof: Option<Level>,
    /// Whether a pending certificate was taken out.
    pub request_removed: bool,
    /// What the certificate has otherwise than it was asked for, a clause each.
    pub differences: Vec<String>,
    /// The subjects of the issuers on its path, in order.
    pub issuers: Vec<String>,
    /// What is missing on the path.
    pub gap: Option<String>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

/// Joins each certificate that came with its private key in one of the stores. One that fails stops none of
/// the others, unless a person gave up.
///
/// # Errors
/// [`Error::NothingToInstall`]: they are certificates of CAs alone, and no key is here for them.
///
/// The results hold [`Error::NoKeyHere`] for a certificate whose key none of the stores has,
/// [`Error::SeveralStores`] where several do, [`Error::Store`] for what [`Store::attach`] refuses, and
/// [`Error::NotReadBack`] for what is in the store and could not be shown to be there as it should.
pub fn install(
    returned: &Returned,
    stores: &mut Inventory,
    options: &Options<'_>,
    ask: &mut dyn Ask,
) -> Result<Vec<Outcome>, Error> {
    let ask = &mut Remembers::new(ask);
    let (issuers, unreadable) = stores.issuers();
    let came = returned.certificates.iter().chain(&returned.issuers);
    let issuers = issuers.into_iter().chain(came.cloned());
    let issuers =
        Candidates::new(issuers).with_system_roots(certstow_platform::roots::trusted_roots);
    let mut outcomes = Vec::new();
    let mut joined = Vec::new();
    for certificate in &returned.certificates {
        let coming = Coming {
            certificate,
            path: chain::build(certificate, &issuers, time::now()),
            unreadable: &unreadable,
            options,
            label: request::label_of(stores, certificate),
        };
        let differences = request::differences(stores, certificate);
        let mut result = coming.install(stores, &mut joined, ask);
        if let Ok(installed) = &mut result {
            // What was there before may have been asked for otherwise.
            if !installed.was_there {
                installed.differences = differences;
            }
            coming.end_request(stores, installed, ask);
        }
        let came_with_key = returned.with_key.contains(&certificate.id());
        let result = match result {
            // It came along for the path.
            Err(Error::NoKeyHere { .. }) if certificate.is_ca() && !came_with_key => continue,
            Err(Error::NoKeyHere { .. }) if came_with_key => {
                Err(returned.refused(NotInstallable::Identity))
            }
            Ok(mut installed) if came_with_key => {
                let text = "its private key came with it, so that who sent it has the key, too";
                installed.warnings.push(Warning::new(Code::KeyKnown, text));
                Ok(installed)
            }
            result => result,
        };
        let gave_up = matches!(result, Err(Error::Cancelled));
        outcomes.push(Outcome {
            certificate: certificate.clone(),
            result,
        });
        if gave_up {
            break;
        }
    }
    match outcomes.is_empty() {
        true => Err(returned.refused(NotInstallable::Issuers)),
        false => Ok(outcomes),
    }
}

/// A certificate on its way to its key.
struct Coming<'a> {
    certificate: &'a Certificate,
    path: Path,
    /// What could not be looked at for the path, a sentence each.
    unreadable: &'a [String],
    options: &'a Options<'a>,
    /// The friendly name of its request.
    label: Option<String>,
}

impl<'a> Coming<'a> {
    fn install(
        &self,
        stores: &mut Inventory,
        joined: &mut Vec<(&'a Certificate, usize)>,
        ask: &mut dyn Ask,
    ) -> Result<Installed, Error> {
        match find(self.certificate, stores, joined)? {
            Found::There {
                store,
                place,
                unsure,
            } => {
                // A certificate of Windows may name a container that is gone.
                if unsure && !self.options.dry_run {
                    let name = stores.store_name(store);
                    let mut installed = self.installed(name, place.clone());
                    let store = &mut *stores.stores_mut()[store];
                    match self.attach(store, ask) {
                        Ok(()) => {
                            self.read_back(store, &mut installed, ask)?;
                            return Ok(installed);
                        }
                        Err(Error::Store(StoreError::KeyMissing { .. })) => {
                            return Err(holder::no_key_here(self.certificate, stores));
                        }
                        Err(Error::Store(
                            StoreError::AlreadyThere { .. } | StoreError::NotImported { .. },
                        )) => {}
                        Err(error) => return Err(error),
                    }
                }
                let name = stores.store_name(store);
                let mut installed = self.installed(name, place);
                installed.was_there = true;
                Ok(installed)
            }
            Found::Key {
                store: at,
                place,
                locked,
            } => {
                let name = stores.store_name(at);
                let mut installed = self.installed(name, place.clone());
                if !self.options.dry_run {
                    let store = &mut *stores.stores_mut()[at];
                    // Nothing changes while the key cannot be shown to be the certificate's.
                    if let Some(id) = locked {
                        let _wait = waits::waiting_for_store(store);
                        proven(&store.private_key(&id, ask)?, self.certificate, place)?;
                    }
                    self.attach(store, ask)?;
                    joined.push((self.certificate, at));
                    self.read_back(store, &mut installed, ask)?;
                }
                Ok(installed)
            }
            Found::Perhaps(positions) => self.try_each(&positions, stores, joined, ask),
        }
    }

    /// Takes the pending certificate out, once the real one is proven to be there with its key.
    fn end_request(&self, stores: &mut Inventory, installed: &mut Installed, ask: &mut dyn Ask) {
        if self.options.dry_run {
            return;
        }
        let names = stores.store_names();
        let Some(store) = names.iter().position(|name| *name == installed.store) else {
            return;
        };
        renewed::mark(&mut *stores.stores_mut()[store], self.certificate);
        if self.options.keep_request || !request::waits_for(stores, self.certificate, store) {
            return;
        }
        if installed.was_there {
            // It may be of a renewal with the same key.
            let text = "a request for its private key still waits";
            let warning = Warning::new(Code::RequestStays, text);
            return installed.warnings.push(warning);
        }
        match request::answered(stores, self.certificate, store, ask) {
            Ok(removed) => installed.request_removed = removed > 0,
            Err(error) => {
                let text = format!("its request stays in the store: {}", error.in_full());
                let warning = Warning::new(Code::RequestStays, text);
                installed.warnings.push(warning);
            }
        }
    }

    /// Tries stores whose keys have to be opened before it is known whose they are.
    fn try_each(
        &self,
        positions: &[usize],
        stores: &mut Inventory,
        joined: &mut Vec<(&'a Certificate, usize)>,
        ask: &mut dyn Ask,
    ) -> Result<Installed, Error> {
        let mut first_refusal = None;
        for &position in positions {
            let name = stores.store_name(position);
            if self.options.dry_run {
                return Err(Error::InteractionRequired {
                    what: format!("the password of the private keys in {name}"),
                });
            }
            let store = &mut *stores.stores_mut()[position];
            match self.attach(store, ask) {
                Ok(()) => {
                    joined.push((self.certificate, position));
                    let mut installed = self.installed(name, String::new());
                    self.read_back(store, &mut installed, ask)?;
                    return Ok(installed);
                }
                Err(Error::Store(StoreError::KeyMissing { .. })) => {}
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => first_refusal = first_refusal.or(Some(error)),
            }
        }
        Err(first_refusal.unwrap_or_else(|| holder::no_key_here(self.certificate, stores)))
    }

    fn attach(&self, store: &mut dyn Store, ask: &mut dyn Ask) -> Result<(), Error> {
        let new = NewCertificate {
            certificate: self.certificate,
            issuers: self.path.issuers(Include::Full),
            label: self.options.label.or(self.label.as_deref()),
        };
        let _wait = waits::waiting_for_store(store);
        store.attach(&new, ask)?;
        Ok(())
    }

    /// What is known before the store is read back.
    fn installed(&self, store: String, place: String) -> Installed {
        let issuers = self.path.issuers(Include::Full).iter();
        let issuers = issuers.map(|issuer| names::distinguished_name_of_der(issuer.subject_der()));
        Installed {
            store,
            place,
            was_there: false,
            proof: None,
            request_removed: false,
            differences: Vec::new(),
            issuers: issuers.collect(),
            gap: self.gap(),
            warnings: self.warnings(),
        }
    }

    /// What is missing on the path, and where it can be had.
    fn gap(&self) -> Option<String> {
        let gap = self.path.end.gap()?;
        let last = self.path.certificates.last()?;
        let addresses = last.parse().issuer_addresses();
        Some(match addresses.as_slice() {
            [] => gap,
            addresses => format!("{gap}; its CA has it at {}", addresses.join(", ")),
        })
    }

    /// What is no reason to leave a certificate out.
    fn warnings(&self) -> Vec<Warning> {
        let weak = self.certificate.parse().weaknesses().into_iter();
        let weak = weak.map(|text| Warning::new(Code::Weak, text));
        let unreadable = self
            .unreadable
            .iter()
            .filter(|_| self.path.end != PathEnd::Root);
        let unreadable = unreadable.map(|text| Warning::new(Code::IssuersUnreadable, text));
        let of_dates = self.validity_warning().into_iter();
        of_dates.chain(weak).chain(unreadable).collect()
    }

    /// Dates decide nothing: an expired certificate still opens old mail.
    fn validity_warning(&self) -> Option<Warning> {
        let (parsed, now) = (self.certificate.parse(), time::now());
        let text = match () {
            () if parsed.not_after() < now => "the certificate has expired",
            () if parsed.not_before() > now => {
                "the certificate is not valid yet; see whether the clock of this machine is right"
            }
            () => return None,
        };
        Some(Warning::new(Code::OutsideValidity, text))
    }

    /// Notes what the store shows of it, and proves a key that comes out.
    fn read_back(
        &self,
        store: &dyn Store,
        installed: &mut Installed,
        ask: &mut dyn Ask,
    ) -> Result<(), Error> {
        let ReadBack {
            place,
            proof,
            warnings,
        } = read_back::read_back(store, self.certificate, ask)?;
        installed.place = place;
        installed.proof = proof;
        installed.warnings.extend(warnings);
        Ok(())
    }
}

fn proven(key: &PrivateKey, certificate: &Certificate, place: String) -> Result<(), Error> {
    match proof::prove(key, certificate) {
        Err(ProofError::Mismatch) => Err(Error::KeyMismatch { place }),
        Ok(_) | Err(ProofError::Useless(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
