//! `--escrow`: a password for each file that nobody has.

use std::fs;
use std::process::Command;

use crate::{ADA, ALL, World, ends, files, json, said};

impl World {
    /// A certificate to seal to, and its key.
    pub(crate) fn make_escrow(&self) {
        let output = Command::new("openssl")
            .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(' '))
            .args("-keyout escrow.key -out escrow.pem -subj /CN=escrow -days 3650".split(' '))
            .current_dir(self.folder.path())
            .output()
            .expect("openssl starts");
        ends(&output, 0);
    }

    pub(crate) fn backup_with_escrow(&self, words: &str) -> std::process::Output {
        self.run(&format!(
            "backup --store store --iterations 1 --escrow escrow.pem {words}"
        ))
    }
}

#[test]
#[ignore = "needs openssl"]
fn escrow_key_opens_each_files_own_password() {
    let world = World::new();
    world.make_escrow();
    ends(&world.backup_with_escrow("--to a --to b"), 0);
    ends(&world.run("backup verify a b --escrow-key escrow.key"), 0);
    let mut passwords = Vec::new();
    for name in ALL {
        let sealed = world.path("a").join(format!("{name}.cms"));
        let output = Command::new("openssl")
            .args([
                "cms",
                "-decrypt",
                "-inform",
                "DER",
                "-inkey",
                "escrow.key",
                "-in",
            ])
            .arg(sealed)
            .current_dir(world.folder.path())
            .output()
            .expect("openssl starts");
        ends(&output, 0);
        let opened = Command::new("openssl")
            .args(["pkcs12", "-noout", "-passin", "stdin", "-in"])
            .arg(world.path("a").join(name))
            .stdin({
                let file = world.path("password");
                fs::write(&file, &output.stdout).unwrap();
                fs::File::open(file).unwrap()
            })
            .output()
            .expect("openssl starts");
        ends(&opened, 0);
        passwords.push(output.stdout);
    }
    passwords.sort();
    passwords.dedup();
    assert_eq!(passwords.len(), 3);
    // Nothing is written, and nothing needed, where nothing changed.
    let before = world.bytes("a");
    ends(&world.backup_with_escrow("--to a"), 0);
    assert_eq!(world.bytes("a"), before);
}

#[test]
#[ignore = "needs openssl"]
fn escrow_rewrites_pair_with_damaged_password() {
    let world = World::new();
    world.make_escrow();
    ends(&world.backup_with_escrow("--to a"), 0);
    fs::remove_file(world.path("a").join(format!("{}.cms", ALL[0]))).unwrap();
    world.damage(&format!("a/{}.cms", ALL[1]));
    let verdict = world.run("backup verify a --escrow-key escrow.key");
    ends(&verdict, 15);
    let output = world.backup_with_escrow("--to a --json");
    ends(&output, 0);
    let counts = &json(&output)["destinations"][0];
    assert_eq!(
        (&counts["mended"], &counts["unchanged"]),
        (&2.into(), &1.into())
    );
    ends(&world.run("backup verify a --escrow-key escrow.key"), 0);
    assert_eq!(files(&world.path("a")).len(), 7);
}

#[test]
#[ignore = "needs openssl"]
fn escrow_verify_rejects_another_key() {
    let world = World::new();
    world.make_escrow();
    ends(&world.backup_with_escrow("--to a"), 0);
    world.make_escrow();
    ends(&world.run("backup verify a --escrow-key escrow.key"), 17);
}

#[test]
#[ignore = "needs openssl"]
fn rewrite_removes_unused_sealed_passwords() {
    let world = World::new();
    world.make_escrow();
    ends(&world.backup_with_escrow("--to a"), 0);
    let output = world.backup("--to a");
    ends(&output, 0);
    assert!(said(&output).contains("--rewrite"), "{}", said(&output));
    ends(&world.backup("--to a --rewrite"), 0);
    assert_eq!(files(&world.path("a")), crate::complete());
    world.verifies("a");
}

/// Nothing else opens the file that is there, until the new one has its name.
#[test]
#[ignore = "needs strace and openssl"]
fn escrow_keeps_unreadable_sealed_password() {
    let world = World::new();
    world.make_escrow();
    ends(&world.backup_with_escrow("--to a"), 0);
    let before = world.bytes("a");
    let sealed = world.path("a").join(format!("{ADA}.cms"));
    // The new file does not get its name.
    let file = world.path("a").join(ADA);
    let mut command = Command::new("strace");
    command
        .args(["-f", "-qq", "-o", "/dev/null", "-P"])
        .arg(&sealed);
    command.arg("-P").arg(&file);
    command.args([
        "-e",
        "trace=openat,renameat",
        "-e",
        "inject=openat:error=EIO",
    ]);
    command.args(["-e", "inject=renameat:error=EIO:when=2+"]);
    command.arg(env!("CARGO_BIN_EXE_certstow"));
    command
        .args("backup --store store --iterations 1 --escrow escrow.pem --rewrite --to".split(' '));
    command.arg(world.path("a"));
    world.dress(&mut command);
    let output = command.output().expect("strace starts");
    ends(&output, 14);
    let after = world.bytes("a");
    assert_eq!(after[ADA], before[ADA]);
    let kept = after.iter().filter(|(name, _)| name.starts_with(ADA));
    let mut kept = kept.filter(|(_, bytes)| **bytes == before[&format!("{ADA}.cms")]);
    assert!(kept.next().is_some(), "{:?}", after.keys());
    let restore = "backup restore a --into new --escrow-key escrow.key";
    ends(&world.run(restore), 0);
    assert_eq!(files(&world.path("new")).len(), ALL.len());
    ends(&world.backup_with_escrow("--to a"), 0);
    ends(&world.run("backup verify a --escrow-key escrow.key"), 0);
    assert_eq!(files(&world.path("a")).len(), before.len());
}
