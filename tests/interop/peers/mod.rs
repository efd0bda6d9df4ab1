//! The other programs that read and write PKCS#12 files, each behind [`Peer`].

pub(crate) mod dotnet;
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
        // Several programs read it at a time.
        if fs::read(&file).ok().as_deref() != Some(self.password.as_bytes()) {
            fs::write(&file, &self.password).expect("the password's file");
        }
        file
    }
}

/// What went into a file.
pub(crate) struct Expected {
    /// PKCS#8, as OpenSSL writes it.
    pub key: Vec<u8>,
    pub leaf: Vec<u8>,
    /// In any order.
    pub issuers: Vec<Vec<u8>>,
}

/// What a program got out of a file.
pub(crate) struct Opened {
    /// PKCS#8, as OpenSSL writes it.
    key: Vec<u8>,
    /// PKCS#8 as it came out, from the programs that hand it out in clear.
    pkcs8: Option<Vec<u8>>,
    leaf: Vec<u8>,
    issuers: Vec<Vec<u8>>,
}

impl Opened {
    /// From a program that hands out PKCS#8 in clear.
    fn with_pkcs8(key: Vec<u8>, leaf: Vec<u8>, issuers: Vec<Vec<u8>>) -> Result<Self, String> {
        Ok(Self {
            key: pkcs8(&key)?,
            pkcs8: Some(key),
            leaf,
            issuers,
        })
    }

    /// The same from what a program prints: PEM with anything between the blocks.
    fn from_pem(key: &str, leaf: Vec<u8>, issuers: Vec<Vec<u8>>) -> Result<Self, String> {
        let key = block(key, "PRIVATE KEY").ok_or("no PKCS#8 came out")?;
        Self::with_pkcs8(der(&key)?, leaf, issuers)
    }

    /// Whether this key came out, in whatever encoding.
    pub(crate) fn has_key_of(&self, expected: &Expected) -> bool {
        self.key == expected.key
    }

    /// How this differs from what went in.
    ///
    /// The key is compared as OpenSSL writes it: programs differ in optional fields that say the
    /// same twice. Where the program hands out PKCS#8, its bytes are compared as they are, too.
    pub(crate) fn compare(&self, expected: &Expected) -> Result<(), &'static str> {
        if self.key != expected.key {
            return Err("another key came out");
        }
        if self.pkcs8.as_ref().is_some_and(|key| *key != expected.key) {
            return Err("the same key came out, as a PKCS#8 of other bytes");
        }
        if self.leaf != expected.leaf {
            return Err("another certificate came out for the key");
        }
        // Not every program keeps the order of the file.
        if sorted(&self.issuers) != sorted(&expected.issuers) {
            return Err("another path came out");
        }
        Ok(())
    }
}

fn sorted(certificates: &[Vec<u8>]) -> Vec<&[u8]> {
    let mut sorted: Vec<_> = certificates.iter().map(Vec::as_slice).collect();
    sorted.sort_unstable();
    sorted
}

/// The leaf and the path of certificates that come leaf first.
fn leaf_first(mut certificates: Vec<Vec<u8>>) -> Result<(Vec<u8>, Vec<Vec<u8>>), String> {
    if certificates.is_empty() {
        return Err("no certificate came out".to_owned());
    }
    let leaf = certificates.remove(0);
    Ok((leaf, certificates))
}

/// The DER of the certificates in PEM text.
pub(crate) fn certificates(text: &str) -> Result<Vec<Vec<u8>>, String> {
    blocks(text)
        .into_iter()
        .filter(|block| block.starts_with("-----BEGIN CERTIFICATE-----"))
        .map(|block| der(&block))
        .collect()
}

/// What a PEM block holds.
fn der(block: &str) -> Result<Vec<u8>, String> {
    match pem_rfc7468::decode_vec(block.as_bytes()) {
        Ok((_, der)) => Ok(der),
        Err(error) => Err(format!("PEM: {error}")),
    }
}

/// The first PEM block of this label in `text`.
fn block(text: &str, label: &str) -> Option<String> {
    let begin = format!("-----BEGIN {label}-----");
    blocks(text)
        .into_iter()
        .find(|block| block.starts_with(&begin))
}

/// The PEM blocks in `text`.
fn blocks(text: &str) -> Vec<String> {
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
fn one_by_one<T: Send>(
    files: &[Sealed],
    open: impl Fn(&Sealed) -> Result<T, String> + Sync,
) -> Vec<Result<T, String>> {
    let (first, second) = files.split_at(files.len() / 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| second.iter().map(&open).collect::<Vec<_>>());
        let mut opened: Vec<_> = first.iter().map(&open).collect();
        opened.extend(second.join().expect("the thread opens its files"));
        opened
    })
}

/// A program of this folder.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/interop/peers")
        .join(name)
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

/// The first word of `text` that begins with a digit, in parts: `openjdk 26 2026-03-17` is
/// version 26.
fn version_in(text: &str) -> Vec<u32> {
    let version: Vec<u32> = text
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .and_then(|word| {
            word.split(|part: char| !part.is_ascii_digit() && part != '.')
                .next()
        })
        .into_iter()
        .flat_map(|word| word.split('.'))
        .filter_map(|part| part.parse().ok())
        .collect();
    assert!(!version.is_empty(), "no version in {text:?}");
    version
}

#[test]
fn version_in_finds_first_number() {
    for (text, version) in [
        ("openjdk 26 2026-03-17\nOpenJDK Runtime", [26].as_slice()),
        ("openjdk 17.0.15 2025-04-15", &[17, 0, 15]),
        ("openjdk 27-ea 2026-09-15", &[27]),
        ("OpenSSL 3.0.19 27 Jan 2026", &[3, 0, 19]),
        ("OpenSSL 1.1.1w  11 Sep 2023", &[1, 1, 1]),
        ("certtool 3.7.9\nCopyright (C) 2000-2023", &[3, 7, 9]),
        ("3.87.1", &[3, 87, 1]),
    ] {
        assert_eq!(version_in(text), version, "{text}");
    }
}

/// Writes the list of files and passwords that the Java and Python programs take, one to a
/// line, and reads what they print, a line for each: `ok` and what came out, or `failed` and the
/// reason.
fn in_one_process<T>(
    files: &[Sealed],
    run: impl FnOnce(&Path) -> Result<Vec<u8>, String>,
    read_line: impl Fn(&str) -> Result<T, String>,
) -> Vec<Result<T, String>> {
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

/// The key and the certificates in base64.
fn opened(line: &str) -> Result<Opened, String> {
    let mut words = line.split('\t');
    match words.next() {
        Some("ok") => {
            let mut decoded = words.map(base64);
            let key = decoded.next().ok_or("no key came out")?;
            let (leaf, issuers) = leaf_first(decoded.collect())?;
            Opened::with_pkcs8(key, leaf, issuers)
        }
        _ => Err(line.to_owned()),
    }
}

/// How many private keys of a file a program has with a certificate of their own; an error if it refuses
/// the file.
pub(crate) type Restored = Result<usize, String>;

/// The number of [`Restored`].
fn restored(line: &str) -> Restored {
    let number = line
        .strip_prefix("ok\t")
        .and_then(|number| number.parse().ok());
    number.ok_or_else(|| line.to_owned())
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
