//! The thumbprint of a certificate, as every system's own tool names it.

use std::fs;
use std::path::Path;

use sha1::{Digest as _, Sha1};

/// The SHA-1 of the first certificate in a PEM file.
pub(super) fn thumbprint(file: &Path) -> Result<String, String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----\n";
    let complain = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| complain(&error))?;
    let start = text
        .find(BEGIN)
        .ok_or_else(|| complain(&"no certificate"))?;
    let end = text[start..]
        .find(END)
        .ok_or_else(|| complain(&"cut off"))?;
    let pem = &text[start..start + end + END.len()];
    let (_, der) = pem_rfc7468::decode_vec(pem.as_bytes()).map_err(|error| complain(&error))?;
    Ok(Sha1::digest(der)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect())
}
