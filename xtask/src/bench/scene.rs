//! What a row of [`super::scale`] needs before it is measured: stores, files and backups of a size,
//! made once and copied for each run that changes them.

use std::fs;
use std::path::{Path, PathBuf};

use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};

use super::cost::{self, Cost};
use crate::certificates::{self, Pair, Validity};
use crate::command::{capture, program};
use crate::files;

/// Iterations of key derivation in files of many keys: enough for a derivation to be seen.
const ITERATIONS: u32 = 2000;
/// The words that keep derivation out of what is measured.
pub(super) const QUICK: [&str; 2] = ["--iterations", "1"];
pub(super) const PASSWORD: [&str; 2] = ["--password-env", "BENCH_PASSWORD"];
pub(super) const NO_PASSWORD: [&str; 3] = [
    "--password-env",
    "BENCH_NO_PASSWORD",
    "--allow-empty-password",
];

/// A run of one size, in a folder of its own.
pub(super) struct Scene<'a> {
    certstow: &'a Path,
    pub(super) size: u32,
    /// Empty before each run.
    folder: PathBuf,
    /// What was made for other runs.
    shared: PathBuf,
}

type Made = Result<String, String>;

impl<'a> Scene<'a> {
    /// An empty one.
    pub(super) fn new(certstow: &'a Path, size: u32, folder: &Path) -> Result<Self, String> {
        let scene = Self {
            certstow,
            size,
            folder: folder.join("run"),
            shared: folder.join("shared"),
        };
        files::remove(&scene.folder)?;
        files::create_folder(&scene.folder)?;
        files::create_folder(&scene.shared)?;
        Ok(scene)
    }

    /// A command line of certstow.
    pub(super) fn words(&self, words: &[&str]) -> Vec<String> {
        let program = self.certstow.display().to_string();
        let words = words.iter().map(|&word| word.to_owned());
        std::iter::once(program).chain(words).collect()
    }

    /// The path of a file or folder of this run.
    pub(super) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// What `make` makes, once for all runs.
    fn once(&self, name: &str, make: impl FnOnce(&Path) -> Result<(), String>) -> Made {
        let place = self.shared.join(name);
        if !place.exists() {
            // Only what is complete has the name.
            let begun = self.shared.join("begun");
            files::remove(&begun)?;
            make(&begun)?;
            fs::rename(&begun, &place).map_err(|error| format!("{name}: {error}"))?;
        }
        Ok(place.display().to_string())
    }

    /// A folder of as many identities as the size is.
    pub(super) fn store(&self) -> Made {
        self.people(1, self.size)
    }

    /// A folder of so many identities, from that number on.
    pub(super) fn people(&self, first: u32, count: u32) -> Made {
        self.once(&format!("people-{first}-{count}"), |folder| {
            let numbers = first..=first + count - 1;
            certificates::fill(folder, numbers, Validity::Long).map_err(text)
        })
    }

    /// A folder of as many identities that expired.
    fn expired(&self) -> Made {
        let size = self.size;
        self.once(&format!("expired-{size}"), |folder| {
            certificates::fill(folder, 1..=size, Validity::Over).map_err(text)
        })
    }

    /// A folder with the certificate of the issuer of them all.
    pub(super) fn issuer(&self) -> Made {
        self.once("issuer", |folder| {
            let certificate = certificates::issuer().map_err(text)?;
            files::write(folder.join("issuer.pem"), certificate)
        })
    }

    /// A folder with one file of as many CAs of one name.
    pub(super) fn namesakes(&self) -> Made {
        let size = self.size;
        self.once(&format!("namesakes-{size}"), |folder| {
            let certificates = certificates::namesakes(size).map_err(text)?;
            files::write(folder.join("namesakes.pem"), certificates)
        })
    }

    /// One file of PEM with as many identities.
    pub(super) fn pem(&self) -> Made {
        let size = self.size;
        self.once(&format!("{size}.pem"), |file| {
            let pairs = (1..=size).map(|number| Pair::person(number, Validity::Long)?.pem());
            let pem: String = pairs.collect::<Result<_, _>>().map_err(text)?;
            files::write(file, pem)
        })
    }

