//! Folder and name of the file. What is suggested is free. What cannot be written is told, and asked
//! for again; what is there already is replaced only if that is chosen, knowing whose it is as far as
//! that shows.

use std::path::{Path, PathBuf};
use std::{fs, iter};

use certstow_core::error::Error as LibraryError;
use certstow_core::export::{Format, default_file_name, with_usual_extension};
use certstow_core::identity::{Inventory, ListedCertificate, Stores};
use certstow_core::output::{Existing, preflight};
use certstow_core::time;
use certstow_formats::plural::counted;
use certstow_formats::sanitize::{is_unsafe, safe};
use certstow_formats::secret::Password;
use certstow_platform::spec::StoreSpec;
use certstow_platform::{OpenOptions, os};

use super::asker::{Answer, Asker, Choice, Kind};
use super::context::WizardContext;
use super::draft::Draft;
use crate::commands::export as command;
use crate::error::Error;
use crate::typed_path::typed_path;
use crate::{file_options, inventory};

/// Where WIPO's PCT-SAFE looks for the file, on the drive of the system.
const PCT_SAFE: [&str; 2] = ["PCT-SAFE", "PKCS12"];

pub(super) fn ask(draft: &mut Draft, context: &mut WizardContext<'_>) -> Result<Answer<()>, Error> {
    let Some(pct_safe) = pct_safe_folder(os::system_drive()) else {
        return ask_name(draft, context, None);
    };
    loop {
        let choices = ["This folder, or another", "The PCT-SAFE folder"].map(Choice::new);
        let chosen = match context.asker.choose("Where to?", &choices, 0)? {
            Answer::Next(chosen) => chosen,
            Answer::Back => return Ok(Answer::Back),
        };
        let folder = (chosen == 1).then_some(pct_safe.as_path());
        if let Answer::Next(()) = ask_name(draft, context, folder)? {
            return Ok(Answer::Next(()));
        }
    }
}

fn pct_safe_folder(drive: Option<PathBuf>) -> Option<PathBuf> {
    let folder = PCT_SAFE
        .iter()
        .fold(drive?, |folder, name| folder.join(name));
    folder.is_dir().then_some(folder)
}

fn ask_name(
    draft: &mut Draft,
    context: &mut WizardContext<'_>,
    folder: Option<&Path>,
) -> Result<Answer<()>, Error> {
    let format = command::options(&draft.args).format;
    let chosen = draft
        .identity
        .and_then(|id| context.inventory.certificate(&id));
    let suggested = chosen.map_or_else(Vec::new, |identity| suggested(identity, format));
    let mut initial = match (folder, &draft.typed_file, &draft.args.output) {
        (Some(folder), ..) => shown(&free(folder, &suggested)),
        (None, Some(typed), _) => typed.clone(),
        (None, None, Some(chosen)) => shown(chosen),
        (None, None, None) => shown(&free(Path::new(""), &suggested)),
    };
    if folder.is_none()
        && let Ok(here) = std::env::current_dir()
    {
        context
            .asker
            .say(&format!("You are in {}.", safe(&here.to_string_lossy())));
    }
    loop {
        let answer = context
            .asker
            .text("Folder and name:", &initial, Kind::Path)?;
        let Answer::Next(typed) = answer else {
            return Ok(Answer::Back);
        };
        initial = typed;
        let file = typed_path(&initial);
        let file = match file.is_dir() || file.as_os_str().is_empty() {
            true => free(&file, &suggested),
            false => with_usual_extension(&file, format),
        };
        let file = std::path::absolute(&file).unwrap_or(file);
        if let Some(existing) = may_be_written(&file, draft, context)? {
            draft.args.output = Some(file);
            draft.typed_file = folder.is_none().then_some(initial);
            draft.args.force = existing == Existing::Replace;
            return Ok(Answer::Next(()));
        }
    }
}

/// Names for the file of an identity, from the shortest on: renewals have the same label.
fn suggested(identity: &ListedCertificate, format: Format) -> Vec<PathBuf> {
    let usual = default_file_name(&identity.label(), format);
    let stem = usual.file_stem().unwrap_or_default().to_string_lossy();
    let end = time::local_date(identity.not_after());
    let year = end.split_once('-').map_or(&*end, |(year, _)| year);
    let id = identity.thumbprint();
    let more = [year, &end, &id].map(|more| {
        let name = format!("{stem} {more}.{}", format.extension());
        PathBuf::from(name)
    });
    iter::once(usual).chain(more).collect()
}

