use certstow_core::identity::Inventory;
use certstow_core::time::UnixTime;
use certstow_formats::chain::{Path, PathEnd};
use certstow_platform::store::Store as _;
use certstow_platform::testing::{MemoryStore, Sample};
use std::time::Duration;

use super::*;
use crate::render::Look;
use crate::render::drawing::UNICODE;

/// 2024-01-01.
const NOW: UnixTime = UnixTime::new(1_704_067_200);

/// What `show` says of the only identity of a store, in plain words and technically.
fn shown(store: &MemoryStore, width: Option<u16>) -> [String; 2] {
    let inventory = Inventory::of(vec![Box::new(store.clone())]).unwrap();
    let identity = &inventory.certificates()[0];
    let (path, _) = inventory.certification_path(identity.certificate());
    shown_with(&inventory, &path, width)
}

/// The same, with this path.
fn shown_with(inventory: &Inventory, path: &Path, width: Option<u16>) -> [String; 2] {
    let identity = &inventory.certificates()[0];
    let subject = Subject {
        inventory,
        identity,
        renewal: None,
        copies: Vec::new(),
        path,
        root_trusted: None,
        now: NOW,
        look: Look {
            width,
            colors: false,
            drawing: &UNICODE,
        },
    };
    let text = |write: fn(&mut dyn std::io::Write, &Subject<'_>) -> std::io::Result<()>| {
        let mut text = Vec::new();
        write(&mut text, &subject).unwrap();
        String::from_utf8(text).unwrap()
    };
    [text(plain::write), text(technical::write)]
}

#[test]
fn show_reports_time_of_backup() {
    let mut store = MemoryStore::with("memory", &[Sample::P256]);
    let [plain, technical] = shown(&store, None);
    assert!(
        plain.contains("not yet, as far as the store knows"),
        "{plain}"
    );
    assert!(!technical.contains("Backed up"), "{technical}");
    let id = Sample::P256.certificate().unwrap().id();
    store
        .mark_backed_up(&id, NOW - Duration::from_secs(3600))
        .unwrap();
    let [plain, technical] = shown(&store, None);
    assert!(plain.contains("yes, 1 hour ago"), "{plain}");
    let line = technical.lines().find(|line| line.starts_with("Backed up"));
    assert!(
        line.is_some_and(|line| line.ends_with("(1 hour ago)")),
        "{technical}"
    );
}

#[test]
fn show_reports_whether_key_can_be_saved() {
    for (sample, said) in [
        (Sample::P256, "yes, with its private key"),
        (Sample::Locked, "yes, with the password"),
        (
            Sample::NotExportable,
            "no: its private key is marked as not exportable",
        ),
        (Sample::Keyless, "no: its private key is not here"),
    ] {
        let [plain, _] = shown(&MemoryStore::with("memory", &[sample]), None);
        assert!(plain.contains(said), "{sample:?}: {plain}");
    }
}

#[test]
fn show_reports_remaining_validity() {
    for (sample, said) in [
        (Sample::P256, "more days"),
        (Sample::Expired, "expired on 2021-"),
        (Sample::Future, "not before 2120-"),
    ] {
        let [plain, _] = shown(&MemoryStore::with("memory", &[sample]), None);
        assert!(plain.contains(said), "{sample:?}: {plain}");
    }
}

#[test]
fn how_long_reports_inverted_validity_as_never() {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    for (begins, ends) in [
        (NOW + YEAR * 2, NOW + YEAR),
        (NOW + YEAR, NOW - YEAR),
        (NOW - YEAR, NOW - YEAR * 2),
    ] {
        let said = plain::how_long(begins, ends, NOW);
        assert!(said.starts_with("never: "), "{said}");
    }
    let moment = plain::how_long(NOW + YEAR, NOW + YEAR, NOW);
    assert!(moment.starts_with("not before "), "{moment}");
}

#[test]
fn show_does_not_vouch_for_unverified_issuer() {
    let store = MemoryStore::with("memory", &[Sample::P256]);
    let inventory = Inventory::of(vec![Box::new(store)]).unwrap();
    let certificate = inventory.certificates()[0].certificate();
    let path = Path {
        certificates: vec![certificate.clone()],
        end: PathEnd::Unverified {
            name_der: certificate.issuer_der().to_vec(),
            reason: "the signature does not match".to_owned(),
            refuted: true,
        },
    };
    let [plain, _] = shown_with(&inventory, &path, None);
    assert!(!plain.contains("vouches"), "{plain}");
    assert!(plain.contains("not proven"), "{plain}");
    // Its issuer signed it; that one's issuer is what is not proven.
    let path = Path {
        certificates: vec![certificate.clone(), certificate.clone()],
        ..path
    };
    let [plain, _] = shown_with(&inventory, &path, None);
    assert!(plain.contains("who vouches"), "{plain}");
}

#[test]
fn show_wraps_plain_text_to_terminal_width() {
    let store = MemoryStore::with("memory", &[Sample::NotExportable]);
    for width in [40, 60, 80, 200] {
        let [plain, _] = shown(&store, Some(width));
        let widest = plain.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(width.into()), "{width}: {plain}");
        assert!(plain.contains("exportable"), "{plain}");
    }
}
