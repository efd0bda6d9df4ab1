//! certstow for Windows on a folder of files: what it lists, exports, checks and refuses, with
//! paths written both ways. What it wrote is opened by the host's OpenSSL.

use std::path::Path;

use super::listing::Listing;
use super::openssl;
use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::command::{command, ensure, printed, program, run};
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

/// Names that a file would not have.
const CHANGED: [(&str, &str); 6] = [
    ("trail.", "drops the dot or space at the end of 'trail.'"),
    (
        "trail.p12 ",
        "drops the dot or space at the end of 'trail.p12 '",
    ),
    ("ada.p12:stream", "a stream of the file"),
    ("aux.p12", "reserves the name 'aux.p12'"),
    ("NUL", "reserves the name 'NUL'"),
    ("a?.p12", "allows no '?'"),
];

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let work = runner.prefix.work();
    for folder in ["out", "a folder/of files"] {
        files::create_folder(work.join(folder))?;
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
    files::create_folder(work.join(&folder))?;
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
    let ended = export_ada(runner, 0, store, target, &[])?;
    let file = runner.prefix.work().join(target.replace('\\', "/"));
    ended.ensure(file.exists(), &format!("no file {}", file.display()))?;
    is_private(&file)?;
    let exported = openssl::Pkcs12::open(&file, PASSWORD)?;
    exported.has_adas_key()?;
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

fn export_ada(
    runner: &Runner,
    code: i32,
    store: &str,
    target: &str,
    options: &[&str],
) -> Result<Ended, String> {
    runner.export(code, "Ada Example", store, target, options)
}

/// `check`, with the password, with another one, and on something else.
fn checks_files(runner: &Runner) -> Result<(), String> {
    let [file, _, with_spaces, _] = TARGETS;
    let check = command!("certstow check {file} {with_spaces} --json --password-env {VARIABLE}");
    let ended = runner.certstow(0, &check)?;
    let report = ended.json()?;
    let files = report["files"].as_array().map_or(&[][..], Vec::as_slice);
    let all = files.len() == 2 && files.iter().all(|file| file["restores"] == true);
    ended.ensure(all, "not two files that restore")?;
    // Every Windows has this variable, and it is not the password.
    runner.certstow(17, &command!("certstow check {file} --password-env windir"))?;
    let certificate =
        command!("certstow check examples\\personal\\ada-example.pem --password-env {VARIABLE}");
    runner.certstow(15, &certificate).map(drop)
}

fn refuses(runner: &Runner) -> Result<(), String> {
    let ([store, _], [target, ..]) = (STORES, TARGETS);
    let file = runner.prefix.work().join("out/ada.p12");
    let before = files::read(&file)?;
    export_ada(runner, 16, store, target, &[])?;
    ensure(files::read(&file)? == before, || {
        format!("{target} was refused, yet is another file now")
    })?;
    export_ada(runner, 16, store, r"nowhere\ada.p12", &[])?;
    runner.certstow(18, &command!("certstow list --store 'C:\\no such folder'"))?;
    runner.export(10, "Nobody Example", store, r"out\nobody.p12", &[])?;
    for (name, why) in CHANGED {
        let target = format!(r"out\{name}");
        export_ada(runner, 16, store, &target, &["--force"])?.tells(why)?;
    }
    for (folder, why) in [
        (r"\", "the root of a drive"),
        (r"out\new. ", "drops the dot or space at the end of 'new. '"),
        (r"C:\", "it is the root of a drive"),
        ("C:", "C: alone means the current folder"),
    ] {
        let backup = command!(
            "certstow backup --store {store} --to {folder} --password-env {VARIABLE} --non-interactive"
        );
        runner.certstow(16, &backup)?.tells(why)?;
    }
    export_ada(runner, 16, store, r"\\.\NUL", &[])?.tells("a device")?;
    nothing_but(
        &runner.prefix.work().join("out"),
        &["ada again.p12", "ada.p12"],
    )
}

/// `--force`, unless the file is read-only.
fn replaces(runner: &Runner) -> Result<(), String> {
    let ([store, _], [target, ..]) = (STORES, TARGETS);
    let file = runner.prefix.work().join("out/ada.p12");
    let before = files::read(&file)?;
    run(program("chmod").arg("444").arg(&file))?;
    let refused = export_ada(runner, 16, store, target, &["--force"])?;
    refused.tells("it is read-only")?;
    let kept = files::read(&file)? == before;
    refused.ensure(kept, "not refused for being read-only")?;
    run(program("chmod").arg("644").arg(&file))?;
    export_ada(runner, 0, store, target, &["--force"])?;
    ensure(files::read(&file)? != before, || {
        format!("{target} is what it was")
    })?;
    is_private(&file)?;
    nothing_but(
        &runner.prefix.work().join("out"),
        &["ada again.p12", "ada.p12"],
    )
}

/// A file that would be lost.
fn notices_the_null_device(runner: &Runner) -> Result<(), String> {
    let program = runner.prefix.windows_name(&runner.certstow);
    let store = STORES[0];
    let batch = format!(
        "\"{program}\" export \"Ada Example\" --store {store} -o - --password-env {VARIABLE} > NUL\r\n"
    );
    files::write(runner.prefix.work().join("lost.cmd"), batch)?;
    let mut cmd = runner.prefix.wine("cmd".as_ref());
    cmd.args(["/c", "lost.cmd"]).env(VARIABLE, PASSWORD);
    runner.prefix.run(&mut cmd)?.expect(1)?.tells("null device")
}

/// What was refused or is done leaves nothing else behind.
pub(super) fn nothing_but(folder: &Path, expected: &[&str]) -> Result<(), String> {
    let names = files::in_folder(folder)?.into_iter();
    let names: Vec<_> = names.map(|file| files::name(&file)).collect();
    ensure(names == expected, || {
        format!("{} holds {names:?}", folder.display())
    })
}
