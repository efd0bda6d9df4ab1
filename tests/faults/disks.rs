//! Disks that are full, read-only, or know neither permissions nor hard links.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::{export_ada, in_folder, restores, said};

/// What scripts can call.
const FUNCTIONS: &str = r#"
    # Exports from the sample store, given the target.
    export_ada() { "$CERTSTOW" "${EXPORT_ADA[@]}" -o "$@"; }

    # An exFAT disk on the folder `stick`. Not every kernel has a driver, so that one outside the
    # kernel has to do; root's mount takes a block device, which goes with the mount.
    mount_exfat() {
        PATH=$PATH:/usr/sbin:/sbin
        truncate -s 8M disk && mkfs.exfat disk > mkfs.log && mkdir stick || exit 99
        device=$(losetup --find --show disk) || exit 99
        trap 'umount stick; losetup --detach "$device"' EXIT
        mount.exfat-fuse "$device" stick > mount.log || exit 99
    }
"#;

/// Runs a script with [`FUNCTIONS`].
fn bash(launcher: &[&str], script: &str, folder: &Path) -> Output {
    let [program, options @ ..] = launcher else {
        unreachable!("a launcher has a name")
    };
    let quoted: Vec<_> = export_ada("2000")
        .iter()
        .map(|word| format!("'{word}'"))
        .collect();
    let array = format!("EXPORT_ADA=({})\n", quoted.join(" "));
    let mut command = Command::new(program);
    command
        .args(options)
        .args(["-c", &format!("{array}{FUNCTIONS}{script}")])
        .env("CERTSTOW", env!("CARGO_BIN_EXE_certstow"));
    in_folder(&mut command, folder);
    command
        .output()
        .unwrap_or_else(|error| panic!("{launcher:?}: {error}"))
}

/// With mounts of its own, which it may make as root, or as anybody where the kernel has user
/// namespaces for everybody.
fn bash_with_mounts(script: &str, folder: &Path) -> Output {
    let rooted = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status();
    let launcher: &[&str] = if rooted.is_ok_and(|status| status.success()) {
        &["unshare", "--mount", "bash"]
    } else {
        &["unshare", "--mount", "--map-root-user", "bash"]
    };
    bash(launcher, script, folder)
}

/// With an exFAT disk on `stick`; user namespaces have no block devices.
fn bash_with_exfat(script: &str, folder: &Path) -> Output {
    let script = format!("mount_exfat; {script}");
    bash(&["unshare", "--mount", "bash"], &script, folder)
}

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn export_to_full_disk_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bash_with_mounts(
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
fn export_to_full_disk_keeps_existing_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bash_with_mounts(
        "mount -t tmpfs -o size=8k none . && cd \"$PWD\" || exit 99
         printf precious > ada.p12
         export_ada ada.p12 --force; code=$?; ls -A; cat ada.p12; exit $code",
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(16), "{}", said(&output));
    assert_eq!(output.stdout, b"ada.p12\nprecious", "{}", said(&output));
}

/// The key is in its store before the request is written, and says how to get that again.
#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn request_to_full_disk_keeps_key() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bash_with_mounts(
        "mkdir full && mount -t tmpfs -o size=4k none full && head -c 4096 /dev/zero > full/filled
         \"$CERTSTOW\" request Ada --key p256 --store store -o full/ada.csr; code=$?
         \"$CERTSTOW\" request show Ada --store store -o again.csr || exit 98
         ls -A full; exit $code",
        folder.path(),
    );
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(16), "{shown}");
    assert!(shown.contains("No space left"), "{shown}");
    assert!(shown.contains("The key is kept"), "{shown}");
    assert!(
        shown.ends_with("filled\n") || shown.contains("\nfilled\n"),
        "{shown}"
    );
    assert!(folder.path().join("again.csr").exists());
}

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn export_to_read_only_folder_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bash_with_mounts(
        "mount -t tmpfs -o ro none . && cd \"$PWD\" || exit 99
         export_ada ada.p12",
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(16), "{}", said(&output));
}

const NO_PERMISSIONS: &str = "this file system cannot restrict who reads the file";

#[test]
#[ignore = "needs root to mount an exFAT disk"]
fn export_to_exfat_succeeds_with_warning() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bash_with_exfat(
        "export_ada stick/ada.p12; code=$?; ls -A stick >&2
         $CERTSTOW check --password-env SECRET stick/ada.p12 >&2 || exit 98
         exit $code",
        folder.path(),
    );
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains(NO_PERMISSIONS), "{shown}");
    assert!(!shown.contains(".certstow-"), "left behind: {shown}");
}

#[test]
#[ignore = "needs root to mount an exFAT disk"]
fn export_to_exfat_keeps_existing_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bash_with_exfat(
        "printf precious > stick/ada.p12
         export_ada stick/ada.p12; code=$?; ls -A stick; cat stick/ada.p12
         exit $code",
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(16), "{}", said(&output));
    assert_eq!(output.stdout, b"ada.p12\nprecious", "{}", said(&output));
}

#[test]
#[ignore = "needs root to mount an exFAT disk"]
fn export_to_exfat_with_force_replaces_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bash_with_exfat(
        "printf precious > stick/ada.p12
         export_ada stick/ada.p12 --force; code=$?; ls -A stick >&2
         $CERTSTOW check --password-env SECRET stick/ada.p12 >&2 || exit 98
         exit $code",
        folder.path(),
    );
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains(NO_PERMISSIONS), "{shown}");
    assert!(!shown.contains(".certstow-"), "left behind: {shown}");
}

#[test]
#[ignore = "needs root to mount an exFAT disk"]
fn export_to_exfat_with_require_private_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = bash_with_exfat(
        "export SECRET=; export_ada stick/ada.p12 --require-private; code=$?; ls -A stick
         exit $code",
        folder.path(),
    );
    let shown = said(&output);
    // The empty password would be an error of its own, had the export come that far.
    assert_eq!(output.status.code(), Some(16), "{shown}");
    assert!(output.stdout.is_empty(), "left behind: {shown}");
    assert!(shown.contains("cannot restrict who reads it"), "{shown}");
    assert!(shown.contains("leave --require-private out"), "{shown}");
}

#[test]
fn require_private_accepts_disk_with_permissions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = "export_ada ada.p12 --require-private";
    let output = bash(&["bash"], script, folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    restores(folder.path(), "ada.p12");
}
