//! certstow in mintty, the window of Git Bash and MSYS2, in which nobody sees a console's questions: it
//! says at once where it can ask, and works where it need not.

use super::folder::nothing_but;
use super::openssl::Pkcs12;
use super::prefix::compile;
use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::files;

const FOLDER: &str = "in mintty";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let folder = runner.prefix.work().join(FOLDER);
    files::create_folder(&folder)?;
    for (arguments, what) in [
        (&["export", "Ada Example"][..], "a password for the file"),
        (&["export"], "the certificate to save"),
    ] {
        let ended = run(runner, arguments)?.expect(13)?;
        // Lines are broken to fit.
        let shown = ended.stdout.split_whitespace().collect::<Vec<_>>();
        let shown = shown.join(" ");
        for words in [
            what,
            "winpty certstow",
            "Windows Terminal",
            "--password-file",
        ] {
            let told = shown.contains(words);
            ended.ensure(told, &format!("it does not say '{words}'"))?;
        }
    }
    nothing_but(&folder, &[])?;
    let file = format!(r"{FOLDER}\ada.p12");
    let password = [
        "export",
        "Ada Example",
        "-o",
        &file,
        "--password-env",
        VARIABLE,
    ];
    run(runner, &password)?.expect(0)?;
    Pkcs12::open(&folder.join("ada.p12"), PASSWORD)?.has_adas_key()
}

/// Runs certstow there, with the sample store.
fn run(runner: &Runner, arguments: &[&str]) -> Result<Ended, String> {
    let mintty = runner.prefix.scratch().join("mintty.exe");
    if !mintty.exists() {
        compile("tests/wine/mintty.c", &["-municode"], &mintty, &[])?;
    }
    let mut command = runner.prefix.wine(&mintty);
    command
        .arg(runner.prefix.windows_name(&runner.certstow))
        .args(arguments)
        .args(["--store", "examples/personal"])
        .env(VARIABLE, PASSWORD);
    runner.prefix.run(&mut command)
}
