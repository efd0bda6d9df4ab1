//! One file per command: what its options mean, the call of `certstow-core`, and what a person or a
//! program is told of it.

pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod copies;
mod depends;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod password;
pub(crate) mod renew;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod schedule;
pub(crate) mod show;
pub(crate) mod stores;
