//! What the shells ask, without them. PowerShell's script asks as these tests do.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::program::{certstow, samples};
use crate::shell::place;
use crate::{ADA, HOSTILE, hostile_store};

/// How PowerShell's script asks.
fn powershell(folder: &Path, words: &[&str]) -> Output {
    certstow(folder)
        .arg("--")
        .env("CERTSTOW_COMPLETE", "powershell")
        .env("CERTSTOW_COMPLETE_WORDS", words.join("\n"))
        .output()
        .expect("certstow starts")
}

fn text(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    std::str::from_utf8(&output.stdout).expect("text")
}

#[test]
fn powershell_gets_thumbprints_with_names() {
    let folder = place();
    for word in ["69", "ADA ex", "69:42:58"] {
        let answer = powershell(
            folder.path(),
            &["certstow", "show", "--store", "store", word],
        );
        let (value, about) = text(&answer).trim_end().split_once('\t').expect("two");
        assert_eq!(value, ADA);
        assert!(about.starts_with("Ada Example, until "), "{about}");
    }
}

#[test]
fn powershell_gets_targets_profiles_and_options() {
    let folder = place();
    let ask = |words: &[&str]| text(&powershell(folder.path(), words)).to_owned();
    assert_eq!(
        ask(&["certstow", "export", "--for", "windows201"])
            .lines()
            .count(),
        3
    );
    assert!(ask(&["certstow", "export", "--profile", ""]).starts_with("modern\tAES-256"));
    assert!(ask(&["certstow", "export", "--delete"]).starts_with("--delete-key-after-verify\t"));
    assert!(ask(&["certstow", ""]).starts_with("list\t"));
    assert!(ask(&["certstow"]).starts_with("list\t"));
    assert_eq!(
        ask(&["certstow", "list", "--store", "file:sto"]),
        "file:store/\n"
    );
}

/// Saves the store to a folder.
fn back_up(folder: &Path) {
    let saved = certstow(folder)
        .args(["backup", "--to", "my backup", "--store", "store"])
        .args(["--iterations", "2000", "--password-env", "SECRET"])
        .output()
        .expect("certstow starts");
    assert!(saved.status.success(), "{saved:?}");
}

#[test]
fn list_and_forget_complete_what_is_known() {
    let folder = place();
    let folder = folder.path();
    let ask = |words: &[&str]| text(&powershell(folder, words)).to_owned();
    let listed = ask(&["certstow", "list", "--store", "store", "ada"]);
    assert!(
        listed.starts_with(&format!("{ADA}\tAda Example")),
        "{listed}"
    );
    let saved = certstow(folder)
        .args(["export", "Ada", "--store", "store", "-o", "ada.p12"])
        .args(["--iterations", "2000", "--password-env", "SECRET"])
        .output()
        .expect("certstow starts");
    assert!(saved.status.success(), "{saved:?}");
    let known = ask(&["certstow", "copies", "forget", ""]);
    assert!(known.contains("ada.p12\tAda Example\n"), "{known}");
}

/// What may follow where a selector for that backup is typed.
fn saved_identities(folder: &Path, word: &str) -> String {
    let words = [
        "certstow",
        "backup",
        "restore",
        "--into",
        "new",
        "my backup",
        word,
    ];
    text(&powershell(folder, &words)).to_owned()
}

#[test]
fn restore_completes_identities_from_manifest() {
    let folder = place();
    back_up(folder.path());
    let ask = |word| saved_identities(folder.path(), word);
    assert_eq!(ask("").lines().count(), 3);
    assert!(ask("ada").starts_with(&format!("{ADA}\tAda Example, until 2124-01-01")));
    assert_eq!(
        ask("--fo"),
        "--force\tPut them in the place of those that the store has already\n"
    );
}

#[test]
fn restore_completes_nothing_from_invalid_manifest() {
    let folder = place();
    back_up(folder.path());
    let manifest = folder.path().join("my backup/certstow-manifest.json");
    let whole = fs::read_to_string(&manifest).unwrap();
    let another = "0".repeat(64);
    // Where nothing else may follow, options may.
    let offered = || {
        let offered = saved_identities(folder.path(), "");
        let identities = offered.lines().filter(|line| !line.starts_with("--"));
        identities.count()
    };
    for (from, to) in [
        (ADA, "not digits"),
        (ADA, "00"),
        ("\"file\":\"", "\"file\":\"../"),
        ("certstow.manifest/1", "certstow.manifest/2"),
        (
            "\"thumbprint\":{",
            &format!("\"thumbprint\":{{\"sha256\":\"{another}\","),
        ),
    ] {
        assert_eq!(offered(), 3);
        fs::write(&manifest, whole.replacen(from, to, 1)).unwrap();
        let refused = certstow(folder.path())
            .args(["backup", "verify", "my backup"])
            .output()
            .expect("certstow starts");
        let said =
            String::from_utf8_lossy(&refused.stdout) + String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains("cannot be used"), "{to}: {said}");
        assert_eq!(offered(), 0, "{to}");
        fs::write(&manifest, &whole).unwrap();
    }
}

