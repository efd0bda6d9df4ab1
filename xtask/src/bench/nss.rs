//! Databases of NSS, as Firefox has them: listing one and exporting from it beside NSS's own tools on the
//! same database, and finding out that there is none.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::medians::{QUICK_RUNS, SLOW_RUNS, medians};
use super::report::{ratio, show, verdict};
use super::subject::Bench;
use crate::certificates::{Pair, Validity};
use crate::command::{capture, command, ensure, program, succeeds};
use crate::files;

/// Adds the other identities to a database of one.
const FILL: &str = include_str!("nss_fill.py");

/// What opens the keys of a database that has a password.
const PASSWORD: &str = "primary password";

/// How long listing a database of 500 may take, in milliseconds.
const LIST_LIMIT: f64 = 40.0;

/// A database, and the file with its password.
struct Database {
    folder: PathBuf,
    password: PathBuf,
}

pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let some = bench.database(500, "")?;
    let locked = bench.database(500, PASSWORD)?;
    let many = bench.database(10_000, "")?;
    // Of the larger one it takes minutes.
    for database in [&some, &locked] {
        certutil_finds(database, 500)?;
    }
    bench.list_databases(&some, &many)?;
    bench.list_locked(&locked)?;
    bench.export_from(&some, "500")?;
    bench.export_from(&locked, "500, by the primary password")?;
    bench.export_from(&many, "10,000")?;
    bench.list_nothing()
}

impl Bench {
    fn list_databases(&self, some: &Database, many: &Database) -> Result<(), String> {
        let mut jobs = [self.list_of_database(some), certutil(some)].map(|job| vec![job]);
        let [ours, theirs] = medians(&mut jobs, SLOW_RUNS)?;
        println!("list --json of 500 in a database of NSS: {}", show(ours));
        verdict("ms", ours.as_secs_f64() * 1000.0, LIST_LIMIT);
        ratio("of certutil -L", ours, theirs, 1.0);

        let [twentyfold] = medians(&mut [vec![self.list_of_database(many)]], SLOW_RUNS)?;
        println!("list --json of 10,000: {}", show(twentyfold));
        ratio("of twenty times 500", twentyfold, ours * 20, 1.2);
        Ok(())
    }

    /// With a primary password, which is asked for where keys are wanted, and tried where it is given.
    fn list_locked(&self, locked: &Database) -> Result<(), String> {
        let mut unlocked = self.list_of_database(locked);
        unlocked.arg("--unlock-password-file").arg(&locked.password);
        let mut jobs = [vec![self.list_of_database(locked)], vec![unlocked]];
        let [without, with] = medians(&mut jobs, SLOW_RUNS)?;
        for (time, password) in [(without, "without"), (with, "with")] {
            let time = show(time);
            println!("list --json of 500, {password} their primary password: {time}");
        }
        verdict("ms", with.as_secs_f64() * 1000.0, LIST_LIMIT);
        Ok(())
    }

    /// One identity out of many, as a file at iterations that cost nothing.
    fn export_from(&self, database: &Database, of: &str) -> Result<(), String> {
        let (program, folder) = (&self.certstow, &database.folder);
        let store = store(database);
        let password = &database.password;
        let [ours, theirs] =
            ["nss-certstow.p12", "nss-pk12util.p12"].map(|name| self.folder.join(name));
        let certstow = command!(
            "{program} export 'Bench 000321' --store {store} --unlock-password-file {password}
             --iterations 1 --force --password-env BENCH_PASSWORD -o {ours}"
        );
        let pk12util =
            command!("pk12util -d {folder} -n 'Bench 000321' -k {password} -W bench -o {theirs}");
        let [ours, theirs] = medians(&mut [vec![certstow], vec![pk12util]], SLOW_RUNS)?;
        println!("export out of {of}: {}", show(ours));
        ratio("of pk12util -o", ours, theirs, 1.0);
        Ok(())
    }

