//! The files that this account saved: what `copies` says became of them, and what `show`, `list` and
//! `report` make of that.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use program::{certstow, run, samples};
use serde_json::Value;

const NOTE: &str = "data/certstow/copies.jsonl";

/// A folder in which certstow runs, and the folder `stick` in it.
fn scene() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("stick")).expect("a folder");
    folder
}

/// Exports by these words from the sample store, which has to succeed; what was said.
fn export(folder: &Path, words: &str) -> String {
    let samples = samples();
    let all = ["export", "--store", &samples];
    let words = all.into_iter().chain(words.split(' '));
    let (code, said) = run(folder, &words.collect::<Vec<_>>());
    assert_eq!(code, Some(0), "{said}");
    said
}

fn ada(folder: &Path, words: &str) -> String {
    let more = "--password-env SECRET --iterations 2000";
    export(folder, &format!("Ada {more} {words}"))
}

fn json(folder: &Path, words: &str) -> Value {
    let output = certstow(folder)
        .args(words.split(' '))
        .arg("--json")
        .output();
    let output = output.expect("certstow starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// The exit code of `copies`, and each file's name with its state.
fn copies(folder: &Path) -> (Option<i32>, Vec<(String, String)>) {
    let (code, _) = run(folder, &["copies"]);
    let listed = json(folder, "copies");
    let states = listed["copies"].as_array().expect("copies").iter();
    let states = states.map(|one| {
        let file = PathBuf::from(one["file"].as_str().expect("a file"));
        assert!(file.is_absolute(), "{file:?}");
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        (name, one["state"].as_str().expect("a state").to_owned())
    });
    (code, states.collect())
}

fn state(name: &str, state: &str) -> (String, String) {
    (name.to_owned(), state.to_owned())
}

#[test]
fn export_notes_files_with_private_keys() {
    let folder = scene();
    let folder = folder.path();
    assert_eq!(copies(folder), (Some(0), vec![]));
    ada(folder, "-o ada.p12 --copy-to stick");
    ada(folder, "-o ada.key.pem --format pem");
    ada(folder, "-o -");
    export(folder, "Ada -o ada.cer --format der");
    export(folder, "Ada -o ada.p7b --format p7b");
    let there = |name| state(name, "there");
    let all = ["ada.p12", "ada.p12", "ada.key.pem"].map(there);
    assert_eq!(copies(folder), (Some(0), all.to_vec()));
    // The second file of a path is in the place of the first.
    ada(folder, "-o ada.p12 --force");
    let all = ["ada.p12", "ada.key.pem", "ada.p12"].map(there);
    assert_eq!(copies(folder), (Some(0), all.to_vec()));
    let note = fs::read_to_string(folder.join(NOTE)).expect("the note");
    assert!(!note.contains(program::PASSWORD), "{note}");
}

#[test]
fn copies_tells_changed_gone_and_not_reachable() {
    let folder = scene();
    let folder = folder.path();
    ada(folder, "-o a.p12 --copy-to stick");
    ada(folder, "-o b.p12");
    fs::rename(folder.join("stick"), folder.join("drawer")).expect("renamed");
    let not_reachable = [state("a.p12", "there"), state("a.p12", "not-reachable")];
    let (code, states) = copies(folder);
    // A stick in a drawer is nothing to be told of every day.
    assert_eq!((code, &states[..2]), (Some(0), &not_reachable[..]));
    fs::remove_file(folder.join("a.p12")).expect("removed");
    let (code, states) = copies(folder);
    assert_eq!((code, &states[0]), (Some(14), &state("a.p12", "gone")));
    run(folder, &["copies", "forget", "--gone"]);
    assert_eq!(copies(folder).0, Some(0));
    fs::write(folder.join("b.p12"), "another").expect("written");
    let (code, states) = copies(folder);
    assert_eq!((code, &states[1]), (Some(14), &state("b.p12", "changed")));
}

#[test]
fn forget_takes_known_files_alone() {
    let folder = scene();
    let folder = folder.path();
    ada(folder, "-o a.p12 --copy-to stick");
    let (code, said) = run(folder, &["copies", "forget", "a.p12", "never-saved.p12"]);
    assert_eq!(code, Some(10), "{said}");
    assert_eq!(copies(folder).1.len(), 2);
    let (code, said) = run(folder, &["copies", "forget", "stick/../a.p12"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(folder.join("a.p12").exists());
    assert_eq!(copies(folder).1.len(), 1);
}

#[test]
fn saved_file_counts_as_copy() {
    let folder = scene();
    let folder = folder.path();
    let samples = samples();
    let show = |json: bool| {
        let words = ["show", "Ada", "--store", &samples];
        let json: &[&str] = if json { &["--json"] } else { &[] };
        run(folder, &[&words, json].concat()).1
    };
    let without_copy = || {
        let report = ["report", "--force", "--json", "--store", &samples];
        let (code, said) = run(folder, &report);
        assert_eq!(code, Some(0), "{said}");
        let report: Value = serde_json::from_str(&said).expect("JSON");
        report["no_known_backup"].as_u64()
    };
    assert!(show(false).contains("not known"));
    assert_eq!(without_copy(), Some(3));
    ada(folder, "-o stick/ada.p12");
    let shown = show(false);
    let place = folder.join("stick").join("ada.p12").display().to_string();
    assert!(
        shown.contains("yes, saved 2") && shown.contains(&place),
        "{shown}"
    );
    let shown: Value = serde_json::from_str(&show(true)).expect("JSON");
    assert_eq!(shown["copies"][0]["state"], "there");
    assert!(shown["backed_up"].is_string());
    let (_, listed) = run(folder, &["list", "Ada", "--json", "--store", &samples]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(listed["entries"][0]["backed_up"], shown["backed_up"]);
    assert_eq!(without_copy(), Some(2));

    fs::rename(folder.join("stick"), folder.join("drawer")).expect("renamed");
    assert!(show(false).contains("not reachable now"));
    assert_eq!(without_copy(), Some(2));
    let page = fs::read_to_string(folder.join("certstow-report.html")).expect("the page");
    assert!(page.contains("not reachable now"));

    fs::create_dir(folder.join("stick")).expect("a folder");
    assert!(show(false).contains("it is gone"));
    assert_eq!(without_copy(), Some(3));
}

#[test]
fn report_finds_exported_files_wherever_they_are() {
    let folder = scene();
    let folder = folder.path();
    let samples = samples();
    let report = |backup: &str| {
        let words = ["report", "--force", "--json", "--store", &samples];
        let (code, said) = run(folder, &[&words[..], &["--backup", backup]].concat());
        (code, serde_json::from_str::<Value>(&said).expect("JSON"))
    };
    ada(folder, "-o stick/ada.p12");
    fs::write(folder.join("stick/of-others.p12"), "x").expect("a file");
    fs::rename(folder.join("stick"), folder.join("mounted-elsewhere")).expect("renamed");
    fs::rename(
        folder.join("mounted-elsewhere/ada.p12"),
        folder.join("mounted-elsewhere/renamed.p12"),
    )
    .expect("renamed");
    let (code, told) = report("mounted-elsewhere");
    assert_eq!(
        (code, &told["no_known_backup"]),
        (Some(0), &2.into()),
        "{told}"
    );
    let page = fs::read_to_string(folder.join("certstow-report.html")).expect("the page");
    assert!(page.contains("renamed.p12") && page.contains("Backed up"));
    // What is there says nothing of other copies of the same bytes.
    for other in ["mounted-elsewhere/kept", "lost"] {
        fs::create_dir(folder.join(other)).expect("a folder");
    }
    ada(
        folder,
        "-o mounted-elsewhere/kept/two.p12 --copy-to mounted-elsewhere --copy-to lost",
    );
    fs::remove_file(folder.join("lost/two.p12")).expect("removed");
    report("mounted-elsewhere");
    let page = fs::read_to_string(folder.join("certstow-report.html")).expect("the page");
    let kept = Path::new("mounted-elsewhere").join("kept");
    assert!(page.contains(&kept.display().to_string()), "{page}");
    assert!(page.contains("it is gone"), "{page}");
    // Of what certstow does not know, it says nothing.
    fs::create_dir(folder.join("unknown")).expect("a folder");
    let (code, told) = report("unknown");
    assert_eq!(code, Some(14), "{told}");
}

#[test]
fn damaged_note_never_blocks_an_export() {
    let folder = scene();
    let folder = folder.path();
    ada(folder, "-o a.p12");
    let note = folder.join(NOTE);
    let mut bytes = fs::read(&note).expect("the note");
    bytes.extend(b"{\"file\":\xff\n");
    fs::write(&note, bytes).expect("written");
    let (code, said) = run(folder, &["copies"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 line of"), "{said}");
    let samples = samples();
    let (code, said) = run(folder, &["show", "Ada", "--store", &samples]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 line of"), "{said}");
    assert!(ada(folder, "-o b.p12").contains("held 1 line that could not be read"));
    assert_eq!(copies(folder).1.len(), 2);

    fs::remove_file(&note).expect("removed");
    fs::create_dir(&note).expect("a folder");
    assert!(ada(folder, "-o c.p12").contains("was not noted"));
    assert!(folder.join("c.p12").exists());
    let warnings = &json(
        folder,
        &format!("export Ada --store {samples} -o d.p12 --password-env SECRET"),
    )["warnings"];
    assert!(warnings.to_string().contains("was not noted"), "{warnings}");
}

/// What is mounted is seen from inside alone.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn copy_on_unmounted_volume_is_not_reachable() {
    let folder = scene();
    let folder = folder.path();
    let rooted = std::process::Command::new("unshare")
        .args(["--mount", "true"])
        .status();
    let alone: &[&str] = match rooted.is_ok_and(|status| status.success()) {
        true => &["--mount"],
        false => &["--mount", "--map-root-user"],
    };
    let script = format!(
        "mount -t tmpfs none stick || exit 99
         {0} export Ada --store {1} --iterations 2000 -o stick/ada.p12 --password-env SECRET || exit 98
         {0} copies || exit 97
         rm stick/ada.p12; {0} copies; test $? = 14 || exit 96
         umount stick || exit 95
         # Its folder is there, and the volume is not.
         {0} copies",
        env!("CARGO_BIN_EXE_certstow"),
        samples(),
    );
    let mut command = std::process::Command::new("unshare");
    command.args(alone).args(["sh", "-c", &script]);
    program::in_folder(&mut command, folder);
    let output = command.output().expect("unshare starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said.ends_with("1 file: 1 not reachable\n"), "{said}");
}
