//! The certstow that is checked.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{capture, command, ensure, output, program, show};

/// Protects the files that the checks make. It guards nothing, so that it may be an argument of
/// the systems' tools, which take no other.
pub(super) const PASSWORD: &str = "correct-horse-battery-staple";
const VARIABLE: &str = "CERTSTOW_SECRET";

pub(super) struct Certstow {
    program: PathBuf,
}

impl Certstow {
    pub(super) fn new(program: &Path) -> Self {
        Self {
            program: program.to_path_buf(),
        }
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// Exports what `selector` finds in `store` to `file`, which has to end with `code`.
    pub(super) fn export(
        &self,
        selector: &str,
        store: &str,
        file: &Path,
        options: &[&str],
        code: i32,
    ) -> Result<(), String> {
        let mut command = self.command();
        command
            .args(["export", selector, "--store", store, "-o"])
            .arg(file)
            .args(options);
        ends_with(&mut command, code)?;
        match file.exists() {
            exists if exists == (code == 0) => Ok(()),
            exists => Err(format!("{} exists: {exists}", file.display())),
        }
    }

    /// Has certstow prove that `file` restores.
    pub(super) fn check(&self, file: &Path) -> Result<(), String> {
        let mut command = self.command();
        command.arg("check").arg(file);
        ends_with(&mut command, 0)
    }

    /// An error unless certstow shows that a store was told of a copy.
    pub(super) fn shows_the_copy(&self, selector: &str, store: &str) -> Result<(), String> {
        let program = &self.program;
        let mut command =
            command!("{program} show {selector} --store {store} --json --non-interactive");
        let shown: serde_json::Value =
            serde_json::from_slice(&capture(&mut command)?).map_err(|error| error.to_string())?;
        ensure(shown["backed_up"].is_string(), || {
            format!("{} shows no copy: {shown}", show(&command))
        })
    }

    fn command(&self) -> Command {
        let mut command = program(&self.program.to_string_lossy());
        command.env(VARIABLE, PASSWORD);
        command
    }
}

fn ends_with(command: &mut Command, code: i32) -> Result<(), String> {
    let output = output(command.args(["--non-interactive", "--password-env", VARIABLE]))?;
    match output.status.code() {
        Some(ended) if ended == code => Ok(()),
        _ => Err(format!(
            "{} ended with {} instead of {code}\n{}{}",
            show(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}
