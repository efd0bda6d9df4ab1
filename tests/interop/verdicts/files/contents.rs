//! Which bags there are, where they lie, and what follows the file.

use certstow_formats::der::{BIT_STRING, IA5_STRING, OCTET_STRING, oid, sequence, value};
use certstow_formats::pkcs12::oid::{CRL_BAG, SECRET_BAG};
use certstow_formats::testing::writer::{bag, label, local_key_id};

use super::super::recipe::{Arrangement, Bag, Recipe, named};
use super::Files;
use crate::material::{Material, openssl, output};

const ARRANGEMENTS: [Arrangement; 11] = [
    Arrangement::KeysFirst,
    Arrangement::OnePart,
    Arrangement::KeyBeforeCertificates,
    Arrangement::PartEach,
    Arrangement::KeysInEncryptedPart,
    Arrangement::EmptyPart,
    Arrangement::NestedCertificates,
    Arrangement::NestedKeys,
    Arrangement::Nested(1),
    Arrangement::Nested(2),
    Arrangement::Nested(8),
];

pub(super) fn add(files: &mut Files<'_>) {
    arrangements(files);
    certificates(files);
    other_bags(files);
    several_keys(files);
    missing(files);
    around(files);
}

fn arrangements(files: &mut Files<'_>) {
    for arrangement in ARRANGEMENTS {
        files.add_both(&format!("{arrangement:?}"), |recipe| {
            recipe.arrangement = arrangement;
        });
    }
    for arrangement in [Arrangement::OnePart, Arrangement::Nested(1)] {
        files.add(&format!("{arrangement:?}, clear certificates"), |recipe| {
            recipe.arrangement = arrangement;
            recipe.certificate_scheme = None;
        });
    }
    for arrangement in [
        Arrangement::KeysFirst,
        Arrangement::KeyBeforeCertificates,
        Arrangement::KeysInEncryptedPart,
        Arrangement::PartEach,
    ] {
        files.add_both(&format!("{arrangement:?} without attributes"), |recipe| {
            recipe.arrangement = arrangement;
            bare(recipe);
        });
    }
    for arrangement in [Arrangement::OnePart, Arrangement::KeysInEncryptedPart] {
        files.add(&format!("{arrangement:?}, clear key inside"), |recipe| {
            recipe.arrangement = arrangement;
            recipe.key_scheme = None;
        });
    }
}

/// The leaf with another start, signed again by the intermediate: its first `UTCTime` is what it is
/// valid from.
fn from_second_60(leaf: &[u8], material: &Material) -> Vec<u8> {
    const HEADER: usize = 4;
    let length = u16::from_be_bytes([leaf[HEADER + 2], leaf[HEADER + 3]]);
    let mut signed = leaf[HEADER..][..HEADER + usize::from(length)].to_vec();
    let mut windows = signed.windows(2);
    let time = windows.position(|window| window == [0x17, 13]);
    let seconds = time.expect("a UTCTime") + 12;
    signed[seconds..seconds + 2].copy_from_slice(b"60");
    let file = material.folder().join("signed.der");
    std::fs::write(&file, &signed).expect("a file");
    let mut sign = openssl(&["dgst", "-sha256", "-sign"]);
    let sign = sign.arg(&material.intermediate.key_file).arg(&file);
    let signature = [vec![0], output(sign).stdout].concat();
    let scheme = &leaf[HEADER + signed.len()..];
    let scheme = &scheme[..2 + usize::from(scheme[1])];
    sequence(&[&signed, scheme, &value(BIT_STRING, &[&signature])])
}

