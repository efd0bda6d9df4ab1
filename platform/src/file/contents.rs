//! What one file means for the listing: certificates, and for each key no more than the digest
//! of its public half and its place. No private key outlives the reading of its file.

use std::path::Path;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::foreign::Foreign;
use certstow_formats::key::{self, KeyError, KeyForm};
use certstow_formats::pkcs12::decode::{BagAttributes, Contents, Limits};
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::pbe::{
    check_encrypted_private_key, decrypt_private_key, work_of_encrypted_private_key,
};
use certstow_formats::pkcs12::structure::{BagContent, Safe, Structure};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::blocks::{self, Block, Form};
use super::found::{FileContents, FoundCertificate, FoundKey, Owners, Told};
use super::key_kind::{KeyDigest, KeyKind, Untried};
use super::passwords::{Passwords, Unopened};
use super::read::{Content, FIRST, FileReader, LARGE, MAX_FILE};
use super::walk::{cannot, promises_one_of_ours};
use crate::os;
use crate::store::ProblemKind;

impl FileContents {
    /// What is in these bytes, and in how many pieces.
    pub(crate) fn read(bytes: &[u8], passwords: &Passwords) -> (Self, u32) {
        let mut found = Self::default();
        let mut count = 0;
        blocks::read(bytes, &mut Zeroizing::default(), &mut |block| {
            found.take(count, block, passwords);
            count += 1;
        });
        found.tie_keys();
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
            Ok(Content::Foreign(part)) => {
                if let Some(told) = foreign(path, part) {
                    return FileContents {
                        told: Some(told),
                        ..FileContents::default()
                    };
                }
                if !expected {
                    return FileContents::default();
                }
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
        if is_apple_double(path, bytes) {
            return found;
        }
        let is_ours = found.take_all(bytes, &mut self.scratch, self.passwords);
        if found.has_other_key || !is_ours {
            found.told = foreign(path, bytes).or(found.told);
        }
        if !is_ours && expected && found.told.is_none() {
            match bytes {
                [] => {
                    found.told = Some(Told {
                        kind: ProblemKind::Empty,
                        message: EMPTY.to_owned(),
                        is_notice: true,
                    });
                }
                _ => found.problems.push(unreadable(bytes).to_owned()),
            }
        }
        found
    }
}

const EMPTY: &str = "it is empty";

/// Whether macOS put this file beside another one, to keep there what the file system cannot
/// (AppleDouble, RFC 1740, appendix B).
fn is_apple_double(path: &Path, bytes: &[u8]) -> bool {
    const MAGIC: [u8; 4] = [0, 5, 0x16, 7];
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with("._")) && bytes.starts_with(&MAGIC)
}

/// What to say of a file of another program that holds private keys.
fn foreign(path: &Path, bytes: &[u8]) -> Option<Told> {
    let is_nss = path.file_name().is_some_and(|name| name == "cert9.db");
    let form = Foreign::of(bytes, is_nss && path.with_file_name("key4.db").exists())?;
    let word = |path: &Path| os::shell_word(&path.display().to_string());
    let folder = path.parent().unwrap_or(path);
    // Each word by itself, since the names may have the same words in them.
    let command: Vec<String> = form
        .command()
        .split(' ')
        .map(|part| match part.strip_suffix("FOLDER") {
            Some(before) => format!("{before}{}", word(folder)),
            None if part == "FILE" => word(path),
            None => part.to_owned(),
        })
        .collect();
    let command = command.join(" ");
    let why = match form {
        Foreign::Nss => "is a store of its own",
        _ => "certstow does not open",
    };
    Some(Told {
        kind: ProblemKind::Foreign,
        message: format!("it is {}, which {why}; what helps: {command}", form.name()),
        is_notice: !promises_one_of_ours(path),
    })
}

/// Why a file whose name promises one of our forms is none.
fn unreadable(bytes: &[u8]) -> &'static str {
    match bytes {
        [] => EMPTY,
        _ => "it holds no certificate or key, or is damaged",
    }
}

