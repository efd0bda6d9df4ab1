//! For tests, of this crate and of others (feature `testing`): identities made up, PKCS#12 files
//! made from parts, changed copies of files, and counts of key derivations. Never part of a release.

pub mod chain;
pub mod container;
pub(crate) mod counts;
#[doc(hidden)]
pub mod fuzzing;
pub mod identities;
pub mod issued;
mod mutation;
pub mod writer;

pub use counts::derivations;
pub use mutation::{Mutations, Random};

/// The password of everything encrypted among the samples.
pub const PASSWORD: &str = "fixture";
