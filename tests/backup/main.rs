//! `certstow backup` from outside: what it writes, what it leaves alone, and what is left when it
//! is cut off or runs out of room.

#![cfg(any(target_os = "linux", windows))]
#![cfg_attr(
    windows,
    allow(dead_code, reason = "what is done to a world is Linux's in part")
)]

#[cfg(target_os = "linux")]
mod age;
mod config;
#[cfg(target_os = "linux")]
mod destinations;
mod dry_run;
#[cfg(target_os = "linux")]
mod emptied;
#[cfg(target_os = "linux")]
mod escrow;
#[cfg(target_os = "linux")]
mod full;
mod listed;
mod missed;
#[cfg(target_os = "linux")]
mod monitor;
#[cfg(target_os = "linux")]
mod peers;
mod proofs;
mod restores;
mod retention;
#[cfg(target_os = "linux")]
mod runs;
#[cfg(target_os = "linux")]
mod scale;
#[cfg(target_os = "linux")]
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;
#[cfg(target_os = "linux")]
mod tampered;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(target_os = "linux")]
mod turns;
#[cfg(target_os = "linux")]
mod waits;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery staple";

/// The file names of the samples, in order.
const ADA: &str = "ada-example--4602bb4c42b4c13c.p12";
const EDITH: &str = "edith-example--7bc56a2d74bd0595.p12";
const GRACE: &str = "grace-example--8653f160bb1bc818.p12";
const ALL: [&str; 3] = [ADA, EDITH, GRACE];
const MANIFEST: &str = "certstow-manifest.json";

/// A folder with a store of its own.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let store = world.path("store");
        fs::create_dir(&store).expect("a folder");
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal");
        for part in [samples.clone(), samples.join("issuers")] {
            for entry in fs::read_dir(part).expect("the samples") {
                let file = entry.expect("a sample").path();
                if file.extension().is_some_and(|extension| extension == "pem") {
                    let name = file.file_name().expect("a name");
                    fs::copy(&file, store.join(name)).expect("a copy");
                }
            }
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// certstow with these words, in this folder, with nobody to ask.
    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certstow"));
        command.args(words.split_whitespace());
        self.dress(&mut command);
        command
    }

    fn dress(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("APPDATA", self.path("data"))
            .env("SECRET", PASSWORD)
            .stdin(Stdio::null());
    }

    fn run(&self, words: &str) -> Output {
        self.command(words).output().expect("certstow starts")
    }

    /// A backup of the store, quick and with the password.
    fn backup(&self, words: &str) -> Output {
        self.run(&format!(
            "backup --store store --iterations 1 --password-env SECRET {words}"
        ))
    }

    fn verifies(&self, folder: &str) {
        let output = self.run(&format!("backup verify --password-env SECRET {folder}"));
        ends(&output, 0);
    }

    /// Every file of a folder and its bytes, but for the locks, and of the manifest what it says of the
    /// others: each run notes there that it was.
    fn bytes(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        files(&self.path(folder))
            .into_iter()
            .map(|name| {
                let mut bytes = fs::read(self.path(folder).join(&name)).expect("a file");
                if let (MANIFEST, Ok(manifest)) = (&*name, serde_json::from_slice::<Value>(&bytes))
                {
                    bytes = manifest["entries"].to_string().into();
                }
                (name, bytes)
            })
            .collect()
    }

    fn manifest(&self, folder: &str) -> Value {
        let path = self.path(folder).join(MANIFEST);
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    }

    /// Changes what the manifest of `a` says of a file.
    fn change_manifest(&self, file: &str, change: impl FnOnce(&mut Value)) {
        let path = self.path("a").join(MANIFEST);
        let mut manifest = self.manifest("a");
        let entries = manifest["entries"].as_array_mut().unwrap();
        let entry = entries.iter_mut().find(|entry| entry["file"] == file);
        change(entry.expect("the file is named"));
        fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    }

    fn damage(&self, file: &str) {
        let path = self.path(file);
        let mut bytes = fs::read(&path).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).expect("written");
    }
}

/// The one block of a PEM file with this label.
fn only(pem: &[u8], label: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(pem);
    let (_, rest) = text
        .split_once(&format!("-----BEGIN {label}-----"))
        .unwrap();
    let (inner, _) = rest.split_once("-----END").unwrap();
    format!("-----BEGIN {label}-----{inner}-----END {label}-----\n").into()
}

/// The names in a folder, in order, but for the locks.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| name != ".certstow-lock" && name != ".certstow-turn")
        .collect();
    names.sort();
    names
}

/// The files that a complete backup has.
fn complete() -> Vec<String> {
    let mut names: Vec<String> = ALL.iter().map(|name| (*name).to_owned()).collect();
    names.push(MANIFEST.to_owned());
    names.sort();
    names
}

fn ends(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
}

fn said(output: &Output) -> String {
    format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)))
}
