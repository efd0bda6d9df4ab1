//! Kinds of key, and the forms one key has.

use certstow_formats::certificate::Certificate;
use certstow_formats::der::{OCTET_STRING, sequence, value};
use certstow_formats::key::ec_scalar;
use certstow_formats::pkcs12::kdf::Digest;
use certstow_formats::pkcs12::pbe::Cipher;
use certstow_formats::secret::PrivateKey;

use super::super::recipe::{ITERATIONS, Recipe, mac, own};
use super::Files;
use crate::material::{Key, openssl, output};

const KINDS: [Key; 13] = [
    Key::Rsa1024,
    Key::Rsa2048,
    Key::Rsa4096,
    Key::RsaOfThreePrimes,
    Key::Pss,
    Key::P224,
    Key::P256,
    Key::P384,
    Key::P521,
    Key::Secp256k1,
    Key::BrainpoolP256,
    Key::Ed25519,
    Key::Ed448,
];

pub(super) fn add(files: &mut Files<'_>) {
    kinds(files);
    elliptic_forms(files);
    rsa_forms(files);
}

fn kinds(files: &mut Files<'_>) {
    for kind in KINDS {
        let identity = files
            .material
            .identity(&format!("Verdict kind {kind:?}"), kind);
        let mut recipe = Recipe::of(&identity, files.material);
        files.put(&format!("{kind:?}"), &recipe, |bytes| bytes);
        recipe.encrypt(&own(Cipher::TripleDes, 20, ITERATIONS));
        recipe.mac = Some(mac(Digest::Sha1));
        files.put(&format!("{kind:?}, 3DES"), &recipe, |bytes| bytes);
        let mut recipe = Recipe::of(&files.rsa, files.material);
        recipe.push(&identity, 2);
        files.put(&format!("{kind:?} beside RSA"), &recipe, |bytes| bytes);
    }
}

/// `ECPrivateKey` (RFC 5915) with this scalar and these fields behind, in PKCS#8 on P-256.
fn ec_key(scalar: &[u8], fields: &[&[u8]]) -> Vec<u8> {
    let curve = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let name = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    let scalar = value(OCTET_STRING, &[scalar]);
    let key = sequence(&[&[&[2, 1, 1], &scalar[..]], fields].concat());
    let octets = value(OCTET_STRING, &[&key]);
    sequence(&[&[2, 1, 0], &sequence(&[&name, &curve]), &octets])
}

fn elliptic_forms(files: &mut Files<'_>) {
    let key = PrivateKey::from_pkcs8_der(files.p256.key.clone().into());
    let scalar = ec_scalar(&key)
        .ok()
        .flatten()
        .expect("a P-256 key")
        .octets
        .to_vec();
    let curve = value(0xa0, &[&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]]);
    let certificate = Certificate::from_der(&files.p256.certificate).expect("a certificate");
    let (_, bits) = certificate
        .spki_der()
        .split_at(certificate.spki_der().len() - 68);
    let point = value(0xa1, &[bits]);
    let behind_a_zero = [&[0], &scalar[..]].concat();
    let compressed = {
        let mut convert = openssl(&[
            "pkey",
            "-ec_conv_form",
            "compressed",
            "-outform",
            "DER",
            "-in",
        ]);
        let pkcs8 = output(convert.arg(&files.p256.key_file)).stdout;
        crate::material::pkcs8(&pkcs8).expect("openssl reads its own key")
    };
    for (name, key) in [
        ("without its point", ec_key(&scalar, &[])),
        ("with its curve inside", ec_key(&scalar, &[&curve])),
        ("of 33 octets", ec_key(&behind_a_zero, &[])),
        (
            "of 33 octets with its point",
            ec_key(&behind_a_zero, &[&point]),
        ),
        ("with curve and point", ec_key(&scalar, &[&curve, &point])),
        ("with a compressed point", compressed),
    ] {
        files.add_ec(&format!("key {name}"), |recipe| recipe.keys[0].der = key);
    }
}

/// PKCS#8 with more fields behind, or another version.
fn rsa_forms(files: &mut Files<'_>) {
    let plain = files.rsa.key.clone();
    // KeyUsage in [0], as Windows writes it.
    let usage = value(
        0xa0,
        &[&sequence(&[
            &[6, 3, 0x55, 0x1d, 0x0f],
            &value(0x31, &[&[3, 2, 4, 0x10]]),
        ])],
    );
    let inside = plain[4..].to_vec();
    let with_attributes = sequence(&[&inside, &usage]);
    let without_null = {
        let at = inside
            .windows(2)
            .position(|two| two == [5, 0])
            .expect("NULL");
        let algorithm = value(0x30, &[&inside[5..at]]);
        sequence(&[&inside[..3], &algorithm, &inside[at + 2..]])
    };
    let mut version_2 = plain;
    version_2[6] = 1;
    for (name, key) in [
        ("with attributes", with_attributes),
        ("without NULL", without_null),
        ("of version 2", version_2),
    ] {
        files.add(&format!("key {name}"), |recipe| recipe.keys[0].der = key);
    }
}
