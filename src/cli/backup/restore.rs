//! `certstow backup restore`. With `--json`, `certstow.backup-restore/1`:
//!
//! ```json
//! {"schema": "certstow.backup-restore/1", "into": "file:...",
//!  "entries": [{"file": "...", "thumbprint": "...", "label": "...",
//!    "result": "restored|already-there|failed", "place": null | "...", "verified": ["listed"],
//!    "reason": null | "..."}],
//!  "unopened": [{"file": "...", "reason": "..."}], "notes": ["..."]}
//! ```

use std::io::{self, Write};

use certstow::backup::{self, Arrival, Restored, RestoredIdentity, Wanted};
use certstow::error::Error;
use certstow::exit::Exit;
use certstow::import;
use certstow::platform::secret::Password;
use certstow::platform::spec::StoreSpec;
use certstow::platform::store::ExistingEntry;
use certstow::platform::{self, OpenOptions};
use certstow::sanitize::safe;
use serde::Serialize;

use super::AskAside;
use super::opening::Opening;
use crate::cli::args::BackupRestoreArgs;
use crate::cli::journal::Entry as Line;
use crate::cli::render::progress::Bar;
use crate::cli::screen::Screen;

pub(super) fn run(args: &BackupRestoreArgs, screen: &Screen) -> Result<Exit, Error> {
    let opening = Opening::read(&args.opening, true, screen)?;
    let mut store = platform::open_to_import(&args.into, &OpenOptions::default())?;
    let filters = args.filters.filters();
    let wanted = Wanted {
        selector: args.selector.as_deref(),
        filters: &filters,
    };
    let options = import::Options {
        exportable: !args.not_exportable,
        existing: match args.force {
            true => ExistingEntry::Replace,
            false => ExistingEntry::Keep,
        },
        password: key_password(&opening),
    };
    let bar = Bar::new(screen);
    let mut ask = AskAside::new(screen, &bar);
    let restored = backup::restore(
        &args.folder,
        &wanted,
        opening.opener(),
        &mut *store,
        &options,
        &mut ask,
        &mut |done, of| bar.show("Opening", done, of),
    );
    bar.end();
    let mut restored = restored?;
    let in_clear = options.password.is_none() && matches!(args.into, StoreSpec::File(_));
    if in_clear && restored.outcomes.iter().any(RestoredIdentity::is_new) {
        restored.notes.push(format!(
            "the private keys in {} are not encrypted: only the folder's permissions protect them",
            args.into
        ));
    }
    record(&restored, args, screen);
    for warning in warnings(&restored) {
        screen.warn_unless_json(&warning);
    }
    if screen.json {
        screen.print_json(&json(&restored, args))?;
    } else {
        let quiet = screen.is_quiet();
        screen.print(|out| write(out, &restored, args, quiet))?;
    }
    Ok(exit(&restored))
}

/// Tells the logs what was restored, and what was not.
fn record(restored: &Restored, args: &BackupRestoreArgs, screen: &Screen) {
    for one in &restored.outcomes {
        let about = |entry: Line| {
            entry
                .with_file(&args.folder.join(&one.file))
                .with("thumbprint", one.thumbprint.as_str())
        };
        match &one.result {
            Ok(Arrival::Imported(imported)) => screen.record(
                &about(Line::imported(&one.label))
                    .with("store", args.into.to_string())
                    .with("place", imported.place.as_str()),
            ),
            Ok(Arrival::There) => {}
            Err(error) => screen.record(&about(Line::error(error))),
        }
    }
    for (file, error) in &restored.unopened {
        screen.record(&Line::error(error).with_file(&args.folder.join(file)));
    }
}

fn warnings(restored: &Restored) -> Vec<String> {
    let mut warnings = restored.notes.clone();
    for one in &restored.outcomes {
        if let Ok(Arrival::Imported(imported)) = &one.result {
            let of_it = imported.warnings.iter();
            warnings.extend(of_it.map(|warning| format!("{}: {warning}", one.label)));
        }
    }
    warnings
}

/// What protects the keys in a folder: the password of the backup. Whoever has the escrow key alone
/// has no password to give.
fn key_password(opening: &Opening) -> Option<&Password> {
    match opening {
        Opening::Password(password) if !password.is_empty() => Some(password),
        _ => None,
    }
}

