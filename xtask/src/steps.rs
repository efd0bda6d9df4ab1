//! The steps of a run: each announces itself, says how long it took, and is named again at the
//! end if it failed. The last thing before the result is a table of what took how long.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use crate::command::in_ci;

/// A run in progress.
pub(crate) struct Steps {
    began: Instant,
    passed: usize,
    times: Vec<(String, Duration)>,
    left_out: usize,
    failures: Vec<(String, String)>,
    notes: Vec<String>,
}

impl Steps {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            passed: 0,
            times: Vec::new(),
            left_out: 0,
            failures: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Runs one step and remembers how it ended.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Result<(), String>) {
        println!("==> {name}");
        let began = Instant::now();
        let result = step();
        let took = began.elapsed();
        self.times.push((name.to_owned(), took));
        match result {
            Ok(()) => {
                self.passed += 1;
                println!("    ok: {name}, {}", seconds(took));
            }
            Err(reason) => {
                println!("    FAILED: {name}, {}", seconds(took));
                for line in reason.lines() {
                    println!("    {line}");
                }
                self.failures.push((name.to_owned(), reason));
            }
        }
    }

    /// Says that a step is not run, and why: now, and again at the end.
    pub(crate) fn leave_out(&mut self, name: &str, reason: &str) {
        println!("==> {name}\n    LEFT OUT: {reason}");
        self.left_out += 1;
        self.notes.push(format!("left out: {name}: {reason}"));
    }

    /// What this machine cannot do is left out, but in CI it is a failure.
    pub(crate) fn cannot_run(&mut self, name: &str, reason: &str) {
        if in_ci() {
            self.run(name, || Err(reason.to_owned()));
        } else {
            self.leave_out(name, reason);
        }
    }

    pub(crate) fn failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// Says how the run ended; the error names what failed.
    pub(crate) fn end(self) -> Result<(), String> {
        let total = seconds(self.began.elapsed());
        println!("\nwhat took how long:\n{}", longest_first(self.times));
        for note in &self.notes {
            println!("note: {note}");
        }
        if self.failures.is_empty() {
            let left_out = match self.left_out {
                0 => String::new(),
                count => format!(", {count} left out"),
            };
            println!("PASSED: {} steps{left_out}, in {total}", self.passed);
            return Ok(());
        }
        for (name, reason) in &self.failures {
            println!(
                "failed: {name}: {}",
                reason.lines().next().unwrap_or_default()
            );
        }
        Err(format!(
            "FAILED: {} of {} steps in {total}",
            self.failures.len(),
            self.failures.len() + self.passed
        ))
    }
}

/// A table of times, a line each.
pub(crate) fn longest_first(mut times: Vec<(String, Duration)>) -> String {
    times.sort_by_key(|(_, took)| Reverse(*took));
    times
        .iter()
        .map(|(name, took)| format!("{:>10}  {name}\n", seconds(*took)))
        .collect()
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_first_puts_the_longest_first() {
        let times = [("lints", 2_000), ("tests", 90_060), ("set-up", 0)];
        let times = times.map(|(name, took)| (name.to_owned(), Duration::from_millis(took)));
        assert_eq!(
            longest_first(times.into()),
            "    90.1 s  tests\n     2.0 s  lints\n     0.0 s  set-up\n"
        );
    }
}
