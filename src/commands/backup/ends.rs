//! Which certificates somebody has to renew, and when, for monitoring.

use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::renewal::Renewals;
use certstow_core::time;

use crate::monitor::Ends;

/// The ends of the identities that are wanted and not renewed.
pub(super) fn ends(inventory: &Inventory, is_wanted: impl Fn(&ListedCertificate) -> bool) -> Ends {
    let now = time::now();
    let renewals = Renewals::among(inventory.certificates(), now);
    let identities = inventory
        .identities()
        .filter(|one| renewals.of(one).is_none() && !one.is_pending() && is_wanted(one));
    let (current, expired): (Vec<_>, Vec<_>) = identities
        .map(ListedCertificate::not_after)
        .partition(|end| *end >= now);
    Ends {
        soonest: current.into_iter().min(),
        expired: expired.len(),
    }
}
