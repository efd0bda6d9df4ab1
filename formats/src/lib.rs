//! The formats that certificates and private keys are kept in, as bytes: X.509 (RFC 5280), PKCS#8
//! (RFC 5958), PEM (RFC 7468), PKCS#12 (RFC 7292, RFC 9579) read and written, CMS (RFC 5652), Java
//! keystores, the databases of NSS, and what follows from them alone: names, signatures, certification
//! paths, whether a key belongs to a certificate. Nothing here knows an operating system or opens a file.

#![forbid(unsafe_code)]

pub mod alternative_name;
mod ber;
pub mod certificate;
pub mod chain;
pub mod cms;
pub mod der;
pub mod embedded;
pub mod foreign;
pub(crate) mod hash;
pub mod jks;
pub mod key;
pub mod names;
pub mod nss;
pub mod pem;
pub mod pkcs12;
pub mod plural;
pub mod proof;
pub mod request;
pub mod sanitize;
pub mod secret;
pub(crate) mod signature;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod threads;
pub mod time;
