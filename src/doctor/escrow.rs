//! Whether passwords can be sealed to the certificate that `--escrow` names.

use std::path::Path;

use certstow_core::escrow::Recipient;
use certstow_core::time::UnixTime;
use certstow_core::{time, waits};

use super::{Check, Place};

/// Checks the certificate in a file, which needs no private key.
pub(crate) fn check(file: &Path) -> Check {
    at(file, time::now())
}

fn at(file: &Path, now: UnixTime) -> Check {
    let about = file.display().to_string();
    let wait = waits::waiting_for(format!("the disk or share of {about}"));
    let recipient = Recipient::read(file);
    drop(wait);
    let recipient = match recipient {
        Ok(recipient) => recipient,
        Err(error) => {
            let advice = "name a file that this account can read with --escrow";
            return Check::failed("escrow", about, &error)
                .advise_if_unreadable(&error, advice)
                .of(Place::File(file.to_owned()));
        }
    };
    let parsed = recipient.certificate().parse();
    let subject = parsed.subject();
    let warnings = recipient.warnings(now);
    if warnings.is_empty() {
        let found = format!("passwords can be sealed to {subject}");
        return Check::ok("escrow", about, found);
    }
    let warnings: Vec<_> = warnings.into_iter().map(|warning| warning.text).collect();
    let found = format!(
        "passwords can be sealed to {subject}, but {}",
        warnings.join(", and ")
    );
    Check::ok("escrow", about, found).warn(
        "name another certificate with --escrow; what is sealed to this one can still be opened \
         with its private key, and with nothing else",
    )
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Status;
    use super::*;
    use crate::exit::Exit;
    use certstow_formats::testing::identities;

    #[test]
    fn escrow_check_accepts_encryption_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("escrow.der");
        for identity in [identities::rsa_identity(), identities::ec_identity()] {
            fs::write(&file, identity.leaf.der()).unwrap();
            let found = check(&file);
            assert!(found.found.starts_with("passwords can be sealed to "));
            assert_eq!(found.status, Status::Ok, "{found:?}");
            let later = at(&file, UnixTime::new(i64::MAX / 2));
            assert_eq!(later.status, Status::Warning);
            assert!(later.found.contains("expired on "), "{later:?}");
        }
    }

    #[test]
    fn escrow_check_fails_without_usable_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("escrow.pem");
        let missing = check(&file);
        assert_eq!(missing.status, Status::Failed);
        assert!(
            missing
                .advice
                .is_some_and(|advice| advice.contains("--escrow"))
        );
        fs::write(&file, "no certificate").unwrap();
        let none = check(&file);
        assert_eq!((none.status, none.exit), (Status::Failed, Exit::Usage));
        assert!(none.advice.is_some_and(|advice| advice.contains("RSA")));
    }
}
