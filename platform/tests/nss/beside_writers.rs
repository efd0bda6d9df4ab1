//! Other programs at work on the files, or ended in the middle.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use certstow_platform::error::StoreError;
use certstow_platform::store::{KeyState, NonInteractive};

use super::database::{Profile, TRANSPORT, python, python_command, run};
use super::{assert_exports, copied, entry, key_of, list, pkcs8, problems, store, with, with_many};

/// Begins a transaction that changes every row of a table and the file itself, and ends without a word.
const KILLED: &str = "import os, sqlite3, sys; \
    database = sqlite3.connect(sys.argv[1], isolation_level=None); \
    database.execute('pragma cache_size = 2'); database.execute('begin'); \
    database.execute('delete from ' + sys.argv[2]); \
    [database.execute('insert into ' + sys.argv[2] + ' (id, a11) values (?, ?)', \
    (number, os.urandom(9000))) for number in range(60)]; os._exit(0)";

/// Locks a file for itself until its input ends.
const LOCKING: &str = "import sqlite3, sys; \
    database = sqlite3.connect(sys.argv[1], isolation_level=None); \
    database.execute('begin exclusive'); print('locked', flush=True); sys.stdin.read()";

/// Gives every row another nickname, the same to all, and again, with as little rest as readers need.
const RENAMING: &str = "import itertools, sqlite3, sys, time; \
    database = sqlite3.connect(sys.argv[1], isolation_level=None); \
    database.execute('pragma synchronous = off'); \
    change = 'update nssPublic set a3 = ?'; \
    [(database.execute(change, (str(10**6 + number).encode(),)), \
    number or print('begun', flush=True), time.sleep(0.01)) for number in itertools.count()]";

/// What of a table SQLite itself finds in a file.
const COUNTING: &str = "import sqlite3, sys; \
    print(sqlite3.connect(sys.argv[1]).execute('select count(*) from ' + sys.argv[2]).fetchone()[0])";

/// Leaves a file of a database as a killed writer does, with a journal.
pub(crate) fn kill_writer(file: &Path, table: &str) {
    let before = fs::read(file).unwrap();
    python(KILLED, &[file, Path::new(table)]);
    assert!(fs::read(file).unwrap() != before && journal_of(file).exists());
}

fn journal_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-journal");
    name.into()
}

/// A program that uses a file until this is dropped.
struct Program(Child);

impl Program {
    /// One that is at it already: it has said a word.
    fn begun(script: &str, file: &Path) -> Self {
        let mut child = python_command(script)
            .arg(file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut said).unwrap();
        assert!(["locked", "begun"].contains(&said.trim()), "{said}");
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_and_private_key_pass_by_locks() {
    let profile = with("rsa");
    let _locking = ["cert9.db", "key4.db"].map(|name| Program::begun(LOCKING, &profile.path(name)));
    assert_exports(&profile, "rsa");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_and_private_key_hold_while_others_import() {
    const IMPORTS: usize = 12;
    let profile = with("rsa");
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    // What is imported meanwhile is packed before.
    let files: Vec<PathBuf> = (0..IMPORTS)
        .map(|number| {
            let maker = Profile::new("");
            maker.import_made(&curve, &format!("/CN={number}"), &number.to_string());
            let file = profile.path(&format!("{number}.p12"));
            fs::copy(maker.path("in.p12"), &file).unwrap();
            file
        })
        .collect();
    let is_done = AtomicBool::new(false);
    let mut readings = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for file in &files {
                let mut import = profile.tool("pk12util");
                import.args(["-W", TRANSPORT, "-i"]).arg(file);
                run(import.arg("-k").arg(profile.path("password")));
            }
            is_done.store(true, Ordering::Relaxed);
        });
        let kept = store(&profile);
        let mut known = 1;
        while !is_done.load(Ordering::Relaxed) || readings < 100 {
            readings += 1;
            let fresh = store(&profile);
            for store in [&kept, &fresh] {
                let listing = store.list().unwrap();
                assert_eq!(problems(&listing), Vec::<String>::new());
                assert!(listing.entries.len() >= known);
                known = listing.entries.len();
                let mut states = listing.entries.iter().map(|entry| &entry.key);
                assert!(states.all(|key| *key == KeyState::Exportable));
                let key = key_of(&**store, "rsa", &mut NonInteractive).unwrap();
                assert!(key == pkcs8("rsa"));
            }
        }
        assert_eq!(kept.list().unwrap().entries.len(), IMPORTS + 1);
    });
}

/// Every row is changed in each transaction, over several pages.
#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_never_mixes_two_moments() {
    const COUNT: usize = 400;
    let profile = with_many(COUNT);
    let mut labels = HashSet::new();
    {
        let _program = Program::begun(RENAMING, &profile.path("cert9.db"));
        let began = Instant::now();
        while labels.len() < 300 {
            assert!(
                began.elapsed() < Duration::from_secs(120),
                "{}",
                labels.len()
            );
            let listing = match store(&profile).list() {
                Ok(listing) => listing,
                Err(StoreError::Unavailable { reason, .. }) => {
                    assert!(reason.ends_with("it is being written to"), "{reason}");
                    continue;
                }
                Err(error) => panic!("{error:?}"),
            };
            assert_eq!(problems(&listing), Vec::<String>::new());
            assert_eq!(listing.entries.len(), COUNT);
            let now: HashSet<_> = listing.entries.iter().map(|entry| &entry.label).collect();
            assert_eq!(now.len(), 1, "{now:?}");
            labels.insert(listing.entries[0].label.clone());
        }
    }
    assert_exports(&profile, "rsa");
}

