//! What one file means for the listing: certificates, and for each key no more than the digest
//! of its public half and its place. No private key outlives the reading of its file.

use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::blocks::{self, Block};
use super::read::{Content, FileReader, MAX_FILE};
use super::walk::cannot;
use crate::certificate::{Certificate, EntryId};
use crate::key::{self, KeyError, KeyForm};
use crate::pkcs12::decode::{BagAttributes, Contents, Limits, decode};
use crate::pkcs12::error::DecodeError;
use crate::pkcs12::kdf::PasswordForm;
use crate::pkcs12::outline::{BagOutline, Outline, outline};
use crate::secret::Password;

/// The SHA-256 of a public key in its usual form.
pub(crate) type KeyDigest = [u8; 32];

/// A certificate in a file.
pub(crate) struct FoundCertificate {
    pub(crate) certificate: Certificate,
    pub(crate) id: EntryId,
    pub(crate) public_key: KeyDigest,
    /// What a PKCS#12 file says beside it.
    pub(crate) attributes: Option<Box<BagAttributes>>,
}

/// A private key in a file.
pub(crate) struct FoundKey {
    /// Which piece of the file it is in, counted from 0.
    pub(crate) piece: u32,
    pub(crate) kind: KeyKind,
}

/// What can be told of a key.
pub(crate) enum KeyKind {
    /// Its public half.
    Known(KeyDigest),
    /// It is encrypted.
    Locked,
    /// Its algorithm is this one, and its public half cannot be told.
    Unknown(String),
}

/// What was found in a file.
#[derive(Default)]
pub(crate) struct FileContents {
    pub(crate) certificates: Vec<FoundCertificate>,
    pub(crate) keys: Vec<FoundKey>,
    pub(crate) problems: Vec<String>,
}

impl FileContents {
    pub(crate) fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.keys.is_empty() && self.problems.is_empty()
    }
}

/// Which passwords PKCS#12 files are opened with for the listing.
#[derive(Debug, Clone)]
pub(crate) enum Passwords {
    /// None, or the one known beforehand.
    Given(Option<Arc<Password>>),
    /// The null password and then the empty one, as .NET's stores have it.
    Dotnet,
}

/// Endings of file names that promise one of our forms.
const ENDINGS: [&str; 9] = [
    "pem", "crt", "cer", "der", "key", "p12", "pfx", "p7b", "p7c",
];

fn promises_one_of_ours(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ENDINGS.iter().any(|ours| ending.eq_ignore_ascii_case(ours)))
}

/// Reads files for the listing, one after the other.
pub(crate) struct ContentsReader<'a> {
    files: FileReader,
    scratch: Zeroizing<Vec<u8>>,
    passwords: &'a Passwords,
}

impl<'a> ContentsReader<'a> {
    pub(crate) fn new(passwords: &'a Passwords) -> Self {
        Self {
            files: FileReader::new(),
            scratch: Zeroizing::default(),
            passwords,
        }
    }

    /// What is in the file. Whatever goes wrong becomes a problem.
    pub(crate) fn read(&mut self, path: &Path) -> FileContents {
        let mut found = FileContents::default();
        let expected = promises_one_of_ours(path);
        let bytes = match self.files.read(path, expected) {
            Ok(Content::Whole(bytes)) => bytes,
            Ok(Content::Foreign) => return found,
            Ok(Content::TooLarge) => {
                found.problems.push(format!(
                    "larger than {} MiB, as no file with certificates is; not read",
                    MAX_FILE >> 20
                ));
                return found;
            }
            Err(error) => {
                found.problems.push(cannot("read", &error));
                return found;
            }
        };
        let mut piece = 0;
        let passwords = self.passwords;
        let known = blocks::read(bytes, &mut self.scratch, &mut |block| {
            found.take(piece, block, passwords);
            piece += 1;
        });
        if expected && !known {
            found.problems.push(unreadable(bytes).to_owned());
        }
        found
    }
}

/// Why a file whose name promises one of our forms is none.
fn unreadable(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "it is empty",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it is UTF-16 text; save it as ASCII or UTF-8",
        _ => "it holds no certificate or key, or is damaged",
    }
}

impl FileContents {
    fn take(&mut self, piece: u32, block: Block<'_>, passwords: &Passwords) {
        match block {
            Block::Certificate(der) => self.certificate(der, None),
            Block::Key(form, der, curve) => match kind_of(form, der, curve) {
                Ok(kind) => self.keys.push(FoundKey { piece, kind }),
                Err(error) => self.problems.push(error.to_string()),
            },
            Block::Pkcs12(bytes) => self.pkcs12(piece, bytes, passwords),
            Block::Unusable(reason) => self.problems.push(reason),
        }
    }

