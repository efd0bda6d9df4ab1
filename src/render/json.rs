//! JSON as certstow prints it: indented, one object a run, streamed while it is made. Strings
//! keep every character; those that could upset a terminal are written as `\u` escapes, which
//! mean the same to a program.

use std::io::{self, Write};

use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem};
use certstow_core::time;
use certstow_formats::chain::Path;
use certstow_formats::sanitize::{in_full, is_unsafe};
use certstow_formats::{key, names};
use certstow_platform::store::KeyState;
use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter};

use crate::error::Explain;

/// Writes one value and a line end.
pub(crate) fn write(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let formatter = SafeStrings(PrettyFormatter::new());
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, formatter);
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// One value on one line, without a line end.
pub(crate) fn line(value: &impl Serialize) -> io::Result<String> {
    let mut line = Vec::new();
    let formatter = SafeStrings(CompactFormatter);
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, formatter);
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    String::from_utf8(line).map_err(io::Error::other)
}

/// Lays values out as its formatter does and escapes unsafe characters.
struct SafeStrings<F>(F);

impl<F: Formatter> Formatter for SafeStrings<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(w, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, w: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(w, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

/// `certstow.list/1`, each entry made only while it is written.
pub(crate) fn list<'a>(
    inventory: &'a Inventory,
    identities: &'a [&'a ListedCertificate],
) -> impl Serialize + 'a {
    #[derive(Serialize)]
    struct List<E, P> {
        schema: &'static str,
        entries: E,
        problems: P,
    }
    List {
        schema: "certstow.list/1",
        entries: Each(identities, move |identity: &&ListedCertificate| {
            entry(inventory, identity)
        }),
        problems: problems(inventory.problems()),
    }
}

/// `certstow.show/1`: an entry of the list, its path and every place it lies in.
pub(crate) fn show<'a>(
    inventory: &'a Inventory,
    identity: &'a ListedCertificate,
    path: &Path,
    root_trusted: Option<bool>,
) -> impl Serialize + 'a {
    #[derive(Serialize)]
    struct Show<'a> {
        schema: &'static str,
        #[serde(flatten)]
        entry: EntryJson,
        key_usage: Vec<&'static str>,
        path: Vec<String>,
        path_complete: bool,
        root_trusted: Option<bool>,
        places: Vec<Place<'a>>,
    }
    #[derive(Serialize)]
    struct Place<'a> {
        store: String,
        place: &'a str,
    }
    let places = identity.entries().iter().flat_map(|stored| {
        stored.entry.places.iter().map(|place| Place {
            store: inventory.store_name(stored.store),
            place,
        })
    });
    Show {
        schema: "certstow.show/1",
        entry: entry(inventory, identity),
        key_usage: identity.certificate().parse().key_usages(),
        path: path
            .certificates
            .iter()
            .map(|certificate| names::distinguished_name_of_der(certificate.subject_der()))
            .collect(),
        path_complete: path.end == certstow_formats::chain::PathEnd::Root,
        root_trusted,
        places: places.collect(),
    }
}

/// The object for an error.
#[derive(Serialize)]
pub(crate) struct ErrorJson {
    error: Failure,
}

/// What there is to know of an error.
#[derive(Serialize)]
pub(crate) struct Failure {
    code: &'static str,
    exit: u8,
    message: String,
    hint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<CandidateJson>,
}

#[derive(Serialize)]
struct CandidateJson {
    thumbprint: String,
    label: String,
    not_after: String,
    store: String,
}

/// The object for this error.
pub(crate) fn error(error: &dyn Explain) -> ErrorJson {
    ErrorJson {
        error: failure(error),
    }
}

/// What is in the object for this error.
pub(crate) fn failure(error: &dyn Explain) -> Failure {
    let candidates = error.candidates().iter().map(|candidate| CandidateJson {
        thumbprint: candidate.thumbprint.clone(),
        label: candidate.label.clone(),
        not_after: candidate.not_after.clone(),
        store: candidate.store.clone(),
    });
    Failure {
        code: error.code(),
        exit: error.exit().code(),
        message: in_full(error),
        hint: error.hint(),
        candidates: candidates.collect(),
    }
}

