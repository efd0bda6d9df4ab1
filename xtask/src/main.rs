//! What a developer and CI do with this project besides building it: `cargo xtask test` sets a
//! machine up and runs every check, `cargo xtask wine` those of the Windows program alone, `cargo xtask
//! imports` finds files that import each other in a circle,
//! `cargo xtask hosted` those of the system it runs on, `cargo xtask bench` measures against other
//! programs, `cargo xtask faults` injects faults into system calls, `cargo xtask fuzz` tries the
//! readers on bytes of any kind, `cargo xtask samples` makes the test keys and certificates anew,
//! `cargo xtask recording` README's picture and `cargo xtask picture` that of a report. The others
//! make a release.

#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "a developer's tool that reports at a terminal"
)]

mod bench;
mod certificates;
mod checks;
mod command;
mod dependencies;
mod executables;
mod files;
mod fuzz;
mod hosted;
mod imports;
mod package;
mod picture;
mod pip;
mod publishing;
mod recording;
mod release;
mod samples;
mod setup;
mod steps;
mod terminal;
mod tests;
mod toolchain;
mod unpacked;
mod wine;
mod workflows;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask test                   set this machine up and run every check
       cargo xtask wine [--all]           build for Windows and run it under Wine; all, with the tests
                                          that take minutes there
       cargo xtask imports [--all]        find files that import each other in a circle
       cargo xtask hosted                 check this system alone, with its own stores and tools
       cargo xtask oldest-rust            build with the oldest Rust promised
       cargo xtask faults [SCENARIO...]   inject every fault at every system call
       cargo xtask bench [NAME...] [--beside CERTSTOW]
                                          measure against other programs, side by side
       cargo xtask fuzz --seconds N [TARGET...]
                                          run the fuzz targets; keep what fails for the tests
       cargo xtask fuzz-seeds             make the seeds of the fuzz targets anew
       cargo xtask samples                make the sample store and the test fixtures anew
       cargo xtask recording [--check]    make README's picture anew, or compare it
       cargo xtask picture                make the picture of a report in the manual anew
       cargo xtask package DIR            pack for this system
       cargo xtask release TAG URL        say whether what is to be released may have this tag
       cargo xtask release TAG URL DIR    add sums, manifests and notes to the packages in DIR
       cargo xtask restore DIR            export and restore with the packages in DIR, and try them
                                          on this system's store";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => test(),
        ["wine"] => wine::run(false),
        ["wine", "--all"] => wine::run(true),
        ["imports"] => imports::check(false),
        ["imports", "--all"] => imports::check(true),
        ["hosted"] => hosted::run(),
        ["oldest-rust"] => toolchain::oldest_rust().and_then(|()| checks::oldest_rust()),
        ["package", folder] => package::package(Path::new(folder)),
        ["release", tag, url] => release::notes_of(tag, url).map(drop),
        ["release", tag, url, folder] => release::complete(tag, url, Path::new(folder)),
        ["restore", folder] => hosted::restore(Path::new(folder)),
        ["faults", scenarios @ ..] => tests::faults(scenarios),
        ["bench", names @ ..] => bench::run(names),
        ["fuzz", words @ ..] => fuzz::run(words),
        ["fuzz-seeds"] => fuzz::seeds(),
        ["samples"] => samples::run(),
        ["recording"] => recording::run(),
        ["recording", "--check"] => recording::check(),
        ["picture"] => picture::run(),
        _ => {
            println!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("\nxtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Set-up, then every check. A failed check does not stop the others; a failed set-up does.
fn test() -> Result<(), String> {
    let mut steps = steps::Steps::begin();
    let mut peers = setup::Peers::Complete;
    steps.run("set-up: Rust components and targets", toolchain::rust);
    steps.run("set-up: programs to test against", || {
        peers = setup::peers()?;
        Ok(())
    });
    if steps.failed() {
        return steps.end();
    }
    steps.run("formatting", checks::formatting);
    steps.run("dependencies", dependencies::check);
    steps.run("imports", || imports::check(false));
    steps.run("clippy, Linux", || checks::clippy(&[]));
    let name = "clippy, Linux, with the Secret Service";
    // The vault of a Linux desktop is not built by default.
    steps.run(name, || checks::clippy(&["--features", "secret-service"]));
    // In one run of cargo, so that the last package of one target leaves no core without work.
    let targets = toolchain::LINTED.map(|target| ["--target", target]);
    let name = format!("clippy, {}", toolchain::LINTED.join(", "));
    steps.run(&name, || checks::clippy(targets.as_flattened()));
    oldest_rust(&mut steps);
    match pip::install(workflows::LINTER) {
        Ok(()) => steps.run("workflows", || workflows::lint(USAGE)),
        Err(reason) => steps.cannot_run("workflows", &reason),
    }
    steps.run("packages for the registry", publishing::check);
    steps.run("documentation", checks::documentation);
    let dotnet = pip::install(tests::DOTNET);
    if let Err(reason) = &dotnet {
        steps.cannot_run("set-up: .NET to test against", reason);
    }
    let prometheus = unpacked::prometheus();
    if let Err(reason) = &prometheus {
        steps.cannot_run("set-up: Prometheus to test against", reason);
    }
    let able = tests::Able {
        peers,
        dotnet: dotnet.is_ok(),
        prometheus: prometheus.is_ok(),
        disks: setup::may_mount_disks(),
        memory: setup::may_read_memory(),
    };
    tests::check(&mut steps, able);
    tests::check_secret_service(&mut steps, able);
    if !cfg!(target_os = "linux") {
        steps.cannot_run("recording", "it takes Linux' script");
    } else if peers == setup::Peers::Complete {
        steps.run("recording", recording::check);
    } else {
        steps.leave_out("recording", "see the set-up above");
    }
    if !able.disks {
        steps.cannot_run(
            "tests on a mounted disk, and of a service manager",
            "they take root",
        );
    }
    if !able.memory {
        steps.cannot_run("tests of what stays in memory", "they take root");
    }
    if peers == setup::Peers::Incomplete {
        steps.leave_out("tests that need other programs", "see the set-up above");
    }
    match setup::require(&setup::WINE) {
        Ok(()) => wine::checks(&mut steps, false),
        Err(reason) => steps.cannot_run("Windows, under Wine", &reason),
    }
    steps.end()
}

/// The build with the oldest Rust promised, which this machine may not be able to get.
fn oldest_rust(steps: &mut steps::Steps) {
    let name = format!("build, Rust {}", toolchain::OLDEST_RUST);
    match toolchain::oldest_rust() {
        Ok(()) => steps.run(&name, checks::oldest_rust),
        Err(reason) => steps.cannot_run(&name, &reason),
    }
}
