use certstow_formats::names;
use certstow_formats::testing::issued::Issued;
use certstow_platform::testing::{MemoryKey, MemoryStore, Sample};
use sha1::{Digest as _, Sha1};
use std::time::Duration;

use super::*;

/// 2030-01-01: between the samples' expired one and the one that is not valid yet.
const NOW: UnixTime = UnixTime::new(1_893_456_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

const ALL: [Sample; 7] = [
    Sample::Rsa,
    Sample::P256,
    Sample::Ed25519,
    Sample::Expired,
    Sample::Future,
    Sample::Keyless,
    Sample::NotExportable,
];

fn inventory() -> Inventory {
    Inventory::of(vec![Box::new(MemoryStore::with("memory", &ALL))]).unwrap()
}

/// The thumbprint of what a selector and filters choose.
fn chosen(
    selector: Option<&str>,
    filters: &Filters,
    newest: bool,
    want: Want,
) -> Result<String, Error> {
    let inventory = inventory();
    let choice = Choice {
        selector,
        filters,
        newest,
        want,
    };
    choose(&inventory, &choice, NOW).map(|found| found.thumbprint())
}

fn by(selector: &str) -> Result<String, Error> {
    chosen(Some(selector), &Filters::default(), false, Want::Key)
}

fn sha1(sample: Sample) -> String {
    names::hex(&Sha1::digest(sample.certificate().unwrap().der()))
}

fn sha256(sample: Sample) -> String {
    sample.certificate().unwrap().id().to_string()
}

/// How many of the samples a filter leaves.
fn count(filters: &Filters) -> usize {
    let inventory = inventory();
    let matching = inventory.certificates().iter();
    matching.filter(|one| filters.matches(one, NOW)).count()
}

#[test]
fn choose_accepts_thumbprint_prefixes_in_any_notation() {
    let (sha1, sha256) = (sha1(Sample::P256), sha256(Sample::P256));
    let spaced = |text: &str, separator: &str| {
        let pairs: Vec<&str> = (0..text.len())
            .step_by(2)
            .map(|at| &text[at..at + 2])
            .collect();
        pairs.join(separator)
    };
    for selector in [
        sha1.clone(),
        sha1[..6].to_owned(),
        sha256[..6].to_owned(),
        sha256.clone(),
        sha1.to_uppercase(),
        spaced(&sha1, ":"),
        spaced(&sha1, " "),
        format!("\u{200e}{}", spaced(&sha1, " ")),
        format!("\u{feff}{sha1}\r\n"),
        format!("\u{200b}{}\u{a0}", spaced(&sha1, "\u{a0}")),
        spaced(&sha1, "\u{202f}"),
        format!(r"Cert:\CurrentUser\My\{}", sha1.to_uppercase()),
        format!(r"cert:\LocalMachine\My-Own Store\{sha1}"),
        format!("Cert:/CurrentUser/My/{sha1}"),
        format!(r"Microsoft.PowerShell.Security\Certificate::CurrentUser\My\{sha1}"),
        format!("SHA1 Fingerprint={}", spaced(&sha1, ":").to_uppercase()),
        format!("sha256 Fingerprint={}", spaced(&sha256, ":")),
        format!("SHA-256 Fingerprint: {}", spaced(&sha256, ":")),
        format!("\t SHA1: {}", spaced(&sha1, ":")),
        format!("Cert Hash(sha1): {}", spaced(&sha1, " ")),
        format!("Thumbprint : {sha1}"),
    ] {
        assert_eq!(by(&selector).unwrap(), sha1, "{selector}");
    }
}

#[test]
fn choose_takes_five_digits_as_text() {
    let found = by(&sha1(Sample::P256)[..5]);
    assert!(matches!(found, Err(Error::NotFound { .. })), "{found:?}");
}

#[test]
fn choose_matches_text_ignoring_case() {
    assert_eq!(by("fixture ed25519").unwrap(), sha1(Sample::Ed25519));
    assert_eq!(by("CN=Fixture P-256").unwrap(), sha1(Sample::P256));
    assert!(matches!(by("nobody"), Err(Error::NotFound { .. })));
}

#[test]
fn choose_is_ambiguous_unless_newest_is_wanted() {
    let Err(Error::Ambiguous { candidates, .. }) = by("Fixture RSA") else {
        panic!("two certificates have this name");
    };
    let mut thumbprints: Vec<_> = candidates.into_iter().map(|one| one.thumbprint).collect();
    thumbprints.sort();
    let mut expected = [sha1(Sample::Rsa), sha1(Sample::NotExportable)];
    expected.sort();
    assert_eq!(thumbprints, expected);
    let newest = chosen(Some("Fixture RSA"), &Filters::default(), true, Want::Key);
    assert_eq!(newest.unwrap(), sha1(Sample::NotExportable));
}

#[test]
fn choose_finds_archived_only_by_thumbprint() {
    let store = MemoryStore::with("memory", &ALL);
    let archived = Sample::NotExportable.certificate().unwrap().id();
    store.archive(&archived);
    let inventory = Inventory::of(vec![Box::new(store)]).unwrap();
    let by = |selector: Option<&str>, filters: &Filters| {
        let choice = Choice {
            selector,
            filters,
            newest: false,
            want: Want::Key,
        };
        choose(&inventory, &choice, NOW).map(|found| found.thumbprint())
    };
    let none = Filters::default();
    // Two certificates have this name.
    assert_eq!(by(Some("Fixture RSA"), &none).unwrap(), sha1(Sample::Rsa));
    let thumbprint = sha1(Sample::NotExportable);
    assert_eq!(by(Some(&thumbprint), &none).unwrap(), thumbprint);

    // What finds nothing else says that there is one.
    let serial = inventory.certificates().iter();
    let serial = serial.filter(|one| one.is_archived());
    let serial: Vec<_> = serial
        .map(|one| one.certificate().parse().serial())
        .collect();
    let only_archived = Filters {
        serial: Some(serial[0].clone()),
        ..Filters::default()
    };
    let error = by(None, &only_archived).unwrap_err().to_string();
    assert!(error.contains("one that is archived matches"), "{error}");
    assert!(
        !by(Some("nobody"), &none)
            .unwrap_err()
            .to_string()
            .contains("archived")
    );
}

#[test]
fn choose_refuses_keyless_where_key_is_wanted() {
    let keyless = by("Fixture keyless");
    assert!(
        matches!(&keyless, Err(Error::Store(StoreError::KeyMissing { place })) if place.starts_with("memory/")),
        "{keyless:?}"
    );
    let found = chosen(
        Some("Fixture keyless"),
        &Filters::default(),
        false,
        Want::Certificate,
    );
    assert_eq!(found.unwrap(), sha1(Sample::Keyless));
}

#[test]
fn choose_works_with_filters_alone() {
    let expired = Filters {
        expired: true,
        ..Filters::default()
    };
    assert_eq!(
        chosen(None, &expired, false, Want::Key).unwrap(),
        sha1(Sample::Expired)
    );
}

#[test]
fn filters_narrow_the_matches() {
    let some = |text: &str| Some(text.to_owned());
    let none = Filters::default;
    let all = ALL.len();
    assert_eq!(count(&none()), all);
    assert_eq!(
        count(&Filters {
            subject: some("fixture rsa"),
            ..none()
        }),
        2
    );
    assert_eq!(
        count(&Filters {
            issuer: some("Fixture CA"),
            ..none()
        }),
        all
    );
    assert_eq!(
        count(&Filters {
            issuer: some("Fixture RSA"),
            ..none()
        }),
        0
    );
    assert_eq!(
        count(&Filters {
            email: some("@"),
            ..none()
        }),
        0
    );
    assert_eq!(
        count(&Filters {
            label: some("p-256"),
            ..none()
        }),
        1
    );
    assert_eq!(
        count(&Filters {
            eku: some("clientauth"),
            ..none()
        }),
        all
    );
    assert_eq!(
        count(&Filters {
            eku: some("1.3.6.1.5.5.7.3.4"),
            ..none()
        }),
        all
    );
    assert_eq!(
        count(&Filters {
            eku: some("codeSigning"),
            ..none()
        }),
        0
    );
    assert_eq!(
        count(&Filters {
            expired: true,
            ..none()
        }),
        1
    );
    assert_eq!(
        count(&Filters {
            valid: true,
            ..none()
        }),
        all - 2
    );
    let both = Filters {
        valid: true,
        subject: some("RSA"),
        ..none()
    };
    assert_eq!(count(&both), 2);
}

#[test]
fn filters_compare_serials_as_numbers() {
    let serial = Sample::P256.certificate().unwrap().parse().serial();
    let pairs: Vec<String> = serial
        .as_bytes()
        .chunks(2)
        .map(|two| String::from_utf8_lossy(two).to_uppercase())
        .collect();
    for written in [
        serial.clone(),
        serial.to_uppercase(),
        pairs.join(":"),
        format!("0x00{serial}"),
    ] {
        let filters = Filters {
            serial: Some(written),
            ..Filters::default()
        };
        assert_eq!(
            chosen(None, &filters, false, Want::Key).unwrap(),
            sha1(Sample::P256)
        );
    }
}

#[test]
fn expires_within_excludes_expired_and_future() {
    // The valid ones end on 2124-01-01, some 94 years after.
    let within = |seconds| {
        count(&Filters {
            expires_within: Some(seconds),
            ..Filters::default()
        })
    };
    assert_eq!(within(DAY * 30), 0);
    assert_eq!(within(DAY * 95 * 366), ALL.len() - 2);
}

#[test]
fn choose_prefers_thumbprint_over_text() {
    let store = MemoryStore::with("memory", &[Sample::P256]);
    let label = &sha1(Sample::P256)[..8];
    let other = Sample::Ed25519;
    store.insert(
        other.certificate().unwrap(),
        Some(label),
        MemoryKey::Exportable(other.key().unwrap()),
    );
    let inventory = Inventory::of(vec![Box::new(store)]).unwrap();
    let filters = Filters::default();
    let choice = |selector| Choice {
        selector: Some(selector),
        filters: &filters,
        newest: false,
        want: Want::Key,
    };
    let found = choose(&inventory, &choice(label), NOW).unwrap();
    assert_eq!(found.thumbprint(), sha1(Sample::P256));
}

/// What is said to be near, and why.
fn near(selector: &str, filters: &Filters, want: Want) -> Option<(Nearly, Vec<String>)> {
    match chosen(Some(selector), filters, false, want) {
        Err(Error::NotFound { near, .. }) => near.map(|near| {
            let thumbprints = near.candidates.into_iter().map(|one| one.thumbprint);
            (near.why, thumbprints.collect())
        }),
        other => panic!("{selector}: {other:?}"),
    }
}

#[test]
fn near_suggests_only_misspelled_names() {
    let none = Filters::default();
    for (slip, meant) in [
        ("fixture ed25591", Sample::Ed25519),
        ("Ficture P-256", Sample::P256),
        ("ed25518", Sample::Ed25519),
    ] {
        let expected = Some((Nearly::Misspelled, vec![sha1(meant)]));
        assert_eq!(near(slip, &none, Want::Key), expected, "{slip}");
    }
    let long = "x".repeat(9999);
    for other in ["nobody", "Mallory Example", "P-7", "zzzzzz", &long] {
        assert_eq!(near(other, &none, Want::Key), None, "{other}");
    }
}

#[test]
fn near_suggests_thumbprints_off_by_one_digit() {
    let none = Filters::default();
    let thumbprint = sha1(Sample::P256);
    let expected = Some((Nearly::Misspelled, vec![thumbprint.clone()]));
    let changed = |digits: &str, at: usize| {
        let wrong = if &digits[at..=at] == "0" { "1" } else { "0" };
        format!("{}{wrong}{}", &digits[..at], &digits[at + 1..])
    };
    for wrong in [
        changed(&thumbprint[..8], 3),
        changed(&thumbprint, 39),
        changed(&sha256(Sample::P256)[..10], 0),
        // One left out, one too many, and a letter for a digit.
        format!("{}{}", &thumbprint[..5], &thumbprint[6..12]),
        format!("{}f{}", &thumbprint[..5], &thumbprint[5..12]),
        format!("{}o{}", &thumbprint[..5], &thumbprint[6..12]),
    ] {
        assert_eq!(near(&wrong, &none, Want::Key), expected, "{wrong}");
    }
    let two_wrong = changed(&changed(&thumbprint[..8], 2), 5);
    assert_eq!(near(&two_wrong, &none, Want::Key), None);
}

#[test]
fn near_reports_what_filters_leave_out() {
    let filters = "--valid".to_owned();
    let valid = Filters {
        valid: true,
        written: filters.clone(),
        ..Filters::default()
    };
    let expected = Some((Nearly::LeftOut { filters }, vec![sha1(Sample::Expired)]));
    assert_eq!(near("Fixture expired", &valid, Want::Key), expected);
    // Nothing that would not do without the filters either.
    assert_eq!(near("nobody", &valid, Want::Key), None);
}

#[test]
fn near_omits_keyless_where_key_is_wanted() {
    let none = Filters::default();
    assert_eq!(near("Fixture keylses", &none, Want::Key), None);
    let expected = Some((Nearly::Misspelled, vec![sha1(Sample::Keyless)]));
    assert_eq!(near("Fixture keylses", &none, Want::Certificate), expected);
}

#[test]
fn judge_returns_none_for_unrecorded_fields() {
    let ended = Recorded {
        thumbprints: ["", ""],
        subject: "CN=Ada Example",
        issuer: "CN=Issuing CA",
        label: "",
        not_after: Some(NOW - DAY),
    };
    let begun = Recorded {
        not_after: Some(NOW + DAY),
        ..ended
    };
    let undated = Recorded {
        not_after: None,
        ..ended
    };
    let text = |text: &str| Some(text.to_owned());
    for (filters, judged) in [
        (Filters::default(), [Some(true); 3]),
        (
            Filters {
                subject: text("ada"),
                ..Filters::default()
            },
            [Some(true); 3],
        ),
        (
            Filters {
                issuer: text("other"),
                email: text("ada@"),
                ..Filters::default()
            },
            [Some(false); 3],
        ),
        // It has none, or an older manifest does not tell.
        (
            Filters {
                label: text("ada"),
                ..Filters::default()
            },
            [None; 3],
        ),
        (
            Filters {
                serial: text("01"),
                ..Filters::default()
            },
            [None; 3],
        ),
        (
            Filters {
                expired: true,
                ..Filters::default()
            },
            [Some(true), Some(false), None],
        ),
        // It may not have begun.
        (
            Filters {
                valid: true,
                ..Filters::default()
            },
            [Some(false), None, None],
        ),
        (
            Filters {
                expires_within: Some(DAY / 2),
                ..Filters::default()
            },
            [Some(false), Some(false), None],
        ),
        (
            Filters {
                expires_within: Some(DAY),
                ..Filters::default()
            },
            [Some(false), None, None],
        ),
    ] {
        let known = [ended, begun, undated].map(Known::recorded);
        let found = known.map(|known| filters.judge(&known, NOW));
        assert_eq!(found, judged, "{filters:?}");
    }
}

/// The common name and address of each, all with a private key.
fn people(people: &[(&str, &str)]) -> Inventory {
    let store = MemoryStore::new("memory");
    for (key, (subject, email)) in (1..).zip(people) {
        let one = Issued {
            subject,
            emails: &[email],
            organization: "Example",
            key,
            ..Issued::default()
        };
        store.insert(
            one.certificate(),
            None,
            MemoryKey::Exportable(one.private_key()),
        );
    }
    Inventory::of(vec![Box::new(store)]).unwrap()
}

/// The labels of the one or several that a selector means.
fn meant(inventory: &Inventory, selector: &str, filters: &Filters) -> Vec<String> {
    let choice = Choice {
        filters,
        ..Choice::of(selector)
    };
    match choose(inventory, &choice, NOW) {
        Ok(one) => vec![one.label()],
        Err(Error::Ambiguous { candidates, .. }) => {
            candidates.into_iter().map(|one| one.label).collect()
        }
        Err(Error::NotFound { .. }) => Vec::new(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn choose_takes_whole_names_before_longer_ones() {
    let inventory = people(&[
        ("Anna Müller-Lüdenscheid", "anna.mueller@example.org"),
        ("Anna Müller", "anna@example.org"),
        ("Hanna Müller", "hanna@example.org"),
        ("Müller, Anna", "mueller+anna@example.org"),
    ]);
    let none = Filters::default();
    for (selector, label) in [
        ("Anna Müller", "Anna Müller"),
        (" anna mu\u{308}ller ", "Anna Müller"),
        ("anna@example.org", "Anna Müller"),
        ("CN=Anna Müller", "Anna Müller"),
        ("cn=anna müller,o=example", "Anna Müller"),
        ("müller, anna", "Müller, Anna"),
        (r"CN=Müller\, Anna", "Müller, Anna"),
    ] {
        assert_eq!(meant(&inventory, selector, &none), [label], "{selector}");
    }
    assert_eq!(meant(&inventory, "Anna", &none).len(), 4);
    assert_eq!(meant(&inventory, "Anna Mül", &none).len(), 3);
    assert_eq!(meant(&inventory, "O=Example", &none).len(), 4);
    let all = all(&inventory, &Choice::of("Anna Müller"), NOW);
    assert_eq!(all.len(), 1);
    // What looks like an attribute, inside of one.
    let inventory = people(&[
        ("Lee,CN=Bea", "lee@example.org"),
        ("Beate", "b@example.org"),
    ]);
    assert_eq!(meant(&inventory, "bea", &none).len(), 2);
}

#[test]
fn choose_takes_whole_labels_before_longer_ones() {
    let store = MemoryStore::new("memory");
    for (key, label) in [(1, "mail 2025"), (2, "mail")] {
        let one = Issued {
            key,
            ..Issued::default()
        };
        let private_key = MemoryKey::Exportable(one.private_key());
        store.insert(one.certificate(), Some(label), private_key);
    }
    let inventory = Inventory::of(vec![Box::new(store)]).unwrap();
    let none = Filters::default();
    assert_eq!(meant(&inventory, "MAIL", &none), ["mail"]);
    assert_eq!(meant(&inventory, "Ada Example", &none).len(), 2);
}

#[test]
fn choose_never_replaces_whole_name_by_longer() {
    let store = MemoryStore::new("memory");
    let anna = Issued {
        subject: "Anna Müller",
        until: NOW.seconds() / (24 * 3600) - 1,
        ..Issued::default()
    };
    let longer = Issued {
        subject: "Anna Müller-Lüdenscheid",
        until: NOW.seconds() / (24 * 3600) + 1,
        key: 2,
        ..anna
    };
    for one in [anna, longer] {
        store.insert(
            one.certificate(),
            None,
            MemoryKey::Exportable(one.private_key()),
        );
    }
    let inventory = || Inventory::of(vec![Box::new(store.clone())]).unwrap();
    let valid = Filters {
        valid: true,
        written: "--valid".to_owned(),
        ..Filters::default()
    };
    let choice = Choice {
        filters: &valid,
        ..Choice::of("Anna Müller")
    };
    let left_out = choose(&inventory(), &choice, NOW).unwrap_err().to_string();
    assert!(
        left_out.contains("one matches without --valid"),
        "{left_out}"
    );
    store.archive(&anna.certificate().id());
    let stored = inventory();
    let archived = choose(&stored, &Choice::of("Anna Müller"), NOW);
    let archived = archived.unwrap_err().to_string();
    assert!(
        archived.contains("one that is archived matches"),
        "{archived}"
    );
    // Without a private key, too.
    let store = MemoryStore::new("memory");
    store.insert(anna.certificate(), None, MemoryKey::Missing);
    store.insert(
        longer.certificate(),
        None,
        MemoryKey::Exportable(longer.private_key()),
    );
    let inventory = Inventory::of(vec![Box::new(store)]).unwrap();
    let keyless = choose(&inventory, &Choice::of("Anna Müller"), NOW);
    assert!(
        matches!(keyless, Err(Error::Store(StoreError::KeyMissing { .. }))),
        "{keyless:?}"
    );
}

#[test]
fn newest_chooses_among_one_subject_only() {
    let of = |all: &[Issued<'_>], selector| {
        let store = MemoryStore::new("memory");
        for one in all {
            store.insert(
                one.certificate(),
                None,
                MemoryKey::Exportable(one.private_key()),
            );
        }
        let inventory = Inventory::of(vec![Box::new(store)]).unwrap();
        let choice = Choice {
            newest: true,
            ..Choice::of(selector)
        };
        match choose(&inventory, &choice, NOW) {
            Ok(one) => Ok(one.certificate().parse().not_before()),
            Err(Error::Ambiguous { issued_last, .. }) => Err(issued_last),
            Err(other) => panic!("{other}"),
        }
    };
    let old = Issued {
        emails: &["ada@example.org"],
        ..Issued::default()
    };
    let new = Issued {
        from: old.from + 1,
        key: 2,
        ..old
    };
    let begin = UnixTime::new(new.from * 24 * 3600);
    assert_eq!(of(&[new, old], "Ada"), Ok(begin));
    let different = Err(IssuedLast::OfDifferentSubjects);
    for other in [
        Issued {
            subject: "Ada Example-Lovelace",
            ..new
        },
        Issued {
            organization: "Example",
            ..new
        },
        // Somebody else of the same name.
        Issued {
            emails: &["ada.e@example.org"],
            ..new
        },
    ] {
        assert_eq!(of(&[old, other], "Ada"), different, "{other:?}");
        assert_eq!(of(&[old, other, new], "Ada"), different, "{other:?}");
    }
    let at_once = Issued { key: 3, ..new };
    assert_eq!(of(&[old, new, at_once], "Ada"), Err(IssuedLast::Several));
}
