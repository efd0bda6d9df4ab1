//! The packages of a release that this system installs, unpacked without installing them.

use std::env::consts::{ARCH, OS};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::command::{executable, program, run};
use crate::files;
use crate::package::ending;

/// The packages for this system in a folder; an error if there are none.
pub(super) fn of_this_system(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for file in files::in_folder(folder)? {
        let name = files::name(&file);
        if name.ends_with(ending()?) || is_for_debian(&name) {
            found.push(file);
        }
    }
    match found.is_empty() {
        true => Err(format!("{}: no package for this system", folder.display())),
        false => Ok(found),
    }
}

/// Packages of Debian are named by its own words for processors.
fn is_for_debian(name: &str) -> bool {
    let processor = match ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    OS == "linux" && name.ends_with(&format!("_{processor}.deb"))
}

/// The program in a package, and the folder that keeps it.
pub(super) fn unpack(package: &Path) -> Result<(PathBuf, TempDir), String> {
    let scratch = files::scratch()?;
    let package = std::path::absolute(package).map_err(|error| error.to_string())?;
    let unpacked = if files::name(&package).ends_with(".deb") {
        let mut unpack = program("dpkg-deb");
        run(unpack.arg("--extract").arg(&package).arg(scratch.path()))?;
        scratch.path().join("usr").join("bin")
    } else {
        // By name, from the folder it is in: to `tar` a path with a colon is another computer's.
        let folder = package.parent().unwrap_or(Path::new("."));
        let mut unpack = program("tar");
        unpack.current_dir(folder);
        run(unpack
            .args(["-xf", &files::name(&package), "-C"])
            .arg(scratch.path()))?;
        let name = files::name(&package);
        scratch
            .path()
            .join(name.trim_end_matches(".tar.gz").trim_end_matches(".zip"))
    };
    Ok((unpacked.join(executable("certstow")), scratch))
}
