//! However many files of a store are broken, and however long a name is, a screen is not flooded: a
//! few are shown and the rest is counted, and JSON and the log have all of it.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use program::{certstow, samples};

const BROKEN: usize = 300;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = certstow(folder).args(arguments).output();
    output.expect("certstow starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A store with one identity, and files that hold none.
fn broken(folder: &Path) {
    fs::create_dir(folder.join("store")).expect("the folder is new");
    let grace = format!("{}/grace-example.pem", samples());
    fs::copy(grace, folder.join("store/grace.pem")).expect("the sample");
    for number in 0..BROKEN {
        let file = folder.join(format!("store/{number:03}.cer"));
        fs::write(file, "something else").expect("a file");
    }
}

fn warnings(output: &Output) -> Vec<String> {
    let said = text(&output.stderr);
    let warnings = said.lines().filter(|line| line.starts_with("warning: "));
    warnings.map(str::to_owned).collect()
}

#[test]
fn warnings_of_one_kind_are_summarized() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    broken(folder);
    let backup = ["backup", "--store", "store", "--to", "backup"];
    let backup = [
        &backup[..],
        &["--password-env", "SECRET", "--iterations", "1"],
    ]
    .concat();
    for arguments in [
        &["list", "--store", "store"][..],
        &["report", "--store", "store"],
        &backup,
        &["import", "store", "--store", "file:new"],
    ] {
        let output = run(folder, arguments);
        let warnings = warnings(&output);
        assert_eq!(
            output.status.code(),
            Some(14),
            "{arguments:?}: {warnings:?}"
        );
        let (of_files, counts): (Vec<_>, Vec<_>) =
            warnings.iter().partition(|line| line.contains(".cer: "));
        assert_eq!(of_files.len(), 5, "{arguments:?}: {warnings:?}");
        let count = format!("warning: and {} more: ", BROKEN - 5);
        let counted = counts.iter().filter(|line| line.starts_with(&count));
        assert_eq!(counted.count(), 1, "{arguments:?}: {warnings:?}");
    }
}

#[test]
fn json_and_log_have_every_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    broken(folder);
    for json in [&["--json"][..], &[]] {
        let log = format!("{}.log", json.len());
        let list = ["list", "--store", "store", "--log", &log];
        let output = run(folder, &[&list[..], json].concat());
        assert_eq!(output.status.code(), Some(14));
        let log = fs::read_to_string(folder.join(log)).expect("the log");
        assert_eq!(log.matches(".cer: ").count(), BROKEN);
        if !json.is_empty() {
            assert_eq!(text(&output.stderr), "");
            let list: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(list["problems"].as_array().map(Vec::len), Some(BROKEN));
        }
    }
}

#[test]
fn long_names_are_truncated_on_screen() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // A command line of Windows has 32,767 characters.
    let name = "x".repeat(if cfg!(windows) { 20_000 } else { 100_000 });
    let quick = ["--password-env", "SECRET", "--iterations", "1"];
    let export = [
        "export",
        "Ada Example",
        "--store",
        &samples(),
        "--name",
        &name,
    ];
    let export = [&export[..], &["-o", "store/ada.p12"], &quick].concat();
    fs::create_dir(folder.join("store")).expect("the folder is new");
    assert_eq!(run(folder, &export).status.code(), Some(0));

    let store = ["--store", "store", "--unlock-password-env", "SECRET"];
    let backup = |to| [&["backup", "--to", to][..], &store, &quick].concat();
    let verify = ["backup", "verify", "b", "--store", "empty"];
    let restore = ["backup", "restore", "b", "--into", "file:new"];
    fs::create_dir(folder.join("empty")).expect("the folder is new");
    for (arguments, exit) in [
        ([&["list"][..], &store].concat(), 0),
        (backup("b"), 0),
        (verify.to_vec(), 0),
        ([&restore[..], &["--password-env", "SECRET"]].concat(), 0),
        ([&["export", "xxxxxxxx"][..], &store, &quick].concat(), 0),
    ] {
        let output = run(folder, &arguments);
        let shown = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}");
        assert!(shown.len() < 20_000, "{arguments:?}: {} bytes", shown.len());
        assert!(shown.contains("xxxxx"), "{arguments:?}: {shown}");
    }
}
