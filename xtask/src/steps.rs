//! The steps of a run: each announces itself, says how long it took, and is named again at the
//! end if it failed.

use std::time::{Duration, Instant};

use crate::setup;

/// A run in progress.
pub(crate) struct Steps {
    began: Instant,
    passed: usize,
    left_out: usize,
    failures: Vec<(String, String)>,
    notes: Vec<String>,
}

impl Steps {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            passed: 0,
            left_out: 0,
            failures: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Runs one step and remembers how it ended.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Result<(), String>) {
        println!("==> {name}");
        let began = Instant::now();
        match step() {
            Ok(()) => {
                self.passed += 1;
                println!("    ok: {name}, {}", seconds(began.elapsed()));
            }
            Err(reason) => {
                println!("    FAILED: {name}, {}", seconds(began.elapsed()));
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
        if setup::in_ci() {
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
        println!();
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

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
