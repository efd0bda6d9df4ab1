//! certstow on a keychain: an identity that `security` imported, exported, and imported again by
//! `security` into another keychain.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::certstow::{Certstow, PASSWORD};
use super::keychain::Keychain;
use super::own_tool;
use super::thumbprint::thumbprint;
use crate::command::{capture, command, root};
use crate::files;

/// The OpenSSL that is on every Mac, whatever else is on the search path.
const OPENSSL: &str = "/usr/bin/openssl";

pub(super) fn check(certstow: &Certstow) -> Result<(), String> {
    let identity = Identity::new()?;
    for profile in own_tool::PROFILES {
        let keychain = identity.in_keychain(certstow)?;
        let file = identity.scratch.path().join(format!("{profile}.p12"));
        let store = spec(&keychain);
        certstow.export(
            &identity.thumbprint,
            &store,
            &file,
            &["--profile", profile],
            0,
        )?;
        certstow.check(&file)?;
        own_tool::restores(&file, PASSWORD, &identity.thumbprint)?;
    }
    stays(certstow, &identity)
}

/// A key that was imported as not extractable is refused. Since macOS 15 `security` heeds `-x` for
/// bare keys alone: PKCS#12 goes to SecPKCS12Import, which is not told of it (keychain_import.c in
/// Apple's SecurityTool).
fn stays(certstow: &Certstow, identity: &Identity) -> Result<(), String> {
    let keychain = Keychain::new()?;
    let key = identity.scratch.path().join("key.pem");
    let pkcs8 = &identity.key;
    // As PKCS#1, which is the form of keys that `security` calls OpenSSL's.
    capture(&mut command!("{OPENSSL} rsa -in {pkcs8} -out {key}"))?;
    keychain.import_fixed_key(&key, certstow.program())?;
    keychain.add_certificate(&identity.certificate)?;
    keychain.trust(certstow.program())?;
    let file = identity.scratch.path().join("refused.p12");
    certstow.export(&identity.thumbprint, &spec(&keychain), &file, &[], 12)
}

fn spec(keychain: &Keychain) -> String {
    format!("keychain:{}", keychain.file().display())
}

/// A sample identity, in a PKCS#12 file as OpenSSL makes it.
struct Identity {
    pkcs12: PathBuf,
    key: PathBuf,
    certificate: PathBuf,
    thumbprint: String,
    scratch: TempDir,
}

impl Identity {
    fn new() -> Result<Self, String> {
        let scratch = files::scratch()?;
        let samples = root().join("examples").join("personal");
        let certificate = samples.join("ada-example.pem");
        let key = samples.join("ada-example.key.pem");
        Ok(Self {
            pkcs12: pkcs12(&scratch, &key, &certificate)?,
            thumbprint: thumbprint(&certificate)?,
            key,
            certificate,
            scratch,
        })
    }

    /// A keychain with it, whose key certstow may use.
    fn in_keychain(&self, certstow: &Certstow) -> Result<Keychain, String> {
        let keychain = Keychain::new()?;
        let program = certstow.program().to_string_lossy();
        keychain.import(&self.pkcs12, PASSWORD, &["-T", &program])?;
        keychain.trust(certstow.program())?;
        Ok(keychain)
    }
}

/// In the algorithms that every version of `security` opens.
fn pkcs12(scratch: &TempDir, key: &Path, certificate: &Path) -> Result<PathBuf, String> {
    let file = scratch.path().join("identity.p12");
    capture(&mut command!(
        "{OPENSSL} pkcs12 -export -name 'Ada Example' -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES
         -macalg sha1 -passout pass:{PASSWORD} -inkey {key} -in {certificate} -out {file}"
    ))?;
    Ok(file)
}
