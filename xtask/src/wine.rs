//! certstow for Windows, built here and run under Wine: the tests of the platform crate and of the
//! library, and the program itself from the listing to the exported file, on a folder, on the
//! Windows stores, in the scheduler and at a console. Whatever runs gets a Windows of its own, which
//! is gone afterwards, and a limit of time.

mod build;
mod closing;
mod cng;
mod cng_export;
mod cng_import;
mod console;
mod enrolment;
mod exit_code;
mod fixture;
mod folder;
mod import;
mod listing;
mod logs;
mod manual;
mod mintty;
mod openssl;
mod prefix;
mod process;
mod resource;
mod runner;
mod schedule;
mod slow_exit;
mod stores;
mod terminal;
mod transcript;
mod vault;
mod wizard;

use crate::steps::Steps;
use crate::{setup, toolchain};
use runner::Runner;

type Check = fn(&Runner) -> Result<(), String>;

/// What is checked after the tests, in this order.
const CHECKS: [(&str, Check); 16] = [
    ("manifest and version", resource::check),
    ("certstow on a folder", folder::check),
    ("certstow and its logs", logs::check),
    ("certstow imports, and deletes keys", import::check),
    ("certstow on the Windows stores", stores::check),
    ("certstow and the scheduler", schedule::check),
    ("the manual's page on scheduled backups", manual::check),
    ("the manual's page on enrolment", enrolment::check),
    ("the stand-in ncrypt.dll", cng::check),
    ("tests, windows, on keys of CNG", cng_import::check),
    ("certstow on keys of CNG", cng_export::check),
    ("certstow at a console", console::check),
    ("the wizard at a console", wizard::check),
    ("certstow in mintty", mintty::check),
    ("a window that is closed", closing::check),
    ("certstow on Credential Manager", vault::check),
];

/// Tests that take minutes under Wine, where a process takes as long to start as elsewhere to run.
const SLOW: [&str; 3] = [
    "commands_print_log_and_leave_no_secret",
    "decode_and_grade_detect_changed_bytes",
    "decode_and_grade_detect_flipped_bits",
];

/// The checks alone, with the slow tests, too, or without. Who asks for them by name is not helped by
/// leaving them out.
pub(crate) fn run(with_slow: bool) -> Result<(), String> {
    let mut steps = Steps::begin();
    steps.run("set-up: Rust components and targets", toolchain::rust);
    steps.run("set-up: Wine and MinGW-w64", || {
        setup::require(&setup::WINE)
    });
    if !steps.failed() {
        checks(&mut steps, with_slow);
    }
    steps.end()
}

/// The checks, on a machine that is set up for them.
pub(crate) fn checks(steps: &mut Steps, with_slow: bool) {
    let mut runner = None;
    steps.run("Wine: build for Windows and set up a prefix", || {
        runner = Some(Runner::new()?);
        Ok(())
    });
    let Some(runner) = runner else { return };
    steps.run("Wine: exit codes", || slow_exit::check(&runner));
    for test in &runner.tests {
        let name = format!("Wine: tests, {}", test.name);
        let without: &[&str] = if with_slow { &[] } else { &SLOW };
        steps.run(&name, || runner.test(test, without));
    }
    if !with_slow {
        let name = format!("Wine: tests, {}", SLOW.join(", "));
        steps.leave_out(&name, "minutes; `cargo xtask wine --all` runs them");
    }
    for (name, check) in CHECKS {
        steps.run(&format!("Wine: {name}"), || check(&runner));
    }
    steps.run("Wine: nothing left running", || runner.prefix.end());
}
