//! The databases of NSS, in which Firefox, Thunderbird and, on Linux, Chrome keep certificates and
//! private keys: `cert9.db` and `key4.db`, two files of SQLite. [`read`] takes their bytes and says what
//! is there, without a password; [`Database::unlock`] tries one, and [`Database::private_key`] gives
//! a key as PKCS#8. Nothing here needs NSS, and nothing is written.

pub mod error;
pub mod journal;
mod key4;
pub mod records;
pub mod sqlite;

use std::collections::HashMap;

use self::error::NssError;
pub use self::key4::BaseKey;
use self::records::{
    CertificateObject, File, ObjectId, PasswordEntry, PrivateKeyObject, Problem, Problems,
    attribute,
};
use self::sqlite::SqliteError;
use crate::certificate::Certificate;
use crate::key::modulus_or_point;
use crate::secret::{Password, PrivateKey, wipe_stack};

/// How much a database may hold and ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The size of each file, and its rows.
    pub sqlite: sqlite::Limits,
    /// The iteration count of one derivation. NSS has 10,000, and up to 10 million where it is told so by
    /// its environment.
    pub max_iterations: u32,
}

impl Default for Limits {
    /// 256 MiB and a million rows; ten million iterations a derivation.
    fn default() -> Self {
        Self {
            sqlite: sqlite::Limits::default(),
            max_iterations: 10_000_000,
        }
    }
}

/// The bytes of one file, and of the rollback journal beside it, if there is one. A journal whose
/// [`journal::super_journal`] names a file that is not there is to be left out.
#[derive(Debug, Clone, Default)]
pub struct Bytes {
    /// The file itself; none, if it has no length.
    pub database: Vec<u8>,
    /// `cert9.db-journal` or `key4.db-journal`.
    pub journal: Option<Vec<u8>>,
}

/// What a database holds.
#[derive(Debug)]
pub struct Database {
    /// The certificates of people: those that are no CA's, and every one that has a private key.
    pub certificates: Vec<ListedCertificate>,
    /// The certificates of CAs, those that have a private key, too.
    pub issuers: Vec<Certificate>,
    /// Private keys to which no certificate belongs.
    pub orphans: Vec<Orphan>,
    /// Which password opens the private keys.
    pub password: PasswordState,
    /// What cannot be read.
    pub problems: Vec<Problem>,
    keys: HashMap<ObjectId, PrivateKeyObject>,
    entry: Option<PasswordEntry>,
    max_iterations: u32,
}

/// A certificate, and what is known of its private key.
#[derive(Debug, Clone)]
pub struct ListedCertificate {
    /// The certificate, with its handle in `cert9.db` and its nickname.
    pub object: CertificateObject,
    /// Its private key.
    pub key: KeyState,
}

/// What is known of a certificate's private key without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// It is there, and [`Database::private_key`] gives it by this handle.
    Present(ObjectId),
    /// It is there, and `CKA_EXTRACTABLE` is false.
    NotExtractable(ObjectId),
    /// It is there, and of a kind whose form in NSS is not read; the text names it.
    Unsupported(ObjectId, String),
    /// It is not there.
    Missing,
    /// `key4.db` cannot be read, or not all of it.
    Unknown,
}

/// A private key without a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// Its handle in `key4.db`.
    pub id: ObjectId,
    /// Its nickname.
    pub label: Option<String>,
    /// Its modulus or point, if the database tells.
    pub public_value: Option<Vec<u8>>,
}

/// Which password a database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordState {
    /// None yet, not even the empty one. It holds no private key.
    NeverSet,
    /// The empty one.
    Empty,
    /// One that is not known.
    Set,
    /// No password opens it, for the reason that is told.
    Unusable(NssError),
    /// `key4.db` cannot be read.
    Unknown,
}

/// Reads a database. `key4` is `None` where that file cannot be had, so that nothing is known of keys.
///
/// Certificates come in the order of the file. Where a row is damaged, the rest is read.
///
/// # Errors
/// [`NssError::Certificates`]: `cert9.db` cannot be read at all.
pub fn read(cert9: Bytes, key4: Option<Bytes>) -> Result<Database, NssError> {
    read_within(cert9, key4, &Limits::default())
}

