//! Opening a PKCS#12 file with its password (RFC 7292, section 5.2): the MAC is verified, every
//! encrypted part is decrypted, and the keys and certificates come out in the order of the file.
//! All the work a file asks for is added up and held against limits before it is begun.

use zeroize::Zeroizing;

use super::error::DecodeError;
use super::kdf::PasswordForm;
use super::layout::Layout;
pub use super::limits::Limits;
use super::mac::StoredMac;
use super::pbe::{self, Scheme};
use super::structure::{Bag, BagContent, Safe, Structure, safe_contents};
use super::work::Work;
pub use crate::pkcs12::bag_attributes::BagAttributes;
use crate::secret::{Password, PrivateKey};
use crate::threads;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MacStatus {
    /// It fits content and password.
    Ok,
    /// There is none, so that nothing would show a change.
    #[default]
    Absent,
}

/// Everything in a file.
#[derive(Debug, Default)]
pub struct Contents {
    /// What the MAC said.
    pub mac: MacStatus,
    /// The private keys, in the order of the file.
    pub keys: Vec<KeyBag>,
    /// The certificates, in the order of the file, duplicates and all.
    pub certificates: Vec<CertificateBag>,
    /// How many bags hold something else: revocation lists, secrets.
    pub other_bags: usize,
    /// What there is to say of the bags themselves.
    pub layout: Layout,
    /// How many parts are encrypted to a certificate, or are of an unknown content type. Nothing in
    /// them was read.
    pub unread_parts: usize,
}

/// Opens a file. Both forms of the empty password are tried whichever is given, that one first,
/// since programs disagree on which one an empty password is.
///
/// # Errors
/// - [`DecodeError::WrongPassword`]: the MAC does not fit, or there is none, and nothing decrypts.
/// - [`DecodeError::MacMismatch`]: everything decrypts and the MAC does not fit.
/// - [`DecodeError::Damaged`]: the structure is broken; or the MAC fits, or some of the content
///   decrypts, and yet not all of it does.
/// - [`DecodeError::TooMuchWork`]: it asks for more iterations than `limits` allow. What lies
///   open is counted before any derivation, what was encrypted before the next one.
/// - [`DecodeError::NotPkcs12`], [`DecodeError::Unsupported`]: as they say.
pub fn decode(
    bytes: &[u8],
    password: PasswordForm<'_>,
    limits: &Limits,
) -> Result<Contents, DecodeError> {
    Structure::read(bytes, limits)?.open(password, limits)
}

/// Whether this is a PKCS#12 file that opens with a password only, and not with the empty one. Told
/// by its MAC and the first thing in it that is encrypted, however many keys there are.
pub fn needs_password(bytes: &[u8]) -> bool {
    let limits = Limits::listing();
    Structure::read(bytes, &limits).is_ok_and(|file| {
        !file.needs_no_password()
            && Work::new(&limits).begin(&file).is_ok()
            && !file.has_empty_password(&limits)
    })
}

impl Structure {
    /// Whether one of the two empty passwords is the file's. Told by its MAC and the first thing in
    /// it that is encrypted, however many keys there are; false where that exceeds the limits.
    pub fn has_empty_password(&self, limits: &Limits) -> bool {
        let empty = Password::new(String::new());
        let mut forms = [PasswordForm::Null, PasswordForm::Text(&empty)].into_iter();
        Work::new(limits).begin(self).is_ok() && forms.any(|form| self.knows(form))
    }

    /// The rest of [`decode`].
    ///
    /// # Errors
    /// As there.
    pub fn open(
        &self,
        password: PasswordForm<'_>,
        limits: &Limits,
    ) -> Result<Contents, DecodeError> {
        let mut work = Work::new(limits);
        let empty = Password::new(String::new());
        let other_form = match password {
            PasswordForm::Null => Some(PasswordForm::Text(&empty)),
            PasswordForm::Text(text) => text.is_empty().then_some(PasswordForm::Null),
        };
        match (self.attempt(password, &mut work), other_form) {
            (Err(error), Some(other)) if may_be_the_wrong_form(&error) => self
                .attempt(other, &mut work)
                .map_err(|second| more_telling(error, second)),
            (opened, _) => opened,
        }
    }

