//! certstow on certificates whose keys CNG keeps, each with another policy, in a store of their own:
//! what is exported, how often a person is asked, and with which code and which sentence certstow
//! refuses. `tests/wine/ncrypt.c` stands in for CNG, and ends a program that touches a key in
//! hardware, or leaves a handle open, so that it shows.

use std::path::PathBuf;
use std::process::Command;

use super::cng::{Cng, EC, LEAKED, RSA};
use super::fixture::Fixture;
use super::listing::Listing;
use super::openssl::Pkcs12;
use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::command::{capture, command};
use crate::files;

const STORE: &str = r"windows:CurrentUser\Kept by CNG";
const SOFTWARE: &str = "Microsoft Software Key Storage Provider";
const TPM: &str = "Microsoft Platform Crypto Provider";

/// Keys that come out: container, kind, policy.
const COME_OUT: [(&str, [&str; 4], &str); 3] = [
    ("both", RSA, "3"),
    ("encrypted only", EC, "1"),
    ("of the computer", RSA, "3 machine"),
];

/// Why a key does not come out, where that is said of several.
// "it" may end a line of the terminal.
const KEPT: &str = "is marked as not exportable";
const WINDOW: &str = "asks for a confirmation or a PIN in a window, and may not";

/// Keys that do not: container, policy, exit code, what is said.
const STAY: [(&str, &str, i32, [&str; 2]); 6] = [
    (
        "kept",
        "0",
        12,
        [KEPT, "NCryptExportKey: NTE_BAD_KEY_STATE (0x8009000B)"],
    ),
    (
        "kept otherwise",
        "0 unsupported",
        12,
        [
            KEPT,
            "hint: import the original file again with its key marked as exportable",
        ],
    ),
    (
        "sealed",
        "3 sealed",
        18,
        [
            "cannot be unlocked in this logon session",
            "hint: run certstow while logged on; a scheduled task needs",
        ],
    ),
    (
        "unsupported",
        "3 unsupported",
        12,
        [
            "its provider offers no export that certstow knows",
            "NCryptExportKey: NTE_NOT_SUPPORTED (0x80090029)",
        ],
    ),
    (
        "asks",
        "1 ui",
        13,
        [
            WINDOW,
            "hint: run certstow at a terminal, with --allow-prompt",
        ],
    ),
    (
        "cancels",
        "3 ui cancels",
        13,
        [WINDOW, "NCryptExportKey: NTE_SILENT_CONTEXT (0x80090022)"],
    ),
];

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let checks = Checks {
        cng: Cng::new(runner, "keys of CNG")?,
        fixture: Fixture::new(runner)?,
    };
    let program = checks.program();
    files::copy(&runner.certstow, &program)?;
    for (container, kind, policy) in COME_OUT {
        checks.add(container, kind, policy, SOFTWARE)?;
        checks.exports(container)?;
    }
    for (container, policy, code, sentences) in STAY {
        checks.add(container, EC, policy, SOFTWARE)?;
        checks.refuses(container, code, &sentences)?;
    }
    checks.hardware_is_left_alone()?;
    checks.what_is_gone_is_named()?;
    checks.windows_open_once()
}

struct Checks<'a> {
    cng: Cng<'a>,
    fixture: Fixture<'a>,
}

