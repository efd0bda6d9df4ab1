//! .NET's `X509Certificate2`, called from Python: the packages of PyPI that `xtask` installs bring a
//! runtime, and nothing to compile C# with.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Restored, Sealed, attempt, in_one_process, restored, script};

/// Each certificate with a key signs, and verifies.
pub(crate) fn restored_of(files: &[Sealed]) -> Vec<Restored> {
    in_one_process(files, run, restored)
}

fn run(list: &Path) -> Result<Vec<u8>, String> {
    attempt(
        Command::new("python3")
            .env("PYTHONPATH", packages())
            .arg(script("dotnet_restore_all.py"))
            .arg(list),
    )
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
