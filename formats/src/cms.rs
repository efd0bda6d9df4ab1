//! CMS (RFC 5652). `EnvelopedData`: content encrypted for the holder of a certificate
//! ([`Recipient::seal`]) and decrypted with a private key ([`RecipientKeys::open`]). `SignedData`:
//! certificates in the form of PKCS#7 ([`signed_data`]).

mod agreement;
mod algorithm;
mod enveloped_data;
mod opening;
mod recipient;
mod recipient_info;
pub mod signed_data;
mod transport;

pub use opening::{OpenError, RecipientKeys};
pub use recipient::Recipient;

#[cfg(test)]
mod tests;
