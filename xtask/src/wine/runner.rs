//! What the checks under Wine share: the built programs and the prefix they run in.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::build;
use super::prefix::Prefix;
use super::process::Ended;
use super::terminal::Terminal;
use crate::command::{command, root, target_folder};
use crate::executables::{self, Executable};
use crate::files;

/// What a file of tests may take: many times what it does on an idle machine.
const TESTS_LIMIT: Duration = Duration::from_secs(1200);

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
    /// The program under test.
    pub(super) certstow: PathBuf,
    /// The files of tests.
    pub(super) tests: Vec<Executable>,
    /// The Windows that they run in.
    pub(super) prefix: Prefix,
}

impl Runner {
    /// Builds everything, then sets up a prefix, with the sample store where certstow works.
    pub(super) fn new() -> Result<Self, String> {
        let tests = build::tests()?;
        let certstow = executables::certstow(&["--target", build::TARGET])?;
        let prefix = Prefix::new(&target_folder()?, "first")?;
        files::copy(root().join("examples"), prefix.work().join("examples"))?;
        Ok(Self {
            certstow,
            tests,
            prefix,
        })
    }

    /// The same certstow, installed in another Windows.
    pub(super) fn installed_elsewhere(&self) -> Result<Self, String> {
        let prefix = Prefix::new(&target_folder()?, "second")?;
        let certstow = prefix.windows().join("drive_c/Tools/certstow.exe");
        files::copy(&self.certstow, &certstow)?;
        Ok(Self {
            certstow,
            tests: Vec::new(),
            prefix,
        })
    }

    /// Runs a file of tests without those of these names, from the folder and with the variables that
    /// cargo would run it with.
    pub(super) fn test(&self, test: &Executable, without: &[&str]) -> Result<(), String> {
        let mut command = self.prefix.wine(&test.file);
        command
            .current_dir(&test.folder)
            .env("CARGO_PKG_NAME", &test.package)
            .env("CARGO_MANIFEST_DIR", self.prefix.windows_name(&test.folder))
            .args(without.iter().flat_map(|name| ["--skip", name]));
        // Some of the library's need programs of the host.
        if test.package == build::PLATFORM {
            command.arg("--include-ignored");
        }
        let ended = self.prefix.run_within(TESTS_LIMIT, &mut command)?;
        all_passed(&ended.expect(0)?)
    }

    /// Runs certstow, with the arguments of a command line, in its working folder; an error if it ends
    /// with another code.
    pub(super) fn certstow(&self, code: i32, line: &Command) -> Result<Ended, String> {
        self.prefix.run(&mut self.command(line))?.expect(code)
    }

    /// Takes away what certstow noted of the files that it saved.
    pub(super) fn forget_copies(&self) -> Result<(), String> {
        for user in files::in_folder(self.prefix.windows().join("drive_c/users"))? {
            let note = user.join("AppData/Roaming/certstow/copies.jsonl");
            if note.is_file() {
                files::remove(note)?;
            }
        }
        Ok(())
    }

    /// Exports an identity under [`PASSWORD`]; an error if that ends with another code.
    pub(super) fn export(
        &self,
        code: i32,
        name: &str,
        store: &str,
        file: &str,
        options: &[&str],
    ) -> Result<Ended, String> {
        let export = command!(
            "certstow export {name} --store {store} -o {file} --password-env {VARIABLE} {options...}"
        );
        self.certstow(code, &export)
    }

    /// Starts certstow as [`Self::certstow`] does, at a terminal.
    pub(super) fn certstow_at_terminal(&self, line: &Command) -> Result<Terminal, String> {
        self.at_terminal(&self.command(line))
    }

    fn command(&self, line: &Command) -> Command {
        let mut command = self.prefix.wine(&self.certstow);
        command.args(line.get_args()).env(VARIABLE, PASSWORD);
        command
    }

    /// Starts a program at a terminal.
    pub(super) fn at_terminal(&self, command: &Command) -> Result<Terminal, String> {
        let mut command = Terminal::around(command);
        self.prefix.lead_here(&mut command);
        Terminal::start(command, &self.prefix.scratch())
    }
}
