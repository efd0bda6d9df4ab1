//! Opening a PKCS#12 file with its password (RFC 7292, section 5.2): the MAC is verified, every
//! encrypted part is decrypted, and the keys and certificates come out in the order of the file.
//! All the work a file asks for is added up and held against limits before it is begun.

use zeroize::Zeroizing;

pub use super::attributes::BagAttributes;
use super::error::DecodeError;
use super::kdf::PasswordForm;
use super::mac::StoredMac;
use super::pbe::{self, Scheme};
use super::structure::{Bag, BagContent, Safe, Structure, safe_contents};
use crate::secret::{Password, PrivateKey};

/// How much a file may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Iterations of one derivation. NSS, Firefox and GnuTLS write 600,000.
    pub max_iterations: u32,
    /// Iterations of all derivations together.
    pub max_total_iterations: u64,
    /// Parts and bags together.
    pub max_bags: usize,
    /// The file's size in bytes.
    pub max_bytes: usize,
}

impl Default for Limits {
    /// Ten million iterations a derivation (some ten seconds at most), thirty million in all,
    /// 10,000 bags, 64 MiB.
    fn default() -> Self {
        Self {
            max_iterations: 10_000_000,
            max_total_iterations: 30_000_000,
            max_bags: 10_000,
            max_bytes: 64 << 20,
        }
    }
}

impl Limits {
    pub(super) fn check_size(&self, bytes: &[u8]) -> Result<(), DecodeError> {
        if bytes.len() <= self.max_bytes {
            return Ok(());
        }
        let (is, limit) = (bytes.len(), self.max_bytes);
        Err(DecodeError::Damaged(format!(
            "it has {is} bytes, more than the {limit} allowed"
        )))
    }
}

/// A private key of the file.
#[derive(Debug)]
pub struct KeyBag {
    /// The key.
    pub key: PrivateKey,
    /// The bag's attributes.
    pub attributes: BagAttributes,
}

/// A certificate of the file.
#[derive(Debug, Clone)]
pub struct CertificateBag {
    /// What the bag holds as the certificate's DER; it was not looked at.
    pub der: Vec<u8>,
    /// The bag's attributes.
    pub attributes: BagAttributes,
}

/// What the MAC said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MacStatus {
    /// It fits content and password.
    Ok,
    /// There is none, so that nothing would show a change.
    Absent,
}

/// Everything in a file.
#[derive(Debug)]
pub struct Contents {
    /// What the MAC said.
    pub mac: MacStatus,
    /// The private keys, in the order of the file.
    pub keys: Vec<KeyBag>,
    /// The certificates, in the order of the file, duplicates and all.
    pub certificates: Vec<CertificateBag>,
    /// How many bags hold something else: revocation lists, secrets.
    pub other_bags: usize,
}

/// Opens a file. Both forms of the empty password are tried whichever is given, since programs
/// disagree on which one an empty password is.
///
/// # Errors
/// - [`DecodeError::WrongPassword`]: the MAC does not fit and the content does not decrypt, or
///   there is no MAC and it does not decrypt.
/// - [`DecodeError::MacMismatch`]: the content decrypts and the MAC does not fit.
/// - [`DecodeError::Damaged`]: the structure is broken; or the MAC fits and the content does not
///   decrypt.
/// - [`DecodeError::TooMuchWork`]: it asks for more iterations than `limits` allow. What lies
///   open is counted before any derivation, what was encrypted before the next one.
/// - [`DecodeError::NotPkcs12`], [`DecodeError::Unsupported`]: as they say.
pub fn decode(
    bytes: &[u8],
    password: PasswordForm<'_>,
    limits: &Limits,
) -> Result<Contents, DecodeError> {
    limits.check_size(bytes)?;
    let structure = Structure::read(bytes, limits.max_bags)?;
    Work::of(&structure, limits)?;
    let empty = Password::new(String::new());
    let other_form = match password {
        PasswordForm::Null => Some(PasswordForm::Text(&empty)),
        PasswordForm::Text(text) => text.is_empty().then_some(PasswordForm::Null),
    };
    match (open(&structure, password, limits), other_form) {
        (Err(DecodeError::WrongPassword), Some(other)) => open(&structure, other, limits),
        (opened, _) => opened,
    }
}

