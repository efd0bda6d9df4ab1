//! System stores under Wine, filled by `tests/wine/fixture.c`: certificates, and RSA keys in CAPI
//! containers.

use std::path::{Path, PathBuf};

use super::prefix;
use super::runner::Runner;
use crate::command::{capture, command, root};
use crate::{certificates, files};

/// How many certificates a full store holds.
const MANY: u32 = 500;

/// The friendly name of [`Fixture::add_ada`].
pub(super) const ADA: &str = "Ada's mail key";

/// The program that fills stores, and the folder of what goes into them.
pub(super) struct Fixture<'a> {
    pub(super) runner: &'a Runner,
    program: PathBuf,
    folder: PathBuf,
}

impl<'a> Fixture<'a> {
    pub(super) fn new(runner: &'a Runner) -> Result<Self, String> {
        let folder = runner.prefix.work().join("fixture");
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

    /// Adds [`ADA`] of the sample store, with her path in the stores of issuers; the file of the key.
    pub(super) fn add_ada(&self) -> Result<PathBuf, String> {
        let samples = root().join("examples/personal");
        let issuers = samples.join("issuers");
        self.add_authority(r"CurrentUser\Root", &issuers.join("sample-root.pem"))?;
        self.add_authority(r"CurrentUser\CA", &issuers.join("sample-issuing.pem"))?;
        let [certificate, key] =
            ["pem", "key.pem"].map(|end| samples.join("ada-example").with_extension(end));
        self.add(r"CurrentUser\My", &certificate, &key, ADA, "exportable")?;
        Ok(key)
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
        // Each in a container of its own, named as it is itself.
        let names = [friendly_name; 2];
        self.run(
            store,
            &[&["identity.der", "key.blob"][..], &names, &[mode]].concat(),
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
        let label = |number: &u32| format!("Number {number}");
        let numbers: Vec<_> = (1..=MANY).collect();
        for hundred in numbers.chunks(100) {
            let mut arguments = Vec::new();
            for number in hundred {
                let name = format!("{number:06}");
                self.der(&folder.join(format!("000/{name}.crt.pem")), &name)?;
                let (file, label) = (name + ".der", label(number));
                arguments.extend([file, String::new(), label.clone(), label]);
                arguments.push("missing-container".to_owned());
            }
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            self.run(store, &arguments)?;
        }
        Ok(numbers.iter().map(label).collect())
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
        let (_, der) = pem_rfc7468::decode_vec(&files::read(certificate)?)
            .map_err(|error| format!("{}: {error}", certificate.display()))?;
        files::write(self.folder.join(name).with_extension("der"), der)
    }

    /// Writes the private key of a PEM file into the folder, as CAPI reads it.
    fn blob(&self, key: &Path) -> Result<(), String> {
        let blob = self.folder.join("key.blob");
        capture(&mut command!(
            "openssl rsa -outform 'MS PRIVATEKEYBLOB' -in {key} -out {blob}"
        ))
        .map(drop)
    }

    /// Runs the fixture on files of its folder, and on a store as certstow names it.
    fn run(&self, store: &str, arguments: &[&str]) -> Result<(), String> {
        let mut command = self.runner.prefix.wine(&self.program);
        command
            .arg(store.trim_start_matches("windows:"))
            .args(arguments)
            .current_dir(&self.folder);
        self.runner.prefix.run(&mut command)?.expect(0).map(drop)
    }
}
