//! The host's OpenSSL, which looks at the files that certstow wrote under Wine: a reader that
//! shares nothing with the writer.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{capture, command, ensure, printed, root};

/// An error unless an `EncryptedPrivateKeyInfo` in DER holds the private key of the PEM file `key`.
pub(super) fn decrypts_to(encrypted: &Path, password: &str, key: &Path) -> Result<(), String> {
    let expected = printed(&mut command!("openssl pkey -in {key}"))?;
    let decrypted = printed(&mut command!(
        "openssl pkcs8 -inform DER -in {encrypted} -passin pass:{password}"
    ))?;
    ensure(decrypted == expected, || {
        format!("{}: not the key of {}", encrypted.display(), key.display())
    })
}

/// A PKCS#12 file that OpenSSL opens.
pub(super) struct Pkcs12 {
    file: PathBuf,
    password: &'static str,
}

impl Pkcs12 {
    /// Opens a file, its MAC checked.
    pub(super) fn open(file: &Path, password: &'static str) -> Result<Self, String> {
        let opened = Self {
            file: file.to_path_buf(),
            password,
        };
        capture(opened.command().arg("-noout"))?;
        Ok(opened)
    }

    /// An error unless the private key is the one in the file `key`.
    pub(super) fn has_key(&self, key: &Path) -> Result<(), String> {
        let expected = printed(&mut command!("openssl pkey -in {key}"))?;
        // `-nocerts` prints the bag's attributes before the key; `pkcs12` has no option against it.
        let text = printed(self.command().args(["-nocerts", "-nodes"]))?;
        let start = text.find("-----BEGIN").unwrap_or(text.len());
        self.ensure(
            text[start..] == expected,
            &format!("its key is not that of {}", key.display()),
        )
    }

    /// An error unless the private key is that of Ada in the sample store.
    pub(super) fn has_adas_key(&self) -> Result<(), String> {
        self.has_key(&root().join("examples/personal/ada-example.key.pem"))
    }

    /// An error unless the file holds this many certificates.
    pub(super) fn has_certificates(&self, expected: usize) -> Result<(), String> {
        let text = printed(self.command().arg("-nokeys"))?;
        let count = text.matches("-----BEGIN CERTIFICATE-----").count();
        self.ensure(
            count == expected,
            &format!("{count} certificates instead of {expected}"),
        )
    }

    /// An error unless key and certificate have this friendly name, and nothing has another.
    pub(super) fn has_friendly_name(&self, expected: &str) -> Result<(), String> {
        self.friendly_names(&[expected; 2])
    }

    /// An error if key or certificate has a friendly name.
    pub(super) fn has_no_names(&self) -> Result<(), String> {
        self.friendly_names(&[])
    }

    fn friendly_names(&self, expected: &[&str]) -> Result<(), String> {
        let text = printed(self.command().arg("-nodes"))?;
        let names: Vec<_> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("friendlyName: "))
            .collect();
        self.ensure(
            names == expected,
            &format!("its friendly names are {names:?}"),
        )
    }

    /// An error unless the file carries exactly these certificate properties, by their numbers.
    pub(super) fn has_properties(&self, expected: &[u32]) -> Result<(), String> {
        let text = printed(self.command().args(["-nokeys", "-clcerts"]))?;
        let lines = text.lines().map(str::trim);
        let properties = lines.filter_map(|line| line.strip_prefix("1.3.6.1.4.1.311.17.3."));
        let numbers = properties.filter_map(|rest| rest.split(':').next()?.parse().ok());
        let mut numbers: Vec<u32> = numbers.collect();
        numbers.sort_unstable();
        self.ensure(
            numbers == expected,
            &format!("its properties are {numbers:?}"),
        )
    }

    /// An error unless something in the file has an attribute that OpenSSL prints like this.
    pub(super) fn has_attribute(&self, expected: &str) -> Result<(), String> {
        let text = printed(self.command().arg("-nodes"))?;
        self.ensure(
            text.lines().any(|line| line.trim() == expected),
            &format!("no attribute '{expected}'"),
        )
    }

    fn command(&self) -> Command {
        let Self { file, password } = self;
        command!("openssl pkcs12 -in {file} -passin pass:{password}")
    }

    fn ensure(&self, holds: bool, what: &str) -> Result<(), String> {
        ensure(holds, || format!("{}: {what}", self.file.display()))
    }
}
