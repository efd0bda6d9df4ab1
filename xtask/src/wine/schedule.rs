//! Scheduled backups under Wine: `schtasks.exe` registers a task of the machine, shows it and
//! removes it, and takes the XML of a person's task; Wine keeps each as a file, so that one can see
//! whether it is there. (Wine's has no `/RP`, by which Windows' own asks for the account's password,
//! and shows nothing of a task.) What `CommandLineToArgvW` makes of the arguments in a task. And what
//! `certstow doctor` finds in this Windows.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::prefix;
use super::process::Ended;
use super::runner::Runner;
use crate::command::{command, ensure, root};
use crate::files;

const PERSON: [&str; 7] = [
    "--store",
    r"C:\keys",
    "--to",
    r"C:\My Backup\",
    "--password-file",
    r"C:\a password.txt",
    "--weekly=sun@03:15",
];

/// How often to try to start the scheduler, a second apart.
const TRIES: u32 = 30;

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    start(runner)?;
    missing(runner)?;
    of_the_machine(runner)?;
    of_a_person(runner)?;
    arguments(runner)?;
    refused(runner)?;
    doctor(runner)
}

/// Windows' scheduler always runs. Wine's starts with the Windows that it is in, but not yet the
/// first time, and `schtasks.exe` does not wait until it has.
pub(super) fn start(runner: &Runner) -> Result<(), String> {
    runner.prefix.restart()?;
    let mut start = runner.prefix.wine("net".as_ref());
    start.args(["start", "Schedule"]);
    for _ in 1..TRIES {
        if runs(&runner.prefix.run(&mut start)?) {
            return Ok(());
        }
        sleep(Duration::from_secs(1));
    }
    let ended = runner.prefix.run(&mut start)?;
    ended.ensure(runs(&ended), "Wine's scheduler does not start")
}

fn runs(started: &Ended) -> bool {
    let words = ["started successfully", "already running"];
    words.iter().any(|words| started.stdout.contains(words))
}

/// What is not there for an administrator is not there for SYSTEM either; then it is made.
fn missing(runner: &Runner) -> Result<(), String> {
    let machine = command!(
        "certstow schedule install --name machine --machine --to C:\\Backup
         --escrow C:\\escrow.pem"
    );
    let ended = runner.certstow(1, &machine)?;
    ended.tells(r"the task would fail each time: escrow C:\escrow.pem: ")?;
    let person = command!("certstow schedule install --name person {PERSON...}");
    let ended = runner.certstow(18, &person)?;
    ended.tells(r"each time: store file:C:\keys: ")?;
    ended.tells(r"; password C:\a password.txt: ")?;
    is_there(runner, "machine", false)?;
    is_there(runner, "person", false)?;
    let drive = runner.prefix.windows().join("drive_c");
    files::write(drive.join("a password.txt"), "correct horse")?;
    files::create_folder(drive.join("keys"))?;
    for (sample, name) in [
        ("ada-example.pem", "keys/ada-example.pem"),
        ("ada-example.key.pem", "keys/ada-example.key.pem"),
        ("issuers/sample-root.pem", "escrow.pem"),
    ] {
        let sample = root().join("examples/personal").join(sample);
        files::copy(sample, drive.join(name))?;
    }
    Ok(())
}

