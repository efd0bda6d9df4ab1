//! One identity, saved and proven: the private key is taken from its store, is shown to belong to
//! the certificate, goes into a file together with the certification path, and the file gets its
//! name only after the bytes on disk were read back and restore the same identity.
//!
//! [`Job::new`] does everything that can fail without a password or a key; [`Job::run`] does the
//! rest. Nothing here prompts except through the given [`Ask`].

mod certificates;
pub(crate) mod key;
pub(crate) mod name;
mod options;
mod path;
mod pem;
mod removal;
mod sealed;

use std::collections::HashSet;
use std::path::PathBuf;

use certstow_formats::certificate::EntryId;
use certstow_formats::names;
use certstow_formats::pkcs12::profile::Profile;
use certstow_formats::proof::Level;
use certstow_formats::secret::{Password, wipe_stack};
use certstow_platform::store::Ask;

use crate::error::Error;
use crate::identity::{Inventory, ListedCertificate};
use crate::warning::{Code, Warning};
use crate::{output, time};
pub(crate) use key::ProvenKey;
pub use key::may_come_out;
pub use name::{default_file_name, with_extension, with_usual_extension};
pub use options::{Destination, Format, Options};
pub(crate) use path::Chain;
pub use path::issuers_outside_validity;
pub use removal::{delete_key, may_delete_key};
pub(crate) use sealed::Sealed;

/// How far an export has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The private key is being read; a store may ask for its password.
    Key,
    /// The certification path is being built.
    Path,
    /// Keys are being derived and the file is being written and read back.
    Write,
}

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The file; `None` for a stream and for memory.
    pub file: Option<PathBuf>,
    /// The SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// The identity's SHA-1 thumbprint.
    pub thumbprint: String,
    /// The identity's label.
    pub label: String,
    /// The name of the store the key was taken from.
    pub store: String,
    /// The position of that store in [`Inventory::stores`].
    pub from: usize,
    /// The entry of that store.
    pub id: EntryId,
    /// The profile, for PKCS#12.
    pub profile: Option<Profile>,
    /// Iterations of key derivation, where the file has any.
    pub iterations: Option<u32>,
    /// The subjects of the certificates in the file, the identity's own first.
    pub chain: Vec<String>,
    /// Whether the path in the file ends with its root.
    pub root_included: bool,
    /// What was checked on the bytes read back, one word each.
    pub verified: Vec<&'static str>,
    /// How far the private key was proven; `None` for a file without one.
    pub proof: Option<Level>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// As [`output::Written::unsynced`].
    pub unsynced: Option<String>,
}

impl Exported {
    /// As an error, that the disk did not confirm the file.
    pub fn not_synced(&self) -> Option<Error> {
        output::not_synced(self.file.as_ref()?, self.unsynced.as_deref())
    }
}

/// An export that is ready to run.
pub struct Job<'a> {
    inventory: &'a mut Inventory,
    id: EntryId,
    options: &'a Options,
    destination: Destination<'a>,
}

impl<'a> Job<'a> {
    /// Checks, before anybody types a password, that the key may come out and that the target
    /// can be written.
    ///
    /// # Errors
    /// - [`Error::NotFound`]: no store of the inventory has this certificate.
    /// - [`Error::Store`]: no store has the private key, or none gives it out.
    /// - [`Error::TargetExists`], [`Error::Device`], [`Error::Target`]: see [`output::preflight`].
    pub fn new(
        inventory: &'a mut Inventory,
        id: &EntryId,
        options: &'a Options,
        destination: Destination<'a>,
    ) -> Result<Self, Error> {
        let listed = listed(inventory, id)?;
        if options.format.has_key() {
            may_come_out(listed.entry())?;
        }
        if let Destination::File {
            file,
            existing,
            privacy,
        } = &destination
        {
            output::preflight(file, *existing, *privacy)?;
        }
        Ok(Self {
            inventory,
            id: *id,
            options,
            destination,
        })
    }

    /// Whether [`Job::run`] needs a password.
    pub fn needs_password(&self) -> bool {
        self.options.needs_password()
    }

