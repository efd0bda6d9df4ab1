//! One identity, saved and proven: the private key comes out of its store, is shown to belong to
//! the certificate, goes into a file together with the certification path, and the file gets its
//! name only after the bytes on disk were read back and restore the same identity.
//!
//! [`Job::new`] does everything that can fail without a password or a key; [`Job::run`] does the
//! rest. Nothing here prompts except through the given [`Ask`].

mod certificates;
mod name;
mod pem;

use std::io::Write;
use std::path::{Path, PathBuf};

use certstow_platform::certificate::Certificate;
use certstow_platform::error::StoreError;
use certstow_platform::secret::{Password, PrivateKey};
use certstow_platform::store::{Ask, Entry, KeyState};
use sha2::{Digest, Sha256};

use crate::chain::{self, Candidates, Include, PathEnd};
use crate::error::Error;
use crate::identity::{Identity, Inventory, StoredEntry};
use crate::output::{self, Existing};
use crate::pkcs12::attributes::{Attributes, Properties};
use crate::pkcs12::encode::{self, Content};
use crate::pkcs12::profile::{Iterations, Profile};
use crate::pkcs12::readback;
use crate::proof::{self, Proof, ProofError};
use crate::{names, time};

pub use name::{default_file_name, with_extension};

/// The form of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// PKCS#12 (RFC 7292): key, certificate and path under a password.
    #[default]
    P12,
    /// PEM (RFC 7468): the key as encrypted PKCS#8, then the certificate, then the path.
    Pem,
    /// The certificate alone, as DER.
    Der,
    /// Certificate and path without the key: PKCS#7 (RFC 5652, "certs-only").
    P7b,
}

impl Format {
    /// Whether the private key is part of it.
    pub fn has_key(self) -> bool {
        matches!(self, Self::P12 | Self::Pem)
    }

    /// Whether the certification path is part of it.
    fn has_path(self) -> bool {
        self != Self::Der
    }

    /// The usual file name extension: RFC 2585 for `cer`, custom for the others.
    pub fn extension(self) -> &'static str {
        match self {
            Self::P12 => "p12",
            Self::Pem => "pem",
            Self::Der => "cer",
            Self::P7b => "p7b",
        }
    }
}

/// What an export is to give.
#[derive(Debug, Clone)]
pub struct Options {
    /// The form.
    pub format: Format,
    /// How much of the certification path goes in.
    pub include: Include,
    /// Which attributes go into a PKCS#12 file.
    pub properties: Properties,
    /// The friendly name, in place of the identity's label.
    pub friendly_name: Option<String>,
    /// The algorithms of a PKCS#12 file.
    pub profile: Profile,
    /// Iterations of key derivation.
    pub iterations: Iterations,
    /// Whether a PEM file holds the private key in the clear.
    pub unencrypted_key: bool,
}

/// Where the bytes go.
pub enum Destination<'a> {
    /// A file.
    File {
        /// Its name.
        file: PathBuf,
        /// What to do when it exists.
        existing: Existing,
    },
    /// A stream, which gets the bytes after they were verified in memory.
    Stream(&'a mut dyn Write),
}

/// How far an export has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The private key is being read; a store may ask for its password.
    Key,
    /// The certification path is being built.
    Path,
    /// Keys are being derived and the file is being written and read back.
    Write,
}

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file; `None` for a stream.
    pub file: Option<PathBuf>,
    /// The SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// The identity's SHA-1 thumbprint.
    pub thumbprint: String,
    /// The identity's label.
    pub label: String,
    /// The name of the store the key was taken from.
    pub store: String,
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
    /// What the user should know, in sentences.
    pub warnings: Vec<String>,
}

/// An export that is ready to run.
pub struct Job<'a> {
    inventory: &'a Inventory,
    identity: &'a Identity,
    options: &'a Options,
    destination: Destination<'a>,
}

/// The certificates that go into the file, and what is to be said about them.
struct Chain {
    leaf: Certificate,
    issuers: Vec<Certificate>,
    root_included: bool,
    warnings: Vec<String>,
}

impl<'a> Job<'a> {
    /// Checks, before anybody types a password, that the key may come out and that the target
    /// can be written.
    ///
    /// # Errors
    /// - [`Error::Store`]: no store has the private key, or none gives it out.
    /// - [`Error::TargetExists`], [`Error::Target`]: see [`output::preflight`].
    pub fn new(
        inventory: &'a Inventory,
        identity: &'a Identity,
        options: &'a Options,
        destination: Destination<'a>,
    ) -> Result<Self, Error> {
        if options.format.has_key() {
            key_may_come_out(identity.entry())?;
        }
        if let Destination::File { file, existing } = &destination {
            output::preflight(file, *existing)?;
        }
        Ok(Self {
            inventory,
            identity,
            options,
            destination,
        })
    }

    /// Whether [`Job::run`] needs a password.
    pub fn needs_password(&self) -> bool {
        match self.options.format {
            Format::P12 => true,
            Format::Pem => !self.options.unencrypted_key,
            Format::Der | Format::P7b => false,
        }
    }