    /// Whether the MAC fits the password, or the first thing that is encrypted decrypts with it.
    fn knows(&self, password: PasswordForm<'_>) -> bool {
        let mac = self.mac.as_ref();
        if mac.is_some_and(|mac| fits(mac, password, &self.content)) {
            return true;
        }
        let mut bags_left = self.bags_left;
        let mut decrypted = self.safes.iter().filter_map(|safe| match safe {
            Safe::Encrypted { scheme, text } => {
                let opened = scheme.decrypt(password, text).ok();
                Some(opened.is_some_and(|bags| safe_contents(&bags, &mut bags_left).is_ok()))
            }
            Safe::Plain(bags) => bags.iter().find_map(|bag| match &bag.content {
                BagContent::ShroudedKey { scheme, text } => {
                    Some(shrouded_key(scheme, text, password).is_some())
                }
                _ => None,
            }),
            Safe::Other(_) => None,
        });
        decrypted.next().unwrap_or(false)
    }

    /// Opens with one form of the password. The MAC's key is derived beside the others.
    fn attempt(
        &self,
        password: PasswordForm<'_>,
        work: &mut Work<'_>,
    ) -> Result<Contents, DecodeError> {
        work.begin(self)?;
        let mut opening = || Opening::of(&self.safes, password, work);
        let (mac_fits, opened) = match &self.mac {
            Some(mac) => {
                let fits = || Some(fits(mac, password, &self.content));
                threads::two(&fits, opening)
            }
            None => (None, opening()),
        };
        opened?.judge(mac_fits)
    }
}

/// Whether an error may come from having taken the wrong one of the two empty passwords. With
/// PBES2 both give the same key, so that content decrypts where the MAC does not fit, and in a
/// file that has other schemes beside it one part decrypts and another does not.
fn may_be_the_wrong_form(error: &DecodeError) -> bool {
    matches!(
        error,
        DecodeError::WrongPassword | DecodeError::MacMismatch | DecodeError::Damaged(_)
    )
}

/// The error to report when neither empty password opens a file: the one that came furthest.
fn more_telling(first: DecodeError, second: DecodeError) -> DecodeError {
    let rank = |error: &DecodeError| match error {
        DecodeError::MacMismatch => 3,
        DecodeError::WrongPassword => 0,
        DecodeError::Damaged(_) => 1,
        _ => 2,
    };
    if rank(&second) > rank(&first) {
        second
    } else {
        first
    }
}

fn fits(mac: &StoredMac, password: PasswordForm<'_>, content: &[u8]) -> bool {
    mac.matches(&mac.scheme.derive_key(password), content)
}

/// What one password makes of the parts of a file.
#[derive(Default)]
struct Opening {
    contents: Contents,
    /// Whether something decrypted to what it should be, so that the password is right.
    decrypted: bool,
    /// Whether something did not: a wrong password, or damage.
    undecryptable: bool,
}

impl Opening {
    /// Tries every part, whether or not those before it decrypted.
    ///
    /// # Errors
    /// Something that no other password would change.
    fn of(
        safes: &[Safe],
        password: PasswordForm<'_>,
        work: &mut Work<'_>,
    ) -> Result<Self, DecodeError> {
        let mut opening = Self::default();
        for safe in safes {
            match safe {
                Safe::Plain(bags) => opening.take_all(bags, password)?,
                Safe::Encrypted { scheme, text } => {
                    let opened = scheme.decrypt(password, text).ok();
                    match opened.map(|opened| bags_in(&opened, work)).transpose()? {
                        Some(Some(bags)) => {
                            opening.decrypted = true;
                            opening.take_all(&bags, password)?;
                        }
                        Some(None) | None => opening.undecryptable = true,
                    }
                }
                Safe::Other(_) => opening.contents.unread_parts += 1,
            }
        }
        Ok(opening)
    }

