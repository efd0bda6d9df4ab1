//! The passwords that are known before anybody is asked: those that were given, or the empty ones of
//! .NET's stores. While listing, each is tried on every file that is locked. What came of an encrypted
//! key is remembered by the hash of its bytes, as the digest of a public key at most, so that no
//! further reading of the folder derives a key again.

use std::collections::HashMap;
use std::iter;
use std::sync::{Arc, Mutex, PoisonError};

use certstow_formats::pkcs12::decode::Limits;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::structure::Structure;
use certstow_formats::secret::Password;
use sha2::{Digest, Sha256};

use super::key_kind::KeyKind;
use crate::store::ProblemKind;

/// Passwords, and what they opened so far.
#[derive(Clone)]
pub(crate) struct Passwords {
    known: Known,
    seen: Arc<Mutex<HashMap<[u8; 32], KeyKind>>>,
}

#[derive(Clone)]
enum Known {
    Given(Vec<Arc<Password>>),
    Dotnet,
}

impl Passwords {
    /// Those that were given, in their order.
    pub(crate) fn given(passwords: &[Arc<Password>]) -> Self {
        Self::new(Known::Given(passwords.to_vec()))
    }

    /// The null password and then the empty one, as .NET's stores have it.
    pub(crate) fn dotnet() -> Self {
        Self::new(Known::Dotnet)
    }

    fn new(known: Known) -> Self {
        Self {
            known,
            seen: Arc::default(),
        }
    }

    /// What to open a PKCS#12 file with before anybody is asked: at last the empty password, if it is
    /// the file's, since that is no secret. The null password stands for both forms of it, as PKCS#12
    /// tries the other by itself.
    pub(crate) fn for_file<'a>(
        &'a self,
        file: &'a Structure,
    ) -> impl Iterator<Item = PasswordForm<'a>> {
        let is_open = file.needs_no_password();
        let given = self.for_key().filter(move |_| !is_open);
        let empty = move || {
            let always = is_open || matches!(self.known, Known::Dotnet);
            always || file.has_empty_password(&Limits::listing())
        };
        let empty = iter::once_with(empty).filter(|is_own| *is_own);
        given.chain(empty.map(|_| PasswordForm::Null))
    }

    /// What to open an encrypted key with before anybody is asked.
    pub(crate) fn for_key(&self) -> impl Iterator<Item = PasswordForm<'_>> {
        let given: &[Arc<Password>] = match &self.known {
            Known::Given(given) => given,
            Known::Dotnet => &[],
        };
        given.iter().map(|one| PasswordForm::Text(one))
    }

    /// Why a PKCS#12 file does not show what it holds.
    pub(super) fn locked(&self) -> (ProblemKind, &'static str) {
        let wrong = match &self.known {
            Known::Given(given) => match given.len() {
                0 => {
                    return (
                        ProblemKind::Locked,
                        "locked: what it holds is seen only with its password",
                    );
                }
                1 => "locked: the password given does not open it",
                _ => "locked: none of the passwords given opens it",
            },
            Known::Dotnet => "locked: .NET's own files have no password",
        };
        (ProblemKind::WrongPassword, wrong)
    }

    /// Whether there is one, which is wrong where something is locked all the same.
    pub(super) fn were_given(&self) -> bool {
        match &self.known {
            Known::Given(given) => !given.is_empty(),
            Known::Dotnet => true,
        }
    }

    /// What is known of an encrypted key; `open` tries the passwords on one that is new.
    pub(super) fn kind_of(
        &self,
        encrypted: &[u8],
        open: impl FnOnce() -> Result<KeyKind, String>,
    ) -> Result<KeyKind, String> {
        let hash = Sha256::digest(encrypted).into();
        if let Some(kind) = self.seen().get(&hash) {
            return Ok(kind.clone());
        }
        let kind = open()?;
        self.seen().insert(hash, kind.clone());
        Ok(kind)
    }

    /// Notes that one of the passwords, if it is one, encrypted this key, whose kind is known.
    pub(super) fn opens(&self, password: &Password, encrypted: &[u8], kind: KeyKind) {
        let Known::Given(given) = &self.known else {
            return;
        };
        if given.iter().any(|one| one.expose() == password.expose()) {
            self.seen().insert(Sha256::digest(encrypted).into(), kind);
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], KeyKind>> {
        // Nothing is left half done by a panic.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
