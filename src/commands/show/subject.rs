//! The identity that is shown, with what was found out about it.

use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::noted::{Noted, State};
use certstow_core::time::UnixTime;
use certstow_formats::chain::Path;

use crate::render::Look;

/// What there is to say.
pub(super) struct Subject<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) identity: &'a ListedCertificate,
    /// What renewed it.
    pub(super) renewal: Option<&'a ListedCertificate>,
    /// The files that it was saved to, and what became of them.
    pub(super) copies: Vec<(&'a Noted, State)>,
    pub(super) path: &'a Path,
    /// Whether the machine trusts the path's root, where that can be told.
    pub(super) root_trusted: Option<bool>,
    pub(super) now: UnixTime,
    pub(super) look: Look,
}
