//! friendlyName, localKeyID and other attributes, sound and not.

use certstow_formats::der::{
    INTEGER, NULL_VALUE, OCTET_STRING, SET, bmp_string, oid, sequence, value,
};
use certstow_formats::pkcs12::oid::{FRIENDLY_NAME, LOCAL_KEY_ID, MACHINE_KEYSET};
use certstow_formats::testing::writer::{attribute, label, local_key_id, provider};

use super::super::recipe::Recipe;
use super::Files;

const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const BMP_STRING: u8 = 0x1e;
const BOOLEAN: [u8; 3] = [1, 1, 0xff];
/// 1.2.3.4.5, which nobody knows.
const UNKNOWN: [u8; 6] = [6, 4, 42, 3, 4, 5];
/// Java's trusted key usage, 2.16.840.1.113894.746875.1.1.
const TRUSTED: [u8; 13] = [
    6, 11, 0x60, 0x86, 0x48, 1, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 1,
];
/// 1.3.6.1.4.1.311.17.3.20.
const PROPERTY_20: [u8; 12] = [6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 0x11, 3, 0x14];

fn name_of(content: &[u8]) -> Vec<u8> {
    attribute(&oid(&FRIENDLY_NAME), content)
}

fn id_of(content: &[u8]) -> Vec<u8> {
    attribute(&oid(&LOCAL_KEY_ID), content)
}

fn key_id(octets: &[u8]) -> Vec<u8> {
    id_of(&value(OCTET_STRING, &[octets]))
}

/// An attribute of this name with any number of values.
fn of_values(name: &[u8], values: &[&[u8]]) -> Vec<u8> {
    sequence(&[name, &value(SET, values)])
}

pub(super) fn add(files: &mut Files<'_>) {
    on_key_and_leaf(files);
    local_key_ids(files);
    on_one_of_them(files);
    for (name, ids) in [
        ("on the intermediate alone", [0, 0, 1]),
        ("on leaf and intermediate", [0, 1, 1]),
        ("on all certificates", [0, 1, 1]),
    ] {
        files.add_both(&format!("localKeyID {name}"), |recipe| {
            recipe.mark(&[local_key_id(1)]);
            if ids[1] == 0 {
                recipe.certificates[0].attributes.clear();
            }
            recipe.certificates[1].attributes = vec![local_key_id(1)];
            if name.contains("all") {
                recipe.certificates[2].attributes = vec![local_key_id(1)];
            }
        });
    }
}

fn on_key_and_leaf(files: &mut Files<'_>) {
    let id = || local_key_id(1);
    let all: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("none", vec![]),
        ("localKeyID alone", vec![id()]),
        ("friendlyName alone", vec![label("Alone")]),
        (
            "friendlyName UTF8String",
            vec![id(), name_of(&value(UTF8_STRING, &[b"Ada"]))],
        ),
        (
            "friendlyName PrintableString",
            vec![id(), name_of(&value(PRINTABLE_STRING, &[b"Ada"]))],
        ),
        ("friendlyName BOOLEAN", vec![id(), name_of(&BOOLEAN)]),
        (
            "friendlyName INTEGER",
            vec![id(), name_of(&[INTEGER, 1, 5])],
        ),
        ("friendlyName NULL", vec![id(), name_of(&NULL_VALUE)]),
        (
            "friendlyName OCTET STRING",
            vec![id(), name_of(&value(OCTET_STRING, &[b"Ada!"]))],
        ),
        (
            "friendlyName without value",
            vec![id(), of_values(&oid(&FRIENDLY_NAME), &[])],
        ),
        (
            "friendlyName of two values",
            vec![
                id(),
                of_values(&oid(&FRIENDLY_NAME), &[&bmp_string("A"), &bmp_string("B")]),
            ],
        ),
        ("friendlyName twice", vec![id(), label("A"), label("B")]),
        (
            "friendlyName twice the same",
            vec![id(), label("A"), label("A")],
        ),
        (
            "friendlyName of odd length",
            vec![id(), name_of(&value(BMP_STRING, &[b"Ada"]))],
        ),
        (
            "friendlyName lone surrogate",
            vec![id(), name_of(&value(BMP_STRING, &[&[0xd8, 1]]))],
        ),
        (
            "friendlyName lone low surrogate",
            vec![id(), name_of(&value(BMP_STRING, &[&[0, 65, 0xdc, 1]]))],
        ),
        (
            "friendlyName beyond the BMP",
            vec![id(), label("key \u{1f511}")],
        ),
        ("friendlyName empty", vec![id(), label("")]),
        ("friendlyName with NUL", vec![id(), label("Ada\0Example")]),
        ("friendlyName ending in NUL", vec![id(), label("Ada\0")]),
        ("friendlyName long", vec![id(), label(&"Ada ".repeat(100))]),
        (
            "friendlyName of 10000",
            vec![id(), label(&"Ada ".repeat(2_500))],
        ),
        ("friendlyName accented", vec![id(), label("Zoë Müller")]),
        (
            "friendlyName with newline",
            vec![id(), label("Ada\nExample")],
        ),
        ("friendlyName with colon", vec![id(), label("token:Ada")]),
        (
            "attribute unknown",
            vec![
                id(),
                label("Ada"),
                attribute(&UNKNOWN, &value(UTF8_STRING, &[b"x"])),
            ],
        ),
        (
            "attribute unknown NULL",
            vec![id(), label("Ada"), attribute(&UNKNOWN, &NULL_VALUE)],
        ),
        (
            "attribute unknown SEQUENCE",
            vec![
                id(),
                label("Ada"),
                attribute(&UNKNOWN, &sequence(&[&BOOLEAN])),
            ],
        ),
        (
            "attribute unknown without value",
            vec![id(), label("Ada"), of_values(&UNKNOWN, &[])],
        ),
        (
            "attribute unknown of two values",
            vec![
                id(),
                label("Ada"),
                of_values(&UNKNOWN, &[&BOOLEAN, &NULL_VALUE]),
            ],
        ),
        (
            "attribute provider",
            vec![
                id(),
                label("Ada"),
                provider("Microsoft Software Key Storage Provider"),
            ],
        ),
        (
            "attribute machine keyset",
            vec![id(), label("Ada"), of_values(&oid(&MACHINE_KEYSET), &[])],
        ),
        (
            "attribute machine keyset NULL",
            vec![
                id(),
                label("Ada"),
                attribute(&oid(&MACHINE_KEYSET), &NULL_VALUE),
            ],
        ),
        (
            "attribute property 20",
            vec![
                id(),
                label("Ada"),
                attribute(&PROPERTY_20, &value(OCTET_STRING, &[&[7; 20]])),
            ],
        ),
        (
            "attribute trusted usage",
            vec![
                id(),
                label("Ada"),
                attribute(&TRUSTED, &[6, 4, 0x55, 0x1d, 0x25, 0]),
            ],
        ),
    ];
    for (name, attributes) in all {
        files.add(&format!("attributes: {name}"), |recipe| {
            recipe.mark(&attributes);
        });
        files.add(&format!("attributes of the leaf: {name}"), |recipe| {
            recipe.certificates[0].attributes.clone_from(&attributes);
        });
    }
}