fn certificates(files: &mut Files<'_>) {
    files.add_both("leaf last", |recipe| recipe.certificates.reverse());
    files.add_both("leaf in the middle", |recipe| {
        recipe.certificates.swap(0, 1);
    });
    files.add_both("no path", |recipe| recipe.certificates.truncate(1));
    files.add_both("no root", |recipe| recipe.certificates.truncate(2));
    files.add_both("leaf twice", |recipe| {
        let leaf = recipe.certificates[0].clone();
        recipe.certificates.insert(1, leaf);
    });
    files.add_both("leaf twice, once bare", |recipe| {
        let leaf = Bag::new(&recipe.certificates[0].der, &[]);
        recipe.certificates.push(leaf);
    });
    files.add("root twice", |recipe| {
        let root = recipe.certificates[2].clone();
        recipe.certificates.push(root);
    });
    let other = files.others[0].certificate.clone();
    files.add_both("a certificate of somebody else", |recipe| {
        recipe.certificates.push(Bag::new(&other, &[]));
    });
    files.add_both("a certificate of somebody else first", |recipe| {
        recipe.certificates.insert(0, Bag::new(&other, &[]));
    });
    files.add_both("a friendlyName on somebody else first", |recipe| {
        recipe
            .certificates
            .insert(0, Bag::new(&other, &[label("Other")]));
    });
    let material = files.material;
    files.add_both("valid from a second 60", |recipe| {
        recipe.certificates[0].der = from_second_60(&recipe.certificates[0].der, material);
    });
    let root = files.material.root.certificate.clone();
    for count in [30, 31, 40] {
        files.add(&format!("{count} certificates"), |recipe| {
            recipe.certificates.truncate(2);
            while recipe.certificates.len() < count {
                recipe.certificates.push(Bag::new(&root, &[]));
            }
        });
    }
    files.add("33 parts", |recipe| {
        while recipe.certificates.len() < 32 {
            recipe.certificates.push(Bag::new(&root, &[]));
        }
        recipe.arrangement = Arrangement::PartEach;
    });
}

/// A revocation list of the root, as a bag.
fn crl(material: &Material) -> Vec<u8> {
    let folder = material.folder();
    let config = folder.join("crl.conf");
    let database = folder.join("index.txt");
    std::fs::write(&database, "").expect("an empty database");
    let text = format!(
        "[ca]\ndefault_ca = root\n[root]\ndatabase = {}\ndefault_md = sha256\n",
        database.display()
    );
    std::fs::write(&config, text).expect("the configuration");
    let list = output(
        openssl(&["ca", "-gencrl", "-crldays", "36500", "-config"])
            .arg(config)
            .arg("-cert")
            .arg(&material.root.certificate_file)
            .arg("-keyfile")
            .arg(&material.root.key_file),
    );
    let (_, der) = pem_rfc7468::decode_vec(&list.stdout).expect("PEM");
    let x509_crl = [6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x17, 1];
    let content = sequence(&[&x509_crl, &value(0xa0, &[&value(OCTET_STRING, &[&der])])]);
    bag(&oid(&CRL_BAG), &content, &[])
}

fn other_bags(files: &mut Files<'_>) {
    let unknown = [6, 4, 42, 3, 4, 5];
    let text = value(OCTET_STRING, &[b"secret"]);
    let secret = sequence(&[&unknown, &value(0xa0, &[&text])]);
    let sdsi = [6, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x16, 2];
    let sdsi = sequence(&[&sdsi, &value(0xa0, &[&value(IA5_STRING, &[b"AAAA"])])]);
    let odd_certificate = sequence(&[&unknown, &value(0xa0, &[&text])]);
    let certificate_bag = oid(&certstow_formats::pkcs12::oid::CERTIFICATE_BAG);
    for (name, other) in [
        ("revocation list", crl(files.material)),
        ("secret", bag(&oid(&SECRET_BAG), &secret, &[])),
        (
            "secret with a name",
            bag(&oid(&SECRET_BAG), &secret, &[label("A secret")]),
        ),
        ("SDSI certificate", bag(&certificate_bag, &sdsi, &[])),
        (
            "certificate of an unknown type",
            bag(&certificate_bag, &odd_certificate, &[]),
        ),
        ("bag of an unknown type", bag(&unknown, &text, &[])),
    ] {
        files.add_both(name, |recipe| recipe.others.push(other.clone()));
        files.add(&format!("{name}, clear"), |recipe| {
            recipe.others.push(other.clone());
            recipe.certificate_scheme = None;
        });
    }
}

