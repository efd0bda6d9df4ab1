//! What the checks under Wine share: the built programs and the prefix they run in.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::build::{self, Executable};
use super::prefix::Prefix;
use super::process::Ended;
use crate::command::{root, target_folder};

/// What a file of tests, and one command of certstow, may take. Each takes a fraction of it.
const TESTS_LIMIT: Duration = Duration::from_secs(600);
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// The password of every file that the checks write, and the variable that holds it.
pub(super) const PASSWORD: &str = "correct horse battery staple";
pub(super) const VARIABLE: &str = "SECRET";

/// How a file of tests says that all passed.
const PASSED: &str = "test result: ok.";

pub(super) struct Runner {
    certstow: PathBuf,
    tests: Vec<Executable>,
    prefix: Prefix,
}

impl Runner {
    /// Builds everything, then sets up a prefix.
    pub(super) fn new() -> Result<Self, String> {
        Ok(Self {
            certstow: build::certstow()?,
            tests: build::tests()?,
            prefix: Prefix::new(&target_folder()?)?,
        })
    }

    pub(super) fn tests(&self) -> &[Executable] {
        &self.tests
    }

    /// Runs a file of tests, from the folder that cargo would run it from.
    pub(super) fn test(&self, test: &Executable) -> Result<(), String> {
        let mut command = Prefix::wine(&test.file);
        command
            .current_dir(root().join("platform"))
            .arg("--include-ignored");
        let ended = self.prefix.run(&mut command, TESTS_LIMIT)?.expect(0)?;
        let result = ended.stdout.lines().rfind(|line| line.starts_with(PASSED));
        let Some(result) = result.filter(|line| !line.contains(" 0 passed")) else {
            return Err(ended.complain("no word of any test that passed"));
        };
        println!("    {result}");
        Ok(())
    }

    /// Runs certstow in its working folder; an error if it ends with another code.
    pub(super) fn certstow(&self, code: i32, arguments: &[&str]) -> Result<Ended, String> {
        self.windows_program(&self.certstow, &self.work(), arguments)?
            .expect(code)
    }

    /// Runs a program for Windows in a folder.
    pub(super) fn windows_program(
        &self,
        executable: &Path,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<Ended, String> {
        let mut command = Prefix::wine(executable);
        command
            .args(arguments)
            .current_dir(folder)
            .env(VARIABLE, PASSWORD);
        self.run(&mut command)
    }

    /// Runs a program of the host, or one for Windows that [`Prefix::wine`] starts.
    pub(super) fn run(&self, command: &mut Command) -> Result<Ended, String> {
        self.prefix.run(command, COMMAND_LIMIT)
    }

    /// The folder that certstow works in.
    pub(super) fn work(&self) -> PathBuf {
        self.prefix.work()
    }

    /// Ends what may still run under Wine.
    pub(super) fn end(&self) -> Result<(), String> {
        self.prefix.end()
    }
}
