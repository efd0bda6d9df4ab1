//! The passwords that are known before anybody is asked: those that were given, or the empty ones of
//! .NET's stores. While listing, each is tried on every file that is locked, until a budget of
//! iterations is spent. What came of an encrypted key or a PKCS#12 file is remembered by the hash of its
//! bytes, as the digest of a public key at most, so that no further reading of the folder derives a key
//! again.

use std::collections::HashMap;
use std::iter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use certstow_formats::pkcs12::decode::{Contents, Limits};
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::structure::Structure;
use certstow_formats::secret::Password;
use sha2::{Digest, Sha256};

use super::found::FileContents;
use super::key_kind::{KeyKind, Untried};
use crate::store::ProblemKind;

/// How many iterations a listing works off at most, counted as in [`Limits`]: some minutes on an old
/// machine, less than an unattended run waits for a store (`--timeout`).
const BUDGET: u64 = 500_000_000;

/// Passwords, and what they opened so far.
#[derive(Clone)]
pub(crate) struct Passwords {
    known: Known,
    seen: Arc<Mutex<Seen>>,
    budget: u64,
    /// What is left of it in this listing.
    left: Arc<AtomicU64>,
}

/// What came of passwords, by the SHA-256 of what they were tried on.
#[derive(Default)]
struct Seen {
    keys: HashMap<[u8; 32], KeyKind>,
    files: HashMap<[u8; 32], FileContents>,
}

/// Why a PKCS#12 file did not open in a listing.
pub(super) enum Unopened {
    Untried(Untried),
    /// No password opens it, or it cannot be read.
    Failed(DecodeError),
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
            budget: BUDGET,
            left: Arc::new(AtomicU64::new(BUDGET)),
        }
    }

    /// The same with another budget.
    #[cfg(test)]
    pub(super) fn within(mut self, budget: u64) -> Self {
        self.budget = budget;
        self.begin_listing();
        self
    }

    /// From now on, as many iterations as a listing affords are worked off.
    pub(super) fn begin_listing(&self) {
        self.left.store(self.budget, Ordering::Relaxed);
    }

    fn affords(&self, work: u64) -> bool {
        self.left.load(Ordering::Relaxed) >= work
    }

    fn spend(&self, work: u64) {
        let _ = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_sub(work))
            });
    }

    /// What these passwords, which are tried while listing, make of a PKCS#12 file.
    pub(super) fn open_file(&self, file: &Structure) -> Result<Contents, Unopened> {
        let limits = Limits::listing();
        let work = file.work(&limits).map_err(Unopened::of)?;
        let mut opening = file.opening(&limits);
        let mut forms = self.for_file(file);
        loop {
            // The empty password has two forms.
            if !self.affords(2 * work) {
                return Err(Unopened::Untried(Untried::Budget));
            }
            let form = forms.next();
            if !matches!(form, Some(PasswordForm::Text(_))) {
                // To see whether the password is the empty one.
                self.spend(2 * work);
            }
            let Some(form) = form else {
                return opening.finish().map_err(Unopened::of);
            };
            let before = opening.work();
            let is_complete = opening.attempt(form);
            self.spend(opening.work() - before);
            if is_complete.map_err(Unopened::of)? {
                return opening.finish().map_err(Unopened::of);
            }
        }
    }

    /// The private key that one of the passwords opens, if there is any; each try takes `work`.
    pub(super) fn open_key<T>(
        &self,
        work: u64,
        open: impl Fn(PasswordForm<'_>) -> Option<T>,
    ) -> Result<Option<T>, Untried> {
        for form in self.for_key() {
            if !self.affords(work) {
                return Err(Untried::Budget);
            }
            self.spend(work);
            if let Some(opened) = open(form) {
                return Ok(Some(opened));
            }
        }
        Ok(None)
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

    /// Why a PKCS#12 file does not show what it holds, where each of them was tried.
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
        if let Some(kind) = self.seen().keys.get(&hash) {
            return Ok(kind.clone());
        }
        let kind = open()?;
        if kind != KeyKind::Untried(Untried::Budget) {
            self.seen().keys.insert(hash, kind.clone());
        }
        Ok(kind)
    }

    /// What is known of a PKCS#12 file; `open` tries the passwords on one that is new, and says whether
    /// it tried all.
    pub(super) fn contents_of(
        &self,
        file: &[u8],
        open: impl FnOnce() -> (FileContents, bool),
    ) -> FileContents {
        let hash = Sha256::digest(file).into();
        if let Some(contents) = self.seen().files.get(&hash) {
            return contents.clone();
        }
        let (contents, tried_all) = open();
        if tried_all {
            self.seen().files.insert(hash, contents.clone());
        }
        contents
    }

    /// Notes that one of the passwords, if it is one, encrypted this key, whose kind is known.
    pub(super) fn opens(&self, password: &Password, encrypted: &[u8], kind: KeyKind) {
        let Known::Given(given) = &self.known else {
            return;
        };
        if given.iter().any(|one| one.expose() == password.expose()) {
            let hash = Sha256::digest(encrypted).into();
            self.seen().keys.insert(hash, kind);
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Nothing is left half done by a panic.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Unopened {
    fn of(error: DecodeError) -> Self {
        match error {
            DecodeError::TooMuchWork { iterations, .. } => {
                Self::Untried(Untried::Iterations(iterations))
            }
            error => Self::Failed(error),
        }
    }
}
