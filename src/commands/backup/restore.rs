//! `certstow backup restore`. With `--json`, `certstow.backup-restore/1`:
//!
//! ```json
//! {"schema": "certstow.backup-restore/1", "into": "file:...",
//!  "entries": [{"file": "...", "thumbprint": "...", "label": "...",
//!    "result": "restored|already-there|failed", "place": null | "...", "verified": ["listed"],
//!    "proof": null | "signature|public-key|none", "reason": null | "..."}],
//!  "unopened": [{"file": "...", "thumbprint": null | "...", "label": null | "...",
//!    "reason": "..."}],
//!  "notes": ["..."]}
//! ```
//!
//! `unopened` has what the manifest names and did not come out of its file, with thumbprint and
//! label, and then the files without either that the manifest does not name and do not open.

use std::io::{self, Write};
use std::path::Path;

use certstow_core::backup::{
    self, Arrival, Patience, RestoreRequest, Restored, RestoredIdentity, Wanted,
};
use certstow_core::error::Error as LibraryError;
use certstow_core::import;
use certstow_core::warning::{Code, Warning as LibraryWarning};
use certstow_formats::sanitize::{safe, shortened};
use certstow_formats::secret::Password;
use certstow_platform::store::ExistingEntry;
use certstow_platform::{self, OpenOptions};

use super::called::called;
use super::opening::Opening;
use crate::args::BackupRestoreArgs;
use crate::ask::TerminalAsk;
use crate::error::{Error, Explain as _};
use crate::exit::Exit;
use crate::journal::{Entry as Line, Level};
use crate::render::json::Object;
use crate::render::progress::Bar;
use crate::screen::Screen;
use crate::warning::{Warning, advise};

