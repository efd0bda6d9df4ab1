//! A folder that held a backup and holds none today: a disk that is not mounted.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::Terminal;
use crate::{MANIFEST, World, complete, ends, files, json, said};

/// Everything in a folder, the lock too.
fn everything(world: &World, folder: &str) -> usize {
    fs::read_dir(world.path(folder)).unwrap().count()
}

/// Has the mount point `folder` be there with nothing in it, or not at all.
fn unmount(world: &World, folder: &str, is_there: bool) {
    fs::rename(world.path(folder), world.path("unmounted")).unwrap();
    if is_there {
        fs::create_dir(world.path(folder)).unwrap();
    }
}

fn mount(world: &World, folder: &str) {
    let _ = fs::remove_dir(world.path(folder));
    fs::rename(world.path("unmounted"), world.path(folder)).unwrap();
}

#[test]
fn emptied_folder_is_refused_and_nothing_written() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    for is_there in [true, false] {
        unmount(&world, "a", is_there);
        for words in ["--to a", "--to ./a", "--to a --rewrite"] {
            let output = world.backup(words);
            ends(&output, 16);
            let shown = said(&output);
            assert!(shown.contains("held 3 identities"), "{shown}");
            assert!(shown.contains("--accept-empty"), "{shown}");
        }
        match is_there {
            true => assert_eq!(everything(&world, "a"), 0),
            false => assert!(!world.path("a").exists()),
        }
        mount(&world, "a");
        ends(&world.backup("--to a"), 0);
    }
}

#[test]
fn emptied_folder_leaves_the_others_complete() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    unmount(&world, "a", true);
    fs::remove_file(world.path("b").join(crate::ADA)).unwrap();
    let output = world.backup("--to a --to b --json");
    ends(&output, 14);
    let report = json(&output);
    assert_eq!(report["destinations"][0]["ok"], false);
    let error = &report["destinations"][0]["error"];
    assert_eq!(error["code"], "target-emptied");
    assert_eq!(error["exit"], 16);
    assert_eq!(everything(&world, "a"), 0);
    assert_eq!(files(&world.path("b")), complete());
}

#[test]
fn accept_empty_starts_a_new_backup() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    unmount(&world, "a", true);
    let output = world.backup("--to a --accept-empty");
    ends(&output, 0);
    let shown = said(&output);
    assert!(shown.contains("a new backup is begun there"), "{shown}");
    assert_eq!(files(&world.path("a")), complete());
    // It is one that was saved to, from now on.
    ends(&world.backup("--to a"), 0);
    fs::remove_dir_all(world.path("a")).unwrap();
    let config = "to = ['a']\naccept-empty = true\n";
    fs::write(world.path("config.toml"), config).unwrap();
    ends(&world.backup("--to a"), 16);
    ends(&world.backup("--config config.toml"), 0);
}

#[test]
fn emptied_check_passes_with_any_backup_file() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    fs::remove_file(world.path("a").join(MANIFEST)).unwrap();
    ends(&world.backup("--to a"), 0);
    for name in crate::ALL {
        fs::remove_file(world.path("a").join(name)).unwrap();
    }
    ends(&world.backup("--to a"), 0);
    world.verifies("a");
    for entry in fs::read_dir(world.path("a")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    fs::create_dir(world.path("a/lost+found")).unwrap();
    ends(&world.backup("--to a"), 16);
    assert_eq!(everything(&world, "a"), 1);
}

#[test]
fn emptied_check_passes_on_first_backup() {
    let world = World::new();
    fs::create_dir(world.path("a")).unwrap();
    // A run that saves nothing has nothing to remember.
    ends(&world.run("backup --store store --to a"), 13);
    ends(&world.backup("--to a"), 0);
}

