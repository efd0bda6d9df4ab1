//! For tests, of this crate and of others (feature `testing`): the contract every store has to
//! keep, sample certificates to hold it to, and a store in memory that fails when told to. Never
//! part of a release.

mod changes;
mod contract;
mod memory;
mod samples;

pub use changes::EXPORTABLE;
pub use contract::{Fixture, check_store_contract, listing_as_text};
pub use memory::{MemoryKey, MemoryStore};
pub use samples::{PASSWORD, Sample};
