//! `certstow backup verify`. With `--json`, `certstow.backup-verify/1`:
//!
//! ```json
//! {"schema": "certstow.backup-verify/1",
//!  "folders": [{"folder": "...", "ok": true, "error": null, "manifest": null | "what is wrong",
//!    "files": [{"file": "...", "thumbprint": null | "...", "label": null | "...",
//!      "state": "whole|missing|changed|unknown", "restores": true|false|null,
//!      "reason": null | "..."}]}]}
//! ```

use std::io::{self, Write};
use std::path::Path;

use certstow::backup::{self, FileVerdict, FolderVerdict};
use certstow::error::Error;
use certstow::exit::Exit;
use certstow::sanitize::safe;
use serde::Serialize;

use super::json::{Failure, failure};
use super::opening::Opening;
use crate::cli::args::BackupVerifyArgs;
use crate::cli::journal::{Entry, Level};
use crate::cli::render::progress::Bar;
use crate::cli::screen::Screen;

/// What was found, or why nothing could be.
type Found<'a> = (&'a Path, Result<FolderVerdict, Error>);

pub(super) fn run(args: &BackupVerifyArgs, screen: &Screen) -> Result<Exit, Error> {
    let opening = Opening::read(&args.opening, false, screen)?;
    let opened = !matches!(opening, Opening::Nothing);
    let bar = Bar::new(screen);
    let verdicts: Vec<Found<'_>> = args
        .folders
        .iter()
        .map(|folder| {
            let verdict = backup::verify(folder, opening.opener(), &mut |done, of| {
                bar.show("Checking", done, of);
            });
            (folder.as_path(), verdict)
        })
        .collect();
    bar.end();
    record(&verdicts, opened, screen);
    if screen.json {
        screen.print_json(&json(&verdicts, opened))?;
    } else {
        for (_, verdict) in &verdicts {
            if let Err(error) = verdict {
                screen.error(error);
            }
        }
        let quiet = screen.is_quiet();
        screen.print(|out| write(out, &verdicts, opened, quiet))?;
    }
    Ok(exit(&verdicts, opened))
}

/// Tells the logs how it is with every file. Errors are told them as they are shown, which JSON
/// does by itself.
fn record(verdicts: &[Found<'_>], opened: bool, screen: &Screen) {
    for (folder, verdict) in verdicts {
        match verdict {
            Ok(verdict) => record_files(folder, verdict, opened, screen),
            Err(error) if screen.json => screen.record(&Entry::error(error)),
            Err(_) => {}
        }
    }
}

fn record_files(folder: &Path, verdict: &FolderVerdict, opened: bool, screen: &Screen) {
    if let Some(manifest) = &verdict.manifest {
        screen.record(&Entry::warning(manifest));
    }
    for found in &verdict.files {
        let level = match found.is_good(opened) {
            true => Level::Info,
            false => Level::Error,
        };
        let file = folder.join(&found.file);
        let result = format!("{}: {}", file.display(), found.state.word());
        screen.record(
            &Entry::checked(level, result)
                .with_file(&file)
                .with_some("restores", found.restores)
                .with_some("finding", found.reason.as_deref()),
        );
    }
}

/// A wrong password outweighs what is off: nothing can be said of those files.
fn exit(verdicts: &[Found<'_>], opened: bool) -> Exit {
    let whole = || {
        verdicts
            .iter()
            .filter_map(|(_, verdict)| verdict.as_ref().ok())
    };
    let error = || {
        verdicts
            .iter()
            .filter_map(|(_, verdict)| verdict.as_ref().err())
    };
    if whole().next().is_none()
        && let Some(first) = error().next()
    {
        return first.exit();
    }
    let mut files = whole().flat_map(|verdict| &verdict.files);
    if files.any(|file| file.wrong_password) {
        Exit::Password
    } else if error().next().is_none() && whole().all(|verdict| verdict.is_good(opened)) {
        Exit::Done
    } else {
        Exit::VerificationFailed
    }
}

fn write(out: &mut dyn Write, verdicts: &[Found<'_>], opened: bool, quiet: bool) -> io::Result<()> {
    for (folder, verdict) in verdicts {
        let Ok(verdict) = verdict else {
            continue;
        };
        let folder = folder.to_string_lossy();
        if !quiet || !verdict.is_good(opened) {
            writeln!(out, "{}: {}", safe(&folder), sentence(verdict, opened))?;
        }
        if let Some(manifest) = &verdict.manifest {
            writeln!(out, "  {}", safe(manifest))?;
        }
        for file in verdict.files.iter().filter(|file| !file.is_good(opened)) {
            let reason = file.reason.as_deref().unwrap_or(file.state.word());
            writeln!(out, "  {}: {}", safe(&file.file), safe(reason))?;
        }
    }
    Ok(())
}

/// What it comes to.
fn sentence(verdict: &FolderVerdict, opened: bool) -> String {
    let all = verdict.files.len();
    if all == 0 {
        return "there is no file of a backup".to_owned();
    }
    let good = verdict.files.iter().filter(|file| file.is_good(opened));
    let good = good.count();
    let (files, are) = match all {
        1 => ("file", "is"),
        _ => ("files", "are"),
    };
    match (good == all, opened) {
        (true, true) => format!("{all} {files} {are} whole and proven to restore"),
        (true, false) => format!(
            "{all} {files} {are} intact; whether everything restores shows only with the \
             password"
        ),
        (false, _) => format!(
            "{} of {all} {files} {are} not as they should be",
            all - good
        ),
    }
}

#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    folders: Vec<Folder<'a>>,
}

#[derive(Serialize)]
struct Folder<'a> {
    folder: String,
    ok: bool,
    error: Option<Failure>,
    manifest: Option<&'a str>,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    thumbprint: Option<&'a str>,
    label: Option<&'a str>,
    state: &'static str,
    restores: Option<bool>,
    reason: Option<&'a str>,
}

fn json<'a>(verdicts: &'a [Found<'_>], opened: bool) -> Json<'a> {
    let folders = verdicts.iter().map(|(folder, verdict)| Folder {
        folder: folder.to_string_lossy().into_owned(),
        ok: verdict
            .as_ref()
            .is_ok_and(|verdict| verdict.is_good(opened)),
        error: verdict.as_ref().err().map(failure),
        manifest: verdict
            .as_ref()
            .ok()
            .and_then(|verdict| verdict.manifest.as_deref()),
        files: verdict
            .iter()
            .flat_map(|verdict| &verdict.files)
            .map(file)
            .collect(),
    });
    Json {
        schema: "certstow.backup-verify/1",
        folders: folders.collect(),
    }
}

fn file(file: &FileVerdict) -> File<'_> {
    File {
        file: &file.file,
        thumbprint: file.thumbprint.as_deref(),
        label: file.label.as_deref(),
        state: file.state.word(),
        restores: file.restores,
        reason: file.reason.as_deref(),
    }
}
