#![forbid(unsafe_code)]
//! certstow finds certificates with their private keys and saves one as a PKCS#12 file that is
//! known to restore.
//!
//! The way of an export: [`identity::Inventory`] lists stores and merges what they hold, [`select`]
//! picks exactly one identity, [`export`] takes its private key, proves that it belongs to the
//! certificate, builds the certification path, encodes it and writes it through [`output`], which
//! reads it back before the file gets its name. [`import`] is the way back into a store, [`backup`]
//! does it for many identities, again and again.

pub mod backup;
pub mod copy;
pub mod error;
pub mod escrow;
pub mod export;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod identity;
pub mod import;
pub mod nearest;
pub mod output;
pub mod password;
pub mod select;
pub mod time;
pub mod waits;
