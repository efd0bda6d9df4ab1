//! Passwords in Credential Manager: each command is a process of its own, and what one keeps, the
//! next finds. Wine keeps them in its registry.

use serde_json::json;

use super::openssl;
use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::command::{command, ensure};
use crate::files;

/// What is typed at the prompt.
const TYPED: &str = "pässwörd 🔑";

const FILE: &str = "by the vault.p12";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    keeps(runner, &[])?;
    let set = command!("certstow password set backup --password-env {VARIABLE}");
    let ended = runner.certstow(0, &set)?;
    shows_no_password(&ended)?;
    keeps(runner, &["backup"])?;
    let ended = runner.certstow(16, &set)?;
    ended.tells("the vault has a password 'backup' already")?;
    let again = command!("certstow password set backup --password-env {VARIABLE} --force");
    runner.certstow(0, &again)?;
    exports(runner, "backup", PASSWORD, 0)?;

    types_another(runner)?;
    keeps(runner, &["Typed-1", "backup"])?;
    exports(runner, "Typed-1", TYPED, 0)?;
    unlocks(runner)?;

    refuses_a_long_one(runner)?;
    forgets(runner)
}

/// The names in the list are these.
fn keeps(runner: &Runner, names: &[&str]) -> Result<(), String> {
    let ended = runner.certstow(0, &command!("certstow password list --json"))?;
    shows_no_password(&ended)?;
    let expected: Vec<_> = names
        .iter()
        .map(|name| json!({ "name": name, "place": "Windows Credential Manager" }))
        .collect();
    let is_so = ended.json()?["passwords"] == json!(expected);
    ended.ensure(is_so, &format!("not the passwords {names:?}"))
}

/// Exports under a kept password; what comes of it, the host's OpenSSL opens with the password.
fn exports(runner: &Runner, name: &str, password: &'static str, code: i32) -> Result<(), String> {
    let export = command!(
        "certstow export 'Ada Example' --store examples/personal -o {FILE} --force
         --password-vault {name}"
    );
    let ended = runner.certstow(code, &export)?;
    shows_no_password(&ended)?;
    match code {
        0 => openssl::Pkcs12::open(&runner.prefix.work().join(FILE), password)?.has_adas_key(),
        _ => ended.tells(&format!("has no password '{name}'")),
    }
}

/// Twice at a terminal; nothing of it is shown.
fn types_another(runner: &Runner) -> Result<(), String> {
    let mut terminal = runner.certstow_at_terminal(&command!("certstow password set Typed-1"))?;
    for question in ["Password to keep as 'Typed-1':", "The same password again:"] {
        terminal.answer(question, &format!("{TYPED}\r"))?;
    }
    terminal.wait_for("Kept 'Typed-1' in Windows Credential Manager, and read it back")?;
    let shown = terminal.end(0)?;
    ensure(!shown.contains("wörd"), || {
        format!("the password was typed hidden, and shown: {shown:?}")
    })
}

/// The file that the typed password protects, as a store that it unlocks.
fn unlocks(runner: &Runner) -> Result<(), String> {
    // With the wrong password nothing in it can be seen.
    for (unlock, code) in [("Typed-1", 0), ("backup", 17)] {
        let export = command!(
            "certstow export 'Ada Example' --store {FILE} -o unlocked.pem --format pem --force
             --unlock-password-vault {unlock} --password-vault backup"
        );
        runner.certstow(code, &export)?;
    }
    Ok(())
}

/// Windows keeps 2,560 bytes of UTF-16.
fn refuses_a_long_one(runner: &Runner) -> Result<(), String> {
    files::write(runner.prefix.work().join("long.txt"), "x".repeat(1281))?;
    let set = command!("certstow password set long --password-file long.txt");
    let ended = runner.certstow(17, &set)?;
    ended.tells("it is longer than the vault takes")?;
    keeps(runner, &["Typed-1", "backup"])
}

fn forgets(runner: &Runner) -> Result<(), String> {
    runner.certstow(0, &command!("certstow password forget Typed-1"))?;
    keeps(runner, &["backup"])?;
    let forget = command!("certstow password forget backup");
    runner.certstow(0, &forget)?;
    keeps(runner, &[])?;
    let ended = runner.certstow(17, &forget)?;
    ended.tells("Windows Credential Manager has no password 'backup'")?;
    exports(runner, "backup", PASSWORD, 17)
}

fn shows_no_password(ended: &Ended) -> Result<(), String> {
    let shown = [PASSWORD, TYPED]
        .iter()
        .any(|secret| ended.stdout.contains(secret) || ended.stderr.contains(secret));
    ensure(!shown, || "a command shows a password".to_owned())
}
