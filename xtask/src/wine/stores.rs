//! The certificate stores of Windows under Wine, filled by `tests/wine/fixture.c`: what certstow
//! lists of them, what it exports, and with which code it refuses. Wine shows the machine's
//! certificates in the stores of the user too, so the user's come first.

use std::fs;
use std::path::{Path, PathBuf};

use super::listing::Listing;
use super::openssl::Pkcs12;
use super::prefix;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::certificates;
use crate::command::{capture, program, root};

const USER: &str = r"CurrentUser\My";
const MACHINE: &str = r"LocalMachine\My";

/// The friendly names of the user's certificates: a key that can be exported, one that cannot,
/// and one whose container is gone.
const ADA: &str = "Ada's mail key";
const KEPT: &str = "Schlüssel 🔑";
const MISSING: &str = "Gone with the profile";
/// And that of the machine's.
const SERVER: &str = "Server";

/// How many certificates a full store holds besides.
const MANY: u32 = 500;

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let fixture = Fixture::new(runner)?;
    users_keys(&fixture)?;
    machines_keys(&fixture)?;
    many_certificates(&fixture)
}

fn users_keys(fixture: &Fixture) -> Result<(), String> {
    let samples = root().join("examples/personal");
    let ada = samples.join("ada-example.key.pem");
    fixture.add_authority(
        r"CurrentUser\Root",
        &samples.join("issuers/sample-root.pem"),
    )?;
    fixture.add_authority(
        r"CurrentUser\CA",
        &samples.join("issuers/sample-issuing.pem"),
    )?;
    fixture.add(
        USER,
        &samples.join("ada-example.pem"),
        &ada,
        ADA,
        "exportable",
    )?;
    fixture.add_new(USER, "kept", KEPT, "kept")?;
    fixture.add_new(USER, "missing", MISSING, "missing-container")?;

    Listing::of(fixture.runner, "windows:CurrentUser\\My")?.has_labels(&[ADA, KEPT, MISSING])?;
    let exported = fixture.export(0, USER, ADA, "ada from the store.p12")?;
    let exported = Pkcs12::open(&exported, PASSWORD)?;
    exported.has_key(&ada)?;
    exported.has_certificates(3)?;
    exported.has_friendly_name(ADA)?;
    fixture.refuses(12, USER, KEPT)?;
    fixture.refuses(12, USER, MISSING)?;
    fixture.refuses(10, USER, "Nobody")
}

fn machines_keys(fixture: &Fixture) -> Result<(), String> {
    let key = fixture.add_new(MACHINE, "server", SERVER, "exportable")?;
    Listing::of(fixture.runner, "windows:LocalMachine\\My")?.has_labels(&[SERVER])?;
    let exported = fixture.export(0, MACHINE, SERVER, "server.p12")?;
    let exported = Pkcs12::open(&exported, PASSWORD)?;
    exported.has_key(&key)?;
    exported.has_certificates(1)?;
    exported.has_friendly_name(SERVER)
}

/// A listing opens no key: that no container exists is nothing to it.
fn many_certificates(fixture: &Fixture) -> Result<(), String> {
    let names = fixture.add_many(MACHINE)?;
    let mut labels: Vec<_> = names.iter().map(String::as_str).collect();
    labels.push(SERVER);
    Listing::of(fixture.runner, "windows:LocalMachine\\My")?.has_labels(&labels)
}

/// The program that fills stores, and the folder of what goes into them.
struct Fixture<'a> {
    runner: &'a Runner,
    program: PathBuf,
    folder: PathBuf,
}

impl<'a> Fixture<'a> {
    fn new(runner: &'a Runner) -> Result<Self, String> {
        let folder = runner.work().join("fixture");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let program = folder.join("fixture.exe");
        let libraries = ["-lcrypt32", "-ladvapi32"];
        prefix::compile("tests/wine/fixture.c", &["-municode"], &program, &libraries)?;
        Ok(Self {
            runner,
            program,
            folder,
        })
    }

    /// Adds an authority's certificate.
    fn add_authority(&self, store: &str, certificate: &Path) -> Result<(), String> {
        self.der(certificate, "authority")?;
        self.run(store, &["authority.der", "", "", "Authority", "no-key"])
    }

