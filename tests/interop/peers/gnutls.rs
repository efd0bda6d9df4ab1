//! GnuTLS's `certtool`, which takes the password as an argument only.

use std::process::Command;

use super::{
    NAME, Opened, Peer, Sealed, attempt, block, certificates, leaf_first, one_by_one, version_in,
};
use crate::material::pkcs8_of_locked;
use crate::reading::{Form, Order};

pub(crate) struct GnuTls;

impl Peer for GnuTls {
    fn name(&self) -> &'static str {
        "GnuTLS"
    }

    fn version(&self) -> Vec<u32> {
        let said = attempt(Command::new("certtool").arg("--version"));
        version_in(&String::from_utf8_lossy(
            &said.expect("certtool is installed"),
        ))
    }

    fn open(&self, files: &[Sealed]) -> Vec<Result<Opened, String>> {
        one_by_one(files, open)
    }
}

fn open(sealed: &Sealed) -> Result<Opened, String> {
    let printed = attempt(
        Command::new("certtool")
            .args(["--p12-info", "--inder"])
            .arg(format!("--password={}", sealed.password))
            .arg("--infile")
            .arg(&sealed.file),
    )?;
    let printed = String::from_utf8_lossy(&printed);
    // It shows the key bag as it is, encrypted.
    let locked = block(&printed, "ENCRYPTED PRIVATE KEY").ok_or("no key came out")?;
    let (leaf, issuers) = leaf_first(certificates(&printed)?)?;
    Ok(Opened {
        key: unlock(&locked, sealed)?,
        // It writes a decrypted key in the form of its algorithm, an elliptic one without its
        // curve; as PKCS#8 it writes it encrypted only, and decrypting that is OpenSSL's work.
        pkcs8: None,
        leaf,
        issuers,
    })
}

/// Decrypts a key and has it encrypted anew, in a form of GnuTLS's own.
fn unlock(locked: &str, sealed: &Sealed) -> Result<Vec<u8>, String> {
    let file = sealed.file.with_extension("certtool.pem");
    std::fs::write(&file, locked).map_err(|error| error.to_string())?;
    let anew = attempt(
        Command::new("certtool")
            .arg("--to-p8")
            .arg(format!("--password={}", sealed.password))
            .arg("--load-privkey")
            .arg(&file),
    )?;
    pkcs8_of_locked(&anew, &sealed.password_file())
}

/// The forms that GnuTLS writes.
pub(crate) const FORMS: [Form; 3] = [
    Form {
        name: "GnuTLS, default",
        write: |order| write(order, &[]),
    },
    Form {
        name: "GnuTLS, 3DES",
        write: |order| write(order, &["--pkcs-cipher=3des-pkcs12", "--hash=sha1"]),
    },
    Form {
        name: "GnuTLS, RC2-40",
        write: |order| write(order, &["--pkcs-cipher=rc2-40", "--hash=sha1"]),
    },
];

fn write(order: &Order<'_>, options: &[&str]) -> Result<(), String> {
    // --load-ca-certificate takes the first certificate of its file only.
    let whole_path = order.sealed.file.with_extension("certtool.pem");
    let pem = [order.identity.certificate_file.as_path(), order.path]
        .map(std::fs::read_to_string)
        .into_iter()
        .collect::<Result<String, _>>()
        .map_err(|error| error.to_string())?;
    std::fs::write(&whole_path, pem).map_err(|error| error.to_string())?;
    attempt(
        Command::new("certtool")
            .args(["--to-p12", "--outder", "--p12-name", NAME])
            .args(options)
            .arg(format!("--password={}", order.sealed.password))
            .arg("--load-privkey")
            .arg(&order.identity.key_file)
            .arg("--load-certificate")
            .arg(&whole_path)
            .arg("--outfile")
            .arg(&order.sealed.file),
    )
    .map(drop)
}
