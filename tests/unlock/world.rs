//! Two NSS databases under different primary passwords and a folder with an encrypted key, each with one
//! identity, and files with what opens them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::program;

/// The databases and the folder, and the password of each.
pub(crate) const ONE: (&str, &str) = ("one", "first of all");
pub(crate) const TWO: (&str, &str) = ("two", "second to none");
pub(crate) const PEM: (&str, &str) = ("pem", "third time lucky");

/// What the PKCS#12 files on the way into a database are under.
const TRANSPORT: &str = "transport";

pub(crate) struct World {
    folder: TempDir,
}

impl World {
    /// The files `one.pw`, `two.pw` and `pem.pw` have the passwords, `backup.pw` another.
    pub(crate) fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        for (name, password) in [ONE, TWO, PEM, ("backup", "of the files")] {
            fs::write(world.path(&format!("{name}.pw")), password).expect("a file");
        }
        world.database(ONE.0, "One Example");
        world.database(TWO.0, "Two Example");
        fs::create_dir(world.path(PEM.0)).expect("a folder");
        let certificate = world.identity("Pem Example");
        fs::rename(certificate, world.path("pem/certificate.pem")).expect("a file");
        run(world
            .openssl(&["pkcs8", "-topk8", "-in", "key", "-out", "pem/key.pem"])
            .args(["-passout", "file:pem.pw"]));
        world
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new key in the file `key`, and a certificate of its own for it.
    fn identity(&self, name: &str) -> PathBuf {
        run(self
            .openssl(&["req", "-x509", "-nodes", "-days", "36500", "-newkey", "ec"])
            .args(["-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-addext", "basicConstraints=CA:FALSE"])
            .args(["-subj", &format!("/CN={name}")])
            .args(["-keyout", "key", "-out", "certificate.pem"]));
        self.path("certificate.pem")
    }

    fn openssl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("openssl");
        command.current_dir(self.folder()).args(arguments);
        command
    }

    fn database(&self, name: &str, label: &str) {
        fs::create_dir(self.path(name)).expect("a folder");
        self.identity(label);
        let transport = format!("pass:{TRANSPORT}");
        run(self
            .openssl(&[
                "pkcs12",
                "-export",
                "-inkey",
                "key",
                "-in",
                "certificate.pem",
            ])
            .args(["-name", label, "-passout", &transport, "-out", "in.p12"]));
        let database = format!("sql:{name}");
        let password = format!("{name}.pw");
        let tool = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            let command = command.current_dir(self.folder()).args(["-d", &database]);
            run(command.args(arguments));
        };
        tool("certutil", &["-N", "-f", &password]);
        tool(
            "pk12util",
            &["-i", "in.p12", "-k", &password, "-W", TRANSPORT],
        );
    }

    pub(crate) fn certstow<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut certstow = program::certstow(self.folder());
        // The account's own databases are not looked into.
        certstow.env("HOME", self.path("home")).args(words);
        certstow
    }

    /// The exit code, and both outputs. `words` are divided at blanks.
    pub(crate) fn run(&self, words: &str) -> (Option<i32>, String) {
        let words: Vec<_> = words.split(' ').collect();
        told(&self.certstow(&words).output().expect("it starts"))
    }

    /// The same with this on standard input.
    pub(crate) fn run_with_input(&self, words: &str, input: &str) -> (Option<i32>, String) {
        fs::write(self.path("input"), input).expect("a file");
        let input = fs::File::open(self.path("input")).expect("the file");
        let words: Vec<_> = words.split(' ').collect();
        let output = self.certstow(&words).stdin(input).output();
        told(&output.expect("it starts"))
    }
}

pub(crate) fn told(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code(), text)
}

/// Runs a program that must succeed.
fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
}