#[test]
fn destination_notes_are_private_to_account() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    let notes = world.path("data/certstow/destinations");
    let names = files(&notes);
    assert_eq!(names.len(), 2, "{names:?}");
    for name in &names {
        let file = notes.join(name);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains("certstow.destinations/1"), "{text}");
    }
    assert_eq!(notes.metadata().unwrap().permissions().mode() & 0o077, 0);
    // Of another account, or one whose data are gone.
    unmount(&world, "a", true);
    fs::remove_dir_all(notes).unwrap();
    ends(&world.backup("--to a"), 0);
}

#[test]
fn destination_note_failure_is_a_warning() {
    let world = World::new();
    fs::create_dir(world.path("data")).unwrap();
    fs::write(world.path("data/certstow"), "no folder").unwrap();
    let output = world.backup("--to a");
    ends(&output, 0);
    assert!(said(&output).contains("was not noted"), "{}", said(&output));

    fs::remove_file(world.path("data/certstow")).unwrap();
    ends(&world.backup("--to a"), 0);
    let notes = world.path("data/certstow/destinations");
    let note = notes.join(&files(&notes)[0]);
    fs::write(&note, "{").unwrap();
    unmount(&world, "a", true);
    let output = world.backup("--to a");
    ends(&output, 0);
    let shown = said(&output);
    assert!(shown.contains("it is not known whether a held"), "{shown}");
    // It is known again.
    fs::remove_dir_all(world.path("a")).unwrap();
    ends(&world.backup("--to a"), 16);
}

#[test]
fn destination_notes_use_state_directory_variable() {
    let world = World::new();
    let state = world.path("state");
    fs::create_dir(&state).unwrap();
    let run = |folders: String| {
        let mut backup = world.command("backup --store store --iterations 1 --to a");
        backup.args(["--password-env", "SECRET"]);
        backup.env("STATE_DIRECTORY", folders).output().unwrap()
    };
    ends(&run(format!("{}:/elsewhere", state.display())), 0);
    assert_eq!(files(&state.join("destinations")).len(), 1);
    assert!(!world.path("data").exists());
    unmount(&world, "a", true);
    ends(&run(state.display().to_string()), 16);
}

#[test]
fn emptied_folder_prompts_for_each_destination() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    for folder in ["a", "b"] {
        fs::remove_dir_all(world.path(folder)).unwrap();
    }
    let start = || {
        let words = "backup --store store --to a --to b --iterations 1 --password-env SECRET";
        let program = [env!("CARGO_BIN_EXE_certstow")].into_iter();
        let words = program.chain(words.split_whitespace());
        let variables = [("SECRET", crate::PASSWORD), ("NO_COLOR", "1")];
        Terminal::run(world.folder.path(), 120, &variables, words)
    };
    let mut terminal = start();
    terminal.wait_for("a is not there, and held 3 identities");
    terminal.wait_for("Save there all the same? [y/N]");
    terminal.press("\r");
    terminal.wait_for("b is not there");
    terminal.wait_for("Save there all the same? [y/N]");
    terminal.press("y\r");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(14), "{shown}");
    assert!(!world.path("a").exists());
    assert_eq!(files(&world.path("b")), complete());
    // Whoever leaves at the question has nothing done.
    let mut terminal = start();
    terminal.wait_for("Save there all the same? [y/N]");
    terminal.press("\u{4}");
    assert_eq!(terminal.end().0, Some(130));
    assert!(!world.path("a").exists());
}

#[test]
fn doctor_fails_for_emptied_folder() {
    let world = World::new();
    ends(&world.backup("--to a"), 0);
    let doctor = "doctor --store store --to a";
    ends(&world.run(doctor), 0);
    fs::remove_dir_all(world.path("a")).unwrap();
    let output = world.run(doctor);
    ends(&output, 16);
    let shown = said(&output);
    assert!(
        shown.contains("failed   target    a: a is not there, and held 3"),
        "{shown}"
    );
    fs::write(world.path("config.toml"), "accept-empty = true").unwrap();
    ends(&world.run(&format!("{doctor} --config config.toml")), 0);
    assert!(!world.path("a").exists());
}
