//! .NET's `X509Certificate2`, called from Python: the packages of PyPI that `xtask` installs bring a
//! runtime, and nothing to compile C# with.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::material::Identity;

use super::{Restored, Sealed, attempt, in_one_process, restored, script};

/// Each certificate with a key signs, and verifies.
pub(crate) fn restored_of(files: &[Sealed]) -> Vec<Restored> {
    in_one_process(files, run, restored)
}

fn run(list: &Path) -> Result<Vec<u8>, String> {
    attempt(python("dotnet_restore_all.py").arg(list))
}

/// Puts what is in a file into the store `My` of an account whose home is `home`, and its issuers
/// into those beside it.
pub(crate) fn store(home: &Path, sealed: &Sealed, intermediate: &Identity, root: &Identity) {
    let mut python = python("dotnet_store.py");
    let python = python
        .env("HOME", home)
        .arg(&sealed.file)
        .arg(sealed.password_file());
    let issuers = [intermediate, root].map(|issuer| &issuer.certificate_file);
    attempt(python.args(issuers)).expect(".NET stores it");
}

fn python(name: &str) -> Command {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", packages()).arg(script(name));
    python
}

/// Where `xtask/src/pip.rs` puts the packages: in the target folder.
fn packages() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_certstow"));
    let target = program
        .ancestors()
        .nth(2)
        .expect("it is in the target folder");
    target.join("dotnet")
}
