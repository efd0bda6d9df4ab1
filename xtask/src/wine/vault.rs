//! Passwords in Credential Manager: each command is a process of its own, and what one keeps, the
//! next finds. Wine keeps them in its registry.

use serde_json::json;

use super::openssl;
use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::command::{ensure, root};
use crate::files;

/// What is typed at the prompt.
const TYPED: &str = "pässwörd 🔑";

const FILE: &str = "by the vault.p12";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    keeps(runner, &[])?;
    let set = ["password", "set", "backup", "--password-env", VARIABLE];
    let ended = runner.certstow(0, &set)?;
    shows_no_password(&ended)?;
    keeps(runner, &["backup"])?;
    refuses_a_second(runner, &set)?;
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
    let ended = runner.certstow(0, &["password", "list", "--json"])?;
    shows_no_password(&ended)?;
    let expected: Vec<_> = names
        .iter()
        .map(|name| json!({ "name": name, "place": "Windows Credential Manager" }))
        .collect();
    ended.ensure(
        ended.json()?["passwords"] == json!(expected),
        &format!("not the passwords {names:?}"),
    )
}

fn refuses_a_second(runner: &Runner, set: &[&str]) -> Result<(), String> {
    let ended = runner.certstow(16, set)?;
    ended.tells("the vault has a password 'backup' already")?;
    runner.certstow(0, &[set, &["--force"]].concat()).map(drop)
}

/// Exports under a kept password; what comes of it, the host's OpenSSL opens with the password.
fn exports(runner: &Runner, name: &str, password: &'static str, code: i32) -> Result<(), String> {
    let store = root().join("examples/personal").display().to_string();
    let export = ["export", "Ada Example", "--store", &store, "-o", FILE];
    let ended = runner.certstow(
        code,
        &[&export[..], &["--force", "--password-vault", name]].concat(),
    )?;
    shows_no_password(&ended)?;
    if code != 0 {
        return ended.tells(&format!("has no password '{name}'"));
    }
    let exported = openssl::Pkcs12::open(&runner.work().join(FILE), password)?;
    exported.has_key(&root().join("examples/personal/ada-example.key.pem"))
}

/// Twice at a terminal; nothing of it is shown.
fn types_another(runner: &Runner) -> Result<(), String> {
    let mut terminal = runner.certstow_at_terminal(&["password", "set", "Typed-1"])?;
    for question in ["Password to keep as 'Typed-1':", "The same password again:"] {
        terminal.wait_for(question)?;
        terminal.press(&format!("{TYPED}\r"))?;
    }
    terminal.wait_for("Kept 'Typed-1' in Windows Credential Manager, and read it back")?;
    let shown = terminal.end(0)?;
    ensure(!shown.contains("wörd"), || {
        format!("the password was typed hidden, and shown: {shown:?}")
    })
}

/// The file that the typed password protects, as a store that it unlocks.
fn unlocks(runner: &Runner) -> Result<(), String> {
    let export = [
        "export",
        "Ada Example",
        "--store",
        FILE,
        "-o",
        "unlocked.pem",
    ];
    let passwords = [
        "--unlock-password-vault",
        "Typed-1",
        "--password-vault",
        "backup",
    ];
    let form = ["--format", "pem"];
    runner.certstow(0, &[&export[..], &passwords, &form].concat())?;
    let wrong = [
        "--unlock-password-vault",
        "backup",
        "--password-vault",
        "backup",
    ];
    let again = [&export[..], &wrong, &form, &["--force"]].concat();
    // Nothing in it can be seen, then.
    runner.certstow(10, &again).map(drop)
}

/// Windows keeps 2,560 bytes of UTF-16.
fn refuses_a_long_one(runner: &Runner) -> Result<(), String> {
    let file = runner.work().join("long.txt");
    files::write(&file, "x".repeat(1281))?;
    let set = ["password", "set", "long", "--password-file", "long.txt"];
    let ended = runner.certstow(17, &set)?;
    ended.tells("it is longer than the vault takes")?;
    keeps(runner, &["Typed-1", "backup"])
}

fn forgets(runner: &Runner) -> Result<(), String> {
    runner.certstow(0, &["password", "forget", "Typed-1"])?;
    keeps(runner, &["backup"])?;
    runner.certstow(0, &["password", "forget", "backup"])?;
    keeps(runner, &[])?;
    let ended = runner.certstow(17, &["password", "forget", "backup"])?;
    ended.tells("Windows Credential Manager has no password 'backup'")?;
    exports(runner, "backup", PASSWORD, 17)
}

fn shows_no_password(ended: &Ended) -> Result<(), String> {
    let shown = [PASSWORD, TYPED]
        .iter()
        .any(|secret| ended.stdout.contains(secret) || ended.stderr.contains(secret));
    ensure(!shown, || "a command shows a password".to_owned())
}