/// Opens with one form of the password. The MAC's key is derived beside the others.
fn open(
    structure: &Structure,
    password: PasswordForm<'_>,
    limits: &Limits,
) -> Result<Contents, DecodeError> {
    let mac = structure.mac.as_ref();
    let (mac_fits, opened) = std::thread::scope(|scope| {
        let mac = mac.map(|mac| scope.spawn(|| fits(mac, password, &structure.content)));
        let opened = open_safes(&structure.safes, password, limits, structure);
        let mac = mac.map(|mac| {
            mac.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        (mac, opened)
    });
    match (mac_fits, opened) {
        (Some(true), Ok(contents)) => Ok(Contents {
            mac: MacStatus::Ok,
            ..contents
        }),
        (Some(true), Err(Failure::Undecryptable)) => Err(DecodeError::Damaged(
            "its MAC fits the password, and yet a part does not decrypt".into(),
        )),
        (Some(false), Ok(contents)) if contents.was_decrypted(structure) => {
            Err(DecodeError::MacMismatch)
        }
        (Some(false), Err(Failure::Other(error @ DecodeError::TooMuchWork { .. }))) => Err(error),
        (Some(false), _) => Err(DecodeError::WrongPassword),
        (None, Ok(contents)) => Ok(contents),
        (None, Err(Failure::Undecryptable)) => Err(DecodeError::WrongPassword),
        (_, Err(Failure::Other(error))) => Err(error),
    }
}

fn fits(mac: &StoredMac, password: PasswordForm<'_>, content: &[u8]) -> bool {
    mac.matches(&mac.scheme.derive_key(password), content)
}

/// Why content did not open.
enum Failure {
    /// It does not decrypt to anything readable: a wrong password, or damage.
    Undecryptable,
    /// It opened, and is broken or beyond the limits.
    Other(DecodeError),
}

fn open_safes(
    safes: &[Safe],
    password: PasswordForm<'_>,
    limits: &Limits,
    structure: &Structure,
) -> Result<Contents, Failure> {
    let mut work = Work::of(structure, limits).map_err(Failure::Other)?;
    let mut contents = Contents {
        mac: MacStatus::Absent,
        keys: Vec::new(),
        certificates: Vec::new(),
        other_bags: 0,
    };
    for safe in safes {
        match safe {
            Safe::Plain(bags) => contents.take_all(bags, password)?,
            Safe::Encrypted { scheme, text } => {
                let opened = decrypt(scheme, password, text)?;
                // What decrypted by chance, or was damaged, does not even begin like a list.
                let bags = safe_contents(&opened, &mut work.bags).map_err(|error| match error {
                    DecodeError::Damaged(_) => Failure::Undecryptable,
                    other => Failure::Other(other),
                })?;
                work.add_bags(&bags).map_err(Failure::Other)?;
                contents.take_all(&bags, password)?;
            }
        }
    }
    Ok(contents)
}

fn decrypt(
    scheme: &Scheme,
    password: PasswordForm<'_>,
    text: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    scheme
        .decrypt(password, text)
        .map_err(|_| Failure::Undecryptable)
}

impl Contents {
    fn take_all(&mut self, bags: &[Bag], password: PasswordForm<'_>) -> Result<(), Failure> {
        for bag in bags {
            let key = match &bag.content {
                BagContent::Certificate(der) => {
                    let attributes = bag.attributes.clone();
                    self.certificates.push(CertificateBag {
                        der: der.clone(),
                        attributes,
                    });
                    continue;
                }
                BagContent::Other(_) => {
                    self.other_bags += 1;
                    continue;
                }
                BagContent::Key(key) => pbe::private_key(key.clone()),
                BagContent::ShroudedKey { scheme, text } => {
                    pbe::private_key(decrypt(scheme, password, text)?)
                }
            };
            let key = key.ok_or(Failure::Undecryptable)?;
            self.keys.push(KeyBag {
                key,
                attributes: bag.attributes.clone(),
            });
        }
        Ok(())
    }

    /// Whether opening this took the password anywhere, so that its success says something.
    fn was_decrypted(&self, structure: &Structure) -> bool {
        let shrouded = |bag: &Bag| matches!(bag.content, BagContent::ShroudedKey { .. });
        structure.safes.iter().any(|safe| match safe {
            Safe::Encrypted { .. } => true,
            Safe::Plain(bags) => bags.iter().any(shrouded),
        })
    }
}

/// What a file asked for so far.
struct Work<'a> {
    limits: &'a Limits,
    iterations: u64,
    /// How many bags there may still be.
    bags: usize,
}

impl<'a> Work<'a> {
    /// The work that can be seen from outside.
    fn of(structure: &Structure, limits: &'a Limits) -> Result<Self, DecodeError> {
        let mut work = Self {
            limits,
            iterations: 0,
            bags: limits.max_bags,
        };
        if let Some(mac) = &structure.mac {
            work.add(mac.scheme.iterations())?;
        }
        for safe in &structure.safes {
            match safe {
                Safe::Plain(bags) => work.add_bags(bags)?,
                Safe::Encrypted { scheme, .. } => work.add(scheme.iterations())?,
            }
        }
        Ok(work)
    }

    fn add_bags(&mut self, bags: &[Bag]) -> Result<(), DecodeError> {
        bags.iter().try_for_each(|bag| match &bag.content {
            BagContent::ShroudedKey { scheme, .. } => self.add(scheme.iterations()),
            _ => Ok(()),
        })
    }

    fn add(&mut self, iterations: u32) -> Result<(), DecodeError> {
        let limit = self.limits.max_iterations.into();
        if iterations > self.limits.max_iterations {
            return Err(DecodeError::TooMuchWork {
                iterations: iterations.into(),
                limit,
            });
        }
        self.iterations += u64::from(iterations);
        if self.iterations > self.limits.max_total_iterations {
            let limit = self.limits.max_total_iterations;
            return Err(DecodeError::TooMuchWork {
                iterations: self.iterations,
                limit,
            });
        }
        Ok(())
    }
}
