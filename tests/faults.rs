//! A world that does not cooperate: a full disk, a read-only folder, a reader that has gone
//! away. certstow says so, with the right exit code, and leaves nothing half-done behind.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

const PASSWORD: &str = "correct horse battery staple";

fn samples() -> String {
    format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"))
}

/// Runs a shell script in which `export_ada`, given the target, exports from the sample store.
fn shell(launcher: &[&str], script: &str, folder: &Path) -> Output {
    let function = "\
        export_ada() { \"$CERTSTOW\" export Ada --store \"$SAMPLES\" --iterations 2000 \
            --password-env SECRET -o \"$@\"; }
        ";
    Command::new(launcher[0])
        .args(&launcher[1..])
        .args(["-c", &format!("{function}{script}")])
        .current_dir(folder)
        .env("CERTSTOW", env!("CARGO_BIN_EXE_certstow"))
        .env("SAMPLES", samples())
        .env("SECRET", PASSWORD)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{launcher:?}: {error}"))
}

/// With mounts of its own, which it may make as root, or as anybody where the kernel has user
/// namespaces for everybody.
fn shell_with_mounts(script: &str, folder: &Path) -> Output {
    let rooted = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status();
    let launcher: &[&str] = if rooted.is_ok_and(|status| status.success()) {
        &["unshare", "--mount", "bash"]
    } else {
        &["unshare", "--mount", "--map-root-user", "bash"]
    };
    shell(launcher, script, folder)
}

fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn a_full_disk_is_an_error_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = shell_with_mounts(
        "mount -t tmpfs -o size=4k none . && cd \"$PWD\" || exit 99
         export_ada ada.p12; code=$?; ls -A; exit $code",
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(16), "{}", said(&output));
    assert!(output.stdout.is_empty(), "left behind: {}", said(&output));
    assert!(said(&output).contains("No space left"), "{}", said(&output));
}

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn a_full_disk_leaves_the_file_that_was_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = shell_with_mounts(
        "mount -t tmpfs -o size=8k none . && cd \"$PWD\" || exit 99
         printf precious > ada.p12
         export_ada ada.p12 --force; code=$?; ls -A; cat ada.p12; exit $code",
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(16), "{}", said(&output));
    assert_eq!(output.stdout, b"ada.p12\nprecious", "{}", said(&output));
}

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn a_read_only_folder_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = shell_with_mounts(
        "mount -t tmpfs none . && mount -o remount,ro . && cd \"$PWD\" || exit 99
         export_ada ada.p12",
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(16), "{}", said(&output));
}

#[test]
fn a_reader_that_went_away_is_no_panic() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for command in [
        "$CERTSTOW list --store $SAMPLES",
        "$CERTSTOW list --store $SAMPLES --json",
        "$CERTSTOW show Ada --store $SAMPLES",
        "$CERTSTOW stores",
        "$CERTSTOW completions bash",
        "$CERTSTOW --help",
        "export_ada -",
    ] {
        // The reader is gone before certstow begins.
        let script = format!("{command} > >(exec true; sleep 0.1)");
        let output = shell(&["bash"], &script, folder.path());
        assert!(
            !said(&output).contains("panicked"),
            "{command}: {}",
            said(&output)
        );
        assert_ne!(output.status.code(), Some(101), "{command}");
    }
}

#[test]
fn output_that_cannot_be_written_is_never_a_success() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for command in [
        "$CERTSTOW list --store $SAMPLES",
        "$CERTSTOW list --store $SAMPLES --json",
        "$CERTSTOW show Ada --store $SAMPLES",
        "export_ada -",
    ] {
        let output = shell(&["bash"], &format!("{command} > /dev/full"), folder.path());
        let code = output.status.code();
        assert!(
            code != Some(0) && code != Some(101),
            "{command}: {}",
            said(&output)
        );
    }
}

#[test]
fn closed_standard_output_does_no_harm() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = shell(
        &["bash"],
        "$CERTSTOW list --store $SAMPLES >&-",
        folder.path(),
    );
    assert!(!said(&output).contains("panicked"), "{}", said(&output));
    let output = shell(&["bash"], "export_ada ada.p12 >&- 2>&-", folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = shell(
        &["bash"],
        "$CERTSTOW check --password-env SECRET ada.p12",
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}
