//! The encoder.
use super::{attributes::Attributes, profile::{Iterations, Profile}};
use certstow_platform::{certificate::Certificate, secret::{Password, PrivateKey}};
pub struct Content<'a> { pub key: &'a PrivateKey, pub leaf: &'a Certificate, /// after the leaf, in order
    pub issuers: &'a [Certificate], pub attributes: &'a Attributes }
/// The DER of a PKCS#12 file. Derivations run on a thread each.
pub fn encode(content: &Content<'_>, profile: Profile, iterations: Iterations, password: &Password) -> Result<Vec<u8>, getrandom::Error> { todo!() }
