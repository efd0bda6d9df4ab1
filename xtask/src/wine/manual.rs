//! The Windows half of the page on scheduled backups, typed into a Windows of its own. Wine's
//! `schtasks.exe` registers tasks and removes them; it neither asks for an account's password nor
//! runs anything. So a person's task is registered from the XML that `--print` writes for the same
//! options, and "running" a task is to have Windows' command interpreter run the command line of
//! that XML. Programs that stand for others, as `openssl`, are the host's.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use super::fixture::Fixture;
use super::openssl::Pkcs12;
use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use super::{schedule, transcript};
use crate::command::{capture, command, program, root};
use crate::files;

const MANUAL: &str = "docs/scheduled-backup.md";

/// The store that is restored into after the page.
const SECOND: &str = r"windows:CurrentUser\Second";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let runner = runner.installed_elsewhere()?;
    let fixture = Fixture::new(&runner)?;
    let reader = Reader::new(&fixture);
    fixture.add_ada()?;
    reader.make_escrow()?;
    schedule::start(&runner)?;
    reader.types_in(MANUAL)?;
    reader.restores_into_a_system_store()?;
    runner.prefix.end()
}

/// Somebody who does what a page says.
pub(super) struct Reader<'a> {
    runner: &'a Runner,
    fixture: &'a Fixture<'a>,
    /// The XML of each task, by its name.
    tasks: RefCell<HashMap<String, PathBuf>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(fixture: &'a Fixture<'a>) -> Self {
        Self {
            runner: fixture.runner,
            fixture,
            tasks: RefCell::default(),
        }
    }

    /// Runs the blocks of a page, one after the other.
    pub(super) fn types_in(&self, page: &str) -> Result<(), String> {
        transcript::type_in(page, |line, expected| self.run(line, expected))
    }

    /// A file, by its name under this Windows.
    fn file(&self, name: &str) -> PathBuf {
        match name.strip_prefix(r"C:\") {
            Some(rest) => {
                let drive = self.runner.prefix.windows().join("drive_c");
                drive.join(rest.replace('\\', "/"))
            }
            None => self.runner.prefix.work().join(name.replace('\\', "/")),
        }
    }

    /// The first step of the page, which it describes for Linux.
    fn make_escrow(&self) -> Result<(), String> {
        let folder = self.file(r"C:\certstow");
        files::create_folder(&folder)?;
        let mut openssl = command!(
            "openssl req -x509 -newkey rsa:3072 -days 3650 -subj '/CN=certstow escrow'
             -addext keyUsage=critical,keyEncipherment -keyout escrow.key.pem -out escrow.pem
             -passout pass:{PASSWORD}"
        );
        openssl.current_dir(folder);
        capture(&mut openssl).map(drop)
    }

    /// Runs a line; what is to be compared with the page, unless it was compared already.
    fn run(&self, line: &str, expected: &str) -> Result<Option<Ended>, String> {
        let words = transcript::words(line);
        match words.as_slice() {
            ["certstow", arguments @ ..] => match arguments {
                ["schedule", "install", ..] => self.install(arguments, expected),
                _ if arguments.contains(&"--escrow-key") => {
                    self.with_the_escrow_key(arguments, expected).map(|()| None)
                }
                _ => self.certstow(arguments).map(Some),
            },
            ["schtasks", "/Run", "/TN", name] => self.run_task(name).map(|()| None),
            ["schtasks", arguments @ ..] => self.schtasks(arguments).map(|()| None),
            ["openssl", arguments @ ..] => {
                let mut openssl = program("openssl");
                let arguments = arguments.iter().map(|word| match word.starts_with(r"C:\") {
                    true => self.file(word).into_os_string(),
                    false => word.into(),
                });
                openssl
                    .args(arguments)
                    .current_dir(self.runner.prefix.work())
                    .env(VARIABLE, PASSWORD);
                self.runner.prefix.run(&mut openssl)?.expect(0).map(Some)
            }
            ["del" | "rmdir", ..] => self.interpreted(line).map(Some),
            _ => Err(format!("'{line}' cannot be run here")),
        }
    }

    fn certstow(&self, arguments: &[&str]) -> Result<Ended, String> {
        self.runner
            .certstow(0, &command!("certstow {arguments...}"))
    }

    /// A task of the machine is installed as the page says, one of a person as Wine can.
    fn install(&self, arguments: &[&str], expected: &str) -> Result<Option<Ended>, String> {
        if arguments.iter().any(|word| word.starts_with("--print")) {
            return self.certstow(arguments).map(Some);
        }
        let print = [arguments, &["--print=printed"]].concat();
        let printed = self.certstow(&print)?;
        let name = value(arguments, "--name").unwrap_or("certstow");
        let file = format!(r"printed\{name}.xml");
        if arguments.contains(&"--machine") {
            let file = self.file(&file);
            self.tasks.borrow_mut().insert(name.to_owned(), file);
            // What there is to save is looked at before a task is installed.
            let store = r"windows:LocalMachine\My";
            self.fixture
                .add_new(store, "server", "Server", "exportable")?;
            return self.certstow(arguments).map(Some);
        }
        let account = r"EXAMPLE\ada";
        self.schtasks(&["/Create", "/TN", name, "/XML", &file, "/RU", account])?;
        let mut facts = expected.lines().filter(|line| line.starts_with("  "));
        match facts.find(|fact| !printed.stdout.contains(fact)) {
            Some(fact) => Err(printed.complain(&format!("{MANUAL} shows '{fact}'"))),
            None => Ok(None),
        }
    }

    fn schtasks(&self, arguments: &[&str]) -> Result<(), String> {
        let mut schtasks = self.runner.prefix.wine("schtasks.exe".as_ref());
        let ended = self.runner.prefix.run(schtasks.args(arguments))?;
        ended.expect(0)?;
        if let (Some(name), Some(file)) = (value(arguments, "/TN"), value(arguments, "/XML")) {
            schedule::is_there(self.runner, name, true)?;
            let file = self.file(file);
            self.tasks.borrow_mut().insert(name.to_owned(), file);
        }
        Ok(())
    }

    /// Runs what a task that is registered runs, in its folder.
    fn run_task(&self, name: &str) -> Result<(), String> {
        schedule::is_there(self.runner, name, true)?;
        let file = self.tasks.borrow().get(name).cloned();
        let file = file.ok_or_else(|| format!("the page has no task {name} to run"))?;
        let xml = files::read(&file)?;
        let content = |element| schedule::content(&xml, element);
        let line = format!(
            "cd /d \"{}\" && \"{}\" {}",
            content("WorkingDirectory")?,
            content("Command")?,
            content("Arguments")?
        );
        self.interpreted(&line).map(drop)
    }

    /// Has Windows' command interpreter run a line.
    fn interpreted(&self, line: &str) -> Result<Ended, String> {
        let batch = self.runner.prefix.work().join("line.cmd");
        files::write(&batch, format!("@{line}\r\n"))?;
        let mut cmd = self.runner.prefix.wine("cmd".as_ref());
        cmd.args(["/c", "line.cmd"]).env(VARIABLE, PASSWORD);
        self.runner.prefix.run(&mut cmd)?.expect(0)
    }

    /// At a terminal, where the key's password is typed.
    fn with_the_escrow_key(&self, arguments: &[&str], expected: &str) -> Result<(), String> {
        let line = command!("certstow {arguments...}");
        let mut terminal = self.runner.certstow_at_terminal(&line)?;
        terminal.answer("Password that unlocks", &format!("{PASSWORD}\r"))?;
        for line in expected.lines() {
            // The word before it has a colour.
            match line.strip_prefix("warning: ") {
                Some(warning) => terminal.wait_for(warning)?,
                None => terminal.wait_for(line)?,
            }
        }
        terminal.end(0).map(drop)
    }

    /// The same backup into a store of Windows, out of which the key comes again.
    fn restores_into_a_system_store(&self) -> Result<(), String> {
        // So that there is such a store.
        let issuer = root().join("examples/personal/issuers/sample-issuing.pem");
        self.fixture.add_authority(SECOND, &issuer)?;
        let restore = command!(
            "certstow backup restore C:\\Backup --into {SECOND} --password-env {VARIABLE}
             --escrow-key C:\\certstow\\escrow.key.pem"
        );
        self.runner.certstow(0, &restore)?;
        self.runner.export(0, "Ada", SECOND, "second.p12", &[])?;
        let exported = Pkcs12::open(&self.file("second.p12"), PASSWORD)?;
        exported.has_adas_key()?;
        exported.has_certificates(3)
    }
}

/// The word after an option.
fn value<'a>(words: &[&'a str], option: &str) -> Option<&'a str> {
    let place = words.iter().position(|word| *word == option)?;
    words.get(place + 1).copied()
}
