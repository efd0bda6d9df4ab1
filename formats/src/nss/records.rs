//! The rows of NSS's tables (`sdb.c`): `nssPublic` of `cert9.db` and `nssPrivate` of `key4.db` hold
//! PKCS#11 objects, a column for each attribute, named `a` and the attribute's type in hexadecimal
//! digits; `metaData` of `key4.db` holds what belongs to the password. A column is found by its name,
//! since their order differs between versions of NSS.

use std::collections::BTreeMap;

use super::sqlite::{Database, Row, Rows, SqliteError, Table, Value};
use crate::certificate::Certificate;

/// The attributes of PKCS#11 (3.1, section 4) that are read, and NSS's own.
pub mod attribute {
    /// `CKA_CLASS`.
    pub const CLASS: u32 = 0x0;
    /// `CKA_LABEL`: the nickname.
    pub const LABEL: u32 = 0x3;
    /// `CKA_VALUE`: a certificate's DER; the scalar of a key of an elliptic curve.
    pub const VALUE: u32 = 0x11;
    /// `CKA_KEY_TYPE`.
    pub const KEY_TYPE: u32 = 0x100;
    /// `CKA_ID`.
    pub const ID: u32 = 0x102;
    /// `CKA_MODULUS`.
    pub const MODULUS: u32 = 0x120;
    /// `CKA_PUBLIC_EXPONENT`.
    pub const PUBLIC_EXPONENT: u32 = 0x122;
    /// `CKA_PRIVATE_EXPONENT`, `CKA_PRIME_1`, `CKA_PRIME_2`, `CKA_EXPONENT_1`, `CKA_EXPONENT_2` and
    /// `CKA_COEFFICIENT`, in the order of RFC 8017, A.1.2.
    pub const RSA_PRIVATE: [u32; 6] = [0x123, 0x124, 0x125, 0x126, 0x127, 0x128];
    /// `CKA_PUBLIC_KEY_INFO`: the `SubjectPublicKeyInfo`. NSS keeps it with keys for RSASSA-PSS.
    pub const PUBLIC_KEY_INFO: u32 = 0x129;
    /// `CKA_EXTRACTABLE`.
    pub const EXTRACTABLE: u32 = 0x162;
    /// `CKA_EC_PARAMS`: the DER of the curve's object identifier.
    pub const EC_PARAMS: u32 = 0x180;
    /// `CKA_NSS_DB`: the modulus of an RSA key, the point of one of an elliptic curve.
    pub const NSS_DB: u32 = 0xd5a0_db00;
}

/// `CKO_CERTIFICATE`, `CKO_PRIVATE_KEY`.
const CERTIFICATE: u32 = 1;
const PRIVATE_KEY: u32 = 3;

/// How NSS writes a value of no length, which SQLite would not tell from NULL.
const EMPTY: [u8; 3] = [0xa5, 0x00, 0x5a];

/// The name of NSS's own token, which its library may put before a nickname.
const TOKEN: &str = "NSS Certificate DB:";

/// The objects of one table that are told of as damaged. Of all further ones only the number is.
const MOST_PROBLEMS: usize = 100;

/// The handle by which NSS's database knows an object: 30 bits that mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(pub u32);

impl std::fmt::Display for ObjectId {
    /// Lower-case hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// One of the two files of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// `cert9.db`: certificates, public keys and what is trusted.
    Cert9,
    /// `key4.db`: private keys and the password's check.
    Key4,
}

impl File {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cert9 => "cert9.db",
            Self::Key4 => "key4.db",
        }
    }
}

/// Something in a database that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file it is about.
    pub file: File,
    /// The object, if it is known which one.
    pub object: Option<ObjectId>,
    /// What is wrong, in a sentence without its beginning: "it is damaged: ...".
    pub message: String,
}

