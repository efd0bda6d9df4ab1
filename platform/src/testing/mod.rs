//! For tests, of this crate and of others (feature `testing`): the contract every store has to
//! keep, sample certificates to hold it to, a store in memory that fails when told to, and counts of
//! what costs much. Never part of a release.

mod changes;
mod contract;
pub(crate) mod counts;
mod memory;
mod samples;

pub use changes::EXPORTABLE;
pub use contract::{Fixture, check_store_contract, listing_as_text};
pub use counts::{derivations, files_read_below};
pub use memory::{MemoryKey, MemoryStore};
pub use samples::{PASSWORD, Sample};
