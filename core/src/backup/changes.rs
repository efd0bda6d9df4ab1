//! `certstow-manifest.changes` (schema `certstow.manifest-changes/1`): what changed since the manifest
//! was written, so that one new file among thousands does not cost a manifest of thousands. Each
//! write adds one line of JSON with all that it records. A line begins with a checksum of its rest: one
//! that was cut off, because the run that wrote it was, is known by that, and counts as not written.
//! One line for each write, since a disk may write the blocks of a file in any order: after a power cut,
//! the end of the last write may be there and its beginning not.
//!
//! The first line names the manifest that the changes belong to, by the time it was written. With
//! another manifest beside them (written whole since then, or by a version that knows no changes)
//! they mean nothing.

use certstow_formats::names;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::manifest::{CHANGES, Manifest, Saved, to_json};

/// The schema this version reads and writes.
const SCHEMA: &str = "certstow.manifest-changes/1";

/// How each line begins, before the digits of its checksum.
const CHECK: &str = "{\"check\":\"";
/// How many digits it has.
const DIGITS: usize = 16;
/// What stands between them and the rest.
const REST: &str = "\",";

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    schema: String,
    /// When the manifest was written that the changes belong to; empty for none.
    manifest_written: String,
}

/// What changed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Change {
    /// A file was written: its entry is new, or takes the place of the one for its identity.
    Saved(Box<Saved>),
    /// The entry of this identity is gone, by the SHA-256 of its certificate.
    Removed(String),
    /// A run ended that looked at every identity, RFC 3339 in UTC.
    Checked(String),
}

/// What one write recorded, in its order.
#[derive(Serialize, Deserialize)]
struct Recorded {
    changes: Vec<Change>,
}

/// Changes as the line of one write.
pub(super) fn line_of(changes: Vec<Change>) -> String {
    line(&Recorded { changes })
}

/// The line that changes to a manifest begin with.
pub(super) fn header(manifest: &Manifest) -> String {
    line(&Header {
        schema: SCHEMA.to_owned(),
        manifest_written: manifest.written.clone(),
    })
}

/// The changes to a manifest.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changes {
    changes: Vec<Change>,
    /// Where the last whole line ends.
    pub(super) end: u64,
}

impl Changes {
    /// The changes that these bytes hold, if they belong to this manifest.
    ///
    /// # Errors
    /// What is wrong with them, in a clause. A damaged end is not: it was never finished.
    pub(super) fn of(manifest: &Manifest, bytes: &[u8]) -> Result<Option<Self>, String> {
        let damaged =
            |number: usize| format!("line {} of {CHANGES} is not what was written", number + 1);
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate();
        let Some((number, first)) = lines.next() else {
            return Ok(None);
        };
        let header: Header = content(first)
            .and_then(|text| serde_json::from_str(&text).ok())
            .ok_or_else(|| damaged(number))?;
        if header.schema != SCHEMA {
            return Err(format!("the schema of {CHANGES} is '{}'", header.schema));
        }
        if header.manifest_written != manifest.written {
            return Ok(None);
        }
        let mut read = Self {
            changes: Vec::new(),
            end: first.len() as u64,
        };
        let mut cut_off = None;
        for (number, line) in lines {
            match (content(line), cut_off) {
                (None, _) => cut_off = cut_off.or(Some(number)),
                (Some(_), Some(before)) => return Err(damaged(before)),
                (Some(text), None) => {
                    let recorded: Recorded = serde_json::from_str(&text).map_err(|error| {
                        format!("line {} of {CHANGES} cannot be used: {error}", number + 1)
                    })?;
                    read.changes.extend(recorded.changes);
                    read.end += line.len() as u64;
                }
            }
        }
        Ok(Some(read))
    }

    /// Makes them in a manifest.
    pub(super) fn apply(self, manifest: &mut Manifest) {
        let mut positions = manifest.index();
        let entries = std::mem::take(&mut manifest.entries);
        let mut entries: Vec<Option<Saved>> = entries.into_iter().map(Some).collect();
        for change in self.changes {
            match change {
                Change::Saved(mut saved) => {
                    saved.lower_digits();
                    let sha256 = saved.thumbprint.sha256.clone();
                    let position = *positions.entry(sha256).or_insert(entries.len());
                    match entries.get_mut(position) {
                        Some(entry) => *entry = Some(*saved),
                        None => entries.push(Some(*saved)),
                    }
                }
                Change::Removed(sha256) => {
                    if let Some(position) = positions.remove(&sha256) {
                        entries[position] = None;
                    }
                }
                Change::Checked(when) => manifest.checked = when,
            }
        }
        manifest.entries = entries.into_iter().flatten().collect();
        manifest.sort();
    }
}

/// An object as a line, with its checksum in front.
fn line(object: &impl Serialize) -> String {
    let json = to_json(object);
    let rest = json.strip_prefix('{').unwrap_or(&json);
    format!("{CHECK}{}{REST}{rest}\n", checksum(rest.as_bytes()))
}

/// The object of a line without its checksum, if that is right.
fn content(line: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?;
    let (check, rest) = line
        .strip_prefix(CHECK)?
        .strip_suffix('\n')?
        .split_at_checked(DIGITS)?;
    let rest = rest.strip_prefix(REST)?;
    (checksum(rest.as_bytes()) == check).then(|| format!("{{{rest}"))
}

