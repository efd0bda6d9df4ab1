//! PKCS#12 (RFC 7292) as certstow writes it, proves it and grades it. Reading a file with its
//! password is `certstow_platform::pkcs12`, which stores need as well.

pub mod attributes;
pub mod encode;
pub mod grade;
pub mod profile;
pub mod readback;
pub mod target;

pub use certstow_platform::pkcs12::decode;
