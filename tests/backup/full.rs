//! A disk with too little room, of two destinations.

use std::process::{Command, Stdio};

use crate::{World, complete, files, said};

/// Leaves this many pages of 4 KiB on a tmpfs of 1 MiB; `small` is the second destination. Each time
/// around, the folders begin anew.
const SCRIPT: &str = r#"
    set -u
    backup() { "$CERTSTOW" backup --store store --iterations 1 --password-env SECRET --accept-empty "$@" >&2; }
    for pages in $(seq 0 9); do
        rm -rf big; mkdir -p small
        mount -t tmpfs -o size=1m none small || exit 99
        head -c $(( (256 - pages) * 4096 )) /dev/zero > small/filler
        backup --to big --to small; code=$?
        "$CERTSTOW" backup verify --password-env SECRET big >&2 || exit 90
        if ls -A small | grep '\.tmp$' >&2; then exit 91; fi
        "$CERTSTOW" backup verify small | grep 'does not name' >&2 && exit 96
        for file in small/*.p12; do
            test ! -e "$file" || "$CERTSTOW" check --password-env SECRET "$file" >&2 || exit 92
        done
        rm small/filler
        backup --to big --to small || exit 93
        "$CERTSTOW" backup verify --password-env SECRET big small >&2 || exit 94
        ls small/*.p12 | wc -l | grep -qx 3 || exit 95
        echo $code
        umount small
    done
"#;

/// The same for files that are written anew, each with another password in escrow.
const ESCROW: &str = r#"
    set -u
    backup() { "$CERTSTOW" backup --store store --iterations 1 --escrow escrow.pem --accept-empty "$@" >&2; }
    opens() { "$CERTSTOW" backup verify --escrow-key escrow.key small "$@"; }
    mkdir -p small
    for pages in $(seq 0 12); do
        mount -t tmpfs -o size=1m none small || exit 99
        backup --to small || exit 98
        used=$(df --output=used -B 4096 small | tail -n 1)
        head -c $(( (256 - used - pages) * 4096 )) /dev/zero > small/filler
        backup --to small --rewrite; code=$?
        opens --json | grep -c '"restores": true' | grep -qx 3 || exit 90
        rm small/filler
        backup --to small || exit 93
        opens >&2 || exit 94
        ls small | wc -l | grep -qx 7 || exit 95
        echo $code
        umount small
    done
"#;

/// Some more identities, where the folder has so many that what is recorded of them is appended. Now and
/// then there is no room for that but what was kept.
const RECORDS: &str = r#"
    set -u
    backup() {
        "$CERTSTOW" backup --store "$1" --chain none --iterations 1 --password-env SECRET \
            --accept-empty --quiet --to small >&2
    }
    mkdir -p small
    for pages in 0 1 2 3 4 8 12 16 40; do
        mount -t tmpfs -o size=4m none small || exit 99
        backup many || exit 98
        used=$(df --output=used -B 4096 small | tail -n 1)
        head -c $(( (1024 - used - pages) * 4096 )) /dev/zero > small/filler
        backup more; code=$?
        "$CERTSTOW" backup verify small >&2 || exit 96
        rm small/filler
        backup more || exit 93
        "$CERTSTOW" backup verify small >&2 || exit 94
        ls small/*.p12 | wc -l | grep -qx 160 || exit 95
        test -e small/certstow-manifest.changes || exit 92
        echo $code
        umount small
    done
"#;

/// A damaged manifest, and no room for anything.
const DAMAGED: &str = r#"
    set -u
    mkdir -p small
    mount -t tmpfs -o size=1m none small || exit 99
    echo '{' > small/certstow-manifest.json
    head -c 2M /dev/zero > small/filler && exit 98
    "$CERTSTOW" backup --store store --iterations 1 --password-env SECRET --to small 2>&1
    test -e small/certstow-manifest.json.damaged || exit 97
"#;

/// Runs a script that may mount; the exit codes of the runs that had little room.
fn codes(world: &World, script: &str) -> Vec<String> {
    let rooted = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status();
    let options: &[&str] = match rooted.is_ok_and(|status| status.success()) {
        true => &["--mount", "bash", "-c", script],
        false => &["--mount", "--map-root-user", "bash", "-c", script],
    };
    let mut command = Command::new("unshare");
    command.args(options);
    world.dress(&mut command);
    command.env("CERTSTOW", env!("CARGO_BIN_EXE_certstow"));
    let output = command.output().expect("unshare starts");
    assert!(output.status.success(), "{}", said(&output));
    let shown = String::from_utf8_lossy(&output.stdout);
    shown.lines().map(str::to_owned).collect()
}

/// Some runs were out of room, and of the others, the last among them, all was well.
fn some_were_full(codes: &[String], full: &str) {
    let (failed, done): (Vec<_>, Vec<_>) = codes.iter().partition(|code| *code == full);
    assert!(failed.len() >= 3, "{codes:?}");
    assert!(done.iter().all(|code| *code == "0"), "{codes:?}");
    assert_eq!(codes.last().map(String::as_str), Some("0"), "{codes:?}");
}

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn full_disk_leaves_other_destination_complete() {
    let world = World::new();
    let codes = codes(&world, SCRIPT);
    assert_eq!(codes.len(), 10, "{codes:?}");
    some_were_full(&codes, "14");
    assert_eq!(files(&world.path("big")), complete());
}

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn full_disk_keeps_manifest_of_written_files() {
    let world = World::new();
    world.make_many("many", 0..150);
    world.make_many("more", 150..160);
    let codes = codes(&world, RECORDS);
    assert_eq!(codes.len(), 9, "{codes:?}");
    let full = codes.iter().filter(|code| *code != "0").count();
    assert!((3..9).contains(&full), "{codes:?}");
    assert_eq!(codes.last().map(String::as_str), Some("0"), "{codes:?}");
}

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn full_disk_still_reports_damaged_manifest() {
    let shown = codes(&World::new(), DAMAGED).join("\n");
    assert!(shown.contains("there is no room for it"), "{shown}");
    assert!(
        shown.contains("was kept as certstow-manifest.json.damaged"),
        "{shown}"
    );
}

#[test]
#[ignore = "needs openssl, and root, or user namespaces, to mount a file system"]
fn full_disk_loses_no_sealed_password() {
    let world = World::new();
    world.make_escrow();
    let codes = codes(&world, ESCROW);
    assert_eq!(codes.len(), 13, "{codes:?}");
    some_were_full(&codes, "16");
}