/// The same lines, each with the checksum that its rest has.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn with_right_checksums(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let before = CHECK.len() + DIGITS + REST.len();
    let lines = lines.map(|line| {
        let rest = line.get(before..).unwrap_or_default();
        let rest = rest.strip_suffix(b"\n").unwrap_or(rest);
        let check = checksum(rest);
        [
            CHECK.as_bytes(),
            check.as_bytes(),
            REST.as_bytes(),
            rest,
            b"\n",
        ]
        .concat()
    });
    lines.collect::<Vec<_>>().concat()
}

fn checksum(rest: &[u8]) -> String {
    names::hex(&Sha256::digest(rest)[..DIGITS / 2])
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::manifest::Thumbprint;
    use super::*;

    fn saved(name: &str) -> Saved {
        let thumbprint = Thumbprint {
            sha1: String::new(),
            sha256: names::hex(&Sha256::digest(name)),
        };
        Saved {
            file: format!("{name}.p12"),
            size: 3,
            thumbprint,
            ..Saved::default()
        }
    }

    fn boxed(name: &str) -> Box<Saved> {
        Box::new(saved(name))
    }

    /// As the line of a write of its own.
    fn written(name: &str) -> String {
        line_of(vec![Change::Saved(boxed(name))])
    }

    /// The names after writes of so many changes each.
    fn names_after(changes: &[Change], each: usize) -> Vec<String> {
        let mut manifest = Manifest::empty();
        let mut text = header(&manifest);
        text.extend(
            changes
                .chunks(each)
                .map(|changes| line(&HashMap::from([("changes", changes)]))),
        );
        let changes = Changes::of(&manifest, text.as_bytes()).unwrap().unwrap();
        assert_eq!(changes.end, text.len() as u64);
        changes.apply(&mut manifest);
        let entries = manifest.entries.into_iter();
        entries.map(|saved| saved.file).collect()
    }

    #[test]
    fn changes_apply_in_written_order() {
        let sha256 = |name| saved(name).thumbprint.sha256;
        let renamed = |name: &str, file: &str| Saved {
            file: file.to_owned(),
            ..saved(name)
        };
        let changes = [
            Change::Saved(boxed("b")),
            Change::Saved(boxed("a")),
            Change::Removed(sha256("none")),
            Change::Removed(sha256("b")),
            Change::Saved(boxed("c")),
            Change::Saved(Box::new(renamed("a", "d.p12"))),
            Change::Removed(sha256("c")),
            Change::Saved(boxed("c")),
        ];
        for each in 1..=changes.len() {
            assert_eq!(names_after(&changes, each), ["c.p12", "d.p12"]);
            assert_eq!(names_after(&changes[..5], each), ["a.p12", "c.p12"]);
        }
    }

    #[test]
    fn changes_of_stops_at_last_whole_line() {
        let manifest = Manifest::empty();
        let first = header(&manifest) + &written("a");
        let second = ["b", "c"].map(|name| Change::Saved(boxed(name)));
        let whole = first.clone() + &line_of(second.into());
        for end in first.len()..whole.len() {
            let cut_off = Changes::of(&manifest, &whole.as_bytes()[..end]);
            let cut_off = cut_off.unwrap().unwrap();
            assert_eq!(
                (cut_off.changes.len(), cut_off.end),
                (1, first.len() as u64)
            );
        }
        let zeros = [first.as_bytes(), &[0; 700], b"\n\n"].concat();
        let zeros = Changes::of(&manifest, &zeros).unwrap().unwrap();
        assert_eq!((zeros.changes.len(), zeros.end), (1, first.len() as u64));
    }

    #[test]
    fn changes_of_rejects_a_damaged_line() {
        let manifest = Manifest::empty();
        let lines = [header(&manifest)]
            .into_iter()
            .chain(["a", "b"].map(written));
        let text: String = lines.collect();
        let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
        for at in 0..ends[1] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let number = if at <= ends[0] { 1 } else { 2 };
            let reason = Changes::of(&manifest, &bytes).unwrap_err();
            let expected =
                format!("line {number} of certstow-manifest.changes is not what was written");
            assert_eq!(reason, expected, "{at}");
        }
    }

    #[test]
    fn changes_of_returns_none_for_another_manifest() {
        let mut manifest = Manifest::empty();
        let text = header(&manifest) + &written("a");
        manifest.write_now();
        assert_eq!(Changes::of(&manifest, text.as_bytes()), Ok(None));
        assert_eq!(Changes::of(&manifest, b""), Ok(None));
        let later = line(&Header {
            schema: "certstow.manifest-changes/2".to_owned(),
            manifest_written: manifest.written.clone(),
        });
        let reason = Changes::of(&manifest, later.as_bytes()).unwrap_err();
        assert!(reason.contains("certstow.manifest-changes/2"), "{reason}");
        let unknown = header(&manifest)
            + &line(&HashMap::from([(
                "changes",
                [HashMap::from([("moved", 1)])],
            )]));
        let reason = Changes::of(&manifest, unknown.as_bytes()).unwrap_err();
        assert!(reason.starts_with("line 2 of"), "{reason}");
    }
}
