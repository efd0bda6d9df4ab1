//! System stores under Wine, filled by `tests/wine/fixture.c`: certificates, and RSA keys in CAPI
//! containers.

use std::fs;
use std::path::{Path, PathBuf};

use super::prefix;
use super::runner::Runner;
use crate::command::{capture, command};
use crate::{certificates, files};

/// How many certificates a full store holds.
const MANY: u32 = 500;

/// The program that fills stores, and the folder of what goes into them.
pub(super) struct Fixture<'a> {
    pub(super) runner: &'a Runner,
    program: PathBuf,
    folder: PathBuf,
}

impl<'a> Fixture<'a> {
    pub(super) fn new(runner: &'a Runner) -> Result<Self, String> {
        let folder = runner.work().join("fixture");
        files::create_folder(&folder)?;
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
    pub(super) fn add_authority(&self, store: &str, certificate: &Path) -> Result<(), String> {
        self.der(certificate, "authority")?;
        self.run(store, &["authority.der", "", "", "Authority", "no-key"])
    }

    /// Adds a certificate with an RSA key, both of PEM files, in a container of the store's user.
    pub(super) fn add(
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
    pub(super) fn add_new(
        &self,
        store: &str,
        name: &str,
        friendly_name: &str,
        mode: &str,
    ) -> Result<PathBuf, String> {
        let [certificate, key] =
            ["crt", "key"].map(|end| self.folder.join(name).with_extension(end));
        capture(&mut command!(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN={name} -keyout {key}
             -out {certificate}"
        ))?;
        self.add(store, &certificate, &key, friendly_name, mode)?;
        Ok(key)
    }

    /// Adds [`MANY`] certificates without containers, a hundred at a time, since a command line of
    /// Windows has an end; their friendly names.
    pub(super) fn add_many(&self, store: &str) -> Result<Vec<String>, String> {
        let folder = self.folder.join("many");
        certificates::fill(&folder, 1..=MANY, certificates::Validity::Long)
            .map_err(|error| error.to_string())?;
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

    /// Adds a certificate that names a key of a KSP, or of one of the computer's with `machine`.
    pub(super) fn add_of_ksp(
        &self,
        store: &str,
        certificate: &Path,
        container: &str,
        provider: &str,
        machine: bool,
    ) -> Result<(), String> {
        self.der(certificate, "identity")?;
        let kind = if machine { "ksp-machine" } else { "ksp" };
        let mode = format!("{kind}:{provider}");
        self.run(store, &["identity.der", "", container, container, &mode])
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
        let blob = self.folder.join("key.blob");
        capture(&mut command!(
            "openssl rsa -outform 'MS PRIVATEKEYBLOB' -in {key} -out {blob}"
        ))
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
}
