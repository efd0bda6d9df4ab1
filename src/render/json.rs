//! JSON as certstow prints and logs it: indented, one object a run, streamed while it is made. Strings
//! keep every character, written in ASCII alone: the others as `\u` escapes (RFC 8259, section 7),
//! which mean the same to a program. PowerShell decodes what a program prints by
//! `[Console]::OutputEncoding`, a code page in which UTF-8 is something else (PowerShell/PowerShell#21456),
//! and a terminal does what control characters and bidirectional marks tell it.

use std::io::{self, Write};

use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem};
use certstow_core::noted::{Noted, State};
use certstow_core::renewal::Renewals;
use certstow_formats::certificate::Certificate;
use certstow_formats::chain::{Path, PathEnd};
use certstow_formats::sanitize::in_full;
use certstow_formats::{key, names};
use certstow_platform::store::KeyState;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::error::Explain;
use crate::notes::Copies;

/// Writes one value and a line end.
pub(crate) fn write(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let formatter = AsciiStrings(PrettyFormatter::new());
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, formatter);
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// One value on one line, without a line end.
pub(crate) fn line(value: &impl Serialize) -> io::Result<String> {
    let mut line = Vec::new();
    let formatter = AsciiStrings(CompactFormatter);
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, formatter);
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    String::from_utf8(line).map_err(io::Error::other)
}

/// Lays values out as its formatter does and escapes what is no ASCII.
struct AsciiStrings<F>(F);

impl<F: Formatter> Formatter for AsciiStrings<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        // The control characters below the space come escaped.
        let escaped = |(_, c): &(usize, char)| !c.is_ascii() || *c == '\u{7f}';
        while let Some((at, character)) = rest.char_indices().find(escaped) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
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

/// An object whose fields keep the order in which they were added.
#[derive(Default)]
pub(crate) struct Object(Vec<(&'static str, Field)>);

#[derive(Serialize)]
#[serde(untagged)]
enum Field {
    Value(Value),
    Object(Option<Object>),
    List(Vec<Object>),
}

impl Object {
    /// One that a command prints, which says by what schema.
    pub(crate) fn new(schema: &'static str) -> Self {
        Self::default().with("schema", &schema)
    }

    /// Adds a text, a number or the like, or a list of such.
    pub(crate) fn with(self, name: &'static str, value: &impl Serialize) -> Self {
        let value = serde_json::to_value(value).expect("a text, a number or the like");
        self.add(name, Field::Value(value))
    }

    pub(crate) fn object(self, name: &'static str, object: impl Into<Option<Self>>) -> Self {
        self.add(name, Field::Object(object.into()))
    }

    pub(crate) fn list(self, name: &'static str, objects: impl IntoIterator<Item = Self>) -> Self {
        self.add(name, Field::List(objects.into_iter().collect()))
    }

    fn add(mut self, name: &'static str, field: Field) -> Self {
        self.0.push((name, field));
        self
    }
}

impl Serialize for Object {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
    }
}

/// `certstow.list/1`, each entry made only while it is written.
pub(crate) fn list<'a>(
    inventory: &'a Inventory,
    identities: &'a [&'a ListedCertificate],
    renewals: &'a Renewals<'a>,
    copies: &'a Copies,
) -> impl Serialize + 'a {
    #[derive(Serialize)]
    struct List<E, P> {
        schema: &'static str,
        entries: E,
        problems: P,
        notices: P,
    }
    List {
        schema: "certstow.list/1",
        entries: Each(identities, move |identity: &&ListedCertificate| {
            entry(Object::default(), inventory, identity, renewals, copies)
        }),
        problems: problems(inventory.problems()),
        notices: problems(inventory.notices()),
    }
}

/// `certstow.show/1`: an entry of the list, its path, every place it lies in, and every file that it was
/// saved to.
pub(crate) fn show(
    inventory: &Inventory,
    identity: &ListedCertificate,
    renewals: &Renewals<'_>,
    copies: &Copies,
    path: &Path,
    root_trusted: Option<bool>,
    warnings: &[String],
) -> Object {
    let names = path.certificates.iter();
    let names = names.map(|one| names::distinguished_name_of_der(one.subject_der()));
    let places = identity.entries().iter().flat_map(|stored| {
        let store = inventory.store_name(stored.store);
        let places = stored.entry.places.iter();
        places.map(move |place| Object::default().with("store", &store).with("place", place))
    });
    entry(
        Object::new("certstow.show/1"),
        inventory,
        identity,
        renewals,
        copies,
    )
    .with("key_usage", &identity.certificate().parse().key_usages())
    .with("path", &names.collect::<Vec<_>>())
    .with("path_complete", &(path.end == PathEnd::Root))
    .with("root_trusted", &root_trusted)
    .list("places", places)
    .list("copies", copies.states(&identity.id()).iter().map(copy))
    .with("warnings", &warnings)
}