    /// One file of PKCS#12 with as many identities.
    pub(super) fn pkcs12(&self) -> Made {
        let size = self.size;
        self.once(&format!("{size}.p12"), |file| {
            let mut store = KeyStore::new();
            for number in 1..=size {
                let pair = Pair::person(number, Validity::Long).map_err(text)?;
                let key = PrivateKey::from_der(&pair.key).map_err(text)?;
                let leaf = Certificate::from_der(&pair.certificate).map_err(text)?;
                let chain = PrivateKeyChain::new(number.to_be_bytes().to_vec(), key, [leaf]);
                let name = format!("bench {number:06}");
                store.add_entry(&name, KeyStoreEntry::PrivateKeyChain(chain));
            }
            let writer = store.writer("bench").encryption_iterations(ITERATIONS);
            let bytes = writer.mac_iterations(ITERATIONS).write().map_err(text)?;
            files::write(file, bytes)
        })
    }

    /// A backup of [`Self::store`] in this run's folder.
    pub(super) fn backup(&self) -> Made {
        let store = self.store()?;
        self.backup_of(&store, &PASSWORD)
    }

    /// The same with the empty password.
    pub(super) fn backup_without_password(&self) -> Made {
        let store = self.store()?;
        self.backup_of(&store, &NO_PASSWORD)
    }

    /// The same of identities that expired and have left their store, in which there is one other: a
    /// folder of this run.
    pub(super) fn backup_of_expired(&self) -> Made {
        let expired = self.expired()?;
        let store = self.path("store");
        let made = self.once(&format!("backup-expired-{}", self.size), |folder| {
            self.copy(&expired, "store")?;
            self.save(&store, folder, &PASSWORD)?;
            files::remove(Path::new(&store))
        })?;
        self.copy(&made, "backup")?;
        self.copy(&self.people(1, 1)?, "store")
    }

    fn backup_of(&self, store: &str, password: &[&str]) -> Made {
        let name = Path::new(store).file_name().unwrap_or_default().display();
        let made = self.once(&format!("backup-{name}-{}", password.len()), |folder| {
            self.save(store, folder, password)
        })?;
        self.copy(&made, "backup")
    }

    fn save(&self, store: &str, folder: &Path, password: &[&str]) -> Result<(), String> {
        let to = folder.display().to_string();
        let words = ["backup", "--store", store, "--to", &to];
        self.certstow(&[&words[..], password, &QUICK].concat())
    }

    /// A copy of a folder in this run's.
    pub(super) fn copy(&self, folder: &str, name: &str) -> Made {
        let copy = self.path(name);
        capture(program("cp").args(["-r", folder, &copy]))?;
        Ok(copy)
    }

    /// A backup of as many files, all of which are copies of one, since it takes long to write as
    /// many as a check without password is to be measured with.
    pub(super) fn copied_backup(&self) -> Made {
        let one = self.people(1, 1)?;
        let one = PathBuf::from(self.backup_of(&one, &PASSWORD)?);
        let manifest = one.join("certstow-manifest.json");
        let text_of_it = files::read(&manifest)?;
        let mut json: serde_json::Value = serde_json::from_slice(&text_of_it).map_err(text)?;
        let entries = json["entries"]
            .as_array_mut()
            .ok_or("a manifest has entries")?;
        let entry = entries.pop().ok_or("it has one")?;
        let file = entry["file"].as_str().ok_or("an entry has a file")?;
        let whole = files::read(one.join(file))?;
        for number in 0..self.size {
            let name = format!("copy-{number:06}.p12");
            files::write(one.join(&name), &whole)?;
            let mut entry = entry.clone();
            entry["file"] = name.into();
            // Without the password, nothing compares it with the certificate.
            entry["thumbprint"]["sha256"] = format!("{number:064x}").into();
            entry["thumbprint"]["sha1"] = format!("{number:040x}").into();
            entries.push(entry);
        }
        fs::remove_file(one.join(file)).map_err(text)?;
        files::write(&manifest, json.to_string())?;
        Ok(one.display().to_string())
    }

    /// Runs certstow for what it makes.
    pub(super) fn certstow(&self, words: &[&str]) -> Result<(), String> {
        let mut command = cost::measure(&["run"]);
        self.surround(command.arg(self.certstow).args(words));
        Cost::of_success(&mut command).map(drop)
    }

    /// What certstow finds around it: nothing of the account's own.
    pub(super) fn surround<'c>(
        &self,
        command: &'c mut std::process::Command,
    ) -> &'c mut std::process::Command {
        command
            .env("XDG_DATA_HOME", self.folder.join("data"))
            .env("BENCH_NO_PASSWORD", "")
            .env("TERM", "xterm")
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
