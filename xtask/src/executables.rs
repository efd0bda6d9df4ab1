//! Building programs, and finding them: cargo says where it put each, in JSON.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::command::{cargo, ensure, output_within, show};

/// What a build may take: many times what it does on an idle machine.
const BUILD_LIMIT: Duration = Duration::from_secs(2 * 60 * 60);

/// A program that cargo built.
pub(crate) struct Executable {
    /// The name of what it was built from, and what that is: `lib`, `bin`, `test`.
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) file: PathBuf,
    /// The folder of its package.
    pub(crate) folder: PathBuf,
    /// The name of its package.
    pub(crate) package: String,
    /// Whether it runs tests, and is not the program itself.
    pub(crate) is_test: bool,
}

/// Builds certstow, with these options of cargo; the program.
pub(crate) fn certstow(options: &[&str]) -> Result<PathBuf, String> {
    let mut cargo = cargo();
    cargo.args(["build", "--locked", "--package", "certstow"]);
    let mut built = build(cargo.args(options))?;
    match (built.pop(), built.pop()) {
        (Some(certstow), None) => Ok(certstow.file),
        _ => Err("cargo build made more or less than one program".to_owned()),
    }
}

/// Runs a build and gives back the programs it made.
pub(crate) fn build(build: &mut Command) -> Result<Vec<Executable>, String> {
    build
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit());
    let output = output_within(BUILD_LIMIT, build)?;
    ensure(output.status.success(), || {
        format!("{} ended with {}", show(build), output.status)
    })?;
    let messages = output.stdout;
    messages
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).map_err(|error| error.to_string()))
        .filter_map(|message| message.map(|message| executable(&message)).transpose())
        .collect()
}

fn executable(message: &Value) -> Option<Executable> {
    let manifest = Path::new(message["manifest_path"].as_str()?);
    Some(Executable {
        name: message["target"]["name"].as_str()?.to_owned(),
        kind: message["target"]["kind"][0].as_str()?.to_owned(),
        file: message["executable"].as_str()?.into(),
        folder: manifest.parent()?.to_path_buf(),
        package: package_name(message["package_id"].as_str()?).to_owned(),
        is_test: message["profile"]["test"].as_bool()?,
    })
}

/// The name in a package's id, which has it only where the folder is named otherwise.
fn package_name(id: &str) -> &str {
    let (folder, version) = id.rsplit_once('#').unwrap_or((id, ""));
    match version.split_once('@') {
        Some((name, _)) => name,
        None => folder.rsplit('/').next().unwrap_or(folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_name_reads_both_id_forms() {
        for (id, name) in [
            ("path+file:///src/stow#certstow@0.1.0", "certstow"),
            ("path+file:///src/stow/xtask#0.1.0", "xtask"),
        ] {
            assert_eq!(package_name(id), name);
        }
    }
}
