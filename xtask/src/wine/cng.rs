//! Keys of CNG, which Wine does not keep: `tests/wine/ncrypt.c` does, in a folder of files. It is
//! checked call by call before anything is concluded from it, by `tests/wine/ncrypt-check.c`; what
//! it exports is opened by the host's OpenSSL.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::openssl;
use super::prefix::{self, OVERRIDES};
use super::process::Ended;
use super::runner::Runner;
use crate::command::{capture, command, ensure};
use crate::files;

/// The variable that names the folder of keys.
const KEYS: &str = "CERTSTOW_TEST_KEYS";

/// The exit code of a program that did what tests must not do.
const GAVE_UP: i32 = 99;

/// What the library says at the end of a program that did not free its handles.
pub(super) const LEAKED: &str = "handles were not freed";

/// The password of the encrypted keys: more than a block of the key derivation, and beyond ASCII.
const PASSWORD: &str = "Ein längeres Kennwort, das zwei Blöcke füllt: Łódź 🔑";

/// The kinds of the keys.
pub(super) const RSA: [&str; 4] = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
pub(super) const EC: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

/// The keys that the check opens: container, kind, policy.
const CONTAINERS: [(&str, [&str; 4], &str); 9] = [
    ("both", RSA, "3"),
    ("encrypted", EC, "1"),
    ("kept", RSA, "0"),
    ("machine", RSA, "3 machine"),
    ("legacy", RSA, "1 keyexchange"),
    ("asks", EC, "1 ui"),
    ("cancels", EC, "3 ui cancels"),
    ("sealed", EC, "3 sealed"),
    ("unsupported", RSA, "3 unsupported"),
];

/// How many encrypted exports the check writes of each key that it exports.
const EXPORTS: usize = 7;

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let cng = Cng::new(runner, "cng")?;
    for (container, kind, policy) in CONTAINERS {
        cng.add_new(container, kind, policy)?;
    }
    let check = cng.folder.join("ncrypt-check.exe");
    let libraries = ["-lncrypt"];
    prefix::compile(
        "tests/wine/ncrypt-check.c",
        &["-municode"],
        &check,
        &libraries,
    )?;
    every_call(&cng, &check)?;
    counts_handles(&cng, &check)?;
    leaves_hardware_alone(&cng, &check)
}

fn every_call(cng: &Cng<'_>, check: &Path) -> Result<(), String> {
    let mut command = cng.command(check);
    let ended = cng.run(command.args(["calls", ".", PASSWORD]), 0)?;
    ended.ensure(
        !ended.stderr.contains(LEAKED),
        "handles that the check did free are there",
    )?;
    asks(&ended)?;
    println!("    {}", ended.stdout.trim_end());
    for container in ["both", "encrypted"] {
        for number in 0..EXPORTS {
            let exported = format!("{container}.{number}.encrypted.der");
            openssl::decrypts_to(&cng.folder.join(exported), PASSWORD, &cng.key(container))?;
        }
    }
    let plain = cng.folder.join("both.der");
    ensure(
        files::read(&plain)? == files::read(cng.stored("both", "p8"))?,
        || format!("{}: not the key that is kept", plain.display()),
    )
}

/// Each use of a key that asks is one window.
fn asks(ended: &Ended) -> Result<(), String> {
    for (window, expected) in [("is confirmed: asks", 2), ("is cancelled: cancels", 1)] {
        let count = ended.stderr.matches(window).count();
        if count != expected {
            return Err(ended.complain(&format!("{count} windows instead of {expected}: {window}")));
        }
    }
    Ok(())
}

fn counts_handles(cng: &Cng<'_>, check: &Path) -> Result<(), String> {
    let ended = cng.run(cng.command(check).arg("leak"), 0)?;
    ended.tells(&format!("2 {LEAKED}"))
}

fn leaves_hardware_alone(cng: &Cng<'_>, check: &Path) -> Result<(), String> {
    for provider in [
        "Microsoft Platform Crypto Provider",
        "Microsoft Smart Card Key Storage Provider",
    ] {
        let mut command = cng.command(check);
        let ended = cng.run(command.args(["hardware", provider]), GAVE_UP)?;
        ended.tells(&format!("a key in hardware is opened: {provider}"))?;
    }
    Ok(())
}

/// The stand-in, in a folder where programs find it, and its keys.
pub(super) struct Cng<'a> {
    pub(super) runner: &'a Runner,
    pub(super) folder: PathBuf,
}

impl<'a> Cng<'a> {
    /// In this folder below the working folder.
    pub(super) fn new(runner: &'a Runner, folder: &str) -> Result<Self, String> {
        let folder = runner.prefix.work().join(folder);
        let keys = folder.join("keys");
        files::create_folder(&keys)?;
        let library = folder.join("ncrypt.dll");
        prefix::compile(
            "tests/wine/ncrypt.c",
            &["-shared"],
            &library,
            &["-ladvapi32"],
        )?;
        Ok(Self { runner, folder })
    }

    /// Where the PEM file of a key is.
    pub(super) fn key(&self, container: &str) -> PathBuf {
        self.folder.join(format!("{container}.pem"))
    }

    /// A file of the folder of keys.
    pub(super) fn stored(&self, container: &str, end: &str) -> PathBuf {
        self.folder.join("keys").join(format!("{container}.{end}"))
    }

    /// The files of all keys that are kept.
    pub(super) fn kept(&self) -> Result<Vec<String>, String> {
        let kept = files::in_folder(self.folder.join("keys"))?.into_iter();
        Ok(kept.map(|file| files::name(&file)).collect())
    }

    /// Keeps a new key in a container.
    pub(super) fn add_new(
        &self,
        container: &str,
        kind: [&str; 4],
        policy: &str,
    ) -> Result<(), String> {
        let key = self.key(container);
        capture(&mut command!("openssl genpkey {kind...} -out {key}"))?;
        self.add(container, &key, policy)
    }

    /// Keeps the key of a PEM file in a container, with a policy as `tests/wine/ncrypt.c` has it.
    fn add(&self, container: &str, key: &Path, policy: &str) -> Result<(), String> {
        let stored = self.stored(container, "p8");
        capture(&mut command!(
            "openssl pkcs8 -topk8 -nocrypt -outform DER -in {key} -out {stored}"
        ))?;
        let file = self.stored(container, "policy");
        files::write(&file, policy)
    }

    /// A program for Windows, to be run with the stand-in; it has to lie beside it.
    pub(super) fn command(&self, executable: &Path) -> Command {
        let mut command = self.runner.prefix.wine(executable);
        command
            .current_dir(&self.folder)
            .env(OVERRIDES, "ncrypt=n,b")
            // Wine's drive of the host's root.
            .env(KEYS, format!("Z:{}", self.folder.join("keys").display()));
        command
    }

    /// Runs it; an error if it ends with another code.
    pub(super) fn run(&self, command: &mut Command, code: i32) -> Result<Ended, String> {
        self.runner.prefix.run(command)?.expect(code)
    }
}
