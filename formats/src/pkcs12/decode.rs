//! Opening a PKCS#12 file with its password (RFC 7292, section 5.2): the MAC is verified, every
//! encrypted part is decrypted, and the keys and certificates come out in the order of the file.

pub use super::contents::{CertificateBag, Contents, KeyBag, MacStatus};
use super::error::DecodeError;
use super::kdf::PasswordForm;
pub use super::limits::Limits;
use super::opening::{Opening, fits, shrouded_key};
use super::structure::{BagContent, Safe, Structure, safe_contents};
use super::work::Work;
pub use crate::pkcs12::bag_attributes::BagAttributes;
use crate::secret::Password;

/// Opens a file with one password. It is tried in every form that programs give it
/// ([`Opening::attempt`]).
///
/// # Errors
/// - [`DecodeError::WrongPassword`]: the MAC does not fit, or there is none, and nothing decrypts;
///   [`DecodeError::WrongPasswordOrAltered`]: the MAC does not fit, and nothing is encrypted.
/// - [`DecodeError::KeyPassword`], [`DecodeError::ContentPassword`]: the MAC fits, and a private key,
///   or more than that, is under another password.
/// - [`DecodeError::PartlyOpened`]: some of the content decrypts, not all of it does, and the MAC does
///   not fit, or there is none.
/// - [`DecodeError::MacMismatch`]: everything decrypts and the MAC does not fit.
/// - [`DecodeError::Damaged`]: the structure is broken.
/// - [`DecodeError::TooMuchWork`]: it asks for more iterations than `limits` allow. What lies
///   open is counted before any derivation, what was encrypted before the next one.
/// - [`DecodeError::NotPkcs12`], [`DecodeError::Unsupported`]: as they say.
pub fn decode(
    bytes: &[u8],
    password: PasswordForm<'_>,
    limits: &Limits,
) -> Result<Contents, DecodeError> {
    let file = Structure::read(bytes, limits)?;
    let mut opening = file.opening(limits);
    opening.attempt(password)?;
    let contents = opening.finish()?;
    match contents.locked_keys.is_empty() {
        true => Ok(contents),
        false => Err(DecodeError::KeyPassword),
    }
}

/// Whether this is a PKCS#12 file that opens with a password only, and not with the empty one. Told
/// by its MAC and the first thing in it that is encrypted, however many keys there are.
pub fn needs_password(bytes: &[u8]) -> bool {
    let limits = Limits::listing();
    Structure::read(bytes, &limits).is_ok_and(|file| {
        !file.needs_no_password()
            && Work::new(&limits).add_outside(&file).is_ok()
            && !file.has_empty_password(&limits)
    })
}

impl Structure {
    /// Whether one of the two empty passwords is the file's. Told by its MAC and the first thing in
    /// it that is encrypted, however many keys there are; false where that exceeds the limits.
    pub fn has_empty_password(&self, limits: &Limits) -> bool {
        let empty = Password::new(String::new());
        let mut forms = [PasswordForm::Null, PasswordForm::Text(&empty)].into_iter();
        Work::new(limits).add_outside(self).is_ok() && forms.any(|form| self.knows(form))
    }

    /// Begins to open the file, with as many passwords as it takes. `limits` are those of each.
    pub fn opening<'a>(&'a self, limits: &'a Limits) -> Opening<'a> {
        Opening::new(self, limits)
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
}
