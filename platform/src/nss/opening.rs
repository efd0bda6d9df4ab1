//! What opens an NSS database, and what is remembered of it from one private key to the next.

use std::sync::Arc;

use certstow_formats::nss::error::NssError;
use certstow_formats::nss::{BaseKey, Database};
use certstow_formats::secret::Password;

use super::snapshot::Snapshot;

/// What is known of the primary password.
#[derive(Default)]
pub(super) struct Unlocked {
    /// What is found out is kept for the next private key.
    is_kept: bool,
    /// What came of it, with what it was tried on. It holds as long as the password stays the same,
    /// also after a program has written something else.
    found: Option<(Arc<Snapshot>, Found)>,
}

#[derive(Clone)]
pub(super) enum Found {
    Opened(Opening),
    /// A person was asked, and gave none that opens it.
    InVain,
}

/// What opens a database.
#[derive(Clone)]
pub(super) struct Opening {
    /// The primary password.
    pub(super) password: Arc<Password>,
    /// What it makes of the database's salt.
    pub(super) key: Arc<BaseKey>,
}

impl Unlocked {
    pub(super) fn keep(&mut self, many: bool) {
        self.is_kept = many;
        if !many {
            self.found = None;
        }
    }

    /// What was found out, if it still holds.
    pub(super) fn of(&self, snapshot: &Arc<Snapshot>) -> Option<Found> {
        let (tried_on, found) = self.found.as_ref()?;
        let is_same = snapshot.database.opens_as(&tried_on.database);
        is_same.then(|| found.clone())
    }

    pub(super) fn note(&mut self, snapshot: &Arc<Snapshot>, found: Found) {
        if self.is_kept {
            self.found = Some((Arc::clone(snapshot), found));
        }
    }
}

impl Opening {
    /// What a password opens.
    ///
    /// # Errors
    /// As [`Database::unlock`].
    pub(super) fn of(database: &Database, password: Arc<Password>) -> Result<Self, NssError> {
        let key = Arc::new(database.unlock(&password)?);
        Ok(Self { password, key })
    }
}
