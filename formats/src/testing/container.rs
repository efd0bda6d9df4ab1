//! PKCS#12 files of several identities.

use super::identities::Identity;
use super::{PASSWORD, writer};
use crate::pkcs12::kdf::{Digest, PasswordForm};
use crate::pkcs12::pbe::{Cipher, Scheme};
use crate::secret::Password;

/// Encrypts under this salt, by which the derivations of a test are counted.
pub fn scheme(salt: u8) -> Scheme {
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
pub fn pkcs12(identities: &[Identity], salt: u8, certificates_open: bool) -> Vec<u8> {
    let password = Password::new(PASSWORD.to_owned());
    let password = PasswordForm::Text(&password);
    let ids = |at: usize| [writer::local_key_id(at as u8)];
    let keys = identities.iter().enumerate().map(|(at, identity)| {
        writer::shrouded_key(identity.key.expose(), &scheme(salt), password, &ids(at))
    });
    let keys: Vec<_> = keys.collect();
    let leaves = identities.iter().enumerate();
    let leaves = leaves.map(|(at, identity)| writer::certificate(identity.leaf.der(), &ids(at)));
    let leaves: Vec<_> = leaves.collect();
    let certificates = match certificates_open {
        true => writer::plain(&leaves),
        false => writer::encrypted(&writer::pbes2(10), password, &leaves),
    };
    let mac = writer::mac(10);
    writer::file(
        &[certificates, writer::plain(&keys)],
        Some((&mac, password)),
    )
}
