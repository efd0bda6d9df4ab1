//! A backup of a thousand identities: the first run, which the derivation of keys bounds, beside the
//! same derivations by OpenSSL, and beside a second run with nothing to do.

use std::path::Path;
use std::time::Duration;

use super::cost::{Cost, measure as measure_command};
use super::report::{cores, show, verdict};
use super::subject::Bench;
use crate::files;

const IDENTITIES: u32 = 1000;

/// How often the second run is measured.
const RUNS: usize = 5;

/// The derivations of one file at the default profile, as `openssl kdf` does them: two of PBES2,
/// and that of the MAC.
const DERIVATIONS: [&[&str]; 3] = [
    &["-keylen", "32", "PBKDF2"],
    &["-keylen", "32", "PBKDF2"],
    &["-keylen", "32", "-kdfopt", "id:3", "PKCS12KDF"],
];

/// What certstow remembers.
const DATA: &str = "data";

/// Each file is made, and then proven, which takes the same keys again.
const TIMES: u32 = 2;

/// At the default profile and its iterations.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let store = bench.store(IDENTITIES)?;
    let target = bench.folder.join("backup");
    files::remove(&target)?;
    // An account that knows of the backup would refuse to begin anew.
    files::remove(bench.folder.join(DATA))?;
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

    files::remove(&target)?;
    let quick = run(bench, &store, &target, &["--iterations", "1"])?;
    let other = quick.busy.as_secs_f64() / first.busy.as_secs_f64();
    verdict("of the cores' time for more than keys", other, 0.1);

    let keys = derivations()? * TIMES * IDENTITIES;
    let ratio = first.busy.as_secs_f64() / keys.as_secs_f64();
    verdict(
        &format!("of the cores' time of openssl kdf ({})", show(keys)),
        ratio,
        1.1,
    );
    files::remove(&target)
}

/// What openssl keeps a core busy with for the keys of one file, without its start.
fn derivations() -> Result<Duration, String> {
    let mut sum = Duration::ZERO;
    for derivation in DERIVATIONS {
        let mut times = (0..2 * RUNS)
            .map(|_| {
                let at = |iterations: &str| {
                    let mut openssl = measure_command(&["run", "openssl", "kdf"]);
                    openssl.args(["-kdfopt", "digest:SHA256", "-kdfopt", "pass:bench"]);
                    openssl.args(["-kdfopt", "salt:0123456789abcdef", "-kdfopt", iterations]);
                    openssl.args(derivation);
                    Cost::of_success(&mut openssl).map(|cost| cost.busy)
                };
                Ok(at("iter:200000")?.saturating_sub(at("iter:1")?))
            })
            .collect::<Result<Vec<_>, String>>()?;
        times.sort();
        sum += times[RUNS];
    }
    Ok(sum)
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
