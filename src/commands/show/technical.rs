//! Everything that is in a certificate, in the words of X.509, and everything its stores say of it.

use std::io::{self, Write};

use certstow_core::time;
use certstow_formats::names;
use certstow_formats::sanitize::safe;
use certstow_platform::store::KeyState;
use x509_parser::extensions::ParsedExtension;
use x509_parser::objects::{oid_registry, oid2sn};
use x509_parser::oid_registry::Oid;
use x509_parser::prelude::X509Certificate;

use super::subject::Subject;
use crate::commands::copies;
use crate::render::{table, tree};

pub(super) fn write(out: &mut dyn Write, subject: &Subject<'_>) -> io::Result<()> {
    let &Subject {
        inventory,
        identity,
        path,
        now,
        look,
        ..
    } = subject;
    let entry = identity.entry();
    let parsed = entry.certificate.parse();
    let not_before = parsed.not_before();
    let not_after = identity.not_after();
    let mut field = |name: &str, value: &str| match value {
        "" => Ok(()),
        value => writeln!(out, "{name:<16}{}", safe(value)),
    };
    field("Label", &identity.label())?;
    field("Subject", &identity.subject())?;
    field("Issuer", &parsed.issuer())?;
    field("Serial", &parsed.serial())?;
    let begins = time::since_beginning(not_before, now);
    field(
        "Valid from",
        &format!("{} ({begins})", time::local(not_before)),
    )?;
    let ends = time::until_expiry(not_after, now);
    field("Expires", &format!("{} ({ends})", time::local(not_after)))?;
    if let Some((from, until)) = entry.certificate.impossible_dates() {
        let why = "which are not both dates: the nearest ones before count";
        field("", &format!("written as {from} until {until}, {why}"))?;
    }
    if let Some(newer) = subject.renewal {
        let until = time::local(newer.not_after());
        field(
            "Renewed by",
            &format!("{}, until {until}", newer.thumbprint()),
        )?;
    }
    field("E-mail", &parsed.emails().join(", "))?;
    field("DNS names", &parsed.dns_names().join(", "))?;
    field("Account", &parsed.user_principal_names().join(", "))?;
    for name in parsed.directory_names() {
        field("Directory name", &name)?;
    }
    field("Key usage", &parsed.key_usages().join(", "))?;
    field("Extended usage", &parsed.extended_key_usages().join(", "))?;
    field("Key", &table::key_text(identity))?;
    match &entry.key {
        KeyState::NotExportable(reason) => field("", &reason.to_string())?,
        KeyState::Locked(what) => field("Locked by", what)?,
        KeyState::Unknown => field("", "whether it can be exported shows when it is tried")?,
        KeyState::Exportable | KeyState::Missing => {}
    }
    field("Provider", entry.provider.as_deref().unwrap_or_default())?;
    field("Container", entry.container.as_deref().unwrap_or_default())?;
    if identity.is_archived() {
        field("Archived", "yes: kept for old documents only")?;
    }
    if identity.is_pending() {
        field("Requested", "yes: it waits for the answer of a CA")?;
    }
    if let Some(when) = identity.backed_up() {
        let since = time::since_beginning(when, now);
        field("Backed up", &format!("{} ({since})", time::local(when)))?;
    }
    for (number, (noted, state)) in subject.copies.iter().enumerate() {
        let file = noted.file.display();
        field(
            if number == 0 { "Saved to" } else { "" },
            &format!("{file}: {}", copies::in_words(noted, state)),
        )?;
    }
    // What only this listing shows is read here, by the library that knows extensions.
    let parsed = entry.certificate.x509();
    field("Signed with", &signature_algorithm(&parsed))?;
    field("Subject key id", &subject_key_id(&parsed))?;
    field("Issuer key id", &authority_key_id(&parsed))?;
    for (number, extension) in extensions(&parsed).iter().enumerate() {
        field(if number == 0 { "Extensions" } else { "" }, extension)?;
    }
    field("SHA-1", &identity.thumbprint())?;
    field("SHA-256", &names::hex(entry.id.as_bytes()))?;
    for stored in identity.entries() {
        field("Store", &inventory.store_name(stored.store))?;
        for place in &stored.entry.places {
            field("Place", place)?;
        }
    }
    writeln!(out, "Path")?;
    tree::write(out, "  ", path, look.drawing)
}

fn signature_algorithm(parsed: &X509Certificate<'_>) -> String {
    name_of(&parsed.signature_algorithm.algorithm)
}

fn subject_key_id(parsed: &X509Certificate<'_>) -> String {
    let mut extensions = parsed.extensions().iter();
    let id = extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(names::hex(id.0)),
        _ => None,
    });
    id.unwrap_or_default()
}

fn authority_key_id(parsed: &X509Certificate<'_>) -> String {
    let mut extensions = parsed.extensions().iter();
    let id = extensions.find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => {
            id.key_identifier.as_ref().map(|id| names::hex(id.0))
        }
        _ => None,
    });
    id.unwrap_or_default()
}

/// The extensions in their order, by name where one is known.
fn extensions(parsed: &X509Certificate<'_>) -> Vec<String> {
    let extensions = parsed.extensions().iter();
    extensions
        .map(|extension| {
            let critical = if extension.critical { ", critical" } else { "" };
            format!("{}{critical}", name_of(&extension.oid))
        })
        .collect()
}

fn name_of(oid: &Oid<'_>) -> String {
    match oid2sn(oid, oid_registry()) {
        Ok(name) => format!("{name} ({})", oid.to_id_string()),
        Err(_) => oid.to_id_string(),
    }
}