/// How it ended: as the first failure says where nothing came of it.
fn exit(restored: &Restored) -> Exit {
    let failures = restored.outcomes.iter();
    let failures = failures.filter_map(|one| one.result.as_ref().err());
    let unopened = restored.unopened.iter().map(|(_, error)| error);
    let arrived = restored.outcomes.iter().any(|one| one.result.is_ok());
    match failures.chain(unopened).next() {
        None => Exit::Done,
        Some(_) if arrived => Exit::Partial,
        Some(first) => first.exit(),
    }
}

fn write(
    out: &mut dyn Write,
    restored: &Restored,
    args: &BackupRestoreArgs,
    quiet: bool,
) -> io::Result<()> {
    for one in &restored.outcomes {
        let thumbprint = &one.thumbprint[..one.thumbprint.len().min(16)];
        let label = safe(&one.label);
        match &one.result {
            Ok(_) if quiet => {}
            Ok(Arrival::Imported(imported)) => {
                let verified = imported.verified.join(", ");
                writeln!(
                    out,
                    "Restored {label} ({thumbprint}), read back: {verified}"
                )?;
            }
            Ok(Arrival::There) => {
                writeln!(out, "{label} ({thumbprint}) was there already")?;
            }
            Err(error) => {
                let reason = error.in_full();
                writeln!(out, "{label} ({thumbprint}) is not restored: {reason}")?;
            }
        }
    }
    for (file, error) in &restored.unopened {
        let file = safe(file);
        writeln!(out, "{file} is not restored: {}", error.in_full())?;
    }
    if quiet {
        return Ok(());
    }
    writeln!(out, "{}", closing(restored, &args.into.to_string()))
}

fn closing(restored: &Restored, into: &str) -> String {
    let count = |wanted: fn(&RestoredIdentity) -> bool| {
        restored.outcomes.iter().filter(|one| wanted(one)).count()
    };
    let new = count(RestoredIdentity::is_new);
    let before = count(|one| matches!(one.result, Ok(Arrival::There)));
    let failed = count(|one| one.result.is_err()) + restored.unopened.len();
    let mut text = match new {
        1 => format!("1 identity was restored into {}", safe(into)),
        new => format!("{new} identities were restored into {}", safe(into)),
    };
    if before > 0 {
        text.push_str(&format!("; {before} had been there before"));
    }
    if failed > 0 {
        text.push_str(&format!("; {failed} failed"));
    }
    text.push('.');
    text
}

#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    into: String,
    entries: Vec<Entry<'a>>,
    unopened: Vec<Unopened<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct Entry<'a> {
    file: &'a str,
    thumbprint: &'a str,
    label: &'a str,
    result: &'static str,
    place: Option<&'a str>,
    verified: &'a [&'static str],
    reason: Option<String>,
}

#[derive(Serialize)]
struct Unopened<'a> {
    file: &'a str,
    reason: String,
}

fn json<'a>(restored: &'a Restored, args: &BackupRestoreArgs) -> Json<'a> {
    let unopened = restored.unopened.iter().map(|(file, error)| Unopened {
        file,
        reason: error.in_full(),
    });
    Json {
        schema: "certstow.backup-restore/1",
        into: args.into.to_string(),
        entries: restored.outcomes.iter().map(entry).collect(),
        unopened: unopened.collect(),
        notes: &restored.notes,
    }
}

fn entry(one: &RestoredIdentity) -> Entry<'_> {
    let imported = match &one.result {
        Ok(Arrival::Imported(imported)) => Some(imported),
        _ => None,
    };
    Entry {
        file: &one.file,
        thumbprint: &one.thumbprint,
        label: &one.label,
        result: match &one.result {
            Ok(Arrival::Imported(_)) => "restored",
            Ok(Arrival::There) => "already-there",
            Err(_) => "failed",
        },
        place: imported.map(|imported| imported.place.as_str()),
        verified: imported.map_or(&[], |imported| &imported.verified),
        reason: one.result.as_ref().err().map(Error::in_full),
    }
}
