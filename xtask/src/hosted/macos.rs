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
        let keychain = identity.in_keychain(certstow, &[])?;
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

/// A key that was imported as not extractable is refused.
fn stays(certstow: &Certstow, identity: &Identity) -> Result<(), String> {
    let keychain = identity.in_keychain(certstow, &["-x"])?;
    let file = identity.scratch.path().join("refused.p12");
    certstow.export(&identity.thumbprint, &spec(&keychain), &file, &[], 12)
}

fn spec(keychain: &Keychain) -> String {
    format!("keychain:{}", keychain.file().display())
}

/// A sample identity, in a PKCS#12 file as OpenSSL makes it.
struct Identity {
    pkcs12: PathBuf,
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
            scratch,
        })
    }

    /// A keychain with it, whose key certstow may use.
    fn in_keychain(&self, certstow: &Certstow, options: &[&str]) -> Result<Keychain, String> {
        let keychain = Keychain::new()?;
        let program = certstow.program().to_string_lossy();
        let options = [options, &["-T", &program]].concat();
        keychain.import(&self.pkcs12, PASSWORD, &options)?;
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