/// The script is not run here: its language has no interpreter on Linux that comes with a
/// distribution.
#[test]
fn powershell_script_uses_the_same_protocol() {
    let folder = place();
    let script = certstow(folder.path())
        .args(["completions", "powershell"])
        .output()
        .expect("certstow starts");
    let script = text(&script);
    for part in [
        "Register-ArgumentCompleter -Native -CommandName certstow",
        "$env:CERTSTOW_COMPLETE = 'powershell'",
        "$env:CERTSTOW_COMPLETE_WORDS = $words -join \"`n\"",
        "certstow '--'",
    ] {
        assert!(script.contains(part), "{part}");
    }
    // What was typed is never run.
    assert!(!script.contains("Invoke-Expression"));
}

#[test]
#[ignore = "needs OpenSSL"]
fn hostile_name_becomes_one_plain_line() {
    let folder = place();
    let store = hostile_store(folder.path());
    let answer = powershell(folder.path(), &["certstow", "show", "--store", &store, ""]);
    let lines: Vec<_> = text(&answer).lines().collect();
    let [line] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    let (value, about) = line.split_once('\t').expect("two");
    assert!(value.len() == 40 && value.chars().all(|digit| digit.is_ascii_hexdigit()));
    assert!(!about.chars().any(char::is_control), "{about:?}");
    assert!(
        HOSTILE.contains('\u{202e}') && !about.contains('\u{202e}'),
        "{about:?}"
    );
}

#[test]
fn unanswerable_request_completes_no_identity() {
    let folder = place();
    for words in [
        &["certstow", "show", "--store", "missing", ""][..],
        &["certstow", "show", "--store", "nss:", "x"],
        &["certstow", "export", "--for", "windows95"],
    ] {
        let answer = powershell(folder.path(), words);
        // There may be options to offer, and never an identity.
        assert!(
            text(&answer).lines().all(|line| line.starts_with('-')),
            "{words:?}"
        );
    }
    // A shell that certstow does not know.
    let answer = certstow(folder.path())
        .args(["--", "certstow", ""])
        .env("CERTSTOW_COMPLETE", "tcsh")
        .output()
        .expect("certstow starts");
    assert_eq!(text(&answer), "");
}

/// The variable alone changes nothing.
#[test]
fn command_runs_despite_completion_variable() {
    let folder = place();
    let listed = certstow(folder.path())
        .args(["list", "--store", &samples()])
        .env("CERTSTOW_COMPLETE", "bash")
        .output()
        .expect("certstow starts");
    assert!(text(&listed).contains("Ada Example"));
}

#[test]
fn completion_writes_no_files() {
    let folder = place();
    let words = [
        "certstow",
        "--log",
        "log.jsonl",
        "show",
        "--store",
        "store",
        "",
    ];
    assert_eq!(text(&powershell(folder.path(), &words)).lines().count(), 3);
    let files = fs::read_dir(folder.path()).expect("the folder is there");
    assert_eq!(files.count(), 1);
}

/// A file system that takes a minute for each folder.
#[test]
#[ignore = "needs strace"]
fn unresponsive_store_is_skipped_in_time() {
    let folder = place();
    let began = Instant::now();
    let mut strace = Command::new("strace");
    strace
        .args(["--follow-forks", "--output=/dev/null", "--trace=getdents64"])
        .arg("--inject=getdents64:delay_enter=60000000")
        .arg(env!("CARGO_BIN_EXE_certstow"))
        .args(["--", "certstow", "show", "--store", "store", ""])
        .current_dir(folder.path())
        .env("CERTSTOW_COMPLETE", "zsh")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut strace = strace.spawn().expect("strace starts");
    let mut answer = BufReader::new(strace.stdout.take().expect("a pipe"));
    let mut line = String::new();
    answer.read_line(&mut line).expect("a line");
    // strace itself stays for as long as what it held up.
    strace.kill().expect("strace runs");
    strace.wait().expect("strace ends");
    // The options come after the thumbprints, where there are any.
    assert!(line.starts_with("--"), "{line}");
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
}

/// The name of a store, and behind it the files with its password.
#[test]
fn passwords_of_one_store_are_completed() {
    let folder = place();
    fs::write(folder.path().join("a.pw"), "secret").expect("a file");
    let ask = |word: &str| {
        let words = [
            "certstow",
            "list",
            "--store",
            "nss:db",
            "--unlock-password-file",
            word,
        ];
        text(&powershell(folder.path(), &words)).to_owned()
    };
    assert_eq!(ask("nss:d"), "nss:db=\n");
    assert_eq!(ask("nss:db=a."), "nss:db=a.pw\n");
    assert_eq!(ask("nss:=a."), "nss:=a.pw\n");
    assert_eq!(ask("nss:other=a."), "");
    assert_eq!(ask("a."), "a.pw\n");
}
