//! How a run tells monitoring how it ended: `--status`, `--metrics` and `--on-failure`, after each
//! way in which a run can end.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use crate::{ADA, PASSWORD, World, ends, said};

/// Where it is told.
const TOLD: &str = "--status status.json --metrics x.prom";

impl World {
    fn status(&self) -> Value {
        let bytes = fs::read(self.path("status.json")).expect("the status");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// The value of a metric that has these labels beside the command's and the file's.
    fn metric(&self, name: &str, labels: &str) -> Option<i64> {
        let text = fs::read_to_string(self.path("x.prom")).expect("the metrics");
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let line =
            lines.find(|line| line.starts_with(&format!("{name}{{")) && line.contains(labels))?;
        let (_, value) = line.rsplit_once(' ')?;
        Some(value.parse().expect("a number"))
    }

    /// A backup that tells of itself, and a command after a failure that says how it went.
    fn told(&self, words: &str) -> Output {
        let mut command = self.command(&format!("backup --iterations 1 {TOLD} {words}"));
        let hook = r#"sh -c 'echo "$CERTSTOW_EXIT $CERTSTOW_STATUS $SECRET" >> alarms'"#;
        command
            .args(["--on-failure", hook])
            .output()
            .expect("it starts")
    }

    fn alarms(&self) -> String {
        fs::read_to_string(self.path("alarms")).unwrap_or_default()
    }

    /// That the run ended so, and says so everywhere.
    fn alarmed(&self, output: &Output, code: i32) -> Value {
        ends(output, code);
        let status = self.status();
        assert_eq!(status["exit"], code, "{status}");
        assert_eq!(
            self.metric("certstow_last_exit_code", ""),
            Some(code.into())
        );
        let file = self.path("status.json");
        let alarm = format!("{code} {} ", file.display());
        assert!(self.alarms().starts_with(&alarm), "{}", self.alarms());
        fs::remove_file(self.path("alarms")).expect("the alarm");
        status
    }
}

#[test]
fn good_run_is_told_in_status_and_metrics() {
    let world = World::new();
    let output = world.told("--store store --password-env SECRET --to a --to b");
    ends(&output, 0);
    assert_eq!(world.alarms(), "");
    let status = world.status();
    assert_eq!(status["schema"], "certstow.status/1");
    assert_eq!(
        (&status["command"], &status["exit"]),
        (&"backup".into(), &0.into())
    );
    assert_eq!(status["last_success"], status["ended"]);
    assert_eq!(status["error"], Value::Null);
    for (at, name) in ["a", "b"].into_iter().enumerate() {
        let one = &status["destinations"][at];
        assert_eq!(one["number"], at + 1);
        assert_eq!(one["name"], name);
        assert_eq!((&one["saved"], &one["failed"]), (&3.into(), &0.into()));
        assert_eq!(one["last_success"], status["ended"]);
    }
    let entries = status["report"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[0]["files"][1]["file"], ADA);
    // Edith's ended in 2024, and the others end together.
    assert_eq!(status["soonest_end"], "2124-01-01T00:00:00Z");
    assert_eq!(status["expired"], 1);
    assert_eq!(world.metric("certstow_certificates_expired", ""), Some(1));
    let mode = |name| world.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("status.json"), mode("x.prom")), (0o600, 0o644));

    let ended = world.metric(
        "certstow_last_run_timestamp_seconds",
        "command=\"backup\",run=\"x\"",
    );
    assert_eq!(
        ended,
        world.metric("certstow_last_success_timestamp_seconds", "")
    );
    assert_eq!(
        world.metric("certstow_soonest_end_timestamp_seconds", ""),
        Some(4_859_740_800)
    );
    for labels in [
        "destination=\"1\",name=\"a\"",
        "destination=\"2\",name=\"b\"",
    ] {
        assert_eq!(world.metric("certstow_identities_saved", labels), Some(3));
        assert_eq!(world.metric("certstow_identities_failed", labels), Some(0));
        let last = world.metric(
            "certstow_destination_last_success_timestamp_seconds",
            labels,
        );
        assert_eq!(last, ended);
    }
    // Nothing of whom they are, and no path.
    let text = fs::read_to_string(world.path("x.prom")).unwrap();
    let folder = world.folder.path().to_string_lossy().into_owned();
    for part in ["Ada", "ada", "example", "694258", "store", &folder] {
        assert!(!text.contains(part), "{part} is in {text}");
    }
}

