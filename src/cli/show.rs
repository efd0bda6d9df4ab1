//! `certstow show`: one identity in full.

use std::io::{self, Write};

use certstow::chain::{Path, PathEnd};
use certstow::error::Error;
use certstow::exit::Exit;
use certstow::identity::{Identity, Inventory};
use certstow::platform::store::KeyState;
use certstow::sanitize::safe;
use certstow::select::{self, Choice, Want};
use certstow::{names, time};

use super::args::ShowArgs;
use super::inventory;
use super::render::{json, table, tree};
use super::screen::Screen;

pub(super) fn run(args: &ShowArgs, screen: &Screen) -> Result<Exit, Error> {
    let inventory = inventory::read(&args.select.stores, screen)?;
    let filters = args.select.filters.filters();
    let now = time::now();
    let choice = Choice {
        selector: args.select.selector.as_deref(),
        filters: &filters,
        newest: args.select.newest,
        want: Want::Certificate,
    };
    let identity = select::choose(&inventory, &choice, now)?;
    let (path, problems) = inventory.certification_path(identity.certificate());
    for problem in problems {
        screen.warn(&problem);
    }
    if screen.json {
        screen.print_json(&json::show(&inventory, identity, &path))?;
    } else {
        screen.print(|out| write(out, &inventory, identity, &path, now))?;
    }
    Ok(Exit::Done)
}

fn write(
    out: &mut dyn Write,
    inventory: &Inventory,
    identity: &Identity,
    path: &Path,
    now: i64,
) -> io::Result<()> {
    let entry = identity.entry();
    let parsed = entry.certificate.parse();
    let not_before = parsed.validity().not_before.timestamp();
    let not_after = parsed.validity().not_after.timestamp();
    let mut field = |name: &str, value: &str| match value {
        "" => Ok(()),
        value => writeln!(out, "{name:<16}{}", safe(value)),
    };
    field("Label", &names::label(entry, &parsed))?;
    field("Subject", &names::distinguished_name(parsed.subject()))?;
    field("Issuer", &names::distinguished_name(parsed.issuer()))?;
    field("Serial", &names::serial(&parsed))?;
    let begins = time::since_beginning(not_before, now);
    field(
        "Valid from",
        &format!("{} ({begins})", time::local(not_before)),
    )?;
    let ends = time::until_expiry(not_after, now);
    field("Expires", &format!("{} ({ends})", time::local(not_after)))?;
    field("E-mail", &names::emails(&parsed).join(", "))?;
    field("DNS names", &names::dns_names(&parsed).join(", "))?;
    field("Key usage", &names::key_usages(&parsed).join(", "))?;
    field(
        "Extended usage",
        &names::extended_key_usages(&parsed).join(", "),
    )?;
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
    if let Some(when) = identity.backed_up() {
        let since = time::since_beginning(when, now);
        field("Backed up", &format!("{} ({since})", time::local(when)))?;
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
    tree::write(out, "  ", &tree_names(path))
}

/// The path's names, the uppermost first; what is missing is named too.
fn tree_names(path: &Path) -> Vec<String> {
    let missing = match &path.end {
        PathEnd::Root => None,
        PathEnd::MissingIssuer { name_der } => Some(format!(
            "{} (not found)",
            names::short_name_of_der(name_der)
        )),
        PathEnd::Unverified {
            name_der, reason, ..
        } => {
            let name = names::short_name_of_der(name_der);
            Some(format!("{name} (not proven to be the issuer: {reason})"))
        }
    };
    let found = path.certificates.iter().rev();
    let found = found.map(|certificate| names::short_name_of_der(certificate.subject_der()));
    missing.into_iter().chain(found).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use certstow::platform::store::Store;
    use certstow::platform::testing::{MemoryStore, Sample};

    #[test]
    fn when_it_was_backed_up_is_shown() {
        let mut store = MemoryStore::with("memory", &[Sample::P256]);
        let shown = |store: &MemoryStore| {
            let inventory = Inventory::of(vec![Box::new(store.clone())]).unwrap();
            let identity = &inventory.identities()[0];
            let (path, _) = inventory.certification_path(identity.certificate());
            let mut text = Vec::new();
            write(&mut text, &inventory, identity, &path, 1_704_067_200).unwrap();
            String::from_utf8(text).unwrap()
        };
        assert!(!shown(&store).contains("Backed up"));
        let id = Sample::P256.certificate().unwrap().id();
        store.mark_backed_up(&id, 1_704_063_600).unwrap();
        let text = shown(&store);
        let line = text.lines().find(|line| line.starts_with("Backed up"));
        assert!(
            line.is_some_and(|line| line.ends_with("(1 hour ago)")),
            "{text}"
        );
    }
}
