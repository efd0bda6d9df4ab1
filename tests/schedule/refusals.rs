//! What `schedule install` refuses before it changes anything, on a machine whose service manager
//! it does not even ask.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::certstow;

/// A backup that could work.
const BACKUP: [&str; 6] = [
    "--store",
    "keys",
    "--to",
    "saved",
    "--password-file",
    "password",
];

/// The home folder of somebody who has an identity, a password and a folder to save to.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["keys", "saved", "empty"] {
            fs::create_dir(home.path().join(folder)).unwrap();
        }
        for file in ["ada-example.pem", "ada-example.key.pem"] {
            let sample = format!("examples/personal/{file}");
            fs::copy(sample, home.path().join("keys").join(file)).unwrap();
        }
        fs::write(home.path().join("password"), "correct horse").unwrap();
        Self(home)
    }

    fn units(&self) -> std::path::PathBuf {
        self.0.path().join(".config/systemd/user")
    }

    /// The exit code of an installation, and what it said.
    fn install(&self, options: &[&str]) -> (Option<i32>, String) {
        self.install_with(certstow(), options)
    }

    fn install_with(&self, install: Command, options: &[&str]) -> (Option<i32>, String) {
        let output = self.runs(install, &[&["schedule", "install"], options].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    }

    fn runs(&self, mut certstow: Command, words: &[&str]) -> Output {
        certstow
            .args(words)
            .current_dir(self.0.path())
            .env("HOME", self.0.path())
            // Nobody answers there.
            .env("XDG_RUNTIME_DIR", self.0.path().join("nowhere"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        certstow.output().unwrap()
    }
}

/// What would fail every night fails today, with the doctor's words and the run's exit code.
#[test]
fn install_refuses_what_could_not_work() {
    let home = Home::new();
    let whole = ["--store", "keys", "--to", "saved"];
    let password = ["--password-file", "password"];
    let escrow = ["--escrow", "password"];
    fs::write(home.0.path().join("wrong.toml"), "to = 'nowhere'\n").unwrap();
    for (options, code, why) in [
        (
            &[&whole[..], &["--password-file", "none"]].concat()[..],
            17,
            "error: the task would fail each time: password [HOME]/none: ",
        ),
        (
            &[&whole[..], &["--escrow", "none"]].concat(),
            1,
            "each time: escrow [HOME]/none: ",
        ),
        (
            &[&whole[..], &escrow].concat(),
            2,
            "each time: escrow [HOME]/password: [HOME]/password cannot be used for escrow: it holds no certificate",
        ),
        (
            &[&whole[..], &password, &["--unlock-password-file", "none"]].concat(),
            17,
            "each time: unlock [HOME]/none: ",
        ),
        (
            &[&["--store", "no-such", "--to", "saved"][..], &password].concat(),
            18,
            "each time: store file:[HOME]/no-such: ",
        ),
        (
            &[&["--store", "keys", "--to", "not/there"][..], &password].concat(),
            16,
            "and there is no [HOME]/not/there\nhint: make it, or mount its disk; nothing was changed",
        ),
        (
            &[
                &["--config", "wrong.toml", "--store", "keys"][..],
                &password,
            ]
            .concat(),
            16,
            "there is no [HOME]/nowhere",
        ),
    ] {
        let (ended, said) = home.install(options);
        let why = why.replace("[HOME]", &home.0.path().display().to_string());
        assert_eq!(ended, Some(code), "{options:?}: {said}");
        assert!(said.contains(&why), "no {why} in {said}");
        assert!(!home.0.path().join(".config").exists(), "{options:?}");
    }
}

/// What the rest of a backup is saved without is no reason to run none.
#[test]
fn install_warns_of_what_is_saved_in_part() {
    let home = Home::new();
    let locked = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/errors.in/locked");
    let locked = locked.display().to_string();
    let (code, said) = home.install(&[
        "--store",
        "keys",
        "--store",
        &locked,
        "--to",
        "saved",
        "--password-file",
        "password",
    ]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("warning: keys file:") && said.contains("of 1 locked key, of Lotte Locked"),
        "{said}"
    );
    assert!(
        said.contains("error: the service manager of this account"),
        "{said}"
    );
}

/// As in a container or on Alpine.
#[test]
fn install_without_systemd_names_cron() {
    let home = Home::new();
    let mut install = certstow();
    install.env("PATH", home.0.path().join("empty"));
    let (code, said) = home.install_with(install, &BACKUP);
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "error: the service manager of this account does not run",
        "caused by: systemctl could not be started",
        "where there is no systemd, 'certstow schedule install --print --system cron' prints",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!home.units().exists());
}

#[test]
fn install_refuses_to_replace_without_force() {
    const MARK: &str = "# Written by 'certstow schedule install', which replaces it.\n";
    let home = Home::new();
    fs::create_dir_all(home.units()).unwrap();
    let files = ["certstow.service", "certstow.timer"].map(|name| home.units().join(name));
    for file in &files {
        fs::write(file, MARK).unwrap();
    }
    let (code, said) = home.install(&BACKUP);
    assert_eq!(code, Some(16), "{said}");
    let expected = "error: a task named 'certstow' is scheduled already\nhint: nothing was changed; \
                    --name gives this one another name, and --force puts it in the place of that one\n";
    assert!(said.ends_with(expected), "{said}");
    for file in &files {
        assert_eq!(fs::read_to_string(file).unwrap(), MARK);
    }
    // These are not refused, but there is no manager.
    for more in ["--force", "--name=other"] {
        let (code, said) = home.install(&[&BACKUP[..], &[more]].concat());
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains("the service manager of this account"),
            "{said}"
        );
    }
    // Not even with force.
    fs::write(&files[1], "[Timer]\n").unwrap();
    let (code, said) = home.install(&[&BACKUP[..], &["--force"]].concat());
    assert_eq!(code, Some(16), "{said}");
    assert!(said.contains("certstow did not make it"), "{said}");
}