#[test]
fn failed_runs_are_told_on_the_first_night() {
    let world = World::new();
    ends(
        &world.told("--store store --password-env SECRET --to a --to b"),
        0,
    );
    let good = world.status()["ended"].clone();
    let kept = |status: &Value| {
        assert_eq!(status["last_success"], good, "{status}");
        assert!(
            world
                .metric("certstow_last_success_timestamp_seconds", "")
                .unwrap()
                > 0
        );
    };

    // A folder cannot be written.
    fs::rename(world.path("b"), world.path("c")).unwrap();
    fs::write(world.path("b"), "a file").unwrap();
    let backup = "--store store --password-env SECRET --to a --to b";
    let output = world.told(backup);
    // A password in the environment is for certstow alone.
    assert!(!world.alarms().contains(PASSWORD), "{}", world.alarms());
    let status = world.alarmed(&output, 14);
    kept(&status);
    assert_eq!(status["destinations"][0]["ok"], true);
    assert_eq!(status["destinations"][1]["ok"], false);
    assert_eq!(status["destinations"][1]["failed"], 3);
    assert_eq!(status["destinations"][1]["last_success"], good);
    let second = "destination=\"2\"";
    assert_eq!(world.metric("certstow_identities_failed", second), Some(3));
    fs::remove_file(world.path("b")).unwrap();
    fs::rename(world.path("c"), world.path("b")).unwrap();

    // No password, and something to save.
    let status = world.alarmed(&world.told("--store store --to a --to b --rewrite"), 13);
    kept(&status);
    assert_eq!(status["error"]["code"], "interaction-required");
    assert_eq!(status["destinations"][1]["saved"], Value::Null);
    assert_eq!(status["destinations"][1]["last_success"], good);
    assert_eq!(world.metric("certstow_identities_saved", second), None);
    let output = world.told("--store store --to a --rewrite --password-file nowhere");
    kept(&world.alarmed(&output, 17));
    let command = "--store store --to a --rewrite --password-command false";
    kept(&world.alarmed(&world.told(command), 17));
    // No store, no log, nothing that can be read, an option that makes no sense.
    kept(&world.alarmed(
        &world.told("--store nowhere --to a --password-env SECRET"),
        18,
    ));
    kept(&world.alarmed(
        &world.told("--store store --to a --password-env SECRET --log no/where"),
        16,
    ));
    kept(&world.alarmed(&world.told("--store store --to a --subject Nobody"), 10));
    kept(&world.alarmed(&world.told("--store store --password-env SECRET"), 2));
    kept(&world.alarmed(&world.told("--config nowhere.toml"), 1));
    fs::write(world.path("bad.toml"), "to = ['a']\niterations = 'many'\n").unwrap();
    let status = world.alarmed(&world.told("--config bad.toml"), 2);
    kept(&status);
    assert!(
        status["error"]["message"]
            .as_str()
            .unwrap()
            .contains("line 2"),
        "{status}"
    );

    // It is over when a run is good again.
    ends(&world.told(backup), 0);
    let status = world.status();
    assert_eq!(
        (&status["exit"], &status["error"]),
        (&0.into(), &Value::Null)
    );
    assert_eq!(world.metric("certstow_last_exit_code", ""), Some(0));
    assert_eq!(world.alarms(), "");
}

