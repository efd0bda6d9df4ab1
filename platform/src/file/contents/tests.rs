use std::sync::Arc;

use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;
use certstow_formats::testing::writer;

use super::*;
use crate::file::pair::{Guesses, pair};

fn contents(bytes: &[u8], passwords: &Passwords) -> FileContents {
    let mut found = FileContents::default();
    found.take_all(bytes, &mut Zeroizing::default(), passwords);
    found
}

/// Everything that is done with the bytes of a file in a listing.
fn survives(bytes: &[u8], passwords: &Passwords) {
    let found = contents(bytes, passwords);
    pair(&["file".into()], vec![(0, found)], Guesses::LeftOver);
}

#[test]
fn contents_survives_truncation_and_changed_bytes() {
    let password = Arc::new(Password::new("right".to_owned()));
    // One iteration, and whatever a flip makes of it is soon done or refused.
    let pkcs12 = writer::whole(&writer::pbes2(1), PasswordForm::Text(&password));
    let passwords = Passwords::given(&[password]);
    let files = [
        "files/rsa.der",
        "files/chain.p7b",
        "files/signed.ber.p7b",
        "files/pkcs8.der",
        "files/sec1.der",
        "certificates/P-256.pem",
        "keys/P-256.encrypted.pem",
        "keys/rsa.proc-type.pem",
        "keys/P-256.with-parameters.pem",
    ];
    let files = files.map(writer::file_of).into_iter().chain([pkcs12]);
    for whole in files {
        let found = contents(&whole, &passwords);
        assert!(!found.is_empty() && found.problems.is_empty());
        for at in 0..whole.len() {
            survives(&whole[..at], &passwords);
            for change in [1 << (at % 8), 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= change;
                survives(&changed, &passwords);
            }
        }
    }
}
