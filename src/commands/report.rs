//! `certstow report`. With `--json`, `certstow.report/1` tells what was written:
//!
//! ```json
//! {"schema": "certstow.report/1", "file": "...", "sha256": "...", "identities": 3, "expired": 1,
//!  "within_30_days": 0, "renewed": 0, "no_known_backup": 3, "not_exportable": 0,
//!  "only_in_backup": 0, "problems": [{"store": "...", "place": "...", "message": "..."}],
//!  "notices": [], "warnings": []}
//! ```

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use certstow_core::output::{self, Written};
use certstow_core::renewal::Renewals;
use certstow_core::request;
use certstow_core::time;
use certstow_core::warning::{Code, Warning};
use certstow_formats::names;
use certstow_formats::sanitize::safe;

use super::list;
use crate::args::{REPORT as FILE, ReportArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::Entry;
use crate::render::json::{self, Object};
use crate::render::progress::Progress;
use crate::report::{Report, Summary, page};
use crate::screen::Screen;
use crate::{
    file_options,
    inventory::{self, Wanted},
};

pub(crate) fn run(args: &ReportArgs, screen: &Screen) -> Result<Exit, Error> {
    check_together(args, screen)?;
    let to_stdout = to_stdout(args);
    let existing = file_options::existing(args.force);
    let privacy = file_options::privacy(args.require_private);
    let file = file_of(args);
    if !to_stdout {
        output::preflight(&file, existing, privacy)?;
    }
    let inventory = inventory::read(&args.stores, screen)?;
    let filters = args.filters.filters();
    let now = time::now();
    let renewals = Renewals::among(inventory.certificates(), now);
    let wanted = Wanted {
        text: None,
        filters: &filters,
        all: args.all,
    };
    let mut identities = wanted.listed(&inventory, &renewals, now);
    if filters.is_empty() && !args.all {
        identities.extend(request::pending(&inventory));
    }
    let nothing = match identities.is_empty() {
        true => list::nothing::answer(&inventory, &wanted, &renewals, now)?,
        false => None,
    };
    let progress = Progress::start(screen, "Reading the backups");
    let report = Report::of(
        &inventory,
        &identities,
        &renewals,
        &args.backup,
        &inventory::copies(screen),
        &filters,
        now,
    );
    let report = Report { nothing, ..report };
    drop(progress);
    inventory::warn_of_problems(&report.problems, screen);
    inventory::note_notices(&report.notices, screen);
    let page = page::write(&report);
    let mut not_synced = None;
    if to_stdout {
        screen.print(|out| out.write_all(page.as_bytes()))?;
    } else {
        let mut written = output::write(&file, existing, privacy, page.as_bytes(), |_| Ok(()))?;
        not_synced = written.not_synced();
        if let (Some(error), true) = (&not_synced, screen.json) {
            let warning = Warning::new(Code::NotSynced, error.in_full());
            written.warnings.push(warning);
        }
        tell(&report, &written, screen)?;
        if let (Some(error), false) = (&not_synced, screen.json) {
            screen.error(error);
        }
        if identities.is_empty() && !screen.json {
            match &report.nothing {
                Some(sentence) => screen.note(sentence),
                None => list::nothing::explain(&inventory, screen),
            }
        }
    }
    Ok(if report.problems.is_empty() && not_synced.is_none() {
        Exit::Done
    } else {
        Exit::Partial
    })
}

/// The file that is to be written: in a folder that is named, as cp(1) does.
fn file_of(args: &ReportArgs) -> PathBuf {
    match args.output.is_dir() {
        true => args.output.join(FILE),
        false => args.output.clone(),
    }
}

fn to_stdout(args: &ReportArgs) -> bool {
    args.output == Path::new("-")
}

/// What makes no sense together, before any store is touched.
fn check_together(args: &ReportArgs, screen: &Screen) -> Result<(), Error> {
    if !to_stdout(args) {
        return Ok(());
    }
    let usage = |text: &str| Err(Error::Usage(text.to_owned()));
    if args.require_private {
        return usage("--require-private means nothing for standard output");
    }
    if screen.json {
        return usage("--json and '-o -' both want standard output");
    }
    if io::stdout().is_terminal() {
        return Err(Error::not_to_a_terminal("page"));
    }
    Ok(())
}

fn tell(report: &Report, written: &Written, screen: &Screen) -> Result<(), Error> {
    let summary = report.summary();
    let what = match summary.identities {
        1 => "a report of 1 identity".to_owned(),
        many => format!("a report of {many} identities"),
    };
    screen.record(
        &Entry::saved(&what)
            .with_file(&written.file)
            .with_sha256(&written.sha256),
    );
    for warning in &written.warnings {
        screen.warn_unless_json(&warning.text);
    }
    match screen.json {
        true => screen.print_json(&json(report, &summary, written)),
        false => screen.print_done(|out| out.write_all(lines(&summary, written).as_bytes())),
    }
}

fn lines(summary: &Summary, written: &Written) -> String {
    let file = written.file.to_string_lossy();
    let mut text = format!("Saved {}\n", safe(&file));
    let numbers = [
        ("identities", summary.identities),
        ("expired", summary.expired),
        ("within 30 days", summary.urgent),
        ("no known backup", summary.without_copy),
        ("not exportable", summary.not_exportable),
    ];
    let if_any = [
        ("renewed", summary.renewed),
        ("only in backup", summary.only_in_backup),
    ];
    let if_any = if_any.into_iter().filter(|(_, number)| *number > 0);
    for (name, number) in numbers.into_iter().chain(if_any) {
        text.push_str(&format!("  {name:<17}{number}\n"));
    }
    text
}

/// `certstow.report/1`.
fn json(report: &Report, summary: &Summary, written: &Written) -> Object {
    Object::new("certstow.report/1")
        .with("file", &written.file.to_string_lossy())
        .with("sha256", &names::hex(&written.sha256))
        .with("identities", &summary.identities)
        .with("expired", &summary.expired)
        .with("within_30_days", &summary.urgent)
        .with("renewed", &summary.renewed)
        .with("no_known_backup", &summary.without_copy)
        .with("not_exportable", &summary.not_exportable)
        .with("only_in_backup", &summary.only_in_backup)
        .list("problems", json::problems(&report.problems))
        .list("notices", json::problems(&report.notices))
        .with("warnings", &written.warnings)
}
