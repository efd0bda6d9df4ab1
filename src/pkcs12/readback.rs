//! Proves that bytes read from disk restore, by an implementation other than the writer.
use certstow_platform::{certificate::Certificate, secret::Password};
/// One word per check made: "mac", "leaf", "key", "signature", "path"
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified { pub checks: Vec<&'static str> }
/// Err is a sentence naming the check that failed.
pub fn verify(bytes: &[u8], password: &Password, leaf: &Certificate, issuers: &[Certificate], friendly_name: Option<&str>) -> Result<Verified, String> { todo!() }
