//! The sample identities, exported by certstow and restored by certstow and the system's own tool.

use super::certstow::{Certstow, PASSWORD};
use super::own_tool;
use super::thumbprint::thumbprint;
use crate::command::root;
use crate::files;

/// Who is exported, and the file with the certificate: an RSA key and one on an elliptic curve.
const PEOPLE: [(&str, &str); 2] = [
    ("Ada Example", "ada-example.pem"),
    ("Grace Example", "grace-example.pem"),
];

/// Windows may ask in a window whether a root that it does not know is to be trusted.
const CHAIN: &[&str] = match cfg!(windows) {
    true => &["--chain", "no-root"],
    false => &[],
};

pub(super) fn samples(certstow: &Certstow) -> Result<(), String> {
    let scratch = files::scratch()?;
    let store = root().join("examples").join("personal");
    for (person, certificate) in PEOPLE {
        let thumbprint = thumbprint(&store.join(certificate))?;
        for profile in own_tool::PROFILES {
            let file = scratch.path().join(format!("{person} {profile}.p12"));
            let options = [&["--profile", profile], CHAIN].concat();
            certstow.export(person, &store.to_string_lossy(), &file, &options, 0)?;
            certstow.check(&file)?;
            own_tool::restores(&file, PASSWORD, &thumbprint)?;
        }
    }
    Ok(())
}
