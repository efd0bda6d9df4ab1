//! The certificate stores of Windows under Wine: what certstow lists of them, what it exports, and
//! with which code and which sentence it refuses. Wine shows the machine's certificates in the
//! stores of the user too, so the user's come first. What the manual shows of such a run is
//! compared with the run.

use super::fixture::{ADA, Fixture};
use super::listing::Listing;
use super::manual::Reader;
use super::openssl::Pkcs12;
use super::runner::{PASSWORD, Runner};
use crate::command::command;

const USER: &str = r"windows:CurrentUser\My";
const MACHINE: &str = r"windows:LocalMachine\My";

/// The friendly names of the user's certificates beside [`ADA`], whose key can be exported: one whose
/// key cannot, and one whose container is gone.
const KEPT: &str = "Schlüssel 🔑";
const MISSING: &str = "Gone with the profile";
/// And that of the machine's.
const SERVER: &str = "Server";

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let fixture = Fixture::new(runner)?;
    adas_key(&fixture)?;
    keys_that_stay(&fixture)?;
    machines_keys(&fixture)?;
    many_certificates(&fixture)
}

fn adas_key(fixture: &Fixture<'_>) -> Result<(), String> {
    let ada = fixture.add_ada()?;
    fixture.runner.forget_copies()?;
    Reader::new(fixture).types_in("docs/stores.md")?;
    let listing = Listing::of(fixture.runner, USER)?;
    listing.has_labels(&[ADA])?;
    // The listing opens no key.
    listing.has_keys("unknown")?;
    let exported = export(fixture, USER, ADA, "ada from the store.p12", &[])?;
    exported.has_key(&ada)?;
    exported.has_certificates(3)?;
    exported.has_friendly_name(ADA)?;
    exported.has_attribute(
        "Microsoft CSP Name: Microsoft Enhanced RSA and AES Cryptographic Provider",
    )?;
    exported.has_attribute(&description())?;
    exported.has_properties(&[13])?;
    let all = ["--properties", "all"];
    let all = export(fixture, USER, ADA, "ada with all properties.p12", &all)?;
    // The thumbprint is another; where the key is (2) says nothing elsewhere.
    all.has_properties(&[3, 13])?;
    // The listing finds it in every store there is.
    Listing::of_all(fixture.runner)?.has_labels(&[ADA])
}

/// How OpenSSL prints the description that the fixture gives each certificate: as UTF-16.
fn description() -> String {
    let text = "Made for tests".encode_utf16().chain([0]);
    let bytes: Vec<_> = text
        .flat_map(u16::to_le_bytes)
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("1.3.6.1.4.1.311.17.3.13: {}", bytes.join(" "))
}

fn keys_that_stay(fixture: &Fixture<'_>) -> Result<(), String> {
    fixture.add_new(USER, "kept", KEPT, "kept")?;
    fixture.add_new(USER, "missing", MISSING, "missing-container")?;
    Listing::of(fixture.runner, USER)?.has_labels(&[ADA, KEPT, MISSING])?;
    let kept = [
        "cannot be exported: it is marked as not exportable",
        "caused by: CryptExportKey: NTE_BAD_KEY_STATE (0x8009000B)",
        "hint: import the original file again with its key marked as exportable",
    ];
    refuses(fixture, 12, KEPT, &kept)?;
    let missing = [
        "names the key container Gone with the profile (Microsoft Enhanced",
        "in which this account finds no key",
        "caused by: CryptAcquireContext: NTE_BAD_KEYSET (0x80090016)",
        "hint: export from the account that has the key",
    ];
    refuses(fixture, 12, MISSING, &missing)?;
    refuses(fixture, 10, "Nobody", &["no identity matches 'Nobody'"])?;
    // Two names have an e in them.
    refuses(fixture, 11, "e", &["identities match 'e'"])?;
    let no_such_store = command!("certstow list --store windows:CurrentUser\\Nothing");
    let ended = fixture.runner.certstow(18, &no_such_store)?;
    ended.tells("CurrentUser has no store named Nothing")
}

fn machines_keys(fixture: &Fixture<'_>) -> Result<(), String> {
    let key = fixture.add_new(MACHINE, "server", SERVER, "exportable")?;
    Listing::of(fixture.runner, MACHINE)?.has_labels(&[SERVER])?;
    let exported = export(
        fixture,
        MACHINE,
        SERVER,
        "server.p12",
        &["--properties", "none"],
    )?;
    exported.has_key(&key)?;
    exported.has_certificates(1)?;
    exported.has_no_names()
}

fn many_certificates(fixture: &Fixture<'_>) -> Result<(), String> {
    let names = fixture.add_many(MACHINE)?;
    let mut labels: Vec<_> = names.iter().map(String::as_str).collect();
    labels.push(SERVER);
    Listing::of(fixture.runner, MACHINE)?.has_labels(&labels)
}

/// Exports an entry by its label.
fn export(
    fixture: &Fixture<'_>,
    store: &str,
    label: &str,
    file: &str,
    options: &[&str],
) -> Result<Pkcs12, String> {
    fixture.runner.export(0, label, store, file, options)?;
    Pkcs12::open(&fixture.runner.prefix.work().join(file), PASSWORD)
}

/// An error unless the export from the user's store ends with this code, says these sentences and
/// leaves no file.
fn refuses(
    fixture: &Fixture<'_>,
    code: i32,
    label: &str,
    sentences: &[&str],
) -> Result<(), String> {
    let (runner, file) = (fixture.runner, "refused.p12");
    let ended = runner.export(code, label, USER, file, &[])?;
    for sentence in sentences {
        ended.tells(sentence)?;
    }
    let exists = runner.prefix.work().join(file).exists();
    ended.ensure(!exists, &format!("{file} exists all the same"))
}
