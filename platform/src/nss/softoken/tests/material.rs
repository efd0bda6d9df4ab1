//! Databases made by `certutil` and `pk12util`, changed through softoken and by Python's `sqlite3`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key;
use certstow_formats::nss::{self, Bytes, KeyState};
use certstow_formats::secret::{Password, PrivateKey};
use certstow_formats::testing::writer;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::super::{Database, Library};
use crate::error::StoreError;
use crate::store::{ExistingEntry, ImportOptions, NewIdentity, Removal};

/// What PKCS#12 files are encrypted under on their way.
const TRANSPORT: &str = "transport";

pub(super) const STORE: &str = "nss:profile";
pub(super) const LOCKED: &str = "the primary password of a profile";

/// Runs a program that must succeed.
pub(super) fn run(command: &mut Command) -> Vec<u8> {
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

fn text(output: Vec<u8>) -> String {
    String::from_utf8(output).unwrap()
}

/// Python with SQLite, which not every one has.
pub(super) fn python() -> Command {
    let has_sqlite = |program: &&str| {
        let tried = Command::new(program)
            .args(["-c", "import sqlite3"])
            .output();
        tried.is_ok_and(|output| output.status.success())
    };
    let mut programs = ["python3", "/usr/bin/python3"].into_iter();
    let program = programs.find(has_sqlite).expect("a Python with SQLite");
    Command::new(program)
}

/// A certificate and its private key.
pub(super) struct Identity {
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
}

impl Identity {
    /// The fixture with this name.
    pub(super) fn fixture(name: &str) -> Self {
        let key = match name {
            "rsa-renewed" => "rsa",
            name => name,
        };
        Self {
            certificate: certificate(name),
            key: private(writer::data(&format!("keys/{key}.pem"))),
        }
    }

    /// A self-signed one, made by OpenSSL with these options.
    pub(super) fn made(options: &[&str], subject: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [key, certificate] = ["key", "certificate"].map(|name| folder.path().join(name));
        run(Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "36500", "-utf8"])
            .args(["-addext", "basicConstraints=CA:FALSE", "-subj", subject])
            .args(options)
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate));
        let der = |path: &Path| pem_rfc7468::decode_vec(&fs::read(path).unwrap()).unwrap().1;
        Self {
            certificate: Certificate::from_der(&der(&certificate)).unwrap(),
            key: private(der(&key)),
        }
    }

    pub(super) fn coming(&self) -> NewIdentity<'_> {
        NewIdentity::new(&self.certificate, &self.key)
    }
}

/// The options of an identity made on P-256.
pub(super) const CURVE: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

pub(super) fn certificate(name: &str) -> Certificate {
    Certificate::from_der(&writer::data(&format!("certificates/{name}.pem"))).unwrap()
}

fn private(der: Vec<u8>) -> PrivateKey {
    PrivateKey::from_pkcs8_der(Zeroizing::new(der))
}

/// What most identities come in with.
pub(super) const EXPORTABLE: ImportOptions<'static> = ImportOptions {
    exportable: true,
    existing: ExistingEntry::Keep,
    password: None,
};

pub(super) const REPLACE: ImportOptions<'static> = ImportOptions {
    existing: ExistingEntry::Replace,
    ..EXPORTABLE
};

/// A database.
pub(super) struct Profile {
    _parent: TempDir,
    folder: PathBuf,
    password: Option<Password>,
}

