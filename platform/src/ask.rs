//! Passwords and PINs for a store: those that are known when it is opened, and those that it asks for
//! meanwhile, at a terminal or of a script.

use std::sync::Arc;

use certstow_formats::secret::Password;

use crate::error::AskError;
use crate::spec::StoreSpec;

/// What a store may be told when it is opened.
#[derive(Debug, Default, Clone)]
pub struct OpenOptions {
    /// Passwords and PINs known beforehand, each for one store or for whichever it opens.
    pub unlock: Vec<Unlock>,
}

impl OpenOptions {
    /// With a password that may unlock something in any store that is no token.
    pub fn with_password(password: Password) -> Self {
        Self::with_passwords([Arc::new(password)])
    }

    /// With several such passwords.
    pub fn with_passwords(passwords: impl IntoIterator<Item = Arc<Password>>) -> Self {
        let unlock = passwords.into_iter().map(|password| Unlock {
            password,
            store: None,
            source: None,
        });
        Self {
            unlock: unlock.collect(),
        }
    }

    /// What may be tried on the store of this name. A token counts wrong PINs and locks itself, so that
    /// nothing is tried on it but what is meant for it.
    pub fn for_store(&self, spec: &StoreSpec) -> impl Iterator<Item = &Unlock> {
        let is_meant = |unlock: &&Unlock| match &unlock.store {
            Some(store) => store.covers(spec),
            None => !spec.counts_wrong_tries(),
        };
        self.unlock.iter().filter(is_meant)
    }

    /// The same, the passwords alone.
    pub(crate) fn passwords_for(&self, spec: &StoreSpec) -> Vec<Arc<Password>> {
        let unlock = self.for_store(spec);
        unlock.map(|unlock| Arc::clone(&unlock.password)).collect()
    }
}

/// A password or PIN known beforehand.
#[derive(Debug, Clone)]
pub struct Unlock {
    /// The password or PIN.
    pub password: Arc<Password>,
    /// The only store that it is for, or, for a name that stands for several, each of these.
    pub store: Option<StoreSpec>,
    /// Where it comes from, and its version there: a text that differs once it may be another one, and
    /// does not tell it. A token that refused it is not asked again for the same.
    pub source: Option<String>,
}

/// Whether a store may involve a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interaction {
    /// A person may be asked.
    Allowed,
    /// Nothing may wait for a person.
    Never,
}

/// What of a file or token a password is to unlock: in this order, where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unlocks {
    /// All of it, or the key where it holds nothing else.
    Whole,
    /// The content of a PKCS#12 file that is under another password than the file's MAC.
    Content,
    /// A private key that is under another password than the PKCS#12 file that it is in.
    PrivateKey,
}

/// What somebody is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedFor {
    /// The password of a file, or of something in it. Nothing counts wrong ones.
    Password,
    /// The primary password of an NSS database. Nothing counts wrong ones.
    PrimaryPassword,
    /// The PIN of a token, which locks itself after a few wrong ones.
    Pin(TriesLeft),
}

/// What a token says of the wrong PINs that it still allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriesLeft {
    /// Nothing, or nothing worth telling.
    Unknown,
    /// Fewer than at first: a wrong one was given since the last right one (`CKF_USER_PIN_COUNT_LOW`).
    Few,
    /// The next wrong one locks it (`CKF_USER_PIN_FINAL_TRY`).
    Last,
}

/// What a password or PIN is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnlockRequest {
    /// The store.
    pub store: StoreSpec,
    /// What is locked: a file's path, a database, a token's label.
    pub place: String,
    /// What is asked for.
    pub asks_for: AskedFor,
    /// What of it.
    pub unlocks: Unlocks,
    /// How often a password for this was already wrong.
    pub attempt: u32,
}

/// How a store reaches the person or the script behind it.
pub trait Ask {
    /// Whether prompts are allowed.
    fn interaction(&self) -> Interaction;

    /// Whether the operating system may open windows of its own, for a confirmation or a PIN.
    /// Otherwise its silent flags are set. Never, unless a person said so: a window may open
    /// where nobody sees it. (The keychains of macOS go by [`Ask::interaction`], because there
    /// nearly every key asks.)
    fn system_windows(&self) -> Interaction {
        Interaction::Never
    }

    /// The password that unlocks a key.
    ///
    /// # Errors
    /// - [`AskError::NotAllowed`]: there is nobody to ask and no password was given beforehand.
    /// - [`AskError::Cancelled`]: the person gave up.
    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError>;
}

/// Asks nobody and has no password.
#[derive(Debug, Default)]
pub struct NonInteractive;

impl Ask for NonInteractive {
    fn interaction(&self) -> Interaction {
        Interaction::Never
    }

    fn unlock(&mut self, _request: &UnlockRequest) -> Result<Password, AskError> {
        Err(AskError::NotAllowed)
    }
}
