//! The `certstow` program: arguments in, exit code out.

#![forbid(unsafe_code)]

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    // Before any secret is in memory.
    certstow::platform::protect_process();
    cli::run(std::env::args_os().collect()).into()
}
