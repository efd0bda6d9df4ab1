//! `certstow password` and `--password-vault` with a real GNOME Keyring, on a D-Bus of its own, in a
//! home folder of its own. Nothing of the desktop these run on is touched.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const SECRET: &str = "correct horse battery staple";

/// A bus that starts no services by itself.
const BUS: &str = "<busconfig><type>session</type><listen>unix:dir=FOLDER</listen>\
    <policy context='default'><allow send_destination='*'/><allow receive_sender='*'/>\
    <allow own='*'/></policy></busconfig>";

/// A D-Bus session, and GNOME Keyring in it if wanted.
struct Session {
    folder: tempfile::TempDir,
    address: String,
    children: Vec<Child>,
}

impl Session {
    fn without_a_keyring() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("bus.conf");
        let text = BUS.replace("FOLDER", &folder.path().to_string_lossy());
        fs::write(&config, text).expect("the configuration of the bus");
        let mut bus = Command::new("dbus-daemon")
            .args(["--nofork", "--print-address=1", "--config-file"])
            .arg(config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon runs");
        let mut address = String::new();
        let output = bus.stdout.take().expect("its output");
        BufReader::new(output)
            .read_line(&mut address)
            .expect("its address");
        Self {
            folder,
            address: address.trim().to_owned(),
            children: vec![bus],
        }
    }

    /// The keyring's daemon, its login collection unlocked with a password on standard input.
    fn with_a_keyring() -> Self {
        let mut session = Self::without_a_keyring();
        let mut daemon = session
            .command("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon runs");
        let mut input = daemon.stdin.take().expect("its input");
        input.write_all(b"password of the keyring").expect("typed");
        drop(input);
        session.children.push(daemon);
        let began = Instant::now();
        while !session.has_a_keyring() {
            assert!(began.elapsed() < Duration::from_secs(20), "no keyring");
            std::thread::sleep(Duration::from_millis(20));
        }
        session
    }

    fn has_a_keyring(&self) -> bool {
        let collection = "/org/freedesktop/secrets/collection/login";
        let asked = self
            .bus("org.freedesktop.secrets", collection)
            .arg("org.freedesktop.DBus.Properties.Get")
            .args(["string:org.freedesktop.Secret.Collection", "string:Locked"])
            .output()
            .expect("dbus-send runs");
        String::from_utf8_lossy(&asked.stdout).contains("boolean false")
    }

    fn lock(&self) {
        let asked = self
            .bus("org.freedesktop.secrets", "/org/freedesktop/secrets")
            .arg("org.freedesktop.Secret.Service.Lock")
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .output()
            .expect("dbus-send runs");
        assert!(asked.status.success(), "{asked:?}");
    }

    fn bus(&self, destination: &str, object: &str) -> Command {
        let mut command = self.command("dbus-send");
        command
            .args(["--session", "--print-reply", "--reply-timeout=5000"])
            .arg(format!("--dest={destination}"))
            .arg(object);
        command
    }

    /// A program in this session.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let home = self.folder.path();
        command
            .stdin(Stdio::null())
            .env("HOME", home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_RUNTIME_DIR", home)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env_remove("CREDENTIALS_DIRECTORY")
            .env("SECRET", SECRET);
        command
    }

    fn certstow(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_certstow"));
        let output = command.args(arguments).output().expect("certstow runs");
        let texts = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(!texts.concat().contains(SECRET), "{texts:?}");
        output
    }

