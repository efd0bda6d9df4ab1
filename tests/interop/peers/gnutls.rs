//! GnuTLS's `certtool`, which takes the password as an argument only.

use std::process::Command;

use super::{NAME, Opened, Peer, Sealed, attempt, blocks, certificates, one_by_one, version_in};
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
    let locked = blocks(&printed)
        .into_iter()
        .find(|block| block.contains("PRIVATE KEY-----"))
        .ok_or("no key came out")?;
    let file = sealed.file.with_extension("certtool.pem");
    std::fs::write(&file, locked).map_err(|error| error.to_string())?;
    let key = attempt(
        Command::new("certtool")
            .args(["--key-info", "--no-text"])
            .arg(format!("--password={}", sealed.password))
            .arg("--infile")
            .arg(&file),
    )?;
    let key = String::from_utf8_lossy(&key);
    let key = blocks(&key).pop().ok_or("the key did not decrypt")?;
    Opened::new(key.as_bytes(), certificates(&printed)?)
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
    attempt(
        Command::new("certtool")
            .args(["--to-p12", "--outder", "--p12-name", NAME])
            .args(options)
            .arg(format!("--password={}", order.sealed.password))
            .arg("--load-privkey")
            .arg(&order.identity.key_file)
            .arg("--load-certificate")
            .arg(&order.identity.certificate_file)
            .arg("--load-ca-certificate")
            .arg(order.path)
            .arg("--outfile")
            .arg(&order.sealed.file),
    )
    .map(drop)
}
