//! What a release ships for the system this runs on: an archive with the program, its manual,
//! completions and documents. On Linux one for each kind of processor, whose program is static and runs
//! with any distribution, and packages for Debian and for Fedora, whose program has the Secret Service
//! of a desktop built in.

use std::env::consts::{ARCH, OS};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{capture, cargo, ensure, executable, program, root, run, target_folder};
use crate::files;

/// The version of the packages, which is that of the workspace.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The endings of the Linux archives.
pub(crate) const LINUX: &str = "-x86_64-linux.tar.gz";
pub(crate) const LINUX_ARM: &str = "-aarch64-linux.tar.gz";
/// The Windows archive's ending. Windows on ARM runs it, too.
pub(crate) const WINDOWS: &str = "-x86_64-windows.zip";
/// The macOS archive's ending: one program for both kinds of processor.
pub(crate) const MACOS: &str = "-universal-macos.tar.gz";

/// What the archives for Linux are built for. Neither a C compiler nor a C library of the target is
/// needed: Rust brings musl, and a linker.
const STATIC: [(&str, &str); 2] = [
    ("x86_64-unknown-linux-musl", LINUX),
    ("aarch64-unknown-linux-musl", LINUX_ARM),
];

/// By what macOS knows the program.
const IDENTIFIER: &str = "org.certstow.certstow";

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
    // Where Cargo.toml tells cargo-deb and cargo-generate-rpm to look, wherever cargo builds.
    let generated = root().join("target").join("package");
    fresh(&generated)?;
    generate(&built, &generated)?;
    if OS != "linux" {
        return archive(&built, &generated, &folder, ending()?);
    }
    is_stripped(&built)?;
    for (target, ending) in STATIC {
        let built = build_static(target)?;
        is_stripped(&built)?;
        archive(&built, &generated, &folder, ending)?;
    }
    debian(&generated, &folder)?;
    let mut rpm = cargo();
    run(rpm.args(["generate-rpm", "--output"]).arg(&folder))
}

/// How the name of the archive ends that this system runs.
pub(crate) fn ending() -> Result<&'static str, String> {
    match (OS, ARCH) {
        ("linux", "x86_64") => Ok(LINUX),
        ("linux", "aarch64") => Ok(LINUX_ARM),
        ("windows", _) => Ok(WINDOWS),
        ("macos", _) => Ok(MACOS),
        _ => Err(format!("there are no packages for {OS} on {ARCH}")),
    }
}

/// The program as it is shipped; on Linux, that of the packages.
fn build() -> Result<PathBuf, String> {
    let target = target_folder()?;
    let name = executable("certstow");
    let built = target.join("release").join(&name);
    match OS {
        "macos" => universal(&target, &name),
        // Without the C runtime as a library of its own, which not every Windows has.
        "windows" => {
            run(release().env("RUSTFLAGS", "-C target-feature=+crt-static"))?;
            Ok(built)
        }
        "linux" => {
            run(release().args(["--features", "secret-service"]))?;
            Ok(built)
        }
        _ => {
            run(&mut release())?;
            Ok(built)
        }
    }
}

/// One program for both kinds of processor. Both are signed ad hoc: macOS ties what a user
/// allows a program to its signature, and Apple's linker signs for ARM alone.
fn universal(target: &Path, name: &str) -> Result<PathBuf, String> {
    let mut both = Vec::new();
    for triple in ["aarch64-apple-darwin", "x86_64-apple-darwin"] {
        run(program("rustup").args(["target", "add", triple]))?;
        run(release().args(["--target", triple]))?;
        both.push(target.join(triple).join("release").join(name));
    }
    let universal = target.join(name);
    let mut lipo = program("lipo");
    lipo.arg("-create").args(both).arg("-output");
    run(lipo.arg(&universal))?;
    let mut sign = program("codesign");
    sign.args(["--force", "--sign", "-", "--identifier", IDENTIFIER]);
    run(sign.arg(&universal))?;
    let mut verify = program("codesign");
    run(verify.args(["--verify", "--strict"]).arg(&universal))?;
    Ok(universal)
}

/// The program for Linux of any distribution, for a kind of processor.
fn build_static(target: &str) -> Result<PathBuf, String> {
    run(program("rustup").args(["target", "add", target]))?;
    let linker = target.to_uppercase().replace('-', "_");
    let linker = format!("CARGO_TARGET_{linker}_LINKER");
    run(release().args(["--target", target]).env(linker, "rust-lld"))?;
    let built = target_folder()?.join(target).join("release");
    Ok(built.join("certstow"))
}

/// An error if the program has its symbols still, a tenth of its size.
fn is_stripped(built: &Path) -> Result<(), String> {
    let content = files::read(built)?;
    let mut names = content.windows(8).filter(|name| name == b".symtab\0");
    ensure(names.next().is_none(), || {
        format!("{} was not stripped", built.display())
    })
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

fn archive(built: &Path, generated: &Path, folder: &Path, ending: &str) -> Result<(), String> {
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
    // Without what only a Mac keeps beside a file: as files of their own, and in headers.
    tar.current_dir(&packed).env("COPYFILE_DISABLE", "1");
    if OS == "macos" {
        tar.arg("--no-xattrs");
    }
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
