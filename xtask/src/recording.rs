//! README's picture of a terminal: the keys in recording/export.keys are typed into a real shell
//! with the real program, a terminal's emulator says what the screen shows, and that is drawn as an
//! animated picture, docs/images/export.svg. `--check` types them again and compares what is shown
//! with what the picture tells, but for what changes with the day.

mod frame;
mod keys;
mod session;
mod svg;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{cargo, root, run as command, target_folder};
use session::Recording;

const KEYS: &str = "xtask/src/recording/export.keys";
const PICTURE: &str = "docs/images/export.svg";

/// Makes the picture anew.
pub(crate) fn run() -> Result<(), String> {
    let (script, recording) = record()?;
    let picture = svg::draw(&script, &recording);
    let file = root().join(PICTURE);
    fs::write(&file, picture).map_err(|error| format!("{}: {error}", file.display()))?;
    println!("    wrote {PICTURE}");
    Ok(())
}

/// Whether the picture shows what certstow shows.
pub(crate) fn check() -> Result<(), String> {
    let (_, recording) = record()?;
    let picture = read(PICTURE)?;
    let told = svg::told(&picture).ok_or(format!("{PICTURE} tells nothing of the screen"))?;
    let shown = recording.shots.join("\n\n");
    if ageless(&told) == ageless(&shown) {
        return Ok(());
    }
    Err(format!(
        "{PICTURE} is not what certstow shows: run cargo xtask recording, and look at it\n\
         -- the picture:\n{told}\n-- certstow:\n{shown}"
    ))
}

fn record() -> Result<(keys::Script, Recording), String> {
    let script = keys::parse(&read(KEYS)?).map_err(|reason| format!("{KEYS}: {reason}"))?;
    command(cargo().args(["build", "--locked", "--package", "certstow"]))?;
    let programs = target_folder()?.join("debug");
    let folder = scratch()?;
    let recorded = session::record(&script, &programs, &folder);
    // What is left there is of no use to anybody.
    let _ = fs::remove_dir_all(&folder);
    Ok((script, recorded?))
}

/// An empty folder with the sample store, as in a checkout. Its path is as long as what the picture
/// calls it, [`session::HOME`], since that decides where lines break.
fn scratch() -> Result<PathBuf, String> {
    let folder = new_folder()?;
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let store = folder.join("examples").join("personal");
    copy(&root().join("examples").join("personal"), &store).map_err(failed)?;
    Ok(folder)
}

fn new_folder() -> Result<PathBuf, String> {
    const PARENT: &str = "/tmp/";
    let digits = session::HOME.len() - PARENT.len();
    let mut last = String::new();
    for number in std::process::id()..std::process::id() + 100 {
        let number = format!("{number:0digits$x}");
        let folder = format!("{PARENT}{}", &number[number.len() - digits..]);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder.into()),
            Err(error) => last = format!("{folder}: {error}"),
        }
    }
    Err(last)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &target)?,
            false => fs::copy(entry.path(), target).map(|_| ())?,
        }
    }
    Ok(())
}

fn read(name: &str) -> Result<String, String> {
    fs::read_to_string(root().join(name)).map_err(|error| format!("{name}: {error}"))
}

/// The words of a text without lengths of time, and so without what aligns the text beside them; and
/// without hashes, which are of a file that is never the same twice.
fn ageless(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut kept: Vec<String> = Vec::new();
    for word in words {
        let unit = word
            .trim_end_matches([',', '.', ')', ';'])
            .trim_end_matches('s');
        let is_unit = ["year", "month", "week", "day", "hour", "minute", "second"].contains(&unit);
        match kept.last_mut() {
            Some(number) if is_unit && number.parse::<u32>().is_ok() => {
                number.clear();
                number.push_str("(time)");
            }
            _ if is_hash(word) => kept.push("(hash)".to_owned()),
            _ => kept.push(word.to_owned()),
        }
    }
    kept
}

/// Whether a word is a SHA-256.
fn is_hash(word: &str) -> bool {
    word.len() == 64 && word.chars().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_do_not_count_and_everything_else_does() {
        let older = ageless("until 2124-01-01  in 97 years  RSA\nexpired 1 year ago");
        assert_eq!(
            older,
            ageless("until 2124-01-01 in 9 months RSA expired 2 years ago")
        );
        assert_ne!(
            older,
            ageless("until 2124-01-02 in 97 years RSA expired 1 year ago")
        );
        assert_ne!(ageless("3 certificates"), ageless("4 certificates"));
        assert_eq!(ageless(&"a".repeat(64)), ageless(&"b".repeat(64)));
        assert_ne!(ageless(&"a".repeat(40)), ageless(&"b".repeat(40)));
    }

    #[test]
    fn the_committed_keys_are_understood_and_tell_something() {
        let script = keys::parse(&read(KEYS).expect("it is there")).expect("it is understood");
        assert!(script.steps.contains(&keys::Step::Shot));
    }

    #[test]
    fn the_committed_picture_needs_nothing_else() {
        let picture = read(PICTURE).expect("it is there");
        assert!(picture.contains("<title"), "no title");
        assert!(svg::told(&picture).is_some_and(|told| told.contains("certstow")));
        for foreign in ["<script", "href=", "url(", "@import", "<foreignObject"] {
            assert!(!picture.contains(foreign), "{foreign}");
        }
    }
}
