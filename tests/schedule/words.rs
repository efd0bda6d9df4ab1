//! Words by chance, written into the files and read by those they are for: a service that systemd
//! runs, and parsers of property lists and XML.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::manager::tell;
use crate::{certstow, succeeds};

/// How many words there are in a command line.
const COUNT: usize = 150;

const PARTS: [&str; 27] = [
    "a",
    "Z",
    "0",
    " ",
    "\"",
    "\\",
    "\\\\",
    "'",
    "%",
    "%%",
    "%h",
    "%TEMP%",
    "$",
    "${HOME}",
    "$$",
    ";",
    "#",
    "&",
    "&amp;",
    "<",
    ">",
    "-",
    "=",
    "ü",
    "\u{1f511}",
    "*",
    ":",
];

/// The same on every day. Each is an absolute path, as a folder to write to has to be.
fn by_chance(parts: &[&str]) -> Vec<String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chance = move |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap() % limit
    };
    let word = |_| {
        let length = 1 + chance(9);
        let word: String = (0..length).map(|_| parts[chance(parts.len())]).collect();
        format!("/{word}")
    };
    (0..COUNT).map(word).collect()
}

/// A character of a program's path that certstow writes is one that systemd takes, and the others
/// are those that it refuses.
#[test]
#[ignore = "needs systemd"]
fn program_path_check_agrees_with_systemd() {
    let units = tempfile::tempdir().unwrap();
    for character in [" ", "%", "$", ";", "ü", "'", "\"", "\\", "\u{7f}"] {
        let program = format!("/opt/a{character}b/certstow");
        let mut print = certstow();
        print
            .args(["schedule", "install", "--system", "systemd"])
            .arg(format!("--print={}", units.path().display()))
            .args(["--program", &program, "--to", "/b", "--password-file", "/p"]);
        let written = print.output().unwrap().status.success();
        // Written by hand where certstow writes nothing.
        let service = units.path().join("certstow.service");
        if !written {
            let escaped = match character {
                "\"" | "\\" => format!("\\{character}"),
                other => other.to_owned(),
            };
            let line = format!("ExecStart=\":/opt/a{escaped}b/certstow\"\n");
            fs::write(&service, format!("[Service]\nType=oneshot\n{line}")).unwrap();
        }
        let mut verify = Command::new("systemd-analyze");
        verify
            .args(["--user", "--man=no", "verify"])
            .arg(&service)
            .env("XDG_RUNTIME_DIR", units.path());
        let said = verify.output().unwrap().stderr;
        let said = String::from_utf8_lossy(&said);
        // The program itself is not there, which it only says of a path that it takes.
        assert_eq!(
            said.contains("is not executable"),
            written,
            "{program}: {said}"
        );
    }
}

/// Prints the files of a task that saves to all these folders; its arguments.
fn print(folder: &Path, system: &str, program: &Path, words: &[String]) -> Vec<String> {
    let mut print = certstow();
    print
        .args(["schedule", "install", "--system", system, "--json"])
        .arg(format!("--print={}", folder.display()))
        .arg("--program")
        .arg(program)
        .args(["--password-file", "/p"]);
    for word in words {
        print.args(["--to", word]);
    }
    let json = succeeds(&mut print).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let arguments = json["arguments"].as_array().unwrap();
    let arguments: Vec<_> = arguments
        .iter()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect();
    assert!(words.iter().all(|word| arguments.contains(word)));
    arguments
}

