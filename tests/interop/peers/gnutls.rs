//! GnuTLS's `certtool`, which takes the password as an argument only.

use std::process::Command;

use certstow_formats::certificate::Certificate;
use certstow_formats::names::hex;
use sha2::{Digest as _, Sha256};

use super::{
    NAME, Opened, Peer, Restored, Sealed, attempt, block, blocks, certificates, leaf_first,
    one_by_one, version_in,
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

/// The certificates it prints whose public key is that of a private key it prints and decrypts.
pub(crate) fn restored_of(files: &[Sealed]) -> Vec<Restored> {
    one_by_one(files, |sealed| {
        let printed = print(sealed)?;
        let mut public_keys = Vec::new();
        for key in blocks(&printed) {
            if key.contains("PRIVATE KEY-----") {
                public_keys.push(public_key_hash(&key, sealed)?);
            }
        }
        let mut certificates = certificates(&printed)?;
        certificates.sort_unstable();
        certificates.dedup();
        let has_key = |der: &&Vec<u8>| {
            Certificate::from_der(der).is_ok_and(|certificate| {
                let hash = hex(&Sha256::digest(certificate.spki_der()));
                public_keys.contains(&hash)
            })
        };
        Ok(certificates.iter().filter(has_key).count())
    })
}

/// The SHA-256 of the public key of a private key, in hexadecimal digits.
fn public_key_hash(key: &str, sealed: &Sealed) -> Result<String, String> {
    let file = sealed.file.with_extension("certtool.pem");
    std::fs::write(&file, key).map_err(|error| error.to_string())?;
    let mut describe = Command::new("certtool");
    describe.arg("--pubkey-info").args(password(sealed));
    let described = attempt(describe.arg("--load-privkey").arg(&file))?;
    let described = String::from_utf8_lossy(&described);
    let mut lines = described.lines();
    let hash = lines.find_map(|line| line.trim().strip_prefix("sha256:"));
    hash.map(str::to_owned).ok_or_else(|| described.to_string())
}

/// The option for the password; it asks for an empty one, and takes the other form of it for none.
fn password(sealed: &Sealed) -> Vec<String> {
    match sealed.password.as_str() {
        "" => vec!["--empty-password".to_owned(), "--password=".to_owned()],
        password => vec![format!("--password={password}")],
    }
}

fn print(sealed: &Sealed) -> Result<String, String> {
    let printed = attempt(
        Command::new("certtool")
            .args(["--p12-info", "--inder"])
            .args(password(sealed))
            .arg("--infile")
            .arg(&sealed.file),
    )?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
}

fn open(sealed: &Sealed) -> Result<Opened, String> {
    let printed = print(sealed)?;
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