#[test]
fn option_file_says_where_to_tell_also_of_its_own_mistakes() {
    let world = World::new();
    let hook = "on-failure = \"touch alarms\"";
    let told = format!("status = 'status.json'\nmetrics = 'x.prom'\n{hook}\n");
    for (mistake, code) in [
        (
            "to = 'a'\nstore = 'store'\npassword-env = 'SECRET'\niterations = 1",
            0,
        ),
        ("to = 'a'\nno-such = 1", 2),
        ("to = 'a'\niterations = 'many'", 2),
        ("to = 'a'\npassword-file = 'x'\npassword-env = 'Y'", 2),
        ("to = [\n'a'\nstore ==", 2),
        ("to = 'a'\nstore = 'nowhere'\npassword-env = 'SECRET'", 18),
    ] {
        fs::write(world.path("b.toml"), format!("{told}{mistake}\n")).unwrap();
        ends(&world.run("backup --config b.toml"), code);
        assert_eq!(world.status()["exit"], code, "{mistake}");
        assert_eq!(
            world.metric("certstow_last_exit_code", ""),
            Some(code.into()),
            "{mistake}"
        );
        let alarm = fs::remove_file(world.path("alarms")).is_ok();
        assert_eq!(alarm, code != 0, "{mistake}");
    }
    // Also of a log that cannot be written, before the file is read.
    ends(&world.run("backup --config b.toml --log no/where"), 16);
    assert_eq!(world.status()["exit"], 16);
    assert!(world.path("alarms").exists());
}

/// The variables that the file names hold passwords, also where the run ends before it uses them.
#[test]
fn command_of_option_file_gets_no_password() {
    let world = World::new();
    let hook = "on-failure = '''sh -c 'echo \"said:$SECRET\" >> alarms' '''";
    let file = |key: &str, more: &str| {
        let text = format!("to = 'a'\nstore = 'store'\n{hook}\n{key} = 'SECRET'\n{more}\n");
        fs::write(world.path("b.toml"), text).unwrap();
    };
    for key in ["password-env", "unlock-password-env"] {
        file(key, "no-such = 1");
        ends(&world.run("backup --config b.toml"), 2);
        file(key, "");
        ends(&world.run("backup --config b.toml --log no/where"), 16);
        assert_eq!(world.alarms(), "said:\nsaid:\n", "{key}");
        fs::remove_file(world.path("alarms")).unwrap();
    }
}

#[test]
fn unwritable_files_of_monitoring_make_a_good_run_14() {
    let world = World::new();
    let backup = "--store store --to a";
    let output = world.backup(&format!(
        "{backup} --status no/status.json --metrics x.prom"
    ));
    ends(&output, 14);
    assert!(
        said(&output).contains("warning: no/status.json cannot be written"),
        "{}",
        said(&output)
    );
    // The other one tells it.
    assert_eq!(world.metric("certstow_last_exit_code", ""), Some(14));
    assert_eq!(
        world.metric("certstow_last_success_timestamp_seconds", ""),
        Some(0)
    );
    fs::create_dir(world.path("y.prom")).unwrap();
    ends(
        &world.backup(&format!("{backup} --status status.json --metrics y.prom")),
        14,
    );
    assert_eq!(world.status()["exit"], 14);
    assert_eq!(world.status()["last_success"], Value::Null);
    // A run that failed anyway ends as it would.
    ends(
        &world.run("backup --store nowhere --to a --status no/status.json"),
        18,
    );
    let output = world.run("backup --store store --to a --metrics metrics.txt");
    ends(&output, 2);
    assert!(
        said(&output).contains("the name has to end in .prom"),
        "{}",
        said(&output)
    );
}

#[test]
fn damaged_status_of_before_is_no_failure() {
    let world = World::new();
    for before in [
        "",
        "{",
        "{\"schema\":\"other/1\"}",
        "certstow_last_success_timestamp_seconds{} x",
    ] {
        fs::write(world.path("status.json"), before).unwrap();
        fs::write(world.path("x.prom"), before).unwrap();
        ends(
            &world.run(&format!("backup --store nowhere --to a {TOLD}")),
            18,
        );
        assert_eq!(world.status()["last_success"], Value::Null);
        assert_eq!(
            world.metric("certstow_last_success_timestamp_seconds", ""),
            Some(0)
        );
    }
}

#[test]
fn failing_command_is_a_warning() {
    let world = World::new();
    let mut command = world.command("backup --store nowhere --to a --log log");
    let output = command
        .args(["--on-failure", "sh -c 'exit 7' private"])
        .output()
        .unwrap();
    ends(&output, 18);
    let warning = "warning: the command 'sh' of --on-failure: it ended with exit code 7";
    assert!(said(&output).contains(warning), "{}", said(&output));
    assert!(!said(&output).contains("private"), "{}", said(&output));
    let log = fs::read_to_string(world.path("log")).unwrap();
    let last = log.lines().last().unwrap();
    assert!(
        log.contains("of --on-failure") && last.contains("\"event\":\"end\""),
        "{log}"
    );
    assert!(!log.contains("private"), "{log}");
    let mut command = world.command("backup --store store --to a");
    let output = command
        .args(["--on-failure", "mail 'ada"])
        .output()
        .unwrap();
    ends(&output, 2);
    assert!(
        said(&output).contains("a quotation mark is not closed"),
        "{}",
        said(&output)
    );
}

