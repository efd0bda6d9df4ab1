#![allow(unused, clippy::all, missing_docs)]
//! The certificate stores of this machine behind one trait, [`store::Store`].
//!
//! This crate is the only one that talks to operating systems and tokens. It hands over
//! certificates as DER and private keys as PKCS#8, and reads the container formats stores keep
//! them in; it knows nothing of profiles, prompts, tables or exit codes.

pub mod certificate;
pub mod error;
pub mod key;
pub mod pkcs12;
pub mod secret;
pub mod spec;
pub mod store;
mod tlv;

use std::path::PathBuf;
use std::sync::Arc;

/// What a store may be told when it is opened.
#[derive(Debug, Default, Clone)]
pub struct OpenOptions {
    /// A password known beforehand that may unlock files or tokens of the store.
    pub unlock: Option<Arc<secret::Password>>,
}

/// Opens the store that `spec` names.
pub fn open(spec: &spec::StoreSpec, options: &OpenOptions) -> Result<Box<dyn store::Store>, error::StoreError> {
    todo!()
}

/// A place on this machine where a store is usually kept.
#[derive(Debug, Clone)]
pub struct KnownStore {
    /// The store's name.
    pub spec: spec::StoreSpec,
    /// What it is, in a few words.
    pub description: String,
    /// `None` when it is there; else why it cannot be used ("the folder does not exist").
    pub unavailable: Option<String>,
}

/// The stores this platform knows of, present or not, in the order they are searched.
pub fn known_stores() -> Vec<KnownStore> {
    todo!()
}

/// The default personal folder: `$XDG_DATA_HOME/certstow/personal`.
pub fn personal_folder() -> Option<PathBuf> {
    todo!()
}

/// Switches off core dumps and ptrace for this process where the OS can (Linux: prctl, rlimit).
pub fn protect_process() {
    todo!()
}
