//! Keychains that are files: SecItemCopyMatching lists their certificates, and the identities among
//! them, with user interaction switched off; SecItemExport exports a key, and `change.rs` imports
//! one. The data-protection keychain is not looked at: it takes an entitlement that only signed
//! applications have (Apple's TN3137, "On Mac keychain APIs and implementations").

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use certstow_formats::certificate::{Certificate, EntryId, ca_certificates, sha1_thumbprint};
use certstow_formats::key::key_identifier;
use certstow_formats::secret::PrivateKey;
use security_framework::identity::SecIdentity;
use security_framework::os::macos::keychain::SecKeychain;

use super::change::Change;
use super::ffi::{CertificateItem, status};
use super::found::Found;
use super::search::{WithoutWindows, certificates, identities, private_keys, without_windows};
use super::status::{self, Status};
use super::{ffi, key};
use crate::error::StoreError;
use crate::spec::{Keychain, StoreSpec};
use crate::store::{
    Ask, Entry, ImportOptions, Interaction, KeyState, Listing, LoneKey, NewCertificate,
    NewIdentity, Problem, ProblemKind, PublicHalf, Removal, Store, StoreInfo,
};

/// What a keychain without a file gives.
const NO_SUCH_KEYCHAIN: i32 = -25294;

/// Where the certificates of the computer are, and the roots that Apple delivers.
const SYSTEM: &str = "/Library/Keychains/System.keychain";
const SYSTEM_ROOTS: &str = "/System/Library/Keychains/SystemRootCertificates.keychain";

/// One keychain, or those of the search list.
pub(crate) struct KeychainStore {
    keychain: Keychain,
}

impl KeychainStore {
    /// Opens keychains that exist.
    pub(crate) fn open(keychain: &Keychain) -> Result<Self, StoreError> {
        let store = Self {
            keychain: keychain.clone(),
        };
        store.keychains()?;
        Ok(store)
    }

    fn spec(&self) -> StoreSpec {
        StoreSpec::Keychain(self.keychain.clone())
    }

    /// The keychains that can be read. Of the search list, those that cannot are problems.
    fn keychains(&self) -> Result<(Vec<SecKeychain>, Vec<Problem>), StoreError> {
        let path = match &self.keychain {
            Keychain::SearchList => return self.search_list(),
            Keychain::Login => {
                login_keychain().ok_or_else(|| self.missing("the login keychain"))?
            }
            Keychain::System => SYSTEM.into(),
            // Security.framework would look for another one, in ~/Library/Keychains.
            Keychain::File(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
        };
        if !path.exists() {
            return Err(self.missing(&path.display().to_string()));
        }
        let opened = without_windows().and_then(|_silent| {
            let keychain = open_file(&path)?;
            ffi::check_readable(&keychain)?;
            Ok(keychain)
        });
        match opened {
            Ok(keychain) => Ok((vec![keychain], Vec::new())),
            Err(status) => Err(self.unreachable(status)),
        }
    }

    fn search_list(&self) -> Result<(Vec<SecKeychain>, Vec<Problem>), StoreError> {
        let unreachable = |status| self.unreachable(status);
        let _silent = without_windows().map_err(unreachable)?;
        let mut problems = Vec::new();
        let mut readable = ffi::search_list().map_err(unreachable)?;
        readable.retain(|keychain| match ffi::check_readable(keychain) {
            Ok(()) => true,
            // Keychains stay on the list when their files are gone.
            Err(status) if status.code == NO_SUCH_KEYCHAIN => false,
            Err(status) => {
                let path = ffi::path(keychain);
                problems.push(Problem {
                    kind: ProblemKind::Unreadable,
                    place: path.unwrap_or_else(|_| self.spec().to_string()),
                    message: format!("the keychain cannot be read: {status}"),
                });
                false
            }
        });
        Ok((readable, problems))
    }

    /// The keychain that is named; `None` for the search list.
    fn only_keychain(&self) -> Result<Option<SecKeychain>, StoreError> {
        match self.keychain {
            Keychain::SearchList => Ok(None),
            Keychain::Login | Keychain::System | Keychain::File(_) => Ok(self.keychains()?.0.pop()),
        }
    }

    /// Whether macOS may open windows, and what keeps it from that for as long as it lives.
    fn windows(&self, ask: &dyn Ask) -> Result<(Interaction, Option<WithoutWindows>), StoreError> {
        let windows = ask.interaction();
        let silent = match windows {
            Interaction::Never => {
                Some(without_windows().map_err(|status| self.unreachable(status))?)
            }
            Interaction::Allowed => None,
        };
        Ok((windows, silent))
    }

    fn missing(&self, what: &str) -> StoreError {
        StoreError::unavailable(&self.spec(), format!("{what} does not exist"), None)
    }

    fn unreachable(&self, status: Status) -> StoreError {
        status::keychain_error(status, &self.spec().to_string())
    }

    /// Where an item lies: `security find-certificate -Z` shows the same thumbprint.
    fn place(&self, der: &[u8]) -> String {
        let digits = sha1_thumbprint(der);
        match self.keychain {
            Keychain::SearchList => format!("keychain: {digits}"),
            Keychain::Login | Keychain::System | Keychain::File(_) => {
                format!("{}: {digits}", self.spec())
            }
        }
    }

    /// The problem of a certificate that macOS refuses to return.
    fn withheld(&self, status: &Status) -> Problem {
        Problem {
            kind: ProblemKind::Unreadable,
            place: self.spec().to_string(),
            message: format!("macOS refuses to return one of its certificates: {status}"),
        }
    }

    fn identities(&self) -> Result<Vec<(EntryId, SecIdentity)>, StoreError> {
        let (keychains, _) = self.keychains()?;
        identities(&keychains).map_err(|status| self.unreachable(status))
    }
}

/// The login keychain of the account, under its name since macOS 10.12 or before. `$HOME` says whose,
/// as for every other file of an account here; Security.framework asks getpwuid(3)
/// (DLDBListCFPref.cpp), which differs where a program is run with another `$HOME`.
fn login_keychain() -> Option<PathBuf> {
    let folder = std::env::home_dir()?.join("Library/Keychains");
    let names = ["login.keychain-db", "login.keychain"];
    names
        .map(|name| folder.join(name))
        .into_iter()
        .find(|path| path.exists())
}

fn open_file(path: &Path) -> Result<SecKeychain, Status> {
    SecKeychain::open(path).map_err(|error| status("SecKeychainOpen", error.code()))
}

impl Store for KeychainStore {
    fn info(&self) -> StoreInfo {
        StoreInfo::new(self.spec())
    }

