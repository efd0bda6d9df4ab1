//! Packages of Debian that are unpacked and not installed, into a folder below the target folder: those of
//! servers would start them.

use std::path::Path;

use crate::command::{command, ensure, program, run, target_folder};
use crate::files;

/// Prometheus, its `promtool`, and node_exporter.
pub(crate) fn prometheus() -> Result<(), String> {
    let there = ["promtool", "prometheus", "prometheus-node-exporter"];
    unpack(
        "prometheus",
        &["prometheus", "prometheus-node-exporter"],
        &there,
    )
}

/// Unpacks packages into the folder of this name, unless its programs are there; an error says why that
/// can't be done.
fn unpack(name: &str, packages: &[&str], programs: &[&str]) -> Result<(), String> {
    let folder = target_folder()?.join(name);
    let are_there = || {
        programs
            .iter()
            .all(|one| folder.join("usr/bin").join(one).is_file())
    };
    if are_there() {
        return Ok(());
    }
    ensure(Path::new("/etc/debian_version").exists(), || {
        format!("{} come as packages of Debian", packages.join(" and "))
    })?;
    files::create_folder(&folder)?;
    let mut download = program("apt-get");
    download
        .args(["download", "--quiet"])
        .args(packages)
        .current_dir(&folder);
    run(&mut download)?;
    for file in files::in_folder(&folder)? {
        if file.extension().is_some_and(|ending| ending == "deb") {
            run(&mut command!("dpkg-deb --extract {file} {folder}"))?;
            files::remove(&file)?;
        }
    }
    ensure(are_there(), || {
        format!("{} lacks programs", folder.display())
    })
}