impl Profile {
    /// One that has this password, which may be empty.
    pub(super) fn new(password: &str) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("profile");
        fs::create_dir(&folder).unwrap();
        let profile = Self {
            _parent: parent,
            folder,
            password: (!password.is_empty()).then(|| Password::new(password.to_owned())),
        };
        fs::write(profile.password_file(), password).unwrap();
        let mut create = profile.tool("certutil");
        match password {
            "" => create.args(["-N", "--empty-password"]),
            _ => create.arg("-N").arg("-f").arg(profile.password_file()),
        };
        run(&mut create);
        profile
    }

    /// The same one, its folder under another name.
    pub(super) fn renamed(self, name: &str) -> Self {
        let folder = self.beside(name);
        fs::rename(&self.folder, &folder).unwrap();
        Self { folder, ..self }
    }

    /// Beside its folder.
    fn beside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(name)
    }

    fn password_file(&self) -> PathBuf {
        self.beside("password of the database")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// One of NSS's tools, with this database as its argument.
    pub(super) fn tool(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .arg("-d")
            .arg(format!("sql:{}", self.folder.display()));
        command
    }

    /// As the store would, with its password.
    pub(super) fn database(&self) -> Database<'_> {
        Database {
            folder: &self.folder,
            store: STORE,
            locked: LOCKED,
            password: self.password.as_ref(),
            is_new: false,
        }
    }

    pub(super) fn import(
        &self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
    ) -> Result<EntryId, StoreError> {
        self.database()
            .import(Library::find(false), identity, options)
    }

    /// Imports a fixture by certstow, with its issuer.
    pub(super) fn imported(&self, name: &str, label: &str) {
        let identity = Identity::fixture(name);
        let issuers = [certificate("ca")];
        let new = NewIdentity {
            label: Some(label),
            issuers: &issuers,
            ..identity.coming()
        };
        let id = self.import(&new, &EXPORTABLE);
        let id = id.unwrap_or_else(|error| panic!("{name}: {error}: {:?}", error_chain(&error)));
        assert_eq!(id, identity.certificate.id());
    }

    pub(super) fn remove(
        &self,
        certificate: &Certificate,
        what: Removal,
    ) -> Result<Vec<String>, StoreError> {
        self.database()
            .remove(Library::find(false), certificate, what)
    }

    /// Imports a fixture by `pk12util`.
    pub(super) fn imported_by_nss(&self, name: &str, label: &str) {
        self.imported_by_nss_of(&Identity::fixture(name), label);
    }

    /// Imports an identity by `pk12util`.
    pub(super) fn imported_by_nss_of(&self, identity: &Identity, label: &str) {
        let (file, key) = (self.beside("in.p12"), self.beside("in.key"));
        let certificate = self.beside("in.crt");
        fs::write(&key, pem("PRIVATE KEY", identity.key.expose())).unwrap();
        fs::write(&certificate, pem("CERTIFICATE", identity.certificate.der())).unwrap();
        let transport = format!("pass:{TRANSPORT}");
        run(Command::new("openssl")
            .args(["pkcs12", "-export", "-passout", &transport, "-name", label])
            .arg("-inkey")
            .arg(&key)
            .arg("-in")
            .arg(&certificate)
            .arg("-out")
            .arg(&file));
        run(self
            .tool("pk12util")
            .args(["-W", TRANSPORT, "-i"])
            .arg(&file)
            .arg("-k")
            .arg(self.password_file()));
    }

    /// The private keys that `pk12util` exports under a nickname, as PKCS#8.
    pub(super) fn exported_by_nss(&self, label: &str) -> Vec<Vec<u8>> {
        let (file, keys) = (self.beside("out.p12"), self.beside("out.keys"));
        run(self
            .tool("pk12util")
            .args(["-n", label, "-W", TRANSPORT, "-o"])
            .arg(&file)
            .arg("-k")
            .arg(self.password_file()));
        let transport = format!("pass:{TRANSPORT}");
        run(Command::new("openssl")
            .args(["pkcs12", "-nodes", "-nocerts", "-passin", &transport, "-in"])
            .arg(&file)
            .arg("-out")
            .arg(&keys));
        // OpenSSL writes names in Latin-1 beside them.
        let keys = fs::read(keys).unwrap();
        let keys = String::from_utf8_lossy(&keys);
        let ends = keys.split_inclusive("-----END PRIVATE KEY-----\n");
        ends.filter_map(|one| {
            let begins = one.find("-----BEGIN")?;
            Some(
                pem_rfc7468::decode_vec(&one.as_bytes()[begins..])
                    .unwrap()
                    .1,
            )
        })
        .collect()
    }

    /// How many private keys `certutil` shows.
    pub(super) fn keys_of_nss(&self) -> usize {
        let mut list = self.tool("certutil");
        list.arg("-K").arg("-f").arg(self.password_file());
        let output = list.stdin(Stdio::null()).output().unwrap();
        let listed = String::from_utf8_lossy(&output.stdout);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() || format!("{listed}{told}").contains("no keys found"),
            "{listed}{told}"
        );
        listed.lines().filter(|line| line.starts_with('<')).count()
    }

    /// What `certutil` lists: nicknames, and after each what it is trusted for, where `u` says that
    /// there is a private key.
    pub(super) fn certificates_of_nss(&self) -> Vec<(String, String)> {
        let listed = text(run(self.tool("certutil").arg("-L")));
        let lines = listed.lines().skip(4);
        let mut listed: Vec<_> = lines
            .filter_map(|line| line.trim_end().rsplit_once(' '))
            .map(|(name, trust)| (name.trim_end().to_owned(), trust.to_owned()))
            .collect();
        listed.sort();
        listed
    }

    pub(super) fn bytes(&self, name: &str) -> Bytes {
        Bytes {
            database: fs::read(self.path(name)).unwrap_or_default(),
            journal: fs::read(self.path(&format!("{name}-journal"))).ok(),
        }
    }

    /// As certstow reads it.
    pub(super) fn read(&self) -> nss::Database {
        let database = nss::read(self.bytes("cert9.db"), Some(self.bytes("key4.db"))).unwrap();
        assert_eq!(database.problems, []);
        database
    }

    /// What certstow's reader has of a certificate: its nickname, and whether it has a key.
    pub(super) fn listed(&self, certificate: &Certificate) -> (String, KeyState) {
        let database = self.read();
        let mut all = database.certificates.iter();
        let found = all.find(|listed| listed.object.certificate == *certificate);
        let found = found.expect("the certificate is not listed");
        let label = found.object.label.clone().unwrap_or_default();
        (label, found.key.clone())
    }

    /// Fails unless certstow's reader gives the key of an identity.
    pub(super) fn gives_key_of(&self, identity: &Identity) {
        let (_, KeyState::Present(id)) = self.listed(&identity.certificate) else {
            panic!("there is no key");
        };
        let database = self.read();
        let empty = Password::new(String::new());
        let password = self.password.as_ref().unwrap_or(&empty);
        let base_key = database.unlock(password).unwrap();
        let key = database.private_key(id, &base_key).unwrap();
        assert!(key.expose() == identity.key.expose());
        let public = key::public_key_of(&key).unwrap();
        assert!(key::same_public_key(
            &public,
            identity.certificate.spki_der()
        ));
    }

    /// Runs SQL on one of its files.
    pub(super) fn sql(&self, name: &str, statements: &str) {
        let script = "import sqlite3, sys; \
            database = sqlite3.connect(sys.argv[1]); database.executescript(sys.argv[2])";
        run(python()
            .args(["-c", script])
            .arg(self.path(name))
            .arg(statements));
    }

    /// Every row of both files, and their names and those of all others.
    pub(super) fn rows(&self) -> String {
        let script = "import sqlite3, sys\n\
            for name in sys.argv[1:]:\n \
                print('\\n'.join(sorted(sqlite3.connect(name).iterdump())))";
        let files = ["cert9.db", "key4.db"].map(|name| self.path(name));
        let mut names: Vec<_> = fs::read_dir(&self.folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        format!(
            "{names:?}\n{}",
            text(run(python().args(["-c", script]).args(files)))
        )
    }

    /// Has another process begin a transaction on a file, and hold it.
    pub(super) fn held(&self, name: &str, begin: &str) -> Holder {
        let script = "import sqlite3, sys; \
            database = sqlite3.connect(sys.argv[1], isolation_level=None); \
            database.execute(sys.argv[2]); print('held', flush=True); sys.stdin.read()";
        let process = python()
            .args(["-c", script])
            .arg(self.path(name))
            .arg(begin)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut process = process.unwrap();
        let mut line = String::new();
        let output = process.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        Holder(process)
    }
}

/// Another process in the middle of a transaction, which ends with this.
pub(super) struct Holder(Child);

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, der).unwrap()
}

/// The texts of an error and of those underneath.
pub(super) fn error_chain(error: &StoreError) -> String {
    let mut told = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        told.push_str(": ");
        told.push_str(&error.to_string());
        next = error.source();
    }
    told
}
