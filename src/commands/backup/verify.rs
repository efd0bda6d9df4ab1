//! `certstow backup verify`: folders, compared with their manifests, with what is in their files,
//! and with stores. [`json`] says what `--json` prints.

mod json;

use std::io::{self, Write};
use std::path::Path;

use certstow_core::backup::{
    self, Absent, Comparison, FileVerdict, Finding, FolderVerdict, Foreign, Patience, VerifyRequest,
};
use certstow_core::identity::Inventory;
use certstow_core::time;
use certstow_formats::plural::counted;
use certstow_formats::proof;
use certstow_formats::sanitize::safe;

use super::called::called;
use super::ends::ends;
use super::opening::Opening;
use crate::args::BackupVerifyArgs;
use crate::error::{Error, Explain as _};
use crate::exit::Exit;
use crate::journal::{Entry, Level};
use crate::monitor::Destination;
use crate::render::progress::Bar;
use crate::screen::Screen;
use crate::warning::{Warning, advise};
use crate::{ask, inventory};
use json::Found;

pub(super) fn run(args: &BackupVerifyArgs, screen: &Screen) -> Result<Exit, Error> {
    ask::check_stdin(&args.opening.password, &args.stores)?;
    let opening = Opening::read(&args.opening, &args.folders, false, screen)?;
    let opened = opening.opener().opens();
    let stores = stores(args, screen)?;
    let bar = Bar::new(screen);
    let told = |folder: &Path| bar.aside(|| screen.note_wait(folder));
    let request = VerifyRequest {
        opener: opening.opener(),
        stores: stores.as_ref(),
        allow_unproven: args.allow_unproven,
        max_age: args.max_age,
        patience: Patience {
            limit: screen.patience,
            told: &told,
        },
    };
    let verdicts: Vec<Found<'_>> = args
        .folders
        .iter()
        .map(|folder| {
            let mut verdict = backup::verify(folder, &request, &mut |done, of| {
                bar.show("Checking", done, of);
            });
            let files = verdict.iter_mut().flat_map(|verdict| &mut verdict.files);
            files.for_each(|file| file.warnings.iter_mut().for_each(advise));
            (folder.as_path(), verdict)
        })
        .collect();
    bar.end();
    record(&verdicts, opened, screen);
    let warnings = whole(&verdicts).flat_map(|verdict| warnings(verdict, opened));
    screen.warn_of_each_unless_json(warnings);
    if let Some(monitor) = screen.monitor() {
        let destinations = verdicts.iter().map(|found| monitored(found, opened));
        let ends = stores.as_ref().map(|stores| ends(stores, |_| true));
        let found = json::verdicts(&verdicts, opened);
        monitor.found(found, destinations.collect(), ends);
    }
    if screen.json {
        screen.print_json(&json::verdicts(&verdicts, opened))?;
    } else {
        for (_, verdict) in &verdicts {
            if let Err(error) = verdict {
                screen.error(error);
            }
        }
        screen.print(|out| write(out, &verdicts, opened, screen))?;
    }
    Ok(exit(&verdicts, opened))
}

/// What was found in a folder, for monitoring.
fn monitored((folder, verdict): &Found<'_>, opened: bool) -> Destination {
    let verdict = verdict.as_ref().ok();
    let identities = verdict.map(|verdict| {
        let good = verdict.files.iter().filter(|file| file.is_good(opened));
        let good = good.count();
        let absent = verdict.stores.iter().flat_map(|stores| &stores.absent);
        (good, verdict.files.len() - good + absent.count())
    });
    Destination {
        folder: folder.to_path_buf(),
        ok: verdict.is_some_and(|verdict| verdict.is_good(opened)),
        identities,
    }
}

/// The stores to compare with, if some were named.
fn stores(args: &BackupVerifyArgs, screen: &Screen) -> Result<Option<Inventory>, Error> {
    if args.stores.stores.is_empty() {
        return Ok(None);
    }
    let inventory = inventory::read(&args.stores, screen)?;
    inventory::warn_of_problems(inventory.problems(), screen);
    Ok(Some(inventory))
}

