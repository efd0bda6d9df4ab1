//! A store that may never answer.

use certstow_platform::error::StoreError;
use certstow_platform::store::{Listing, Store};

use crate::waits;

/// What a store holds.
pub(super) fn list(store: &dyn Store) -> Result<Listing, StoreError> {
    let _wait = waiting_for(store);
    store.list()
}

/// Says that a store is waited for.
pub(super) fn waiting_for(store: &dyn Store) -> waits::Wait {
    waits::waiting_for(format!("the store {}", store.info().spec))
}
