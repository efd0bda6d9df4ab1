//! The certificate stores of Windows under Wine: what certstow lists of them, what it exports, and
//! with which code and which sentence it refuses. Wine shows the machine's certificates in the
//! stores of the user too, so the user's come first. What the manual shows of such a run is
//! compared with the run.

use std::path::PathBuf;

use super::fixture::Fixture;
use super::listing::Listing;
use super::openssl::Pkcs12;
use super::runner::{PASSWORD, Runner, VARIABLE};
use super::transcript;
use crate::command::root;

const USER: &str = r"CurrentUser\My";
const MACHINE: &str = r"LocalMachine\My";

/// The friendly names of the user's certificates: a key that can be exported, one that cannot,
/// and one whose container is gone.
const ADA: &str = "Ada's mail key";
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

/// Adds a person's key, with its path in the stores of issuers; the file of the key.
pub(super) fn add_ada(fixture: &Fixture<'_>) -> Result<PathBuf, String> {
    let samples = root().join("examples/personal");
    let ada = samples.join("ada-example.key.pem");
    let issuers = samples.join("issuers");
    fixture.add_authority(r"CurrentUser\Root", &issuers.join("sample-root.pem"))?;
    fixture.add_authority(r"CurrentUser\CA", &issuers.join("sample-issuing.pem"))?;
    let certificate = samples.join("ada-example.pem");
    fixture.add(USER, &certificate, &ada, ADA, "exportable")?;
    Ok(ada)
}

fn adas_key(fixture: &Fixture<'_>) -> Result<(), String> {
    let ada = add_ada(fixture)?;
    transcript::check(fixture.runner, "docs/stores.md")?;
    let listing = Listing::of(fixture.runner, r"windows:CurrentUser\My")?;
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
    Listing::of(fixture.runner, r"windows:CurrentUser\My")?.has_labels(&[ADA, KEPT, MISSING])?;
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
    let no_such_store = ["list", "--store", r"windows:CurrentUser\Nothing"];
    let ended = fixture.runner.certstow(18, &no_such_store)?;
    ended.tells("CurrentUser has no store named Nothing")
}

fn machines_keys(fixture: &Fixture<'_>) -> Result<(), String> {
    let key = fixture.add_new(MACHINE, "server", SERVER, "exportable")?;
    Listing::of(fixture.runner, r"windows:LocalMachine\My")?.has_labels(&[SERVER])?;
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
    Listing::of(fixture.runner, r"windows:LocalMachine\My")?.has_labels(&labels)
}

/// Exports an entry by its label.
fn export(
    fixture: &Fixture<'_>,
    store: &str,
    label: &str,
    file: &str,
    options: &[&str],
) -> Result<Pkcs12, String> {
    let store = format!("windows:{store}");
    let export = ["export", label, "--store", &store, "-o", file];
    let password = ["--password-env", VARIABLE];
    fixture
        .runner
        .certstow(0, &[&export[..], &password, options].concat())?;
    Pkcs12::open(&exported_file(fixture, file), PASSWORD)
}

fn exported_file(fixture: &Fixture<'_>, file: &str) -> PathBuf {
    fixture.runner.work().join(file)
}

/// An error unless the export from the user's store ends with this code, says these sentences and
/// leaves no file.
fn refuses(
    fixture: &Fixture<'_>,
    code: i32,
    label: &str,
    sentences: &[&str],
) -> Result<(), String> {
    let file = "refused.p12";
    let export = ["export", label, "--store", r"windows:CurrentUser\My"];
    let to = ["-o", file, "--password-env", VARIABLE];
    let ended = fixture
        .runner
        .certstow(code, &[&export[..], &to].concat())?;
    for sentence in sentences {
        ended.tells(sentence)?;
    }
    ended.ensure(
        !exported_file(fixture, file).exists(),
        &format!("{file} exists all the same"),
    )
}
