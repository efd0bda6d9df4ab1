//! A disk with too little room, of two destinations.

use std::process::{Command, Stdio};

use crate::{World, complete, files, said};

/// Leaves this many pages of 4 KiB on a tmpfs of 1 MiB; `small` is the second destination.
const SCRIPT: &str = r#"
    set -u
    backup() { "$CERTSTOW" backup --store store --iterations 1 --password-env SECRET "$@" >&2; }
    for pages in $(seq 0 9); do
        rm -rf big; mkdir -p small
        mount -t tmpfs -o size=1m none small || exit 99
        head -c $(( (256 - pages) * 4096 )) /dev/zero > small/filler
        backup --to big --to small; code=$?
        "$CERTSTOW" backup verify --password-env SECRET big >&2 || exit 90
        if ls -A small | grep '\.tmp$' >&2; then exit 91; fi
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

#[test]
#[ignore = "needs root, or user namespaces, to mount a file system"]
fn out_of_room_the_other_destination_is_complete_and_no_file_is_half_written() {
    let world = World::new();
    let rooted = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status();
    let options: &[&str] = match rooted.is_ok_and(|status| status.success()) {
        true => &["--mount", "bash", "-c", SCRIPT],
        false => &["--mount", "--map-root-user", "bash", "-c", SCRIPT],
    };
    let mut command = Command::new("unshare");
    command.args(options);
    world.dress(&mut command);
    command.env("CERTSTOW", env!("CARGO_BIN_EXE_certstow"));
    let output = command.output().expect("unshare starts");
    assert!(output.status.success(), "{}", said(&output));
    let shown = String::from_utf8_lossy(&output.stdout);
    let codes: Vec<&str> = shown.lines().collect();
    assert_eq!(codes.len(), 10, "{}", said(&output));
    let (full, done): (Vec<&str>, Vec<&str>) = codes.iter().partition(|code| **code == "14");
    assert!(full.len() >= 3, "{codes:?}");
    assert!(done.iter().all(|code| *code == "0"), "{codes:?}");
    assert_eq!(codes.last(), Some(&"0"), "{codes:?}");
    assert_eq!(files(&world.path("big")), complete());
}
