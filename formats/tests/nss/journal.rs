//! Databases whose writer was killed, undone by certstow and recovered by SQLite.

use std::fs;
use std::path::{Path, PathBuf};

use certstow_formats::nss::journal::{is_hot, super_journal, undo};
use certstow_formats::nss::sqlite::{Database, Limits};
use certstow_formats::testing::Random;

use super::material::{Profile, listed, opened, python};

const SCRIPT: &str = include_str!("recover.py");

/// A database as a killed writer left it.
struct Killed {
    name: String,
    before: Vec<u8>,
    database: Vec<u8>,
    journal: Vec<u8>,
}

/// One for each way of writing.
fn killed() -> Vec<Killed> {
    let folder = tempfile::tempdir().unwrap();
    python(SCRIPT, &[Path::new("kill"), folder.path()]);
    let names = fs::read_dir(folder.path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<_> = names
        .filter_map(|name| name.strip_suffix("-journal").map(str::to_owned))
        .collect();
    assert_eq!(names.len(), 20);
    let bytes = |name: String| fs::read(folder.path().join(name)).unwrap();
    names
        .into_iter()
        .map(|name| Killed {
            before: bytes(format!("{name}.before")),
            database: bytes(name.clone()),
            journal: bytes(format!("{name}-journal")),
            name,
        })
        .collect()
}

/// What SQLite makes of each database and its journal; `None` of one that became larger than certstow
/// reads.
fn recovered(files: &[(Vec<u8>, Vec<u8>)]) -> Vec<Option<Vec<u8>>> {
    let folder = tempfile::tempdir().unwrap();
    let path = |number: usize, ending: &str| folder.path().join(format!("{number}{ending}"));
    for (number, (database, journal)) in files.iter().enumerate() {
        fs::write(path(number, ""), database).unwrap();
        fs::write(path(number, "-journal"), journal).unwrap();
    }
    python(SCRIPT, &[Path::new("recover"), folder.path()]);
    let limit = Limits::default().max_bytes as u64;
    let paths = (0..files.len()).map(|number| path(number, ""));
    let is_small = |path: &PathBuf| fs::metadata(path).unwrap().len() <= limit;
    let read = |path: PathBuf| is_small(&path).then(|| fs::read(path).unwrap());
    paths.map(read).collect()
}

#[test]
#[ignore = "needs Python"]
fn undo_gives_state_before_killed_writer() {
    let mut changed = 0;
    for Killed {
        name,
        before,
        database,
        journal,
    } in killed()
    {
        changed += usize::from(before != database);
        assert!(is_hot(&journal), "{name}");
        assert_eq!(super_journal(&journal), None, "{name}");
        let undone = undo(database, &journal, &Limits::default()).unwrap();
        assert!(undone == before, "{name}");
        let database = Database::open(&undone, &Limits::default()).unwrap();
        let table = database.table("nssPublic").unwrap().unwrap();
        let rows: Vec<_> = database.rows(&table).collect();
        assert!(rows.iter().all(Result::is_ok) && rows.len() == 40, "{name}");
    }
    assert!(changed > 15, "{changed} of the writers had begun");
}

#[test]
#[ignore = "needs Python"]
fn undo_agrees_with_sqlite_on_damaged_journals() {
    const HEADER: usize = 28;
    let mut random = Random::new(3);
    let mut cases = Vec::new();
    for Killed {
        database, journal, ..
    } in killed()
    {
        cases.push((database.clone(), journal.clone()));
        for _ in 0..8 {
            let mut cut = journal.clone();
            cut.truncate(random.below(cut.len()));
            cases.push((database.clone(), cut));
            let mut flipped = journal.clone();
            flipped[random.below(journal.len())] ^= 1 << random.below(8);
            cases.push((database.clone(), flipped));
        }
        for at in 0..HEADER {
            // Not those that SQLite's own limits are read from.
            let mut flipped = journal.clone();
            flipped[at] ^= 1 << random.below(8);
            cases.push((database.clone(), flipped));
        }
        let mut zeroed = journal.clone();
        zeroed[..HEADER].fill(0);
        cases.push((database.clone(), zeroed));
        cases.push((database, Vec::new()));
    }
    let judged = recovered(&cases);
    let mut undone = 0;
    for (number, ((database, journal), judged)) in cases.into_iter().zip(judged).enumerate() {
        let header = journal[..journal.len().min(HEADER)].to_vec();
        let before = database.clone();
        match undo(database, &journal, &Limits::default()) {
            Ok(result) => {
                undone += usize::from(result != before);
                assert!(Some(result) == judged, "{number}: {header:02x?}");
            }
            // SQLite makes a file of that size, where the disk lets it.
            Err(error) => {
                let [pages, size] = [16, 24].map(|at| header[at..at + 4].try_into().unwrap());
                let [pages, size] = [pages, size].map(|field| u64::from(u32::from_be_bytes(field)));
                assert!(pages * size > Limits::default().max_bytes as u64, "{error}");
            }
        }
    }
    assert!(undone > 200, "{undone}");
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn read_undoes_transaction_of_killed_writer() {
    const KILLED: &str = "import os, sqlite3, sys; \
        database = sqlite3.connect(sys.argv[1], isolation_level=None); \
        database.execute('pragma cache_size = 2'); database.execute('begin'); \
        database.execute('delete from ' + sys.argv[2]); \
        [database.execute('insert into ' + sys.argv[2] + ' (id, a11) values (?, ?)', \
        (number, os.urandom(9000))) for number in range(60)]; os._exit(0)";
    let profile = Profile::new("right");
    profile.import_fixture("rsa", "Ada");
    for (name, table) in [("cert9.db", "nssPublic"), ("key4.db", "nssPrivate")] {
        let before = profile.bytes(name).database;
        python(KILLED, &[&profile.path(name), Path::new(table)]);
        let after = profile.bytes(name);
        assert!(after.database != before && after.journal.is_some());
        let database = profile.read();
        assert_eq!(database.problems, []);
        assert!(opened(&database, listed(&database, "rsa"), "right").is_ok());
    }
}