impl Checks<'_> {
    /// certstow, beside the stand-in.
    fn program(&self) -> PathBuf {
        self.cng.folder.join("certstow.exe")
    }

    /// Adds a certificate, and its key in a container of the same name.
    fn add(
        &self,
        container: &str,
        kind: [&str; 4],
        policy: &str,
        provider: &str,
    ) -> Result<(), String> {
        self.cng.add_new(container, kind, policy)?;
        let certificate = self.certificate(container)?;
        let machine = policy.contains("machine");
        self.fixture
            .add_of_ksp(STORE, &certificate, container, provider, machine)
    }

    /// A certificate for the key of a container.
    fn certificate(&self, container: &str) -> Result<PathBuf, String> {
        let certificate = self.cng.folder.join(container).with_extension("crt");
        let key = self.cng.key(container);
        capture(&mut command!(
            "openssl req -x509 -days 36500 -subj /CN={container} -key {key} -out {certificate}"
        ))?;
        Ok(certificate)
    }

    /// The command that exports.
    fn command(&self, container: &str, file: &str) -> Command {
        let mut command = self.cng.command(&self.program());
        command
            .args(["export", container, "--store", STORE, "-o", file])
            .args(["--password-env", VARIABLE])
            .env(VARIABLE, PASSWORD);
        command
    }

    fn export(&self, container: &str, file: &str, code: i32) -> Result<Ended, String> {
        let ended = self.cng.run(&mut self.command(container, file), code)?;
        ended.ensure(!ended.stderr.contains(LEAKED), "a handle was left open")?;
        Ok(ended)
    }

    fn exports(&self, container: &str) -> Result<(), String> {
        let file = format!("{container}.p12");
        self.export(container, &file, 0)?;
        self.holds_the_key_of(container, &file)
    }

    fn holds_the_key_of(&self, container: &str, file: &str) -> Result<(), String> {
        let exported = Pkcs12::open(&self.cng.folder.join(file), PASSWORD)?;
        exported.has_key(&self.cng.key(container))?;
        exported.has_friendly_name(container)?;
        exported.has_attribute(&format!("Microsoft CSP Name: {SOFTWARE}"))
    }

    fn refuses(&self, container: &str, code: i32, sentences: &[&str]) -> Result<(), String> {
        let file = "refused.p12";
        let ended = self.export(container, file, code)?;
        for sentence in sentences {
            ended.tells(sentence)?;
        }
        ended.ensure(
            !self.cng.folder.join(file).exists(),
            &format!("{file} exists all the same"),
        )
    }

    /// The name of the provider tells; the stand-in would end certstow if it opened the key.
    fn hardware_is_left_alone(&self) -> Result<(), String> {
        let container = "in the TPM";
        self.add(container, EC, "3", TPM)?;
        let listing = Listing::of(self.cng.runner, STORE)?;
        listing.has_key(container, "not-exportable", "kept in hardware (TPM)")?;
        self.refuses(container, 12, &["it is kept in hardware (TPM)"])
    }

    fn what_is_gone_is_named(&self) -> Result<(), String> {
        for (container, provider, sentences) in [
            (
                "gone",
                SOFTWARE,
                [
                    "in which this account finds no key",
                    "NCryptOpenKey: NTE_BAD_KEYSET (0x80090016)",
                ],
            ),
            (
                "of nobody",
                "Nobody's Key Storage Provider",
                [
                    "whose provider is not installed",
                    "NCryptOpenStorageProvider: NTE_KEYSET_NOT_DEF (0x80090019)",
                ],
            ),
        ] {
            self.add(container, EC, "3", provider)?;
            for end in ["p8", "policy"] {
                let file = self.cng.stored(container, end);
                files::remove(&file)?;
            }
            self.refuses(container, 12, &sentences)?;
        }
        Ok(())
    }

    /// A person at a terminal who allows it is asked, and only once.
    fn windows_open_once(&self) -> Result<(), String> {
        let shown = self.at_terminal("asks", 0)?;
        counts(&shown, "a window asks, and is confirmed: asks", 1)?;
        self.holds_the_key_of("asks", "asks.p12")?;
        let shown = self.at_terminal("cancels", 130)?;
        counts(&shown, "is cancelled: cancels", 1)?;
        // What may not be exported is not worth a question.
        self.add("kept and asks", EC, "0 ui", SOFTWARE)?;
        let shown = self.at_terminal("kept and asks", 12)?;
        counts(&shown, "a window asks", 0)?;
        counts(&shown, KEPT, 1)
    }

    fn at_terminal(&self, container: &str, code: i32) -> Result<String, String> {
        let mut command = self.command(container, &format!("{container}.p12"));
        command.arg("--allow-prompt");
        self.cng.runner.at_terminal(&command)?.end(code)
    }
}

fn counts(shown: &str, text: &str, expected: usize) -> Result<(), String> {
    match shown.matches(text).count() {
        count if count == expected => Ok(()),
        count => Err(format!(
            "{text:?} {count} times instead of {expected}: {shown:?}"
        )),
    }
}