    fn list(&self) -> Result<Listing, StoreError> {
        let (keychains, problems) = self.keychains()?;
        let unreachable = |status| self.unreachable(status);
        let identities = identities(&keychains).map_err(unreachable)?;
        let with_key: HashSet<EntryId> = identities.iter().map(|(id, _)| *id).collect();
        let mut listing = Listing {
            problems,
            ..Listing::default()
        };
        let mut known = HashSet::new();
        let Found { items, withheld } = certificates(&keychains).map_err(unreachable)?;
        let withheld = withheld.iter().map(|status| self.withheld(status));
        listing.problems.extend(withheld);
        for CertificateItem { der, label } in items {
            let place = self.place(&der);
            let certificate = match Certificate::from_der(&der) {
                Ok(certificate) => certificate,
                Err(error) => {
                    let message = error.to_string();
                    listing.problems.push(Problem {
                        kind: ProblemKind::Unreadable,
                        place,
                        message,
                    });
                    continue;
                }
            };
            let id = certificate.id();
            let has_key = with_key.contains(&id);
            if (certificate.is_ca() && !has_key) || !known.insert(id) {
                continue;
            }
            listing.entries.push(Entry {
                pending: certificate.is_pending(),
                id,
                certificate,
                label: label.filter(|label| !label.is_empty()),
                // macOS tells when the key is exported.
                key: if has_key {
                    KeyState::Unknown
                } else {
                    KeyState::Missing
                },
                provider: None,
                container: None,
                archived: false,
                backed_up: None,
                places: vec![place],
                properties: Vec::new(),
            });
        }
        Ok(listing)
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        let (mut keychains, _) = self.keychains()?;
        // What is not there gives nothing, which a path that is not complete tells as well.
        keychains.extend(open_file(Path::new(SYSTEM_ROOTS)).ok());
        let found = certificates(&keychains).map_err(|status| self.unreachable(status))?;
        let ders = found.items.iter().map(|item| item.der.as_slice());
        Ok(ca_certificates(ders))
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let found = self
            .identities()?
            .into_iter()
            .find(|(found, _)| found == id);
        let Some((_, identity)) = found else {
            return Err(self.no_key(id)?);
        };
        let certificate = identity.certificate();
        let certificate = certificate.map_err(|error| {
            self.unreachable(status("SecIdentityCopyCertificate", error.code()))
        })?;
        let Some(certificate) = ffi::der(&certificate) else {
            return Err(self.no_key(id)?);
        };
        let place = self.place(&certificate);
        // Nearly every key of a keychain asks, so that a person at a terminal expects it.
        let (windows, _silent) = self.windows(ask)?;
        key::export(&identity, &certificate, &place, windows)
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let Some(keychain) = self.only_keychain()? else {
            let store = self.spec().to_string();
            return Err(StoreError::not_imported(store, NAME_ONE, None));
        };
        let place = self.place(identity.certificate.der());
        let (windows, _silent) = self.windows(ask)?;
        let change = Change {
            keychain: &keychain,
            place: &place,
            windows,
        };
        change.import(identity, options)
    }

