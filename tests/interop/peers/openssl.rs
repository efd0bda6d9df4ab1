//! OpenSSL's `openssl pkcs12`.

use std::process::Command;

use super::{NAME, Opened, Peer, Sealed, attempt, certificates, one_by_one, version_in};
use crate::reading::{Form, Order};

pub(crate) struct OpenSsl;

impl Peer for OpenSsl {
    fn name(&self) -> &'static str {
        "OpenSSL"
    }

    fn version(&self) -> Vec<u32> {
        let said = attempt(Command::new("openssl").arg("version")).expect("openssl is installed");
        version_in(&String::from_utf8_lossy(&said))
    }

    fn open(&self, files: &[Sealed]) -> Vec<Result<Opened, String>> {
        one_by_one(files, |sealed| open(sealed, &[]))
    }
}

/// With RC2, which OpenSSL 3 keeps in its legacy provider.
pub(crate) struct OpenSslLegacy;

impl Peer for OpenSslLegacy {
    fn name(&self) -> &'static str {
        "OpenSSL -legacy"
    }

    fn version(&self) -> Vec<u32> {
        OpenSsl.version()
    }

    fn open(&self, files: &[Sealed]) -> Vec<Result<Opened, String>> {
        one_by_one(files, |sealed| open(sealed, &["-legacy"]))
    }
}

/// It prints the key as PKCS#8, made anew from what it understood of the file's.
fn open(sealed: &Sealed, options: &[&str]) -> Result<Opened, String> {
    // The certificates with a local key ID, and those without: NSS puts the leaf last.
    let mine = print(sealed, &[options, &["-nodes", "-clcerts"]].concat())?;
    let others = print(sealed, &[options, &["-nokeys", "-cacerts"]].concat())?;
    let leaf: [Vec<u8>; 1] = certificates(&mine)?
        .try_into()
        .map_err(|found: Vec<_>| format!("{} certificates belong to the key", found.len()))?;
    let [leaf] = leaf;
    Opened::from_pem(&mine, leaf, certificates(&others)?)
}

/// Everything it shows of a file, attributes with it.
pub(crate) fn print(sealed: &Sealed, options: &[&str]) -> Result<String, String> {
    let mut passin = std::ffi::OsString::from("file:");
    passin.push(sealed.password_file());
    let printed = attempt(
        Command::new("openssl")
            .arg("pkcs12")
            .args(options)
            .arg("-passin")
            .arg(passin)
            .arg("-in")
            .arg(&sealed.file),
    )?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

/// The forms that OpenSSL writes.
pub(crate) const FORMS: [Form; 6] = [
    Form {
        name: "OpenSSL, default",
        write: |order| write(order, &[]),
    },
    Form {
        name: "OpenSSL, -legacy",
        write: |order| write(order, &["-legacy"]),
    },
    Form {
        name: "OpenSSL, 3DES and SHA-1",
        write: |order| {
            let options = [
                "-keypbe",
                "PBE-SHA1-3DES",
                "-certpbe",
                "PBE-SHA1-3DES",
                "-macalg",
                "sha1",
            ];
            write(order, &options)
        },
    },
    Form {
        name: "OpenSSL, RC2-128",
        write: |order| write(order, &["-legacy", "-certpbe", "PBE-SHA1-RC2-128"]),
    },
    Form {
        name: "OpenSSL, clear certificates",
        write: |order| write(order, &["-certpbe", "NONE"]),
    },
    Form {
        name: "OpenSSL, SHA-512",
        write: |order| write(order, &["-macalg", "sha512", "-keypbe", "AES-128-CBC"]),
    },
];

/// Writes a file with these options beside.
pub(crate) fn write(order: &Order<'_>, options: &[&str]) -> Result<(), String> {
    let mut passout = std::ffi::OsString::from("file:");
    passout.push(order.sealed.password_file());
    attempt(
        Command::new("openssl")
            .args(["pkcs12", "-export", "-name", NAME])
            .args(options)
            .arg("-passout")
            .arg(passout)
            .arg("-inkey")
            .arg(&order.identity.key_file)
            .arg("-in")
            .arg(&order.identity.certificate_file)
            .arg("-certfile")
            .arg(order.path)
            .arg("-out")
            .arg(&order.sealed.file),
    )
    .map(drop)
}
