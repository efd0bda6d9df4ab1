//! `certstow doctor`: the checks of [`crate::doctor`], one line each, or as
//! `certstow.doctor/1`.

use certstow_core::waits;
use certstow_formats::sanitize::safe;

use super::backup;
use super::depends::Depends;
use super::schedule::state;
use crate::args::{BackupArgs, DoctorArgs, Global, Typed, stores_of};
use crate::defaults::Defaults;
use crate::doctor::{self, Check, Status};
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::Level;
use crate::render::json::Object;
use crate::schedule::install::{self, Scheduled};
use crate::schedule::{Owner, TaskName};
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
            self.screen.print(|out| tell(out, &check, self.screen))?;
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
    if let Some(name) = &args.args.name {
        return examine_task_and_options(name, args.args.machine, findings);
    }
    let (depends, wrong) = options(args);
    ask::check_stdin(&depends.password, &depends.stores)?;
    findings.add(doctor::account())?;
    if let Some(log) = &global.log {
        findings.add(doctor::log(log))?;
    }
    if global.event_log {
        findings.add(doctor::event_log(journal::SOURCE))?;
    }
    findings.add_all(wrong)?;
    depends.examine(&mut |check| findings.add(check))?;
    examine_tasks(findings)
}

/// What a task would do, and the task.
fn examine_task_and_options(
    name: &TaskName,
    machine: bool,
    findings: &mut Findings<'_>,
) -> Result<(), Error> {
    let owner = match machine {
        true => Owner::Machine,
        false => Owner::User,
    };
    let scheduled = install::show(name, owner)?;
    findings.add(doctor::account())?;
    let arguments = scheduled.command.as_deref().unwrap_or_default().get(1..);
    // What is wrong with the command line is one of the task's doubts.
    if let Some(Ok((global, backup))) = arguments.map(state::backup) {
        if let Some(log) = &global.log {
            findings.add(doctor::log(log))?;
        }
        if global.event_log {
            findings.add(doctor::event_log(journal::SOURCE))?;
        }
        match with_file(&backup) {
            Ok(args) => Depends::from(&args).examine(&mut |check| findings.add(check))?,
            Err(error) => {
                let file = backup.args.config.clone().unwrap_or_default();
                findings.add(doctor::config(&file, &error))?;
            }
        }
    }
    examine_task(name, owner, Ok(scheduled), findings)
}

/// The options of a task, over those of its option file.
fn with_file(backup: &Typed<BackupArgs>) -> Result<BackupArgs, Error> {
    let args = option_file::with_file(backup)?;
    backup::options(&args)?;
    Ok(args)
}

/// The tasks that are installed, whatever was asked about.
fn examine_tasks(findings: &mut Findings<'_>) -> Result<(), Error> {
    let tasks = match install::tasks() {
        Ok(tasks) => tasks,
        Err(error) => return findings.add(doctor::unknown_task("", &error)),
    };
    for (name, owner) in tasks {
        examine_task(&name, owner, install::show(&name, owner), findings)?;
    }
    Ok(())
}

fn examine_task(
    name: &TaskName,
    owner: Owner,
    scheduled: Result<Scheduled, Error>,
    findings: &mut Findings<'_>,
) -> Result<(), Error> {
    let name_and_owner = match owner {
        Owner::User => name.to_string(),
        Owner::Machine => format!("{name}, of the machine"),
    };
    let about = name_and_owner.as_str();
    match scheduled {
        Ok(scheduled) => {
            for doubt in state::doubts(&scheduled) {
                findings.add(doctor::doubt_of_task(about, &doubt.text, doubt.fatal))?;
            }
            findings.add(doctor::last_run(about, &scheduled))
        }
        Err(error) => findings.add(doctor::unknown_task(about, &error)),
    }
}

/// What the options say, over those of the option file, and what is wrong with that.
fn options(typed: &Typed<DoctorArgs>) -> (Depends, Option<Check>) {
    let mut args = typed.args.clone();
    let (mut filters, mut accept_empty, mut wrong) = Default::default();
    let (mut monitor, mut on_failure) = Default::default();
    if let Some(file) = &typed.args.config {
        let _wait = waits::waiting_for(format!("the disk or share of {}", file.display()));
        let mut with_file = || {
            let of_file = option_file::read(file, &stores_of(&typed.given))?;
            args = option_file::over(&typed.given, &of_file.given)?;
            filters = of_file.args.filters.filters();
            accept_empty = of_file.args.accept_empty;
            monitor = of_file.args.monitor.clone();
            on_failure = of_file.args.on_failure.clone();
            backup::options(&of_file.args)
        };
        wrong = with_file().err().map(|error| doctor::config(file, &error));
    }
    let depends = Depends {
        to: args.to,
        escrow: args.escrow,
        stores: args.stores,
        password: args.password,
        filters,
        accept_empty,
        monitor,
        on_failure,
    };
    (depends, wrong)
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
fn tell(out: &mut dyn std::io::Write, check: &Check, screen: &Screen) -> std::io::Result<()> {
    let (style, level) = match check.status {
        Status::Ok => (anstyle::Style::new(), Level::Info),
        Status::Warning => (WARNING, Level::Warning),
        Status::Failed => (ERROR, Level::Error),
    };
    let mark = screen.mark(level);
    let word = check.status.word();
    let about = match check.about.as_str() {
        "" => String::new(),
        about => format!("{}: ", safe(about)),
    };
    let found = safe(&check.found);
    writeln!(
        out,
        "{mark}{style}{word:<9}{style:#}{:<10}{about}{found}",
        check.name
    )?;
    match &check.advice {
        Some(advice) => writeln!(out, "{mark}{:<19}-> {}", "", safe(advice)),
        None => Ok(()),
    }
}
