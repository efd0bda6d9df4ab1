//! PKCS#12 (RFC 7292, RFC 9579): reading a file with its password ([`decode`]) or what shows without
//! one ([`outline`]), writing one ([`encode`]) in a [`profile`], proving what was written
//! ([`readback`]), and grading a file of any maker ([`grade`]).

mod algorithms;
pub mod attributes;
pub(crate) mod bag_attributes;
mod cipher;
mod contents;
pub mod decode;
pub mod encode;
pub mod encrypted_key;
pub mod error;
mod facts;
pub mod grade;
pub mod kdf;
mod layout;
mod limits;
pub mod mac;
pub mod oid;
pub mod opening;
pub mod outline;
pub mod pbe;
pub mod pem_encryption;
pub mod profile;
pub mod readback;
pub mod structure;
pub mod target;
mod work;