/// [`read`] with other limits.
///
/// # Errors
/// As there.
pub fn read_within(
    cert9: Bytes,
    key4: Option<Bytes>,
    limits: &Limits,
) -> Result<Database, NssError> {
    let mut problems = Problems::new(File::Cert9);
    let read = |database: &sqlite::Database<'_>| records::certificates(database, &mut problems);
    let objects = with_database(cert9, limits, read).map_err(NssError::Certificates)?;
    let mut problems = problems.finish();

    let keys = Keys::read(key4, limits);
    let mut database = Database {
        certificates: Vec::new(),
        issuers: Vec::new(),
        orphans: Vec::new(),
        password: keys.password_state(limits.max_iterations),
        problems: Vec::new(),
        keys: HashMap::new(),
        entry: None,
        max_iterations: limits.max_iterations,
    };
    let pairing = Pairing::of(&keys);
    let mut orphaned = vec![true; keys.objects.len()];
    for object in objects {
        let at = pairing.key_of(&object);
        let key = match at {
            Some(at) => {
                orphaned[at] = false;
                state(&keys.objects[at])
            }
            None if keys.complete => KeyState::Missing,
            None => KeyState::Unknown,
        };
        let is_ca = object.certificate.is_ca();
        if is_ca {
            database.issuers.push(object.certificate.clone());
        }
        if !is_ca || at.is_some() {
            database
                .certificates
                .push(ListedCertificate { object, key });
        }
    }
    let orphans = keys
        .objects
        .iter()
        .zip(orphaned)
        .filter(|(_, orphaned)| *orphaned);
    database.orphans = orphans
        .map(|(key, _)| Orphan {
            id: key.id,
            label: key.label.clone(),
            public_value: key.public_value().map(<[u8]>::to_vec),
        })
        .collect();
    problems.extend(keys.problems);
    database.problems = problems;
    database.keys = keys.objects.into_iter().map(|key| (key.id, key)).collect();
    database.entry = keys.entry;
    Ok(database)
}

impl Database {
    /// Tries a password. It costs one derivation, and nothing counts the attempts.
    ///
    /// # Errors
    /// - [`NssError::WrongPassword`]: it is another one.
    /// - [`NssError::NoPassword`]: there is none, and no private key.
    /// - [`NssError::Damaged`], [`NssError::Unsupported`]: the password's entry cannot be read, or is
    ///   missing although there are private keys.
    pub fn unlock(&self, password: &Password) -> Result<BaseKey, NssError> {
        match (&self.entry, &self.password) {
            (Some(entry), _) => {
                let opened = entry.open(password, self.max_iterations);
                wipe_stack();
                opened
            }
            (None, PasswordState::Unusable(error)) => Err(error.clone()),
            (None, _) => Err(NssError::NoPassword),
        }
    }

    /// Whether its password is kept in the form that NSS has since 3.118, of 2025, and that older versions
    /// take for a wrong one.
    pub fn is_opened_by_new_nss_alone(&self) -> bool {
        let entry = self.entry.as_ref();
        entry.is_some_and(|entry| entry.salt.len() == key4::SALT_OF_SHA384)
    }

    /// Whether what [`Self::unlock`] gave for the other one is right for this one, too: it is the same
    /// database at another time, and has the same password still.
    pub fn opens_as(&self, other: &Self) -> bool {
        self.entry.is_some() && self.entry == other.entry
    }

    /// A private key as PKCS#8. Whether it works for its certificate is for the caller to prove: nothing
    /// here compares the two.
    ///
    /// # Errors
    /// - [`NssError::NotFound`]: there is none with this handle.
    /// - [`NssError::NotExtractable`], [`NssError::Unsupported`], [`NssError::Damaged`]: as they say; damage
    ///   names the attribute.
    pub fn private_key(&self, id: ObjectId, base_key: &BaseKey) -> Result<PrivateKey, NssError> {
        let object = self.keys.get(&id).ok_or(NssError::NotFound)?;
        let key = key4::private_key(object, base_key, self.max_iterations);
        wipe_stack();
        key
    }
}

