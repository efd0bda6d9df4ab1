//! Reading PKCS#12 (RFC 7292, RFC 9579), and the key derivation and encryption that reading and
//! writing share. It lives beside the stores because they keep identities in this format, and
//! because some operating systems release a key in no other.

mod attributes;
mod ber;
mod cipher;
pub mod decode;
pub mod der;
pub mod encrypted_key;
pub mod error;
pub mod kdf;
pub mod mac;
pub mod oid;
pub mod outline;
pub mod pbe;
pub(crate) mod structure;
mod work;
