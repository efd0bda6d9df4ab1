//! For tests, of this crate and of others (feature `testing`): the contract every store has to
//! keep, sample certificates to hold it to, a store in memory that fails when told to, counts of what
//! costs much, and what has to hold for any bytes that are read. Never part of a release.

mod attach;
mod changes;
mod contract;
pub(crate) mod counts;
mod fixture;
#[doc(hidden)]
pub mod fuzzing;
mod liar;
mod locked;
mod memory;
mod samples;
mod single;

pub use changes::EXPORTABLE;
pub use contract::check_store_contract;
pub use counts::{files_read_below, searches_of_tokens};
pub use fixture::{Fixture, listing_as_text};
pub use liar::{Import, Liar, Remove};
pub use memory::{MemoryKey, MemoryStore};
pub use samples::Sample;
pub use single::{entry, single};
