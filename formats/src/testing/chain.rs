//! The certificates and keys of `tests/data/chain`, which says where they come from.

use std::fs;
use std::path::Path;

use x509_parser::pem::Pem;
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::secret::PrivateKey;

fn blocks(file: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/chain");
    let text = fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    Pem::iter_from_buffer(&text)
        .map(|block| block.unwrap().contents)
        .collect()
}

/// All certificates of a file, in its order.
pub fn certificates(name: &str) -> Vec<Certificate> {
    let blocks = blocks(&format!("{name}.pem"));
    blocks
        .iter()
        .map(|der| Certificate::from_der(der).unwrap())
        .collect()
}

/// The only certificate of a file.
pub fn certificate(name: &str) -> Certificate {
    let [certificate] = <[Certificate; 1]>::try_from(certificates(name)).unwrap();
    certificate
}

/// A private key.
pub fn key(name: &str) -> PrivateKey {
    PrivateKey::from_pkcs8_der(Zeroizing::new(blocks(&format!("{name}.key")).remove(0)))
}