impl FileContents {
    /// Takes every piece of a file. False when it is of no form known here.
    fn take_all(
        &mut self,
        bytes: &[u8],
        scratch: &mut Zeroizing<Vec<u8>>,
        passwords: &Passwords,
    ) -> bool {
        let mut piece = 0;
        let form = blocks::read(bytes, scratch, &mut |block| {
            self.take(piece, block, passwords);
            piece += 1;
        });
        self.tie_keys();
        form != Form::Foreign
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
                self.key(kind, |kind| FoundKey {
                    piece,
                    kind,
                    provider: attributes.provider_name,
                    certificate,
                    local_key_id: attributes.local_key_id,
                });
            }
            Block::Pkcs12(bytes) => self.pkcs12(piece, bytes, passwords),
            Block::Unusable(reason) => self.problems.push(reason),
            Block::OtherKey(label) => {
                self.has_other_key = true;
                self.told = Some(Told {
                    kind: ProblemKind::Foreign,
                    message: format!("its {label} is in a form that certstow does not read"),
                    is_notice: true,
                });
            }
        }
    }

    fn certificate(&mut self, der: &[u8], attributes: Option<BagAttributes>) {
        match Certificate::from_der(der) {
            Ok(certificate) => {
                let id = certificate.id();
                self.certificates.push(FoundCertificate {
                    id,
                    public_key: public_key_digest(&certificate),
                    certificate,
                    attributes: attributes.map(Box::new),
                });
            }
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    fn key(&mut self, kind: Result<KeyKind, String>, found: impl FnOnce(KeyKind) -> FoundKey) {
        match kind {
            Ok(kind) => self.keys.push(found(kind)),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// A key of a PKCS#12 file, and those of its certificates that a localKeyID may mean.
    fn key_bag(
        &mut self,
        piece: u32,
        kind: Result<KeyKind, String>,
        attributes: &BagAttributes,
        owners: &Owners,
    ) {
        self.key(kind, |kind| FoundKey {
            piece,
            kind,
            provider: attributes.provider_name.clone(),
            certificate: owners.of(attributes.local_key_id.as_ref()),
            local_key_id: None,
        });
    }

    /// Ties keys in PEM blocks to certificates by their localKeyID.
    fn tie_keys(&mut self) {
        if self.keys.iter().all(|key| key.local_key_id.is_none()) {
            return;
        }
        let owners = Owners::among(&self.certificates);
        for key in &mut self.keys {
            key.certificate = key
                .certificate
                .or_else(|| owners.of(key.local_key_id.as_ref()));
        }
    }

    fn pkcs12(&mut self, piece: u32, bytes: &[u8], passwords: &Passwords) {
        let found = match Structure::read(bytes, &Limits::listing()) {
            Ok(file) if file.needs_no_password() => Self::of_pkcs12(file, passwords).0,
            Ok(file) => passwords.contents_of(bytes, || Self::of_pkcs12(file, passwords)),
            Err(error) => return self.problems.push(unopened(&error)),
        };
        self.certificates.extend(found.certificates);
        let keys = found.keys.into_iter();
        self.keys.extend(keys.map(|key| FoundKey { piece, ..key }));
        self.problems.extend(found.problems);
        self.told = self.told.take().or(found.told);
        self.unseen |= found.unseen;
    }

    /// What is in a PKCS#12 file, and whether every password was tried on it.
    fn of_pkcs12(file: Structure, passwords: &Passwords) -> (Self, bool) {
        let mut found = Self::default();
        let mut tried_all = true;
        match passwords.open_file(&file) {
            Ok(contents) => found.opened(0, &contents),
            Err(Unopened::Failed(error @ DecodeError::ContentPassword)) => {
                let why = (ProblemKind::WrongPassword, &*error.to_string());
                found.outlined(file, &KeyKind::Locked, why);
            }
            Err(Unopened::Failed(error)) if error.asks_for_password() => {
                found.outlined(file, &KeyKind::Locked, passwords.locked());
            }
            Err(Unopened::Failed(error)) => found.problems.push(unopened(&error)),
            Err(Unopened::Untried(why)) => {
                let help = match why {
                    Untried::Iterations(_) => "write it anew with fewer of them",
                    Untried::Budget => "name it alone as the store",
                };
                tried_all = why != Untried::Budget;
                let locked = format!("locked: it is encrypted, {why}; to use it, {help}");
                found.outlined(
                    file,
                    &KeyKind::Untried(why),
                    (ProblemKind::Untried, &locked),
                );
            }
        }
        (found, tried_all)
    }

    /// Everything in a PKCS#12 file that was opened.
    pub(crate) fn opened(&mut self, piece: u32, contents: &Contents) {
        self.unseen |= contents.other_bags + contents.unread_parts > 0;
        let bags = contents.certificates.iter();
        let owners =
            self.certificate_bags(bags.map(|bag| (bag.der.clone(), bag.attributes.clone())));
        for bag in &contents.keys {
            let kind = open_kind(KeyForm::Pkcs8, bag.key.expose(), None);
            self.key_bag(piece, kind, &bag.attributes, &owners);
        }
        for attributes in &contents.locked_keys {
            self.key_bag(piece, Ok(KeyKind::Locked), attributes, &owners);
        }
        if !contents.locked_keys.is_empty() {
            self.told = Some(Told {
                kind: ProblemKind::KeyPassword,
                message: DecodeError::KeyPassword.to_string(),
                is_notice: false,
            });
        }
    }

    /// The parts of a PKCS#12 file that can be seen without its password; `locked` says why that is
    /// not all.
    fn outlined(&mut self, file: Structure, key: &KeyKind, locked: (ProblemKind, &str)) {
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
        let owners = self.certificate_bags(certificates.into_iter());
        for attributes in keys {
            self.key_bag(0, Ok(key.clone()), &attributes, &owners);
        }
        if encrypted {
            let (kind, message) = locked;
            self.told = Some(Told {
                kind,
                message: message.to_owned(),
                is_notice: false,
            });
        }
    }

    fn certificate_bags(&mut self, bags: impl Iterator<Item = (Vec<u8>, BagAttributes)>) -> Owners {
        let before = self.certificates.len();
        for (der, attributes) in bags {
            self.certificate(&der, Some(attributes));
        }
        Owners::among(&self.certificates[before..])
    }
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

/// Tries the passwords on an encrypted key, as far as a listing affords the work.
fn encrypted_kind(der: &[u8], passwords: &Passwords) -> Result<KeyKind, String> {
    if let Err(error) = check_encrypted_private_key(der, Limits::default().max_iterations) {
        let what = error.lacking().ok_or_else(|| error.to_string())?;
        return Ok(KeyKind::Unreadable(what));
    }
    let most = Limits::listing().max_iterations;
    if let Err(DecodeError::TooMuchWork { iterations, .. }) = check_encrypted_private_key(der, most)
    {
        return Ok(KeyKind::Untried(Untried::Iterations(iterations)));
    }
    let work = work_of_encrypted_private_key(der);
    match passwords.open_key(work, |form| decrypt_private_key(der, form, most).ok()) {
        Ok(Some(key)) => open_kind(KeyForm::Pkcs8, key.expose(), None),
        Ok(None) => Ok(KeyKind::Locked),
        Err(why) => Ok(KeyKind::Untried(why)),
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