/// A certificate object.
#[derive(Debug, Clone)]
pub struct CertificateObject {
    /// Its handle.
    pub id: ObjectId,
    /// `CKA_LABEL`: its nickname, which all certificates of one subject share.
    pub label: Option<String>,
    /// `CKA_ID`.
    pub cka_id: Vec<u8>,
    /// The certificate. What the columns say of its issuer or serial number does not count.
    pub certificate: Certificate,
}

/// A private key object, its values as they stand in the file: those that are secret are encrypted,
/// which with the empty password protects nothing.
#[derive(Clone)]
pub struct PrivateKeyObject {
    /// Its handle.
    pub id: ObjectId,
    /// `CKA_LABEL`.
    pub label: Option<String>,
    attributes: BTreeMap<u32, Vec<u8>>,
}

/// What kind of key an object is: `CKA_KEY_TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// `CKK_RSA`, also with RSASSA-PSS.
    Rsa,
    /// `CKK_EC`.
    Ec,
    /// One that is not read, by its number.
    Other(u32),
}

impl KeyType {
    /// What it is called.
    pub fn name(self) -> String {
        let name = match self {
            Self::Rsa => "RSA",
            Self::Ec => "EC",
            Self::Other(0x1) => "DSA",
            Self::Other(0x2) => "DH",
            Self::Other(0x40) => "EdDSA",
            Self::Other(0x41) => "X25519",
            Self::Other(0x49) => "ML-KEM",
            Self::Other(0x4a) => "ML-DSA",
            Self::Other(number) => return format!("key type 0x{number:x}"),
        };
        name.to_owned()
    }
}

impl std::fmt::Debug for PrivateKeyObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKeyObject({})", self.id)
    }
}

impl PrivateKeyObject {
    /// The value of an attribute, which may be empty; `None` where it has none.
    pub fn attribute(&self, attribute: u32) -> Option<&[u8]> {
        self.attributes.get(&attribute).map(Vec::as_slice)
    }

    /// `CKA_KEY_TYPE`; `None` where it is missing or no number.
    pub fn key_type(&self) -> Option<KeyType> {
        Some(match number(self.attribute(attribute::KEY_TYPE)?)? {
            0 => KeyType::Rsa,
            3 => KeyType::Ec,
            other => KeyType::Other(other),
        })
    }

    /// Whether `CKA_EXTRACTABLE` says that the key may leave the database; it does unless it is told
    /// otherwise.
    pub fn is_extractable(&self) -> bool {
        self.attribute(attribute::EXTRACTABLE) != Some(&[0])
    }

    /// The modulus without leading zeros, or the point, which lie in clear.
    pub(super) fn public_value(&self) -> Option<&[u8]> {
        let value = match self.key_type()? {
            KeyType::Rsa => {
                let modulus = self.attribute(attribute::MODULUS);
                let modulus = modulus.or_else(|| self.attribute(attribute::NSS_DB))?;
                crate::der::without_leading_zeros(modulus)
            }
            KeyType::Ec => self.attribute(attribute::NSS_DB)?,
            KeyType::Other(_) => return None,
        };
        (!value.is_empty()).then_some(value)
    }
}

/// The row of `metaData` for the password: the global salt, and a text encrypted under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PasswordEntry {
    pub(super) salt: Vec<u8>,
    pub(super) check: Vec<u8>,
}

/// Collects what is wrong in one file, up to a number that is worth reading.
pub(super) struct Problems {
    file: File,
    found: Vec<Problem>,
    more: usize,
}

