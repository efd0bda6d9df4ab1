//! One private key out of its file: read again, opened with a password where it needs one, and
//! compared with the certificate it is to belong to.

use std::borrow::Borrow;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::blocks::{self, Block};
use super::contents::Passwords;
use super::pair::{KeyPlace, Known};
use super::read::{Content, FileReader};
use crate::error::{AskError, StoreError};
use crate::key::{self, KeyError, KeyForm};
use crate::pkcs12::decode::Limits;
use crate::pkcs12::error::DecodeError;
use crate::pkcs12::kdf::PasswordForm;
use crate::pkcs12::pbe::{check_encrypted_private_key, decrypt_private_key};
use crate::pkcs12::structure::Structure;
use crate::secret::PrivateKey;
use crate::spec::StoreSpec;
use crate::store::{Ask, Interaction, NotExportable, UnlockRequest};

/// How often a person may mistype a password.
const ATTEMPTS: u32 = 3;

/// The file no longer has what it had when it was listed.
pub(crate) enum Fetch {
    /// Look again at the whole store.
    Changed,
    /// This is final.
    Failed(StoreError),
}

/// A piece of a file that holds a key, copied out of the reading buffer.
pub(super) enum Piece {
    Open(PrivateKey),
    EncryptedPkcs8(Zeroizing<Vec<u8>>),
    Pkcs12(Zeroizing<Vec<u8>>),
}

/// Fetches the private key of `entry` from `place`.
pub(crate) fn fetch(
    store: &StoreSpec,
    entry: &Known,
    place: &KeyPlace,
    passwords: &Passwords,
    ask: &mut dyn Ask,
) -> Result<PrivateKey, Fetch> {
    let lock = Lock {
        store,
        place: place.path.display().to_string(),
    };
    let spki = entry.certificate.spki_der();
    let keys = match piece_of(place)? {
        Piece::Open(key) => Ok(vec![key]),
        Piece::EncryptedPkcs8(der) => lock.open_key(&der, passwords, ask).map(|key| vec![key]),
        Piece::Pkcs12(bytes) => lock.open_file(&bytes, passwords, ask),
    };
    let keys = keys.map_err(Fetch::Failed)?;
    match belonging(keys, spki) {
        Some(key) => Ok(key),
        None if place.certain => Err(Fetch::Changed),
        None => Err(Fetch::Failed(StoreError::KeyMissing {
            place: format!(
                "{} (the key in {}, taken for its own by the name, is another one)",
                entry.path.display(),
                lock.place
            ),
        })),
    }
}

/// The key that belongs to the public key: by its public half, or, where that cannot be told, by
/// its algorithm.
pub(super) fn belonging<K: Borrow<PrivateKey>>(
    keys: impl IntoIterator<Item = K>,
    spki: &[u8],
) -> Option<K> {
    let algorithm = key::algorithm_of(spki);
    let mut by_algorithm = None;
    for key in keys {
        match key::public_key_of(key.borrow()) {
            Ok(public) if key::same_public_key(&public, spki) => return Some(key),
            Err(KeyError::UnknownAlgorithm(unknown))
                if by_algorithm.is_none() && Some(&unknown.oid) == algorithm.as_ref() =>
            {
                by_algorithm = Some(key);
            }
            Ok(_) | Err(_) => {}
        }
    }
    by_algorithm
}

/// Reads the file again and takes out the piece that held the key.
fn piece_of(place: &KeyPlace) -> Result<Piece, Fetch> {
    let mut reader = FileReader::new();
    let bytes = match reader.read(&place.path, true) {
        Ok(Content::Whole(bytes)) => bytes,
        Ok(Content::Foreign | Content::TooLarge) => return Err(Fetch::Changed),
        Err(error) => return Err(unreadable(&place.path, error)),
    };
    let mut count = 0;
    let mut piece = None;
    blocks::read(bytes, &mut Zeroizing::default(), &mut |block| {
        if count == place.piece {
            piece = kept(&block);
        }
        count += 1;
    });
    piece.ok_or(Fetch::Changed)
}

