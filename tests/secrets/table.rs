//! Every command, each at least once with everything secret that it can be given. A command that
//! `certstow --help` lists and that is not here fails the test: add a line for it, or several, as
//! it takes a password in one way or another, fails, or writes something.
//!
//! What a line says: the words of the command, in which `{store}` is a store with the canaries'
//! keys in clear; whether the options `--password-...` or `--unlock-password-...` give it the
//! canary, from every source in turn, and whether both do; how often it asks for it at a terminal,
//! and what it asks before and after to be answered by yes; the exit code; and whether the memory of
//! the process is searched at its end. It runs in a folder with
//!
//! - `ada.p12`, `grace.p12`, `locked/ada.pem`, `locked/grace.pem`: under the canary password;
//! - `other.p12`: under another password; `half.p12`: cut in two;
//! - `waiting`, `other-waiting`: Ada's key and Grace's alone, under the canary password;
//! - `many`: forty certificates, and the locked key;
//! - `kept`: a backup under the canary password; `sealed`: one under passwords of its own, which
//!   Ada's key opens;
//! - `backup.toml`: options of a backup, the canary password's file among them.
//!
//! Outside of it, `{clear}` is a folder in which keys may be in clear, `{doomed}` a store with Ada's
//! key in clear, which may be deleted once, and `{secret}` the canary password's file. `{vault}` is
//! the name of a password in the account's own vault that no other world has; it is forgotten at the
//! end.

/// Options that take a password from any of the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `--password-file` and so on.
    Password,
    /// `--unlock-password-file` and so on.
    Unlock,
}

impl Family {
    pub(crate) fn option(self, source: &str) -> String {
        match self {
            Self::Password => format!("--password-{source}"),
            Self::Unlock => format!("--unlock-password-{source}"),
        }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// The command's name, with those of subcommands, then its arguments.
    pub(crate) words: &'static str,
    /// The options that give it the canary password, if any.
    pub(crate) family: Option<Family>,
    /// Whether the other family has the canary from a file, too.
    pub(crate) also_unlock: bool,
    /// How often it asks for a password at a terminal; never where this is 0.
    pub(crate) prompts: usize,
    /// An option that it takes at a terminal for that.
    pub(crate) at_terminal: Option<&'static str>,
    /// Whether it asks for a yes before it asks for passwords, and for another after: it is done at
    /// a terminal alone.
    pub(crate) agreed: bool,
    /// How it ends.
    pub(crate) code: i32,
    /// Whether it is for people alone, and refuses `--json`.
    pub(crate) for_people: bool,
    /// Whether its memory is searched when it ends.
    pub(crate) image: bool,
}

impl Case {
    pub(crate) const fn new(words: &'static str) -> Self {
        Self {
            words,
            family: None,
            also_unlock: false,
            prompts: 0,
            at_terminal: None,
            agreed: false,
            code: 0,
            for_people: false,
            image: false,
        }
    }

    pub(crate) const fn password(self) -> Self {
        Self {
            family: Some(Family::Password),
            ..self
        }
    }

    pub(crate) const fn unlock(self) -> Self {
        Self {
            family: Some(Family::Unlock),
            ..self
        }
    }

    pub(crate) const fn also_unlock(self) -> Self {
        Self {
            also_unlock: true,
            ..self
        }
    }

    pub(crate) const fn prompts(self, prompts: usize) -> Self {
        Self { prompts, ..self }
    }

    const fn at_terminal(self, option: &'static str) -> Self {
        Self {
            at_terminal: Some(option),
            ..self
        }
    }

    const fn agreed(self) -> Self {
        Self {
            agreed: true,
            code: 13,
            ..self
        }
    }

    /// How it ends at a terminal.
    pub(crate) fn code_at_terminal(&self) -> i32 {
        match self.agreed {
            true => 0,
            false => self.code,
        }
    }

    const fn code(self, code: i32) -> Self {
        Self { code, ..self }
    }

    const fn for_people(self) -> Self {
        Self {
            for_people: true,
            ..self
        }
    }

    /// How it ends with nobody there, with `--json` or without.
    pub(crate) fn code_of(&self, mode: &[&str]) -> i32 {
        match self.for_people && mode.contains(&"--json") {
            true => 2,
            false => self.code,
        }
    }

