#![forbid(unsafe_code)]
//! certstow finds certificates with their private keys and saves one as a PKCS#12 file that is
//! known to restore.
//!
//! The way of an export: [`identity::Inventory`] lists the stores of [`platform`] and merges what
//! they hold, [`select`] picks exactly one identity, [`export`] takes its private key, proves
//! that it belongs to the certificate ([`proof`]), builds the certification path ([`chain`]),
//! encodes it ([`pkcs12`]) and writes it through [`output`], which reads it back before the file
//! gets its name. [`import`] is the way back into a store, [`report`] a page
//! to look at. Everything a person types and sees at a terminal is in `cli`, which is no part of the
//! library: it is here so that its reader of option files can be fuzzed.

pub mod backup;
pub mod chain;
#[doc(hidden)]
pub mod cli;
pub mod copy;
pub mod doctor;
pub mod error;
pub mod escrow;
pub mod exit;
pub mod export;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
pub mod identity;
pub mod import;
pub mod log;
pub mod names;
pub mod nearest;
pub mod output;
pub mod password;
pub mod pkcs12;
pub mod proof;
pub mod report;
#[cfg(test)]
mod samples;
pub mod sanitize;
pub mod schedule;
pub mod select;
pub mod signature;
pub mod time;
pub mod watchdog;

pub use certstow_platform as platform;

// The program calls the library by its name.
extern crate self as certstow;