/// A program of the test's own is the task: it writes down what it was started with.
#[test]
#[ignore = "needs systemd"]
fn systemd_units_preserve_arguments_with_real_manager() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("two words, 100% %h $HOME; ü");
    fs::create_dir(&there).unwrap();
    let program = there.join("program");
    fs::write(
        &program,
        "#!/bin/bash\nprintf '%s\\0' \"$@\" > \"$(dirname \"$0\")/words\"\n",
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let parts = [&PARTS[..], &["\n", "\t", "\r", "\u{1}", "\u{7f}"]].concat();
    let mut words = by_chance(&parts);
    // Where it may write.
    words.push(there.display().to_string());
    let units = folder.path().join(".config/systemd/user");
    let expected = print(&units, "systemd", &program, &words);
    tell(
        r#"
        systemctl --user daemon-reload
        systemctl --user start certstow.service
        "#,
        folder.path(),
    );
    let written = fs::read_to_string(there.join("words")).unwrap();
    let written: Vec<_> = written.split_terminator('\0').collect();
    assert_eq!(written, expected);
}

/// The words that a shell gets from a line for cron: from a cron that takes the backslash before a percent
/// sign away (Debian, the BSDs), and from one that does not (BusyBox).
#[test]
fn cron_lines_preserve_arguments_in_shell() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    fs::write(&program, "#!/bin/sh\nprintf '%s\\0' \"$@\"\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let expected = print(folder.path(), "cron", &program, &by_chance(&PARTS));
    let lines = fs::read_to_string(folder.path().join("certstow.cron")).unwrap();
    let line = lines.lines().find(|line| !line.starts_with('#')).unwrap();
    let command = line.strip_prefix("0 12 * * * ").unwrap();
    let ends_early = command.match_indices('%').any(|(at, _)| !command[..at].ends_with('\\'));
    assert!(!ends_early, "{command}");
    for command in [command, &command.replace("\\%", "%")] {
        let output = succeeds(Command::new("sh").args(["-c", command])).stdout;
        let words = String::from_utf8(output).unwrap();
        let words: Vec<_> = words.split_terminator('\0').collect();
        assert_eq!(words, expected);
    }
}

const PYTHON: &str = r#"
import json, plistlib, sys, xml.etree.ElementTree as xml
folder, program = sys.argv[1], sys.argv[2]
job = plistlib.load(open(folder + "/org.certstow.certstow.plist", "rb"))
task = xml.parse(folder + "/certstow.xml").getroot()
name = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
line = task.find("{0}Actions/{0}Exec/{0}Arguments".format(name)).text
json.dump([job["ProgramArguments"], line], sys.stdout)
"#;

#[test]
#[ignore = "needs Python"]
fn launchd_and_windows_files_preserve_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let words = by_chance(&PARTS);
    let program = Path::new("/usr/local/bin/certstow");
    let expected = print(folder.path(), "launchd", program, &words);
    let of_windows = print(folder.path(), "windows", program, &words);
    let mut python = Command::new("python3");
    python.args(["-c", PYTHON]).arg(folder.path());
    let read = succeeds(python.arg(program)).stdout;
    let (job, line): (Vec<String>, String) = serde_json::from_slice(&read).unwrap();
    assert_eq!(job[0], program.display().to_string());
    assert_eq!(job[1..], expected);
    assert_eq!(split_as_windows_does(&line), of_windows);
}

/// The rules of the C runtime and of `CommandLineToArgvW`, as they are described: 2n backslashes
/// before a quotation mark are n and the mark begins or ends a quotation, 2n+1 are n and the mark
/// itself; blanks outside of quotations end an argument.
fn split_as_windows_does(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let mut word = String::new();
        let mut inside = false;
        while let Some(next) = rest.chars().next() {
            let slashes = rest.len() - rest.trim_start_matches('\\').len();
            let after = &rest[slashes..];
            if let (true, Some(quoted)) = (slashes > 0 || next == '"', after.strip_prefix('"')) {
                word.push_str(&"\\".repeat(slashes / 2));
                match slashes % 2 {
                    1 => word.push('"'),
                    _ => inside = !inside,
                }
                rest = quoted;
            } else if slashes > 0 {
                word.push_str(&rest[..slashes]);
                rest = after;
            } else if next == ' ' && !inside {
                break;
            } else {
                word.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
        words.push(word);
        rest = rest.trim_start_matches(' ');
    }
    words
}
