//! The Rust toolchain: the components, targets and versions that the checks use, by rustup where it
//! is there.

use crate::command::{command, program, run, succeeds};

/// The other platforms; of Windows, MSVC is what is shipped, and GNU what runs under Wine.
pub(crate) const TARGETS: [&str; 4] = [
    "x86_64-pc-windows-msvc",
    "x86_64-pc-windows-gnu",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
];

/// Those that are linted from here, which takes neither a C compiler nor a linker. Of Windows it is what
/// is shipped: no code is for one of its two alone.
pub(crate) const LINTED: [&str; 3] = [
    "x86_64-pc-windows-msvc",
    "aarch64-apple-darwin",
    "x86_64-apple-darwin",
];

/// The oldest Rust that the packages promise to build with.
pub(crate) const OLDEST_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Installs [`OLDEST_RUST`] beside the Rust that is used. An error says why it can't be had.
pub(crate) fn oldest_rust() -> Result<(), String> {
    if !succeeds(program("rustup").arg("--version")) {
        return Err(format!("no rustup here to install Rust {OLDEST_RUST} with"));
    }
    if succeeds(program("rustup").args(["run", OLDEST_RUST, "cargo", "--version"])) {
        return Ok(());
    }
    run(&mut command!(
        "rustup toolchain install {OLDEST_RUST} --profile minimal --no-self-update"
    ))
}

/// Adds rustfmt, clippy and the targets that are linted, by rustup where it is there.
pub(crate) fn rust() -> Result<(), String> {
    components()?;
    if succeeds(program("rustup").arg("--version")) {
        return run(program("rustup").args(["target", "add"]).args(TARGETS));
    }
    println!("    no rustup here: the standard libraries of {TARGETS:?} must be installed already");
    Ok(())
}

/// Adds rustfmt and clippy.
pub(crate) fn components() -> Result<(), String> {
    if succeeds(program("rustup").arg("--version")) {
        return run(program("rustup").args(["component", "add", "rustfmt", "clippy"]));
    }
    for tool in ["fmt", "clippy"] {
        if !succeeds(program("cargo").args([tool, "--version"])) {
            return Err(format!(
                "cargo {tool} is missing, and there is no rustup to install it with"
            ));
        }
    }
    Ok(())
}