/// Undoes the journal, and reads what is then there.
fn with_database<T>(
    file: Bytes,
    limits: &Limits,
    read: impl FnOnce(&sqlite::Database<'_>) -> Result<T, SqliteError>,
) -> Result<T, SqliteError> {
    let mut bytes = file.database;
    if let Some(journal) = file.journal {
        bytes = journal::undo(bytes, &journal, &limits.sqlite)?;
    }
    read(&sqlite::Database::open(&bytes, &limits.sqlite)?)
}

/// What `key4.db` holds.
struct Keys {
    objects: Vec<PrivateKeyObject>,
    entry: Option<PasswordEntry>,
    /// That the password's entry cannot be read.
    wrong_entry: Option<SqliteError>,
    problems: Vec<Problem>,
    /// Whether every private key was read.
    complete: bool,
    /// Whether there is a file that can be read.
    readable: bool,
}

impl Keys {
    fn read(file: Option<Bytes>, limits: &Limits) -> Self {
        let mut keys = Self {
            objects: Vec::new(),
            entry: None,
            wrong_entry: None,
            problems: Vec::new(),
            complete: false,
            readable: false,
        };
        let Some(file) = file else {
            return keys;
        };
        let mut problems = Problems::new(File::Key4);
        let read = with_database(file, limits, |database| {
            match records::password_entry(database) {
                Ok(entry) => keys.entry = entry,
                Err(error) => keys.wrong_entry = Some(error),
            }
            keys.objects = records::private_keys(database, &mut problems)?;
            Ok(())
        });
        match read {
            Ok(()) => keys.readable = true,
            Err(error) => {
                let message = format!("it is not a database that can be read: {error}");
                problems.add(None, message);
            }
        }
        keys.complete = keys.readable && problems.is_empty();
        keys.problems = problems.finish();
        keys
    }

    fn password_state(&self, max_iterations: u32) -> PasswordState {
        if let Some(error) = &self.wrong_entry {
            return PasswordState::Unusable(NssError::Damaged(format!(
                "its password entry: {error}"
            )));
        }
        let Some(entry) = &self.entry else {
            return match (self.readable, self.objects.as_slice()) {
                (false, _) => PasswordState::Unknown,
                (true, []) => PasswordState::NeverSet,
                (true, _) => {
                    let wrong = "its password entry is missing".to_owned();
                    PasswordState::Unusable(NssError::Damaged(wrong))
                }
            };
        };
        let empty = Password::new(String::new());
        let tried = match entry.iterations(max_iterations) {
            Ok(1) => entry.open(&empty, max_iterations).map(drop),
            Ok(_) => Err(NssError::WrongPassword),
            Err(error) => Err(error),
        };
        match tried {
            Ok(()) => PasswordState::Empty,
            Err(NssError::WrongPassword) => PasswordState::Set,
            Err(error) => PasswordState::Unusable(error),
        }
    }
}

/// The private keys by what pairs them with certificates: their public value, and their CKA_ID where
/// the key has none.
struct Pairing<'k> {
    keys: &'k [PrivateKeyObject],
    by_public_value: HashMap<&'k [u8], usize>,
    by_id: HashMap<&'k [u8], usize>,
}

impl<'k> Pairing<'k> {
    fn of(keys: &'k Keys) -> Self {
        let keys = keys.objects.as_slice();
        let mut pairing = Self {
            keys,
            by_public_value: HashMap::new(),
            by_id: HashMap::new(),
        };
        for (at, key) in keys.iter().enumerate() {
            if let Some(value) = key.public_value() {
                pairing.by_public_value.entry(value).or_insert(at);
            }
            if let Some(id) = key.attribute(attribute::ID).filter(|id| !id.is_empty()) {
                pairing.by_id.entry(id).or_insert(at);
            }
        }
        pairing
    }

    fn key_of(&self, object: &CertificateObject) -> Option<usize> {
        let value = modulus_or_point(object.certificate.spki_der());
        let by_value = value
            .as_deref()
            .and_then(|value| self.by_public_value.get(value));
        if let Some(&at) = by_value {
            return Some(at);
        }
        // NSS finds a key by its id alone, and so may find another's.
        let &at = self.by_id.get(object.cka_id.as_slice())?;
        self.keys[at].public_value().is_none().then_some(at)
    }
}

fn state(key: &PrivateKeyObject) -> KeyState {
    use records::KeyType;
    if !key.is_extractable() {
        return KeyState::NotExtractable(key.id);
    }
    match key.key_type() {
        Some(kind @ KeyType::Other(_)) => KeyState::Unsupported(key.id, kind.name()),
        Some(KeyType::Rsa | KeyType::Ec) | None => KeyState::Present(key.id),
    }
}