    /// Takes the key, builds the path, encodes, writes, reads back.
    ///
    /// # Errors
    /// - [`Error::Password`]: a password is needed and there is none.
    /// - [`Error::Store`], [`Error::Cancelled`]: no store gave the key; the first store's reason.
    /// - [`Error::KeyMismatch`]: the key is not the certificate's.
    /// - [`Error::Verification`], [`Error::Target`], [`Error::TargetExists`]: see
    ///   [`output::write`].
    /// - [`Error::Io`]: the stream does not take the bytes.
    pub fn run(
        self,
        password: Option<&Password>,
        ask: &mut dyn Ask,
        progress: &mut dyn FnMut(Step),
    ) -> Result<Report, Error> {
        if self.needs_password() && password.is_none() {
            return Err(Error::Password("the file needs a password".to_owned()));
        }
        let mut warnings = Vec::new();
        let mut source = &self.identity.entries()[0];
        let mut key = None;
        if self.options.format.has_key() {
            progress(Step::Key);
            let (stored, secret) = self.take_key(ask)?;
            warnings.extend(prove(&secret, &stored.entry)?);
            source = stored;
            key = Some(secret);
        }
        progress(Step::Path);
        let chain = self.chain(source);
        warnings.extend(validity_warning(&chain.leaf, time::now()));
        warnings.extend(chain.warnings.iter().cloned());

        progress(Step::Write);
        let sealed = Sealed::new(self.options, &source.entry, &chain, key.as_ref(), password)?;
        let (file, sha256, verified, written) = sealed.write(self.destination)?;
        warnings.extend(written);

        let has_iterations = key.is_some() && password.is_some();
        let certificates = std::iter::once(&chain.leaf).chain(&chain.issuers);
        Ok(Report {
            file,
            sha256,
            thumbprint: self.identity.thumbprint(),
            label: names::label(&source.entry, &chain.leaf.parse()),
            store: self.inventory.store_name(source.store),
            profile: (self.options.format == Format::P12).then_some(self.options.profile),
            iterations: has_iterations.then(|| self.options.iterations.get()),
            chain: certificates
                .map(|certificate| names::distinguished_name_of_der(certificate.subject_der()))
                .collect(),
            root_included: chain.root_included,
            verified,
            warnings,
        })
    }

    /// The key from the first store that gives it.
    fn take_key(&self, ask: &mut dyn Ask) -> Result<(&'a StoredEntry, PrivateKey), Error> {
        let mut first_refusal = None;
        for stored in self.identity.entries() {
            let store = &self.inventory.stores()[stored.store];
            match store.private_key(&stored.entry.id, ask) {
                Ok(key) => return Ok((stored, key)),
                // The person gave up on the export, not on one of the stores.
                Err(StoreError::Cancelled) => return Err(Error::Cancelled),
                Err(refusal) => first_refusal = first_refusal.or(Some(refusal)),
            }
        }
        Err(first_refusal.map_or_else(|| key_missing(self.identity.entry()), Error::from))
    }

    fn chain(&self, source: &StoredEntry) -> Chain {
        let leaf = source.entry.certificate.clone();
        if !self.options.format.has_path() || self.options.include == Include::None {
            return Chain {
                root_included: false,
                issuers: Vec::new(),
                warnings: Vec::new(),
                leaf,
            };
        }
        let candidates = Candidates::new(self.inventory.issuers()).with_native_roots();
        let path = chain::build(&leaf, &candidates);
        let issuers = path.issuers(self.options.include).to_vec();
        let last = issuers.last().unwrap_or(&leaf);
        Chain {
            root_included: path.end == PathEnd::Root && path.certificates.last() == Some(last),
            warnings: path_warning(&path.end).into_iter().collect(),
            issuers,
            leaf,
        }
    }
}

/// The bytes of the file, and what is needed to prove them.
struct Sealed<'s> {
    bytes: zeroize::Zeroizing<Vec<u8>>,
    chain: &'s Chain,
    key: Option<&'s PrivateKey>,
    password: Option<&'s Password>,
    friendly_name: Option<String>,
    format: Format,
}

impl<'s> Sealed<'s> {
    fn new(
        options: &Options,
        entry: &Entry,
        chain: &'s Chain,
        key: Option<&'s PrivateKey>,
        password: Option<&'s Password>,
    ) -> Result<Self, Error> {
        let mut friendly_name = None;
        let bytes = match (options.format, key, password) {
            (Format::P12, Some(key), Some(password)) => {
                let label = names::label(entry, &chain.leaf.parse());
                let name = options.friendly_name.as_ref().unwrap_or(&label);
                let attributes = Attributes::of(entry, Some(name), options.properties);
                let content = Content {
                    key,
                    leaf: &chain.leaf,
                    issuers: &chain.issuers,
                    attributes: &attributes,
                };
                let bytes = encode::encode(&content, options.profile, options.iterations, password)
                    .map_err(no_randomness)?;
                friendly_name = attributes.friendly_name;
                bytes.into()
            }
            (Format::Pem, Some(key), password) => {
                let password = password.filter(|_| !options.unencrypted_key);
                pem::encode(
                    key,
                    password,
                    options.iterations,
                    &chain.leaf,
                    &chain.issuers,
                )?
            }
            (Format::P7b, ..) => certificates::p7b(&chain.leaf, &chain.issuers).into(),
            _ => chain.leaf.der().to_vec().into(),
        };
        Ok(Self {
            bytes,
            chain,
            key,
            password,
            friendly_name,
            format: options.format,
        })
    }

