//! A backup of some hundred identities: the first run, which the derivation of keys bounds, beside
//! OpenSSL's making and opening of as many files, and beside a second run with nothing to do.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::cost::{Cost, measure as measure_command};
use super::report::{cores, show, verdict};
use super::subject::Bench;
use crate::certificates::{Pair, Validity};
use crate::command::command;
use crate::files;

const IDENTITIES: u32 = 300;

/// How often the second run is measured.
const RUNS: usize = 5;

/// What certstow remembers.
const DATA: &str = "data";

/// At the default profile and its iterations.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let store = bench.store(IDENTITIES)?;
    let target = bench.folder.join("backup");
    begin_anew(bench, &target)?;
    let first = run(bench, &store, &target, &[])?;
    let mut later = (0..RUNS)
        .map(|_| run(bench, &store, &target, &[]))
        .collect::<Result<Vec<_>, _>>()?;
    later.sort_by_key(|cost| cost.wall);
    let second = &later[RUNS / 2];
    println!(
        "backup of {IDENTITIES} identities: {}, and again {}",
        show(first.wall),
        show(second.wall)
    );
    let again = second.wall.as_secs_f64() / first.wall.as_secs_f64();
    verdict("of the first run for the second", again, 1.0 / 50.0);

    let used = first.busy.as_secs_f64() / first.wall.as_secs_f64();
    println!(
        "         {used:6.2} cores used by the first run, of {}",
        cores()
    );
    // What is left for other programs, since more is better there.
    verdict(
        "of the cores idle meanwhile",
        1.0 - used / cores() as f64,
        0.1,
    );

    begin_anew(bench, &target)?;
    let quick = run(bench, &store, &target, &["--iterations", "1"])?;
    let other = quick.busy.as_secs_f64() / first.busy.as_secs_f64();
    verdict("of the cores' time for more than keys", other, 0.1);

    let theirs = openssl(bench)? * IDENTITIES;
    let ratio = first.busy.as_secs_f64() / theirs.as_secs_f64();
    verdict(
        &format!(
            "of the cores' time of openssl pkcs12 -export, -in ({})",
            show(theirs)
        ),
        ratio,
        0.6,
    );
    files::remove(&target)
}

/// Removes the backup. An account that knows of it would refuse to begin anew.
fn begin_anew(bench: &Bench, target: &Path) -> Result<(), String> {
    files::remove(target)?;
    files::remove(bench.folder.join(DATA))
}

/// What openssl keeps a core busy with to make the file of one identity, and to open it, at
/// certstow's default iterations.
fn openssl(bench: &Bench) -> Result<Duration, String> {
    let [pair, out] = ["one.pem", "one.p12"].map(|name| bench.folder.join(name));
    let pem = Pair::person(1, Validity::Long).and_then(|pair| pair.pem());
    files::write(&pair, pem.map_err(|error| error.to_string())?)?;
    let export = command!(
        "openssl pkcs12 -export -iter 200000 -name Bench -passout env:BENCH_PASSWORD
         -in {pair} -out {out}"
    );
    let open = command!("openssl pkcs12 -in {out} -noout -passin env:BENCH_PASSWORD");
    let mut times = (0..2 * RUNS)
        .map(|_| Ok(busy(&export)? + busy(&open)?))
        .collect::<Result<Vec<_>, String>>()?;
    times.sort();
    Ok(times[RUNS])
}

fn busy(command: &Command) -> Result<Duration, String> {
    let mut measured = measure_command(&["run"]);
    measured.arg(command.get_program()).args(command.get_args());
    Cost::of_success(&mut measured).map(|cost| cost.busy)
}

fn run(bench: &Bench, store: &Path, target: &Path, options: &[&str]) -> Result<Cost, String> {
    let mut command = measure_command(&["run"]);
    command
        .arg(&bench.certstow)
        .args(["backup", "--password-env", "BENCH_PASSWORD", "--store"])
        .arg(store)
        .arg("--to")
        .arg(target)
        .args(options)
        .env("XDG_DATA_HOME", bench.folder.join(DATA));
    Cost::of_success(&mut command)
}
