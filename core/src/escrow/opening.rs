//! Opening what was sealed, with the private key.

use std::fmt;
use std::path::Path;

use certstow_formats::certificate::Certificate;
use certstow_formats::key::public_key_of;
use certstow_formats::secret::{self, Password};
use certstow_platform::store::Ask;
use certstow_platform::{OpenOptions, certificates_in, private_keys_in};
use rsa::pkcs8::PrivateKeyInfoRef;
use sha1::{Digest as _, Sha1};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::SubjectPublicKeyInfo;
use zeroize::Zeroizing;

use super::{Trouble, refused, unreadable};
use crate::error::Error;
use crate::output;
use certstow_formats::cms::{Enveloped, Recipient, RecipientName, SealedKey};
use certstow_formats::cms::{agreement, transport};
use certstow_formats::names;
use certstow_formats::proof::{self, Refusal};

/// The private keys that open what was sealed; nearly always one.
pub struct EscrowKey {
    keys: Vec<PrivateKey>,
    names: Names,
}

/// What says that something is sealed to one of these keys.
#[derive(Default)]
struct Names {
    /// The certificates that lie in the file of the keys.
    certificates: Vec<Certificate>,
    /// The identifiers of the keys, by the first method of RFC 5280, 4.2.1.2, which most certificates
    /// follow.
    identifiers: Vec<[u8; 20]>,
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
    /// Keys of which no certificate is known.
    #[cfg(test)]
    pub(super) fn of(keys: Vec<PrivateKey>) -> Self {
        let names = Names::default();
        Self { keys, names }
    }

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
            _ => Ok(Self {
                keys,
                names: Names {
                    // What is wrong with one of them keeps no key from opening anything.
                    certificates: certificates_in(path).unwrap_or_default(),
                    identifiers: found.iter().filter_map(identifier).collect(),
                },
            }),
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
        let mut enveloped = Enveloped::read(sealed).map_err(Trouble::Unreadable)?;
        // Whatever a name says, every key is tried: a file of keys need not have their certificates.
        enveloped
            .recipients
            .sort_by_key(|recipient| !self.names.fit(&recipient.name));
        let mut refusal = None;
        for recipient in &enveloped.recipients {
            for key in &self.keys {
                match self.open_as(recipient, key, &enveloped) {
                    Ok(Some(password)) => return Ok(password),
                    Ok(None) => {}
                    Err(why) => _ = refusal.get_or_insert(why),
                }
            }
        }
        if enveloped.recipients.is_empty() {
            refusal = Some("it has no recipients".to_owned());
        }
        match refusal {
            Some(why) => Err(Trouble::Unreadable(why)),
            None => {
                let recipients = enveloped.recipients.iter();
                let names = recipients.map(|recipient| recipient.name.in_words());
                Err(Trouble::WrongKey(names.collect()))
            }
        }
    }

    /// The password, if it is sealed to this key.
    ///
    /// # Errors
    /// Why it seems to be, and yet does not come out.
    fn open_as(
        &self,
        recipient: &Recipient<'_>,
        key: &PrivateKey,
        enveloped: &Enveloped<'_>,
    ) -> Result<Option<Password>, String> {
        let Some(content_key) = key.open(&recipient.key)? else {
            return Ok(None);
        };
        // RSAES-PKCS1-v1_5 gives something of any length for a wrong key, too (RFC 3218, 2.3.2).
        if content_key.len() != enveloped.cipher.key_length() {
            return Ok(None);
        }
        content(enveloped, &content_key).map(Some).map_err(|why| {
            let is_certain = match recipient.key {
                SealedKey::Transport { algorithm, .. } => transport::tells_wrong_keys(algorithm),
                SealedKey::Agreement { .. } | SealedKey::Other => true,
            };
            match is_certain || self.names.fit(&recipient.name) {
                true => why.to_owned(),
                false => format!("{why}, or it is sealed to another key"),
            }
        })
    }
}

impl Names {
    fn fit(&self, name: &RecipientName<'_>) -> bool {
        let mut certificates = self.certificates.iter();
        match name {
            RecipientName::Certificate { issuer, serial } => certificates.any(|certificate| {
                certificate.issuer_der() == issuer && certificate.parse().raw_serial() == *serial
            }),
            RecipientName::Key(identifier) => {
                let named = |certificate: &Certificate| {
                    names::subject_key_id(&certificate.parse()) == Some(*identifier)
                };
                self.identifiers.iter().any(|own| own == identifier) || certificates.any(named)
            }
            RecipientName::Other => false,
        }
    }
}

/// The identifier of the public half of a key.
fn identifier(key: &secret::PrivateKey) -> Option<[u8; 20]> {
    let spki = public_key_of(key).ok()?;
    let (_, spki) = SubjectPublicKeyInfo::from_der(&spki).ok()?;
    Some(Sha1::digest(&spki.subject_public_key.data).into())
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

/// The password in a file, opened with this key, or why it does not open.
fn content(enveloped: &Enveloped<'_>, key: &[u8]) -> Result<Password, &'static str> {
    let content = enveloped
        .cipher
        .decrypt(key, enveloped.iv, enveloped.content);
    let content = content.ok_or("it is damaged: its content does not decrypt")?;
    match str::from_utf8(&content) {
        Ok(text) => Ok(Password::new(text.to_owned())),
        Err(_) => Err("what is in it is no password: it is not UTF-8 text"),
    }
}
