//! What nobody is told, and what opens a sealed backup all the same: the password of each of its
//! files, and the key that this is encrypted with. The samples' private keys open them here.

use std::fs;
use std::path::{Path, PathBuf};

use certstow_core::escrow::EscrowKey;
use certstow_platform::OpenOptions;
use certstow_platform::store::NonInteractive;
use p256::pkcs8::DecodePrivateKey as _;
use rsa::pkcs1::der::Decode as _;
use rsa::pkcs8::PrivateKeyInfoRef;
use sha2::Sha256;

use crate::canary::{Canaries, private_key_der};
use crate::world::samples;

/// A sealed password begins with a length and this: the OID of EnvelopedData. A file on its way to
/// its name is known by it, too.
const ENVELOPED_DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3];

/// The samples whose certificates something is sealed to.
const RSA_KEY: &str = "ada-example.key.pem";
const EC_KEY: &str = "grace-example.pem";

/// Adds the secrets of all sealed backups in a folder, which has one at least.
pub(crate) fn add(folder: &Path, canaries: &mut Canaries) {
    let mut files = Vec::new();
    find(folder, &mut files);
    assert!(!files.is_empty(), "nothing is sealed");
    let keys = [RSA_KEY, EC_KEY].map(|name| {
        let path = Path::new(&samples()).join(name);
        EscrowKey::read(&path, &OpenOptions::default(), &mut NonInteractive).expect("a key")
    });
    for (file, sealed) in &files {
        let opened = keys.iter().find_map(|key| key.open(sealed, file).ok());
        let password = opened.expect("one of the keys opens it");
        canaries.add_password(password.expose());
        let (name, key) = content_key(sealed);
        canaries.add_bytes(name, &key);
    }
}

fn find(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, files);
            continue;
        }
        let bytes = fs::read(&path).expect("the file can be read");
        let begin = &bytes[..bytes.len().min(20)];
        let mut windows = begin.windows(ENVELOPED_DATA.len());
        if windows.any(|found| found == ENVELOPED_DATA) {
            files.push((path, bytes));
        }
    }
}

/// The key of the content where it is encrypted to an RSA key; where it is encrypted to a key on a
/// curve, the secret that the two keys agree on and that it is derived from.
fn content_key(sealed: &[u8]) -> (&'static str, Vec<u8>) {
    // OCTET STRING of 256 bytes; BIT STRING with an uncompressed point of P-256.
    if let Some(encrypted) = after(sealed, &[0x04, 0x82, 0x01, 0x00], 256) {
        let key = rsa_key().decrypt(rsa::Oaep::<Sha256>::new(), encrypted);
        return ("the content's key", key.expect("a key"));
    }
    let point = after(sealed, &[0x03, 0x42, 0x00], 65).expect("a point");
    let point = p256::PublicKey::from_sec1_bytes(point).expect("a point of the curve");
    let key = p256::SecretKey::from_pkcs8_der(&private_key_der(&sample(EC_KEY)));
    let secret = key.expect("a key").diffie_hellman(&point);
    ("the agreed secret", secret.raw_secret_bytes().to_vec())
}

fn after<'a>(bytes: &'a [u8], header: &[u8], length: usize) -> Option<&'a [u8]> {
    let at = bytes
        .windows(header.len())
        .position(|found| found == header)?;
    bytes[at + header.len()..].get(..length)
}

fn sample(name: &str) -> String {
    fs::read_to_string(Path::new(&samples()).join(name)).expect("a sample")
}

fn rsa_key() -> rsa::PrivateKey {
    let der = private_key_der(&sample(RSA_KEY));
    let info = PrivateKeyInfoRef::from_der(&der).expect("PKCS#8");
    let key = rsa::pkcs1::RsaPrivateKeyRef::from_der(info.private_key.as_bytes());
    let key = key.expect("an RSA key");
    let number = |bytes: &[u8]| rsa::BoxedUint::from_be_slice_vartime(bytes);
    rsa::PrivateKey::from_components(
        number(key.modulus.as_bytes()),
        number(key.public_exponent.as_bytes()),
        number(key.private_exponent.as_bytes()),
        vec![number(key.prime1.as_bytes()), number(key.prime2.as_bytes())],
    )
    .expect("the numbers belong together")
}