/// Install, show, replace, remove; and remove again, which fails with what schtasks.exe says.
fn of_the_machine(runner: &Runner) -> Result<(), String> {
    for times in ["--hourly", "--daily=03:15"] {
        let install = command!(
            "certstow schedule install --name machine --machine --to C:\\Backup
             --escrow C:\\escrow.pem {times}"
        );
        let ended = runner.certstow(0, &install)?;
        says(&ended, "Scheduled 'machine'")?;
        says(
            &ended,
            r"--escrow C:\escrow.pem --store windows:LocalMachine\My --event-log",
        )?;
        is_there(runner, "machine", true)?;
    }
    let xml = files::read_text(task(runner, "machine"))?;
    // What Wine keeps of it: the settings.
    for part in [
        "<Source>certstow</Source>",
        "<ExecutionTimeLimit>PT2H</ExecutionTimeLimit>",
        "<StartWhenAvailable>true</StartWhenAvailable>",
    ] {
        ensure(xml.contains(part), || {
            format!("the registered task has no {part}: {xml}")
        })?;
    }
    let show = command!("certstow schedule show --name machine --machine");
    says(&runner.certstow(0, &show)?, "Scheduled 'machine'")?;
    let remove = command!("certstow schedule remove --name machine --machine");
    says(&runner.certstow(0, &remove)?, "Removed 'machine'")?;
    is_there(runner, "machine", false)?;
    runner
        .certstow(1, &remove)?
        .tells("caused by: schtasks.exe ended with exit code 1")
}

/// The XML that is printed can be registered; certstow itself asks schtasks.exe for the password.
fn of_a_person(runner: &Runner) -> Result<(), String> {
    let print = command!(
        "certstow schedule install --name person {PERSON...} --print=printed
         --program C:\\Tools\\certstow.exe"
    );
    let printed = runner.certstow(0, &print)?;
    printed.tells(r"schtasks /Create /TN person /XML person.xml /RU DOMAIN\USER /RP *")?;
    let mut create = runner.prefix.wine("schtasks.exe".as_ref());
    create.args(["/create", "/tn", "person", "/xml", r"printed\person.xml"]);
    runner.prefix.run(&mut create)?.expect(0)?;
    is_there(runner, "person", true)?;
    let remove = command!("certstow schedule remove --name person");
    says(&runner.certstow(0, &remove)?, "Removed 'person'")?;
    is_there(runner, "person", false)?;

    let install = command!("certstow schedule install --name person {PERSON...}");
    let ended = runner.certstow(13, &install)?;
    ended.tells("the account's own password")?;
    let mut terminal = runner.certstow_at_terminal(&install)?;
    terminal.wait_for("the scheduler refused to register the task")?;
    terminal.wait_for("schtasks.exe ended with exit code 1")?;
    terminal.end(1)?;
    is_there(runner, "person", false)
}

/// Words that mean something else on a command line that is written carelessly.
const WORDS: [&str; 18] = [
    "--to",
    r"C:\My Backup\",
    "--to",
    r"\\server\a share\\",
    "--to",
    r"C:\Schlüssel & Söhne\100%",
    "--subject",
    r#"say "hello" \"#,
    "--issuer",
    "",
    "--label",
    r#"back\"slash\\""#,
    "--email",
    "a\u{1f511} <b>'$HOME;^|",
    "--password-file",
    r"C:\a password.txt",
    "--log",
    r"C:\ProgramData\my log.jsonl",
];

/// What is in the file comes out of `CommandLineToArgvW` as it went in.
fn arguments(runner: &Runner) -> Result<(), String> {
    let print = command!(
        "certstow schedule install --name words --json --print=printed
         --program C:\\Tools\\certstow.exe {WORDS...}"
    );
    let printed = runner.certstow(0, &print)?;
    let json = printed.json()?;
    let expected: Vec<_> = json["arguments"].as_array().into_iter().flatten().collect();
    let missing = WORDS
        .iter()
        .find(|word| !expected.contains(&&Value::from(**word)));
    if let Some(word) = missing {
        return Err(printed.complain(&format!("'{word}' is not among the arguments")));
    }

    let file = runner.prefix.work().join("printed/words.xml");
    let xml = files::read(&file)?;
    let line = content(&xml, "Arguments")?;
    let units: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    files::write(runner.prefix.work().join("line"), units)?;
    let program = runner.prefix.work().join("arguments.exe");
    let source = "tests/wine/arguments.c";
    prefix::compile(source, &["-municode"], &program, &["-lshell32"])?;
    let mut split = runner.prefix.wine(&program);
    let split = runner.prefix.run(split.arg("line"))?.expect(0)?;
    let words: Vec<_> = split.stdout.lines().map(Value::from).collect();
    split.ensure(
        words.iter().eq(expected.iter().copied()),
        &format!("{expected:?} was expected of {line}"),
    )
}

