//! Opening what was sealed, with the private key.

use std::fmt;
use std::path::Path;

use certstow_platform::secret::Password;
use certstow_platform::store::Ask;
use certstow_platform::{OpenOptions, private_keys_in};
use rsa::pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

use super::cms::{Enveloped, SealedKey};
use super::{Trouble, agreement, refused, transport, unreadable};
use crate::error::Error;
use crate::output;
use crate::proof::{self, Refusal};

/// The private keys that open what was sealed; nearly always one.
pub struct EscrowKey {
    pub(super) keys: Vec<PrivateKey>,
}

pub(super) enum PrivateKey {
    Rsa(Box<rsa::PrivateKey>),
    Ec(agreement::PrivateKey),
}

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
        let refuse = |why: &str| refused(path, Trouble::Key(why.to_owned()));
        let wait = output::waiting_for(path);
        std::fs::metadata(path).map_err(|source| unreadable(path, source))?;
        let found = private_keys_in(path, options, ask)?;
        drop(wait);
        if found.is_empty() {
            return Err(refuse("no private key is in it"));
        }
        let mut keys = Vec::new();
        let mut why = None;
        for key in &found {
            match proof::read_info(key).and_then(PrivateKey::of) {
                Ok(key) => keys.push(key),
                Err(Refusal::Damaged(reason)) => {
                    why = Some(format!("the private key is damaged: {reason}"));
                }
                Err(Refusal::Unknown(what)) => why = Some(format!("its key is {what}")),
            }
        }
        match why {
            Some(why) if keys.is_empty() => Err(refuse(&why)),
            _ => Ok(Self { keys }),
        }
    }

    /// Opens a sealed password; `file` is where it came from, for errors.
    ///
    /// # Errors
    /// [`Error::Escrow`] with [`Trouble::WrongKey`] or [`Trouble::Unreadable`].
    pub fn open(&self, sealed: &[u8], file: &Path) -> Result<Password, Error> {
        self.open_bytes(sealed).map_err(|why| refused(file, why))
    }

    pub(super) fn open_bytes(&self, sealed: &[u8]) -> Result<Password, Trouble> {
        let enveloped = Enveloped::read(sealed).map_err(Trouble::Unreadable)?;
        let mut unsupported = None;
        for recipient in &enveloped.recipients {
            for key in &self.keys {
                match key.open(&recipient.key) {
                    Ok(Some(content_key)) => {
                        // PKCS#1 v1.5 gives something for a wrong key, too.
                        if content_key.len() == enveloped.cipher.key_length() {
                            return content(&enveloped, &content_key);
                        }
                    }
                    Ok(None) => {}
                    Err(why) => unsupported = Some(why),
                }
            }
        }
        match unsupported {
            Some(why) => Err(Trouble::Unreadable(why)),
            None if enveloped.recipients.is_empty() => {
                Err(Trouble::Unreadable("it has no recipients".to_owned()))
            }
            None => {
                let names = enveloped.recipients.into_iter();
                Err(Trouble::WrongKey(names.map(|one| one.name).collect()))
            }
        }
    }
}

impl PrivateKey {
    pub(super) fn of(info: PrivateKeyInfoRef<'_>) -> Result<Self, Refusal> {
        match info.algorithm.oid.to_string().as_str() {
            "1.2.840.113549.1.1.1" => proof::rsa_private_key(info.private_key.as_bytes())
                .map(|key| Self::Rsa(Box::new(key))),
            "1.2.840.10045.2.1" => {
                let curve = info.algorithm.parameters_oid().map(|oid| oid.to_string());
                match agreement::PrivateKey::read(&curve.unwrap_or_default(), info) {
                    Some(Ok(key)) => Ok(Self::Ec(key)),
                    Some(Err(())) => Err(Refusal::Damaged("its two halves do not belong together")),
                    None => Err(Refusal::Unknown(
                        "on a curve that certstow does not know".to_owned(),
                    )),
                }
            }
            _ => Err(Refusal::Unknown("of a kind that only signs".to_owned())),
        }
    }

    /// The content's key; `None` when it is sealed to another key.
    fn open(&self, sealed: &SealedKey<'_>) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        match (self, sealed) {
            (Self::Rsa(private), SealedKey::Transport { algorithm, key }) => {
                transport::open(private, *algorithm, key)
            }
            (
                Self::Ec(private),
                SealedKey::Agreement {
                    algorithm,
                    point,
                    material,
                    key,
                },
            ) => agreement::open(private, *algorithm, point, *material, key),
            _ => Ok(None),
        }
    }
}

/// The password in a file, of which the key is known.
fn content(enveloped: &Enveloped<'_>, key: &[u8]) -> Result<Password, Trouble> {
    let content = enveloped
        .cipher
        .decrypt(key, enveloped.iv, enveloped.content);
    let content = content.ok_or_else(|| {
        Trouble::Unreadable("it is damaged: its content does not decrypt".to_owned())
    })?;
    match str::from_utf8(&content) {
        Ok(text) => Ok(Password::new(text.to_owned())),
        Err(_) => Err(Trouble::Unreadable(
            "what is in it is no password: it is not UTF-8 text".to_owned(),
        )),
    }
}