fn several_keys(files: &mut Files<'_>) {
    let others = std::mem::take(&mut files.others);
    let [ec, rsa] = &others[..] else {
        unreachable!("two others")
    };
    files.add_both("two keys", |recipe| recipe.push(ec, 2));
    files.add_both("two keys without path", |recipe| {
        recipe.certificates.truncate(1);
        recipe.push(ec, 2);
    });
    files.add_both("three keys", |recipe| {
        recipe.push(ec, 2);
        recipe.push(rsa, 3);
    });
    files.add_both("two keys of one localKeyID", |recipe| recipe.push(ec, 1));
    files.add_both("two keys of one localKeyID, RSA beside", |recipe| {
        recipe.push(rsa, 1);
    });
    files.add_both("two keys, localKeyIDs crossed", |recipe| {
        recipe.push(ec, 2);
        let last = recipe.certificates.len() - 1;
        recipe.certificates[0].attributes = named(2, "Crossed 2");
        recipe.certificates[last].attributes = named(1, "Crossed 1");
    });
    files.add("two RSA keys, localKeyIDs crossed", |recipe| {
        recipe.push(rsa, 2);
        let last = recipe.certificates.len() - 1;
        recipe.certificates[0].attributes = named(2, "Crossed 2");
        recipe.certificates[last].attributes = named(1, "Crossed 1");
    });
    files.add_both("two keys, friendlyNames crossed", |recipe| {
        recipe.push(rsa, 2);
        let last = recipe.certificates.len() - 1;
        recipe.certificates[0].attributes = vec![local_key_id(1), label("Verdict Example 2")];
        recipe.certificates[last].attributes = vec![local_key_id(2), label("Verdict Example")];
    });
    files.add_both("two keys, friendlyNames alone and crossed", |recipe| {
        recipe.push(ec, 2);
        let last = recipe.certificates.len() - 1;
        recipe.keys[0].attributes = vec![label("A")];
        recipe.keys[1].attributes = vec![label("B")];
        recipe.certificates[0].attributes = vec![label("B")];
        recipe.certificates[last].attributes = vec![label("A")];
    });
    files.add_both("two keys, one without certificate's localKeyID", |recipe| {
        recipe.push(ec, 2);
        let last = recipe.certificates.len() - 1;
        recipe.certificates[last].attributes.clear();
    });
    files.add_both("two keys, names that differ in case", |recipe| {
        recipe.push(ec, 2);
        let last = recipe.certificates.len() - 1;
        recipe.keys[1].attributes = named(2, "VERDICT EXAMPLE");
        recipe.certificates[last].attributes = named(2, "VERDICT EXAMPLE");
    });
    files.add_both("two keys without attributes", |recipe| {
        recipe.push(ec, 2);
        bare(recipe);
    });
    files.add_both("two RSA keys without attributes", |recipe| {
        recipe.push(rsa, 2);
        bare(recipe);
    });
    files.add_both("two keys without localKeyIDs", |recipe| {
        recipe.push(ec, 2);
        for bag in recipe.keys.iter_mut().chain(&mut recipe.certificates) {
            bag.attributes
                .retain(|attribute| *attribute != local_key_id(1));
            bag.attributes
                .retain(|attribute| *attribute != local_key_id(2));
        }
    });
    files.add_both("two keys of one friendlyName", |recipe| {
        recipe.push(ec, 2);
        let last = recipe.certificates.len() - 1;
        recipe.keys[1].attributes = named(2, "Verdict Example");
        recipe.certificates[last].attributes = named(2, "Verdict Example");
    });
    files.add_both("two keys, the order of the leaves turned round", |recipe| {
        recipe.push(ec, 2);
        let last = recipe.certificates.len() - 1;
        recipe.certificates.swap(0, last);
    });
    files.add_both("key twice", |recipe| {
        let key = recipe.keys[0].clone();
        recipe.keys.push(key);
    });
    files.add_both("key twice, once bare", |recipe| {
        let key = Bag::new(&recipe.keys[0].der, &[]);
        recipe.keys.push(key);
    });
    files.add_both("key and certificate twice", |recipe| {
        let key = recipe.keys[0].clone();
        recipe.keys.push(key);
        let leaf = recipe.certificates[0].clone();
        recipe.certificates.push(leaf);
    });
    files.add_both("a key without certificate beside", |recipe| {
        recipe.keys.push(Bag::new(&ec.key, &named(2, "Lonely")));
        recipe.identities = 0;
    });
    files.others = others;
    renewed(files);
}

