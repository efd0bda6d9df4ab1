//! `certstow-manifest.json` (schema `certstow.manifest/1`): what a folder holds and which bytes
//! belong in each file. Nothing in it is secret. It is read as it comes, unknown fields and all,
//! but never followed out of its folder. What changed since it was written is in a file beside it
//! (`changes.rs`); [`record`](super::record) reads the two together.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::time::Duration;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::names;
use certstow_formats::proof::Level;
use certstow_platform::file_name;
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::Error;
use crate::select::{Known, Recorded};
use crate::time::{self, UnixTime};

/// The manifest's name in its folder.
pub const NAME: &str = "certstow-manifest.json";

/// The name of the file with what changed since the manifest was written.
pub const CHANGES: &str = "certstow-manifest.changes";

/// The schema this version reads and writes.
const SCHEMA: &str = "certstow.manifest/1";

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Manifest {
    schema: String,
    /// When it was written, RFC 3339 in UTC.
    #[serde(default)]
    pub written: String,
    /// The program that wrote it, with its version.
    #[serde(default)]
    pub tool: String,
    /// When the last run ended that looked at every identity of its stores, RFC 3339 in UTC; empty where
    /// none is known.
    #[serde(default)]
    pub checked: String,
    /// One for each identity, in the order of the files' names.
    #[serde(default)]
    pub entries: Vec<Saved>,
}

/// An identity that was saved to a file and proven.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The file's name in the folder.
    pub file: String,
    /// The SHA-256 of its bytes, 64 lower-case digits.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// The certificate's thumbprints.
    pub thumbprint: Thumbprint,
    /// The label at the time.
    #[serde(default)]
    pub label: String,
    /// The subject (RFC 4514).
    #[serde(default)]
    pub subject: String,
    /// The issuer (RFC 4514).
    #[serde(default)]
    pub issuer: String,
    /// notAfter, RFC 3339 in UTC.
    #[serde(default)]
    pub not_after: String,
    /// The profile by name.
    #[serde(default)]
    pub profile: String,
    /// Iterations of each key derivation.
    #[serde(default)]
    pub iterations: u32,
    /// The name of the store that gave the private key.
    #[serde(default)]
    pub store: String,
    /// When the file was written, RFC 3339 in UTC.
    #[serde(default)]
    pub written: String,
    /// The program that wrote the file, with its version.
    #[serde(default)]
    pub tool: String,
    /// The file beside it that holds its password, encrypted to a certificate.
    #[serde(default)]
    pub escrow: Option<EscrowFile>,
    /// How far the private key was proven when the file was written. Older manifests do not tell,
    /// and newer ones may have a word that this version does not know.
    #[serde(default, deserialize_with = "level")]
    pub proof: Option<Level>,
    /// Whether it is known, and accepted, that the private key cannot be proven to work.
    #[serde(default)]
    pub allow_unproven: bool,
    /// Whether its certificate only stands beside the private key until a CA answers a request, so that the
    /// file never counts as expired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending: bool,
}

fn level<'de, D: Deserializer<'de>>(word: D) -> Result<Option<Level>, D::Error> {
    let word = Option::<String>::deserialize(word)?;
    Ok(word.and_then(|word| Level::ALL.into_iter().find(|level| level.word() == word)))
}

/// The thumbprints of a certificate, in lower-case digits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbprint {
    /// 40 digits.
    #[serde(default)]
    pub sha1: String,
    /// 64 digits.
    pub sha256: String,
}

/// A password in escrow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscrowFile {
    /// The file's name in the folder.
    pub file: String,
    /// The SHA-256 of its bytes, 64 lower-case digits.
    pub sha256: String,
    /// The SHA-1 thumbprint of the certificate it is encrypted to.
    #[serde(default)]
    pub recipient: String,
}

/// That the manifest of a folder is there, and the system does not give it.
pub fn unreadable(folder: &Path, source: io::Error) -> Error {
    Error::io(&folder.join(NAME), source)
}

