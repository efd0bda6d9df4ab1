//! How a measurement is told, and judged.

use std::time::Duration;

pub(super) const MEBIBYTE: f64 = 1024.0 * 1024.0;

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

pub(super) fn ratio(of: &str, ours: Duration, theirs: Duration, target: f64) {
    verdict(
        &format!("{of} ({})", show(theirs)),
        ours.as_secs_f64() / theirs.as_secs_f64(),
        target,
    );
}

pub(super) fn verdict(what: &str, measured: f64, target: f64) {
    let word = if measured <= target { "ok  " } else { "OVER" };
    println!("    {word} {measured:6.2} {what}, target {target}");
}

pub(super) fn show(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}
