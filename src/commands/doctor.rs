//! `certstow doctor`: the checks of [`crate::doctor`], one line each, or as
//! `certstow.doctor/1`.

use std::sync::Arc;

use certstow_core::identity::Stores;
use certstow_core::waits;
use certstow_formats::sanitize::safe;
use certstow_platform::OpenOptions;

use super::backup;
use super::schedule::state;
use crate::args::{DoctorArgs, Global, StoreArgs, Typed};
use crate::defaults::Defaults;
use crate::doctor::{self, Check, Status};
use crate::error::Error;
use crate::exit::Exit;
use crate::render::json::Object;
use crate::schedule::Owner;
use crate::schedule::install;
use crate::screen::{ERROR, Screen, WARNING};
use crate::{ask, journal, option_file};

pub(crate) fn run(
    args: &Typed<DoctorArgs>,
    global: &Global,
    defaults: &Defaults,
    screen: &Screen,
) -> Result<Exit, Error> {
    let mut findings = Findings {
        checks: Vec::new(),
        screen,
    };
    findings.add_all(doctor::defaults(defaults))?;
    examine(args, global, &mut findings)?;
    let checks = findings.checks;
    let exit = doctor::outcome(&checks);
    if screen.json {
        screen.print_json(
            &Object::new("certstow.doctor/1")
                .with("healthy", &(exit == Exit::Done))
                .with("exit", &exit.code())
                .list("checks", checks.iter().map(json)),
        )?;
    }
    Ok(exit)
}

/// What was found so far. A person sees each check when it is done: the next may wait long.
struct Findings<'a> {
    checks: Vec<Check>,
    screen: &'a Screen,
}

impl Findings<'_> {
    fn add(&mut self, check: Check) -> Result<(), Error> {
        waits::progress();
        if !self.screen.json {
            self.screen.print(|out| tell(out, &check))?;
        }
        self.checks.push(check);
        Ok(())
    }

    fn add_all(&mut self, checks: impl IntoIterator<Item = Check>) -> Result<(), Error> {
        checks.into_iter().try_for_each(|check| self.add(check))
    }
}

fn examine(
    args: &Typed<DoctorArgs>,
    global: &Global,
    findings: &mut Findings<'_>,
) -> Result<(), Error> {
    let read = options(args);
    ask::check_stdin(&read.args.password, &read.args.stores)?;
    findings.add(doctor::account())?;
    if let Some(log) = &global.log {
        findings.add(doctor::log(log))?;
    }
    if global.event_log {
        findings.add(doctor::event_log(journal::SOURCE))?;
    }
    findings.add_all(read.wrong)?;
    let args = read.args;
    examine_stores(&args.stores, findings)?;
    let allow_empty = args.password.allow_empty_password;
    if let Some(source) = &args.password.source() {
        findings.add(doctor::password(source, allow_empty))?;
    }
    if let Some(file) = &args.escrow {
        findings.add(doctor::escrow(file))?;
    }
    for folder in &args.to {
        findings.add(doctor::target(folder))?;
        if let Some(last_runs) = backup::last_runs().filter(|_| !read.accept_empty) {
            findings.add_all(doctor::emptied(folder, &last_runs))?;
        }
        findings.add_all(doctor::manifest(folder))?;
        findings.add_all(doctor::left_over(folder))?;
    }
    examine_tasks(findings)
}

/// The tasks that are installed, whatever was asked about.
fn examine_tasks(findings: &mut Findings<'_>) -> Result<(), Error> {
    let tasks = match install::tasks() {
        Ok(tasks) => tasks,
        Err(error) => return findings.add(doctor::unknown_task("", &error)),
    };
    for (name, owner) in tasks {
        let name_and_owner = match owner {
            Owner::User => name.to_string(),
            Owner::Machine => format!("{name}, of the machine"),
        };
        let about = name_and_owner.as_str();
        match install::show(&name, owner) {
            Ok(scheduled) => {
                for doubt in state::doubts(&scheduled) {
                    findings.add(doctor::doubt_of_task(about, &doubt.text, doubt.fatal))?;
                }
                findings.add(doctor::last_run(about, &scheduled))?;
            }
            Err(error) => findings.add(doctor::unknown_task(about, &error))?,
        }
    }
    Ok(())
}

/// What there is to look at.
struct Read {
    args: DoctorArgs,
    /// Whether a backup would begin anew in a folder that held one.
    accept_empty: bool,
    /// What is wrong with the option file.
    wrong: Option<Check>,
}

/// What the options say, over those of the option file.
fn options(typed: &Typed<DoctorArgs>) -> Read {
    let mut read = Read {
        args: typed.args.clone(),
        accept_empty: false,
        wrong: None,
    };
    let Some(file) = &typed.args.config else {
        return read;
    };
    let _wait = waits::waiting_for(format!("the disk or share of {}", file.display()));
    let mut with_file = || {
        let of_file = option_file::read(file)?;
        read.args = option_file::over(&typed.given, &of_file.given)?;
        read.accept_empty = of_file.args.accept_empty;
        backup::options(&of_file.args)
    };
    let wrong = with_file().err();
    read.wrong = wrong.map(|error| doctor::config(file, &error));
    read
}

fn examine_stores(args: &StoreArgs, findings: &mut Findings<'_>) -> Result<(), Error> {
    let mut unlock = Vec::new();
    for source in args.unlock() {
        let (password, check) = doctor::unlock(&source);
        findings.add(check)?;
        unlock.extend(password.map(Arc::new));
    }
    let stores = match args.stores.as_slice() {
        [] => Stores::Found,
        named => Stores::Named(named),
    };
    let options = OpenOptions { unlock };
    match doctor::stores(stores) {
        Err(none) => findings.add(*none),
        Ok(specs) => specs
            .iter()
            .try_for_each(|spec| findings.add_all(doctor::store(spec, &options))),
    }
}

fn json(check: &Check) -> Object {
    Object::default()
        .with("check", &check.name)
        .with("about", &check.about)
        .with("status", &check.status.word())
        .with("found", &check.found)
        .with("advice", &check.advice)
}

/// One line, and one more where there is something to do.
fn tell(out: &mut dyn std::io::Write, check: &Check) -> std::io::Result<()> {
    let style = match check.status {
        Status::Ok => anstyle::Style::new(),
        Status::Warning => WARNING,
        Status::Failed => ERROR,
    };
    let word = check.status.word();
    let about = match check.about.as_str() {
        "" => String::new(),
        about => format!("{}: ", safe(about)),
    };
    let found = safe(&check.found);
    writeln!(
        out,
        "{style}{word:<9}{style:#}{:<10}{about}{found}",
        check.name
    )?;
    match &check.advice {
        Some(advice) => writeln!(out, "{:<19}-> {}", "", safe(advice)),
        None => Ok(()),
    }
}
