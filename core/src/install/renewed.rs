//! What a certificate that was just installed renewed in its store, told to that store, which may keep account
//! of it.

use certstow_formats::certificate::Certificate;
use certstow_platform::store::Store;

use crate::identity::ListedCertificate;
use crate::renewal::Renewals;
use crate::{time, waits};

/// Marks those that the certificate renewed. What the store keeps account of is for other programs: that it
/// cannot be written is no failure.
pub(super) fn mark(store: &mut dyn Store, new: &Certificate) {
    let Ok(listing) = waits::list(store) else {
        return;
    };
    let of_subject = listing.entries.into_iter();
    let of_subject = of_subject.filter(|one| one.certificate.subject_der() == new.subject_der());
    let listed: Vec<_> = of_subject.map(ListedCertificate::of_one_store).collect();
    let renewals = Renewals::among(&listed, time::now());
    let is_new = |one: &&ListedCertificate| renewals.of(one).is_some_and(|by| by.id() == new.id());
    for old in listed.iter().filter(is_new) {
        let _wait = waits::waiting_for_store(store);
        let _ = store.mark_renewed(&old.id(), new);
    }
}