/// Nobody would learn that the task fails.
#[test]
fn install_refuses_what_keeps_silent() {
    let home = Home::new();
    for (options, why) in [
        (
            ["--on-failure", "/no/such/alarm secret"],
            "command alarm: there is no program /no/such/alarm",
        ),
        (["--status", "empty"], "status [HOME]/empty: it is no file"),
    ] {
        let (code, said) = home.install(&[&BACKUP[..], &options].concat());
        let why = why.replace("[HOME]", &home.0.path().display().to_string());
        assert_eq!(code, Some(16), "{said}");
        let refusal = format!("error: the task would fail each time: {why}");
        assert!(said.contains(&refusal), "no {why} in {said}");
        assert!(!said.contains("secret"), "{said}");
        assert!(!home.units().exists());
    }
    let (_, said) = home.install(&[&BACKUP[..], &["--on-failure", "certstow-no-such"]].concat());
    assert!(
        said.contains("warning: command certstow-no-such: no folder of PATH"),
        "{said}"
    );
}

/// The service manager does not answer.
#[test]
fn list_has_tasks_that_nothing_is_told_of() {
    let home = Home::new();
    let print = format!("--print={}", home.units().display());
    let task = [&BACKUP[..], &[&print]].concat();
    let (code, said) = home.install(&task);
    assert_eq!(code, Some(0), "{said}");
    let output = home.runs(certstow(), &["schedule", "list"]);
    assert_eq!(output.status.code(), Some(14), "{output:?}");
    let listed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(listed, "certstow\n  not told by the scheduler\n");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("warning: certstow: "), "{said}");
    let output = home.runs(certstow(), &["schedule", "list", "--json"]);
    assert_eq!(output.status.code(), Some(14), "{output:?}");
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let task = &list["tasks"][0];
    assert_eq!(task["name"], "certstow");
    for unknown in ["when", "last_run", "last_exit", "last_result", "next_run"] {
        assert!(task[unknown].is_null(), "{list}");
    }
    assert!(task["error"]["message"].is_string(), "{list}");
}
