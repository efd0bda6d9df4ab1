//! Java keystores of Sun's own kind, JKS, as `sun.security.provider.JavaKeyStore` and `KeyProtector`
//! write them: numbers in network order, strings in Java's modified UTF-8 (JVM specification, 4.4.7),
//! certificates in clear, and each private key in an `EncryptedPrivateKeyInfo` (RFC 5958) under a
//! password that may be its own. At the end stands the SHA-1 of the store's password, two words and all
//! that stands before. [`outline`] reads what lies in clear, [`Outline::open`] checks and decrypts it,
//! and [`decode`] does both.
//!
//! The format protects nothing well: a password is tried with a few SHA-1. It is only read here.

pub(crate) mod cursor;
mod error;
mod protection;

use sha1::{Digest as _, Sha1};

use self::cursor::Cursor;
pub use self::error::JksError;
use crate::secret::{Password, PrivateKey, wipe_stack};

const MAGIC: u32 = 0xfeed_feed;

const PRIVATE_KEY: u32 = 1;
const TRUSTED_CERTIFICATE: u32 = 2;

/// How much a keystore may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The file's size in bytes.
    pub max_bytes: usize,
    /// Entries and the certificates of their paths together.
    pub max_items: usize,
}

impl Default for Limits {
    /// 64 MiB, and 10,000 entries and certificates.
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            max_items: 10_000,
        }
    }
}

/// What can be seen of a keystore without its password. Nothing of it is proven to be unchanged.
#[derive(Debug, Clone)]
pub struct Outline<'a> {
    /// The entries, in the order of the file.
    pub entries: Vec<Entry<'a>>,
    /// Everything that the check at the end is made over.
    checked: &'a [u8],
    check: &'a [u8],
}

/// An entry of a keystore.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// What Java finds it by. `keytool` writes small letters only.
    pub alias: String,
    /// When it was put in, in milliseconds since 1970.
    pub created: i64,
    /// What it is.
    pub content: Content<'a>,
}

/// What an entry holds. Certificates are the bytes of the file, and were not looked at.
#[derive(Debug, Clone)]
pub enum Content<'a> {
    /// A private key with its path, the key's own certificate first. Java demands none to be there.
    PrivateKey {
        /// The key, encrypted.
        key: ProtectedKey<'a>,
        /// The path.
        chain: Vec<&'a [u8]>,
    },
    /// A certificate of somebody who is trusted.
    TrustedCertificate(&'a [u8]),
}

/// A private key as it stands in a keystore: the DER of an `EncryptedPrivateKeyInfo`.
#[derive(Debug, Clone, Copy)]
pub struct ProtectedKey<'a>(&'a [u8]);

impl<'a> ProtectedKey<'a> {
    /// A key from its `EncryptedPrivateKeyInfo`, if its algorithm is the one of JKS.
    pub fn from_der(der: &'a [u8]) -> Option<Self> {
        protection::encrypted_data(der).is_ok().then_some(Self(der))
    }

    /// Its `EncryptedPrivateKeyInfo`.
    pub fn der(&self) -> &'a [u8] {
        self.0
    }

    /// The key, if this is its password. That it is, and that the key is unchanged, is proven by a SHA-1
    /// of both, so that no password of the whole store is needed.
    ///
    /// # Errors
    /// - [`JksError::KeyPassword`]: it has another password, or was changed.
    /// - [`JksError::Damaged`]: it is no `EncryptedPrivateKeyInfo`, or no private key is in it.
    /// - [`JksError::Unsupported`]: it is encrypted in another way than JKS has it.
    pub fn open(&self, password: &Password) -> Result<PrivateKey, JksError> {
        let opened = protection::open(self.0, &protection::utf16(password));
        wipe_stack();
        opened
    }
}

/// Everything in a keystore whose password is known.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The private keys, in the order of the file.
    pub keys: Vec<KeyEntry<'a>>,
    /// The certificates of others, in the order of the file.
    pub trusted: Vec<TrustedCertificate<'a>>,
}

/// A private key of a keystore, with what belongs to it.
#[derive(Debug)]
pub struct KeyEntry<'a> {
    /// See [`Entry::alias`].
    pub alias: String,
    /// See [`Entry::created`].
    pub created: i64,
    /// The key; or, mostly, that it has another password than the store, with which
    /// [`KeyEntry::protected`] opens it.
    pub key: Result<PrivateKey, JksError>,
    /// The key as it stands in the file.
    pub protected: ProtectedKey<'a>,
    /// The path, the key's own certificate first.
    pub chain: Vec<&'a [u8]>,
}

/// A certificate of somebody who is trusted.
#[derive(Debug, Clone)]
pub struct TrustedCertificate<'a> {
    /// See [`Entry::alias`].
    pub alias: String,
    /// See [`Entry::created`].
    pub created: i64,
    /// What should be its DER.
    pub der: &'a [u8],
}

/// Whether the bytes begin like a keystore of this kind.
pub fn begins_like_one(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC.to_be_bytes())
}

