//! What the checks under Wine share: the built programs and the prefix they run in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::build;
use super::prefix::Prefix;
use super::process::Ended;
use super::terminal::Terminal;
use crate::command::target_folder;
use crate::executables::Executable;

/// What a file of tests, and one command of certstow, may take. Each takes a fraction of it, but on a
/// machine that a dozen others keep busy that is a dozen times as long.
const TESTS_LIMIT: Duration = Duration::from_secs(1200);
const COMMAND_LIMIT: Duration = Duration::from_secs(240);

/// The password of every file that the checks write, and the variable that holds it.
pub(super) const PASSWORD: &str = "correct horse battery staple";
pub(super) const VARIABLE: &str = "SECRET";

/// How a file of tests says that all passed.
const PASSED: &str = "test result: ok.";

/// An error unless tests ran, and all of them passed.
pub(super) fn all_passed(tests: &Ended) -> Result<(), String> {
    let result = tests.stdout.lines().rfind(|line| line.starts_with(PASSED));
    let Some(result) = result.filter(|line| !line.contains(" 0 passed")) else {
        return Err(tests.complain("no word of any test that passed"));
    };
    println!("    {result}");
    Ok(())
}

pub(super) struct Runner {
    certstow: PathBuf,
    tests: Vec<Executable>,
    prefix: Prefix,
}

impl Runner {
    /// Builds everything, then sets up a prefix.
    pub(super) fn new() -> Result<Self, String> {
        Ok(Self {
            tests: build::tests()?,
            certstow: build::certstow()?,
            prefix: Prefix::new(&target_folder()?, "first")?,
        })
    }

    /// The same certstow, installed in another Windows.
    pub(super) fn installed_elsewhere(&self) -> Result<Self, String> {
        let prefix = Prefix::new(&target_folder()?, "second")?;
        let folder = prefix.windows().join("drive_c/Tools");
        let certstow = folder.join("certstow.exe");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::copy(&self.certstow, &certstow))
            .map_err(|error| format!("{}: {error}", certstow.display()))?;
        Ok(Self {
            certstow,
            tests: Vec::new(),
            prefix,
        })
    }

    pub(super) fn tests(&self) -> &[Executable] {
        &self.tests
    }

    /// Runs a file of tests, from the folder and with the variable that cargo would run it with.
    pub(super) fn test(&self, test: &Executable) -> Result<(), String> {
        let mut command = self.wine(&test.file);
        command
            .current_dir(&test.folder)
            .env("CARGO_PKG_NAME", &test.package);
        // Some of the library's need programs of the host.
        if test.package == build::PLATFORM {
            command.arg("--include-ignored");
        }
        let ended = self.prefix.run(&mut command, TESTS_LIMIT)?.expect(0)?;
        all_passed(&ended)
    }

    /// Runs certstow in its working folder; an error if it ends with another code.
    pub(super) fn certstow(&self, code: i32, arguments: &[&str]) -> Result<Ended, String> {
        self.windows_program(&self.certstow, &self.work(), arguments)?
            .expect(code)
    }

    /// Starts certstow in its working folder, at a terminal.
    pub(super) fn certstow_at_terminal(&self, arguments: &[&str]) -> Result<Terminal, String> {
        let mut command = self.wine(&self.certstow);
        command.args(arguments).current_dir(self.work());
        self.at_terminal(&command)
    }

    /// Starts a program at a terminal.
    pub(super) fn at_terminal(&self, command: &Command) -> Result<Terminal, String> {
        let mut command = Terminal::around(command);
        self.prefix.lead_here(&mut command);
        Terminal::start(command, &self.prefix.scratch())
    }

    /// The program under test.
    pub(super) fn certstow_file(&self) -> &Path {
        &self.certstow
    }

    /// The program under test, as Windows names it.
    pub(super) fn certstow_name(&self) -> String {
        self.prefix.windows_name(&self.certstow)
    }

    /// Runs a program for Windows in a folder.
    pub(super) fn windows_program(
        &self,
        executable: &Path,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<Ended, String> {
        let mut command = self.wine(executable);
        command
            .args(arguments)
            .current_dir(folder)
            .env(VARIABLE, PASSWORD);
        self.run(&mut command)
    }

    /// A program for Windows, to be run here.
    pub(super) fn wine(&self, executable: &Path) -> Command {
        self.prefix.wine(executable)
    }

    /// Runs a program of the host, or one of [`Self::wine`].
    pub(super) fn run(&self, command: &mut Command) -> Result<Ended, String> {
        self.prefix.run(command, COMMAND_LIMIT)
    }

    /// The folder that certstow works in.
    pub(super) fn work(&self) -> PathBuf {
        self.prefix.work()
    }

    /// Where Wine keeps the files of this Windows.
    pub(super) fn windows(&self) -> PathBuf {
        self.prefix.windows()
    }

    /// Shuts this Windows down and starts it again.
    pub(super) fn restart(&self) -> Result<(), String> {
        self.prefix.restart()
    }

    /// Ends what may still run under Wine.
    pub(super) fn end(&self) -> Result<(), String> {
        self.prefix.end()
    }
}
