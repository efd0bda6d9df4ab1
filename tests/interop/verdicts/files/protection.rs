//! Ciphers, MACs, salts, iterations, passwords.

use certstow_formats::pkcs12::kdf::Digest;
use certstow_formats::pkcs12::mac::MacScheme;
use certstow_formats::pkcs12::pbe::Cipher;

use super::super::recipe::{ITERATIONS, aes, aes_with_salt, mac, mac_with, own};
use super::Files;

const DIGESTS: [Digest; 5] = [
    Digest::Sha1,
    Digest::Sha224,
    Digest::Sha256,
    Digest::Sha384,
    Digest::Sha512,
];

const PBES2: [Cipher; 4] = [
    Cipher::Aes128,
    Cipher::Aes192,
    Cipher::Aes256,
    Cipher::TripleDes,
];

const OWN: [Cipher; 4] = [
    Cipher::TripleDes,
    Cipher::TwoKeyTripleDes,
    Cipher::Rc2 { bits: 128 },
    Cipher::Rc2 { bits: 40 },
];

const SALTS: [usize; 6] = [0, 1, 7, 8, 20, 200];

pub(super) fn add(files: &mut Files<'_>) {
    ciphers(files);
    macs(files);
    salts(files);
    iterations(files);
    passwords(files);
}

fn ciphers(files: &mut Files<'_>) {
    for cipher in PBES2 {
        for prf in DIGESTS {
            let name = format!("{} with PBKDF2-HMAC-{}", cipher.name(), prf.name());
            files.add(&name, |recipe| recipe.encrypt(&aes(cipher, prf)));
        }
        let name = format!("{} for the key alone", cipher.name());
        files.add(&name, |recipe| {
            recipe.key_scheme = Some(aes(cipher, Digest::Sha256));
            recipe.certificate_scheme = Some(own(Cipher::TripleDes, 20, ITERATIONS));
        });
    }
    for cipher in OWN {
        let scheme = own(cipher, 20, ITERATIONS);
        for digest in [Digest::Sha1, Digest::Sha256] {
            let name = format!("{} with MAC {}", cipher.name(), digest.name());
            files.add(&name, |recipe| {
                recipe.encrypt(&scheme);
                recipe.mac = Some(mac(digest));
            });
        }
        let name = format!("{} for the certificates alone", cipher.name());
        files.add(&name, |recipe| {
            recipe.certificate_scheme = Some(scheme.clone());
            recipe.key_scheme = Some(own(Cipher::TripleDes, 20, ITERATIONS));
        });
    }
    files.add_both("clear certificates", |recipe| {
        recipe.certificate_scheme = None;
    });
    files.add_both("clear key", |recipe| recipe.key_scheme = None);
    files.add_both("nothing encrypted", |recipe| {
        recipe.key_scheme = None;
        recipe.certificate_scheme = None;
    });
    files.add("nothing encrypted, no MAC", |recipe| {
        recipe.key_scheme = None;
        recipe.certificate_scheme = None;
        recipe.mac = None;
    });
}

fn macs(files: &mut Files<'_>) {
    for digest in DIGESTS {
        let name = format!("MAC HMAC-{}", digest.name());
        files.add_both(&name, |recipe| recipe.mac = Some(mac(digest)));
    }
    files.add_both("no MAC", |recipe| recipe.mac = None);
    for (digest, prf, key_length) in [
        (Digest::Sha256, Digest::Sha256, 32),
        (Digest::Sha512, Digest::Sha512, 64),
        (Digest::Sha256, Digest::Sha512, 20),
        (Digest::Sha1, Digest::Sha1, 20),
    ] {
        let name = format!("PBMAC1 {} {} {key_length}", digest.name(), prf.name());
        files.add(&name, |recipe| {
            recipe.mac = Some(MacScheme::Pbmac1 {
                digest,
                prf,
                salt: vec![1; 16],
                iterations: ITERATIONS,
                key_length,
            });
        });
    }
}

fn salts(files: &mut Files<'_>) {
    for salt in SALTS {
        files.add(&format!("MAC salt of {salt}"), |recipe| {
            recipe.mac = Some(mac_with(Digest::Sha256, salt, ITERATIONS));
        });
        files.add(&format!("PBKDF2 salt of {salt}"), |recipe| {
            recipe.encrypt(&aes_with_salt(Cipher::Aes256, Digest::Sha256, salt));
        });
        files.add(
            &format!("PBKDF2 salt of {salt} for the key alone"),
            |recipe| {
                recipe.key_scheme = Some(aes_with_salt(Cipher::Aes256, Digest::Sha256, salt));
            },
        );
        files.add(&format!("PKCS#12 salt of {salt}"), |recipe| {
            recipe.encrypt(&own(Cipher::TripleDes, salt, ITERATIONS));
        });
    }
}

fn iterations(files: &mut Files<'_>) {
    for iterations in [1, 999, 300_001] {
        let name = format!("{iterations} iterations of the MAC");
        files.add(&name, |recipe| {
            recipe.mac = Some(mac_with(Digest::Sha256, 16, iterations));
        });
    }
    for iterations in [1, 600_001] {
        let name = format!("{iterations} iterations of the key");
        files.add(&name, |recipe| {
            recipe.key_scheme = Some(own(Cipher::TripleDes, 20, iterations));
        });
    }
}

fn passwords(files: &mut Files<'_>) {
    for (name, password) in [
        ("empty", String::new()),
        ("with blanks", " correct horse ".to_owned()),
        ("of Latin letters", "Grüße".to_owned()),
        ("of Greek letters", "Ελλάδα".to_owned()),
        ("beyond the BMP", "key \u{1f511}".to_owned()),
        ("of 200 characters", "0123456789".repeat(20)),
    ] {
        files.add(&format!("password {name}"), |recipe| {
            recipe.password.clone_from(&password);
        });
        files.add(&format!("password {name}, 3DES"), |recipe| {
            recipe.password.clone_from(&password);
            recipe.encrypt(&own(Cipher::TripleDes, 20, ITERATIONS));
        });
    }
}