fn local_key_ids(files: &mut Files<'_>) {
    for (name, attribute) in [
        ("empty", key_id(&[])),
        ("zero", key_id(&[0])),
        ("of 20", key_id(&[7; 20])),
        ("of 300", key_id(&[7; 300])),
        ("UTF8String", id_of(&value(UTF8_STRING, &[b"1"]))),
        ("INTEGER", id_of(&[INTEGER, 1, 1])),
        ("NULL", id_of(&NULL_VALUE)),
        ("BOOLEAN", id_of(&BOOLEAN)),
        ("without value", of_values(&oid(&LOCAL_KEY_ID), &[])),
        (
            "of two values",
            of_values(&oid(&LOCAL_KEY_ID), &[&[4, 1, 1], &[4, 1, 2]]),
        ),
    ] {
        files.add(&format!("localKeyID {name}"), |recipe| {
            recipe.mark(&[attribute.clone(), label("Ada")]);
        });
    }
    files.add_both("localKeyID twice", |recipe| {
        recipe.mark(&[local_key_id(1), local_key_id(2), label("Ada")]);
    });
    files.add_both("localKeyIDs that differ", |recipe| {
        recipe.certificates[0].attributes = vec![local_key_id(2), label("Ada")];
    });
}

fn on_one_of_them(files: &mut Files<'_>) {
    let on_key = |attributes: Vec<Vec<u8>>| {
        move |recipe: &mut Recipe| {
            recipe.mark(&[]);
            recipe.keys[0].attributes = attributes.clone();
        }
    };
    let on_leaf = |attributes: Vec<Vec<u8>>| {
        move |recipe: &mut Recipe| {
            recipe.mark(&[]);
            recipe.certificates[0].attributes = attributes.clone();
        }
    };
    files.add_both("localKeyID on the key alone", on_key(vec![local_key_id(1)]));
    files.add_both("friendlyName on the key alone", on_key(vec![label("Ada")]));
    files.add_both(
        "localKeyID on the leaf alone",
        on_leaf(vec![local_key_id(1)]),
    );
    files.add_both(
        "friendlyName on the leaf alone",
        on_leaf(vec![label("Ada")]),
    );
    files.add_both("friendlyName of the key on the intermediate", |recipe| {
        recipe.certificates[0].attributes.clear();
        recipe.certificates[1].attributes = vec![label("Verdict Example")];
    });
    files.add_both(
        "friendlyName of the key on leaf and intermediate",
        |recipe| {
            recipe.mark(&[label("Verdict Example")]);
            recipe.certificates[1].attributes = vec![label("verdict example")];
        },
    );
    files.add_both(
        "localKeyID of the leaf, friendlyName of the intermediate",
        |recipe| {
            recipe.certificates[0].attributes = vec![local_key_id(1)];
            recipe.certificates[1].attributes = vec![label("Verdict Example")];
        },
    );
    files.add_both("friendlyNames that differ", |recipe| {
        recipe.certificates[0].attributes = vec![local_key_id(1), label("Another")];
    });
    files.add_both("friendlyNames on all certificates", |recipe| {
        for certificate in &mut recipe.certificates[1..] {
            certificate.attributes = vec![label("An issuer")];
        }
    });
    files.add_both("the same friendlyName on all certificates", |recipe| {
        for certificate in &mut recipe.certificates[1..] {
            certificate.attributes = vec![label("Verdict Example")];
        }
    });
}
