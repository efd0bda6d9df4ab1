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
use crate::command::ensure;
use crate::files;

const PERSON: [&str; 5] = [
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
    of_the_machine(runner)?;
    of_a_person(runner)?;
    arguments(runner)?;
    refused(runner)?;
    doctor(runner)
}

/// Windows' scheduler always runs. Wine's starts with the Windows that it is in, but not yet the
/// first time, and `schtasks.exe` does not wait until it has.
pub(super) fn start(runner: &Runner) -> Result<(), String> {
    runner.restart()?;
    let mut tries = 0;
    loop {
        let mut start = runner.wine("net".as_ref());
        let ended = runner.run(start.args(["start", "Schedule"]))?;
        let runs = ["started successfully", "already running"];
        if runs.iter().any(|words| ended.stdout.contains(words)) {
            return Ok(());
        }
        tries += 1;
        ended.ensure(tries != TRIES, "Wine's scheduler does not start")?;
        sleep(Duration::from_secs(1));
    }
}

/// Install, show, replace, remove; and remove again, which fails with what schtasks.exe says.
fn of_the_machine(runner: &Runner) -> Result<(), String> {
    let options = ["--to", r"C:\Backup", "--escrow", r"C:\escrow.pem"];
    let install = ["schedule", "install", "--name", "machine", "--machine"];
    for times in ["--hourly", "--daily=03:15"] {
        let ended = runner.certstow(0, &[&install[..], &options, &[times]].concat())?;
        says(&ended, "Scheduled 'machine'")?;
        says(
            &ended,
            r"--escrow C:\escrow.pem --store windows:LocalMachine\My --event-log",
        )?;
        ended.tells("without this certificate the task will fail")?;
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
    let shown = runner.certstow(0, &["schedule", "show", "--name", "machine", "--machine"])?;
    says(&shown, "Scheduled 'machine'")?;
    let remove = ["schedule", "remove", "--name", "machine", "--machine"];
    let removed = runner.certstow(0, &remove)?;
    says(&removed, "Removed 'machine'")?;
    is_there(runner, "machine", false)?;
    runner
        .certstow(1, &remove)?
        .tells("caused by: schtasks.exe ended with exit code 1")
}

/// The XML that is printed can be registered; certstow itself asks schtasks.exe for the password.
fn of_a_person(runner: &Runner) -> Result<(), String> {
    let install = ["schedule", "install", "--name", "person"];
    let print = ["--print=printed", "--program", r"C:\Tools\certstow.exe"];
    let printed = runner.certstow(0, &[&install[..], &PERSON, &print].concat())?;
    printed.tells(r"schtasks /Create /TN person /XML person.xml /RU DOMAIN\USER /RP *")?;
    let mut create = runner.wine("schtasks.exe".as_ref());
    create
        .args(["/create", "/tn", "person", "/xml", r"printed\person.xml"])
        .current_dir(runner.work());
    runner.run(&mut create)?.expect(0)?;
    is_there(runner, "person", true)?;
    let remove = ["schedule", "remove", "--name", "person"];
    says(&runner.certstow(0, &remove)?, "Removed 'person'")?;
    is_there(runner, "person", false)?;

    let ended = runner.certstow(13, &[&install[..], &PERSON].concat())?;
    ended.tells("the account's own password")?;
    let mut terminal = runner.certstow_at_terminal(&[&install[..], &PERSON].concat())?;
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
    let options = ["--print=printed", "--program", r"C:\Tools\certstow.exe"];
    let install = ["schedule", "install", "--name", "words", "--json"];
    let printed = runner.certstow(0, &[&install[..], &options, &WORDS].concat())?;
    let json = printed.json()?;
    let expected: Vec<_> = json["arguments"].as_array().into_iter().flatten().collect();
    let missing = WORDS
        .iter()
        .find(|word| !expected.contains(&&Value::from(**word)));
    if let Some(word) = missing {
        return Err(printed.complain(&format!("'{word}' is not among the arguments")));
    }

    let file = runner.work().join("printed/words.xml");
    let xml = files::read(&file)?;
    let line = content(&xml, "Arguments")?;
    let units: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
    files::write(runner.work().join("line"), units)?;
    let program = runner.work().join("arguments.exe");
    let source = "tests/wine/arguments.c";
    prefix::compile(source, &["-municode"], &program, &["-lshell32"])?;
    let split = runner.windows_program(&program, &runner.work(), &["line"])?;
    let split = split.expect(0)?;
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
    let person = ["--machine", "--store", r"windows:CurrentUser\My"];
    let install = [&["schedule", "install"][..], &PERSON, &person].concat();
    runner
        .certstow(2, &install)?
        .tells("SYSTEM, which has no way to a person's keys")?;
    let variable = ["schedule", "install", "--machine", "--to", r"C:\%TEMP%\x"];
    let escrow = ["--escrow", r"C:\escrow.pem"];
    runner
        .certstow(2, &[&variable[..], &escrow].concat())?
        .tells("would take a part of")
}

/// The account is known, and the key that the checks of the stores left behind comes out.
fn doctor(runner: &Runner) -> Result<(), String> {
    let doctor = ["doctor", "--store", r"windows:CurrentUser\My", "--to", "."];
    let options = ["--event-log", "--log", "doctor.log", "--json"];
    let ended = runner.certstow(0, &[&doctor[..], &options].concat())?;
    let checks = ended.json()?;
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
        let all = checks["checks"].as_array();
        if !all.is_some_and(|all| all.iter().any(passes)) {
            return Err(ended.complain(&format!("{check} is not {status}: {found}")));
        }
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
    let tasks = runner.windows().join("drive_c/windows/system32/tasks");
    tasks.join(name)
}

/// An error unless Wine has a task of this name, or has none.
pub(super) fn is_there(runner: &Runner, name: &str, expected: bool) -> Result<(), String> {
    ensure(task(runner, name).exists() == expected, || {
        format!("the task {name} is there: {}", !expected)
    })
}
