//! PKCS#12 (RFC 7292) as certstow writes it.
pub mod attributes;
pub mod encode;
pub mod grade;
pub mod profile;
pub mod readback;
pub use certstow_platform::pkcs12::decode;
