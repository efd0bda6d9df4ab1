//! What passwords make of a PKCS#12 file, one after the other: most have one for everything, but the
//! standard allows for one of the MAC and another of the content (RFC 7292, section 3), and Java and
//! OpenSSL for one of its own for each private key. All the work a file asks for is added up and held
//! against limits before it is begun.

use zeroize::Zeroizing;

use super::contents::{CertificateBag, Contents, KeyBag, MacStatus};
use super::error::DecodeError;
use super::kdf::PasswordForm;
use super::limits::Limits;
use super::mac::{MacScheme, StoredMac};
use super::pbe::{self, Scheme};
use super::structure::{Bag, BagContent, Safe, Structure, safe_contents};
use super::work::Work;
use crate::ber::Reader;
use crate::der::SEQUENCE;
use crate::secret::{Password, PrivateKey};
use crate::threads;

/// A file that is being opened.
pub struct Opening<'a> {
    file: &'a Structure,
    limits: &'a Limits,
    parts: Vec<Part<'a>>,
    /// Whether a password fitted the MAC; `None` if there is none.
    mac_fits: Option<bool>,
    /// Whether something decrypted to what it should be, so that a password is right.
    decrypted: bool,
    /// Whether any password was tried.
    tried: bool,
    /// The work that all attempts took, or would have taken where that was too much.
    work: u64,
}

/// One part of the file.
struct Part<'a> {
    content: PartContent<'a>,
    /// Its shrouded keys, in the order of the bags: `None` until one opens.
    keys: Vec<Option<PrivateKey>>,
}

enum PartContent<'a> {
    Plain(&'a [Bag]),
    Decrypted(Vec<Bag>),
    Encrypted { scheme: &'a Scheme, text: &'a [u8] },
    Other,
}

impl<'a> Opening<'a> {
    pub(super) fn new(file: &'a Structure, limits: &'a Limits) -> Self {
        let parts = file.safes.iter().map(|safe| match safe {
            Safe::Plain(bags) => Part::of_bags(PartContent::Plain(bags)),
            Safe::Encrypted { scheme, text } => {
                Part::of_bags(PartContent::Encrypted { scheme, text })
            }
            Safe::Other(_) => Part::of_bags(PartContent::Other),
        });
        Self {
            file,
            limits,
            parts: parts.collect(),
            mac_fits: file.mac.as_ref().map(|_| false),
            decrypted: false,
            tried: false,
            work: 0,
        }
    }

    /// Tries a password on everything that did not open so far, in the forms that programs give it: an
    /// empty one in both of its forms, since programs disagree on which one it is; one that is not ASCII
    /// as OpenSSL up to 1.0 and LibreSSL widen it; and where the MAC fits and PBES2 does not, as NSS up
    /// to 3.30 had it. Whether everything is open now.
    ///
    /// # Errors
    /// Those of [`decode`](super::decode::decode) that no other password would change.
    pub fn attempt(&mut self, password: PasswordForm<'_>) -> Result<bool, DecodeError> {
        self.tried = true;
        let mut work = Work::new(self.limits);
        let empty = Password::new(String::new());
        let mut forms = vec![password];
        match password {
            PasswordForm::Null => forms.push(PasswordForm::Text(&empty)),
            PasswordForm::Text(text) if text.is_empty() => forms.push(PasswordForm::Null),
            PasswordForm::Text(text) => {
                forms.push(PasswordForm::BmpInPbkdf2(text));
                forms.extend((!text.is_ascii()).then_some(PasswordForm::Widened(text)));
            }
            PasswordForm::Widened(_) | PasswordForm::BmpInPbkdf2(_) => {}
        }
        for form in forms {
            let is_old_nss = matches!(form, PasswordForm::BmpInPbkdf2(_));
            if self.is_complete() || is_old_nss && self.mac_fits != Some(true) {
                continue;
            }
            let done = work.done();
            let attempted = self.attempt_form(form, &mut work);
            self.work = self.work.saturating_add(work.done() - done);
            attempted?;
        }
        Ok(self.is_complete())
    }

    /// The work that all attempts took, or would have taken where that was too much, counted as in
    /// [`Limits`].
    pub fn work(&self) -> u64 {
        self.work
    }

