//! What is wrong with a task that is there: it runs a certstow that is gone, or another one than
//! this, or with options that it does not take. The scheduler sees nothing of that before it is too
//! late.

use std::path::Path;

use clap::FromArgMatches as _;

use crate::args::{self, BackupArgs, Cli, Command, Global, Typed, first_paragraph};
use crate::schedule::install::Scheduled;

/// What a person should know about a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// As a sentence.
    pub(crate) text: String,
    /// It keeps the task from saving anything.
    pub(crate) fatal: bool,
}

fn doubt(fatal: bool, text: impl Into<String>) -> Doubt {
    let text = text.into();
    Doubt { text, fatal }
}

pub(crate) fn doubts(scheduled: &Scheduled) -> Vec<Doubt> {
    let differs = scheduled.differs.iter();
    let mut doubts: Vec<_> = differs.map(|text| doubt(false, text)).collect();
    if let Some((program, arguments)) = scheduled.command.as_deref().and_then(<[_]>::split_first) {
        doubts.extend(of_program(Path::new(program)));
        doubts.extend(of_arguments(arguments));
    }
    doubts
}

fn of_program(program: &Path) -> Option<Doubt> {
    let name = program.display();
    // What this account may not look at is not gone.
    if program.try_exists().is_ok_and(|there| !there) {
        let gone = format!(
            "the task runs {name}, which does not exist: install it anew with the certstow there is"
        );
        return Some(doubt(true, gone));
    }
    let this = std::env::current_exe().ok()?;
    let same = same_file::is_same_file(program, &this).unwrap_or(true);
    let other = || format!("the task runs another certstow than this one: {name}");
    (!same).then(|| doubt(false, other()))
}

fn of_arguments(arguments: &[String]) -> Option<Doubt> {
    backup(arguments).err()
}

/// The options of the backup that a task runs.
pub(crate) fn backup(arguments: &[String]) -> Result<(Global, Typed<BackupArgs>), Doubt> {
    let words = std::iter::once("certstow").chain(arguments.iter().map(String::as_str));
    let parsed = args::command()
        .try_get_matches_from(words)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(Cli { command, global }) => match command {
            Command::Backup(backup) if backup.action.is_none() => Ok((global, backup.run)),
            _ => Err(doubt(true, "the task runs something else than a backup")),
        },
        Err(error) => {
            let why = first_paragraph(&error.to_string());
            let refused = format!("this certstow does not take the options of the task: {why}");
            Err(doubt(true, refused))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(program: &str, arguments: &[&str]) -> Scheduled {
        let words = std::iter::once(&program).chain(arguments);
        Scheduled {
            files: Vec::new(),
            report: String::new(),
            command: Some(words.map(|&word| word.to_owned()).collect()),
            differs: None,
            times: Err(String::new()),
            last_run: None,
            next_run: None,
        }
    }

    fn this() -> String {
        std::env::current_exe().unwrap().display().to_string()
    }

    #[test]
    fn doubts_is_empty_for_installed_task() {
        let arguments = [
            "backup",
            "--non-interactive",
            "--to",
            "/b",
            "--escrow",
            "/c",
        ];
        assert!(doubts(&task(&this(), &arguments)).is_empty());
        let with_no_config = [&arguments[..2], &["--no-config"], &arguments[2..]].concat();
        assert!(doubts(&task(&this(), &with_no_config)).is_empty());
        let unknown = Scheduled {
            command: None,
            ..task("", &[])
        };
        assert!(doubts(&unknown).is_empty());
    }

    #[test]
    fn doubts_reports_missing_or_other_program() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("certstow");
        let arguments = ["backup", "--to", "/b"];
        let name = program.display().to_string();
        let gone = doubts(&task(&name, &arguments));
        assert!(
            gone[0].fatal && gone[0].text.contains("which does not exist"),
            "{gone:?}"
        );
        std::fs::write(&program, "").unwrap();
        let other = doubts(&task(&name, &arguments));
        assert!(
            !other[0].fatal && other[0].text.contains("another certstow"),
            "{other:?}"
        );
    }

    #[test]
    fn doubts_reports_arguments_of_another_version() {
        for (arguments, why) in [
            (&["backup", "--to", "/b", "--no-such"][..], "'--no-such'"),
            (&["backup", "verify", "/b"], "something else"),
            (&["list"], "something else"),
            (&[], "does not take"),
        ] {
            let told = doubts(&task(&this(), arguments));
            assert!(
                told.len() == 1 && told[0].fatal && told[0].text.contains(why),
                "{told:?}"
            );
        }
        let differs = Scheduled {
            differs: Some("x".to_owned()),
            ..task(&this(), &["list"])
        };
        assert_eq!(doubts(&differs).len(), 2);
    }
}
