use clap::FromArgMatches as _;

use super::*;
use crate::args::{self, Cli, Command, ScheduleCommand};

/// The options of a backup that a command line has, after `schedule install`.
fn parse(words: &[&str]) -> ScheduleInstallArgs {
    let command = ["certstow", "schedule", "install"];
    let words = command.iter().chain(words);
    let matches = args::command().try_get_matches_from(words).unwrap();
    match Cli::from_arg_matches(&matches).unwrap().command {
        Command::Schedule(ScheduleCommand::Install(install)) => *install,
        other => panic!("{other:?}"),
    }
}

fn line(words: &[&str], scheduler: Scheduler, owner: Owner, paths: Paths) -> Result<Line, Error> {
    Line::of(&parse(words), scheduler, owner, paths)
}

fn systemd(words: &[&str]) -> Result<Line, Error> {
    line(words, Scheduler::Systemd, Owner::User, Paths::Absolute)
}

fn system(words: &[&str]) -> Result<Line, Error> {
    line(
        words,
        Scheduler::TaskScheduler,
        Owner::Machine,
        Paths::AsWritten,
    )
}

/// What is written into a task means what was typed.
#[test]
fn line_round_trips_backup_options() {
    let root = std::path::absolute("/").unwrap().display().to_string();
    let path = |name: &str| format!("{root}{name}");
    let store = format!("file:{}", path("keys"));
    let [one, two, password] = ["one", "two words", "pass word"].map(path);
    for words in [
        &["--to", &one, "--password-file", &password][..],
        &[
            "--to",
            &one,
            "--to",
            &two,
            "--password-file",
            &password,
            "--store",
            &store,
            "--store",
            r"windows:CurrentUser\My",
            "--unlock-password-file",
            &password,
            "--rewrite",
            "--prune-expired",
            "90d",
            "--accept-empty",
            "--skip-not-exportable",
            "--allow-unproven",
            "--require-private",
            "--chain",
            "no-root",
            "--properties",
            "all",
            "--profile",
            "compatible",
            "--iterations",
            "100000",
            "--subject",
            "O=Ada & \"Söhne\"",
            "--email=-x@example.org",
            "--expires-within",
            "30d",
            "--allow-empty-password",
        ],
        &["--to", &one, "--escrow", &password, "--for", "java8"],
    ] {
        let typed = parse(words);
        let line = systemd(words).unwrap();
        let fixed = ["backup", "--non-interactive", "--no-config"];
        assert_eq!(line.arguments[..3], fixed);
        let again: Vec<_> = line.arguments[3..].iter().map(String::as_str).collect();
        let again = parse(&again);
        assert_eq!(
            format!("{:?}", again.backup.args),
            format!("{:?}", typed.backup.args)
        );
        assert_eq!(again.given(), typed.given());
    }
}

#[test]
fn line_supports_every_backup_option_kind() {
    use clap::Args as _;
    let backup = BackupArgs::augment_args(clap::Command::new("backup"));
    for argument in backup.get_arguments() {
        let name = argument.get_long().expect("options alone, no operands");
        assert!(
            matches!(
                argument.get_action(),
                clap::ArgAction::SetTrue | clap::ArgAction::Set | clap::ArgAction::Append
            ),
            "--{name} is of a kind that a task's command line is not written with"
        );
    }
}

#[test]
fn line_makes_only_paths_absolute() {
    let words = ["--to", "here", "--password-file", "pw", "--store", "keys"];
    let line = systemd(&words).unwrap();
    let here = std::env::current_dir().unwrap().display().to_string();
    for word in ["here", "pw"] {
        let path = std::path::absolute(word).unwrap().display().to_string();
        assert!(path.starts_with(&here));
        assert!(line.arguments.contains(&path), "{:?}", line.arguments);
    }
    let keys = format!("file:{}", std::path::absolute("keys").unwrap().display());
    assert!(line.arguments.contains(&keys), "{:?}", line.arguments);
    assert_eq!(line.writes_to.len(), 1);
    assert!(std::path::Path::new(&line.writes_to[0]).is_absolute());

    let there = line_as_written(&[
        "--to",
        r"D:\Backup",
        "--password-file",
        "pw",
        "--store",
        "x",
    ]);
    let expected = [r"D:\Backup", "--store", "x", "--password-file", "pw"];
    assert_eq!(there.arguments[4..9], expected);
}

