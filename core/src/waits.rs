//! Registers what blocking code waits for. Code that is about to wait for what may never answer (a
//! store, a terminal, a pipe, a network drive) calls [`waiting_for`], and code that makes progress calls
//! [`progress`]. A program with an inactivity timeout hands a [`Listener`] to [`listen`]; without one,
//! both do nothing.

use std::sync::OnceLock;

use certstow_platform::error::StoreError;
use certstow_platform::store::{Listing, Store};

static LISTENER: OnceLock<&'static dyn Listener> = OnceLock::new();

/// What a program does with what it is told.
pub trait Listener: Send + Sync {
    /// A wait begins; `what` completes "waiting for". The number is the wait's, for [`ended`].
    ///
    /// [`ended`]: Listener::ended
    fn begins(&self, what: String) -> u64;

    /// The wait with this number is over.
    fn ended(&self, number: u64);

    /// Work got on.
    fn progress(&self);
}

/// Has this process tell `listener` from now on. Only the first one is told.
pub fn listen(listener: &'static dyn Listener) {
    let _ = LISTENER.set(listener);
}

/// Says that a wait begins, which ends when the result is dropped. `what` completes "waiting
/// for": "the password from standard input". It holds no secret.
#[must_use = "the wait ends when this is dropped"]
pub fn waiting_for(what: impl Into<String>) -> Wait {
    let number = |listener: &&dyn Listener| listener.begins(what.into());
    Wait(LISTENER.get().map(number))
}

/// Says that a store is waited for.
pub fn waiting_for_store(store: &dyn Store) -> Wait {
    waiting_for(format!("the store {}", store.info().spec))
}

/// What a store holds, which may take its time to answer.
///
/// # Errors
/// As [`Store::list`].
pub fn list(store: &dyn Store) -> Result<Listing, StoreError> {
    let _wait = waiting_for_store(store);
    store.list()
}

/// Says that work got on.
pub fn progress() {
    if let Some(listener) = LISTENER.get() {
        listener.progress();
    }
}

/// A wait, until it is dropped.
pub struct Wait(Option<u64>);

impl Drop for Wait {
    fn drop(&mut self) {
        if let (Some(listener), Some(number)) = (LISTENER.get(), self.0) {
            listener.ended(number);
        }
    }
}
