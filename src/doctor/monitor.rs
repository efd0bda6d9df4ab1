//! Whether monitoring would be told: the files that a run writes at its end can be
//! written, and the program of the command for failures is there.

use std::env::{self, consts::EXE_SUFFIX};
use std::path::Path;

use certstow_core::{output, waits};
use certstow_platform::os::{self, CommandLine};

use super::{Check, Place, Status};
use crate::exit::Exit;

/// Checks a file that each run writes anew, or makes, in a folder that has to be there: that of the option
/// `name`.
pub(crate) fn file(name: &'static str, file: &Path) -> Check {
    let about = file.display().to_string();
    let _wait = waits::waiting_for(format!("the disk or share of {about}"));
    let folder = os::folder_of(file);
    let found = match (folder.is_dir(), file.exists() && !file.is_file()) {
        (false, _) => Err(format!("there is no folder {}", folder.display())),
        (true, true) => Err("it is no file".to_owned()),
        (true, false) => output::probe(folder)
            .map(drop)
            .map_err(|error| error.in_full()),
    };
    let check = Check::ok(name, about, "can be written");
    match found {
        Ok(()) => check,
        Err(found) => Check {
            status: Status::Failed,
            found,
            exit: Exit::Partial,
            ..check.advise(format!(
                "name a file with --{name} in a folder that exists, and that this account can write to"
            ))
        }
        .of(Place::File(folder.to_owned())),
    }
}

/// Checks whether the command of `--on-failure` could be run. A name without a folder is looked for where
/// this process looks: a task may look elsewhere.
pub(crate) fn command(command: &CommandLine) -> Check {
    let program = Path::new(command.program_as_given());
    let check = Check::ok("command", command.program(), "is there");
    let is_name = program.components().count() == 1;
    let there = |program: &Path| {
        let mut with_ending = program.as_os_str().to_owned();
        with_ending.push(EXE_SUFFIX);
        program.is_file() || Path::new(&with_ending).is_file()
    };
    if is_name {
        let path = env::var_os("PATH").unwrap_or_default();
        return match env::split_paths(&path).any(|folder| there(&folder.join(program))) {
            true => check,
            false => Check {
                found: "no folder of PATH has this program".to_owned(),
                ..check.warn("name its whole path with --on-failure")
            },
        };
    }
    match (there(program), program.is_absolute()) {
        (true, true) => check,
        (true, false) => Check {
            found: "is found from this folder alone".to_owned(),
            ..check.warn("name its whole path with --on-failure")
        },
        (false, _) => Check {
            status: Status::Failed,
            found: format!("there is no program {}", program.display()),
            exit: Exit::Partial,
            ..check.advise("name a program that is there with --on-failure")
        }
        .of(Place::File(program.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_needs_a_folder_that_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let good = file("status", &folder.path().join("x"));
        assert_eq!(good.status, Status::Ok, "{good:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let bad = file("status", &folder.path().join("no/where"));
        assert!(bad.keeps_silent() && bad.names_no_file(), "{bad:?}");
        let folder = file("status", folder.path());
        assert!(
            folder.keeps_silent() && !folder.names_no_file(),
            "{folder:?}"
        );
    }

    #[test]
    fn command_needs_a_program_that_is_there() {
        let this = env::current_exe().unwrap();
        let of = |text: String| command(&text.parse().unwrap());
        let there = of(format!("'{}' secret", this.display()).replace('\'', "\""));
        assert_eq!(
            (there.status, there.found.as_str()),
            (Status::Ok, "is there")
        );
        let gone = of(format!("\"{}.gone\" secret", this.display()));
        assert!(gone.keeps_silent() && gone.names_no_file(), "{gone:?}");
        let unknown = of("certstow-no-such secret".to_owned());
        assert_eq!(unknown.status, Status::Warning);
        for check in [there, gone, unknown] {
            assert!(!format!("{check:?}").contains("secret"), "{check:?}");
        }
    }
}
