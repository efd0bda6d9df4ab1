//! NSS's `pk12util`: into a fresh database and out again, since it prints no key.

use std::path::Path;
use std::process::Command;

use super::openssl::{self, OpenSsl};
use super::{NAME, Opened, Peer, Sealed, attempt, one_by_one, version_in};
use crate::reading::{Form, Order};

pub(crate) struct Nss;

impl Peer for Nss {
    fn name(&self) -> &'static str {
        "NSS"
    }

    /// Its programs don't say; its library does.
    fn version(&self) -> Vec<u32> {
        let program = "import ctypes; nss = ctypes.CDLL('libnss3.so'); \
            nss.NSS_GetVersion.restype = ctypes.c_char_p; print(nss.NSS_GetVersion().decode())";
        let said = attempt(Command::new("python3").args(["-c", program]));
        version_in(&String::from_utf8_lossy(&said.expect("NSS is installed")))
    }

    fn open(&self, files: &[Sealed]) -> Vec<Result<Opened, String>> {
        one_by_one(files, open)
    }
}

/// An empty database without a password in `folder`, and its name.
fn database(folder: &Path) -> Result<String, String> {
    let name = format!("sql:{}", folder.display());
    attempt(Command::new("certutil").args(["-N", "--empty-password", "-d", &name]))?;
    Ok(name)
}

/// Takes a file into a database.
fn import(database: &str, sealed: &Sealed) -> Result<(), String> {
    attempt(
        Command::new("pk12util")
            .args(["-d", database, "-w"])
            .arg(sealed.password_file())
            .arg("-i")
            .arg(&sealed.file),
    )
    .map(drop)
}

/// Writes what has `nickname` in a database to a file.
fn export(database: &str, nickname: &str, options: &[&str], sealed: &Sealed) -> Result<(), String> {
    attempt(
        Command::new("pk12util")
            .args(["-d", database, "-n", nickname, "-w"])
            .arg(sealed.password_file())
            .args(options)
            .arg("-o")
            .arg(&sealed.file),
    )
    .map(drop)
}

fn open(sealed: &Sealed) -> Result<Opened, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let database = database(folder.path())?;
    import(&database, sealed)?;
    let out = Sealed {
        file: folder.path().join("out.p12"),
        password: "out again".to_owned(),
    };
    export(&database, NAME, &[], &out)?;
    let mut opened = OpenSsl.open(&[out]).remove(0)?;
    // What came out is not what is in the file: NSS keeps the numbers a key consists of, and
    // makes PKCS#8 of them with fields of its own choice.
    opened.pkcs8 = None;
    Ok(opened)
}

/// The forms that NSS writes: BER, all of them.
pub(crate) const FORMS: [Form; 2] = [
    Form {
        name: "NSS, default",
        write: |order| write(order, &[]),
    },
    Form {
        name: "NSS, 3DES and RC2-40",
        write: |order| {
            let options = [
                "-c",
                "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC",
                "-C",
                "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC",
                "-M",
                "SHA-1",
            ];
            write(order, &options)
        },
    },
];

/// NSS takes keys in as PKCS#12 only, so OpenSSL goes first.
fn write(order: &Order<'_>, options: &[&str]) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let sealed = Sealed {
        file: folder.path().join("in.p12"),
        password: "on the way in".to_owned(),
    };
    openssl::write(
        &Order {
            sealed: &sealed,
            ..*order
        },
        &[],
    )?;
    let database = database(folder.path())?;
    import(&database, &sealed)?;
    export(&database, NAME, options, order.sealed)
}
