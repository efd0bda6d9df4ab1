//! A keychain file of macOS, made and read by Apple's `security`.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::certstow::PASSWORD;
use crate::command::{capture, command, output, printed, program};
use crate::files;

/// A keychain of its own, gone when dropped.
pub(super) struct Keychain {
    file: PathBuf,
    _scratch: TempDir,
}

impl Keychain {
    pub(super) fn new() -> Result<Self, String> {
        let scratch = files::scratch()?;
        let keychain = Self {
            file: scratch.path().join("check.keychain-db"),
            _scratch: scratch,
        };
        keychain.security(&["create-keychain", "-p", PASSWORD], &[])?;
        // Without a time after which it locks itself.
        keychain.security(&["set-keychain-settings"], &[])?;
        keychain.security(&["unlock-keychain", "-p", PASSWORD], &[])?;
        Ok(keychain)
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Imports a PKCS#12 file.
    pub(super) fn import(
        &self,
        file: &Path,
        password: &str,
        options: &[&str],
    ) -> Result<(), String> {
        let keychain = &self.file;
        capture(&mut command!(
            "security import {file} -f pkcs12 -P {password} -k {keychain} {options...}"
        ))
        .map(drop)
    }

    /// Imports a key in OpenSSL's own form that is not to come out again; `trusted` may use it.
    pub(super) fn import_fixed_key(&self, key: &Path, trusted: &Path) -> Result<(), String> {
        let keychain = &self.file;
        capture(&mut command!(
            "security import {key} -t priv -f openssl -x -k {keychain} -T {trusted}"
        ))
        .map(drop)
    }

    pub(super) fn add_certificate(&self, certificate: &Path) -> Result<(), String> {
        let keychain = &self.file;
        capture(&mut command!(
            "security add-certificates -k {keychain} {certificate}"
        ))
        .map(drop)
    }

    /// Lets `program` use the keys without a question. A program that no developer signed is known
    /// by the hash of its code, or, without any signature, as one that has none.
    pub(super) fn trust(&self, trusted: &Path) -> Result<(), String> {
        let mut partitions = "apple-tool:,apple:,unsigned:".to_owned();
        if let Some(hash) = code_hash(trusted) {
            partitions += &format!(",cdhash:{hash}");
        }
        self.security(
            &["set-key-partition-list", "-S", &partitions, "-s"],
            &["-k", PASSWORD],
        )
    }

    /// The SHA-1 of every certificate that has its private key here.
    pub(super) fn identities(&self) -> Result<Vec<String>, String> {
        let keychain = &self.file;
        let text = printed(&mut command!("security find-identity {keychain}"))?;
        Ok(hashes(&text))
    }

    /// Runs `security` on this keychain, whose name comes last.
    fn security(&self, before: &[&str], after: &[&str]) -> Result<(), String> {
        capture(program("security").args(before).args(after).arg(&self.file))?;
        Ok(())
    }
}

impl Drop for Keychain {
    fn drop(&mut self) {
        if let Err(error) = self.security(&["delete-keychain"], &[]) {
            println!("    {error}");
        }
    }
}

fn code_hash(program_file: &Path) -> Option<String> {
    let mut codesign = program("codesign");
    codesign
        .args(["--display", "--verbose=4"])
        .arg(program_file);
    let output = output(&mut codesign).ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let hash = text.lines().find_map(|line| line.strip_prefix("CDHash="))?;
    Some(hash.trim().to_owned())
}

/// The hashes in lines such as `  1) 694258FC... "Ada Example"`.
fn hashes(text: &str) -> Vec<String> {
    let mut hashes: Vec<_> = text
        .split_whitespace()
        .filter(|word| word.len() == 40 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_ascii_uppercase)
        .collect();
    hashes.sort();
    hashes.dedup();
    hashes
}

#[cfg(test)]
mod tests {
    #[test]
    fn hashes_reads_identity_hashes() {
        let text = "Policy: X.509 Basic\n  Matching identities\n  \
            1) 694258FC134145BAF46E277B2E68BCD0576D0623 \"Ada Example\"\n     1 identities found\n\n  \
            Valid identities only\n     0 valid identities found\n";
        let expected = ["694258FC134145BAF46E277B2E68BCD0576D0623"];
        assert_eq!(super::hashes(text), expected);
    }
}
