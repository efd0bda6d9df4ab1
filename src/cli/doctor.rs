//! `certstow doctor`: the checks of [`certstow::doctor`], one line each, or as
//! `certstow.doctor/1`.

use std::sync::Arc;

use certstow::doctor::{self, Check, Status};
use certstow::error::Error;
use certstow::exit::Exit;
use certstow::identity::Stores;
use certstow::password;
use certstow::platform::OpenOptions;
use certstow::sanitize::safe;
use serde::Serialize;

use super::args::DoctorArgs;
use super::screen::{ERROR, Screen, WARNING};

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

pub(super) fn run(args: &DoctorArgs, screen: &Screen) -> Result<Exit, Error> {
    let checks = checks(args)?;
    let exit = doctor::outcome(&checks);
    if screen.json {
        screen.print_json(&Json {
            schema: "certstow.doctor/1",
            healthy: exit == Exit::Done,
            exit: exit.code(),
            checks: checks.iter().map(json).collect(),
        })?;
        return Ok(exit);
    }
    screen.print(|out| {
        for check in &checks {
            tell(out, check)?;
        }
        Ok(())
    })?;
    Ok(exit)
}

fn checks(args: &DoctorArgs) -> Result<Vec<Check>, Error> {
    let unlock = match args.stores.unlock() {
        Some(source) => Some(Arc::new(password::read(&source, true)?)),
        None => None,
    };
    let stores = match args.stores.stores.as_slice() {
        [] => Stores::Found,
        named => Stores::Named(named),
    };
    let mut checks = vec![doctor::account()];
    checks.extend(doctor::stores(stores, &OpenOptions { unlock }));
    let allow_empty = args.password.allow_empty_password;
    let source = args.password.source();
    checks.extend(source.map(|source| doctor::password(&source, allow_empty)));
    for folder in &args.to {
        checks.push(doctor::target(folder));
    }
    Ok(checks)
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
