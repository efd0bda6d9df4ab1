//! The bytes of one file in any of its forms, written and then proven: what is read back has to
//! give the identity that was meant, or the file is not written.

use std::cell::OnceCell;
use std::path::PathBuf;

use certstow_formats::pkcs12::attributes::Attributes;
use certstow_formats::pkcs12::encode::{self, Content};
use certstow_formats::pkcs12::readback;
use certstow_formats::secret::{Password, PrivateKey};
use certstow_platform::store::Entry;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Chain, Destination, Format, Options, certificates, pem};
use crate::error::Error;
use crate::warning::Warning;
use crate::{output, waits};

/// A file that was written and proven.
pub(crate) struct Saved {
    /// Its name; `None` for a stream and for memory.
    pub(crate) file: Option<PathBuf>,
    pub(crate) sha256: [u8; 32],
    /// A word for each check made.
    pub(crate) checks: Vec<&'static str>,
    pub(crate) warnings: Vec<Warning>,
    /// As [`output::Written::unsynced`].
    pub(crate) unsynced: Option<String>,
}

impl Saved {
    /// As an error, that the disk did not confirm it.
    pub(crate) fn not_synced(&self) -> Option<Error> {
        output::not_synced(self.file.as_ref()?, self.unsynced.as_deref())
    }
}

/// The bytes of the file, and what is needed to prove them.
pub(crate) struct Sealed<'s> {
    bytes: Zeroizing<Vec<u8>>,
    chain: &'s Chain,
    key: Option<&'s PrivateKey>,
    password: Option<&'s Password>,
    friendly_name: Option<String>,
    format: Format,
    /// What was proven of the bytes.
    proven: OnceCell<Vec<&'static str>>,
}

impl<'s> Sealed<'s> {
    pub(crate) fn new(
        options: &Options,
        entry: &Entry,
        chain: &'s Chain,
        key: Option<&'s PrivateKey>,
        password: Option<&'s Password>,
    ) -> Result<Self, Error> {
        let mut friendly_name = None;
        let bytes = match (options.format, key, password) {
            (Format::P12, Some(key), Some(password)) => {
                let label = entry.display_label();
                let name = options.friendly_name.as_ref().unwrap_or(&label);
                let attributes = Attributes::new(
                    &entry.certificate,
                    name,
                    entry.provider.as_deref(),
                    &entry.properties,
                    options.properties,
                );
                let content = Content {
                    key,
                    leaf: &chain.leaf,
                    issuers: &chain.issuers,
                    attributes: &attributes,
                };
                let bytes = encode::encode(&content, options.profile, options.iterations, password)
                    .map_err(Error::no_randomness)?;
                friendly_name = attributes.friendly_name;
                bytes.into()
            }
            (Format::Pem, Some(key), password) => pem::encode(
                key,
                password,
                options.iterations,
                &chain.leaf,
                &chain.issuers,
            )?,
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
            proven: OnceCell::new(),
        })
    }

    /// How many bytes there are.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Proves that `bytes`, read back, hold what was meant. The same bytes need no second proof:
    /// key derivation is what takes the time.
    fn verify(&self, bytes: &[u8]) -> Result<Vec<&'static str>, String> {
        if let Some(proven) = self.proven.get().filter(|_| *bytes == **self.bytes) {
            return Ok(proven.clone());
        }
        let checks = self.prove(bytes)?;
        if *bytes == **self.bytes {
            let _ = self.proven.set(checks.clone());
        }
        Ok(checks)
    }

    fn prove(&self, bytes: &[u8]) -> Result<Vec<&'static str>, String> {
        let Chain { leaf, issuers, .. } = self.chain;
        match (self.format, self.key, self.password) {
            (Format::P12, _, Some(password)) => {
                let name = self.friendly_name.as_deref();
                readback::verify(bytes, password, leaf, issuers, name)
            }
            (Format::Pem, Some(key), password) => pem::verify(bytes, key, password, leaf, issuers),
            (Format::P7b, ..) => certificates::verify_p7b(bytes, leaf, issuers),
            _ => certificates::verify_der(bytes, leaf),
        }
    }

    /// Writes and verifies; the same bytes again, if it is called again.
    pub(crate) fn write(&self, destination: &mut Destination<'_>) -> Result<Saved, Error> {
        let mut checks = Vec::new();
        match destination {
            Destination::File {
                file,
                existing,
                privacy,
            } => {
                let written = output::write(file, *existing, *privacy, &self.bytes, |read| {
                    checks = self.verify(read)?;
                    Ok(())
                })?;
                Ok(Saved {
                    file: Some(written.file),
                    sha256: written.sha256,
                    checks,
                    warnings: written.warnings,
                    unsynced: written.unsynced,
                })
            }
            Destination::Stream { stream, name } => {
                let saved = self.verified_in_memory(name)?;
                let _wait = waits::waiting_for(format!("{name} to take the file"));
                let sent = stream.write_all(&self.bytes).and_then(|()| stream.flush());
                sent.map_err(|source| Error::Io {
                    place: name.to_owned(),
                    source,
                })?;
                Ok(saved)
            }
            Destination::Bytes(bytes) => {
                let saved = self.verified_in_memory("memory")?;
                // It may grow, which must not leave an earlier key behind.
                bytes.zeroize();
                bytes.extend_from_slice(&self.bytes);
                Ok(saved)
            }
        }
    }

    /// Verifies the bytes that are given to what keeps no file; `name` is what an error calls it.
    fn verified_in_memory(&self, name: &str) -> Result<Saved, Error> {
        let checks = self.verify(&self.bytes);
        let checks = checks.map_err(|reason| Error::Verification {
            file: name.into(),
            reason,
        })?;
        Ok(Saved {
            file: None,
            sha256: Sha256::digest(&self.bytes).into(),
            checks,
            warnings: Vec::new(),
            unsynced: None,
        })
    }
}
