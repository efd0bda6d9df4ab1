//! The window of certstow is closed in the middle of an export: what it was writing is gone, and the log
//! says how it ended, before Windows ends the process.

use super::folder::nothing_but;
use super::prefix::compile;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::command::{command, ensure};
use crate::files;

const FOLDER: &str = "closing";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let work = runner.prefix.work();
    files::create_folder(work.join(FOLDER))?;
    let closes = runner.prefix.scratch().join("close.exe");
    compile("tests/wine/close.c", &["-municode"], &closes, &[])?;
    let mut command = runner.prefix.wine(&closes);
    command
        .arg(format!(r"{FOLDER}\.certstow-*.tmp"))
        .arg(runner.prefix.windows_name(&runner.certstow))
        .args(command!("certstow export 'Ada Example' --store examples/personal").get_args())
        .args(
            command!("certstow -o {FOLDER}/ada.p12 --iterations 600000 --log closing.log")
                .get_args(),
        )
        .args(["--password-env", VARIABLE])
        .env(VARIABLE, PASSWORD);
    runner.prefix.run(&mut command)?.expect(130)?;
    nothing_but(&work.join(FOLDER), &[])?;
    let log = files::read(work.join("closing.log"))?;
    let log = String::from_utf8_lossy(&log);
    let told = log
        .lines()
        .last()
        .is_some_and(|line| line.contains(r#""end""#) && line.contains("130"));
    ensure(told, || format!("the log does not say how it ended: {log}"))
}