/// The first of these names that no file in a folder has, or else the last.
fn free(folder: &Path, names: &[PathBuf]) -> PathBuf {
    let mut files = names.iter().map(|name| folder.join(name));
    let is_free = |file: &PathBuf| fs::symlink_metadata(file).is_err();
    let last = names.last().map(|name| folder.join(name));
    files.find(is_free).or(last).unwrap_or_default()
}

/// A path as the beginning of a line that is typed on: one that would show as something else is
/// better typed anew.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    match text.chars().any(is_unsafe) {
        true => String::new(),
        false => text.into_owned(),
    }
}

/// How the file may be written; `None` if another name is to be asked for.
fn may_be_written(
    file: &Path,
    draft: &Draft,
    context: &mut WizardContext<'_>,
) -> Result<Option<Existing>, Error> {
    let privacy = file_options::privacy(draft.args.require_private);
    match preflight(file, Existing::Refuse, privacy) {
        Ok(()) => return Ok(Some(Existing::Refuse)),
        Err(LibraryError::TargetExists { .. }) => {}
        Err(error) => {
            context.tell(&error);
            return Ok(None);
        }
    }
    if !replaces(file, draft, "Take another name", context.asker)? {
        return Ok(None);
    }
    match preflight(file, Existing::Replace, privacy) {
        Ok(()) => Ok(Some(Existing::Replace)),
        Err(error) => {
            context.tell(&error);
            Ok(None)
        }
    }
}

/// Whether a file that is there is to be replaced by the one to be saved, or what else is to be done.
pub(super) fn replaces(
    file: &Path,
    draft: &Draft,
    otherwise: &str,
    asker: &mut dyn Asker,
) -> Result<bool, Error> {
    asker.say(&format!(
        "{} is there already. {}",
        safe(&file.to_string_lossy()),
        whose(file, draft)
    ));
    let choices = [otherwise, "Replace that file"].map(Choice::new);
    let answer = asker.choose("What do you want to do?", &choices, 0)?;
    Ok(answer == Answer::Next(1))
}

/// Whose certificate is in a file, in a sentence, as far as that shows without its password, or with
/// the one that was just given: many have one for all their files.
fn whose(file: &Path, draft: &Draft) -> String {
    let store = [StoreSpec::File(file.to_owned())];
    let given = draft.password.iter();
    let given = given.map(|password| Password::new(password.expose().to_owned()).into());
    let options = OpenOptions::with_passwords(given);
    let read = Inventory::read(Stores::Named(&store), &options);
    let Ok(read) = read else {
        return "It cannot be read: whose it is, nobody can tell.".to_owned();
    };
    let is_same = |one: &&ListedCertificate| Some(one.id()) == draft.identity;
    let called = |one: &ListedCertificate| {
        let until = time::local_date(one.not_after());
        format!("{}, until {until}", safe(&one.label()))
    };
    let same = read.certificates().iter().find(is_same);
    let others: Vec<_> = read.identities().filter(|one| !is_same(one)).collect();
    let first = others.first().copied().or(read.certificates().first());
    match (same, first) {
        (Some(_), Some(other)) if !others.is_empty() => format!(
            "It holds the same certificate as the one to be saved, and {}: {}.",
            counted(others.len(), "other private key", "other private keys"),
            called(other)
        ),
        (Some(same), _) if same.has_key() && !draft.args.format.has_key() => {
            "It holds the same certificate as the one to be saved, and its private key, which the \
             new file would not hold."
                .to_owned()
        }
        (Some(_), _) => "It holds the same certificate as the one to be saved.".to_owned(),
        (None, Some(other)) if others.len() > 1 => format!(
            "It holds {} private keys of other certificates: {}, and more.",
            others.len(),
            called(other)
        ),
        (None, Some(other)) => format!("It holds another certificate: {}.", called(other)),
        (None, None) if inventory::locked(&read).next().is_some() => {
            "Whose certificate it holds shows only with its password: it may be another's than \
             the one to be saved."
                .to_owned()
        }
        (None, None) => "No certificate shows in it.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pct_safe_folder_requires_existing_folder() {
        let drive = tempfile::tempdir().unwrap();
        let root = || Some(drive.path().to_owned());
        assert_eq!(pct_safe_folder(root()), None);
        let folder = drive.path().join("PCT-SAFE").join("PKCS12");
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(pct_safe_folder(root()), Some(folder));
        assert_eq!(pct_safe_folder(None), None);
    }
}