fn line_as_written(words: &[&str]) -> Line {
    let windows = Scheduler::TaskScheduler;
    line(words, windows, Owner::User, Paths::AsWritten).unwrap()
}

#[test]
fn line_leaves_out_reporting_options() {
    let words = ["--to", "/b", "--password-file", "/p", "--json", "--quiet"];
    let line = systemd(&words).unwrap();
    assert!(!line.arguments.iter().any(|word| word == "--json"));
    assert!(!line.arguments.iter().any(|word| word == "--quiet"));
}

/// The options of every command that are about a run, and not about who looks at it.
#[test]
fn line_keeps_log_and_timeout() {
    let words = [
        "--to",
        "/b",
        "--password-file",
        "/p",
        "--log",
        "/var/log/c",
        "--timeout",
        "90s",
    ];
    let line = systemd(&words).unwrap();
    let end = &line.arguments[line.arguments.len() - 4..];
    // On Windows, which reads these lines for another system, with a drive before them.
    let absolute = |path| std::path::absolute(path).unwrap().display().to_string();
    assert_eq!(end, ["--log", &absolute("/var/log/c"), "--timeout", "90s"]);
    // The log is rotated, which takes its folder.
    assert_eq!(line.writes_to, ["/b", "/var/log"].map(absolute));
    let relative = systemd(&["--to", "/b", "--password-file", "/p", "--log", "log"]).unwrap();
    assert_eq!(relative.arguments.last(), Some(&absolute("log")));
}

#[test]
fn line_defaults_to_event_log_on_windows() {
    let words = [
        "--to",
        "b",
        "--escrow",
        "c",
        "--store",
        r"windows:CurrentUser\My",
    ];
    let with = |option: &[&str]| line_as_written(&[&words[..], option].concat()).arguments;
    let default = with(&[]);
    assert_eq!(default.last().map(String::as_str), Some("--event-log"));
    assert_eq!(default, with(&["--event-log"]));
    let log = with(&["--log", r"C:\ProgramData\certstow.log"]);
    assert!(!log.contains(&"--event-log".to_owned()), "{log:?}");
    let both = with(&["--log", "l", "--event-log"]);
    assert!(both.contains(&"--event-log".to_owned()), "{both:?}");
    for scheduler in [Scheduler::Systemd, Scheduler::Launchd] {
        let words = [&words[..], &["--event-log"]].concat();
        let error = line(&words, scheduler, Owner::User, Paths::AsWritten).unwrap_err();
        assert!(error.to_string().contains("tasks of Windows"), "{error}");
    }
}