    /// Adds a certificate with an RSA key, both of PEM files, in a container of the store's user.
    fn add(
        &self,
        store: &str,
        certificate: &Path,
        key: &Path,
        friendly_name: &str,
        mode: &str,
    ) -> Result<(), String> {
        self.der(certificate, "identity")?;
        self.blob(key)?;
        let files = ["identity.der", "key.blob"];
        // Each in a container of its own, named as it is itself.
        self.run(
            store,
            &[files[0], files[1], friendly_name, friendly_name, mode],
        )
    }

    /// Adds a new certificate that signs itself; the file of its private key.
    fn add_new(
        &self,
        store: &str,
        name: &str,
        friendly_name: &str,
        mode: &str,
    ) -> Result<PathBuf, String> {
        let [certificate, key] =
            ["crt", "key"].map(|end| self.folder.join(name).with_extension(end));
        capture(
            program("openssl")
                .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"])
                .args(["-days", "36500", "-subj", &format!("/CN={name}")])
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&certificate),
        )?;
        self.add(store, &certificate, &key, friendly_name, mode)?;
        Ok(key)
    }

    /// Adds [`MANY`] certificates without containers, a hundred at a time, since a command line of
    /// Windows has an end; their friendly names.
    fn add_many(&self, store: &str) -> Result<Vec<String>, String> {
        let folder = self.folder.join("many");
        certificates::fill(&folder, MANY).map_err(|error| error.to_string())?;
        let mut arguments = Vec::new();
        let mut names = Vec::new();
        for number in 1..=MANY {
            let certificate = format!("{number:06}");
            self.der(
                &folder.join(format!("000/{certificate}.crt.pem")),
                &certificate,
            )?;
            let name = format!("Number {number}");
            let file = format!("{certificate}.der");
            arguments.push([file, String::new(), name.clone(), name.clone()]);
            names.push(name);
        }
        for hundred in arguments.chunks(100) {
            let hundred: Vec<_> = hundred
                .iter()
                .flat_map(|four| four.iter().map(String::as_str).chain(["missing-container"]))
                .collect();
            self.run(store, &hundred)?;
        }
        Ok(names)
    }

    /// Writes the certificate of a PEM file into the folder, as DER.
    fn der(&self, certificate: &Path, name: &str) -> Result<(), String> {
        let complain = |error: String| format!("{}: {error}", certificate.display());
        let pem = fs::read(certificate).map_err(|error| complain(error.to_string()))?;
        let (_, der) =
            pem_rfc7468::decode_vec(&pem).map_err(|error| complain(error.to_string()))?;
        fs::write(self.folder.join(name).with_extension("der"), der)
            .map_err(|error| complain(error.to_string()))
    }

    /// Writes the private key of a PEM file into the folder, as CAPI reads it.
    fn blob(&self, key: &Path) -> Result<(), String> {
        let mut command = program("openssl");
        command.args(["rsa", "-outform", "MS PRIVATEKEYBLOB", "-in"]);
        capture(
            command
                .arg(key)
                .arg("-out")
                .arg(self.folder.join("key.blob")),
        )
        .map(drop)
    }

    /// Runs the fixture on files of its folder.
    fn run(&self, store: &str, arguments: &[&str]) -> Result<(), String> {
        let arguments = [&[store][..], arguments].concat();
        let ended = self
            .runner
            .windows_program(&self.program, &self.folder, &arguments)?;
        ended.expect(0).map(drop)
    }

    /// Exports an entry by its label, with the code expected; the file.
    fn export(&self, code: i32, store: &str, label: &str, file: &str) -> Result<PathBuf, String> {
        let store = format!("windows:{store}");
        let export = ["export", label, "--store", &store, "-o", file];
        let password = ["--password-env", VARIABLE];
        self.runner
            .certstow(code, &[&export[..], &password].concat())?;
        Ok(self.runner.work().join(file))
    }

    /// An error unless the export ends with this code and leaves no file.
    fn refuses(&self, code: i32, store: &str, label: &str) -> Result<(), String> {
        let file = self.export(code, store, label, "refused.p12")?;
        match file.exists() {
            false => Ok(()),
            true => Err(format!(
                "{label} was refused, yet {} exists",
                file.display()
            )),
        }
    }
}
