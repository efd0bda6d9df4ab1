//! The files as other programs read them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{BACKUP, print, succeeds};

fn systemd_analyze(scope: &str) -> Command {
    let mut analyze = Command::new("systemd-analyze");
    analyze.arg(scope).env("SYSTEMD_LOG_LEVEL", "warning");
    analyze
}

/// What a fleet means, and nobody else does.
#[test]
fn windows_task_is_printed_with_word_on_variables() {
    let folder = tempfile::tempdir().unwrap();
    let said = |to: &str| {
        let output = print(folder.path(), "windows", &["--to", to]);
        String::from_utf8(output.stderr).unwrap()
    };
    let variable = said(r"\\server\%COMPUTERNAME%");
    let words = r"a variable's value in the place of a part of '\\server\%COMPUTERNAME%'";
    assert!(variable.contains(words), "{variable}");
    assert!(!said(r"\\server\100%").contains("variable"));
}

/// A package moves its link at each update, and takes away what it led to.
#[test]
fn systemd_service_starts_program_by_its_link() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("certstow");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_certstow"), &link).unwrap();
    // As the shell starts what is found in PATH.
    for first_word in ["certstow".as_ref(), link.as_os_str()] {
        let mut print = Command::new(&link);
        std::os::unix::process::CommandExt::arg0(&mut print, first_word);
        print
            .env("PATH", folder.path())
            .args(["schedule", "install", "--print", "--system", "systemd"])
            .args(["--to", "/srv/backup", "--password-file", "/etc/password"]);
        let output = succeeds(&mut print);
        let said = String::from_utf8_lossy(&output.stdout);
        let starts = format!("ExecStart=:{} backup", link.display());
        assert!(said.contains(&starts), "{said}");
    }
}

#[test]
#[ignore = "needs systemd"]
fn systemd_units_pass_verification() {
    for (scope, machine, times) in [
        ("--user", &[][..], "--hourly"),
        (
            "--user",
            &["--daily=8:05", "--random-delay=90s"],
            "--daily=03:15",
        ),
        ("--system", &["--machine"], "--weekly=sun@03:15"),
        ("--user", &[], "--monthly=28@03:15"),
        ("--user", &["--random-delay=0"], "--monthly=last@03:15"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        print(folder.path(), "systemd", &[machine, &[times]].concat());
        let mut verify = systemd_analyze(scope);
        verify
            .args(["--man=no", "verify"])
            .arg(folder.path().join("certstow.service"))
            .arg(folder.path().join("certstow.timer"))
            .env("XDG_RUNTIME_DIR", folder.path());
        let output = succeeds(&mut verify);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("certstow."), "{said}");

        let timer = fs::read_to_string(folder.path().join("certstow.timer")).unwrap();
        let (_, calendar) = timer.split_once("OnCalendar=").unwrap();
        let calendar = calendar.lines().next().unwrap();
        let output = succeeds(systemd_analyze("calendar").arg(calendar));
        assert!(String::from_utf8_lossy(&output.stdout).contains("Next elapse"));
    }
}

/// systemd rates how much a service could do to the system, from 0 (nothing) to 10.
#[test]
#[ignore = "needs systemd"]
#[expect(clippy::print_stdout, reason = "the rating is worth knowing")]
fn systemd_service_stays_below_exposure_limit() {
    for (machine, most) in [
        (&[][..], 6.0),
        (&["--machine"], 2.5),
        // Where other programs are started, they may use the network.
        (&["--machine", "--unlock-password-command", "x"], 3.5),
    ] {
        let folder = tempfile::tempdir().unwrap();
        print(folder.path(), "systemd", machine);
        let mut security = systemd_analyze("security");
        security
            .args(["--offline=true", "--no-pager"])
            .arg(folder.path().join("certstow.service"));
        let output = succeeds(&mut security);
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let (_, level) = report
            .split_once("exposure level for certstow.service: ")
            .unwrap_or_else(|| panic!("no level in {report}"));
        let level: f64 = level.split(' ').next().unwrap().parse().unwrap();
        println!("exposure {level} {machine:?}");
        assert!(level <= most, "{report}");
    }
}

/// What systemd makes of the command line: as its own manager dumps it.
#[test]
#[ignore = "needs systemd"]
fn systemd_units_round_trip_arguments() {
    let folder = tempfile::tempdir().unwrap();
    let units = folder.path().join("systemd/user");
    print(&units, "systemd", &[]);
    let runtime = folder.path().join("run");
    fs::create_dir(&runtime).unwrap();
    // It refuses to be tried as root.
    let mut chown = Command::new("chown");
    chown.args(["-R", "65534:65534"]).arg(folder.path());
    let rooted = succeeds(Command::new("id").arg("-u")).stdout == b"0\n";
    let mut systemd = if rooted {
        succeeds(&mut chown);
        let mut other = Command::new("setpriv");
        other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        other.arg("/lib/systemd/systemd");
        other
    } else {
        Command::new("/lib/systemd/systemd")
    };
    systemd
        .args(["--test", "--user", "--unit=certstow.service"])
        .env("XDG_CONFIG_HOME", folder.path())
        .env("XDG_RUNTIME_DIR", &runtime)
        .env("HOME", folder.path())
        .env("SYSTEMD_LOG_TARGET", "console")
        .env("LC_ALL", "C.UTF-8");
    let output = succeeds(&mut systemd);
    let dump = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = dump
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Command Line: "))
        .find(|line| line.contains("certstow"))
        .unwrap_or_else(|| panic!("no command line in {dump}"));
    // It quotes as a shell would: so a shell says what the words are.
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("printf '%s\\n' {line}")]);
    let words = succeeds(&mut shell).stdout;
    let words = String::from_utf8(words).unwrap();
    // After the program, the command, --non-interactive and --no-config.
    let words: Vec<_> = words.lines().skip(4).collect();
    // Options come in the order of the help.
    let [sorted, expected] = [words, BACKUP.to_vec()].map(|mut words| {
        words.sort_unstable();
        words
    });
    assert_eq!(sorted, expected, "{line}");
}

/// Python's parsers, on the bytes as they are.
const PYTHON: &str = r#"
import plistlib, sys, xml.etree.ElementTree as xml
folder, program = sys.argv[1], sys.argv[2]
backup = sys.argv[3:]
job = plistlib.load(open(folder + "/org.certstow.certstow.plist", "rb"))
assert job["Label"] == "org.certstow.certstow", job
fixed = [program, "backup", "--non-interactive", "--no-config"]
assert job["ProgramArguments"][:4] == fixed, job
assert sorted(job["ProgramArguments"][4:]) == sorted(backup), job
assert job["StartCalendarInterval"] == {"Hour": 3, "Minute": 15}, job
assert job["ProcessType"] == "Background" and job["Umask"] == 0o77, job
task = xml.parse(folder + "/certstow.xml").getroot()
name = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
assert task.tag == name + "Task" and task.get("version") == "1.2", task
command = task.find("{0}Actions/{0}Exec/{0}Command".format(name))
assert command.text == program, command.text
"#;

#[test]
#[ignore = "needs Python"]
fn launchd_and_windows_files_parse_in_python() {
    let folder = tempfile::tempdir().unwrap();
    for system in ["launchd", "windows"] {
        print(folder.path(), system, &["--daily", "03:15"]);
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_certstow")).is_absolute());
    let mut python = Command::new("python3");
    python
        .args(["-c", PYTHON])
        .arg(folder.path())
        .arg(env!("CARGO_BIN_EXE_certstow"))
        .args(BACKUP)
        .stdin(Stdio::null());
    succeeds(&mut python);
}
