//! The same of an NSS database: its primary password, which is the canary, what is made of that, and the
//! private keys that it has.

use std::path::Path;
use std::process::{Command, Stdio};

use sha1::Digest as _;

use crate::canary::{Canaries, PASSWORDS};
use crate::image::{RENAME, hold, hold_nothing_at_exit};
use crate::keep_in_every_way;
use crate::table::Case;
use crate::world::{Source, World};

/// As in the table. `profile` is the database.
const CASES: [Case; 6] = [
    Case::new("list --store nss:profile").unlock().image(),
    Case::new("export Ada --store nss:profile --iterations 2000 --force -o new.p12")
        .password()
        .also_unlock()
        .prompts(3)
        .image(),
    Case::new("export Grace --store nss:profile --iterations 2000 --force --format pem -o new.pem")
        .password()
        .also_unlock()
        .prompts(3)
        .image(),
    Case::new("backup --to of-profile --store nss:profile --iterations 2000 --rewrite")
        .password()
        .also_unlock()
        .prompts(3)
        .image(),
    Case::new("doctor --store nss:profile").unlock().image(),
    // By NSS's own library.
    Case::new("import ada.p12 --store nss:profile --force")
        .password()
        .also_unlock()
        .prompts(2)
        .image(),
];

/// A world with the database, and what is made of its primary password among the canaries.
fn world(password: &'static str) -> (World, Canaries) {
    let world = World::new(password);
    let folder = world.folder().join("profile");
    std::fs::create_dir(&folder).expect("a folder");
    let database = format!("sql:{}", folder.display());
    let file = world.password_file();
    let mut create = Command::new("certutil");
    run(create.args(["-N", "-d", &database, "-f"]).arg(&file));
    for identity in ["ada.p12", "grace.p12"] {
        let mut import = Command::new("pk12util");
        import.args(["-d", &database, "-i"]);
        import.arg(world.folder().join(identity));
        run(import.arg("-w").arg(&file).arg("-k").arg(&file));
    }
    let mut canaries = world.canaries().clone();
    let salted = [&salt(&folder)[..], password.as_bytes()].concat();
    canaries.add_bytes("the base key", &sha1::Sha1::digest(salted));
    (world, canaries)
}

/// What the primary password is hashed with.
fn salt(folder: &Path) -> Vec<u8> {
    let script = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(\
                  \"select item1 from metaData where id = 'password'\").fetchone()[0].hex())";
    let has_sqlite = |program: &&str| {
        let tried = Command::new(program)
            .args(["-c", "import sqlite3"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    let mut programs = ["python3", "/usr/bin/python3"].into_iter();
    let program = programs.find(has_sqlite).expect("a Python with SQLite");
    let mut read = Command::new(program);
    let hex = run(read.args(["-c", script]).arg(folder.join("key4.db")));
    let hex = hex.trim();
    // A longer one is hashed otherwise.
    assert_eq!(hex.len(), 40, "{hex}");
    let bytes = (0..hex.len()).step_by(2);
    let bytes = bytes.map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    bytes.collect::<Result<_, _>>().expect("hexadecimal")
}

pub(crate) fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
#[ignore = "needs NSS and Python"]
fn commands_keep_secrets_of_a_database() {
    for password in PASSWORDS {
        keep_in_every_way(&world(password).0, &CASES);
    }
}

#[test]
#[ignore = "needs NSS, Python, strace, and root"]
fn memory_at_exit_holds_no_secret_of_a_database() {
    let (world, canaries) = world(PASSWORDS[1]);
    hold_nothing_at_exit(&world, &CASES, &canaries);
}

/// While the file is written, the key that came out of the database is there.
#[test]
#[ignore = "needs NSS, Python, strace, and root"]
fn memory_search_finds_secrets_of_a_database_during_work() {
    let (world, canaries) = world(PASSWORDS[1]);
    let mut case = CASES[1];
    case.words = "export Ada --store nss:profile --iterations 2000 -o at-work.p12";
    let held = hold(&world, &case, Source::File, RENAME);
    let found = held.found(&canaries, false);
    for what in ["the password in UTF-8", "RSA's d, big-endian"] {
        let mut found = found.iter();
        assert!(found.any(|found| found.starts_with(what)), "{found:#?}");
    }
}
