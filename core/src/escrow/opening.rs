//! Opening what was sealed, with the private key.

use std::fmt;
use std::path::Path;

use certstow_formats::cms::{OpenError, RecipientKeys};
use certstow_formats::secret::Password;
use certstow_platform::store::Ask;
use certstow_platform::{OpenOptions, certificates_in, private_keys_in};

use super::{Trouble, refused};
use crate::error::Error;
use crate::output;

/// The private keys that open what was sealed; nearly always one.
pub struct EscrowKey(pub(super) RecipientKeys);

impl fmt::Debug for EscrowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EscrowKey(hidden)")
    }
}

impl EscrowKey {
    /// Reads the private key in a file: PKCS#8, encrypted or not, PKCS#1 or SEC1, as PEM or DER, or
    /// PKCS#12. What is locked is opened with the password in `options`, or those `ask` gives.
    ///
    /// # Errors
    /// - [`Error::Io`]: the file is not there, or cannot be read.
    /// - [`Error::Store`]: it is locked and no password came, or a wrong one; or it is damaged.
    /// - [`Error::Cancelled`]: the person asked gave up.
    /// - [`Error::Escrow`] with [`Trouble::Key`]: no key is in it, or none that could open
    ///   anything.
    pub fn read(path: &Path, options: &OpenOptions, ask: &mut dyn Ask) -> Result<Self, Error> {
        let wait = output::waiting_for(path);
        std::fs::metadata(path).map_err(|source| Error::io(path, source))?;
        let found = private_keys_in(path, options, ask)?;
        drop(wait);
        // What is wrong with a certificate keeps no key from opening anything.
        let certificates = certificates_in(path).unwrap_or_default();
        let keys = RecipientKeys::new(&found, certificates);
        keys.map(Self)
            .map_err(|why| refused(path, Trouble::Key(why)))
    }

    /// Opens a sealed password; `file` is where it came from, for errors.
    ///
    /// # Errors
    /// [`Error::Escrow`] with [`Trouble::WrongKey`] or [`Trouble::Unreadable`].
    pub fn open(&self, sealed: &[u8], file: &Path) -> Result<Password, Error> {
        self.open_bytes(sealed).map_err(|why| refused(file, why))
    }

    pub(super) fn open_bytes(&self, sealed: &[u8]) -> Result<Password, Trouble> {
        self.0.open(sealed, password).map_err(|error| match error {
            OpenError::WrongKey(recipients) => Trouble::WrongKey(recipients),
            OpenError::Unreadable(why) => Trouble::Unreadable(why),
        })
    }
}

fn password(content: &[u8]) -> Result<Password, &'static str> {
    match str::from_utf8(content) {
        Ok(text) => Ok(Password::new(text.to_owned())),
        Err(_) => Err("what is in it is no password: it is not UTF-8 text"),
    }
}