impl Problems {
    pub(super) fn new(file: File) -> Self {
        let found = Vec::new();
        Self {
            file,
            found,
            more: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn add(&mut self, object: Option<ObjectId>, message: String) {
        if self.found.len() < MOST_PROBLEMS {
            let file = self.file;
            self.found.push(Problem {
                file,
                object,
                message,
            });
        } else {
            self.more += 1;
        }
    }

    pub(super) fn finish(mut self) -> Vec<Problem> {
        if self.more > 0 {
            self.found.push(Problem {
                file: self.file,
                object: None,
                message: format!("there is more that is damaged, in {} places", self.more),
            });
        }
        self.found
    }
}

/// The certificates of `nssPublic`.
///
/// # Errors
/// [`SqliteError::Damaged`]: the table cannot be found, or nothing at all of it can be read.
pub(super) fn certificates(
    database: &Database<'_>,
    problems: &mut Problems,
) -> Result<Vec<CertificateObject>, SqliteError> {
    let mut certificates = Vec::new();
    let Some(objects) = Objects::of(database, "nssPublic", CERTIFICATE)? else {
        return Ok(certificates);
    };
    objects.read(problems, |object| {
        let der = object.value(attribute::VALUE)?.unwrap_or_default();
        let certificate = Certificate::from_der(der).map_err(|error| error.to_string())?;
        certificates.push(CertificateObject {
            id: object.id,
            label: object.label()?,
            cka_id: object.value(attribute::ID)?.unwrap_or_default().to_vec(),
            certificate,
        });
        Ok(())
    });
    Ok(certificates)
}

/// The private keys of `nssPrivate`.
///
/// # Errors
/// As [`certificates`].
pub(super) fn private_keys(
    database: &Database<'_>,
    problems: &mut Problems,
) -> Result<Vec<PrivateKeyObject>, SqliteError> {
    use attribute::{
        EC_PARAMS, EXTRACTABLE, ID, KEY_TYPE, MODULUS, NSS_DB, PUBLIC_EXPONENT, PUBLIC_KEY_INFO,
        RSA_PRIVATE, VALUE,
    };
    let mut keys = Vec::new();
    let Some(objects) = Objects::of(database, "nssPrivate", PRIVATE_KEY)? else {
        return Ok(keys);
    };
    objects.read(problems, |object| {
        let mut attributes = BTreeMap::new();
        let others = [
            VALUE,
            KEY_TYPE,
            ID,
            MODULUS,
            PUBLIC_EXPONENT,
            PUBLIC_KEY_INFO,
            EXTRACTABLE,
            EC_PARAMS,
            NSS_DB,
        ];
        for attribute in others.into_iter().chain(RSA_PRIVATE) {
            if let Some(value) = object.value(attribute)? {
                attributes.insert(attribute, value.to_vec());
            }
        }
        keys.push(PrivateKeyObject {
            id: object.id,
            label: object.label()?,
            attributes,
        });
        Ok(())
    });
    Ok(keys)
}

/// The password's row of `metaData`.
///
/// # Errors
/// [`SqliteError::Damaged`]: it was not found, and something that cannot be read may be it.
pub(super) fn password_entry(
    database: &Database<'_>,
) -> Result<Option<PasswordEntry>, SqliteError> {
    let Some(table) = database.table("metaData")? else {
        return Ok(None);
    };
    let [id, salt, check] = ["id", "item1", "item2"].map(|name| table.column(name));
    let (Some(id), Some(salt), Some(check)) = (id, salt, check) else {
        let wrong = "the table metaData has other columns than NSS gives it";
        return Err(SqliteError::Damaged(wrong.to_owned()));
    };
    let mut damage = None;
    for row in database.rows(&table) {
        let row = match row {
            Ok(row) => row,
            Err(found) => {
                damage = damage.or(Some(found));
                continue;
            }
        };
        if octets(row.value(id)) == Some(b"password") {
            let item = |column| octets(row.value(column)).unwrap_or_default().to_vec();
            return Ok(Some(PasswordEntry {
                salt: item(salt),
                check: item(check),
            }));
        }
    }
    match damage {
        Some(damage) => Err(SqliteError::Damaged(damage.to_string())),
        None => Ok(None),
    }
}

/// The objects of one class in a table.
struct Objects<'a> {
    rows: Rows<'a>,
    class: u32,
    columns: Columns,
}

/// Where the id is, and each attribute.
struct Columns {
    id: usize,
    attributes: BTreeMap<u32, usize>,
}

impl Columns {
    fn of(table: &Table) -> Option<Self> {
        let attribute = |(column, name): (usize, &String)| {
            let digits = name.strip_prefix(['a', 'A'])?;
            Some((u32::from_str_radix(digits, 16).ok()?, column))
        };
        Some(Self {
            id: table.column("id")?,
            attributes: table
                .columns
                .iter()
                .enumerate()
                .filter_map(attribute)
                .collect(),
        })
    }
}

impl<'a> Objects<'a> {
    /// `None` if the database has no such table, as before it is first used.
    fn of(database: &Database<'a>, name: &str, class: u32) -> Result<Option<Self>, SqliteError> {
        let Some(table) = database.table(name)? else {
            return Ok(None);
        };
        let wrong = || format!("the table {name} has no column id");
        let columns = Columns::of(&table).ok_or_else(|| SqliteError::Damaged(wrong()))?;
        let rows = database.rows(&table);
        if let Some(Err(damage)) = rows.clone().next()
            && damage.is_of_whole(&table)
        {
            return Err(SqliteError::Damaged(damage.to_string()));
        }
        Ok(Some(Self {
            rows,
            class,
            columns,
        }))
    }

