//! What one file means for the listing: certificates, and for each key no more than the digest
//! of its public half and its place. No private key outlives the reading of its file.

use std::path::Path;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key::{self, KeyError, KeyForm};
use certstow_formats::pkcs12::decode::{BagAttributes, Contents, Limits};
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::pbe::{check_encrypted_private_key, decrypt_private_key};
use certstow_formats::pkcs12::structure::{BagContent, Safe, Structure};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::blocks::{self, Block};
use super::key_kind::{KeyDigest, KeyKind};
use super::passwords::Passwords;
use super::read::{Content, FIRST, FileReader, LARGE, MAX_FILE};
use super::walk::cannot;

/// A certificate in a file.
#[derive(Clone)]
pub(crate) struct FoundCertificate {
    pub(crate) certificate: Certificate,
    pub(crate) id: EntryId,
    pub(crate) public_key: KeyDigest,
    /// What a PKCS#12 file, or the text before it in a PEM file, says beside it.
    pub(crate) attributes: Option<Box<BagAttributes>>,
}

/// A private key in a file.
#[derive(Clone)]
pub(crate) struct FoundKey {
    /// Which piece of the file it is in, counted from 0.
    pub(crate) piece: u32,
    pub(crate) kind: KeyKind,
    /// The provider that is named beside it.
    pub(crate) provider: Option<String>,
    /// The certificate that the file has for it: in PKCS#12 the one of the same localKeyID.
    pub(crate) certificate: Option<EntryId>,
}

/// What was found in a file.
#[derive(Clone, Default)]
pub(crate) struct FileContents {
    pub(crate) certificates: Vec<FoundCertificate>,
    pub(crate) keys: Vec<FoundKey>,
    pub(crate) problems: Vec<String>,
    /// Whether it holds anything else, or what cannot be seen.
    pub(crate) unseen: bool,
}

impl FileContents {
    /// What is in these bytes, and in how many pieces.
    pub(crate) fn read(bytes: &[u8], passwords: &Passwords) -> (Self, u32) {
        let mut found = Self::default();
        let mut count = 0;
        blocks::read(bytes, &mut Zeroizing::default(), &mut |block| {
            found.take(count, block, passwords);
            count += 1;
        });
        (found, count)
    }

    /// What is in these bytes, which should be of one of our forms; a problem where they are not.
    pub(crate) fn read_expected(bytes: &[u8], passwords: &Passwords) -> Self {
        let mut found = Self::default();
        if !found.take_all(bytes, &mut Zeroizing::default(), passwords) {
            found.problems.push(unreadable(bytes).to_owned());
        }
        found
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.keys.is_empty() && self.problems.is_empty()
    }
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
        let expected = promises_one_of_ours(path);
        let unread = |problem| FileContents {
            problems: vec![problem],
            ..FileContents::default()
        };
        let bytes = match self.files.read(path, expected) {
            Ok(Content::Whole(bytes)) => bytes,
            Ok(Content::Foreign) if !expected => return FileContents::default(),
            Ok(Content::Foreign) => {
                return unread(format!(
                    "larger than {} MiB, and its first {} KiB hold no certificate or key; the rest \
                     is not read",
                    LARGE >> 20,
                    FIRST >> 10
                ));
            }
            Ok(Content::TooLarge) => {
                return unread(format!(
                    "larger than {} MiB, the most that is read of a file; not read",
                    MAX_FILE >> 20
                ));
            }
            Err(error) => return unread(cannot("read", &error)),
        };
        let mut found = FileContents::default();
        if !found.take_all(bytes, &mut self.scratch, self.passwords) && expected {
            found.problems.push(unreadable(bytes).to_owned());
        }
        found
    }
}

/// Why a file whose name promises one of our forms is none.
fn unreadable(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => "it is empty",
        _ => "it holds no certificate or key, or is damaged",
    }
}

/// The certificates of one PKCS#12 file by their localKeyID.
type LocalKeyIds = Vec<(Vec<u8>, EntryId)>;

impl FileContents {
    /// Takes every piece of a file. False when it is of no form known here.
    fn take_all(
        &mut self,
        bytes: &[u8],
        scratch: &mut Zeroizing<Vec<u8>>,
        passwords: &Passwords,
    ) -> bool {
        let mut piece = 0;
        blocks::read(bytes, scratch, &mut |block| {
            self.take(piece, block, passwords);
            piece += 1;
        })
    }

