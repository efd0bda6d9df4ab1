//! `certstow doctor`: the checks of [`certstow::doctor`], one line each, or as
//! `certstow.doctor/1`.

use std::sync::Arc;

use certstow::backup::config::Settings;
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

/// What the options say, and where they say nothing, the file for `--config`.
fn checks(args: &DoctorArgs) -> Result<Vec<Check>, Error> {
    let options = Settings {
        to: args.to.clone(),
        stores: args.stores.stores.clone(),
        password: args.password.source(),
        allow_empty_password: args.password.allow_empty_password,
        unlock: args.stores.unlock(),
        ..Settings::default()
    };
    let settings = match &args.config {
        Some(file) => options.over(Settings::read(file)?),
        None => options,
    };
    let unlock = match &settings.unlock {
        Some(source) => Some(Arc::new(password::read(source, true)?)),
        None => None,
    };
    let stores = match settings.stores.as_slice() {
        [] => Stores::Found,
        named => Stores::Named(named),
    };
    let mut checks = vec![doctor::account()];
    checks.extend(doctor::stores(stores, &OpenOptions { unlock }));
    let allow_empty = settings.allow_empty_password;
    let source = settings.password.as_ref();
    checks.extend(source.map(|source| doctor::password(source, allow_empty)));
    for folder in &settings.to {
        checks.push(doctor::target(folder));
        checks.extend(doctor::manifest(folder));
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
