//! certstow for Windows on a folder of files: what it lists, exports, checks and refuses, with
//! paths written both ways. What it wrote is opened by the host's OpenSSL.

use std::fs;
use std::path::Path;

use super::listing::Listing;
use super::openssl;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::command::{command, ensure, printed, program, root, run};
use crate::files;

/// The sample store, as a person on Windows writes it and as it is written elsewhere.
const STORES: [&str; 2] = [r"examples\personal", "examples/personal"];

/// Files to export to. The folders are made first; certstow makes none.
const TARGETS: [&str; 4] = [
    r"out\ada.p12",
    "out/ada again.p12",
    r"a folder\of files/ada example.p12",
    "a folder/Ada Müller-Łukasiewicz.p12",
];

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let work = runner.work();
    files::copy(root().join("examples"), work.join("examples"))?;
    for folder in ["out", "a folder/of files"] {
        let folder = work.join(folder);
        files::create_folder(&folder)?;
    }
    for store in STORES {
        lists_everybody(runner, store)?;
    }
    for (target, store) in TARGETS.iter().zip(STORES.iter().cycle()) {
        exports(runner, store, target)?;
    }
    exports(runner, STORES[0], &long_target(&work)?)?;
    checks_files(runner)?;
    refuses(runner)?;
    replaces(runner)?;
    notices_the_null_device(runner)
}

/// A file whose path is longer than Windows takes by default, and has all kinds of letters.
fn long_target(work: &Path) -> Result<String, String> {
    let folder = "Müller Łukasiewicz 🔑 ".repeat(4);
    let folder = [folder.trim_end(); 4].join("/");
    let made = fs::create_dir_all(work.join(&folder));
    made.map_err(|error| format!("{folder}: {error}"))?;
    let target = format!("{folder}/ada example.p12");
    match target.chars().count() {
        301.. => Ok(target),
        length => Err(format!("{length} characters are not long")),
    }
}

fn lists_everybody(runner: &Runner, store: &str) -> Result<(), String> {
    let listing = Listing::of(runner, store)?;
    listing.has_labels(&["Ada Example", "Edith Example", "Grace Example"])?;
    listing.has_keys("exportable")
}

fn exports(runner: &Runner, store: &str, target: &str) -> Result<(), String> {
    let export = export_ada(store, target);
    let ended = runner.certstow(0, &export)?;
    let file = runner.work().join(target.replace('\\', "/"));
    ended.ensure(file.exists(), &format!("no file {}", file.display()))?;
    is_private(&file)?;
    let exported = openssl::Pkcs12::open(&file, PASSWORD)?;
    exported.has_key(&root().join("examples/personal/ada-example.key.pem"))?;
    exported.has_certificates(3)
}

/// Wine makes a mode of the access list that a file is created with, in which the user's group may
/// what the user may. Everybody else is kept out, as from no file that is created without a list.
pub(super) fn is_private(file: &Path) -> Result<(), String> {
    let mode = printed(&mut command!("stat --format %a {file}"))?;
    ensure(mode.trim().ends_with('0'), || {
        format!("{} has the mode {mode}", file.display())
    })
}

fn export_ada<'a>(store: &'a str, target: &'a str) -> [&'a str; 8] {
    let [export, ada] = ["export", "Ada Example"];
    [
        export,
        ada,
        "--store",
        store,
        "-o",
        target,
        "--password-env",
        VARIABLE,
    ]
}

/// `check`, with the password, with another one, and on something else.
fn checks_files(runner: &Runner) -> Result<(), String> {
    let [file, _, with_spaces, _] = TARGETS;
    let check = ["check", file, with_spaces, "--json", "--password-env"];
    let ended = runner.certstow(0, &[&check[..], &[VARIABLE]].concat())?;
    let report = ended.json()?;
    let files = report["files"].as_array().map_or(&[][..], Vec::as_slice);
    if files.len() != 2 || files.iter().any(|file| file["restores"] != true) {
        return Err(ended.complain("not two files that restore"));
    }
    // Every Windows has this variable, and it is not the password.
    runner.certstow(17, &["check", file, "--password-env", "windir"])?;
    let certificate = r"examples\personal\ada-example.pem";
    runner.certstow(15, &["check", certificate, "--password-env", VARIABLE])?;
    Ok(())
}

fn refuses(runner: &Runner) -> Result<(), String> {
    let [target, ..] = TARGETS;
    let file = runner.work().join("out/ada.p12");
    let before = files::read(&file)?;
    runner.certstow(16, &export_ada(STORES[0], target))?;
    if files::read(&file)? != before {
        return Err(format!("{target} was refused, yet is another file now"));
    }
    runner.certstow(16, &export_ada(STORES[0], r"nowhere\ada.p12"))?;
    runner.certstow(18, &["list", "--store", r"C:\no such folder"])?;
    let mut nobody = export_ada(STORES[0], r"out\nobody.p12");
    nobody[1] = "Nobody Example";
    runner.certstow(10, &nobody)?;
    nothing_but(&runner.work().join("out"), &["ada again.p12", "ada.p12"])
}

/// `--force`, unless the file is read-only.
fn replaces(runner: &Runner) -> Result<(), String> {
    let [target, ..] = TARGETS;
    let export = [&export_ada(STORES[0], target)[..], &["--force"]].concat();
    let file = runner.work().join("out/ada.p12");
    let before = files::read(&file)?;
    run(program("chmod").arg("444").arg(&file))?;
    let refused = runner.certstow(16, &export)?;
    if !refused.stderr.contains("it is read-only") || files::read(&file)? != before {
        return Err(refused.complain("not refused for being read-only"));
    }
    run(program("chmod").arg("644").arg(&file))?;
    runner.certstow(0, &export)?;
    ensure(files::read(&file)? != before, || {
        format!("{target} is what it was")
    })?;
    is_private(&file)?;
    nothing_but(&runner.work().join("out"), &["ada again.p12", "ada.p12"])
}

/// A file that would be lost.
fn notices_the_null_device(runner: &Runner) -> Result<(), String> {
    let words = export_ada(STORES[0], "-").map(|word| format!("\"{word}\""));
    let batch = format!(
        "\"{}\" {} > NUL\r\n",
        runner.certstow_name(),
        words.join(" ")
    );
    let file = runner.work().join("lost.cmd");
    files::write(&file, batch)?;
    let ended = runner.windows_program(Path::new("cmd"), &runner.work(), &["/c", "lost.cmd"])?;
    let ended = ended.expect(1)?;
    ended.ensure(
        ended.stderr.contains("null device"),
        "no word of the null device",
    )
}

/// What was refused or is done leaves nothing else behind.
pub(super) fn nothing_but(folder: &Path, expected: &[&str]) -> Result<(), String> {
    let names = files::in_folder(folder)?.into_iter();
    let names: Vec<_> = names.map(|file| files::name(&file)).collect();
    ensure(names == expected, || {
        format!("{} holds {names:?}", folder.display())
    })
}