/// What is in an element of a task's XML, which is UTF-16 with a byte order mark.
pub(super) fn content(file: &[u8], element: &str) -> Result<String, String> {
    let units = file
        .strip_prefix(&[0xff, 0xfe])
        .ok_or("no byte order mark")?;
    let units = units.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    let units: Vec<_> = units.map(u16::from_le_bytes).collect();
    let text = String::from_utf16(&units).map_err(|error| error.to_string())?;
    let inside = text.split_once(&format!("<{element}>"));
    let inside = inside.and_then(|(_, rest)| rest.split_once(&format!("</{element}>")));
    let (inside, _) = inside.ok_or_else(|| format!("no {element} in {text}"))?;
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    let plain = |line: String, (name, character): &(&str, &str)| line.replace(name, character);
    Ok(entities.iter().fold(inside.to_owned(), plain))
}

fn refused(runner: &Runner) -> Result<(), String> {
    let person =
        command!("certstow schedule install {PERSON...} --machine --store windows:CurrentUser\\My");
    let ended = runner.certstow(2, &person)?;
    ended.tells("SYSTEM, which has no way to a person's keys")?;
    let variable =
        command!("certstow schedule install --machine --to C:\\%TEMP%\\x --escrow C:\\escrow.pem");
    let ended = runner.certstow(2, &variable)?;
    ended.tells("would take a part of")?;
    // What is of this logon session alone: the letter of a share, in each option that has a path.
    for words in [
        ["--to", r"N:\Backup", "--escrow", r"C:\escrow.pem"],
        ["--to", r"C:\Backup", "--escrow", "n:/escrow.pem"],
        ["--to", r"C:\Backup", "--password-file", r"N:\password"],
    ] {
        let mapped = command!("certstow schedule install --machine {words...}");
        let ended = runner.certstow(2, &mapped)?;
        ended.tells("N: leads there in this logon session alone")?;
    }
    let root = command!("certstow schedule install --machine --to C:\\ --escrow C:\\escrow.pem");
    runner
        .certstow(2, &root)?
        .tells("it is the root of a drive")
}

/// The account is known, and the key that the checks of the stores left behind comes out.
fn doctor(runner: &Runner) -> Result<(), String> {
    let doctor = command!(
        "certstow doctor --store windows:CurrentUser\\My --to . --event-log --log doctor.log --json"
    );
    let ended = runner.certstow(0, &doctor)?;
    let report = ended.json()?;
    let checks = report["checks"].as_array().map_or(&[][..], Vec::as_slice);
    for (check, status, found) in [
        ("account", "ok", r"\"),
        ("log", "ok", "can be appended to"),
        ("event-log", "ok", "takes events"),
        ("keys", "ok", "came out, and signs"),
        ("target", "ok", "can be written"),
    ] {
        let passes = |value: &Value| {
            let text = |field: &str| value[field].as_str().unwrap_or_default();
            text("check") == check && text("status") == status && text("found").contains(found)
        };
        let passed = checks.iter().any(passes);
        ended.ensure(passed, &format!("{check} is not {status}: {found}"))?;
    }
    Ok(())
}

fn says(ended: &Ended, sentence: &str) -> Result<(), String> {
    ended.ensure(
        ended.stdout.contains(sentence),
        &format!("it does not say '{sentence}'"),
    )
}

/// Where Wine keeps a task.
fn task(runner: &Runner, name: &str) -> PathBuf {
    let tasks = runner
        .prefix
        .windows()
        .join("drive_c/windows/system32/tasks");
    tasks.join(name)
}

/// An error unless Wine has a task of this name, or has none.
pub(super) fn is_there(runner: &Runner, name: &str, expected: bool) -> Result<(), String> {
    ensure(task(runner, name).exists() == expected, || {
        format!("the task {name} is there: {}", !expected)
    })
}
