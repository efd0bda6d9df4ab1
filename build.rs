//! Gives `certstow.exe` its manifest and its version, as a resource that `windres` (MinGW-w64) or
//! `rc.exe` (Windows SDK) compiles. Builds for other systems have nothing of it.
//!
//! It also has MSVC's linker load `user32.dll` no earlier than something of it is called, which the wizard
//! alone does: a process that has loaded it is not told by its console that the user logs off or the
//! computer shuts down (`SetConsoleCtrlHandler` and `/DELAYLOAD` in Microsoft's documentation).
//!
//! Windows is linted on machines that have neither, where a build for debugging goes without the
//! resource; a release does not.

use std::env;
use std::error::Error;
use std::path::PathBuf;

const MANIFEST: &str = "certstow.exe.manifest";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={MANIFEST}");
    if !env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "windows") {
        return;
    }
    if env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "msvc") {
        println!("cargo::rustc-link-arg-bins=/DELAYLOAD:user32.dll");
        println!("cargo::rustc-link-arg-bins=delayimp.lib");
    }
    if let Err(error) = resource() {
        let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
        let level = if release { "error" } else { "warning" };
        println!("cargo::{level}=certstow.exe has no manifest and no version: {error}");
    }
}

fn resource() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join(MANIFEST);
    winresource::WindowsResource::new()
        .set("FileDescription", &env::var("CARGO_PKG_DESCRIPTION")?)
        .set("OriginalFilename", "certstow.exe")
        .set_manifest_file(&manifest.to_string_lossy())
        .compile_for("certstow")?;
    Ok(())
}
