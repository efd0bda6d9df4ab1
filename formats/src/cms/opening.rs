//! Decrypting as the holder of a private key: the content-encryption key by key transport or key
//! agreement, and the content with it. Every key is tried with every recipient, those first that a
//! certificate or an identifier names.

use rsa::pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

use super::enveloped_data::EnvelopedData;
use super::recipient_info::{EncryptedKey, RecipientIdentifier, RecipientInfo};
use super::{agreement, transport};
use crate::certificate::Certificate;
use crate::key::{key_identifier, public_key_of};
use crate::proof::{self, Refusal};
use crate::{names, secret};

/// Private keys that decrypt, with what tells the messages that are encrypted to them.
pub struct RecipientKeys {
    keys: Vec<PrivateKey>,
    names: Names,
}

/// What says that a message is encrypted to one of these keys.
struct Names {
    certificates: Vec<Certificate>,
    /// The identifiers of the keys, by the first method of RFC 5280, 4.2.1.2, which most certificates
    /// follow.
    identifiers: Vec<[u8; 20]>,
}

/// The kinds of key that decrypt.
enum PrivateKey {
    Rsa(Box<rsa::PrivateKey>),
    Ec(agreement::PrivateKey),
}

/// Why a message is not decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// It is encrypted to other keys; whose, in words for a person.
    WrongKey(Vec<String>),
    /// It is damaged, or encrypted in a way that is not read; in words that follow "it cannot be
    /// opened: ".
    Unreadable(String),
}

impl RecipientKeys {
    /// Those of `keys` that decrypt something. `certificates` need not belong to them.
    ///
    /// # Errors
    /// None of them does: why, in a sentence about the last.
    pub fn new(
        keys: &[secret::PrivateKey],
        certificates: Vec<Certificate>,
    ) -> Result<Self, String> {
        let mut usable = Vec::new();
        let mut why = "no private key is in it".to_owned();
        for key in keys {
            match proof::read_info(key).and_then(PrivateKey::of) {
                Ok(key) => usable.push(key),
                Err(Refusal::Damaged(reason)) => {
                    why = format!("the private key is damaged: {reason}");
                }
                Err(Refusal::Unknown(what)) => why = format!("its key is {what}"),
            }
        }
        if usable.is_empty() {
            return Err(why);
        }
        let identifiers = keys.iter().filter_map(identifier).collect();
        Ok(Self {
            keys: usable,
            names: Names {
                certificates,
                identifiers,
            },
        })
    }

    /// Decrypts the `EnvelopedData` in `bytes`, and gives what `read` makes of its content. `read`
    /// refuses content that cannot be right, because nothing else tells it from what a wrong key
    /// decrypts to.
    ///
    /// # Errors
    /// As [`OpenError`] says.
    pub fn open<T>(
        &self,
        bytes: &[u8],
        read: impl Fn(&[u8]) -> Result<T, &'static str>,
    ) -> Result<T, OpenError> {
        let mut message = EnvelopedData::read(bytes).map_err(OpenError::Unreadable)?;
        // Whatever a name says, every key is tried: a file of keys need not have their certificates.
        message
            .recipients
            .sort_by_key(|recipient| !self.names.fit(&recipient.id));
        let mut refusal = None;
        for recipient in &message.recipients {
            for key in &self.keys {
                match self.open_as(recipient, key, &message, &read) {
                    Ok(Some(content)) => return Ok(content),
                    Ok(None) => {}
                    Err(why) => _ = refusal.get_or_insert(why),
                }
            }
        }
        if message.recipients.is_empty() {
            refusal = Some("it has no recipients".to_owned());
        }
        match refusal {
            Some(why) => Err(OpenError::Unreadable(why)),
            None => {
                let recipients = message.recipients.iter();
                let names = recipients.map(|recipient| recipient.id.in_words());
                Err(OpenError::WrongKey(names.collect()))
            }
        }
    }

    /// The content, if it is encrypted to this key.
    ///
    /// # Errors
    /// Why it seems to be, and yet cannot be decrypted.
    fn open_as<T>(
        &self,
        recipient: &RecipientInfo<'_>,
        key: &PrivateKey,
        message: &EnvelopedData<'_>,
        read: impl Fn(&[u8]) -> Result<T, &'static str>,
    ) -> Result<Option<T>, String> {
        let Some(content_key) = key.open(&recipient.key)? else {
            return Ok(None);
        };
        // RSAES-PKCS1-v1_5 gives something of any length for a wrong key, too (RFC 3218, 2.3.2).
        if content_key.len() != message.cipher.key_length() {
            return Ok(None);
        }
        let content = message
            .cipher
            .decrypt(&content_key, message.iv, message.content)
            .ok_or("it is damaged: its content does not decrypt")
            .and_then(|content| read(&content));
        content.map(Some).map_err(|why| {
            let is_certain = match recipient.key {
                EncryptedKey::Transport { algorithm, .. } => transport::tells_wrong_keys(algorithm),
                EncryptedKey::Agreement { .. } | EncryptedKey::Other => true,
            };
            match is_certain || self.names.fit(&recipient.id) {
                true => why.to_owned(),
                false => format!("{why}, or it is sealed to another key"),
            }
        })
    }
}

impl Names {
    fn fit(&self, name: &RecipientIdentifier<'_>) -> bool {
        let mut certificates = self.certificates.iter();
        match name {
            RecipientIdentifier::IssuerAndSerialNumber { issuer, serial } => {
                certificates.any(|certificate| {
                    certificate.issuer_der() == *issuer
                        && certificate.x509().raw_serial() == *serial
                })
            }
            RecipientIdentifier::SubjectKeyIdentifier(identifier) => {
                let named = |certificate: &Certificate| {
                    names::subject_key_id(&certificate.x509()) == Some(*identifier)
                };
                self.identifiers.iter().any(|own| own == identifier) || certificates.any(named)
            }
            RecipientIdentifier::Other => false,
        }
    }
}

/// The identifier of the public half of a key.
fn identifier(key: &secret::PrivateKey) -> Option<[u8; 20]> {
    key_identifier(&public_key_of(key).ok()?)
}

impl PrivateKey {
    fn of(info: PrivateKeyInfoRef<'_>) -> Result<Self, Refusal> {
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

    /// The content-encryption key; `None` when it is encrypted to another key.
    fn open(&self, encrypted: &EncryptedKey<'_>) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        match (self, encrypted) {
            (Self::Rsa(private), EncryptedKey::Transport { algorithm, key }) => {
                transport::open(private, *algorithm, key)
            }
            (
                Self::Ec(private),
                EncryptedKey::Agreement {
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
