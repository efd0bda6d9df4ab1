//! The outcome of asking a provider, CNG's or CAPI's, for a private key.

use super::codes::{OsError, Policy};
use crate::attempt::Attempt;

/// What came of asking the provider.
pub(super) struct ProviderAttempt {
    /// What it said of the key's policy.
    pub(super) policy: Policy,
    /// The ways tried.
    pub(super) attempt: Attempt<OsError>,
}

impl ProviderAttempt {
    /// The key could not be opened.
    pub(super) fn closed(error: OsError) -> Self {
        Self {
            policy: Policy::Closed,
            attempt: Attempt::refused(error),
        }
    }
}
