//! A second copy of the file on another device, which is read back as the first was. The drives that
//! can be taken away come first.

use std::path::Path;

use certstow_core::error::Error as LibraryError;
use certstow_core::export::Exported;
use certstow_core::output::{Existing, Written};
use certstow_core::waits;
use certstow_formats::sanitize::safe;
use certstow_platform::os::{self, Drive};

use super::asker::{Answer, Asker, Choice, Kind};
use super::context::in_words;
use super::draft::Draft;
use super::{file, saved, summary};
use crate::commands::export::copies::{self, make_one};
use crate::error::Error;
use crate::file_options;
use crate::screen::Screen;
use crate::typed_path::typed_path;

/// Makes those that were asked for as options; whether all of them are there for good.
pub(super) fn make(
    report: &mut Exported,
    draft: &Draft,
    asker: &mut dyn Asker,
    screen: &Screen,
) -> bool {
    let outcomes = copies::make(&draft.args, report, screen);
    for outcome in &outcomes {
        if let Some(file) = outcome.file() {
            say_copied(&file, asker);
        }
        if let Some(error) = outcome.error() {
            screen.error(error);
        }
    }
    outcomes.iter().all(|outcome| outcome.error().is_none())
}

/// Asks whether there is to be one, until it is made or not wanted; false if its disk did not
/// confirm it.
pub(super) fn offer(
    report: &mut Exported,
    draft: &mut Draft,
    asker: &mut dyn Asker,
    screen: &Screen,
) -> Result<bool, Error> {
    let wait = waits::waiting_for("the removable drives");
    let drives = os::removable_drives();
    drop(wait);
    asker.say("");
    asker.say("A second copy on another device, such as a USB drive, survives this machine.");
    let choices = choices(&drives);
    loop {
        let question = "Where to put a second copy?";
        let chosen = match asker.choose(question, &choices, 0)? {
            Answer::Next(chosen) if chosen + 1 < choices.len() => chosen,
            Answer::Next(_) => return Ok(true),
            // There is nothing to go back to.
            Answer::Back => {
                saved::stays(report, asker);
                return Ok(true);
            }
        };
        let folder = match drives.get(chosen) {
            Some(drive) => drive.folder.clone(),
            None => match asker.text("Folder for the copy:", "", Kind::Path)? {
                Answer::Next(typed) if !typed.trim().is_empty() => typed_path(&typed),
                _ => continue,
            },
        };
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        match copy_to(&folder, report, draft, asker, screen) {
            Ok(Some((copied, existing))) => {
                draft.args.copy_to.push(folder);
                draft.args.force |= existing == Existing::Replace;
                asker.say("");
                summary::show_command(&draft.args, asker);
                let not_synced = copied.not_synced();
                if let Some(error) = &not_synced {
                    screen.error(error);
                }
                return Ok(not_synced.is_none());
            }
            Ok(None) => {}
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            Err(error) => asker.say(&in_words(&error)),
        }
    }
}

/// The drives, then a folder, then none.
fn choices(drives: &[Drive]) -> Vec<Choice> {
    let others = ["In a folder", "No copy now"].map(Choice::new);
    drives.iter().map(choice).chain(others).collect()
}

fn choice(drive: &Drive) -> Choice {
    let folder = drive.folder.to_string_lossy();
    let name = match &drive.label {
        Some(label) => format!("{label} ({folder})"),
        None => folder.into_owned(),
    };
    let free = drive
        .free
        .map_or_else(String::new, |free| format!("{} MB free", free / 1_000_000));
    Choice::of(safe(&name).into_owned(), free, String::new())
}

/// The copy and how it was made; `None` where a file is in the way that is to stay.
fn copy_to(
    folder: &Path,
    report: &mut Exported,
    draft: &Draft,
    asker: &mut dyn Asker,
    screen: &Screen,
) -> Result<Option<(Written, Existing)>, Error> {
    let privacy = file_options::privacy(draft.args.require_private);
    let mut make = |existing| {
        if screen.is_plain() {
            asker.say("Copying and reading back.");
        }
        make_one(folder, existing, privacy, report, screen)
    };
    let (copied, existing) = match make(Existing::Refuse) {
        Ok(copied) => (copied, Existing::Refuse),
        Err(error) => match in_the_way(&error) {
            None => return Err(error.into()),
            Some(file) if file::replaces(file, draft, "Choose another place", asker)? => {
                let copied = make_one(folder, Existing::Replace, privacy, report, screen)?;
                (copied, Existing::Replace)
            }
            Some(_) => return Ok(None),
        },
    };
    for warning in &copied.warnings {
        screen.warn(&warning.text);
    }
    say_copied(&copied.file.to_string_lossy(), asker);
    Ok(Some((copied, existing)))
}

/// The file that is there already, if that is what is wrong.
fn in_the_way(error: &LibraryError) -> Option<&Path> {
    match error {
        LibraryError::NotCopied { error, .. } => in_the_way(error),
        LibraryError::TargetExists { file } => Some(file),
        _ => None,
    }
}

fn say_copied(file: &str, asker: &mut dyn Asker) {
    asker.say(&format!(
        "Copied to {}, and read back from there: it is the same file.",
        safe(file)
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_list_drives_first_with_safe_names() {
        let drives = [
            Drive {
                folder: "/media/ada/STICK".into(),
                label: Some("ST\u{1b}CK".to_owned()),
                free: Some(3_999_999_999),
            },
            Drive {
                folder: "E:/".into(),
                label: None,
                free: None,
            },
        ];
        let shown: Vec<_> = choices(&drives).iter().map(Choice::whole).collect();
        let expected = [
            r"ST\u{1b}CK (/media/ada/STICK), 3999 MB free",
            "E:/",
            "In a folder",
            "No copy now",
        ];
        assert_eq!(shown, expected);
    }
}