    /// Runs certstow, which must not get far, nor take long; the exit code and the word for it.
    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let began = Instant::now();
        let output = self.certstow(&[arguments, &["--json"]].concat());
        assert!(began.elapsed() < Duration::from_secs(10), "{arguments:?}");
        let error: serde_json::Value =
            serde_json::from_slice(&output.stderr).expect("an error as JSON");
        let code = error["error"]["code"].as_str().expect("a word");
        (output.status.code().expect("an exit code"), code.to_owned())
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.certstow(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            // It may have ended by itself, the keyring with its bus.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/errors.in/files/pat.p12")
}

#[test]
#[ignore = "needs gnome-keyring"]
fn password_command_sets_lists_and_forgets() {
    let session = Session::with_a_keyring();
    let set = ["password", "set", "backup", "--password-env", "SECRET"];
    assert_eq!(
        session.done(&["password", "list"]),
        "No passwords are kept\n"
    );
    session.done(&set);
    assert_eq!(session.refused(&set), (16, "password-exists".to_owned()));
    session.done(&[&set[..], &["--force"]].concat());
    let listed = session.done(&["password", "list"]);
    assert_eq!(listed, "backup  the Secret Service\n");

    let sample = sample();
    let check = [
        "check",
        sample.to_str().expect("a path"),
        "--password-vault",
        "backup",
    ];
    assert!(session.done(&check).contains("restores      yes"));

    session.done(&["password", "forget", "backup"]);
    let gone = (17, "password-not-kept".to_owned());
    assert_eq!(session.refused(&["password", "forget", "backup"]), gone);
    assert_eq!(session.refused(&check), gone);
    assert_eq!(
        session.done(&["password", "list"]),
        "No passwords are kept\n"
    );
}

#[test]
#[ignore = "needs gnome-keyring"]
fn password_set_is_readable_by_secret_tool() {
    let session = Session::with_a_keyring();
    session.done(&["password", "set", "backup", "--password-env", "SECRET"]);
    let attributes = ["service", "certstow", "username", "backup"];
    let lookup = session
        .command("secret-tool")
        .arg("lookup")
        .args(attributes)
        .output()
        .expect("secret-tool runs");
    assert_eq!(lookup.stdout, SECRET.as_bytes());

    let store = session
        .command("sh")
        .args([
            "-c",
            "printf %s other | secret-tool store --label=x \"$@\"",
            "sh",
        ])
        .args(attributes)
        .status()
        .expect("secret-tool runs");
    assert!(store.success());
    let sample = sample();
    let check = [
        "check",
        sample.to_str().expect("a path"),
        "--password-vault",
        "backup",
    ];
    // Another password is there now, and it does not fit.
    assert_eq!(session.certstow(&check).status.code(), Some(17));
}

#[test]
#[ignore = "needs gnome-keyring"]
fn password_vault_prefers_systemd_credential() {
    let session = Session::with_a_keyring();
    session.done(&["password", "set", "backup", "--password-env", "SECRET"]);
    let credentials = session.folder.path().join("credentials");
    fs::create_dir(&credentials).expect("a folder");
    fs::write(credentials.join("backup"), "wrong\n").expect("a credential");
    let code = |name: &str| {
        let mut command = session.command(env!("CARGO_BIN_EXE_certstow"));
        let command = command.env("CREDENTIALS_DIRECTORY", &credentials);
        let check = command
            .arg("check")
            .arg(sample())
            .args(["--password-vault", name]);
        check.output().expect("certstow runs").status.code()
    };
    assert_eq!(code("backup"), Some(17));
    fs::remove_file(credentials.join("backup")).expect("removed");
    assert_eq!(code("backup"), Some(0));
}

#[test]
#[ignore = "needs gnome-keyring"]
fn vault_locked_fails_without_prompting() {
    let session = Session::with_a_keyring();
    session.done(&["password", "set", "backup", "--password-env", "SECRET"]);
    session.lock();
    let locked = (18, "vault-locked".to_owned());
    for command in [
        &["password", "list"][..],
        &["password", "set", "other", "--password-env", "SECRET"],
        &["password", "forget", "backup"],
        &[
            "list",
            "--store",
            "tests/cmd/errors.in/twins",
            "--unlock-password-vault",
            "backup",
        ],
    ] {
        assert_eq!(session.refused(command), locked, "{command:?}");
    }
}

#[test]
#[ignore = "needs gnome-keyring"]
fn vault_missing_without_keyring_or_bus() {
    let mut session = Session::without_a_keyring();
    let none = (18, "no-vault".to_owned());
    let set = ["password", "set", "backup", "--password-env", "SECRET"];
    assert_eq!(session.refused(&set), none);
    assert_eq!(session.refused(&["password", "list"]), none);
    session.address = format!("unix:path={}/nowhere", session.folder.path().display());
    assert_eq!(session.refused(&set), none);
    assert_eq!(session.refused(&["password", "list"]), none);
}