    fn take_all(&mut self, bags: &[Bag], password: PasswordForm<'_>) -> Result<(), DecodeError> {
        self.contents.layout.see(bags);
        let mut unshrouded = unshrouded(bags, password).into_iter();
        for bag in bags {
            match &bag.content {
                BagContent::Certificate(der) => self.contents.certificates.push(CertificateBag {
                    der: der.clone(),
                    attributes: bag.attributes.clone(),
                }),
                BagContent::Other(_) => self.contents.other_bags += 1,
                BagContent::Key(key) => {
                    let damaged = DecodeError::damaged("a private key that is not encrypted");
                    let key = pbe::private_key(key.clone());
                    self.take_key(key.ok_or_else(|| damaged("it is no PrivateKeyInfo"))?, bag);
                }
                BagContent::ShroudedKey { .. } => match unshrouded.next().flatten() {
                    Some(key) => {
                        self.decrypted = true;
                        self.take_key(key, bag);
                    }
                    None => self.undecryptable = true,
                },
            }
        }
        Ok(())
    }

    fn take_key(&mut self, key: PrivateKey, bag: &Bag) {
        self.contents.keys.push(KeyBag {
            key,
            attributes: bag.attributes.clone(),
        });
    }

    /// What it all means, beside what the MAC says if there is one.
    fn judge(self, mac_fits: Option<bool>) -> Result<Contents, DecodeError> {
        match (mac_fits, self.decrypted, self.undecryptable) {
            (Some(true), _, false) => Ok(Contents {
                mac: MacStatus::Ok,
                ..self.contents
            }),
            (None, _, false) => Ok(self.contents),
            (Some(false), true, false) => Err(DecodeError::MacMismatch),
            (Some(true), _, true) => Err(DecodeError::Damaged(
                "its MAC fits the password, and yet a part does not decrypt".into(),
            )),
            (_, true, true) => Err(DecodeError::Damaged(
                "the password opens some parts of it, and others do not decrypt".into(),
            )),
            (Some(false) | None, false, _) => Err(DecodeError::WrongPassword),
        }
    }
}

/// What the password makes of the shrouded keys among these bags, in their order. Each has a
/// derivation of its own, so that several are worth every core.
fn unshrouded(bags: &[Bag], password: PasswordForm<'_>) -> Vec<Option<PrivateKey>> {
    let shrouded = bags.iter().filter_map(|bag| match &bag.content {
        BagContent::ShroudedKey { scheme, text } => Some((scheme, text)),
        _ => None,
    });
    let shrouded: Vec<_> = shrouded.collect();
    let open =
        |(scheme, text): &(&Scheme, &Zeroizing<Vec<u8>>)| shrouded_key(scheme, text, password);
    match threads::for_computing().min(shrouded.len()) {
        0 | 1 => shrouded.iter().map(open).collect(),
        threads => threads::each(threads, &shrouded, open, &mut |_, _| {}),
    }
}

fn shrouded_key(scheme: &Scheme, text: &[u8], password: PasswordForm<'_>) -> Option<PrivateKey> {
    let key = scheme.decrypt(password, text).ok();
    key.and_then(pbe::private_key)
}

/// The bags of a part that was decrypted, their work added; `None` if it is no list of bags. What
/// decrypted by chance, or was damaged, does not even begin like one.
fn bags_in(
    opened: &Zeroizing<Vec<u8>>,
    work: &mut Work<'_>,
) -> Result<Option<Vec<Bag>>, DecodeError> {
    match safe_contents(opened, &mut work.bags_left) {
        Ok(bags) => work.add_bags(&bags).map(|()| Some(bags)),
        // With no bags left, that is what is wrong.
        Err(DecodeError::Damaged(_)) if work.bags_left > 0 => Ok(None),
        Err(error) => Err(error),
    }
}