#[derive(Serialize)]
struct EntryJson {
    store: String,
    thumbprint: Thumbprint,
    label: String,
    subject: String,
    issuer: String,
    serial: String,
    not_before: String,
    not_after: String,
    emails: Vec<String>,
    dns_names: Vec<String>,
    eku: Vec<String>,
    archived: bool,
    backed_up: Option<String>,
    key: KeyJson,
}

#[derive(Serialize)]
struct Thumbprint {
    sha1: String,
    sha256: String,
}

#[derive(Serialize)]
struct KeyJson {
    state: &'static str,
    reason: Option<String>,
    algorithm: String,
    bits: Option<u32>,
    provider: Option<String>,
    container: Option<String>,
}

fn entry(inventory: &Inventory, identity: &ListedCertificate) -> EntryJson {
    let entry = identity.entry();
    let parsed = entry.certificate.parse();
    let (state, reason) = match &entry.key {
        KeyState::Exportable => ("exportable", None),
        KeyState::NotExportable(reason) => ("not-exportable", Some(reason.to_string())),
        KeyState::Missing => ("missing", None),
        KeyState::Locked(what) => ("locked", Some(what.clone())),
        KeyState::Unknown => ("unknown", None),
    };
    let described = key::describe(entry.certificate.spki_der());
    EntryJson {
        store: inventory.store_name(identity.entries()[0].store),
        thumbprint: Thumbprint {
            sha1: identity.thumbprint(),
            sha256: names::hex(entry.id.as_bytes()),
        },
        label: identity.label(),
        subject: identity.subject(),
        issuer: parsed.issuer(),
        serial: parsed.serial(),
        not_before: time::utc(parsed.not_before()),
        not_after: identity.not_after().to_string(),
        emails: parsed.emails(),
        dns_names: parsed.dns_names(),
        eku: parsed.extended_key_usages(),
        archived: identity.is_archived(),
        backed_up: identity.backed_up().map(time::utc),
        key: KeyJson {
            state,
            reason,
            algorithm: described.algorithm,
            bits: described.bits,
            provider: entry.provider.clone(),
            container: entry.container.clone(),
        },
    }
}

/// Something that could not be read.
#[derive(Serialize)]
pub(crate) struct ProblemJson<'a> {
    store: &'a str,
    place: &'a str,
    message: &'a str,
}

/// What could not be read.
pub(crate) fn problems(problems: &[StoreProblem]) -> Vec<ProblemJson<'_>> {
    problems
        .iter()
        .map(|problem| ProblemJson {
            store: &problem.store,
            place: &problem.place,
            message: &problem.message,
        })
        .collect()
}

/// A sequence whose values are made one at a time.
struct Each<'a, T, F>(&'a [T], F);

impl<T, V: Serialize, F: Fn(&T) -> V> Serialize for Each<'_, T, F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use certstow_core::error::Error;

    #[test]
    fn unsafe_characters_are_escaped_and_nothing_is_lost() {
        let text = "a\x1b[2J\u{202e}b\u{9b}\u{e0041}\"ü🔑";
        let mut out = Vec::new();
        write(&mut out, &vec![text]).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert!(
            !json.trim_end().chars().any(|c| c != '\n' && is_unsafe(c)),
            "{json:?}"
        );
        assert!(json.contains("\\u202e") && json.contains('🔑'));
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
    }

    #[test]
    fn an_error_names_code_exit_message_and_hint() {
        let mut out = Vec::new();
        write(&mut out, &error(&Error::TargetExists { file: "a".into() })).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["error"]["code"], "target-exists");
        assert_eq!(json["error"]["exit"], 16);
        assert!(json["error"]["hint"].is_string());
    }
}