impl Manifest {
    /// One without entries.
    pub fn empty() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            written: String::new(),
            tool: String::new(),
            checked: String::new(),
            entries: Vec::new(),
        }
    }

    /// When the last run ended that looked at every identity, if that is known.
    pub fn checked(&self) -> Option<UnixTime> {
        time::from_utc(&self.checked)
    }

    /// Reads a manifest without [`check`](Self::check)ing its entries.
    ///
    /// # Errors
    /// Why it is none, in a clause.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        manifest.entries.iter_mut().for_each(Saved::lower_digits);
        match manifest.schema == SCHEMA {
            true => Ok(manifest),
            false => Err(format!("its schema is '{}'", manifest.schema)),
        }
    }

    /// Sees that each entry names a file of its own in the folder, for an identity of its own.
    ///
    /// # Errors
    /// What is wrong, in a clause.
    pub(super) fn check(&self) -> Result<(), String> {
        let (mut names, mut certificates) = (HashSet::new(), HashSet::new());
        for saved in &self.entries {
            let escrow = saved.escrow.as_ref().map(|escrow| &escrow.file);
            if !is_plain(&saved.file) || escrow.is_some_and(|escrow| !is_plain(escrow)) {
                return Err(format!("it names a file elsewhere, '{}'", saved.file));
            }
            // Another name, and a file that is written would replace what is none of its own.
            if !is_key_file(&saved.file)
                || escrow.is_some_and(|escrow| *escrow != escrow_name(&saved.file))
            {
                return Err(format!("it names a file of another kind, '{}'", saved.file));
            }
            if !names.insert(folded(&saved.file)) {
                return Err(format!("it names '{}' for two identities", saved.file));
            }
            // An identity is looked up by this, and has one file.
            let Thumbprint { sha1, sha256 } = &saved.thumbprint;
            if !is_hex(sha256, 64) {
                return Err(format!("it has no SHA-256 thumbprint for '{}'", saved.file));
            }
            if !sha1.is_empty() && !is_hex(sha1, 40) {
                return Err(format!("its SHA-1 thumbprint for '{}' is none", saved.file));
            }
            if !certificates.insert(sha256.clone()) {
                return Err(format!(
                    "'{}' is its second file for one identity",
                    saved.file
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let manifest = Self::parse(bytes)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Its bytes, with the time and the tool as of now: a line for each entry, in the order of the
    /// files' names.
    pub fn write_now(&mut self) -> Vec<u8> {
        self.written = self.next_time(time::now()).to_string();
        self.tool = tool();
        self.sort();
        let lines: Vec<String> = self.entries.iter().map(to_json).collect();
        format!(
            "{{\"schema\":{},\"written\":{},\"tool\":{},\"checked\":{},\"entries\":[\n{}\n]}}\n",
            to_json(&self.schema),
            to_json(&self.written),
            to_json(&self.tool),
            to_json(&self.checked),
            lines.join(",\n")
        )
        .into_bytes()
    }

    /// The time for one that is written `now` in its place. Changes name their manifest by its time: two
    /// in a row never have the same one, even within a second or after the clock was set back a little.
    fn next_time(&self, now: UnixTime) -> UnixTime {
        const LITTLE: Duration = Duration::from_secs(60);
        match time::from_utc(&self.written) {
            Some(before) if (now..now + LITTLE).contains(&before) => {
                before + Duration::from_secs(1)
            }
            _ => now,
        }
    }

    /// Puts the entries in the order of the files' names.
    pub(super) fn sort(&mut self) {
        self.entries.sort_by(|a, b| a.file.cmp(&b.file));
    }

    /// Whether these bytes, read back, are this manifest.
    pub(super) fn verify(&self, bytes: &[u8]) -> Result<(), String> {
        match Self::from_bytes(bytes)? == *self {
            true => Ok(()),
            false => Err("it reads back as another".to_owned()),
        }
    }

    /// The names of the files, [`folded`].
    pub(super) fn names(&self) -> HashSet<String> {
        let entries = self.entries.iter();
        entries.map(|saved| folded(&saved.file)).collect()
    }

    /// The positions of the entries by their certificate.
    pub(super) fn index(&self) -> HashMap<String, usize> {
        let mut index = HashMap::new();
        for (position, saved) in self.entries.iter().enumerate() {
            index
                .entry(saved.thumbprint.sha256.clone())
                .or_insert(position);
        }
        index
    }
}

impl Saved {
    /// What a certificate tells of itself, saved to a file of this name.
    pub(super) fn of(file: &str, certificate: &Certificate) -> Self {
        let parsed = certificate.parse();
        Self {
            file: file.to_owned(),
            thumbprint: Thumbprint {
                sha1: names::thumbprint(certificate),
                sha256: key(&certificate.id()),
            },
            label: parsed.label(),
            subject: parsed.subject(),
            issuer: parsed.issuer(),
            not_after: parsed.not_after().to_string(),
            ..Self::default()
        }
    }

    /// Lower-case hexadecimal digits, as hashes and thumbprints are compared; a person may have
    /// edited the file.
    pub(super) fn lower_digits(&mut self) {
        self.sha256.make_ascii_lowercase();
        self.thumbprint.sha1.make_ascii_lowercase();
        self.thumbprint.sha256.make_ascii_lowercase();
        if let Some(escrow) = &mut self.escrow {
            escrow.sha256.make_ascii_lowercase();
            escrow.recipient.make_ascii_lowercase();
        }
    }

    /// What it tells of the certificate, for filters and selectors.
    pub fn known(&self) -> Known<'_> {
        Known::recorded(Recorded {
            thumbprints: [&self.thumbprint.sha1, &self.thumbprint.sha256],
            subject: &self.subject,
            issuer: &self.issuer,
            label: &self.label,
            not_after: self.not_after(),
        })
    }

    /// notAfter, if the manifest tells.
    pub(super) fn not_after(&self) -> Option<UnixTime> {
        time::from_utc(&self.not_after)
    }
}

/// As JSON in one line; nothing that is recorded fails to become it.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether a text is so many hexadecimal digits.
fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// Whether a name stays within its folder, on every system.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

/// Whether a file of this name is one with an identity.
pub(super) fn is_key_file(name: impl AsRef<Path>) -> bool {
    let extension = name.as_ref().extension();
    extension.is_some_and(|extension| {
        extension.eq_ignore_ascii_case("p12") || extension.eq_ignore_ascii_case("pfx")
    })
}

/// What the name of a file with a password ends with.
pub(super) const ESCROW_ENDING: &str = ".cms";

/// Whether a backup writes files of this name: the manifest, or one with an identity.
pub(super) fn is_of_a_backup(name: &str) -> bool {
    name.starts_with(NAME)
        || name.starts_with(CHANGES)
        || (is_key_file(name) && file_name::is_of_identity(name))
}

/// A file's name as some file systems compare it, without regard to case.
pub(super) fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// The name of the file with the password of this one.
pub(super) fn escrow_name(name: &str) -> String {
    format!("{name}{ESCROW_ENDING}")
}

/// This program and its version.
pub(super) fn tool() -> String {
    concat!("certstow ", env!("CARGO_PKG_VERSION")).to_owned()
}

/// The key of an entry for this certificate.
pub(super) fn key(id: &EntryId) -> String {
    names::hex(id.as_bytes())
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// A manifest with this file alone.
    fn one(file: &str) -> String {
        let digits = names::hex(&Sha256::digest(file));
        format!(
            r#"{{"schema":"certstow.manifest/1","new":1,"entries":[{{"file":"{file}","sha256":"ab",
                "size":3,"thumbprint":{{"sha256":"{digits}"}},"later":[]}}]}}"#
        )
    }

    fn digits_of(manifest: &Manifest) -> String {
        manifest.entries[0].thumbprint.sha256.clone()
    }

    #[test]
    fn manifest_ignores_unknown_and_missing_fields() {
        let manifest = Manifest::from_bytes(one("a.p12").as_bytes()).unwrap();
        assert_eq!(manifest.entries[0].file, "a.p12");
        assert_eq!(manifest.index()[&digits_of(&manifest)], 0);
        assert_eq!(manifest.entries[0].not_after(), None);
        assert_eq!(manifest.entries[0].proof, None);
        assert!(!manifest.entries[0].allow_unproven);
    }

    #[test]
    fn manifest_reads_unknown_proof_level_as_none() {
        for (word, level) in [
            (r#""signature""#, Some(Level::Signature)),
            (r#""public-key""#, Some(Level::PublicKey)),
            (r#""none""#, Some(Level::None)),
            (r#""attested""#, None),
            ("null", None),
        ] {
            let text = one("a.p12").replace(r#""later""#, &format!(r#""proof":{word},"later""#));
            let manifest = Manifest::from_bytes(text.as_bytes()).unwrap();
            assert_eq!(manifest.entries[0].proof, level, "{word}");
        }
    }

    #[test]
    fn manifest_rejects_file_names_outside_the_folder() {
        for file in ["../a.p12", "/etc/passwd", "b\\\\c.p12", "C:a.p12", "", ".x"] {
            assert!(
                Manifest::from_bytes(one(file).as_bytes()).is_err(),
                "{file}"
            );
        }
    }

    #[test]
    fn manifest_rejects_wrong_or_duplicate_file_names() {
        let escrow = |file: &str| {
            let escrow = format!(r#""escrow":{{"file":"{file}","sha256":"ef"}},"later""#);
            one("a.p12").replace(r#""later""#, &escrow)
        };
        assert!(Manifest::from_bytes(escrow("a.p12.cms").as_bytes()).is_ok());
        let entry = |text: String| {
            let (_, entries) = text.split_once('[').unwrap();
            entries.strip_suffix("]}").unwrap().to_owned()
        };
        let two = |second: &str| {
            let second = format!(",{}]}}", entry(one(second)));
            format!("{}{second}", one("a.p12").strip_suffix("]}").unwrap())
        };
        assert!(Manifest::from_bytes(two("b.PFX").as_bytes()).is_ok());
        for wrong in [
            one(NAME),
            one("notes.txt"),
            escrow("b.p12"),
            escrow("b.p12.cms"),
            two("a.p12"),
            two("A.P12"),
        ] {
            assert!(Manifest::from_bytes(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn manifest_rejects_malformed_or_duplicate_thumbprints() {
        let whole = Manifest::from_bytes(one("a.p12").as_bytes()).unwrap();
        let digits = digits_of(&whole);
        // By hand, they may come in capitals.
        let capitals = one("a.p12").replace(&digits, &digits.to_uppercase());
        assert_eq!(Manifest::from_bytes(capitals.as_bytes()).unwrap(), whole);
        for wrong in ["", "cd", &"z".repeat(64), &"é".repeat(32)] {
            let wrong = one("a.p12").replace(&digits, wrong);
            assert!(Manifest::from_bytes(wrong.as_bytes()).is_err(), "{wrong}");
        }
        let with_sha1 = |sha1: &str| {
            let thumbprint = format!(r#"{{"sha1":"{sha1}","sha256""#);
            let text = one("a.p12").replace(r#"{"sha256""#, &thumbprint);
            Manifest::from_bytes(text.as_bytes())
        };
        // Older manifests have none.
        for sha1 in ["", &"0".repeat(40)] {
            assert_eq!(with_sha1(sha1).unwrap().entries.len(), 1, "{sha1}");
        }
        for wrong in ["cd", &"z".repeat(40), &"0".repeat(64)] {
            assert!(with_sha1(wrong).is_err(), "{wrong}");
        }
        let mut twins = whole.clone();
        twins.entries.extend(whole.entries);
        twins.entries[1].file = "b.p12".to_owned();
        let reason = Manifest::from_bytes(&twins.write_now()).unwrap_err();
        assert_eq!(reason, "'b.p12' is its second file for one identity");
    }

    #[test]
    fn manifest_rejects_unknown_schema_and_truncation() {
        let whole = one("a.p12");
        assert!(Manifest::from_bytes(whole.replace("/1", "/2").as_bytes()).is_err());
        assert!(Manifest::from_bytes(&whole.as_bytes()[..whole.len() / 2]).is_err());
    }

    #[test]
    fn next_time_never_repeats_the_previous() {
        let mut manifest = Manifest::empty();
        let written = UnixTime::new(1_000_000);
        assert_eq!(manifest.next_time(written), written);
        for (now, expected) in [
            (999_999, 999_999 + 2),
            (1_000_000, 1_000_001),
            (1_000_001, 1_000_001),
            (900_000, 900_000),
        ] {
            manifest.written = written.to_string();
            let next = manifest.next_time(UnixTime::new(now));
            assert_eq!(next.seconds(), expected, "{now}");
        }
    }

    #[test]
    fn verify_accepts_only_the_written_manifest() {
        let mut manifest = Manifest::from_bytes(one("a.p12").as_bytes()).unwrap();
        manifest.entries[0].proof = Some(Level::PublicKey);
        manifest.entries[0].allow_unproven = true;
        let bytes = manifest.write_now();
        assert_eq!(manifest.verify(&bytes), Ok(()));
        manifest.entries.clear();
        assert!(manifest.verify(&bytes).is_err());
    }
}