    /// One form of a password. The MAC's key is derived beside the others.
    fn attempt_form(
        &mut self,
        form: PasswordForm<'_>,
        work: &mut Work<'_>,
    ) -> Result<(), DecodeError> {
        let mac = self.file.mac.as_ref();
        let mac = mac.filter(|mac| self.mac_fits == Some(false) && concerns_mac(form, &mac.scheme));
        work.begin(self.file);
        if let Some(mac) = mac {
            work.add_mac(&mac.scheme)?;
        }
        self.parts
            .iter()
            .try_for_each(|part| part.add_to(work, form))?;
        let (parts, decrypted) = (&mut self.parts, &mut self.decrypted);
        let mut open = || {
            parts
                .iter_mut()
                .try_for_each(|part| part.open(form, work, decrypted))
        };
        let (mac_fits, opened) = match mac {
            Some(mac) => threads::two(&|| Some(fits(mac, form, &self.file.content)), open),
            None => (None, open()),
        };
        opened?;
        if mac_fits == Some(true) {
            self.mac_fits = Some(true);
        }
        Ok(())
    }

    fn is_complete(&self) -> bool {
        self.verdict().is_ok()
    }

    /// What the passwords so far have come to: nothing to say where everything is open.
    ///
    /// # Errors
    /// As [`decode`](super::decode::decode).
    pub fn verdict(&self) -> Result<(), DecodeError> {
        let parts_open = self.parts.iter().all(|part| !part.is_encrypted());
        let all_open = self.parts.iter().all(Part::is_open);
        Err(match (self.mac_fits, self.decrypted) {
            _ if !self.tried => DecodeError::WrongPassword,
            (Some(true) | None, _) if all_open => return Ok(()),
            (Some(true), _) if parts_open => DecodeError::KeyPassword,
            (Some(true), _) => DecodeError::ContentPassword,
            (Some(false), true) if all_open => DecodeError::MacMismatch,
            (Some(false), false) if all_open => DecodeError::WrongPasswordOrAltered,
            (_, true) => DecodeError::PartlyOpened,
            (_, false) => DecodeError::WrongPassword,
        })
    }

    /// Everything that opened, if that is everything but private keys that are under another password
    /// ([`Contents::locked_keys`]).
    ///
    /// # Errors
    /// As [`Self::verdict`], but for [`DecodeError::KeyPassword`].
    pub fn finish(self) -> Result<Contents, DecodeError> {
        match self.verdict() {
            Ok(()) | Err(DecodeError::KeyPassword) => {}
            Err(error) => return Err(error),
        }
        let mut contents = Contents {
            mac: match self.mac_fits {
                Some(_) => MacStatus::Ok,
                None => MacStatus::Absent,
            },
            ..Contents::default()
        };
        for part in self.parts {
            part.take_into(&mut contents)?;
        }
        Ok(contents)
    }
}

/// Whether the MAC's key is another one in this form than as plain text.
fn concerns_mac(form: PasswordForm<'_>, scheme: &MacScheme) -> bool {
    match form {
        PasswordForm::Widened(_) => matches!(scheme, MacScheme::Pkcs12 { .. }),
        PasswordForm::BmpInPbkdf2(_) => false,
        PasswordForm::Text(_) | PasswordForm::Null => true,
    }
}

/// The same of what is encrypted.
fn concerns(form: PasswordForm<'_>, scheme: &Scheme) -> bool {
    match form {
        PasswordForm::Widened(_) => matches!(scheme, Scheme::Pkcs12 { .. }),
        PasswordForm::BmpInPbkdf2(_) => matches!(scheme, Scheme::Pbes2 { .. }),
        PasswordForm::Text(_) | PasswordForm::Null => true,
    }
}

impl<'a> Part<'a> {
    fn of_bags(content: PartContent<'a>) -> Self {
        let mut part = Self {
            content,
            keys: Vec::new(),
        };
        let shrouded = part.shrouded().count();
        part.keys.resize_with(shrouded, || None);
        part
    }

    fn bags(&self) -> &[Bag] {
        match &self.content {
            PartContent::Plain(bags) => bags,
            PartContent::Decrypted(bags) => bags,
            PartContent::Encrypted { .. } | PartContent::Other => &[],
        }
    }

    fn shrouded(&self) -> impl Iterator<Item = (&Scheme, &Zeroizing<Vec<u8>>)> {
        self.bags().iter().filter_map(|bag| match &bag.content {
            BagContent::ShroudedKey { scheme, text } => Some((scheme, text)),
            _ => None,
        })
    }

    /// The numbers of the keys that are still closed and that this form may open.
    fn closed_keys(&self, form: PasswordForm<'_>) -> Vec<usize> {
        let keys = self.shrouded().zip(&self.keys).enumerate();
        let closed = keys.filter(|(_, ((scheme, _), key))| key.is_none() && concerns(form, scheme));
        closed.map(|(number, _)| number).collect()
    }

    fn is_encrypted(&self) -> bool {
        matches!(self.content, PartContent::Encrypted { .. })
    }

    fn is_open(&self) -> bool {
        !self.is_encrypted() && self.keys.iter().all(Option::is_some)
    }