/// The object for this error.
pub(crate) fn error(error: &dyn Explain) -> Object {
    Object::default().object("error", failure(error))
}

/// What is in the object for this error.
pub(crate) fn failure(error: &dyn Explain) -> Object {
    let failure = Object::default()
        .with("code", &error.code())
        .with("exit", &error.exit().code())
        .with("message", &in_full(error))
        .with("hint", &error.hint());
    let candidates = error.candidates().iter().map(|candidate| {
        Object::default()
            .with("thumbprint", &candidate.thumbprint)
            .with("label", &candidate.label)
            .with("not_after", &candidate.not_after)
            .with("store", &candidate.store)
    });
    match candidates.len() {
        0 => failure,
        _ => failure.list("candidates", candidates),
    }
}

/// Adds what there is to say of an identity.
fn entry(
    object: Object,
    inventory: &Inventory,
    identity: &ListedCertificate,
    renewals: &Renewals<'_>,
    copies: &Copies,
) -> Object {
    let backed_up = identity.backed_up().max(copies.last(&identity.id()));
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
    let key = Object::default()
        .with("state", &state)
        .with("reason", &reason)
        .with("algorithm", &described.algorithm)
        .with("bits", &described.bits)
        .with("provider", &entry.provider)
        .with("container", &entry.container);
    let store = inventory.stores()[identity.entries()[0].store].info();
    let application = store.application.as_ref();
    let object = object
        .with("store", &store.spec.to_string())
        .with("application", &application.map(|program| &program.name))
        .with(
            "profile",
            &application.and_then(|program| program.profile.as_ref()),
        )
        .object("thumbprint", thumbprint(&entry.certificate))
        .with("label", &identity.label())
        .with("subject", &identity.subject())
        .with("issuer", &parsed.issuer())
        .with("serial", &parsed.serial())
        .with("not_before", &parsed.not_before().to_string())
        .with("not_after", &identity.not_after().to_string())
        .with("emails", &parsed.emails())
        .with("dns_names", &parsed.dns_names())
        .with("user_principal_names", &parsed.user_principal_names())
        .with("directory_names", &parsed.directory_names())
        .with("eku", &parsed.extended_key_usages())
        .with("archived", &identity.is_archived())
        .with(
            "renewed_by",
            &renewals.of(identity).map(ListedCertificate::thumbprint),
        )
        .with("backed_up", &backed_up.map(|when| when.to_string()))
        .object("key", key);
    match identity.is_pending() {
        true => object.with("pending", &true),
        false => object,
    }
}

/// Both hashes of a certificate.
pub(crate) fn thumbprint(certificate: &Certificate) -> Object {
    Object::default()
        .with("sha1", &names::thumbprint(certificate))
        .with("sha256", &names::hex(certificate.id().as_bytes()))
}

/// A file that was saved, for programs.
pub(crate) fn copy((noted, state): &(&Noted, State)) -> Object {
    let thumbprint = Object::default()
        .with("sha1", &noted.thumbprint.sha1)
        .with("sha256", &noted.thumbprint.sha256);
    let volume = Object::default()
        .with(
            "root",
            &noted
                .volume
                .root
                .as_ref()
                .map(|root| root.to_string_lossy()),
        )
        .with("id", &noted.volume.id);
    Object::default()
        .with("file", &noted.file.to_string_lossy())
        .with("state", &state.word())
        .with("reason", &state.reason())
        .object("thumbprint", thumbprint)
        .with("label", &noted.label)
        .with("sha256", &noted.sha256)
        .with("size", &noted.size)
        .with("saved", &noted.saved)
        .object("volume", volume)
}

/// What could not be read.
pub(crate) fn problems(problems: &[StoreProblem]) -> Vec<Object> {
    let problems = problems.iter().map(|problem| {
        Object::default()
            .with("store", &problem.store)
            .with("place", &problem.place)
            .with("message", &problem.message)
    });
    problems.collect()
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
    fn write_is_ascii_without_loss() {
        let text = "a\x1b[2J\u{7f}\u{202e}b\u{9b}\u{e0041}\"ü🔑~";
        let mut out = Vec::new();
        write(&mut out, &vec![text]).unwrap();
        let printed = String::from_utf8(out).unwrap();
        for json in [printed, line(&vec![text]).unwrap()] {
            let plain = |c: char| c == '\n' || c == ' ' || c.is_ascii_graphic();
            assert!(json.chars().all(plain), "{json:?}");
            assert!(json.contains(r#"\"\u00fc\ud83d\udd11~"#), "{json}");
            assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
        }
    }

    #[test]
    fn error_json_has_code_exit_and_hint() {
        let mut out = Vec::new();
        write(&mut out, &error(&Error::TargetExists { file: "a".into() })).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["error"]["code"], "target-exists");
        assert_eq!(json["error"]["exit"], 16);
        assert!(json["error"]["hint"].is_string());
    }
}
