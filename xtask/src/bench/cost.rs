//! What a command took, as `measure.py` sees it from outside.

use std::process::Command;
use std::time::Duration;

use crate::command::{printed, program};

const MEASURE: &str = include_str!("measure.py");

/// What a run took.
pub(super) struct Cost {
    pub(super) wall: Duration,
    /// Of all cores together, in the program and in the kernel for it.
    pub(super) busy: Duration,
    /// Bytes it wrote anywhere.
    pub(super) written: u64,
    /// Its exit code; of several at once, how many of them ended with 0.
    pub(super) code: usize,
}

/// A command that prints what another, whose words follow, took; `how` is what `measure.py` takes.
pub(super) fn measure(how: &[&str]) -> Command {
    let mut command = program("python3");
    command
        .args(["-c", MEASURE])
        .args(how)
        .env("BENCH_PASSWORD", "bench");
    command
}

impl Cost {
    /// Runs what [`measure`] made.
    pub(super) fn of(command: &mut Command) -> Result<Self, String> {
        let printed = printed(command)?;
        let words: Vec<&str> = printed.split_whitespace().collect();
        let seconds = |word: &str| word.parse().ok().map(Duration::from_secs_f64);
        match words.as_slice() {
            [wall, busy, written, code] => Some(Self {
                wall: seconds(wall).unwrap_or_default(),
                busy: seconds(busy).unwrap_or_default(),
                written: written.parse().unwrap_or_default(),
                code: code.parse().unwrap_or(usize::MAX),
            }),
            _ => None,
        }
        .ok_or_else(|| format!("python3 printed no four numbers: {printed}"))
    }

    /// [`Self::of`] a command that has to do what it should.
    pub(super) fn of_success(command: &mut Command) -> Result<Self, String> {
        let cost = Self::of(command)?;
        match cost.code {
            0 => Ok(cost),
            code => Err(format!("it ended with {code}: {command:?}")),
        }
    }
}