    fn take(&mut self, piece: u32, block: Block<'_>, passwords: &Passwords) {
        match block {
            Block::Certificate(der, attributes) => {
                let says_anything = attributes != BagAttributes::default();
                self.certificate(der, says_anything.then_some(attributes));
            }
            Block::Key(key, attributes) => {
                let kind = kind_of(key.form, key.der, key.curve, passwords);
                let certificate = key.certificate.map(EntryId::of);
                self.key(piece, kind, attributes.provider_name, certificate);
            }
            Block::Pkcs12(bytes) => self.pkcs12(piece, bytes, passwords),
            Block::Unusable(reason) => self.problems.push(reason),
        }
    }

    fn certificate(&mut self, der: &[u8], attributes: Option<BagAttributes>) -> Option<EntryId> {
        match Certificate::from_der(der) {
            Ok(certificate) => {
                let id = certificate.id();
                self.certificates.push(FoundCertificate {
                    id,
                    public_key: public_key_digest(&certificate),
                    certificate,
                    attributes: attributes.map(Box::new),
                });
                Some(id)
            }
            Err(error) => {
                self.problems.push(error.to_string());
                None
            }
        }
    }

    fn key(
        &mut self,
        piece: u32,
        kind: Result<KeyKind, String>,
        provider: Option<String>,
        certificate: Option<EntryId>,
    ) {
        match kind {
            Ok(kind) => self.keys.push(FoundKey {
                piece,
                kind,
                provider,
                certificate,
            }),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn pkcs12(&mut self, piece: u32, bytes: &[u8], passwords: &Passwords) {
        let file = match Structure::read(bytes, &Limits::listing()) {
            Ok(file) => file,
            Err(error) => return self.problems.push(unopened(&error)),
        };
        match open(&file, passwords) {
            Ok(contents) => self.opened(piece, &contents),
            Err(DecodeError::ContentPassword) => {
                let why = DecodeError::ContentPassword.to_string();
                self.outlined(piece, file, &why);
            }
            Err(error) if error.asks_for_password() => {
                self.outlined(piece, file, passwords.locked());
            }
            Err(error @ DecodeError::TooMuchWork { .. }) => self.problems.push(format!(
                "{error} in a listing; write it anew with fewer of them to use it"
            )),
            Err(error) => self.problems.push(unopened(&error)),
        }
    }

    /// Everything in a PKCS#12 file that was opened.
    pub(crate) fn opened(&mut self, piece: u32, contents: &Contents) {
        self.unseen |= contents.other_bags + contents.unread_parts > 0;
        let bags = contents.certificates.iter();
        let certificates =
            self.certificate_bags(bags.map(|bag| (bag.der.clone(), bag.attributes.clone())));
        for bag in &contents.keys {
            let kind = open_kind(KeyForm::Pkcs8, bag.key.expose(), None);
            let owner = owner(&bag.attributes, &certificates);
            self.key(piece, kind, bag.attributes.provider_name.clone(), owner);
        }
        for attributes in &contents.locked_keys {
            let owner = owner(attributes, &certificates);
            let provider = attributes.provider_name.clone();
            self.key(piece, Ok(KeyKind::Locked), provider, owner);
        }
        if !contents.locked_keys.is_empty() {
            self.problems.push(DecodeError::KeyPassword.to_string());
        }
    }

    /// The parts of a PKCS#12 file that can be seen without its password.
    fn outlined(&mut self, piece: u32, file: Structure, why: &str) {
        let mut encrypted = false;
        let (mut certificates, mut keys) = (Vec::new(), Vec::new());
        for safe in file.safes {
            let Safe::Plain(bags) = safe else {
                self.unseen = true;
                encrypted |= matches!(safe, Safe::Encrypted { .. });
                continue;
            };
            for bag in bags {
                match bag.content {
                    BagContent::Certificate(der) => certificates.push((der, bag.attributes)),
                    BagContent::ShroudedKey { .. } | BagContent::Key(_) => {
                        keys.push(bag.attributes);
                    }
                    BagContent::Other(_) => self.unseen = true,
                }
            }
        }
        // A key alone cannot be shown to anybody; the problem below says it all.
        if encrypted && certificates.is_empty() {
            keys.clear();
        }
        let certificates = self.certificate_bags(certificates.into_iter());
        for attributes in keys {
            let owner = owner(&attributes, &certificates);
            self.key(piece, Ok(KeyKind::Locked), attributes.provider_name, owner);
        }
        if encrypted {
            self.problems.push(why.to_owned());
        }
    }

    fn certificate_bags(
        &mut self,
        bags: impl Iterator<Item = (Vec<u8>, BagAttributes)>,
    ) -> LocalKeyIds {
        let mut certificates = Vec::new();
        for (der, attributes) in bags {
            let local_key_id = attributes.local_key_id.clone();
            let certificate = self.certificate(&der, Some(attributes));
            certificates.extend(local_key_id.zip(certificate));
        }
        certificates
    }
}

/// What the passwords make of a PKCS#12 file while listing.
fn open(file: &Structure, passwords: &Passwords) -> Result<Contents, DecodeError> {
    let limits = Limits::listing();
    let mut opening = file.opening(&limits);
    for password in passwords.for_file(file) {
        if opening.attempt(password)? {
            break;
        }
    }
    opening.finish()
}

/// Why a PKCS#12 file was not opened, and what to do about it.
fn unopened(error: &DecodeError) -> String {
    match error {
        DecodeError::Unsupported(_) => {
            format!("{error}; convert it: openssl pkcs12 -legacy -in OLD -out NEW")
        }
        error => error.to_string(),
    }
}

/// The certificate of the same localKeyID.
fn owner(key: &BagAttributes, certificates: &LocalKeyIds) -> Option<EntryId> {
    let mut certificates = certificates.iter();
    let own = certificates.find(|(id, _)| Some(id) == key.local_key_id.as_ref());
    own.map(|(_, certificate)| *certificate)
}

/// What can be told of a key without keeping it; else what is wrong with it.
fn kind_of(
    form: KeyForm,
    der: &[u8],
    curve: Option<&[u8]>,
    passwords: &Passwords,
) -> Result<KeyKind, String> {
    match form {
        KeyForm::EncryptedPkcs8 => passwords.kind_of(der, || encrypted_kind(der, passwords)),
        form => open_kind(form, der, curve),
    }
}

/// The same of one that is not encrypted.
fn open_kind(form: KeyForm, der: &[u8], curve: Option<&[u8]>) -> Result<KeyKind, String> {
    let public_key = match form {
        KeyForm::Pkcs8 => key::public_key_of_pkcs8(der),
        form => match form.to_pkcs8(der, curve) {
            Some(key) => key.and_then(|key| key::public_key_of(&key)),
            None => return Ok(KeyKind::Locked),
        },
    };
    match public_key {
        Ok(public_key) => Ok(KeyKind::Known(digest(&public_key))),
        Err(KeyError::UnknownAlgorithm(algorithm)) => Ok(KeyKind::Unknown(algorithm)),
        Err(error) => Err(error.to_string()),
    }
}

/// Tries the passwords on an encrypted key. One that asks for more work than a listing affords stays
/// locked.
fn encrypted_kind(der: &[u8], passwords: &Passwords) -> Result<KeyKind, String> {
    if let Err(error) = check_encrypted_private_key(der, Limits::default().max_iterations) {
        let what = error.lacking().ok_or_else(|| error.to_string())?;
        return Ok(KeyKind::Unreadable(what));
    }
    let most = Limits::listing().max_iterations;
    let mut attempts = passwords.for_key();
    match attempts.find_map(|password| decrypt_private_key(der, password, most).ok()) {
        Some(key) => open_kind(KeyForm::Pkcs8, key.expose(), None),
        None => Ok(KeyKind::Locked),
    }
}

/// The digest that a certificate's private key has to have.
pub(crate) fn public_key_digest(certificate: &Certificate) -> KeyDigest {
    digest(certificate.spki_der())
}

pub(crate) fn digest(public_key: &[u8]) -> KeyDigest {
    Sha256::digest(key::comparable(public_key)).into()
}

#[cfg(test)]
mod tests;
