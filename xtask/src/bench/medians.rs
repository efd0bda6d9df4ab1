//! Jobs in turn, so that whatever else the machine does slows all of them, and the median of each.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a slow and a quick command are run.
pub(super) const SLOW_RUNS: usize = 7;
pub(super) const QUICK_RUNS: usize = 101;

/// Does the jobs in turn, `runs` times, after once for the caches; the median of each. A job is
/// commands, one after the other.
pub(super) fn medians<const N: usize>(
    jobs: &mut [Vec<Command>; N],
    runs: usize,
) -> Result<[Duration; N], String> {
    let mut times = [const { Vec::new() }; N];
    for run in 0..=runs {
        for (job, times) in jobs.iter_mut().zip(&mut times) {
            let time = job.iter_mut().map(time).sum::<Result<Duration, _>>()?;
            if run > 0 {
                times.push(time);
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    }))
}

fn time(command: &mut Command) -> Result<Duration, String> {
    command
        .env("BENCH_PASSWORD", "bench")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let status = command
        .status()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let time = began.elapsed();
    if status.success() {
        Ok(time)
    } else {
        Err(format!("{command:?} ended with {status}"))
    }
}
