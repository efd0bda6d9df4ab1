//! PKCS#12 (RFC 7292, RFC 9579) as stores and other programs write it: reading a file with its
//! password, saying what it shows without one, and the structures, derivations, ciphers and MACs
//! that a writer needs as well.

pub mod asn1;
pub mod ber;
pub mod decode;
pub mod error;
pub mod kdf;
pub mod mac;
pub mod outline;
pub mod pbe;
mod attributes;
mod structure;
