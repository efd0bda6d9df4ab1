//! What a release ships for the system this runs on: an archive with the program, its manual,
//! completions and documents, and on Linux a Debian package of the same.

use std::env::consts::OS;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{capture, cargo, executable, program, root, run, target_folder};
use crate::files;

/// The version of the packages, which is that of the workspace.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The Linux archive's ending.
pub(crate) const LINUX: &str = "-x86_64-linux.tar.gz";
/// The Windows archive's ending.
pub(crate) const WINDOWS: &str = "-x86_64-windows.zip";
/// The macOS archive's ending: one program for both kinds of processor.
pub(crate) const MACOS: &str = "-universal-macos.tar.gz";

const SHELLS: [(&str, &str); 5] = [
    ("bash", "certstow.bash"),
    ("elvish", "certstow.elv"),
    ("fish", "certstow.fish"),
    ("powershell", "_certstow.ps1"),
    ("zsh", "_certstow"),
];

const DOCUMENTS: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// Packs for this system, into `folder`.
pub(crate) fn package(folder: &Path) -> Result<(), String> {
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    files::create_folder(&folder)?;
    let built = build()?;
    // Where Cargo.toml tells cargo-deb to look, wherever cargo builds.
    let generated = root().join("target").join("package");
    fresh(&generated)?;
    generate(&built, &generated)?;
    archive(&built, &generated, &folder)?;
    match OS {
        "linux" => debian(&generated, &folder),
        _ => Ok(()),
    }
}

/// How the name of this system's archive ends.
pub(crate) fn ending() -> Result<&'static str, String> {
    match OS {
        "linux" => Ok(LINUX),
        "windows" => Ok(WINDOWS),
        "macos" => Ok(MACOS),
        _ => Err(format!("there are no packages for {OS}")),
    }
}

/// The program as it is shipped.
fn build() -> Result<PathBuf, String> {
    let target = target_folder()?;
    let name = executable("certstow");
    match OS {
        "macos" => {
            let mut both = Vec::new();
            for triple in ["aarch64-apple-darwin", "x86_64-apple-darwin"] {
                run(program("rustup").args(["target", "add", triple]))?;
                run(release().args(["--target", triple]))?;
                both.push(target.join(triple).join("release").join(&name));
            }
            let universal = target.join(&name);
            let mut lipo = program("lipo");
            lipo.arg("-create").args(both).arg("-output");
            run(lipo.arg(&universal))?;
            Ok(universal)
        }
        // Without the C runtime as a library of its own, which not every Windows has.
        "windows" => {
            run(release().env("RUSTFLAGS", "-C target-feature=+crt-static"))?;
            Ok(target.join("release").join(&name))
        }
        _ => {
            run(&mut release())?;
            Ok(target.join("release").join(&name))
        }
    }
}

fn release() -> Command {
    let mut build = cargo();
    build.args(["build", "--locked", "--release", "--package", "certstow"]);
    build
}

/// Has the program write its manual and its completions.
fn generate(built: &Path, folder: &Path) -> Result<(), String> {
    let certstow = || program(&built.to_string_lossy());
    run(certstow().args(["man", "--quiet"]).arg(folder.join("man")))?;
    let completions = folder.join("completions");
    files::create_folder(&completions)?;
    for (shell, name) in SHELLS {
        let script = capture(certstow().args(["completions", shell]))?;
        files::write(completions.join(name), script)?;
    }
    Ok(())
}

fn archive(built: &Path, generated: &Path, folder: &Path) -> Result<(), String> {
    let ending = ending()?;
    let name = format!("certstow-{VERSION}{ending}");
    let stem = name.trim_end_matches(".tar.gz").trim_end_matches(".zip");
    let packed = target_folder()?.join("packed");
    fresh(&packed)?;
    let content = packed.join(stem);
    files::copy(built, content.join(executable("certstow")))?;
    for document in DOCUMENTS {
        files::copy(root().join(document), content.join(document))?;
    }
    for (from, to) in [
        (root().join("docs"), "docs"),
        (generated.join("completions"), "completions"),
        (generated.join("man"), "man"),
    ] {
        // Windows has no `man`.
        if OS == "windows" && to == "man" {
            continue;
        }
        files::copy(from, content.join(to))?;
    }
    let mut tar = program("tar");
    // On macOS, without files for what only a Mac keeps beside a file.
    tar.current_dir(&packed).env("COPYFILE_DISABLE", "1");
    // The `tar` of Windows makes a zip of what is called so.
    run(tar.args(["-acf", &name, stem]))?;
    files::copy(packed.join(&name), folder.join(&name))
}

/// The Debian package. Its maintainer is who releases it: on GitHub, the owner of the repository.
fn debian(generated: &Path, folder: &Path) -> Result<(), String> {
    let mut gzip = program("gzip");
    gzip.args(["--best", "--no-name", "--stdout", "CHANGELOG.md"]);
    files::write(generated.join("changelog.gz"), capture(&mut gzip)?)?;
    let mut deb = cargo();
    deb.args(["deb", "--locked", "--no-build", "--output"]);
    deb.arg(folder);
    if let Ok(owner) = std::env::var("GITHUB_REPOSITORY_OWNER") {
        let maintainer = format!("{owner} <{owner}@users.noreply.github.com>");
        deb.args(["--maintainer", &maintainer]);
    }
    run(&mut deb)
}

fn fresh(folder: &Path) -> Result<(), String> {
    files::remove(folder)?;
    files::create_folder(folder)
}
