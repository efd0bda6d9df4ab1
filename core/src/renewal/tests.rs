use certstow_formats::testing::issued::{
    CLIENT_AUTH, DIGITAL_SIGNATURE, EMAIL_PROTECTION, Issued, KEY_ENCIPHERMENT,
};
use certstow_platform::store::Store;
use certstow_platform::testing::{MemoryKey, MemoryStore};

use super::*;
use crate::identity::Inventory;

const DAY: i64 = 24 * 3600;
/// 2026-07-01.
const NOW: UnixTime = UnixTime::new(20_635 * DAY);

/// The first, from 2024-01-01 until 2026-01-01.
const FIRST: i64 = 19_723;
const YEARS: i64 = 365;

fn first() -> Issued<'static> {
    Issued::default()
}

/// Issued anew after a year, with another key.
fn second() -> Issued<'static> {
    Issued {
        key: 2,
        from: FIRST + YEARS,
        until: FIRST + 4 * YEARS,
        ..first()
    }
}

fn inventory(all: &[Issued<'_>]) -> Inventory {
    let store = MemoryStore::new("memory");
    for one in all {
        let key = MemoryKey::Exportable(one.private_key());
        store.insert(one.certificate(), None, key);
    }
    of(store)
}

fn of(store: MemoryStore) -> Inventory {
    let store: Box<dyn Store> = Box::new(store);
    Inventory::of(vec![store]).unwrap()
}

/// By which of them each is renewed.
fn renewed_by(inventory: &Inventory) -> Vec<Option<usize>> {
    let all = inventory.certificates();
    let renewals = Renewals::among(all, NOW);
    all.iter()
        .map(|one| {
            let by = renewals.of(one)?;
            all.iter().position(|other| other.id() == by.id())
        })
        .collect()
}

fn renewals(all: &[Issued<'_>]) -> Vec<Option<usize>> {
    renewed_by(&inventory(all))
}

#[test]
fn renewal_needs_the_same_issuer_or_key() {
    let same_issuer = second();
    let same_key = Issued {
        issuer: "Other CA",
        key: first().key,
        ..second()
    };
    let neither = Issued {
        issuer: "Other CA",
        ..second()
    };
    assert_eq!(renewals(&[first(), same_issuer]), [Some(1), None]);
    assert_eq!(renewals(&[first(), same_key]), [Some(1), None]);
    assert_eq!(renewals(&[first(), neither]), [None, None]);
    // In whatever order they are listed.
    assert_eq!(renewals(&[same_issuer, first()]), [None, Some(0)]);
}

#[test]
fn renewal_needs_later_beginning_and_end() {
    let with = |from, until| {
        renewals(&[
            first(),
            Issued {
                from,
                until,
                ..second()
            },
        ])
    };
    let Issued { from, until, .. } = first();
    assert_eq!(with(from + 1, until + 1), [Some(1), None]);
    for (from, until) in [
        (from, until + 1),
        (from + 1, until),
        (from + 1, until - 1),
        (from, until),
    ] {
        assert_eq!(with(from, until), [None, None], "{from} {until}");
    }
    let at_once = Issued {
        until: until + 1,
        from,
        ..second()
    };
    assert_eq!(renewals(&[at_once, first()]), [None, None]);
    // Issued earlier and ending later is no renewal either way.
    assert_eq!(with(from - 1, until + 1), [None, None]);
}

#[test]
fn renewal_needs_the_same_subject() {
    let with = |second: Issued<'_>| renewals(&[first(), second]);
    let none = [None, None];
    for subject in ["Ada Example-Lovelace", "Grace Example", ""] {
        assert_eq!(
            with(Issued {
                subject,
                ..second()
            }),
            none,
            "{subject}"
        );
    }
    let organization = "Example";
    assert_eq!(
        with(Issued {
            organization,
            ..second()
        }),
        none
    );
    // A company has a certificate for each of its hosts.
    let of_host =
        |dns_names: &'static [&'static str], one: Issued<'static>| Issued { dns_names, ..one };
    let hosts = |first_names, second_names| {
        renewals(&[
            of_host(first_names, first()),
            of_host(second_names, second()),
        ])
    };
    assert_eq!(hosts(&["a.example"], &["b.example"]), none);
    assert_eq!(hosts(&["a.example"], &["a.example", "b.example"]), none);
    assert_eq!(
        hosts(&["a.example", "b.example"], &["B.example", "a.example"]),
        [Some(1), None]
    );
    // RFC 5280, 7.1: letter case and blanks do not count.
    for subject in ["ADA EXAMPLE", "Ada   Example"] {
        let renewed = with(Issued {
            subject,
            ..second()
        });
        assert_eq!(renewed, [Some(1), None], "{subject}");
    }
}

#[test]
fn renewal_needs_the_same_address() {
    let of = |emails: &'static [&'static str], renewed: &'static [&'static str]| {
        let first = Issued { emails, ..first() };
        let second = Issued {
            emails: renewed,
            ..second()
        };
        renewals(&[first, second])[0].is_some()
    };
    assert!(of(&["ada@example.org"], &["Ada@example.org"]));
    assert!(of(
        &["ada@example.org"],
        &["ada@example.org", "a@example.org"]
    ));
    // Somebody else of the same name.
    assert!(!of(&["ada@example.org"], &["ada.e@example.org"]));
    assert!(!of(&[], &["ada@example.org"]));
}

