//! PKCS#12 files of several identities.

use certstow_platform::pkcs12::kdf::{Digest, PasswordForm};
use certstow_platform::pkcs12::pbe::{Cipher, Scheme};
use certstow_platform::secret::Password;

use super::Identity;

#[path = "../../platform/tests/support/pkcs12.rs"]
pub(crate) mod support;

/// What opens them.
pub(crate) const PASSWORD: &str = "fixture";

/// Encrypts under this salt, by which the derivations of a test are counted.
pub(crate) fn scheme(salt: u8) -> Scheme {
    Scheme::Pbes2 {
        cipher: Cipher::Aes256,
        iv: vec![3; 16],
        prf: Digest::Sha256,
        salt: vec![salt; 16],
        iterations: 10,
    }
}

/// These identities, every private key under this salt; the certificates open, or encrypted under
/// another.
pub(crate) fn pkcs12(identities: &[Identity], salt: u8, certificates_open: bool) -> Vec<u8> {
    let password = Password::new(PASSWORD.to_owned());
    let password = PasswordForm::Text(&password);
    let ids = |at: usize| [support::local_key_id(at as u8)];
    let keys = identities.iter().enumerate().map(|(at, identity)| {
        support::shrouded_key(identity.key.expose(), &scheme(salt), password, &ids(at))
    });
    let keys: Vec<_> = keys.collect();
    let leaves = identities.iter().enumerate();
    let leaves = leaves.map(|(at, identity)| support::certificate(identity.leaf.der(), &ids(at)));
    let leaves: Vec<_> = leaves.collect();
    let certificates = match certificates_open {
        true => support::plain(&leaves),
        false => support::encrypted(&support::pbes2(10), password, &leaves),
    };
    let mac = support::mac(10);
    support::file(
        &[certificates, support::plain(&keys)],
        Some((&mac, password)),
    )
}
