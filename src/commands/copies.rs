//! `certstow copies`: the files with a private key that `export` and the wizard saved, and whether they are
//! what they were. With `--json`, `certstow.copies/1`:
//!
//! ```json
//! {"schema": "certstow.copies/1",
//!  "copies": [{"file": "...", "state": "there|changed|gone|not-reachable", "reason": null | "...",
//!    "thumbprint": {"sha1": "...", "sha256": "..."}, "label": "...", "sha256": "...", "size": 1,
//!    "saved": "...", "volume": {"root": null | "...", "id": null | "..."}}],
//!  "warnings": ["..."]}
//! ```
//!
//! and `copies forget` `certstow.copies-forget/1`, with the `files` that were forgotten.

use std::io::{self, Write};

use certstow_core::noted::{Memory, Noted, State};
use certstow_core::time;
use certstow_formats::plural::counted;
use certstow_formats::sanitize::{safe, shortened};

use crate::args::{CopiesAction, CopiesCommand, ForgetArgs};
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::{Entry, Level};
use crate::notes;
use crate::render::json::{self, Object};
use crate::screen::Screen;

/// A file, and what became of it.
type Found<'a> = (&'a Noted, State);

pub(crate) fn run(command: &CopiesCommand, screen: &Screen) -> Result<Exit, Error> {
    match &command.action {
        Some(CopiesAction::Forget(args)) => forget(args, screen),
        None => list(screen),
    }
}

fn list(screen: &Screen) -> Result<Exit, Error> {
    let (notes, warning) = notes::read();
    let found: Vec<Found<'_>> = notes
        .files
        .iter()
        .map(|noted| (noted, noted.state()))
        .collect();
    for found in &found {
        screen.record(&entry(found));
    }
    if let Some(warning) = &warning {
        screen.warn_unless_json(warning);
    }
    if screen.json {
        let object = Object::new("certstow.copies/1")
            .list("copies", found.iter().map(json::copy))
            .with("warnings", &warning.iter().collect::<Vec<_>>());
        screen.print_json(&object)?;
    } else if found.is_empty() {
        screen.note(
            "No file is known that this account saved: 'certstow export' and the wizard note each that \
             has a private key. What a backup holds, 'certstow backup list' says.",
        );
    } else {
        screen.print(|out| write(out, &found))?;
    }
    let lost = found.iter().any(|(_, state)| !state.may_be_there());
    Ok(match lost {
        true => Exit::Partial,
        false => Exit::Done,
    })
}

fn entry((noted, state): &Found<'_>) -> Entry {
    let level = match state.may_be_there() {
        true => Level::Info,
        false => Level::Error,
    };
    let text = format!("{}: {}", noted.file.display(), state.word());
    Entry::checked(level, text)
        .with_file(&noted.file)
        .with_some("finding", state.reason())
}

fn write(out: &mut dyn Write, found: &[Found<'_>]) -> io::Result<()> {
    for (noted, state) in found {
        let thumbprint: String = noted.thumbprint.sha1.chars().take(16).collect();
        writeln!(
            out,
            "{} ({})\n  {}\n  {}",
            shortened(&noted.label),
            safe(&thumbprint),
            safe(&noted.file.to_string_lossy()),
            safe(&in_words(noted, state))
        )?;
    }
    let count = |word: &str| {
        found
            .iter()
            .filter(|(_, state)| state.word() == word)
            .count()
    };
    let states = [
        (count("there"), "there"),
        (count("changed"), "changed"),
        (count("gone"), "gone"),
        (count("not-reachable"), "not reachable"),
    ];
    let states = states.iter().filter(|(count, _)| *count > 0);
    let states: Vec<_> = states
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let files = counted(found.len(), "file", "files");
    writeln!(out, "{files}: {}", states.join(", "))
}

/// "there, saved 2026-11-30".
pub(super) fn in_words(noted: &Noted, state: &State) -> String {
    let saved = match noted.when() {
        Some(when) => format!("saved {}", time::local_date(when)),
        None => "saved".to_owned(),
    };
    match state {
        State::There => format!("there, {saved}"),
        State::Changed(reason) => format!("changed since it was {saved}: {reason}"),
        State::Gone => format!("gone, {saved}: its folder is there"),
        State::NotReachable(reason) => format!("not reachable, {saved}: {reason}"),
    }
}

fn forget(args: &ForgetArgs, screen: &Screen) -> Result<Exit, Error> {
    let Some(memory) = notes::memory() else {
        return Err(Error::NotNoted {
            file: args.files.first().cloned().unwrap_or_default(),
        });
    };
    let meant = meant(&memory, args)?;
    let (forgotten, warning) = memory
        .forget(|noted| meant.contains(noted))
        .map_err(|reason| Error::io(memory.file().to_string_lossy(), io::Error::other(reason)))?;
    if let Some(warning) = warning {
        screen.warn(&warning.text);
    }
    let names = forgotten.iter().map(|noted| noted.file.to_string_lossy());
    if screen.json {
        let files: Vec<_> = names.collect();
        screen.print_json(&Object::new("certstow.copies-forget/1").with("files", &files))?;
        return Ok(Exit::Done);
    }
    screen.print_done(|out| {
        for name in names {
            writeln!(out, "Forgot {}", safe(&name))?;
        }
        Ok(())
    })?;
    if forgotten.is_empty() {
        screen.note("No file is gone.");
    }
    Ok(Exit::Done)
}

/// Those that are to be forgotten. Files are looked at here, where no other run waits for it; every file has
/// to be known, before one is forgotten.
fn meant(memory: &Memory, args: &ForgetArgs) -> Result<Vec<Noted>, Error> {
    let notes = memory
        .read()
        .map_err(|reason| Error::io(memory.file().to_string_lossy(), io::Error::other(reason)))?;
    let mut noted = notes.files;
    if args.gone {
        noted.retain(|noted| noted.state() == State::Gone);
        return Ok(noted);
    }
    let mut meant = Vec::new();
    for file in &args.files {
        let before = meant.len();
        meant.extend(noted.iter().filter(|noted| noted.is_at(file)).cloned());
        if meant.len() == before {
            return Err(Error::NotNoted { file: file.clone() });
        }
    }
    Ok(meant)
}