/// Reads what lies in clear. What follows the check at the end is passed over, as Java does.
///
/// # Errors
/// - [`JksError::NotJks`], [`JksError::UnknownVersion`]: as they say.
/// - [`JksError::Truncated`]: it ends before its last entry or its check does.
/// - [`JksError::Damaged`]: an alias is no text, an entry of no kind that there is, or there is more
///   than `limits` allow.
/// - [`JksError::Unsupported`]: a certificate of another type than X.509.
pub fn outline<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Outline<'a>, JksError> {
    if !begins_like_one(bytes) {
        return Err(JksError::NotJks);
    }
    if bytes.len() > limits.max_bytes {
        let (is, limit) = (bytes.len(), limits.max_bytes);
        return Err(JksError::Damaged(format!(
            "it has {is} bytes, more than the {limit} allowed"
        )));
    }
    let mut reader = EntryReader {
        cursor: Cursor::new(&bytes[4..]),
        typed: true,
        items_left: limits.max_items,
        max_items: limits.max_items,
    };
    reader.typed = match reader.cursor.number()? {
        // What version 2 added is the type of each certificate.
        1 => false,
        2 => true,
        other => return Err(JksError::UnknownVersion(other)),
    };
    let count = reader.cursor.number()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(reader.entry()?);
    }
    let checked = &bytes[..bytes.len() - reader.cursor.rest().len()];
    Ok(Outline {
        entries,
        checked,
        check: reader.cursor.take(Sha1::output_size())?,
    })
}

/// Opens a keystore: [`outline`], then [`Outline::open`].
///
/// # Errors
/// As theirs.
pub fn decode<'a>(
    bytes: &'a [u8],
    password: &Password,
    limits: &Limits,
) -> Result<Contents<'a>, JksError> {
    outline(bytes, limits)?.open(password)
}

impl<'a> Outline<'a> {
    /// Checks with its password that the keystore is unchanged, and tries the same password on each
    /// key. A key that it does not open costs neither the others nor the certificates.
    ///
    /// # Errors
    /// - [`JksError::WrongPassword`]: it fits neither the check at the end nor a key. Damage looks the
    ///   same.
    /// - [`JksError::CheckMismatch`]: it opens a key, and does not fit the check.
    pub fn open(self, password: &Password) -> Result<Contents<'a>, JksError> {
        let opened = self.open_with(&protection::utf16(password));
        wipe_stack();
        opened
    }

    fn open_with(self, password: &[u8]) -> Result<Contents<'a>, JksError> {
        let check = protection::store_check(password, self.checked);
        let mut contents = Contents {
            keys: Vec::new(),
            trusted: Vec::new(),
        };
        for Entry {
            alias,
            created,
            content,
        } in self.entries
        {
            match content {
                Content::PrivateKey { key, chain } => contents.keys.push(KeyEntry {
                    key: protection::open(key.0, password),
                    alias,
                    created,
                    protected: key,
                    chain,
                }),
                Content::TrustedCertificate(der) => contents.trusted.push(TrustedCertificate {
                    alias,
                    created,
                    der,
                }),
            }
        }
        if check.as_slice() == self.check {
            Ok(contents)
        } else if contents.keys.iter().any(|entry| entry.key.is_ok()) {
            Err(JksError::CheckMismatch)
        } else {
            Err(JksError::WrongPassword)
        }
    }
}

/// Reads entries one after the other.
struct EntryReader<'a> {
    cursor: Cursor<'a>,
    /// Whether a type stands before each certificate.
    typed: bool,
    items_left: usize,
    max_items: usize,
}

impl<'a> EntryReader<'a> {
    fn entry(&mut self) -> Result<Entry<'a>, JksError> {
        self.count_item()?;
        let kind = self.cursor.number()?;
        // Before a wrong kind has anything else read as what it is not.
        if !matches!(kind, PRIVATE_KEY | TRUSTED_CERTIFICATE) {
            return Err(JksError::Damaged(format!(
                "it holds an entry of the unknown kind {kind}"
            )));
        }
        let alias = self.cursor.text()?;
        let created = self.cursor.time()?;
        let content = if kind == PRIVATE_KEY {
            let key = ProtectedKey(self.cursor.counted()?);
            let mut chain = Vec::new();
            for _ in 0..self.cursor.number()? {
                self.count_item()?;
                chain.push(self.certificate()?);
            }
            Content::PrivateKey { key, chain }
        } else {
            Content::TrustedCertificate(self.certificate()?)
        };
        Ok(Entry {
            alias,
            created,
            content,
        })
    }

    fn certificate(&mut self) -> Result<&'a [u8], JksError> {
        if self.typed {
            let kind = self.cursor.text()?;
            if !matches!(kind.as_str(), "X.509" | "X509") {
                return Err(JksError::Unsupported(format!(
                    "a certificate of the type {kind:?}"
                )));
            }
        }
        self.cursor.counted()
    }

    fn count_item(&mut self) -> Result<(), JksError> {
        let limit = self.max_items;
        self.items_left = self.items_left.checked_sub(1).ok_or_else(|| {
            JksError::Damaged(format!(
                "it holds more than the {limit} entries and certificates allowed"
            ))
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