/// Two certificates of one key.
fn renewed(files: &mut Files<'_>) {
    let renewed = files.material.renewed(&files.rsa);
    files.add("renewed with the same key", |recipe| {
        recipe
            .certificates
            .insert(1, Bag::new(&renewed, &named(1, "Verdict Example")));
    });
    files.add("renewed with the same key, the new one bare", |recipe| {
        recipe.certificates.insert(1, Bag::new(&renewed, &[]));
    });
    files.add("renewed with the same key, the old one bare", |recipe| {
        recipe.certificates.insert(0, Bag::new(&renewed, &[]));
    });
    files.add("renewed with the same key, a key for each", |recipe| {
        let key = Bag::new(&recipe.keys[0].der, &named(2, "Verdict New"));
        recipe.keys.push(key);
        recipe
            .certificates
            .insert(1, Bag::new(&renewed, &named(2, "Verdict New")));
    });
}

fn bare(recipe: &mut Recipe) {
    for bag in recipe.keys.iter_mut().chain(&mut recipe.certificates) {
        bag.attributes.clear();
    }
}

fn missing(files: &mut Files<'_>) {
    let foreign = files.others[0].key.clone();
    for (name, change) in [
        ("no key", 0),
        ("no certificate", 1),
        ("no leaf", 2),
        ("the key of somebody else", 3),
    ] {
        let foreign = foreign.clone();
        files.add(name, move |recipe| {
            recipe.identities = 0;
            match change {
                0 => recipe.keys.clear(),
                1 => recipe.certificates.clear(),
                2 => drop(recipe.certificates.remove(0)),
                _ => recipe.keys[0].der = foreign,
            }
        });
    }
}

/// What lies around a file, and how its outermost layer is written.
fn around(files: &mut Files<'_>) {
    let another = Recipe::alone(&files.p256).file();
    for (name, tail) in [
        ("one zero", vec![0]),
        ("a newline", b"\n".to_vec()),
        ("16 zeros", vec![0; 16]),
        ("512 zeros", vec![0; 512]),
        ("text", b"the end".to_vec()),
        ("a second PFX", another),
    ] {
        files.add_finished(
            &format!("followed by {name}"),
            |_| {},
            |bytes| [bytes, tail].concat(),
        );
    }
    for name in ["BER", "BER, constructed content"] {
        files.add_finished(name, |_| {}, |bytes| indefinite(&bytes, name.len() > 3));
    }
}

/// A file with its outermost length left open, and with the OCTET STRING of its content in pieces.
fn indefinite(bytes: &[u8], in_pieces: bool) -> Vec<u8> {
    let inside = content(bytes);
    let mut inside = inside.to_vec();
    if in_pieces {
        // version, ContentInfo { data, [0] { OCTET STRING } }, MacData
        let (version, rest) = inside.split_at(3);
        let info = content(rest);
        // What follows the end of that content.
        let end = info.as_ptr_range().end as usize - rest.as_ptr_range().start as usize;
        let mac = &rest[end..];
        let (name, explicit) = info.split_at(11);
        let octets = content(content(explicit));
        let (first, second) = octets.split_at(octets.len() / 2);
        let pieces = [
            value(OCTET_STRING, &[first]),
            value(OCTET_STRING, &[second]),
        ];
        let constructed = [&[0x24, 0x80][..], &pieces.concat(), &[0, 0]].concat();
        let explicit = [&[0xa0, 0x80][..], &constructed, &[0, 0]].concat();
        let info = [&[0x30, 0x80][..], name, &explicit, &[0, 0]].concat();
        inside = [version, &info, mac].concat();
    }
    [&[0x30, 0x80][..], &inside, &[0, 0]].concat()
}

/// What the first value holds.
fn content(der: &[u8]) -> &[u8] {
    let (start, length) = match der[1] {
        short @ 0..0x80 => (2, usize::from(short)),
        long => {
            let octets = usize::from(long & 0x7f);
            let length = &der[2..2 + octets];
            let length = length
                .iter()
                .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
            (2 + octets, length)
        }
    };
    &der[start..start + length]
}
