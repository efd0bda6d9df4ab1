//! The sample identities, exported by certstow and restored by certstow and the system's own tool.

use std::fs;

use sha1::{Digest as _, Sha1};

use super::certstow::{Certstow, PASSWORD};
use super::own_tool;
use super::scratch::Scratch;
use crate::command::root;

/// Who is exported, and the file with the certificate: an RSA key and one on an elliptic curve.
const PEOPLE: [(&str, &str); 2] = [
    ("Ada Example", "ada-example.pem"),
    ("Grace Example", "grace-example.pem"),
];

pub(super) fn samples(certstow: &Certstow) -> Result<(), String> {
    let scratch = Scratch::new()?;
    let store = root().join("examples").join("personal");
    for (person, certificate) in PEOPLE {
        let thumbprint = thumbprint(&store.join(certificate))?;
        for profile in own_tool::PROFILES {
            let file = scratch.file(&format!("{person} {profile}.p12"));
            let options = ["--profile", profile];
            certstow.export(person, &store.to_string_lossy(), &file, &options, 0)?;
            certstow.check(&file)?;
            own_tool::restores(&file, PASSWORD, &thumbprint)?;
        }
    }
    Ok(())
}

/// The SHA-1 of the first certificate in a PEM file.
pub(super) fn thumbprint(file: &std::path::Path) -> Result<String, String> {
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
