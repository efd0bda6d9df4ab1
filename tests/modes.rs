//! Who may do what with the files that certstow makes, where the umask keeps nothing from anybody:
//! what programs act on can be read by others and written by none, and all else is its owner's alone.

#![cfg(unix)]

#[path = "support/program.rs"]
#[allow(dead_code, reason = "these run it with a umask")]
mod program;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use program::{in_folder, samples};

/// Runs certstow with a umask.
fn run(folder: &Path, umask: &str, words: &str) {
    let mut command = Command::new("sh");
    let script = format!("umask {umask}; exec \"$@\"");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_certstow")]);
    command.args(words.split_whitespace());
    in_folder(&mut command, folder);
    let output = command.output().expect("sh starts");
    assert_eq!(output.status.code(), Some(0), "{words}: {output:?}");
}

fn mode(path: &Path) -> u32 {
    let found = path.symlink_metadata().expect("it is there");
    found.permissions().mode() & 0o7777
}

/// All that is in a folder, and in folders of it.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

const UNITS: &str =
    "schedule install --to /srv/kept --password-file /etc/pw --program /usr/bin/certstow";

fn print_units(folder: &Path, umask: &str) {
    for system in ["systemd", "launchd", "windows"] {
        let program = match system {
            "windows" => UNITS
                .replace("/usr/bin", "C:/bin")
                .replace("/srv", "C:/srv")
                .replace("/etc", "C:/etc"),
            _ => UNITS.to_owned(),
        };
        run(
            folder,
            umask,
            &format!("{program} --system {system} --print=units/{system}"),
        );
    }
    run(folder, umask, "man manual/pages");
}

#[test]
fn generated_files_are_writable_by_owner_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    print_units(folder, "000");
    let mut files = 0;
    for path in below(folder) {
        let expected = if path.is_dir() { 0o755 } else { 0o644 };
        assert_eq!(mode(&path), expected, "{}", path.display());
        if path.is_file() {
            files += 1;
            // As somebody else may have left it.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("our file");
        }
    }
    assert!(files > 20, "{files} files");
    print_units(folder, "077");
    for path in below(folder).iter().filter(|path| path.is_file()) {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
}

#[test]
fn data_files_are_accessible_by_owner_only() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    for name in ["copies", "kept"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    let password = "--password-env SECRET";
    let store = format!("--store {}", samples());
    for words in [
        format!(
            "export Ada {store} {password} --iterations 2000 -o ada.p12 --copy-to copies --log log"
        ),
        format!("backup {store} {password} --iterations 1 --to kept"),
        format!("backup verify kept {password}"),
        format!("backup restore kept --into file:restored {password}"),
        format!("import ada.p12 --store file:imported {password}"),
        format!("report {store} -o page.html"),
    ] {
        run(folder, "000", &words);
    }
    let mut found = below(folder);
    // Every account that may write to the folder takes its lock.
    found.retain(|path| !path.ends_with(".certstow-lock"));
    let given = ["copies", "kept"].map(|name| folder.join(name));
    found.retain(|path| !given.contains(path));
    assert!(found.len() > 12, "{found:?}");
    for path in found {
        assert_eq!(
            mode(&path) & 0o077,
            0,
            "{}: {:o}",
            path.display(),
            mode(&path)
        );
    }
}

/// What root writes over a person's file stays the person's; but not in a folder of everybody's, where
/// somebody may have put a file of his own in wait for what root writes.
#[test]
#[ignore = "needs root, to give files away"]
fn replaced_file_keeps_owner_unless_folder_shared() {
    const NOBODY: u32 = 65534;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let options = format!("--store {} --password-env SECRET", samples());
    for (name, owner, mode, kept) in [
        ("persons", NOBODY, 0o755, NOBODY),
        ("roots", 0, 0o755, NOBODY),
        ("everybodys", 0, 0o1777, 0),
    ] {
        let place = folder.join(name);
        fs::create_dir(&place).expect("a folder");
        fs::set_permissions(&place, fs::Permissions::from_mode(mode)).expect("our folder");
        chown(&place, Some(owner), None).expect("root gives it away");
        fs::write(place.join("ada.p12"), "old").expect("a file");
        fs::set_permissions(place.join("ada.p12"), fs::Permissions::from_mode(0o644))
            .expect("ours");
        chown(place.join("ada.p12"), Some(NOBODY), Some(NOBODY)).expect("root gives it away");
        let export = format!("export Ada {options} --iterations 2000 --force -o {name}/ada.p12");
        run(folder, "000", &export);
        let found = place.join("ada.p12").metadata().expect("the file");
        assert_eq!(
            (found.uid(), found.mode() & 0o7777),
            (kept, 0o600),
            "{name}"
        );
    }

    fs::create_dir(folder.join("kept")).expect("a folder");
    let backup = format!("backup {options} --iterations 1 --to kept");
    run(folder, "022", &backup);
    for path in below(folder)
        .iter()
        .filter(|path| path.starts_with(folder.join("kept")))
    {
        chown(path, Some(NOBODY), None).expect("root gives it away");
    }
    run(folder, "022", &format!("{backup} --rewrite"));
    for path in below(&folder.join("kept")) {
        let owner = path.metadata().expect("it is there").uid();
        assert_eq!(owner, NOBODY, "{}", path.display());
    }
}
