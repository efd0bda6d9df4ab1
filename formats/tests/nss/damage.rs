//! A database of `certutil`, cut off and changed at every place where it says something.

use certstow_formats::nss::{self, Bytes, Database, KeyState};
use certstow_formats::secret::Password;

use super::material::{Profile, password};

/// Cut off at every so many octets.
const STEP: usize = 97;

/// Reads it, and opens every key.
fn use_all(cert9: &[u8], key4: &[u8], password: &Password) -> Option<Database> {
    let file = |bytes: &[u8]| Bytes {
        database: bytes.to_vec(),
        journal: None,
    };
    let database = nss::read(file(cert9), Some(file(key4))).ok()?;
    if let Ok(base_key) = database.unlock(password) {
        for listed in &database.certificates {
            if let KeyState::Present(id) = listed.key
                && let Ok(key) = database.private_key(id, &base_key)
            {
                assert_eq!(key.expose().first(), Some(&0x30));
            }
        }
    }
    Some(database)
}

/// The places that mean something: zeros fill what is not in use.
fn places(file: &[u8]) -> impl Iterator<Item = usize> {
    let pages = file.chunks(4096).enumerate();
    pages.flat_map(|(number, page)| {
        let header = 0..if number == 0 { 116 } else { 16 };
        let used = page
            .iter()
            .enumerate()
            .skip(header.end)
            .filter(|(_, octet)| **octet != 0);
        let used: Vec<usize> = used.map(|(at, _)| at).collect();
        header.chain(used).map(move |at| number * 4096 + at)
    })
}

fn survives(which: usize) {
    let profile = Profile::new("");
    profile.import_fixture("P-256", "Ada");
    let files = ["cert9.db", "key4.db"].map(|name| profile.bytes(name).database);
    let password = password("");
    let whole = use_all(&files[0], &files[1], &password).unwrap();
    assert_eq!((whole.certificates.len(), whole.problems.len()), (1, 0));
    let mut silent = 0;
    let mut attempt = |changed: &[u8]| {
        let used = match which {
            0 => use_all(changed, &files[1], &password),
            _ => use_all(&files[0], changed, &password),
        };
        if let Some(database) = used {
            assert!(database.certificates.len() <= 2 && database.problems.len() <= 101);
            silent += usize::from(database.certificates.is_empty() && database.problems.is_empty());
        }
    };
    let file = &files[which];
    for length in (0..file.len()).step_by(STEP) {
        attempt(&file[..length]);
    }
    for at in places(file) {
        for change in [0xff, 0x01] {
            let mut changed = file.clone();
            changed[at] ^= change;
            attempt(&changed);
        }
    }
    // Of no length at all, and where the certificate's own class, its table's name or the like was hit.
    assert!(silent < 150, "{silent}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn read_survives_damage_to_cert9() {
    survives(0);
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn read_survives_damage_to_key4() {
    survives(1);
}