    /// Proves that `bytes`, read back, hold what was meant.
    fn verify(&self, bytes: &[u8]) -> Result<Vec<&'static str>, String> {
        let Chain { leaf, issuers, .. } = self.chain;
        match (self.format, self.key, self.password) {
            (Format::P12, _, Some(password)) => {
                let name = self.friendly_name.as_deref();
                readback::verify(bytes, password, leaf, issuers, name).map(|found| found.checks)
            }
            (Format::Pem, Some(key), password) => pem::verify(bytes, key, password, leaf, issuers),
            (Format::P7b, ..) => certificates::verify_p7b(bytes, leaf, issuers),
            _ => certificates::verify_der(bytes, leaf),
        }
    }

    /// Writes and verifies; gives the file's name, the hash, the checks made and warnings.
    fn write(&self, destination: Destination<'_>) -> Result<Outcome, Error> {
        let mut checks = Vec::new();
        match destination {
            Destination::File { file, existing } => {
                let written = output::write(&file, existing, &self.bytes, |read| {
                    checks = self.verify(read)?;
                    Ok(())
                })?;
                Ok((Some(written.file), written.sha256, checks, written.warnings))
            }
            Destination::Stream(stream) => {
                let name = "standard output";
                checks = self
                    .verify(&self.bytes)
                    .map_err(|reason| Error::Verification {
                        file: name.into(),
                        reason,
                    })?;
                let sent = stream.write_all(&self.bytes).and_then(|()| stream.flush());
                sent.map_err(|source| Error::Io {
                    place: name.to_owned(),
                    source,
                })?;
                Ok((None, Sha256::digest(&self.bytes).into(), checks, Vec::new()))
            }
        }
    }
}

/// File, SHA-256, checks made, warnings.
type Outcome = (Option<PathBuf>, [u8; 32], Vec<&'static str>, Vec<String>);

fn key_may_come_out(entry: &Entry) -> Result<(), Error> {
    match &entry.key {
        KeyState::Missing => Err(key_missing(entry)),
        KeyState::NotExportable(reason) => Err(Error::Store(StoreError::KeyNotExportable {
            place: place(entry),
            reason: reason.clone(),
            source: None,
        })),
        KeyState::Exportable | KeyState::Locked(_) | KeyState::Unknown => Ok(()),
    }
}

fn key_missing(entry: &Entry) -> Error {
    Error::Store(StoreError::KeyMissing {
        place: place(entry),
    })
}

fn place(entry: &Entry) -> String {
    match entry.places.first() {
        Some(place) => place.clone(),
        None => names::label(entry, &entry.certificate.parse()),
    }
}

/// Proves the key; a warning when its algorithm allows no proof.
fn prove(key: &PrivateKey, entry: &Entry) -> Result<Option<String>, Error> {
    match proof::prove(key, &entry.certificate) {
        Ok(Proof::Signed) => Ok(None),
        Ok(Proof::NotProvable(reason)) => Ok(Some(format!(
            "certstow cannot prove that this private key works: {reason}"
        ))),
        Err(ProofError::Mismatch) => Err(Error::KeyMismatch {
            place: place(entry),
        }),
        Err(ProofError::Useless(reason)) => Err(Error::Store(StoreError::Damaged {
            place: place(entry),
            reason,
            source: None,
        })),
    }
}

fn path_warning(end: &PathEnd) -> Option<String> {
    match end {
        PathEnd::Root => None,
        PathEnd::MissingIssuer { name_der } => Some(format!(
            "the certification path is incomplete: the certificate of its issuer '{}' was not \
             found in any store",
            names::distinguished_name_of_der(name_der)
        )),
        PathEnd::Unverified { name_der, reason } => Some(format!(
            "the certification path is incomplete: '{}' is there but does not prove to be the \
             issuer: {reason}",
            names::distinguished_name_of_der(name_der)
        )),
    }
}

/// A certificate outside its time is saved all the same, for old mail needs old keys.
fn validity_warning(leaf: &Certificate, now: i64) -> Option<String> {
    let parsed = leaf.parse();
    let validity = parsed.validity();
    let (begins, ends) = (
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    );
    if ends < now {
        Some(format!(
            "the certificate expired on {}",
            time::local_date(ends)
        ))
    } else if begins > now {
        Some(format!(
            "the certificate is not valid before {}",
            time::local_date(begins)
        ))
    } else {
        None
    }
}

fn no_randomness(error: getrandom::Error) -> Error {
    Error::Io {
        place: "the system's source of random numbers".to_owned(),
        source: std::io::Error::other(error.to_string()),
    }
}

/// Whether a path names a folder rather than a file to be made.
fn names_a_folder(file: &Path) -> bool {
    file.is_dir()
        || file
            .as_os_str()
            .to_string_lossy()
            .ends_with(['/', std::path::MAIN_SEPARATOR])
}