pub(super) fn kept(block: &Block<'_>) -> Option<Piece> {
    let copy = |bytes: &[u8]| Zeroizing::new(bytes.to_vec());
    let key = match block {
        Block::Key(key, _) => key,
        Block::Pkcs12(bytes) => return Some(Piece::Pkcs12(copy(bytes))),
        Block::Certificate(..) | Block::Unusable(_) => return None,
    };
    match key.form {
        KeyForm::Pkcs8 => Some(Piece::Open(PrivateKey::from_pkcs8_der(copy(key.der)))),
        KeyForm::Pkcs1 => key::from_pkcs1(key.der).ok().map(Piece::Open),
        KeyForm::Sec1 => key::from_sec1(key.der, key.curve).ok().map(Piece::Open),
        KeyForm::EncryptedPkcs8 => Some(Piece::EncryptedPkcs8(copy(key.der))),
    }
}

pub(super) fn unreadable(path: &Path, error: io::Error) -> Fetch {
    if error.kind() == io::ErrorKind::NotFound {
        return Fetch::Changed;
    }
    Fetch::Failed(StoreError::of_file(path, error, |place, source| {
        StoreError::Damaged {
            place,
            reason: "the file does not read".to_owned(),
            source: Some(source),
        }
    }))
}

/// Something behind a password.
pub(super) struct Lock<'a> {
    pub(super) store: &'a StoreSpec,
    pub(super) place: String,
}

impl Lock<'_> {
    /// Opens an `EncryptedPrivateKeyInfo`.
    pub(super) fn open_key(
        &self,
        der: &[u8],
        passwords: &Passwords,
        ask: &mut dyn Ask,
    ) -> Result<PrivateKey, StoreError> {
        let limit = Limits::default().max_iterations;
        check_encrypted_private_key(der, limit).map_err(|error| self.unopenable(error))?;
        let open = |password: PasswordForm<'_>| decrypt_private_key(der, password, limit);
        self.open(passwords.known(), &open, ask)
    }

    /// Opens a PKCS#12 file; the keys in it.
    pub(super) fn open_file(
        &self,
        bytes: &[u8],
        passwords: &Passwords,
        ask: &mut dyn Ask,
    ) -> Result<Vec<PrivateKey>, StoreError> {
        let limits = Limits::default();
        let file = Structure::read(bytes, &limits).map_err(|error| self.unopenable(error))?;
        let open = |password: PasswordForm<'_>| file.open(password, &limits);
        let contents = self.open(passwords.for_file(&file), &open, ask)?;
        Ok(contents.keys.into_iter().map(|bag| bag.key).collect())
    }

    /// Opens it with the password known beforehand, then with those `ask` gives.
    fn open<T>(
        &self,
        known: Option<PasswordForm<'_>>,
        open: &dyn Fn(PasswordForm<'_>) -> Result<T, DecodeError>,
        ask: &mut dyn Ask,
    ) -> Result<T, StoreError> {
        let mut wrong = 0;
        if let Some(password) = known {
            if let Some(opened) = self.attempt(open(password))? {
                return Ok(opened);
            }
            wrong += 1;
        }
        let questions = match ask.interaction() {
            Interaction::Allowed => ATTEMPTS,
            Interaction::Never => 1,
        };
        for _ in 0..questions {
            let request = UnlockRequest {
                store: self.store.clone(),
                place: self.place.clone(),
                attempt: wrong,
            };
            let password = match ask.unlock(&request) {
                Ok(password) => password,
                Err(AskError::Cancelled) => return Err(StoreError::Cancelled),
                Err(AskError::NotAllowed) if wrong > 0 => break,
                Err(AskError::NotAllowed) => {
                    let place = self.place.clone();
                    return Err(StoreError::InteractionRequired { place });
                }
            };
            if let Some(opened) = self.attempt(open(PasswordForm::Text(&password)))? {
                return Ok(opened);
            }
            wrong += 1;
        }
        Err(StoreError::WrongPassword {
            place: self.place.clone(),
        })
    }

    /// `None` for a wrong password; anything else that goes wrong is final.
    fn attempt<T>(&self, result: Result<T, DecodeError>) -> Result<Option<T>, StoreError> {
        match result {
            Ok(opened) => Ok(Some(opened)),
            Err(DecodeError::WrongPassword) => Ok(None),
            Err(error) => Err(self.unopenable(error)),
        }
    }

    /// What no password opens: it is damaged, or certstow cannot read it.
    fn unopenable(&self, error: DecodeError) -> StoreError {
        let place = self.place.clone();
        match error.lacking() {
            Some(what) => StoreError::KeyNotExportable {
                place,
                reason: NotExportable::UnsupportedForm(what),
                source: Some(error.into()),
            },
            None => StoreError::Damaged {
                place,
                reason: error.to_string(),
                source: Some(error.into()),
            },
        }
    }
}
