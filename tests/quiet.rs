//! `--quiet`: what was asked for is printed, and nothing else where all went well.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::Output;

use program::{certstow, samples};

/// Commands that do something: with `-q`, nothing is said of it.
const DO: [(&str, &str); 12] = [
    (
        "export",
        "'Ada Example' --store {samples} -o ada.p12 --password-env SECRET --iterations 1000",
    ),
    (
        "import",
        "ada.p12 --store in --password-env SECRET --unlock-password-env SECRET",
    ),
    (
        "install",
        "answer.pem --store waiting --chain {samples}/issuers",
    ),
    (
        "request",
        "Bob --key p256 --store requests --backup-to saved-key --password-env SECRET --unlock-password-env SECRET",
    ),
    (
        "renew",
        "'Ada Example' --store waiting --same-key -o renewed.csr",
    ),
    ("request forget", "Ada --store waiting --force"),
    ("report", "--store {samples}"),
    (
        "backup",
        "--to saved --store {samples} --password-env SECRET --iterations 1000",
    ),
    (
        "backup restore",
        "saved --into restored --password-env SECRET",
    ),
    (
        "schedule install",
        "--print=task --program /usr/bin/certstow --system systemd --to /b --escrow /e",
    ),
    ("copies forget", "ada.p12"),
    ("man", "man"),
];

/// Commands that answer: with `-q`, the same is printed, but for `backup verify`, whose answer is its
/// exit code.
const ANSWER: [(&str, &str); 12] = [
    ("list", "--store {samples}"),
    ("show", "'Ada Example' --store {samples}"),
    ("check", "ada.p12"),
    ("request list", "--store requests"),
    ("request show", "Bob --store requests"),
    ("backup", "--dry-run --to new --store {samples}"),
    ("backup verify", "saved"),
    ("backup list", "saved"),
    ("copies", ""),
    ("doctor", "--store {samples}"),
    ("stores", ""),
    ("completions", "bash"),
];

/// Commands that only work with what a test has not at hand, and what that is.
const NOT_HERE: [(&str, &str); 6] = [
    ("schedule list", "a service manager"),
    ("schedule show", "a service manager"),
    ("schedule remove", "a service manager"),
    ("password set", "a vault"),
    ("password forget", "a vault"),
    ("password list", "a vault"),
];

fn run(folder: &Path, command: &str, arguments: &str, quiet: &[&str]) -> Output {
    let arguments = arguments.replace("{samples}", &samples());
    let quoted = arguments.split('\'').enumerate();
    let words = quoted.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    let mut certstow = certstow(folder);
    certstow.args(command.split(' ')).args(words).args(quiet);
    let output = certstow.output().expect("it starts");
    let code = output.status.code();
    let is_doctors = command == "doctor";
    assert!(code == Some(0) || is_doctors, "{command}: {output:?}");
    output
}

#[test]
fn quiet_says_nothing_of_what_went_well() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("waiting")).expect("a folder");
    for (sample, name) in [
        ("ada-example.key.pem", "waiting/ada.key"),
        ("ada-example.pem", "answer.pem"),
    ] {
        let sample = Path::new(&samples()).join(sample);
        fs::copy(sample, folder.path().join(name)).expect("a copy");
    }
    for (command, arguments) in DO {
        let output = run(folder.path(), command, arguments, &["-q"]);
        let said = [output.stdout, output.stderr].concat();
        assert_eq!(String::from_utf8_lossy(&said), "", "{command}");
    }
}

#[test]
fn quiet_prints_what_was_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    for (command, arguments) in [DO[0], DO[3], DO[7]] {
        run(folder.path(), command, arguments, &[]);
    }
    for (command, arguments) in ANSWER {
        let [loud, quiet] =
            [&[][..], &["-q"]].map(|quiet| run(folder.path(), command, arguments, quiet));
        let expected = match command {
            "backup verify" => b"",
            _ => loud.stdout.as_slice(),
        };
        let [expected, found] = [expected, &quiet.stdout].map(String::from_utf8_lossy);
        assert_eq!(found, expected, "{command}");
        assert!(!loud.stdout.is_empty(), "{command}");
    }
}

#[test]
fn every_command_is_in_one_table() {
    let folder = tempfile::tempdir().expect("a folder");
    run(folder.path(), "man", "man", &[]);
    let pages = fs::read_dir(folder.path().join("man")).expect("the pages");
    let pages = pages.map(|page| {
        page.expect("a page")
            .file_name()
            .into_string()
            .expect("text")
    });
    let mut commands: Vec<String> = pages
        .filter_map(|page| {
            Some(
                page.strip_prefix("certstow-")?
                    .strip_suffix(".1")?
                    .replace('-', " "),
            )
        })
        .filter(|command| !["schedule", "password"].contains(&command.as_str()))
        .collect();
    commands.sort();
    let all = [&DO[..], &ANSWER, &NOT_HERE].concat();
    let mut known: Vec<_> = all
        .iter()
        .map(|(command, _)| (*command).to_owned())
        .collect();
    known.sort();
    known.dedup();
    assert_eq!(known, commands);
}
