//! SQLite's files and journals, and the rows and keys of NSS in them.

use crate::key::{self, KeyForm};
use crate::nss::sqlite::{self, Database, Value};
use crate::nss::{self, Bytes, KeyState, Limits, PasswordState};
use crate::secret::Password;
use crate::testing::PASSWORD;

/// Next to no key derivation, and no more memory than is needed.
const LIMITS: Limits = Limits {
    sqlite: sqlite::Limits {
        max_bytes: 1 << 20,
        max_rows: 10_000,
    },
    max_iterations: 64,
};

/// The tables of NSS, and that of the seeds.
const TABLES: [&str; 4] = ["nssPublic", "nssPrivate", "metaData", "sample"];

/// A database.
pub fn sqlite(input: &[u8]) {
    let Ok(database) = Database::open(input, &LIMITS.sqlite) else {
        return;
    };
    for name in TABLES {
        let Ok(Some(table)) = database.table(name) else {
            continue;
        };
        let (mut rows, mut octets) = (0, 0);
        for row in database.rows(&table).flatten() {
            rows += 1;
            for column in 0..table.columns.len() {
                if let Value::Blob(value) | Value::Text(value) = row.value(column) {
                    octets += value.len();
                }
            }
        }
        assert!(rows <= LIMITS.sqlite.max_rows);
        assert!(octets <= input.len(), "nothing is read twice");
    }
}

/// Two files, the length of the first before them in four octets.
fn pair(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = input.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length).try_into().ok()?)
}

/// A database and its journal.
pub fn journal(input: &[u8]) {
    let Some((database, journal)) = pair(input) else {
        return;
    };
    let _ = nss::journal::super_journal(journal);
    let undo = |database: &[u8]| nss::journal::undo(database.to_vec(), journal, &LIMITS.sqlite);
    let Ok(undone) = undo(database) else {
        return;
    };
    if !nss::journal::is_hot(journal) {
        assert!(undone == database);
    }
    assert!(undone.len() <= database.len().max(LIMITS.sqlite.max_bytes));
    assert!(undo(&undone).is_ok_and(|again| again == undone));
}

/// `cert9.db` and `key4.db`, opened with the empty password and with that of the seeds.
pub fn nss(input: &[u8]) {
    let Some(files) = pair(input) else {
        return;
    };
    let [cert9, key4] = [files.0, files.1].map(|file| Bytes {
        database: file.to_vec(),
        journal: None,
    });
    let Ok(database) = nss::read_within(cert9, Some(key4), &LIMITS) else {
        return;
    };
    assert!(database.problems.len() <= 202);
    let of_certificates = database.certificates.iter();
    let of_certificates = of_certificates.filter_map(|listed| match listed.key {
        KeyState::Present(id) => Some(id),
        _ => None,
    });
    let orphans = database.orphans.iter().map(|orphan| orphan.id);
    let keys: Vec<_> = of_certificates.chain(orphans).collect();
    let [empty, of_seeds] = ["", PASSWORD].map(|text| Password::new(text.to_owned()));
    let opens = database.unlock(&empty).is_ok();
    assert!(opens || database.password != PasswordState::Empty);
    for base_key in [&empty, &of_seeds].map(|password| database.unlock(password)) {
        let Ok(base_key) = base_key else {
            continue;
        };
        for id in &keys {
            if let Ok(key) = database.private_key(*id, &base_key) {
                assert_eq!(KeyForm::of(key.expose()), Some(KeyForm::Pkcs8));
                let _ = key::public_key_of(&key);
            }
        }
    }
}