/// Changes a file's change counter without a pause until it is told to stop.
fn change_counter(file: &Path, is_done: &AtomicBool) {
    let file = OpenOptions::new().write(true).open(file).unwrap();
    for counter in 1_u32.. {
        file.write_all_at(&counter.to_be_bytes(), 24).unwrap();
        if is_done.load(Ordering::Relaxed) {
            break;
        }
    }
}

/// What comes of it once the other program leaves no pause to read in.
fn until_changing<T>(profile: &Profile, file: &str, attempt: impl Fn() -> Option<T>) -> T {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| change_counter(&profile.path(file), &is_done));
        let began = Instant::now();
        let found = loop {
            match attempt() {
                None if began.elapsed() < Duration::from_secs(120) => {}
                found => break found,
            }
        };
        is_done.store(true, Ordering::Relaxed);
        found.unwrap()
    })
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_says_what_is_being_written_to() {
    let profile = with("rsa");
    let reason = until_changing(&profile, "cert9.db", || match store(&profile).list() {
        Err(StoreError::Unavailable { reason, .. }) => Some(reason),
        other => other.map(|_| None).unwrap(),
    });
    assert!(
        reason.contains("cert9.db") && reason.ends_with("it is being written to"),
        "{reason}"
    );

    let listing = until_changing(&profile, "key4.db", || {
        let listing = list(&profile);
        (!listing.problems.is_empty()).then_some(listing)
    });
    assert_eq!(entry(&listing, "rsa").key, KeyState::Unknown);
    let told = problems(&listing).concat();
    assert!(told.contains("key4.db: it is being written to"), "{told}");
    let error = until_changing(&profile, "key4.db", || {
        key_of(&*store(&profile), "rsa", &mut NonInteractive).err()
    });
    assert!(
        matches!(&error, StoreError::Unavailable { reason, .. } if reason.contains("key4.db")),
        "{error:?}"
    );
    assert_exports(&profile, "rsa");
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_and_private_key_undo_what_killed_writers_began() {
    let profile = with("rsa");
    for (name, table) in [("cert9.db", "nssPublic"), ("key4.db", "nssPrivate")] {
        kill_writer(&profile.path(name), table);
        let left = ["cert9.db", "key4.db"].map(|name| fs::read(profile.path(name)).unwrap());
        assert_exports(&profile, "rsa");
        // In memory alone: to write is not for a reader.
        let now = ["cert9.db", "key4.db"].map(|name| fs::read(profile.path(name)).unwrap());
        assert!(left == now && journal_of(&profile.path(name)).exists());
    }
}

/// A transaction over both files, of which one still has its journal: it is finished once the file is gone
/// that stands for it, and SQLite says so, too.
#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_goes_by_super_journal() {
    let made = with("rsa");
    let whole = count(&copied(&made));
    for is_there in [true, false] {
        let profile = copied(&made);
        let file = profile.path("cert9.db");
        kill_writer(&file, "nssPublic");
        let super_journal = profile.path("cert9.db-mj0123456789");
        name_super_journal(&journal_of(&file), &super_journal);
        if is_there {
            // It names the journals of the transaction.
            let named = [journal_of(&file).as_os_str().as_encoded_bytes(), b"\0"].concat();
            fs::write(&super_journal, named).unwrap();
        }
        let listing = list(&profile);
        let judged = count(&profile);
        if is_there {
            assert_eq!(judged, whole);
            assert_eq!(problems(&listing), Vec::<String>::new());
            assert_eq!(entry(&listing, "rsa").key, KeyState::Exportable);
        } else {
            assert_ne!(judged, whole);
            assert!(listing.entries.is_empty(), "{:?}", listing.entries);
        }
    }
}

/// A folder that was copied names its super-journal where it was before.
#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_looks_for_super_journal_beside_database_only() {
    let profile = with("rsa");
    let file = profile.path("cert9.db");
    kill_writer(&file, "nssPublic");
    name_super_journal(
        &journal_of(&file),
        Path::new(r"C:\Users\ada\profile\cert9.db-mj0123456789"),
    );
    fs::write(profile.path("cert9.db-mj0123456789"), "").unwrap();
    assert_exports(&profile, "rsa");
}

/// The rows of `nssPublic` that SQLite finds.
fn count(profile: &Profile) -> String {
    let found = python(
        COUNTING,
        &[&profile.path("cert9.db"), Path::new("nssPublic")],
    );
    String::from_utf8(found).unwrap()
}

/// Ends a journal with the name of a super-journal (`writeSuperJournal` of SQLite's `pager.c`).
fn name_super_journal(journal: &Path, name: &Path) {
    const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    let name = name.as_os_str().as_encoded_bytes();
    let page = (0x4000_0000_u32 / 4096 + 1).to_be_bytes();
    let length = (name.len() as u32).to_be_bytes();
    let sum: u32 = name.iter().map(|&octet| u32::from(octet)).sum();
    let mut end = Vec::new();
    for part in [&page[..], name, &length, &sum.to_be_bytes(), &MAGIC] {
        end.extend_from_slice(part);
    }
    let mut file = OpenOptions::new().append(true).open(journal).unwrap();
    file.write_all(&end).unwrap();
}
