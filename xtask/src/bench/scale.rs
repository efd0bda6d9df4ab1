//! How the cost of each command grows: every row runs at two sizes, the larger four times the
//! smaller. Four times the cost is linear, and more than six is a fault that this bench fails for.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cost::{self, Cost};
use super::report::MEBIBYTE;
use super::scene::{NO_PASSWORD, PASSWORD, QUICK, Scene};
use super::subject::Bench;
use crate::command::ensure;
use crate::{files, setup};

/// How much larger the larger size is.
const FACTOR: u32 = 4;
/// How much the cost may grow meanwhile.
const GROWTH: f64 = 6.0;
/// How often each is run, and for how long at most; the least cost counts, since whatever else the
/// machine does only adds to it.
const RUNS: usize = 3;
const LONG: Duration = Duration::from_secs(10);

/// What is measured of a command.
#[derive(Clone, Copy)]
enum Measure {
    /// Seconds of all cores, to its end.
    Busy,
    /// The same, until it shows this at a terminal.
    BusyUntil(&'static str),
    /// The same of so many at once as the size is.
    BusyTogether,
    /// Mebibytes that it writes.
    Written,
}

use Measure::{Busy, BusyTogether, BusyUntil, Written};

type Words = fn(&Scene<'_>) -> Result<Vec<String>, String>;

struct Row {
    name: &'static str,
    /// The smaller size.
    size: u32,
    measure: Measure,
    /// The words of the command, the program first, once what they name is there.
    words: Words,
}

const fn row(name: &'static str, size: u32, measure: Measure, words: Words) -> Row {
    Row {
        name,
        size,
        measure,
        words,
    }
}

const ROWS: &[Row] = &[
    row("list", 2500, Busy, |at| {
        Ok(at.words(&["list", "--store", &at.store()?]))
    }),
    row("list --tree", 500, Busy, |at| {
        let stores = ["--store", &at.store()?, "--store", &at.issuer()?];
        Ok(at.words(&[&["list", "--tree"][..], &stores].concat()))
    }),
    row("list --tree, as many CAs of one name", 150, Busy, |at| {
        let stores = ["--store", &at.store()?, "--store", &at.namesakes()?];
        Ok(at.words(&[&["list", "--tree"][..], &stores].concat()))
    }),
    row("show", 2500, Busy, |at| {
        Ok(at.words(&["show", "Bench 000007", "--store", &at.store()?]))
    }),
    row(
        "export, to its first question",
        2500,
        BusyUntil("Password for"),
        |at| {
            let export = ["export", "Bench 000007", "--store", &at.store()?];
            Ok(at.words(&[&export[..], &["-o", &at.path("7.p12")]].concat()))
        },
    ),
    row(
        "wizard, to its first list",
        2500,
        BusyUntil("Which certificate"),
        |at| Ok(at.words(&["export", "--store", &at.store()?])),
    ),
    row("Tab", 1500, Busy, |at| {
        let asked = format!("certstow\nshow\n--store\n{}\n", at.store()?);
        let words = format!("CERTSTOW_COMPLETE_WORDS={asked}");
        let env = ["env", "CERTSTOW_COMPLETE=powershell", &words];
        let env = env.map(str::to_owned).into_iter();
        Ok(env.chain(at.words(&["--"])).collect())
    }),
    row("report", 2500, Busy, |at| {
        Ok(at.words(&["report", "--store", &at.store()?, "-o", &at.path("r.html")]))
    }),
    row("report, its page drawn by Chromium", 2000, Busy, |at| {
        let page = at.path("report.html");
        at.certstow(&["report", "--store", &at.store()?, "-o", &page])?;
        Ok(drawn(at, &page))
    }),
    row("backup, the first", 250, Busy, |at| {
        backup(at, &[&at.store()?], &[])
    }),
    row("backup, the first: MiB written", 1000, Written, |at| {
        backup(at, &[&at.store()?], &[])
    }),
    row("backup, nothing new", 1000, Busy, |at| {
        at.backup()?;
        backup(at, &[&at.store()?], &[])
    }),
    row("backup, one new", 1000, Busy, one_new),
    row("backup, one new: MiB written", 1000, Written, one_new),
    row("backup --prune-expired", 1000, Busy, |at| {
        let store = at.backup_of_expired()?;
        backup(at, &[&store], &["--prune-expired", "90d"])
    }),
    row(
        "backup of 40 machines in one folder",
        10,
        BusyTogether,
        |at| {
            for machine in 1..=at.size {
                at.people(machine * 5, 5)
                    .and_then(|store| at.copy(&store, &format!("machine-{machine}")))?;
            }
            backup(at, &[&at.path("machine-{}")], &[])
        },
    ),
    row("backup verify, without password", 5000, Busy, |at| {
        Ok(at.words(&["backup", "verify", &at.copied_backup()?]))
    }),
    row("backup verify, with password", 250, Busy, |at| {
        let verify = ["backup", "verify", &at.backup()?];
        Ok(at.words(&[&verify[..], &PASSWORD].concat()))
    }),
    row("backup restore", 125, Busy, |at| {
        let restore = ["backup", "restore", &at.backup_without_password()?];
        let into = ["--into", &at.path("restored")];
        Ok(at.words(&[&restore[..], &into, &NO_PASSWORD].concat()))
    }),
    row("import of one .p12", 25, Busy, |at| {
        import(at, &[&at.pkcs12()?])
    }),
    row("import of one PEM file", 150, Busy, |at| {
        import(at, &[&at.pem()?])
    }),
    row("import of a tenth as many into a folder", 500, Busy, |at| {
        at.copy(&at.store()?, "into")?;
        import(at, &[&at.people(at.size + 1, at.size / 10)?])
    }),
];

/// Into this run's folder, with derivation kept out of it.
fn backup(at: &Scene<'_>, stores: &[&str], more: &[&str]) -> Result<Vec<String>, String> {
    let to = at.path("backup");
    let mut words = vec!["backup", "--to", &to];
    for store in stores {
        words.extend(["--store", store]);
    }
    Ok(at.words(&[&words[..], &PASSWORD, &QUICK, more].concat()))
}

fn one_new(at: &Scene<'_>) -> Result<Vec<String>, String> {
    at.backup()?;
    backup(at, &[&at.store()?, &at.people(at.size + 1, 1)?], &[])
}

fn import(at: &Scene<'_>, files: &[&str]) -> Result<Vec<String>, String> {
    let into = at.path("into");
    let words = [&["import", "--store", &into][..], files, &PASSWORD].concat();
    Ok(at.words(&words))
}

/// Has the first screen of a page drawn, after its script has run, by one process whose cost is that
/// of all.
fn drawn(at: &Scene<'_>, page: &str) -> Vec<String> {
    let fixed = "chromium --headless --disable-gpu --no-sandbox --no-first-run --single-process \
                 --disable-dev-shm-usage --window-size=1280,900";
    let profile = format!("--user-data-dir={}", at.path("profile"));
    let picture = format!("--screenshot={}", at.path("page.png"));
    let fixed = fixed.split_whitespace().map(str::to_owned);
    fixed
        .chain([profile, picture, format!("file://{page}")])
        .collect()
}

/// What a row came to with one program.
struct Growth {
    small: f64,
    large: f64,
}

impl Growth {
    fn factor(&self) -> f64 {
        self.large / self.small
    }

    fn columns(&self) -> String {
        let (small, large) = (self.small, self.large);
        format!("{small:8.3} {large:8.3} {:6.1}", self.factor())
    }
}

pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    setup::require(&setup::CAMERA)?;
    let folder = bench.folder.join("scale");
    files::remove(&folder)?;
    let programs: Vec<&Path> = [Some(&bench.certstow), bench.beside.as_ref()]
        .into_iter()
        .flatten()
        .map(PathBuf::as_path)
        .collect();
    println!(
        "\nhow the cost grows where there is {FACTOR} times as much; seconds of all cores, least of \
         {RUNS} runs"
    );
    let beside = bench
        .beside
        .as_ref()
        .map_or("", |_| "   beside it, the same");
    println!(
        "{:42} {:>13} {:>8} {:>8} growth{beside}",
        "", "sizes", "small", "large"
    );
    let mut grown = Vec::new();
    for row in ROWS {
        let growths = growths(row, &programs, &folder)?;
        let sizes = format!("{}, {}", row.size, row.size * FACTOR);
        let columns: Vec<_> = growths.iter().map(Growth::columns).collect();
        let over = growths[0].factor() > GROWTH;
        let mark = if over { "OVER" } else { "" };
        println!("{:42} {sizes:>13} {} {mark}", row.name, columns.join("  "));
        if over {
            grown.push(row.name);
        }
    }
    files::remove(&folder)?;
    ensure(grown.is_empty(), || {
        format!(
            "the cost grows more than {GROWTH} times of: {}",
            grown.join("; ")
        )
    })
}

/// With each of the programs in turn, the least of several runs at either size.
fn growths(row: &Row, programs: &[&Path], folder: &Path) -> Result<Vec<Growth>, String> {
    let mut growths: Vec<_> = programs
        .iter()
        .map(|_| Growth {
            small: f64::MAX,
            large: f64::MAX,
        })
        .collect();
    let began = Instant::now();
    for _ in 0..RUNS {
        for (program, growth) in programs.iter().zip(&mut growths) {
            let once = |size| once(row, program, size, folder);
            growth.small = growth.small.min(once(row.size)?);
            growth.large = growth.large.min(once(row.size * FACTOR)?);
        }
        if began.elapsed() > LONG {
            break;
        }
    }
    Ok(growths)
}

fn once(row: &Row, certstow: &Path, size: u32, folder: &Path) -> Result<f64, String> {
    let scene = Scene::new(certstow, size, folder)?;
    let words = (row.words)(&scene).map_err(|reason| format!("{}: {reason}", row.name))?;
    let how = match row.measure {
        Busy | Written => vec!["run".to_owned()],
        BusyUntil(text) => vec!["until".to_owned(), text.to_owned()],
        BusyTogether => vec!["together".to_owned(), size.to_string()],
    };
    let how: Vec<&str> = how.iter().map(String::as_str).collect();
    let mut command = cost::measure(&how);
    scene.surround(command.args(&words));
    let cost = match row.measure {
        BusyTogether => {
            let cost = Cost::of(&mut command)?;
            let saved = cost.code;
            if saved < size as usize {
                println!("{}: {saved} of {size} saved", row.name);
            }
            cost
        }
        _ => Cost::of_success(&mut command)?,
    };
    Ok(match row.measure {
        Written => cost.written as f64 / MEBIBYTE,
        _ => cost.busy.as_secs_f64(),
    })
}
