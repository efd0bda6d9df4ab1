//! The other programs that read and write PKCS#12 files, each behind [`Peer`].

pub(crate) mod gnutls;
pub(crate) mod java;
pub(crate) mod nss;
pub(crate) mod openssl;
pub(crate) mod python;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::material::pkcs8;

/// The friendly name of every identity that goes through a file here.
pub(crate) const NAME: &str = "Interop Example";

/// A PKCS#12 file and its password.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub file: PathBuf,
    pub password: String,
}

impl Sealed {
    /// The password in a file beside, without a newline.
    pub(crate) fn password_file(&self) -> PathBuf {
        let file = self.file.with_extension("password");
        fs::write(&file, &self.password).expect("the password's file");
        file
    }
}

/// What a program got out of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// PKCS#8, as OpenSSL writes it.
    pub key: Vec<u8>,
    pub leaf: Vec<u8>,
    /// In the order of their bytes: not every program keeps the order of the file.
    pub issuers: Vec<Vec<u8>>,
}

impl Opened {
    /// From a key in any form and certificates with the leaf first.
    pub(crate) fn new(key: &[u8], mut certificates: Vec<Vec<u8>>) -> Result<Self, String> {
        if certificates.is_empty() {
            return Err("no certificate came out".to_owned());
        }
        let leaf = certificates.remove(0);
        certificates.sort();
        Ok(Self {
            key: pkcs8(key)?,
            leaf,
            issuers: certificates,
        })
    }

    /// From what programs print: PEM with anything between the blocks, the leaf first.
    pub(crate) fn from_pem(text: &str) -> Result<Self, String> {
        let key = blocks(text)
            .into_iter()
            .find(|block| block.contains("PRIVATE KEY-----"))
            .ok_or("no key came out")?;
        Self::new(key.as_bytes(), certificates(text)?)
    }
}

/// The DER of the certificates in PEM text.
pub(crate) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, String> {
    blocks(text)
        .into_iter()
        .filter(|block| block.starts_with("-----BEGIN CERTIFICATE-----"))
        .map(|block| match pem_rfc7468::decode_vec(block.as_bytes()) {
            Ok((_, der)) => Ok(der),
            Err(error) => Err(format!("a certificate's PEM: {error}")),
        })
        .collect()
}

/// The PEM blocks in `text`.
pub(crate) fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in text.lines() {
        if line.starts_with("-----BEGIN ") {
            block = Some(String::new());
        }
        if let Some(open) = &mut block {
            open.push_str(line);
            open.push('\n');
        }
        if line.starts_with("-----END ") {
            blocks.extend(block.take());
        }
    }
    blocks
}

/// A program that opens PKCS#12 files.
pub(crate) trait Peer: Sync {
    fn name(&self) -> &'static str;

    /// The version of what is installed here, as numbers.
    fn version(&self) -> Vec<u32>;

    /// Opens every file, in order.
    fn open(&self, files: &[Sealed]) -> Vec<Result<Opened, String>>;
}

/// Opens one file after the other, on two threads.
fn one_by_one(
    files: &[Sealed],
    open: impl Fn(&Sealed) -> Result<Opened, String> + Sync,
) -> Vec<Result<Opened, String>> {
    let (first, second) = files.split_at(files.len() / 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| second.iter().map(&open).collect::<Vec<_>>());
        let mut opened: Vec<_> = first.iter().map(&open).collect();
        opened.extend(second.join().expect("the thread opens its files"));
        opened
    })
}

/// Runs a command; an error is what it said.
pub(crate) fn attempt(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// The first number with a dot in `text`, in parts.
fn version_in(text: &str) -> Vec<u32> {
    text.split(|character: char| !character.is_ascii_digit() && character != '.')
        .find(|word| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit()))
        .map(|word| {
            word.split('.')
                .filter_map(|part| part.parse().ok())
                .collect()
        })
        .unwrap_or_default()
}

/// Writes the list of files and passwords that the Java and Python programs take, one to a
/// line, and reads what they print: `ok`, the key and the certificates in base64, or `failed`
/// and the reason.
fn in_one_process(
    files: &[Sealed],
    run: impl FnOnce(&Path) -> Result<Vec<u8>, String>,
) -> Vec<Result<Opened, String>> {
    let list = tempfile::NamedTempFile::new().expect("a temporary file");
    let lines: String = files
        .iter()
        .map(|sealed| {
            format!(
                "{}\t{}\n",
                sealed.file.display(),
                sealed.password_file().display()
            )
        })
        .collect();
    fs::write(list.path(), lines).expect("the list of files");
    let printed = run(list.path()).expect("the program runs through");
    let printed = String::from_utf8(printed).expect("the program prints ASCII");
    let opened: Vec<_> = printed.lines().map(read_line).collect();
    assert_eq!(opened.len(), files.len(), "one answer for each file");
    opened
}

fn read_line(line: &str) -> Result<Opened, String> {
    let mut words = line.split('\t');
    match words.next() {
        Some("ok") => {
            let mut decoded = words.map(base64);
            let key = decoded.next().ok_or("no key came out")?;
            Opened::new(&key, decoded.collect())
        }
        _ => Err(line.to_owned()),
    }
}

fn base64(text: &str) -> Vec<u8> {
    let wrapped: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    let pem = format!(
        "-----BEGIN DATA-----\n{}\n-----END DATA-----\n",
        wrapped.join("\n")
    );
    pem_rfc7468::decode_vec(pem.as_bytes()).expect("base64").1
}
