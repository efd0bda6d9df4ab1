//! Folder and name of the file. What cannot be written is told, and asked for again; what is there
//! already is replaced only if that is chosen.

use std::path::{Path, PathBuf};

use certstow_core::error::Error as LibraryError;
use certstow_core::export::{default_file_name, with_usual_extension};
use certstow_core::output::{Existing, preflight};
use certstow_formats::sanitize::{is_unsafe, safe};
use certstow_platform::os;

use super::asker::{Answer, Asker, Choice, Kind};
use super::contents::label;
use super::context::WizardContext;
use super::draft::Draft;
use super::folders::expanded;
use crate::commands::export as command;
use crate::error::Error;
use crate::file_options;

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
    let suggested = default_file_name(&label(draft, context), format);
    let mut initial = match (folder, &draft.args.output) {
        (Some(folder), _) => shown(&folder.join(&suggested)),
        (None, Some(chosen)) => shown(chosen),
        (None, None) => shown(&suggested),
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
        let file = expanded(initial.trim());
        let file = match file.is_dir() || file.as_os_str().is_empty() {
            true => file.join(&suggested),
            false => with_usual_extension(&file, format),
        };
        let file = std::path::absolute(&file).unwrap_or(file);
        if let Some(existing) = may_be_written(&file, draft, context)? {
            draft.args.output = Some(file);
            draft.args.force = existing == Existing::Replace;
            return Ok(Answer::Next(()));
        }
    }
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
    if !replaces(file, "Take another name", context.asker)? {
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

/// Whether a file that is there is to be replaced, or what else is to be done.
pub(super) fn replaces(file: &Path, otherwise: &str, asker: &mut dyn Asker) -> Result<bool, Error> {
    asker.say(&format!(
        "{} is there already.",
        safe(&file.to_string_lossy())
    ));
    let choices = [otherwise, "Replace that file"].map(Choice::new);
    let answer = asker.choose("What do you want to do?", &choices, 0)?;
    Ok(answer == Answer::Next(1))
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
