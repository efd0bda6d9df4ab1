//! certstow on the operating system this runs on, with that system's own stores and tools: the
//! checks of the source, all tests, and the shipped program from the system's store to a file that
//! the system's own tool opens. It needs no set-up but Rust, so that it runs on any hosted machine.

mod archive;
mod certstow;
mod keychain;
mod macos;
mod own_tool;
mod powershell;
mod restore;
mod thumbprint;
mod windows;

use std::env::consts::OS;
use std::path::Path;

use crate::setup::Peers;
use crate::steps::Steps;
use crate::tests::{self, Able};
use crate::{checks, executables, files, toolchain};
use certstow::Certstow;

/// Every check that makes sense on this system alone.
pub(crate) fn run() -> Result<(), String> {
    let mut steps = Steps::begin();
    steps.run("set-up: Rust components", toolchain::components);
    steps.run("formatting", checks::formatting);
    steps.run("clippy", || checks::clippy(&[]));
    // The programs to test against come with `cargo xtask test`, on Linux.
    let able = Able {
        peers: Peers::Incomplete,
        dotnet: false,
        prometheus: false,
        disks: false,
        memory: false,
    };
    tests::check(&mut steps, able);
    let mut program = None;
    steps.run("build, as shipped", || {
        program = Some(Certstow::new(&executables::certstow(&["--release"])?));
        Ok(())
    });
    if let Some(program) = program {
        check(&mut steps, "", &program);
    }
    steps.end()
}

/// The programs in `folder` that were packed for this system, each on the samples and on the system's
/// own store.
pub(crate) fn restore(folder: &Path) -> Result<(), String> {
    let mut steps = Steps::begin();
    for package in archive::of_this_system(folder)? {
        let mut unpacked = None;
        let name = format!("{}: ", files::name(&package));
        steps.run(&format!("{name}unpack"), || {
            unpacked = Some(archive::unpack(&package)?);
            Ok(())
        });
        if let Some((program, _folder)) = &unpacked {
            check(&mut steps, &name, &Certstow::new(program));
        }
    }
    steps.end()
}

/// A program as it is shipped: what it exports restores, from files and from the system's own store.
/// `of` begins the name of each step.
fn check(steps: &mut Steps, of: &str, program: &Certstow) {
    let named = |step: &str| format!("{of}{step}");
    steps.run(&named("the samples, restored"), || {
        restore::samples(program)
    });
    match OS {
        "macos" => steps.run(&named("a keychain"), || macos::check(program)),
        "windows" => steps.run(&named("the Windows stores"), || windows::check(program)),
        _ => steps.leave_out(&named("the system's store"), &format!("{OS} has none")),
    }
}
