//! The `certstow` program: arguments in, exit code out.

#![forbid(unsafe_code)]

use std::alloc::System;
use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Wipes memory when it is given back. certstow's own types wipe their secrets themselves; this is
/// for the libraries that it hands them to, which keep parsed keys and big numbers in ordinary
/// memory.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    // Before any secret is in memory.
    certstow_platform::protect_process();
    let arguments: Vec<_> = std::env::args_os().collect();
    if certstow::answer_shell(&arguments) {
        return ExitCode::SUCCESS;
    }
    certstow::run(&arguments).into()
}
