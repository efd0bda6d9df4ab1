//! OpenSSL's `openssl pkcs12`.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use certstow_formats::certificate::Certificate;
use certstow_formats::key::{public_key_of_pkcs8, same_public_key};

use super::{
    NAME, Opened, Peer, Restored, Sealed, attempt, blocks, certificates, der, one_by_one,
    version_in,
};
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

/// The certificates it prints, without its legacy provider, whose public key is that of a private key it
/// prints.
pub(crate) fn restored_of(files: &[Sealed]) -> Vec<Restored> {
    one_by_one(files, |sealed| {
        let text = print(sealed, &["-nodes"])?;
        let mut keys = BTreeSet::new();
        for block in blocks(&text) {
            if block.starts_with("-----BEGIN PRIVATE KEY-----") {
                keys.insert(public_key(&block, sealed)?);
            }
        }
        let certificates = certificates(&text)?;
        let certificates = certificates.iter().map(|der| Certificate::from_der(der));
        let certificates: Vec<_> = certificates.filter_map(Result::ok).collect();
        let has_certificate = |key: &&Vec<u8>| {
            let mut certificates = certificates.iter();
            certificates.any(|certificate| same_public_key(key, certificate.spki_der()))
        };
        Ok(keys.iter().filter(has_certificate).count())
    })
}

/// The public key of a private key in PEM.
fn public_key(key: &str, sealed: &Sealed) -> Result<Vec<u8>, String> {
    if let Ok(public) = public_key_of_pkcs8(&der(key)?) {
        return Ok(public);
    }
    let file = sealed.file.with_extension("pem");
    fs::write(&file, key).map_err(|error| error.to_string())?;
    let mut openssl = Command::new("openssl");
    attempt(
        openssl
            .args(["pkey", "-pubout", "-outform", "DER", "-in"])
            .arg(&file),
    )
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
    // It takes an empty file for none.
    if sealed.password.is_empty() {
        passin = "pass:".into();
    }
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