    /// What an account without any browser pays for its being looked for.
    fn list_nothing(&self) -> Result<(), String> {
        let home = self.folder.join("nobody");
        files::remove(&home)?;
        files::create_folder(&home)?;
        let list = |program: &Path| {
            let mut list = command!("{program} list --json");
            list.env("HOME", &home).env("CERTSTOW_CONFIG", "");
            for variable in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "CERTSTOW_STORE"] {
                list.env_remove(variable);
            }
            vec![list]
        };
        let beside = self.beside.as_ref().unwrap_or(&self.certstow);
        let mut jobs = [list(&self.certstow), list(beside)];
        let [ours, other] = medians(&mut jobs, QUICK_RUNS)?;
        println!("list --json where there is nothing: {}", show(ours));
        if self.beside.is_some() {
            ratio("of the program beside it", ours, other, 1.1);
        }
        Ok(())
    }

    fn list_of_database(&self, database: &Database) -> Command {
        let program = &self.certstow;
        let store = store(database);
        command!("{program} list --json --store {store}")
    }

    /// A database of so many identities, made once. The first is put there by NSS.
    fn database(&self, count: u32, password: &str) -> Result<Database, String> {
        let name = if password.is_empty() {
            "open"
        } else {
            "locked"
        };
        let folder = self.folder.join(format!("nss-{count}-{name}"));
        let database = Database {
            password: folder.with_extension("password"),
            folder,
        };
        let complete = database.folder.with_extension("complete");
        if complete.exists() {
            return Ok(database);
        }
        let pairs = self.store(count)?;
        let folder = &database.folder;
        println!("making a database of NSS of them in {}", folder.display());
        files::remove(folder)?;
        files::create_folder(folder)?;
        files::write(&database.password, password)?;
        self.create(&database, password.is_empty())?;
        let python = python()?;
        capture(&mut command!(
            "{python} -c {FILL} {folder} {password} {pairs}"
        ))?;
        files::write(&complete, "")?;
        Ok(database)
    }

    /// A database of the first identity, by NSS's own tools.
    fn create(&self, database: &Database, is_open: bool) -> Result<(), String> {
        let Database { folder, password } = database;
        let [pem, file] = ["first.pem", "first.p12"].map(|name| self.folder.join(name));
        let pair = Pair::person(1, Validity::Long).and_then(|pair| pair.pem());
        files::write(&pem, pair.map_err(|error| error.to_string())?)?;
        capture(&mut match is_open {
            true => command!("certutil -N -d {folder} --empty-password"),
            false => command!("certutil -N -d {folder} -f {password}"),
        })?;
        capture(&mut command!(
            "openssl pkcs12 -export -name 'Bench 000001' -passout pass:bench -in {pem} -out {file}"
        ))?;
        capture(&mut command!(
            "pk12util -d {folder} -k {password} -W bench -i {file}"
        ))?;
        Ok(())
    }
}

fn store(database: &Database) -> String {
    format!("nss:{}", database.folder.display())
}

fn certutil(database: &Database) -> Command {
    let folder = &database.folder;
    command!("certutil -L -d {folder}")
}

/// NSS itself finds a private key for each of so many certificates.
fn certutil_finds(database: &Database, count: usize) -> Result<(), String> {
    let listed = capture(&mut certutil(database))?;
    let found = String::from_utf8_lossy(&listed).matches("u,u,u").count();
    ensure(found == count, || {
        format!("certutil finds {found} of {count} identities")
    })
}

/// A Python that has the modules of the script.
fn python() -> Result<&'static str, String> {
    let has_both =
        |name: &&str| succeeds(program(name).args(["-c", "import cryptography, sqlite3"]));
    let mut names = ["python3", "/usr/bin/python3"].into_iter();
    names
        .find(has_both)
        .ok_or_else(|| "there is no Python with cryptography and SQLite".to_owned())
}
