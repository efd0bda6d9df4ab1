//! NSS's `pk12util`: into a fresh database and out again, since it prints no key.

use std::fs;
use std::path::Path;
use std::process::Command;

use certstow_formats::names::hex;
use sha1::{Digest as _, Sha1};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::openssl::{self, OpenSsl};
use super::{NAME, Opened, Peer, Restored, Sealed, attempt, one_by_one, version_in};
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
    let mut import = Command::new("pk12util");
    import.args(["-d", database, "-i"]).arg(&sealed.file);
    // It takes an empty file for none.
    match sealed.password.as_str() {
        "" => import.args(["-W", ""]),
        _ => import.arg("-w").arg(sealed.password_file()),
    };
    attempt(&mut import).map(drop)
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

/// The keys that have a certificate in the database after `pk12util -i`, and sign for it.
pub(crate) fn restored_of(files: &[Sealed]) -> Vec<Restored> {
    let empty = tempfile::tempdir().expect("a temporary folder");
    database(empty.path()).expect("an empty database");
    one_by_one(files, |sealed| {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        for name in ["cert9.db", "key4.db", "pkcs11.txt"] {
            fs::copy(empty.path().join(name), folder.path().join(name))
                .map_err(|error| error.to_string())?;
        }
        let name = format!("sql:{}", folder.path().display());
        import(&name, sealed)?;
        let keys = attempt(Command::new("certutil").args(["-K", "-d", &name]))?;
        let keys = String::from_utf8_lossy(&keys).into_owned();
        let keys = keys.lines().filter(|line| line.starts_with('<'));
        let of_certificates = keys.filter(|line| !line.contains("(orphan)"));
        let sign = of_certificates.map(|line| signs(folder.path(), &name, line));
        sign.sum()
    })
}

/// 1 if a key in a line of `certutil -K` signs a request that OpenSSL verifies, and its ID is that of its
/// own public half, by which NSS finds its certificate; 0 if not.
fn signs(folder: &Path, database: &str, line: &str) -> Restored {
    let is_id = |word: &&str| word.len() >= 40 && word.bytes().all(|one| one.is_ascii_hexdigit());
    let id = line.split_whitespace().find(is_id).ok_or(line)?;
    let request = folder.join(format!("{id}.csr"));
    attempt(
        Command::new("certutil")
            .args(["-R", "-d", database, "-k", id, "-s", "CN=x", "-o"])
            .arg(&request),
    )?;
    let verified = Command::new("openssl")
        .args([
            "req", "-inform", "DER", "-verify", "-noout", "-pubkey", "-in",
        ])
        .arg(&request)
        .output()
        .map_err(|error| error.to_string())?;
    if !String::from_utf8_lossy(&verified.stderr).contains("verify OK") {
        return Ok(0);
    }
    let public = pem_rfc7468::decode_vec(&verified.stdout);
    let (_, spki) = public.map_err(|error| error.to_string())?;
    let (_, spki) = SubjectPublicKeyInfo::from_der(&spki).map_err(|error| error.to_string())?;
    let own = match spki.parsed().map_err(|error| error.to_string())? {
        PublicKey::RSA(key) => {
            let modulus = key.modulus;
            Sha1::digest(modulus.strip_prefix(&[0]).unwrap_or(modulus))
        }
        _ => Sha1::digest(&spki.subject_public_key.data),
    };
    Ok(usize::from(hex(&own) == id))
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
