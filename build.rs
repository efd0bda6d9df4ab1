//! Gives `certstow.exe` its manifest and its version, as a resource that `windres` (MinGW-w64) or
//! `rc.exe` (Windows SDK) compiles. Builds for other systems have nothing of it.
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
