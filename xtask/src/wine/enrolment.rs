//! The page on enrolment as far as it is about Windows: a key and a request, the answer of the host's OpenSSL
//! as the CA, the pair, and the file with its copy. What a person would be asked for comes from the
//! environment. Wine's `reg` shows that the key's container stays the same all along.

use super::openssl::Pkcs12;
use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use super::transcript;
use crate::command::{capture, command, ensure};
use crate::files;

const MANUAL: &str = "docs/enrolment.md";

/// Where the file goes, and the removable drive.
const PCT_SAFE: &str = "drive_c/PCT-SAFE/PKCS12";
const COPY: &str = "dosdevices/e:/grace.p12";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let runner = runner.installed_elsewhere()?;
    files::create_folder(runner.prefix.windows().join(PCT_SAFE))?;
    transcript::type_in(MANUAL, |line, expected| {
        let words = transcript::words(line);
        if words.contains(&"install") {
            answer(&runner)?;
        }
        let asks = ["--backup-to", "export", "check"];
        let password: &[&str] = match words.iter().any(|word| asks.contains(word)) {
            true => &["--password-env", VARIABLE],
            false => &[],
        };
        let arguments = words
            .iter()
            .skip(1)
            .filter(|word| **word != "--ask-password");
        let line = command!("certstow {arguments...} {password...}");
        let ended = runner.certstow(0, &line)?;
        // What a file opens in is for another page.
        match words.contains(&"check") {
            true => begins(&ended, expected).map(|()| None),
            false => Ok(Some(ended)),
        }
    })?;
    let file = runner.prefix.windows().join(PCT_SAFE).join("grace.p12");
    for file in [file, runner.prefix.windows().join(COPY)] {
        Pkcs12::open(&file, PASSWORD)?.has_certificates(2)?;
    }
    a_key_stays_in(&runner)?;
    runner.prefix.end()
}

/// Has the CA answer `request.csr` with `answer.p7b`.
fn answer(runner: &Runner) -> Result<(), String> {
    let commands = [
        command!(
            "openssl req -x509 -newkey rsa:2048 -noenc -subj '/CN=Example CA' -days 30
             -keyout ca.key -out ca.pem"
        ),
        command!(
            "openssl x509 -req -in request.csr -copy_extensions copy -CA ca.pem -CAkey ca.key
             -days 30 -out answer.pem"
        ),
        command!("openssl crl2pkcs7 -nocrl -certfile answer.pem -certfile ca.pem -out answer.p7b"),
    ];
    for mut command in commands {
        command.current_dir(runner.prefix.work());
        capture(&mut command)?;
    }
    Ok(())
}

fn begins(ended: &Ended, expected: &str) -> Result<(), String> {
    let expected: Vec<&str> = expected
        .lines()
        .take_while(|line| *line != "[..]")
        .collect();
    let shown: Vec<&str> = ended.stdout.lines().map(str::trim_end).collect();
    ensure(shown.starts_with(&expected), || {
        ended.complain(&format!("{MANUAL} shows something else:\n{expected:?}"))
    })
}

/// A key that is never to leave Windows is requested for, joined and listed; the file of it is refused. What is
/// asked for the computer goes into the computer's stores.
fn a_key_stays_in(runner: &Runner) -> Result<(), String> {
    let stores = [r"windows:CurrentUser\My", r"windows:LocalMachine\My"];
    for (store, name) in stores.into_iter().zip(["Stays in", "Of the computer"]) {
        runner.certstow(
            0,
            &command!("certstow request {name} --store {store} --not-exportable --key rsa2048 -o request.csr --force"),
        )?;
        let requests = store.replace("My", "REQUEST");
        let listed = runner.certstow(0, &command!("certstow request list --store {requests}"))?;
        ensure(listed.stdout.contains(name), || {
            listed.complain("it is not listed")
        })?;
        // It cannot be saved, and is no failure of every night's backup.
        let backup =
            command!("certstow backup --to kept --store {requests} --password-env {VARIABLE}");
        let backup = runner.certstow(0, &backup)?;
        ensure(backup.stderr.contains("cannot be saved"), || {
            backup.complain("nothing is said of its key")
        })?;
        answer(runner)?;
        let installed = runner.certstow(0, &command!("certstow install answer.p7b --json"))?;
        let text = installed.stdout.replace(r"\\", r"\");
        let store = format!("\"store\": \"{store}\"");
        for part in [
            store.as_str(),
            "\"request_removed\": true",
            "\"proof\": null",
        ] {
            ensure(text.contains(part), || {
                installed.complain(&format!("without {part}"))
            })?;
        }
        let listed = runner.certstow(0, &command!("certstow request list"))?;
        ensure(listed.stdout.is_empty(), || {
            listed.complain("it still waits")
        })?;
        runner.certstow(
            12,
            &command!("certstow export {name} -o stays.p12 --password-env {VARIABLE}"),
        )?;
    }
    Ok(())
}