    /// Takes the key, obtains the password, builds the path, encodes, writes, reads back, and tells
    /// the stores of a private key that was saved to a file. A store that cannot record it is one
    /// of the [`Exported::warnings`].
    ///
    /// `password` is called if [`Job::needs_password`], once, and only after the key has come out:
    /// nobody thinks up a password for a key that stays where it is.
    ///
    /// # Errors
    /// - What `password` fails with.
    /// - [`Error::Store`], [`Error::Cancelled`]: no store gave the key; the first store's reason.
    /// - [`Error::KeyMismatch`]: every key that a store gave is another certificate's.
    /// - [`Error::Verification`], [`Error::Target`], [`Error::TargetExists`]: see
    ///   [`output::write`].
    /// - [`Error::Io`]: the stream does not take the bytes.
    pub fn run(
        mut self,
        password: impl FnOnce(&ListedCertificate) -> Result<Password, Error>,
        ask: &mut dyn Ask,
        progress: &mut dyn FnMut(Stage),
    ) -> Result<Exported, Error> {
        let report = self.save(password, ask, progress);
        wipe_stack();
        let mut report = report?;
        if report.file.is_some() && self.options.format.has_key() {
            let copied = HashSet::from([self.id]);
            let not_marked = self.inventory.mark_backed_up(&copied, time::now());
            report.warnings.extend(not_marked.iter().map(|failed| {
                let (store, error) = (&failed.store, &failed.error);
                let text = format!("{store} was not told of the copy: {error}");
                Warning::new(Code::NotMarked, text)
            }));
        }
        Ok(report)
    }

    /// The same without what follows, whatever came of it.
    fn save(
        &mut self,
        password: impl FnOnce(&ListedCertificate) -> Result<Password, Error>,
        ask: &mut dyn Ask,
        progress: &mut dyn FnMut(Stage),
    ) -> Result<Exported, Error> {
        let inventory = &*self.inventory;
        let listed = listed(inventory, &self.id)?;
        let mut key = None;
        if self.options.format.has_key() {
            progress(Stage::Key);
            key = Some(ProvenKey::take(inventory, listed, ask)?);
        }
        let password = match self.options.needs_password() {
            true => Some(password(listed)?),
            false => None,
        };
        let password = password.as_ref();
        let mut warnings = self.options.warnings(password);
        if let Some(proven) = &key {
            warnings.extend(proven.warnings.iter().cloned());
        }
        let source = match &key {
            Some(proven) => proven.stored,
            None => &listed.entries()[0],
        };
        progress(Stage::Path);
        let issuers = self.options.has_path();
        let issuers = issuers.then(|| inventory.known_issuers());
        let leaf = &source.entry.certificate;
        let chain = Chain::build(leaf, self.options.include, issuers.as_ref());
        let outside = time::outside_validity(&chain.leaf.parse(), time::now());
        // Saved all the same, for old mail needs old keys.
        let outside = outside.map(|outside| format!("the certificate {outside}"));
        warnings.extend(outside.map(|text| Warning::new(Code::OutsideValidity, text)));
        warnings.extend(chain.outside_validity.iter().cloned());
        warnings.extend(chain.warnings.iter().cloned());

        progress(Stage::Write);
        let secret = key.as_ref().map(|proven| &proven.key);
        let sealed = Sealed::new(self.options, &source.entry, &chain, secret, password)?;
        let saved = sealed.write(&mut self.destination)?;
        warnings.extend(saved.warnings);

        let certificates = std::iter::once(&chain.leaf).chain(&chain.issuers);
        Ok(Exported {
            file: saved.file,
            sha256: saved.sha256,
            thumbprint: listed.thumbprint(),
            label: source.entry.display_label(),
            store: inventory.store_name(source.store),
            from: source.store,
            id: source.entry.id,
            profile: (self.options.format == Format::P12).then_some(self.options.profile),
            iterations: password.map(|_| self.options.iterations.get()),
            chain: certificates
                .map(|certificate| names::distinguished_name_of_der(certificate.subject_der()))
                .collect(),
            root_included: chain.root_included,
            verified: saved.checks,
            proof: key.as_ref().map(|proven| proven.proof),
            warnings,
            unsynced: saved.unsynced,
        })
    }
}

/// The certificate of an inventory with this id.
fn listed<'a>(inventory: &'a Inventory, id: &EntryId) -> Result<&'a ListedCertificate, Error> {
    inventory.certificate(id).ok_or_else(|| Error::NotFound {
        selector: names::hex(id.as_bytes()),
        searched: inventory.store_names(),
        note: None,
        near: None,
    })
}

#[cfg(test)]
mod tests;