    /// Adds the work that a form of the password has here, as far as it can be seen.
    fn add_to(&self, work: &mut Work<'_>, form: PasswordForm<'_>) -> Result<(), DecodeError> {
        if let PartContent::Encrypted { scheme, .. } = &self.content
            && concerns(form, scheme)
        {
            work.add_scheme(scheme)?;
        }
        let schemes: Vec<&Scheme> = self.shrouded().map(|(scheme, _)| scheme).collect();
        let mut closed = self.closed_keys(form).into_iter();
        closed.try_for_each(|number| work.add_scheme(schemes[number]))
    }

    /// Opens what opens.
    fn open(
        &mut self,
        form: PasswordForm<'_>,
        work: &mut Work<'_>,
        decrypted: &mut bool,
    ) -> Result<(), DecodeError> {
        if let PartContent::Encrypted { scheme, text } = self.content
            && concerns(form, scheme)
            && let Ok(opened) = scheme.decrypt(form, text)
            && let Some(bags) = bags_in(&opened, work)?
        {
            *decrypted = true;
            *self = Self::of_bags(PartContent::Decrypted(bags));
            self.add_to(work, form)?;
        }
        let shrouded: Vec<_> = self.shrouded().collect();
        let numbers = self.closed_keys(form);
        let closed: Vec<_> = numbers.iter().map(|&number| shrouded[number]).collect();
        let opened = unshrouded(&closed, form);
        for (number, key) in numbers.into_iter().zip(opened) {
            *decrypted |= key.is_some();
            self.keys[number] = key;
        }
        Ok(())
    }

    fn take_into(self, contents: &mut Contents) -> Result<(), DecodeError> {
        let mut keys = self.keys.into_iter();
        let bags = match &self.content {
            PartContent::Plain(bags) => *bags,
            PartContent::Decrypted(bags) => bags,
            PartContent::Encrypted { .. } | PartContent::Other => {
                contents.unread_parts += 1;
                return Ok(());
            }
        };
        contents.layout.see(bags);
        for bag in bags {
            let attributes = bag.attributes.clone();
            match &bag.content {
                BagContent::Certificate(der) => contents.certificates.push(CertificateBag {
                    der: der.clone(),
                    attributes,
                }),
                BagContent::Other(_) => contents.other_bags += 1,
                BagContent::Key(key) => {
                    let damaged = DecodeError::damaged("a private key that is not encrypted");
                    let key = pbe::private_key(key.clone());
                    let key = key.ok_or_else(|| damaged("it is no PrivateKeyInfo"))?;
                    contents.keys.push(KeyBag { key, attributes });
                }
                BagContent::ShroudedKey { .. } => match keys.next().flatten() {
                    Some(key) => contents.keys.push(KeyBag { key, attributes }),
                    None => contents.locked_keys.push(attributes),
                },
            }
        }
        Ok(())
    }
}

pub(super) fn fits(mac: &StoredMac, password: PasswordForm<'_>, content: &[u8]) -> bool {
    mac.matches(&mac.scheme.derive_key(password), content)
}

/// What the password makes of these shrouded keys. Each has a derivation of its own, so that several
/// are worth every core.
fn unshrouded(
    shrouded: &[(&Scheme, &Zeroizing<Vec<u8>>)],
    password: PasswordForm<'_>,
) -> Vec<Option<PrivateKey>> {
    let open =
        |(scheme, text): &(&Scheme, &Zeroizing<Vec<u8>>)| shrouded_key(scheme, text, password);
    match threads::for_computing().min(shrouded.len()) {
        0 | 1 => shrouded.iter().map(open).collect(),
        threads => threads::each(threads, shrouded, open, &mut |_, _| {}),
    }
}

pub(super) fn shrouded_key(
    scheme: &Scheme,
    text: &[u8],
    password: PasswordForm<'_>,
) -> Option<PrivateKey> {
    let key = scheme.decrypt(password, text).ok();
    key.and_then(pbe::private_key)
}

/// Whether this is one SEQUENCE from end to end, which nothing becomes by chance.
fn is_sequence(bytes: &[u8]) -> bool {
    let value = Reader::new(bytes).only();
    value.is_some_and(|value| value.tagged(SEQUENCE).is_some())
}

/// The bags of a part that was decrypted; `None` if it is no list of bags. What decrypted by chance, or
/// was damaged, does not even begin like one.
fn bags_in(
    opened: &Zeroizing<Vec<u8>>,
    work: &mut Work<'_>,
) -> Result<Option<Vec<Bag>>, DecodeError> {
    match safe_contents(opened, &mut work.bags_left) {
        Ok(bags) => Ok(Some(bags)),
        // With no bags left, that is what is wrong.
        Err(DecodeError::Damaged(_)) if work.bags_left > 0 && !is_sequence(opened) => Ok(None),
        Err(error) => Err(error),
    }
}
