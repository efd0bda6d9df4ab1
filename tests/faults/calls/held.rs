//! What files with private keys hold, as OpenSSL opens them.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::scene::{File, NEW, OLD};

/// The identity in a file that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) identity: &'static str,
    pub(super) opened_by: OpenedBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OpenedBy {
    OldPassword,
    NewPassword,
    /// A password that lies sealed beside the file.
    SealedPassword,
    /// Its private key is under no password.
    Nothing,
}

/// The samples: whose they are, and the files with the private key and the certificate.
const SAMPLES: [(&str, &str, &str); 3] = [
    ("Ada", "ada-example.key.pem", "ada-example.pem"),
    ("Edith", "edith-example-2020.pem", "edith-example-2020.pem"),
    ("Grace", "grace-example.pem", "grace-example.pem"),
];

/// The private key and the certificate of a sample, as OpenSSL writes them.
struct Sample {
    identity: &'static str,
    key: String,
    certificate: String,
}

fn samples() -> &'static [Sample] {
    static KNOWN: OnceLock<Vec<Sample>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let read = |words: &str, file: &str| {
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("examples/personal")
                .join(file);
            openssl(words, &file, "").expect("a sample")
        };
        SAMPLES
            .map(|(identity, key, certificate)| Sample {
                identity,
                key: read("pkey", key),
                certificate: read("x509", certificate),
            })
            .into()
    })
}

/// What OpenSSL writes when it reads a file; nothing, if it cannot.
fn openssl(words: &str, file: &Path, password: &str) -> Option<String> {
    let output = Command::new("openssl")
        .args(words.split(' '))
        .arg("-in")
        .arg(file)
        .env("PASSWORD", password)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .expect("openssl starts");
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}

/// What was opened, so that the same bytes are opened once.
#[derive(Default)]
pub(super) struct Openings(RefCell<HashMap<Vec<u8>, Option<Held>>>);

impl Openings {
    /// What each whole file with a private key holds. One that is not whole holds nothing, and one
    /// that has not got its name yet does not count.
    pub(super) fn of(
        &self,
        world: &Path,
        files: &BTreeMap<String, File>,
    ) -> BTreeMap<String, Held> {
        let named = files.iter().filter(|(name, _)| may_hold_a_key(name));
        let held = named.filter_map(|(name, file)| {
            let path = world.join(name);
            let held = match name.ends_with(".p12") {
                true => self.pkcs12(&path, name, file, files),
                false => self.once(&file.bytes, || pem(&path, &file.bytes)),
            };
            Some((name.clone(), held?))
        });
        held.collect()
    }

    fn pkcs12(
        &self,
        path: &Path,
        name: &str,
        file: &File,
        files: &BTreeMap<String, File>,
    ) -> Option<Held> {
        let beside = files.iter().filter(|(other, _)| {
            let rest = other.strip_prefix(name);
            rest.is_some_and(|rest| rest.ends_with(".cms"))
        });
        let beside: Vec<_> = beside.collect();
        let sealed = beside.iter().flat_map(|(_, file)| &file.bytes);
        let all: Vec<u8> = file.bytes.iter().chain(sealed).copied().collect();
        self.once(&all, || {
            let known = [(OLD, OpenedBy::OldPassword), (NEW, OpenedBy::NewPassword)];
            let known = known.map(|(password, by)| (password.to_owned(), by));
            let sealed = beside.iter().filter_map(|(name, _)| {
                let folder = path
                    .ancestors()
                    .find(|above| above.join("escrow.key").exists())?;
                let key = folder.join("escrow.key");
                let words = format!("cms -decrypt -inform DER -inkey {}", key.display());
                let password = openssl(&words, &folder.join(name), "")?;
                Some((password, OpenedBy::SealedPassword))
            });
            let mut passwords = known.into_iter().chain(sealed);
            passwords.find_map(|(password, opened_by)| {
                let words = "pkcs12 -nodes -passin env:PASSWORD";
                let text = openssl(words, path, &password)?;
                let mut samples = samples().iter();
                let found = samples.find(|sample| {
                    text.contains(&sample.key) && text.contains(&sample.certificate)
                })?;
                Some(Held {
                    identity: found.identity,
                    opened_by,
                })
            })
        })
    }

    fn once(&self, bytes: &[u8], open: impl FnOnce() -> Option<Held>) -> Option<Held> {
        if let Some(held) = self.0.borrow().get(bytes) {
            return *held;
        }
        let held = open();
        self.0.borrow_mut().insert(bytes.to_vec(), held);
        held
    }
}

/// Whether a file of this name has one, if it has its final name.
pub(super) fn may_hold_a_key(name: &str) -> bool {
    name.ends_with(".p12") || name.ends_with(".pem")
}

/// Whether there is a private key in a file, whole or not.
pub(super) fn tells_of_a_key(name: &str, file: &File) -> bool {
    name.ends_with(".p12") || (may_hold_a_key(name) && holds_a_pem_key(&file.bytes))
}

fn pem(path: &Path, bytes: &[u8]) -> Option<Held> {
    // Certificates come before the key in some.
    if !holds_a_pem_key(bytes) {
        return None;
    }
    let passwords: &[_] = match String::from_utf8_lossy(bytes).contains("BEGIN ENCRYPTED") {
        true => &[(NEW, OpenedBy::NewPassword), (OLD, OpenedBy::OldPassword)],
        false => &[("", OpenedBy::Nothing)],
    };
    passwords.iter().find_map(|(password, opened_by)| {
        let text = openssl("pkey -passin env:PASSWORD", path, password)?;
        let mut samples = samples().iter();
        let found = samples.find(|sample| sample.key == text)?;
        Some(Held {
            identity: found.identity,
            opened_by: *opened_by,
        })
    })
}

fn holds_a_pem_key(bytes: &[u8]) -> bool {
    let label = b"PRIVATE KEY-----";
    bytes.windows(label.len()).any(|part| part == label)
}