    fn keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        let (keychains, _) = self.keychains()?;
        let unreachable = |status| self.unreachable(status);
        let found = certificates(&keychains).map_err(unreachable)?;
        let certificates = found.items.iter();
        let mut known: HashSet<_> = certificates
            .filter_map(|item| Certificate::from_der(&item.der).ok())
            .filter_map(|certificate| key_identifier(certificate.spki_der()))
            .collect();
        let mut alone = Vec::new();
        for keychain in &keychains {
            let place = ffi::path(keychain).unwrap_or_else(|_| self.spec().to_string());
            for key in private_keys(keychain).map_err(unreachable)? {
                if known.insert(key.identifier) {
                    alone.push(LoneKey {
                        place: place.clone(),
                        label: key.label.filter(|label| !label.is_empty()),
                        public_half: PublicHalf::Identifier(key.identifier),
                    });
                }
            }
        }
        Ok(alone)
    }

    /// Of the search list, the first keychain that has the key gets the certificate.
    fn attach(
        &mut self,
        new: &NewCertificate<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let place = self.place(new.certificate.der());
        let id = new.certificate.id();
        if self.identities()?.iter().any(|(found, _)| *found == id) {
            return Err(StoreError::AlreadyThere { place });
        }
        let (windows, _silent) = self.windows(ask)?;
        for keychain in &self.keychains()?.0 {
            let change = Change {
                keychain,
                place: &place,
                windows,
            };
            if change.has_key(new.certificate)? {
                return change.attach(new);
            }
        }
        Err(StoreError::key_missing(place))
    }

    fn remove(
        &mut self,
        id: &EntryId,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        let unreachable = |status| self.unreachable(status);
        let (keychains, _) = self.keychains()?;
        let mut with = Vec::new();
        for keychain in &keychains {
            let found = certificates(std::slice::from_ref(keychain)).map_err(unreachable)?;
            let mut items = found.items.into_iter();
            let item = items.find(|item| EntryId::of(&item.der) == *id);
            with.extend(item.map(|item| (keychain, item.der)));
        }
        let (keychain, der) = match (with.pop(), with.is_empty()) {
            (Some(only), true) => only,
            (Some(_), false) => {
                let store = self.spec().to_string();
                return Err(StoreError::not_removed(store, NAME_ONE, None));
            }
            (None, _) => return Err(StoreError::not_found(&self.spec(), id)),
        };
        // A certificate has its key in whichever keychain of the search list that is.
        let (mut searched, _) = self.search_list()?;
        searched.extend(keychains.iter().cloned());
        let place = self.place(&der);
        let certificate = Certificate::from_der(&der)
            .map_err(|error| StoreError::damaged(&place, error.to_string(), None))?;
        let (windows, _silent) = self.windows(ask)?;
        let change = Change {
            keychain,
            place: &place,
            windows,
        };
        change
            .remove(&certificate, what, &searched)
            .map(|()| Vec::new())
    }
}

/// Why the search list is not changed, or nothing is taken out of it that lies in several keychains, as a clause.
const NAME_ONE: &str = "a keychain has to be named, as keychain:login or keychain:PATH";

impl KeychainStore {
    /// Why there is no key for a certificate: it is alone, or not there itself.
    fn no_key(&self, id: &EntryId) -> Result<StoreError, StoreError> {
        let (keychains, _) = self.keychains()?;
        let found = certificates(&keychains).map_err(|status| self.unreachable(status))?;
        let mut certificates = found.items.iter();
        let alone = certificates.find(|item| EntryId::of(&item.der) == *id);
        Ok(match alone {
            Some(item) => StoreError::key_missing(self.place(&item.der)),
            None => StoreError::not_found(&self.spec(), id),
        })
    }
}
