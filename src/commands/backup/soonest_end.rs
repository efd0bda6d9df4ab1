//! When the first certificate ends that somebody has to renew, for whoever watches over a backup.

use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::renewal::Renewals;
use certstow_core::time::{self, UnixTime};

/// The end of the identity that ends first, of those that are wanted, have not ended and are not renewed.
pub(super) fn soonest_end(
    inventory: &Inventory,
    is_wanted: impl Fn(&ListedCertificate) -> bool,
) -> Option<UnixTime> {
    let now = time::now();
    let renewals = Renewals::among(inventory.certificates(), now);
    let current = inventory
        .identities()
        .filter(|one| one.not_after() >= now && renewals.of(one).is_none() && is_wanted(one));
    current.map(ListedCertificate::not_after).min()
}
