//! Standard output whose reader went away, that takes nothing more, or that is closed.

use std::process::{Command, Output, Stdio};

use crate::{certstow, export_ada, in_folder, restores, said};

/// The commands that print a result, each with its arguments.
fn results() -> Vec<Vec<String>> {
    let samples = crate::samples();
    let store = ["--store", &samples];
    let commands: [&[&str]; 6] = [
        &[&["list"], store.as_slice()].concat(),
        &[&["list", "--json"], store.as_slice()].concat(),
        &[&["show", "Ada"], store.as_slice()].concat(),
        &["stores"],
        &["completions", "bash"],
        &["--help"],
    ];
    commands
        .into_iter()
        .map(|words| words.iter().map(|word| (*word).to_owned()).collect())
        .collect()
}

/// The end of a pipe that nobody reads from any more.
fn nobody_reads() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

fn run(command: &mut Command) -> Output {
    let child = command.stderr(Stdio::piped()).spawn();
    let child = child.expect("certstow starts");
    child.wait_with_output().expect("certstow ends")
}

#[test]
fn output_to_closed_pipe_succeeds_quietly() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for arguments in results() {
        let output = run(certstow(folder.path())
            .args(&arguments)
            .stdout(nobody_reads()));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn export_to_closed_pipe_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = run(certstow(folder.path())
        .args(export_ada("2000"))
        .args(["-o", "-"])
        .stdout(nobody_reads()));
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("error:"), "{shown}");
}

#[test]
fn output_to_full_device_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let export = [export_ada("2000"), vec!["-o".to_owned(), "-".to_owned()]].concat();
    for arguments in results().into_iter().chain([export]) {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let output = run(certstow(folder.path())
            .args(&arguments)
            .stdout(full.expect("/dev/full opens")));
        assert_eq!(
            output.status.code(),
            Some(1),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

/// certstow with its standard output closed, which only a shell can do.
fn with_closed_output(folder: &std::path::Path, arguments: &[String]) -> Output {
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            "exec \"$0\" \"$@\" >&-",
            env!("CARGO_BIN_EXE_certstow"),
        ])
        .args(arguments);
    in_folder(&mut shell, folder);
    run(&mut shell)
}

#[test]
fn closed_standard_output_does_not_panic() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for arguments in results() {
        let output = with_closed_output(folder.path(), &arguments);
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(!said(&output).contains("panicked"), "{}", said(&output));
    }
}

#[test]
fn closed_standard_output_still_exports_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let export = [
        export_ada("2000"),
        vec!["-o".to_owned(), "ada.p12".to_owned()],
    ]
    .concat();
    let output = with_closed_output(folder.path(), &export);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    restores(folder.path(), "ada.p12");
}

#[test]
fn export_to_closed_standard_output_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let export = [export_ada("2000"), vec!["-o".to_owned(), "-".to_owned()]].concat();
    let output = with_closed_output(folder.path(), &export);
    let code = output.status.code();
    assert!(
        code.is_some_and(|code| code != 0 && code != 101),
        "{}",
        said(&output)
    );
    assert!(!output.stderr.is_empty(), "{}", said(&output));
}
