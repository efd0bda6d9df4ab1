//! What a folder holds, as its manifest tells: no password is needed, and no file is opened.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use super::folder::{Folder, shown};
use super::manifest::{self, NAME, Saved};
use super::record::{self, Unusable};
use crate::error::Error;
use crate::time::UnixTime;

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Why there is no manifest to tell, in a sentence.
    pub trouble: Option<String>,
    /// When the manifest was written, RFC 3339 in UTC; empty where there is none.
    pub written: String,
    /// One for each identity, in the order of the files' names.
    pub identities: Vec<HeldIdentity>,
    /// The files that are called as those with identities, and that the manifest does not name.
    pub unnamed: Vec<String>,
}

/// An identity that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldIdentity {
    /// What the manifest says of it.
    pub saved: Saved,
    /// Whether its file is there; what is in it, [`verify`](super::verify()) tells.
    pub is_there: bool,
    /// The position of the one that ends last, of those with the same subject and issuer that end
    /// later. It may be for another purpose, which a manifest does not tell.
    pub newer: Option<usize>,
}

impl HeldIdentity {
    /// The end of its certificate, if the manifest tells.
    pub fn not_after(&self) -> Option<UnixTime> {
        self.saved.not_after()
    }
}

/// Two certificates that were issued together, to sign and to decrypt, may end seconds apart.
const APART: Duration = Duration::from_secs(24 * 3600);

/// Reads the manifest of a folder, and which files are there.
///
/// # Errors
/// [`Error::Io`]: the folder or its manifest cannot be read.
pub fn held(folder: &Path) -> Result<Held, Error> {
    let listed = Folder::list(folder)?;
    let (manifest, trouble) = match record::of_folder(folder) {
        Ok(Some(manifest)) => (manifest, None),
        Ok(None) => (
            manifest::Manifest::empty(),
            Some(format!("there is no {NAME}")),
        ),
        Err(Unusable::Damaged(reason)) => (
            manifest::Manifest::empty(),
            Some(format!("{NAME} cannot be used: {reason}")),
        ),
        Err(Unusable::Unreadable(error)) => return Err(manifest::unreadable(folder, error)),
    };
    let unnamed = listed.unnamed(&manifest.entries);
    let unnamed = unnamed.iter().map(|subject| shown(&subject.name)).collect();
    let there: HashSet<&OsStr> = listed.key_files().collect();
    let newer = newer(&manifest.entries);
    let entries = manifest.entries.into_iter().zip(newer);
    let identities = entries.map(|(saved, newer)| HeldIdentity {
        is_there: there.contains(OsStr::new(&saved.file)),
        saved,
        newer,
    });
    Ok(Held {
        trouble,
        written: manifest.written,
        identities: identities.collect(),
        unnamed,
    })
}

/// For each entry the one that ends last of those with its subject and issuer, if that is another.
fn newer(entries: &[Saved]) -> Vec<Option<usize>> {
    let whose = |saved: &Saved| (saved.subject.clone(), saved.issuer.clone());
    let mut last: HashMap<(String, String), usize> = HashMap::new();
    for (at, saved) in entries.iter().enumerate() {
        let known = last.entry(whose(saved)).or_insert(at);
        if saved.not_after() > entries[*known].not_after() {
            *known = at;
        }
    }
    let newer = entries.iter().map(|saved| {
        let at = *last.get(&whose(saved))?;
        let (end, last) = (saved.not_after()?, entries[at].not_after()?);
        let is_named = !saved.subject.is_empty();
        (is_named && last > end + APART).then_some(at)
    });
    newer.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(subject: &str, not_after: &str) -> Saved {
        Saved {
            subject: subject.to_owned(),
            not_after: not_after.to_owned(),
            ..Saved::default()
        }
    }

    #[test]
    fn newer_is_the_last_of_one_subject() {
        let entries = [
            saved("CN=Ada", "2026-01-01T00:00:00Z"),
            saved("CN=Ada", "2028-01-01T00:00:00Z"),
            saved("CN=Ada", "2027-01-01T00:00:00Z"),
            saved("CN=Bob", "2026-01-01T00:00:00Z"),
            // Issued together, for two purposes.
            saved("CN=Bob", "2026-01-01T00:00:09Z"),
            saved("CN=Eve", "some day"),
            saved("CN=Eve", "2030-01-01T00:00:00Z"),
            saved("", "2026-01-01T00:00:00Z"),
            saved("", "2030-01-01T00:00:00Z"),
        ];
        let expected = [Some(1), None, Some(1), None, None, None, None, None, None];
        assert_eq!(newer(&entries), expected);
    }
}
