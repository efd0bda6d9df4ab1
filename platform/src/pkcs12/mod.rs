//! Reading PKCS#12 (RFC 7292, RFC 9579).
pub mod decode;
pub mod error;
pub mod kdf;
pub mod mac;
pub mod outline;
pub mod pbe;
mod attributes;
mod structure;