    /// Hands over every object of the class. What cannot be read, also according to `take`, is a problem.
    fn read(
        self,
        problems: &mut Problems,
        mut take: impl FnMut(&Object<'_>) -> Result<(), String>,
    ) {
        for row in self.rows {
            let row = match row {
                Ok(row) => row,
                Err(damage) => {
                    problems.add(None, format!("it is damaged: {damage}"));
                    continue;
                }
            };
            let Value::Integer(id) = row.value(self.columns.id) else {
                problems.add(None, "it is damaged: an object has no id".to_owned());
                continue;
            };
            let Ok(id) = u32::try_from(id).map(ObjectId) else {
                problems.add(None, format!("it is damaged: an object has the id {id}"));
                continue;
            };
            let object = Object {
                id,
                row: &row,
                columns: &self.columns,
            };
            let taken = object.class().and_then(|class| match class == self.class {
                true => take(&object),
                false => Ok(()),
            });
            if let Err(wrong) = taken {
                problems.add(Some(id), format!("it is damaged: {wrong}"));
            }
        }
    }
}

/// An object of a table.
struct Object<'r> {
    id: ObjectId,
    row: &'r Row<'r>,
    columns: &'r Columns,
}

impl Object<'_> {
    /// The octets of an attribute.
    fn value(&self, attribute: u32) -> Result<Option<&[u8]>, String> {
        let Some(&column) = self.columns.attributes.get(&attribute) else {
            return Ok(None);
        };
        match self.row.value(column) {
            Value::Null => Ok(None),
            value => match octets(value) {
                Some(octets) if octets == EMPTY => Ok(Some(&[])),
                Some(octets) => Ok(Some(octets)),
                None => Err(format!("the attribute 0x{attribute:x} is a number")),
            },
        }
    }

    fn class(&self) -> Result<u32, String> {
        let class = self.value(attribute::CLASS)?;
        class
            .and_then(number)
            .ok_or_else(|| "it does not say what it is (CKA_CLASS)".to_owned())
    }

    /// The nickname; `None` if there is none.
    fn label(&self) -> Result<Option<String>, String> {
        let label = self.value(attribute::LABEL)?.unwrap_or_default();
        let label = String::from_utf8_lossy(label);
        let label = label.strip_prefix(TOKEN).unwrap_or(&label);
        Ok((!label.is_empty()).then(|| label.to_owned()))
    }
}

/// NSS binds octets, and text for the ids of `metaData`.
fn octets(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Blob(octets) | Value::Text(octets) => Some(octets),
        Value::Null | Value::Integer(_) | Value::Real(_) => None,
    }
}

/// A `CK_ULONG`, which NSS writes in four octets on every computer.
fn number(octets: &[u8]) -> Option<u32> {
    octets.try_into().ok().map(u32::from_be_bytes)
}
