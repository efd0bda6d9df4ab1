//! Databases made by `certutil` and `pk12util`, and changed by Python's `sqlite3`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// What keys, and PKCS#12 files on the way in, are encrypted under.
pub(crate) const TRANSPORT: &str = "transport";

/// Runs a program that must succeed.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Runs a script of Python with SQLite.
pub(crate) fn python(script: &str, arguments: &[&Path]) -> Vec<u8> {
    run(python_command(script).args(arguments))
}

/// Python with SQLite, to run this script.
pub(crate) fn python_command(script: &str) -> Command {
    static PROGRAM: OnceLock<&str> = OnceLock::new();
    let has_sqlite = |program: &&str| {
        let tried = Command::new(program)
            .args(["-c", "import sqlite3"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    let program = PROGRAM.get_or_init(|| {
        let mut programs = ["python3", "/usr/bin/python3"].into_iter();
        programs.find(has_sqlite).expect("a Python with SQLite")
    });
    let mut command = Command::new(program);
    command.args(["-c", script]);
    command
}

/// A file of the fixtures.
pub(crate) fn data(path: &str) -> PathBuf {
    // Tests of another package include this file.
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../formats/tests/data");
    Path::new(data).join(path)
}

/// A database.
pub(crate) struct Profile {
    folder: TempDir,
}

impl Profile {
    /// One that has this password, which may be empty.
    pub(crate) fn new(password: &str) -> Self {
        let profile = Self::never_initialised();
        fs::write(profile.path("password"), password).unwrap();
        let mut create = profile.tool("certutil");
        match password {
            "" => create.args(["-N", "--empty-password"]),
            _ => create.arg("-N").arg("-f").arg(profile.path("password")),
        };
        run(&mut create);
        profile
    }

    /// An empty folder.
    pub(crate) fn never_initialised() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One of NSS's tools, with this database as its argument.
    pub(crate) fn tool(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let database = format!("sql:{}", self.folder.path().display());
        command.args(["-d", &database]);
        command
    }

    /// Puts the key and the certificate in these files into it, under this name, with the issuer.
    pub(crate) fn import(&self, key: &Path, certificate: &Path, name: &str) {
        self.import_path(key, certificate, &[data("certificates/ca.pem")], name);
    }

    /// The same with these issuers.
    pub(crate) fn import_path(
        &self,
        key: &Path,
        certificate: &Path,
        issuers: &[PathBuf],
        name: &str,
    ) {
        let file = self.path("in.p12");
        let transport = format!("pass:{TRANSPORT}");
        let mut pack = Command::new("openssl");
        pack.args(["pkcs12", "-export", "-passout", &transport, "-name", name])
            .arg("-inkey")
            .arg(key)
            .arg("-in")
            .arg(certificate)
            .arg("-out")
            .arg(&file);
        for issuer in issuers {
            pack.arg("-certfile").arg(issuer);
        }
        run(&mut pack);
        run(self
            .tool("pk12util")
            .args(["-W", TRANSPORT, "-i"])
            .arg(&file)
            .arg("-k")
            .arg(self.path("password")));
    }

    /// The fixture with this name.
    pub(crate) fn import_fixture(&self, name: &str, label: &str) {
        let [key, certificate] = ["keys", "certificates"].map(|kind| fixture(kind, name));
        self.import(&key, &certificate, label);
    }

    /// A self-signed certificate and its key, made by OpenSSL with these options.
    pub(crate) fn import_made(&self, options: &[&str], subject: &str, label: &str) -> PathBuf {
        let (key, certificate) = (self.path("made.key"), self.path("made.pem"));
        run(Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "36500", "-subj", subject])
            .args(["-addext", "basicConstraints=CA:FALSE"])
            .args(options)
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate));
        self.import(&key, &certificate, label);
        key
    }

    /// Runs SQL on one of its files.
    pub(crate) fn sql(&self, name: &str, statements: &str) {
        let script = "import sqlite3, sys; \
            database = sqlite3.connect(sys.argv[1]); database.executescript(sys.argv[2])";
        python(script, &[&self.path(name), Path::new(statements)]);
    }
}

/// The file of a fixture that is a key or a certificate.
pub(crate) fn fixture(kind: &str, name: &str) -> PathBuf {
    data(&format!("{kind}/{name}.pem"))
}
