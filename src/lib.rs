#![allow(unused, clippy::all, missing_docs)]
#![forbid(unsafe_code)]
//! certstow
pub mod chain;
pub mod error;
pub mod exit;
pub mod output;
pub mod password;
pub mod pkcs12;
pub mod proof;
pub mod signature;
pub use certstow_platform as platform;
