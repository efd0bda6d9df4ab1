//! The certificates, or the private keys, of one file that is named, whether or not they belong
//! together: a key lies in a file of its own where it is kept apart on purpose. And whether it opens
//! without a password.

use std::io;
use std::path::Path;

use certstow_formats::certificate::Certificate;
use certstow_formats::pkcs12::decode;
use certstow_formats::secret::PrivateKey;
use zeroize::Zeroizing;

use super::blocks::{self, Block};
use super::key_file::{self, Fetch, Piece};
use super::passwords::Passwords;
use super::read::{Content, FileReader};
use super::unlock::{Lock, Tried};
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{Ask, OpenOptions};

/// The certificates in a file that is PEM, DER or PKCS#7, in their order.
///
/// # Errors
/// The operating system's; `InvalidData` if the file is too large to be one of certificates, or
/// one in it cannot be read.
pub fn certificates_in(path: &Path) -> io::Result<Vec<Certificate>> {
    let mut reader = FileReader::new();
    let Content::Whole(bytes) = reader.read(path, true)? else {
        return Err(invalid("it is too large for a file of certificates"));
    };
    let mut certificates = Vec::new();
    blocks::read(bytes, &mut Zeroizing::default(), &mut |block| match block {
        Block::Certificate(der, _) => certificates
            .push(Certificate::from_der(der).map_err(|error| io::Error::new(INVALID, error))),
        Block::Unusable(why) => certificates.push(Err(invalid(&why))),
        Block::Key(..) | Block::Pkcs12(_) | Block::OtherKey(_) => {}
    });
    certificates.into_iter().collect()
}

/// Whether it is a PKCS#12 file, of which nothing can be read without a password. One that cannot be
/// read, or is larger than any such file, is none.
pub fn needs_password(path: &Path) -> bool {
    let mut needs = false;
    if let Ok(Content::Whole(bytes)) = FileReader::new().read(path, true) {
        blocks::read(bytes, &mut Zeroizing::default(), &mut |block| {
            needs |= matches!(block, Block::Pkcs12(bytes) if decode::needs_password(bytes));
        });
    }
    needs
}

const INVALID: io::ErrorKind = io::ErrorKind::InvalidData;

fn invalid(why: &str) -> io::Error {
    io::Error::new(INVALID, why)
}

/// The private keys in a file: PKCS#8, encrypted or not, PKCS#1 and SEC1, as PEM or DER, and
/// PKCS#12. What is locked is opened with the password given beforehand, or those `ask` gives.
///
/// # Errors
/// - [`StoreError::InteractionRequired`], [`StoreError::WrongPassword`],
///   [`StoreError::Cancelled`]: as [`crate::store::Store::private_key`].
/// - [`StoreError::AccessDenied`]: the operating system refuses the file.
/// - [`StoreError::Damaged`]: the file, or a key in it, cannot be read.
/// - [`StoreError::KeyNotExportable`]: a key in it is encrypted in a way certstow does not read.
pub fn private_keys_in(
    path: &Path,
    options: &OpenOptions,
    ask: &mut dyn Ask,
) -> Result<Vec<PrivateKey>, StoreError> {
    let damaged = |reason: &str| StoreError::damaged(path, reason, None);
    let mut reader = FileReader::new();
    let bytes = match reader.read(path, true) {
        Ok(Content::Whole(bytes)) => bytes,
        Ok(_) => return Err(damaged("it is too large for a file of keys")),
        Err(error) => {
            return Err(match key_file::unreadable(path, error) {
                Fetch::Failed(error) => error,
                Fetch::Changed => damaged("it does not exist"),
            });
        }
    };
    let mut pieces = Vec::new();
    let mut unusable = None;
    blocks::read(bytes, &mut Zeroizing::default(), &mut |block| match block {
        Block::Unusable(why) => unusable = Some(why),
        block => pieces.extend(Piece::from_block(&block)),
    });
    if pieces.is_empty()
        && let Some(why) = unusable
    {
        return Err(damaged(&why));
    }
    let store = StoreSpec::File(path.to_owned());
    let passwords = Passwords::given(&options.passwords_for(&store));
    let lock = Lock {
        store: &store,
        place: &path.display().to_string(),
        passwords: &passwords,
    };
    let mut tried = Tried::default();
    let mut keys = Vec::new();
    for piece in pieces {
        keys.extend(piece.opened(&lock, &mut tried, ask)?.into_all());
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::NonInteractive;
    use certstow_formats::key::public_key_of;
    use certstow_formats::secret::Password;

    fn data(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../formats/tests/data")
            .join(name)
    }

    fn keys(name: &str, password: Option<&str>) -> Result<Vec<PrivateKey>, StoreError> {
        let password = password.map(|text| Arc::new(Password::new(text.to_owned())));
        let options = OpenOptions::with_passwords(password);
        private_keys_in(&data(name), &options, &mut NonInteractive)
    }

    #[test]
    fn private_keys_in_reads_every_file_form() {
        let expected = public_key_of(&keys("keys/P-256.pem", None).unwrap()[0]).unwrap();
        for (name, password) in [
            ("keys/P-256.sec1.pem", None),
            ("keys/P-256.encrypted.pem", Some("fixture")),
            ("files/sec1.der", None),
        ] {
            let keys = keys(name, password).unwrap();
            assert_eq!(public_key_of(&keys[0]).unwrap(), expected, "{name}");
        }
        assert_eq!(keys("files/pkcs1.der", None).unwrap().len(), 1);
        assert_eq!(keys("files/rsa.p12", Some("fixture")).unwrap().len(), 1);
        assert_eq!(keys("certificates/rsa.pem", None).unwrap().len(), 0);
    }

    #[test]
    fn private_keys_in_distinguishes_failures() {
        let error = |name, password| keys(name, password).unwrap_err();
        assert!(matches!(
            error("keys/P-256.encrypted.pem", None),
            StoreError::InteractionRequired { .. }
        ));
        assert!(matches!(
            error("files/rsa.p12", Some("wrong")),
            StoreError::WrongPassword { .. }
        ));
        assert!(matches!(
            error("no/such/file", None),
            StoreError::Damaged { .. }
        ));
    }

    #[test]
    fn certificates_in_reads_every_file_form() {
        assert_eq!(
            certificates_in(&data("certificates/ca.pem")).unwrap().len(),
            1
        );
        assert_eq!(certificates_in(&data("files/rsa.der")).unwrap().len(), 1);
        assert!(certificates_in(&data("files/chain.p7b")).unwrap().len() > 1);
        assert!(certificates_in(&data("keys/ca.pem")).unwrap().is_empty());
        let missing = certificates_in(&data("no/such/file")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
