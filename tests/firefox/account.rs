//! An account of its own with a Firefox profile, and the programs that are held against each other in it:
//! certstow, NSS's own tools, and OpenSSL.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::marionette::Firefox;
use crate::program::{self, PASSWORD};

/// Firefox's own libraries of NSS. Those of the system may be older and not open what Firefox writes.
const LIBRARIES: &str = "/usr/lib/firefox-esr";

/// An identity of the sample store.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    key: &'static str,
    certificate: &'static str,
}

/// With an RSA key.
pub(crate) const ADA: Sample = Sample {
    name: "Ada Example",
    key: "ada-example.key.pem",
    certificate: "ada-example.pem",
};

/// With a P-256 key.
pub(crate) const GRACE: Sample = Sample {
    name: "Grace Example",
    key: "grace-example.pem",
    certificate: "grace-example.pem",
};

impl Sample {
    fn key(&self) -> PathBuf {
        Path::new(&program::samples()).join(self.key)
    }

    fn certificate(&self) -> PathBuf {
        Path::new(&program::samples()).join(self.certificate)
    }

    /// The private key as PKCS#8.
    fn pkcs8(&self) -> Vec<u8> {
        pkcs8(&self.key())
    }

    /// The thumbprint by SHA-256, in lower case without separators.
    pub(crate) fn thumbprint(&self) -> String {
        let certificate = self.certificate();
        let arguments = ["x509", "-noout", "-fingerprint", "-sha256", "-in"];
        let printed = done(Command::new("openssl").args(arguments).arg(certificate));
        let printed = String::from_utf8_lossy(&printed).into_owned();
        let (_, thumbprint) = printed.trim().split_once('=').expect("a fingerprint");
        thumbprint.replace(':', "").to_lowercase()
    }
}

/// The home folder of the account.
pub(crate) struct Account {
    home: TempDir,
}

impl Account {
    /// With Firefox's first run under way.
    pub(crate) fn with_firefox() -> (Self, Firefox) {
        let home = tempfile::tempdir().expect("a home folder");
        let firefox = Firefox::start(home.path());
        (Self { home }, firefox)
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    /// A file with this text, as passwords are given.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path(name);
        fs::write(&file, text).expect("a file");
        file
    }

    /// Runs certstow as this account does.
    pub(crate) fn certstow(&self, arguments: &[&str]) -> Output {
        let mut command = program::certstow(self.home());
        command
            .env("HOME", self.home())
            .env_remove("XDG_CONFIG_HOME")
            .args(arguments);
        command.output().expect("certstow starts")
    }

    /// What certstow prints with `--json`, which must succeed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.certstow(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// The thumbprint and the state of the key of each entry that certstow lists in a store.
    pub(crate) fn listed(&self, store: &str) -> BTreeSet<(String, String)> {
        let listing = self.json(&["list", "--store", store]);
        assert_eq!(listing["problems"], serde_json::json!([]));
        let entries = listing["entries"].as_array().expect("entries");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let entry = |entry: &Value| {
            let thumbprint = text(&entry["thumbprint"]["sha256"]);
            (thumbprint, text(&entry["key"]["state"]))
        };
        entries.iter().map(entry).collect()
    }

    /// Has certstow export an identity, and holds the file against the sample: OpenSSL finds its key and
    /// certificate in it, and NSS takes it into another database.
    pub(crate) fn exports(&self, sample: &Sample, store: &str, unlock: &[&str]) {
        let file = self.path("exported.p12");
        let target = file.display().to_string();
        let export = ["export", sample.name, "--store", store, "-o", &target];
        let more = [
            "--password-env",
            "SECRET",
            "--iterations",
            "2000",
            "--force",
        ];
        self.json(&[&export[..], &more, unlock].concat());
        assert!(key_in(&file) == sample.pkcs8(), "{}", sample.name);
        assert_eq!(certificate_in(&file), certificate(&sample.certificate()));
        self.restores_into_nss(&file);
    }

    fn restores_into_nss(&self, file: &Path) {
        let other = tempfile::tempdir().expect("a folder");
        done(nss("certutil", other.path()).args(["-N", "--empty-password"]));
        done(
            nss("pk12util", other.path())
                .args(["-K", "", "-W", PASSWORD, "-i"])
                .arg(file),
        );
        let listed = done(nss("certutil", other.path()).arg("-L"));
        let listed = String::from_utf8_lossy(&listed).into_owned();
        assert_eq!(listed.matches("u,u,u").count(), 1, "{listed}");
    }

    /// A file of PKCS#12 with a sample, made by OpenSSL.
    pub(crate) fn pkcs12(&self, sample: &Sample) -> PathBuf {
        let file = self.path("sample.p12");
        let mut export = Command::new("openssl");
        export
            .env("SECRET", PASSWORD)
            .args(["pkcs12", "-export", "-passout", "env:SECRET", "-name"])
            .arg(sample.name)
            .arg("-inkey")
            .arg(sample.key())
            .arg("-in")
            .arg(sample.certificate())
            .arg("-out")
            .arg(&file);
        done(&mut export);
        file
    }

    /// Puts a sample into a profile by NSS's own tool.
    pub(crate) fn import_by_nss(&self, sample: &Sample, profile: &Path, password: &str) {
        let mut import = nss("pk12util", profile);
        import.args(["-K", password, "-W", PASSWORD, "-i"]);
        done(import.arg(self.pkcs12(sample)));
    }

    /// NSS's own tool exports a sample's key out of a profile.
    pub(crate) fn nss_exports(&self, sample: &Sample, profile: &Path, password: &str) {
        let file = self.path("by-nss.p12");
        done(
            nss("pk12util", profile)
                .args(["-K", password, "-W", PASSWORD, "-n", sample.name, "-o"])
                .arg(&file),
        );
        assert!(key_in(&file) == sample.pkcs8(), "{}", sample.name);
    }
}

/// One of NSS's tools, with the database in this folder.
fn nss(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("LD_LIBRARY_PATH", LIBRARIES)
        .arg("-d")
        .arg(folder);
    command
}

/// Runs a program that must succeed; what it prints.
pub(crate) fn done(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
    output.stdout
}

/// The private key in a file of PEM, as PKCS#8.
fn pkcs8(file: &Path) -> Vec<u8> {
    let arguments = ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"];
    done(Command::new("openssl").args(arguments).arg(file))
}

/// The first certificate in a file of PEM, as DER.
fn certificate(file: &Path) -> Vec<u8> {
    let arguments = ["x509", "-outform", "DER", "-in"];
    done(Command::new("openssl").args(arguments).arg(file))
}

/// What OpenSSL finds in a file of PKCS#12, with one more option.
fn opened(file: &Path, option: &str) -> PathBuf {
    let pem = file.with_extension("pem");
    done(
        Command::new("openssl")
            .env("SECRET", PASSWORD)
            .args(["pkcs12", "-passin", "env:SECRET", "-nodes", option, "-in"])
            .arg(file)
            .arg("-out")
            .arg(&pem),
    );
    pem
}

fn key_in(file: &Path) -> Vec<u8> {
    pkcs8(&opened(file, "-nocerts"))
}

fn certificate_in(file: &Path) -> Vec<u8> {
    certificate(&opened(file, "-clcerts"))
}
