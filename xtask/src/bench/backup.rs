//! A backup of a thousand identities: the first run, which key derivation bounds, beside a second
//! one with nothing to do.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{Bench, cores, show, verdict};
use crate::command::{capture, program};

const IDENTITIES: u32 = 1000;

/// How often the second run is measured.
const RUNS: usize = 5;

/// Runs a command and prints how long it took, and how long it kept cores busy, in seconds.
const MEASURE: &str = "import resource, subprocess, sys, time\n\
    began = time.monotonic()\n\
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)\n\
    wall = time.monotonic() - began\n\
    used = resource.getrusage(resource.RUSAGE_CHILDREN)\n\
    print(wall, used.ru_utime + used.ru_stime)";

/// What a run took.
struct Cost {
    wall: Duration,
    /// Of all cores together.
    busy: Duration,
}

/// At the default profile and its iterations.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let store = bench.store(IDENTITIES)?;
    let target = bench.folder.join("backup");
    if target.exists() {
        fs::remove_dir_all(&target).map_err(|error| format!("{}: {error}", target.display()))?;
    }
    let first = run(bench, &store, &target)?;
    let mut later = (0..RUNS)
        .map(|_| run(bench, &store, &target))
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
    // What is left for other programs, since more is better there.
    let used = first.busy.as_secs_f64() / first.wall.as_secs_f64();
    let idle = 1.0 - used / cores() as f64;
    println!(
        "         {used:6.2} cores used by the first run, of {}",
        cores()
    );
    verdict("of the cores idle meanwhile", idle, 0.1);
    Ok(())
}

fn run(bench: &Bench, store: &Path, target: &Path) -> Result<Cost, String> {
    let mut command = program("python3");
    command
        .args(["-c", MEASURE])
        .arg(&bench.certstow)
        .args(["backup", "--password-env", "BENCH_PASSWORD", "--store"])
        .arg(store)
        .arg("--to")
        .arg(target)
        .env("BENCH_PASSWORD", "bench");
    let printed = capture(&mut command)?;
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let seconds: Vec<f64> = printed
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    match seconds.as_slice() {
        [wall, busy] => Ok(Cost {
            wall: Duration::from_secs_f64(*wall),
            busy: Duration::from_secs_f64(*busy),
        }),
        _ => Err(format!("python3 printed no two numbers: {printed}")),
    }
}
