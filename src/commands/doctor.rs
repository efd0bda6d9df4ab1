//! `certstow doctor`: the checks of [`crate::doctor`], one line each, or as
//! `certstow.doctor/1`.

use std::sync::Arc;

use crate::doctor::{self, Check, Status};
use crate::error::Error;
use crate::exit::Exit;
use certstow_core::backup::config::Settings;
use certstow_core::identity::Stores;
use certstow_core::waits;
use certstow_formats::sanitize::safe;
use certstow_platform::OpenOptions;
use serde::Serialize;

use super::backup::settings;
use crate::args::{DoctorArgs, Global};
use crate::journal;
use crate::screen::{ERROR, Screen, WARNING};

/// `certstow.doctor/1`.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    /// Whether nothing failed.
    healthy: bool,
    /// The exit code of this run.
    exit: u8,
    checks: Vec<CheckJson<'a>>,
}

#[derive(Serialize)]
struct CheckJson<'a> {
    check: &'static str,
    about: &'a str,
    status: &'static str,
    found: &'a str,
    advice: Option<&'a str>,
}

pub(crate) fn run(args: &DoctorArgs, global: &Global, screen: &Screen) -> Result<Exit, Error> {
    let mut findings = Findings {
        checks: Vec::new(),
        screen,
    };
    examine(args, global, &mut findings)?;
    let checks = findings.checks;
    let exit = doctor::outcome(&checks);
    if screen.json {
        screen.print_json(&Json {
            schema: "certstow.doctor/1",
            healthy: exit == Exit::Done,
            exit: exit.code(),
            checks: checks.iter().map(json).collect(),
        })?;
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

fn examine(args: &DoctorArgs, global: &Global, findings: &mut Findings<'_>) -> Result<(), Error> {
    findings.add(doctor::account())?;
    if let Some(log) = &global.log {
        findings.add(doctor::log(log))?;
    }
    if global.event_log {
        findings.add(doctor::event_log(journal::SOURCE))?;
    }
    let (settings, wrong) = options(args);
    findings.add_all(wrong)?;
    examine_stores(&settings, findings)?;
    let allow_empty = settings.allow_empty_password;
    if let Some(source) = &settings.password {
        findings.add(doctor::password(source, allow_empty))?;
    }
    if let Some(file) = &settings.escrow {
        findings.add(doctor::escrow(file))?;
    }
    for folder in &settings.to {
        findings.add(doctor::target(folder))?;
        if let Some(last_runs) = settings::last_runs().filter(|_| !settings.accept_empty) {
            findings.add_all(doctor::emptied(folder, &last_runs))?;
        }
        findings.add_all(doctor::manifest(folder))?;
        findings.add_all(doctor::left_over(folder))?;
    }
    Ok(())
}

/// What the options say, and where they say nothing, the file for `--config`; with what is wrong
/// with that.
fn options(args: &DoctorArgs) -> (Settings, Option<Check>) {
    let own = Settings {
        to: args.to.clone(),
        stores: args.stores.stores.clone(),
        password: args.password.source(),
        allow_empty_password: args.password.allow_empty_password,
        escrow: args.escrow.clone(),
        unlock: args.stores.unlock(),
        ..Settings::default()
    };
    let Some(file) = &args.config else {
        return (own, None);
    };
    let _wait = waits::waiting_for(format!("the disk or share of {}", file.display()));
    match Settings::read(file) {
        Ok(settings) => {
            let settings = own.over(settings);
            let wrong = settings.options().err().map(Error::from);
            (settings, wrong.map(|error| doctor::config(file, &error)))
        }
        Err(error) => (own, Some(doctor::config(file, &error.into()))),
    }
}

fn examine_stores(settings: &Settings, findings: &mut Findings<'_>) -> Result<(), Error> {
    let unlock = match settings.unlock.as_ref().map(doctor::unlock) {
        Some((unlock, check)) => {
            findings.add(check)?;
            unlock.map(Arc::new)
        }
        None => None,
    };
    let stores = match settings.stores.as_slice() {
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

fn json(check: &Check) -> CheckJson<'_> {
    CheckJson {
        check: check.name,
        about: &check.about,
        status: check.status.word(),
        found: &check.found,
        advice: check.advice.as_deref(),
    }
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
