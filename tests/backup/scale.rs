//! What a run writes for its records where there are thousands of identities: no more than for the
//! files that it saves.

use std::collections::HashSet;
use std::ops::Range;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use base64ct::{Base64, Encoding as _};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::{MANIFEST, World, ends, files, json, said};

const CHANGES: &str = "certstow-manifest.changes";

/// Where the serial number of Grace's certificate stands.
const SERIAL: [u8; 20] = [
    0x40, 0x0e, 0xd3, 0xfe, 0xb0, 0x5e, 0x2f, 0xb7, 0x67, 0x49, 0x11, 0x35, 0xa2, 0x07, 0xae, 0x68,
    0x1a, 0xb5, 0x38, 0x5f,
];

const BEGIN: &str = "-----BEGIN CERTIFICATE-----\n";
const END: &str = "-----END CERTIFICATE-----\n";

impl World {
    /// Puts certificates like Grace's, with her key and these numbers, into a store.
    pub(crate) fn make_many(&self, store: &str, numbers: Range<u32>) {
        let folder = self.path(store);
        let grace = fs::read_to_string(self.path("store/grace-example.pem")).expect("a sample");
        let (before, rest) = grace.split_once(BEGIN).expect("a certificate");
        let (base64, after) = rest.split_once(END).expect("its end");
        let base64: String = base64.split_whitespace().collect();
        let der = Base64::decode_vec(&base64).expect("its bytes");
        let serial = der.windows(SERIAL.len()).position(|part| part == SERIAL);
        let number_at = serial.expect("its serial number") + SERIAL.len() - 4;
        if fs::create_dir(&folder).is_ok() {
            fs::write(folder.join("key.pem"), format!("{before}{after}")).expect("the key");
        }
        let certificates = numbers.clone().map(|number| {
            let mut der = der.clone();
            der[number_at..number_at + 4].copy_from_slice(&number.to_be_bytes());
            format!("{BEGIN}{}\n{END}", Base64::encode_string(&der))
        });
        let text: String = certificates.collect();
        let file = folder.join(format!("{}.pem", numbers.start));
        fs::write(file, text).expect("the certificates");
    }

    /// How many bytes a backup of them hands to the system to be written.
    fn bytes_written(&self, words: &str) -> u64 {
        let mut command = self.command(&format!("{MANY} --to a {words}"));
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("certstow starts");
        let pid = Pid::from_child(&child);
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        waitid(WaitId::Pid(pid), ended).expect("it ends");
        let counts = fs::read_to_string(format!("/proc/{}/io", child.id())).expect("its counts");
        assert!(child.wait().expect("it has ended").success());
        let written = counts.lines().find_map(|line| line.strip_prefix("wchar: "));
        written
            .and_then(|count| count.parse().ok())
            .expect("a count")
    }

    fn size(&self, name: &str) -> u64 {
        let found = self.path("a").join(name).metadata();
        found.map_or(0, |found| found.len())
    }

    /// The entries of the manifest's file alone.
    fn entries(&self) -> Vec<serde_json::Value> {
        let text = fs::read(self.path("a").join(MANIFEST)).expect("a manifest");
        let manifest: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        manifest["entries"].as_array().expect("entries").clone()
    }

    /// Every reader knows this many files, and all of them are whole.
    fn has_whole(&self, count: usize) {
        let verdict = self.run("backup verify --json a");
        ends(&verdict, 0);
        let verdict = json(&verdict);
        let found = verdict["folders"][0]["files"].as_array().expect("files");
        assert_eq!(found.len(), count);
    }
}

const MANY: &str = "backup --store many --iterations 1 --chain none --password-env SECRET --quiet";