fn whole<'a>(verdicts: &'a [Found<'_>]) -> impl Iterator<Item = &'a FolderVerdict> {
    verdicts
        .iter()
        .filter_map(|(_, verdict)| verdict.as_ref().ok())
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
    if let Some(too_old) = too_old(verdict) {
        screen.record(&Entry::checked(Level::Error, too_old));
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
    for absent in verdict.stores.iter().flat_map(|stores| &stores.absent) {
        screen.record(
            &Entry::checked(Level::Error, missing(absent))
                .with("thumbprint", absent.thumbprint.as_str())
                .with("store", absent.store.as_str()),
        );
    }
}

/// The gravest that came of any folder. One that cannot be read counts as one that is wrong, unless
/// there is no other.
fn exit(verdicts: &[Found<'_>], opened: bool) -> Exit {
    let errors = || {
        verdicts
            .iter()
            .filter_map(|(_, verdict)| verdict.as_ref().err())
    };
    if whole(verdicts).next().is_none()
        && let Some(first) = errors().next()
    {
        return first.exit();
    }
    let unread = errors().map(|_| Exit::VerificationFailed);
    let exits = whole(verdicts).map(|verdict| exit_of(verdict.finding(opened)));
    // In the order of their numbers: done, partly done, failed, wrong password.
    exits.chain(unread).max().unwrap_or(Exit::Done)
}

fn exit_of(finding: Finding) -> Exit {
    match finding {
        Finding::Good => Exit::Done,
        Finding::Unproven => Exit::Partial,
        Finding::Damaged => Exit::VerificationFailed,
        Finding::WrongPassword => Exit::Password,
    }
}

/// What is no failure, and worth knowing.
fn warnings(verdict: &FolderVerdict, opened: bool) -> Vec<Warning> {
    let files = verdict.files.iter().filter(|file| file.is_good(opened));
    let of_files = files.flat_map(|file| {
        let warnings = file.warnings.iter();
        warnings.map(|warning| Warning::about(&file.file, &warning.text))
    });
    let stores = verdict.stores.iter();
    let of_stores = stores.flat_map(|stores| {
        let kept_back = stores.kept_back.iter().map(|absent| {
            Warning::about(&missing(absent), "its private key never comes out of there")
        });
        let foreign = stores.foreign.iter();
        kept_back.chain(foreign.map(|one| Warning::new(foreign_words(one), IN_NO_STORE)))
    });
    of_files.chain(of_stores).collect()
}

fn write(
    out: &mut dyn Write,
    verdicts: &[Found<'_>],
    opened: bool,
    screen: &Screen,
) -> io::Result<()> {
    let (quiet, error) = (screen.is_quiet(), screen.mark(Level::Error));
    for (folder, verdict) in verdicts {
        let Ok(verdict) = verdict else {
            continue;
        };
        let folder = folder.to_string_lossy();
        if !quiet || !verdict.is_good(opened) {
            let mark = match verdict.is_good(opened) {
                true => "",
                false => screen.mark(Level::Warning),
            };
            writeln!(
                out,
                "{mark}{}: {}",
                safe(&folder),
                sentence(verdict, opened)
            )?;
        }
        if let Some(manifest) = &verdict.manifest {
            writeln!(out, "{error}  {}", safe(manifest))?;
        }
        if let Some(too_old) = too_old(verdict) {
            writeln!(out, "  {too_old}")?;
        }
        for file in verdict.files.iter().filter(|file| !file.is_good(opened)) {
            writeln!(
                out,
                "{error}  {}: {}",
                safe(&file.file),
                safe(&reason(file, opened))
            )?;
        }
        if let Some(stores) = &verdict.stores {
            write_stores(out, stores, opened, screen)?;
        }
    }
    Ok(())
}

/// That no run looked at every identity for too long, if that is so.
fn too_old(verdict: &FolderVerdict) -> Option<String> {
    let run = "the last run that looked at every identity";
    verdict.too_old.then(|| match verdict.checked {
        Some(checked) => {
            let when = time::since_beginning(checked, time::now());
            format!("{run} ended {when}, on {}", time::local(checked))
        }
        None => "no run is known that looked at every identity".to_owned(),
    })
}

/// What is wrong with a file.
fn reason(file: &FileVerdict, opened: bool) -> String {
    match (&file.reason, file.lacks_only_proof(opened)) {
        (_, true) => {
            let warnings = file.warnings.iter().map(|warning| warning.text.as_str());
            let warnings = warnings.collect::<Vec<_>>().join("; ");
            format!("{warnings}; --allow-unproven accepts that")
        }
        (Some(reason), _) => reason.clone(),
        (None, _) => file.state.word().to_owned(),
    }
}

/// How the folder compares with the stores.
fn write_stores(
    out: &mut dyn Write,
    stores: &Comparison,
    opened: bool,
    screen: &Screen,
) -> io::Result<()> {
    for absent in &stores.absent {
        let mark = screen.mark(Level::Error);
        writeln!(out, "{mark}  {}", safe(&missing(absent)))?;
    }
    if screen.is_quiet() {
        return Ok(());
    }
    let all = stores.present + stores.absent.len() + stores.kept_back.len();
    let files = match opened {
        true => "",
        false => "; only the manifest was compared, and no file opened",
    };
    let present = stores.present;
    let all = counted(all, "identity", "identities");
    writeln!(out, "  {present} of {all} of the stores in it{files}")
}

fn missing(absent: &Absent) -> String {
    let it = called(&absent.label, &absent.thumbprint);
    format!("{it} of {} is not in this backup", absent.store)
}

/// What those have in common that [`foreign_words`] are about.
const IN_NO_STORE: &str = "is in none of the stores";

fn foreign_words(foreign: &Foreign) -> String {
    let it = called(&foreign.label, &foreign.thumbprint);
    let file = &foreign.file;
    match &foreign.namesake {
        Some(namesake) => format!(
            "{file} is for {it}, which is in none of the stores: {} of {} has the same name, and \
             another certificate",
            called(&namesake.label, &namesake.thumbprint),
            namesake.store
        ),
        None => format!("{file} is for {it}, which is in none of the stores"),
    }
}

/// What it comes to.
fn sentence(verdict: &FolderVerdict, opened: bool) -> String {
    let all = verdict.files.len();
    if all == 0 {
        return "there is no file of a backup".to_owned();
    }
    let count = |holds: &dyn Fn(&FileVerdict) -> bool| {
        verdict.files.iter().filter(|file| holds(file)).count()
    };
    let bad = count(&|file| !file.is_good(opened));
    let unproven = count(&|file| file.lacks_only_proof(opened));
    let accepted = count(&|file| file.proof == Some(proof::Level::None));
    let (files, are) = match all {
        1 => ("file", "is"),
        _ => ("files", "are"),
    };
    match (bad, opened) {
        (0, true) if accepted == 0 => format!("{all} {files} {are} whole and proven to restore"),
        (0, true) => {
            let which = match accepted {
                1 if all == 1 => "it restores".to_owned(),
                1 => "1 of them restores".to_owned(),
                more => format!("{more} of them restore"),
            };
            format!("{all} {files} {are} whole; certstow cannot prove that {which}")
        }
        (0, false) => format!(
            "{all} {files} {are} intact; whether everything restores shows only with the \
             password"
        ),
        (bad, _) if bad == unproven => {
            format!("{unproven} of {all} {files} cannot be proven to restore")
        }
        (1, _) => format!("1 of {all} {files} is not as it should be"),
        (bad, _) => format!("{bad} of {all} {files} are not as they should be"),
    }
}