/// What it says is no part of the result.
#[test]
fn command_speaks_on_standard_error() {
    let world = World::new();
    let mut command = world.command("backup --store nowhere --to a --json");
    let output = command
        .args(["--on-failure", "echo told"])
        .output()
        .unwrap();
    ends(&output, 18);
    assert_eq!(output.stdout, b"");
    assert!(String::from_utf8_lossy(&output.stderr).contains("told"));
}

/// By the watchdog, and by a signal.
#[test]
fn run_that_is_cut_short_is_told() {
    let world = World::new();
    ends(&world.told("--store store --password-env SECRET --to a"), 0);
    let good = world.status()["ended"].clone();
    let fifo = world.path("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    let waits = "--store store --to a --rewrite --password-file fifo";
    let status = world.alarmed(&world.told(&format!("{waits} --timeout 1s")), 13);
    assert_eq!(status["last_success"], good);
    assert!(
        status["error"]["message"]
            .as_str()
            .unwrap()
            .contains("fifo"),
        "{status}"
    );

    let hook = "sh -c 'sleep 3; echo late > alarms'";
    let mut command = world.command(&format!("backup --iterations 1 {TOLD} {waits}"));
    let mut child = command.args(["--on-failure", hook]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(world.status()["exit"], 130);
    assert_eq!(world.status()["last_success"], good);
    assert_eq!(world.alarms(), "late\n");
}

#[test]
fn verify_is_told_by_folder() {
    let world = World::new();
    ends(&world.backup("--to a --to b"), 0);
    let verify = format!("backup verify a b {TOLD} --max-age 26h --store store");
    ends(&world.run(&verify), 0);
    let status = world.status();
    assert_eq!(status["command"], "backup verify");
    assert_eq!(status["soonest_end"], "2124-01-01T00:00:00Z");
    assert_eq!(status["last_success"], status["ended"]);
    assert_eq!(status["report"]["folders"].as_array().unwrap().len(), 2);
    world.damage(&format!("b/{ADA}"));
    ends(&world.run(&verify), 15);
    let status = world.status();
    let [a, b] = [0, 1].map(|at| &status["destinations"][at]);
    assert_eq!(
        (&a["ok"], &a["saved"], &a["failed"]),
        (&true.into(), &3.into(), &0.into())
    );
    assert_eq!((&b["ok"], &b["saved"]), (&false.into(), &2.into()));
    let second = "command=\"backup verify\",run=\"x\",destination=\"2\",name=\"b\"";
    assert!(world.metric("certstow_identities_failed", second) > Some(0));
    ends(&world.run(&format!("{verify} --password-file nowhere")), 17);
    assert_eq!(world.status()["error"]["code"], "password");
    fs::rename(world.path("b"), world.path("c")).unwrap();
    ends(&world.run(&verify), 15);
    assert_eq!(world.status()["destinations"][1]["saved"], Value::Null);
    assert_eq!(world.status()["destinations"][1]["ok"], false);
}

/// The last part of a path may be anything.
#[test]
fn metrics_of_hostile_names_are_read_again() {
    let world = World::new();
    let name = "a \"b\\c}\n#{";
    for code in [0, 18] {
        let store = if code == 0 { "store" } else { "nowhere" };
        let mut command = world.command("backup --iterations 1 --password-env SECRET");
        command.args(["--metrics", "x.prom", "--store", store, "--to", name]);
        ends(&command.output().unwrap(), code);
        let labels = r#"destination="1",name="a \"b\\c}\n#{""#;
        let last = world.metric(
            "certstow_destination_last_success_timestamp_seconds",
            labels,
        );
        assert!(last > Some(0), "{code}");
    }
}