#[test]
fn renewal_takes_addresses_where_subject_is_empty() {
    let nameless = |one: Issued<'static>, emails: &'static [&'static str]| Issued {
        subject: "",
        emails,
        ..one
    };
    let ada = &["ada@example.org"][..];
    let all = [nameless(first(), ada), nameless(second(), ada)];
    assert_eq!(renewals(&all), [Some(1), None]);
    let all = [
        nameless(first(), ada),
        nameless(second(), &["bob@example.org"]),
    ];
    assert_eq!(renewals(&all), [None, None]);
    for address in [ada, &[]] {
        let all = [nameless(first(), &[]), nameless(second(), address)];
        assert_eq!(renewals(&all), [None, None]);
    }
}

#[test]
fn renewal_needs_the_same_usages() {
    let with = |second: Issued<'_>| renewals(&[first(), second])[0].is_some();
    for key_usage in [KEY_ENCIPHERMENT, DIGITAL_SIGNATURE | KEY_ENCIPHERMENT, 0] {
        assert!(
            !with(Issued {
                key_usage,
                ..second()
            }),
            "{key_usage}"
        );
    }
    for (extended_key_usages, renewed) in [
        (&[CLIENT_AUTH][..], false),
        (&[EMAIL_PROTECTION], false),
        (&[], false),
        (&[EMAIL_PROTECTION, CLIENT_AUTH], true),
    ] {
        let second = Issued {
            extended_key_usages,
            ..second()
        };
        assert_eq!(with(second), renewed, "{extended_key_usages:?}");
    }
    // Purposes that are known by their number alone have no order.
    let with_order = |extended_key_usages: &'static [u8], one: Issued<'static>| Issued {
        extended_key_usages,
        ..one
    };
    let ordered = with_order(&[90, 91], first());
    let turned = with_order(&[91, 90], second());
    assert_eq!(renewals(&[ordered, turned]), [Some(1), None]);
    // One key for both purposes.
    let key = first().key;
    let encryption = Issued {
        key,
        key_usage: KEY_ENCIPHERMENT,
        ..second()
    };
    assert!(!with(encryption));
}

#[test]
fn renewals_in_a_row_lead_to_the_last() {
    let third = Issued {
        key: 3,
        from: FIRST + 2 * YEARS,
        until: FIRST + 6 * YEARS,
        ..first()
    };
    let all = [second(), third, first()];
    assert_eq!(renewals(&all), [Some(1), None, Some(1)]);
    // From issuer to issuer with one key, and then on with another key.
    let moved = Issued {
        key: first().key,
        issuer: "Other CA",
        ..second()
    };
    let third = Issued {
        issuer: "Other CA",
        ..third
    };
    assert_eq!(renewals(&[first(), third, moved]), [Some(1), None, Some(1)]);
    assert_eq!(renewals(&[first(), third]), [None, None]);
}

#[test]
fn renewals_take_the_one_that_ends_last() {
    let shorter = Issued {
        key: 3,
        from: FIRST + 2 * YEARS,
        until: FIRST + 3 * YEARS,
        ..first()
    };
    assert_eq!(
        renewals(&[first(), second(), shorter]),
        [Some(1), None, None]
    );
}

#[test]
fn renewals_that_expired_still_renew() {
    let expired = Issued {
        until: first().until + 1,
        ..second()
    };
    assert_eq!(renewals(&[first(), expired]), [Some(1), None]);
}

#[test]
fn renewals_that_have_not_begun_do_not_count() {
    let later = Issued {
        from: NOW.seconds() / DAY + 1,
        until: FIRST + 9 * YEARS,
        ..second()
    };
    assert_eq!(renewals(&[first(), later]), [None, None]);
    assert_eq!(renewals(&[first(), second(), later]), [Some(1), None, None]);
}

#[test]
fn renewals_that_are_archived_do_not_count() {
    let archive = |which: &[Issued<'_>]| {
        let store = MemoryStore::new("memory");
        for one in [first(), second()] {
            store.insert(
                one.certificate(),
                None,
                MemoryKey::Exportable(one.private_key()),
            );
        }
        which
            .iter()
            .for_each(|one| store.archive(&one.certificate().id()));
        renewed_by(&of(store))
    };
    assert_eq!(archive(&[second()]), [None, None]);
    assert_eq!(archive(&[first()]), [Some(1), None]);
}

#[test]
fn renewals_without_private_key_do_not_count() {
    let store = MemoryStore::new("memory");
    let key = MemoryKey::Exportable(first().private_key());
    store.insert(first().certificate(), None, key);
    store.insert(second().certificate(), None, MemoryKey::Missing);
    assert_eq!(renewed_by(&of(store)), [None, None]);
    // Where none has a key, none is missed.
    let store = MemoryStore::new("memory");
    for one in [first(), second()] {
        store.insert(one.certificate(), None, MemoryKey::Missing);
    }
    assert_eq!(renewed_by(&of(store)), [Some(1), None]);
}

#[test]
fn current_first_changes_only_renewed_places() {
    let other = |subject| Issued {
        subject,
        key: 9,
        ..first()
    };
    let encryption = |one: Issued<'static>| Issued {
        key_usage: KEY_ENCIPHERMENT,
        ..one
    };
    let third = Issued {
        key: 3,
        from: FIRST + 2 * YEARS,
        until: FIRST + 6 * YEARS,
        ..first()
    };
    let all = [
        first(),
        other("Bob Example"),
        second(),
        encryption(first()),
        third,
        other("Grace Example"),
        encryption(second()),
    ];
    let inventory = inventory(&all);
    let mut listed: Vec<_> = inventory.certificates().iter().collect();
    Renewals::among(inventory.certificates(), NOW).current_first(&mut listed);
    let places = listed.iter().map(|one| {
        let mut all = all.iter();
        all.position(|other| other.certificate().id() == one.id())
            .unwrap()
    });
    // What signs and what decrypts are both current; of the others the last comes first.
    assert_eq!(places.collect::<Vec<_>>(), [4, 1, 6, 2, 0, 5, 3]);
}
