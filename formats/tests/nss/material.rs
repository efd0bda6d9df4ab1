//! Databases made by `certutil` and `pk12util`, and changed by Python's `sqlite3`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use certstow_formats::nss::error::NssError;
use certstow_formats::nss::{self, Bytes, Database, KeyState, ListedCertificate};
use certstow_formats::secret::Password;
use certstow_formats::testing::writer;
use tempfile::TempDir;

/// What keys, and PKCS#12 files on the way in, are encrypted under.
const TRANSPORT: &str = "transport";

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
    let has_sqlite = |program: &&str| {
        let tried = Command::new(program)
            .args(["-c", "import sqlite3"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    let mut programs = ["python3", "/usr/bin/python3"].into_iter();
    let program = programs.find(has_sqlite).expect("a Python with SQLite");
    run(Command::new(program).args(["-c", script]).args(arguments))
}

/// A file of the fixtures.
pub(crate) fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path)
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
        let file = self.path("in.p12");
        let transport = format!("pass:{TRANSPORT}");
        run(Command::new("openssl")
            .args(["pkcs12", "-export", "-passout", &transport, "-name", name])
            .arg("-inkey")
            .arg(key)
            .arg("-in")
            .arg(certificate)
            .arg("-certfile")
            .arg(data("certificates/ca.pem"))
            .arg("-out")
            .arg(&file));
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

    /// What a file holds now, with its journal.
    pub(crate) fn bytes(&self, name: &str) -> Bytes {
        Bytes {
            database: fs::read(self.path(name)).unwrap_or_default(),
            journal: fs::read(self.path(&format!("{name}-journal"))).ok(),
        }
    }

    pub(crate) fn read(&self) -> Database {
        nss::read(self.bytes("cert9.db"), Some(self.bytes("key4.db"))).unwrap()
    }

    /// Runs SQL on one of its files.
    pub(crate) fn sql(&self, name: &str, statements: &str) {
        let script = "import sqlite3, sys; \
            database = sqlite3.connect(sys.argv[1]); database.executescript(sys.argv[2])";
        python(script, &[&self.path(name), Path::new(statements)]);
    }

    /// What `pk12util` exports under this name: a private key, as PKCS#8.
    pub(crate) fn exported_by_nss(&self, name: &str) -> Vec<u8> {
        let file = self.path("out.p12");
        run(self
            .tool("pk12util")
            .args(["-n", name, "-W", TRANSPORT, "-o"])
            .arg(&file)
            .arg("-k")
            .arg(self.path("password")));
        let key = self.path("out.key");
        let transport = format!("pass:{TRANSPORT}");
        run(Command::new("openssl")
            .args(["pkcs12", "-nodes", "-nocerts", "-passin", &transport, "-in"])
            .arg(&file)
            .arg("-out")
            .arg(&key));
        pkcs8(&key)
    }
}

/// The file of a fixture that is a key or a certificate.
pub(crate) fn fixture(kind: &str, name: &str) -> PathBuf {
    data(&format!("{kind}/{name}.pem"))
}

/// The private key in a file, as PKCS#8.
pub(crate) fn pkcs8(file: &Path) -> Vec<u8> {
    let arguments = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"];
    run(Command::new("openssl").args(arguments).arg(file))
}

pub(crate) fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

/// The certificate of a fixture in a database.
pub(crate) fn listed<'d>(database: &'d Database, name: &str) -> &'d ListedCertificate {
    let der = writer::data(&format!("certificates/{name}.pem"));
    let mut certificates = database.certificates.iter();
    let found = certificates.find(|listed| listed.object.certificate.der() == der);
    found.unwrap_or_else(|| panic!("{name} is not listed"))
}

/// The private key of a certificate, as PKCS#8.
pub(crate) fn opened(
    database: &Database,
    listed: &ListedCertificate,
    text: &str,
) -> Result<Vec<u8>, NssError> {
    let KeyState::Present(id) = listed.key else {
        panic!("{:?}", listed.key);
    };
    let base_key = database.unlock(&password(text))?;
    let key = database.private_key(id, &base_key)?;
    Ok(key.expose().to_vec())
}