#[test]
fn line_refuses_unavailable_password_source() {
    for (words, why) in [
        (&["--to", "/b"][..], "nobody is there to type the password"),
        (&["--to", "/b", "--password-env", "X"], "environment"),
        (&["--to", "/b", "--password-fd", "3"], "file descriptor"),
        (&["--to", "/b", "--password-file", "-"], "standard input"),
        (
            &[
                "--to",
                "/b",
                "--password-file",
                "/p",
                "--unlock-password-env",
                "X",
            ],
            "--unlock-password-env means nothing here",
        ),
    ] {
        let error = systemd(words).unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error:?}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn line_refuses_backup_without_folder() {
    let error = systemd(&["--password-file", "/p"]).unwrap_err();
    assert!(error.to_string().contains("--to DIR"), "{error}");
}

#[test]
fn line_for_system_uses_machine_store() {
    let words = ["--to", r"D:\b", "--escrow", r"C:\c.pem"];
    let line = system(&words).unwrap();
    let end = &line.arguments[line.arguments.len() - 3..];
    assert_eq!(end, ["--store", r"windows:LocalMachine\My", "--event-log"]);

    let named = [&words[..], &["--store", r"windows:localmachine\web"]].concat();
    let line = system(&named).unwrap();
    assert_eq!(
        line.arguments
            .iter()
            .filter(|word| *word == "--store")
            .count(),
        1
    );

    let person = [&words[..], &["--store", "windows:CurrentUser/My"]].concat();
    let error = system(&person).unwrap_err();
    assert!(
        error.to_string().contains("no way to a person's keys"),
        "{error}"
    );
    // root is another matter.
    systemd(&words).unwrap();
}

fn configured(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    (folder, file)
}

#[test]
fn line_accepts_config_with_folder_and_password() {
    let (folder, file) = configured("to = [\"saved\"]\npassword-file = \"pw\"\n");
    let line = systemd(&["--config", &file]).unwrap();
    assert_eq!(line.arguments[3..], ["--config", &file]);
    let saved = folder.path().join("saved").display().to_string();
    assert_eq!(line.writes_to, [saved]);
    let there = line_as_written(&["--config", "D:/backup.toml"]);
    assert_eq!(there.arguments[3..5], ["--config", "D:/backup.toml"]);
}

#[test]
fn line_tells_that_programs_are_started() {
    let to = ["--to", "/b", "--password-file", "/p"];
    assert!(!systemd(&to).unwrap().starts_programs);
    let command = ["--to", "/b", "--password-command", "pass show 'a b' $x"];
    let line = systemd(&command).unwrap();
    assert!(line.starts_programs);
    assert!(line.arguments.contains(&"pass show 'a b' $x".to_owned()));
    let unlock = [&to[..], &["--unlock-password-command", "op read x"]].concat();
    assert!(systemd(&unlock).unwrap().starts_programs);
    for more in [
        "password-command = 'pass show x'",
        "escrow = 'e'\non-failure = 'mail'",
    ] {
        let (_folder, file) = configured(&format!("to = 's'\n{more}\n"));
        assert!(
            systemd(&["--config", &file]).unwrap().starts_programs,
            "{more}"
        );
    }
}

// The paths are those of Unix.
#[cfg(unix)]
#[test]
fn line_lets_folders_of_monitoring_be_written() {
    let to = [
        "--to",
        "/b",
        "--escrow",
        "/e.pem",
        "--on-failure",
        "mail 'a b'",
    ];
    let words = [
        &to[..],
        &["--status", "/s/status.json", "--metrics", "/m/x.prom"],
    ]
    .concat();
    let line = systemd(&words).unwrap();
    assert_eq!(line.writes_to, ["/b", "/s", "/m"]);
    assert!(line.starts_programs && line.arguments.contains(&"mail 'a b'".to_owned()));
    let text = "to = '/b'\nescrow = '/e.pem'\nstatus = '/s/x'\nmetrics = '/m/x.prom'\n";
    let (_folder, file) = configured(text);
    assert_eq!(
        systemd(&["--config", &file]).unwrap().writes_to,
        ["/b", "/s", "/m"]
    );
}

#[test]
fn line_refuses_incomplete_config() {
    for (text, why) in [
        ("to = \"saved\"\n", "nobody is there to type the password"),
        ("escrow = \"e.pem\"\n", "--to DIR"),
        (
            "to = \"saved\"\npassword-env = \"X\"\n",
            "a task has no environment variable X",
        ),
        (
            "to = \"saved\"\nescrow = \"e.pem\"\nunlock-password-fd = 3\n",
            "a task has no file descriptor 3",
        ),
        (
            "to = \"s\"\nescrow = \"e.pem\"\nfor = \"java8\"\niterations = 0\n",
            "iterations",
        ),
        ("to = \"s\"\nescrow = \"e.pem\"\nno-such = 1\n", "no-such"),
    ] {
        let (_folder, file) = configured(text);
        let error = systemd(&["--config", &file]).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    let unlocked = "to = \"s\"\nescrow = \"e.pem\"\nunlock-password-env = \"X\"\n";
    let (_folder, file) = configured(unlocked);
    systemd(&["--config", &file]).unwrap_err();
    systemd(&["--config", &file, "--unlock-password-vault", "keys"]).unwrap();
    let (_folder, file) = configured("to = \"s\"\nescrow = \"e.pem\"\nchain = \"full\"\n");
    systemd(&["--config", &file]).unwrap();
    let error = systemd(&["--config", &file, "--for", "go"]).unwrap_err();
    assert!(error.to_string().contains("leave --chain out"), "{error}");
    let person = "to = \"s\"\nescrow = \"e.pem\"\nstore = 'windows:CurrentUser\\My'\n";
    let (_folder, file) = configured(person);
    let system = line(
        &["--config", &file],
        Scheduler::TaskScheduler,
        Owner::Machine,
        Paths::Absolute,
    );
    let error = system.unwrap_err();
    assert!(
        error.to_string().contains("no way to a person's keys"),
        "{error}"
    );
}

#[test]
fn mapped_away_names_the_share() {
    let mut mapped = MappedDrive {
        drive: "Z:".to_owned(),
        path: Some(r"\\server\share\Backup".to_owned()),
    };
    let error = mapped_away(Path::new(r"Z:\Backup"), &mapped);
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    let text = error.to_string();
    assert!(
        text.ends_with(r"in another: write \\server\share\Backup"),
        "{text}"
    );
    mapped.path = None;
    let text = mapped_away(Path::new(r"Z:\Backup"), &mapped).to_string();
    assert!(text.ends_with(r"as in \\server\share"), "{text}");
}

/// The store's path and the file's are made absolute, both.
#[test]
fn line_names_the_store_of_a_password() {
    let here = std::env::current_dir().unwrap();
    let line = systemd(&[
        "--to",
        "one",
        "--password-vault",
        "backup",
        "--store",
        "nss:profile",
        "--unlock-password-file",
        "nss:profile=pw",
        "--unlock-password-vault",
        "nss:profile=firefox",
        "--unlock-password-command",
        "nss:profile=pass show firefox",
        "--unlock-password-file",
        "profile=pw",
    ])
    .unwrap();
    let profile = format!("nss:{}", here.join("profile").display());
    let password = here.join("pw").display().to_string();
    for (option, value) in [
        ("--unlock-password-file", format!("{profile}={password}")),
        ("--unlock-password-vault", format!("{profile}=firefox")),
        (
            "--unlock-password-command",
            format!("{profile}=pass show firefox"),
        ),
        (
            "--unlock-password-file",
            here.join("profile=pw").display().to_string(),
        ),
    ] {
        let given = |pair: &[String]| pair[0] == option && pair[1] == value;
        assert!(line.arguments.windows(2).any(given), "{value}: {line:?}");
    }
    assert_eq!(line.credentials, ["firefox", "backup"]);
    assert!(line.starts_programs);
}

#[test]
fn line_refuses_sources_of_one_store_that_a_task_lacks() {
    for (option, value) in [
        ("--unlock-password-env", "nss:profile=PW"),
        ("--unlock-password-fd", "nss:profile=3"),
        ("--unlock-password-file", "nss:profile=-"),
    ] {
        let words = [
            "--to",
            "one",
            "--password-vault",
            "backup",
            "--store",
            "nss:profile",
        ];
        let refused = systemd(&[&words[..], &[option, value]].concat()).unwrap_err();
        let told = refused.to_string();
        assert!(
            told.contains(&format!("{option} means nothing here")),
            "{told}"
        );
    }
}