    fn certificate(&mut self, der: &[u8], attributes: Option<BagAttributes>) {
        match Certificate::from_der(der) {
            Ok(certificate) => self.certificates.push(FoundCertificate {
                id: certificate.id(),
                public_key: digest(&key::normalized(certificate.spki_der())),
                certificate,
                attributes: attributes.map(Box::new),
            }),
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    fn pkcs12(&mut self, piece: u32, bytes: &[u8], passwords: &Passwords) {
        let outline = match outline(bytes) {
            Ok(outline) => outline,
            Err(error) => return self.problems.push(error.to_string()),
        };
        match open(bytes, &outline, passwords) {
            Ok(contents) => self.opened(piece, contents),
            Err(DecodeError::WrongPassword) => self.outlined(piece, outline, passwords),
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    /// Everything in a PKCS#12 file that was opened.
    fn opened(&mut self, piece: u32, contents: Contents) {
        for bag in contents.certificates {
            self.certificate(&bag.der, Some(bag.attributes));
        }
        for bag in contents.keys {
            match kind_of(KeyForm::Pkcs8, bag.key.expose(), None) {
                Ok(kind) => self.keys.push(FoundKey { piece, kind }),
                Err(error) => self.problems.push(error.to_string()),
            }
        }
    }

    /// The parts of a PKCS#12 file that can be seen without its password.
    fn outlined(&mut self, piece: u32, outline: Outline, passwords: &Passwords) {
        let mut encrypted = false;
        for safe in outline.safes {
            encrypted |= safe.encryption.is_some();
            for bag in safe.bags {
                match bag {
                    BagOutline::Certificate(der) => self.certificate(&der, None),
                    BagOutline::ShroudedKey(_) | BagOutline::Key => self.keys.push(FoundKey {
                        piece,
                        kind: KeyKind::Locked,
                    }),
                    BagOutline::Other(_) => {}
                }
            }
        }
        if encrypted {
            // A key alone cannot be shown to anybody; this problem says it all.
            self.keys
                .retain(|key| key.piece != piece || !self.certificates.is_empty());
            self.problems.push(
                match passwords {
                    Passwords::Given(None) => {
                        "locked: what it holds is seen only with its password; give it by \
                         --unlock-password-file"
                    }
                    Passwords::Given(Some(_)) => "locked: the password given does not open it",
                    Passwords::Dotnet => "locked: .NET's own files have no password",
                }
                .to_owned(),
            );
        }
    }
}

/// Opens a PKCS#12 file as far as the passwords go; a file that needs none is opened in any case.
fn open(bytes: &[u8], outline: &Outline, passwords: &Passwords) -> Result<Contents, DecodeError> {
    let limits = Limits::default();
    match passwords {
        Passwords::Dotnet => match decode(bytes, PasswordForm::Null, &limits) {
            Err(DecodeError::WrongPassword) => {
                let empty = Password::new(String::new());
                decode(bytes, PasswordForm::Text(&empty), &limits)
            }
            result => result,
        },
        Passwords::Given(_) if needs_no_password(outline) => {
            decode(bytes, PasswordForm::Null, &limits)
        }
        Passwords::Given(Some(password)) => decode(bytes, PasswordForm::Text(password), &limits),
        Passwords::Given(None) => Err(DecodeError::WrongPassword),
    }
}

fn needs_no_password(outline: &Outline) -> bool {
    let clear = |bag: &BagOutline| !matches!(bag, BagOutline::ShroudedKey(_));
    outline.mac.is_none()
        && outline
            .safes
            .iter()
            .all(|safe| safe.encryption.is_none() && safe.bags.iter().all(clear))
}

/// What can be told of a key without keeping it.
fn kind_of(form: KeyForm, der: &[u8], curve: Option<&[u8]>) -> Result<KeyKind, KeyError> {
    let public_key = match form {
        KeyForm::EncryptedPkcs8 => return Ok(KeyKind::Locked),
        KeyForm::Pkcs8 => key::public_key_of_pkcs8(der),
        KeyForm::Pkcs1 => key::from_pkcs1(der).and_then(|key| key::public_key_of(&key)),
        KeyForm::Sec1 => key::from_sec1(der, curve).and_then(|key| key::public_key_of(&key)),
    };
    match public_key {
        Ok(public_key) => Ok(KeyKind::Known(digest(&public_key))),
        Err(KeyError::UnknownAlgorithm(oid)) => Ok(KeyKind::Unknown(oid)),
        Err(error) => Err(error),
    }
}

fn digest(public_key: &[u8]) -> KeyDigest {
    Sha256::digest(public_key).into()
}