#[test]
fn manifest_writes_stay_below_file_sizes() {
    const MOST: u32 = 2000;
    let world = World::new();
    world.make_many("many", 0..MOST);
    let written = world.bytes_written("");
    let key_files = |world: &World| -> u64 {
        let names = files(&world.path("a")).into_iter();
        let names = names.filter(|name| name.ends_with(".p12"));
        names.map(|name| world.size(&name)).sum()
    };
    let (saved, manifest) = (key_files(&world), world.size(MANIFEST));
    assert!(manifest > 500_000, "{manifest} bytes are few");
    assert!(
        written < 3 * (saved + manifest),
        "{written}: {saved}, {manifest}"
    );
    // What is recorded of them takes no more than they do.
    assert!(written < 2 * saved, "{written}: {saved}");
    assert_eq!(world.size(CHANGES), 0);
    world.has_whole(MOST as usize);

    for number in MOST..MOST + 3 {
        world.make_many("many", number..number + 1);
        let before = key_files(&world);
        let written = world.bytes_written("");
        let saved = key_files(&world) - before;
        assert!(written < 3 * saved + 4096, "{written}: {saved}");
        assert_eq!(world.size(MANIFEST), manifest);
        world.has_whole(number as usize + 1);
    }
    assert_eq!(world.entries().len(), MOST as usize);
    assert!(world.bytes_written("") < 4096);
}

#[test]
fn backup_when_killed_has_recorded_its_files() {
    const MOST: u32 = 2000;
    let world = World::new();
    world.make_many("many", 0..MOST);
    let mut run = world.command(&format!("{MANY} --to a"));
    let mut run = run.stdout(Stdio::null()).spawn().expect("certstow starts");
    while world.size(CHANGES) == 0 {
        assert!(
            run.try_wait().expect("its state").is_none(),
            "it was too quick"
        );
        thread::sleep(Duration::from_millis(10));
    }
    run.kill().expect("it can be killed");
    run.wait().expect("it ends");
    assert_eq!(world.size(MANIFEST), 0);
    let verdict = json(&world.run("backup verify --json a"));
    let found = verdict["folders"][0]["files"].as_array().expect("files");
    let whole = found.iter().filter(|file| file["state"] == "whole").count();
    assert!(whole > 0);
    let lost = found.iter().filter(|file| file["state"] == "missing");
    assert_eq!(lost.count(), 0);

    let output = world.run(&format!("{MANY} --to a --json"));
    ends(&output, 0);
    assert_eq!(json(&output)["destinations"][0]["unchanged"], whole);
    assert_eq!(world.size(CHANGES), 0);
    assert_eq!(world.entries().len(), MOST as usize);
    world.has_whole(MOST as usize);
}

#[test]
fn changes_file_damage_is_reported_and_repaired() {
    const MOST: u32 = 150;
    let world = World::new();
    world.make_many("many", 0..MOST);
    ends(&world.run(&format!("{MANY} --to a")), 0);
    for number in MOST..MOST + 2 {
        world.make_many("many", number..number + 1);
        ends(&world.run(&format!("{MANY} --to a")), 0);
    }
    // The middle is in the first of the two lines.
    world.damage(&format!("a/{CHANGES}"));
    let reason = "line 2 of certstow-manifest.changes is not what was written";
    for words in [
        "backup verify a",
        "doctor --store many --to a",
        "report --store many --backup a -o page.html",
    ] {
        let shown = said(&world.run(words));
        assert!(shown.contains(reason), "{words}: {shown}");
    }
    let output = world.run(&format!("{MANY} --to a --json"));
    ends(&output, 0);
    assert_eq!(json(&output)["destinations"][0]["mended"], MOST + 2);
    world.has_whole(MOST as usize + 2);
    for name in [MANIFEST, CHANGES] {
        assert!(world.size(&format!("{name}.damaged")) > 0, "{name}");
    }
}

/// On a share each of them is waited for.
#[test]
#[ignore = "needs strace"]
fn backup_checks_unchanged_files_in_parallel() {
    let world = World::new();
    world.make_many("many", 0..40);
    ends(&world.run(&format!("{MANY} --to a")), 0);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "strace.log", "-e", "trace=openat"]);
    command.args(["-e", "inject=openat:delay_exit=10000"]);
    command.arg(env!("CARGO_BIN_EXE_certstow"));
    command.args(format!("{MANY} --to a").split_whitespace());
    world.dress(&mut command);
    ends(&command.output().expect("strace starts"), 0);
    let log = fs::read_to_string(world.path("strace.log")).expect("what it wrote");
    let opened = log
        .lines()
        .filter(|line| line.contains("\"a/grace-example--"));
    let threads = opened.filter_map(|line| line.split_whitespace().next());
    let threads: HashSet<&str> = threads.collect();
    assert!(threads.len() > 4, "{threads:?}");
}