pub(super) fn run(args: &BackupRestoreArgs, screen: &Screen) -> Result<Exit, Error> {
    let opening = Opening::read(&args.opening, [&args.folder], true, screen)?;
    let mut store = certstow_platform::open_to_import(&args.into, &OpenOptions::default())?;
    let filters = args.filters.filters();
    let wanted = Wanted {
        selector: args.selector.as_deref(),
        filters: &filters,
        unnamed: args.unnamed,
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
    let told = |folder: &Path| bar.aside(|| screen.note_wait(folder));
    let mut ask = TerminalAsk::new(screen);
    ask.bar = Some(&bar);
    let request = RestoreRequest {
        wanted,
        opener: opening.opener(),
        options,
        allow_unproven: args.allow_unproven,
        patience: Patience {
            limit: screen.patience,
            told: &told,
        },
    };
    let restored = backup::restore(
        &args.folder,
        &request,
        &mut *store,
        &mut ask,
        &mut |done, of| bar.show("Opening", done, of),
    );
    bar.end();
    let mut restored = restored?;
    let in_clear = options.password.is_none() && store.info().key_protection.takes_password();
    restored.notes.iter_mut().for_each(advise);
    let is_new = |one: &RestoredIdentity| one.imported().is_some();
    if in_clear && restored.outcomes.iter().any(is_new) {
        let text = format!(
            "the private keys in {} are not encrypted: only the folder's permissions protect them",
            args.into
        );
        restored
            .notes
            .push(LibraryWarning::new(Code::KeysInClear, text));
    }
    record(&restored, args, screen);
    for note in &restored.notes {
        screen.warn_unless_json(&note.text);
    }
    screen.warn_of_each_unless_json(
        warnings(&restored).map(|(whose, warning)| Warning::about(&shortened(whose), warning)),
    );
    if screen.json {
        screen.print_json(&json(&restored, args))?;
    } else {
        screen.print(|out| write(out, &restored, args, screen))?;
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
    for lost in &restored.lost {
        screen.record(
            &Line::error(&lost.error)
                .with_file(&args.folder.join(&lost.file))
                .with("thumbprint", lost.thumbprint.as_str()),
        );
    }
    for (file, error) in &restored.unopened {
        screen.record(&Line::error(error).with_file(&args.folder.join(file)));
    }
}

/// What there is to say of those that were imported: the label of each, and the warning.
fn warnings(restored: &Restored) -> impl Iterator<Item = (&str, &str)> {
    restored.outcomes.iter().flat_map(|one| {
        let imported = one.imported();
        let warnings = imported.into_iter().flat_map(|imported| &imported.warnings);
        warnings.map(|warning| (one.label.as_str(), warning.text.as_str()))
    })
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
    let arrived = restored.outcomes.iter().any(|one| one.result.is_ok());
    match failures(restored).next() {
        None if restored.outcomes.iter().any(RestoredIdentity::lacks_proof) => Exit::Partial,
        None => Exit::Done,
        Some(_) if arrived => Exit::Partial,
        Some(first) => first.exit(),
    }
}

fn failures(restored: &Restored) -> impl Iterator<Item = &LibraryError> {
    let outcomes = restored.outcomes.iter();
    let failed = outcomes.filter_map(|one| one.result.as_ref().err());
    let lost = restored.lost.iter().map(|lost| &lost.error);
    let unopened = restored.unopened.iter().map(|(_, error)| error);
    failed.chain(lost).chain(unopened)
}

fn write(
    out: &mut dyn Write,
    restored: &Restored,
    args: &BackupRestoreArgs,
    screen: &Screen,
) -> io::Result<()> {
    let (quiet, error_mark) = (screen.is_quiet(), screen.mark(Level::Error));
    for one in &restored.outcomes {
        let it = called(&one.label, &one.thumbprint);
        let it = safe(&it);
        match &one.result {
            Ok(_) if quiet => {}
            Ok(Arrival::Imported(imported)) => {
                let verified = imported.verified.join(", ");
                writeln!(out, "Restored {it}, read back: {verified}")?;
            }
            Ok(Arrival::There) => writeln!(out, "{it} was there already")?,
            Err(error) => writeln!(out, "{error_mark}{it} is not restored: {}", error.in_full())?,
        }
    }
    for lost in &restored.lost {
        let it = called(&lost.label, &lost.thumbprint);
        let it = safe(&it);
        writeln!(
            out,
            "{error_mark}{it} is not restored: {}",
            lost.error.in_full()
        )?;
    }
    for (file, error) in &restored.unopened {
        let file = safe(file);
        writeln!(
            out,
            "{error_mark}{file} is not restored: {}",
            error.in_full()
        )?;
    }
    if quiet {
        return Ok(());
    }
    let mark = match failures(restored).next() {
        None => "",
        Some(_) => screen.mark(Level::Warning),
    };
    writeln!(out, "{mark}{}", closing(restored, &args.into.to_string()))
}

fn closing(restored: &Restored, into: &str) -> String {
    let count = |wanted: fn(&RestoredIdentity) -> bool| {
        restored.outcomes.iter().filter(|one| wanted(one)).count()
    };
    let new = count(|one| one.imported().is_some());
    let before = count(|one| matches!(one.result, Ok(Arrival::There)));
    let unproven = count(RestoredIdentity::lacks_proof);
    let failed = failures(restored).count();
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
    if unproven > 0 {
        text.push_str(&format!(
            "; {unproven} cannot be proven to work, which --allow-unproven accepts"
        ));
    }
    text.push('.');
    text
}

fn json(restored: &Restored, args: &BackupRestoreArgs) -> Object {
    let lost = restored.lost.iter().map(|lost| {
        Object::default()
            .with("file", &lost.file)
            .with("thumbprint", &lost.thumbprint)
            .with("label", &lost.label)
            .with("reason", &lost.error.in_full())
    });
    let unopened = restored.unopened.iter().map(|(file, error)| {
        Object::default()
            .with("file", &file)
            .with("thumbprint", &())
            .with("label", &())
            .with("reason", &error.in_full())
    });
    Object::new("certstow.backup-restore/1")
        .with("into", &args.into.to_string())
        .list("entries", restored.outcomes.iter().map(entry))
        .list("unopened", lost.chain(unopened))
        .with("notes", &restored.notes)
}

fn entry(one: &RestoredIdentity) -> Object {
    let imported = one.imported();
    let result = match &one.result {
        Ok(Arrival::Imported(_)) => "restored",
        Ok(Arrival::There) => "already-there",
        Err(_) => "failed",
    };
    let verified = imported.map_or(&[][..], |imported| &imported.verified);
    let reason = one.result.as_ref().err().map(LibraryError::in_full);
    Object::default()
        .with("file", &one.file)
        .with("thumbprint", &one.thumbprint)
        .with("label", &one.label)
        .with("result", &result)
        .with("place", &imported.map(|imported| &imported.place))
        .with("verified", &verified)
        .with("proof", &imported.map(|imported| imported.proof))
        .with("reason", &reason)
}