    pub(crate) const fn image(self) -> Self {
        Self {
            image: true,
            ..self
        }
    }
}

/// How a command ends that needs a vault: on Linux there is none in a world.
const VAULT: i32 = if cfg!(target_os = "linux") { 18 } else { 0 };

/// How it ends where a vault does not have what is asked for.
const NOT_KEPT: i32 = if cfg!(target_os = "linux") { 18 } else { 17 };

/// The table. Words are separated by single spaces.
pub(crate) const CASES: &[Case] = &[
    Case::new("list --all --store {store}").image(),
    Case::new("list --store locked").unlock().image(),
    Case::new("list --store many").unlock().image(),
    Case::new("list Nobody --store locked")
        .unlock()
        .code(10),
    Case::new("list --tree --all --store locked")
        .unlock()
        .for_people(),
    Case::new("show Ada --store locked").unlock(),
    Case::new("report --store {store} --backup kept --force -o report.html").image(),
    Case::new("report --store locked --force -o report.html")
        .unlock()
        .image(),
    Case::new("report --store {store} -o ada.p12").code(16),
    Case::new("show Ada --technical --store locked").unlock(),
    // What may have been meant.
    Case::new("show Adaa --store locked").unlock().code(10),
    Case::new("export Ada --store {store} --iterations 2000 --force -o new.p12")
        .password()
        .prompts(2)
        .image(),
    Case::new("export Grace --store {store} --iterations 2000 --force -o new.p12")
        .password()
        .image(),
    Case::new("export Ada --store {store} --iterations 2000 --force --format pem -o new.pem")
        .password()
        .prompts(2)
        .image(),
    Case::new("export Ada --store {store} --profile legacy --force -o new.p12")
        .password()
        .image(),
    Case::new("export Ada --store {store} --profile pbmac1 --iterations 2000 --force -o new.p12")
        .password()
        .image(),
    Case::new("export Ada --store locked --iterations 2000 --force -o new.p12")
        .password()
        .also_unlock()
        .image(),
    Case::new("export Ada --store locked --force --format der -o new.cer").unlock(),
    Case::new("export Ada --store {store} --iterations 2000 -o ada.p12")
        .password()
        .code(16),
    Case::new("export Ada --store {store} --iterations 2000 -o no/ada.p12")
        .password()
        .code(16),
    Case::new("export Ada --store {store} --iterations 2000 --force -o new.p12 --copy-to tmp")
        .password()
        .image(),
    Case::new("export Ada --store {store} --iterations 2000 --force -o new.p12 --copy-to no/tmp")
        .password()
        .code(16),
    Case::new("export Ada --store {store} -o new.p12 --generate-password").code(13),
    Case::new("export Nobody --store {store} -o new.p12")
        .password()
        .code(10),
    Case::new("export Ada --store {doomed} --iterations 2000 --force -o new.p12 --delete-key-after-verify")
        .password()
        .prompts(2)
        .agreed()
        .image(),
    Case::new("check ada.p12 grace.p12")
        .password()
        .prompts(1)
        .at_terminal("--ask-password")
        .image(),
    Case::new("check other.p12").password().code(17).image(),
    Case::new("check half.p12").password().code(15),
    Case::new("check missing.p12").password().code(15),
    Case::new("import ada.p12 grace.p12 --store imported --force")
        .password()
        .also_unlock()
        .prompts(4)
        .image(),
    Case::new("import ada.p12 --store imported --force")
        .unlock()
        .code(13),
    Case::new("import {store} --store imported --force")
        .unlock()
        .image(),
    Case::new("install {store}/ada-example.pem --store waiting")
        .unlock()
        .image(),
    Case::new("install {store}/ada-example.pem --store other-waiting")
        .unlock()
        .prompts(1)
        .code(10)
        .image(),
    Case::new("renew Ada --store waiting --same-key -o renewed.csr --force")
        .unlock()
        .image(),
    Case::new("request Bob --key p256 --store requests -o bob.csr --force --backup-to bob")
        .password()
        .also_unlock()
        .image(),
    Case::new("request Bob --key p256 --store requests -o bob.csr --force").unlock(),
    Case::new("request list --store requests").unlock(),
    Case::new("request show Ada --store waiting").unlock().code(11),
    Case::new("request forget nobody --store waiting --force")
        .unlock()
        .code(10),
    Case::new("import other.p12 --store imported")
        .password()
        .also_unlock()
        .code(17)
        .image(),
    Case::new("import ada.p12 --store locked")
        .password()
        .also_unlock()
        .code(16),
    Case::new("backup --to new --to kept --store {store} --iterations 2000 --rewrite")
        .password()
        .prompts(2)
        .image(),
    Case::new("backup --to kept --store {store} --iterations 2000")
        .password()
        .image(),
    Case::new("backup --to unlocked --store locked --iterations 2000 --rewrite")
        .password()
        .also_unlock()
        .image(),
    Case::new("backup --to no/kept --store {store} --iterations 2000")
        .password()
        .code(16),
    Case::new("backup --to no/kept --store {store} --iterations 2000 --status status.json --on-failure env")
        .password()
        .code(16),
    Case::new("backup --to kept --store {store} --iterations 2000 --rewrite --status status.json --metrics x.prom")
        .password()
        .image(),
    Case::new("backup --config backup.toml").image(),
    Case::new("backup --to sealed --store {store} --iterations 2000 --rewrite --escrow {store}/ada-example.pem")
        .image(),
    Case::new("backup --to agreed --store locked --iterations 2000 --rewrite --escrow {store}/grace-example.pem")
        .unlock()
        .image(),
    Case::new("backup list kept sealed"),
    Case::new("backup verify sealed --escrow-key {store}/ada-example.key.pem").image(),
    Case::new("backup verify sealed --escrow-key locked/ada.pem")
        .password()
        .image(),
    Case::new("backup verify kept")
        .password()
        .prompts(1)
        .at_terminal("--ask-password")
        .image(),
    Case::new("backup verify kept --store locked --allow-unproven")
        .password()
        .also_unlock()
        .image(),
    Case::new("backup restore kept --into file:restored --force")
        .password()
        .prompts(1)
        .image(),
    Case::new("backup restore kept Ada --into file:locked")
        .password()
        .image(),
    Case::new("backup restore sealed --into {clear} --force --escrow-key locked/ada.pem")
        .password()
        .image(),
    Case::new("password list").code(VAULT),
    Case::new("password set {vault} --force")
        .password()
        .code(VAULT),
    Case::new("password forget certstow-never-kept").code(NOT_KEPT),
    Case::new("schedule install --to kept --password-file {secret} --print=printed"),
    // It is read before the task is refused.
    Case::new("schedule install --to . --store not-there --password-file {secret}").code(18),
    Case::new("schedule list"),
    Case::new("schedule show --name certstow-never-installed").code(10),
    Case::new("schedule remove --name certstow-never-installed").code(10),
    Case::new("doctor --to kept --store {store}").password().image(),
    Case::new("doctor --to kept --store locked").unlock().image(),
    Case::new("doctor --config backup.toml").image(),
    Case::new("stores"),
    Case::new("copies"),
    Case::new("copies forget never-saved.p12").code(10),
    Case::new("completions bash"),
    Case::new("man manual"),
];
