//! PEM (RFC 7468): the private key as PKCS#8, encrypted with PBES2 (RFC 8018) unless the user
//! wants it in the clear, then the certificate, then its path, as web servers read it.

use certstow_platform::certificate::Certificate;
use certstow_platform::pkcs12::kdf::{Digest, PasswordForm};
use certstow_platform::pkcs12::pbe::{self, Cipher, Scheme};
use certstow_platform::secret::{Password, PrivateKey};
use pem_rfc7468::LineEnding;
use zeroize::Zeroizing;

use super::certificates::tlv;
use super::no_randomness;
use crate::error::Error;
use crate::pkcs12::profile::Iterations;
use crate::proof;

const ENCRYPTED_KEY: &str = "ENCRYPTED PRIVATE KEY";
const KEY: &str = "PRIVATE KEY";
const CERTIFICATE: &str = "CERTIFICATE";

/// The whole file. Without a password the key is in the clear.
pub(super) fn encode(
    key: &PrivateKey,
    password: Option<&Password>,
    iterations: Iterations,
    leaf: &Certificate,
    issuers: &[Certificate],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let sealed;
    let key_block = match password {
        Some(password) => {
            sealed = encrypt(key, password, iterations)?;
            (ENCRYPTED_KEY, sealed.as_slice())
        }
        None => (KEY, key.expose()),
    };
    let certificates = std::iter::once(leaf).chain(issuers);
    let blocks: Vec<(&str, &[u8])> = std::iter::once(key_block)
        .chain(certificates.map(|certificate| (CERTIFICATE, certificate.der())))
        .collect();
    join(&blocks).map_err(|error| Error::Io {
        place: "the PEM form of the identity".to_owned(),
        source: std::io::Error::other(error.to_string()),
    })
}

/// Writes the blocks into one buffer of the final size, so that no copy of a key stays behind.
fn join(blocks: &[(&str, &[u8])]) -> Result<Zeroizing<Vec<u8>>, pem_rfc7468::Error> {
    let mut length = 0;
    for (label, der) in blocks {
        length += pem_rfc7468::encoded_len(label, LineEnding::LF, der)?;
    }
    let mut text = Zeroizing::new(vec![0; length]);
    let mut written = 0;
    for (label, der) in blocks {
        written += pem_rfc7468::encode(label, LineEnding::LF, der, &mut text[written..])?.len();
    }
    text.truncate(written);
    Ok(text)
}

/// DER of an `EncryptedPrivateKeyInfo` (RFC 5958 section 3).
fn encrypt(
    key: &PrivateKey,
    password: &Password,
    iterations: Iterations,
) -> Result<Vec<u8>, Error> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(no_randomness)?;
    let (salt, iv) = random.split_at(16);
    let scheme = Scheme::Pbes2 {
        cipher: Cipher::Aes256,
        iv: iv.to_vec(),
        prf: Digest::Sha256,
        salt: salt.to_vec(),
        iterations: iterations.get(),
    };
    let ciphertext = scheme.encrypt(PasswordForm::Text(password), key.expose());
    Ok(tlv(0x30, &[&scheme.to_der(), &tlv(4, &[&ciphertext])]))
}

/// Reads the blocks, opens the key, compares everything with what was meant and has the key
/// sign for the certificate.
pub(super) fn verify(
    bytes: &[u8],
    key: &PrivateKey,
    password: Option<&Password>,
    leaf: &Certificate,
    issuers: &[Certificate],
) -> Result<Vec<&'static str>, String> {
    let mut blocks = split(bytes)?.into_iter();
    let read_key = match (blocks.next(), password) {
        (Some((ENCRYPTED_KEY, der)), Some(password)) => {
            let form = PasswordForm::Text(password);
            pbe::decrypt_private_key(&der, form, Iterations::MAX)
                .map_err(|_| "key: the password does not open it".to_owned())?
        }
        (Some((KEY, der)), None) => PrivateKey::from_pkcs8_der(der),
        _ => return Err("key: the file does not begin with it".to_owned()),
    };
    if read_key.expose() != key.expose() {
        return Err("key: the file holds another key".to_owned());
    }
    proof::prove(&read_key, leaf).map_err(|error| format!("signature: {error:?}"))?;
    let certificates: Vec<_> = blocks.collect();
    let expected = std::iter::once(leaf).chain(issuers);
    let same = certificates.len() == issuers.len() + 1
        && certificates
            .iter()
            .zip(expected)
            .all(|((label, der), meant)| *label == CERTIFICATE && der.as_slice() == meant.der());
    if !same {
        return Err("path: the file holds other certificates".to_owned());
    }
    Ok(vec!["key", "signature", "leaf", "path"])
}

/// The blocks of a PEM file, each with its label.
fn split(bytes: &[u8]) -> Result<Vec<(&'static str, Zeroizing<Vec<u8>>)>, String> {
    let broken = || "the file is no readable PEM".to_owned();
    let text = std::str::from_utf8(bytes).map_err(|_| broken())?;
    text.split_inclusive("-----END ")
        .skip(1)
        .zip(text.match_indices("-----BEGIN "))
        .map(|(tail, (begin, _))| {
            // The block runs to the end of the line that the next part begins with.
            let end = tail.find('\n').ok_or_else(broken)?;
            let tail_at = tail.as_ptr() as usize - text.as_ptr() as usize;
            let block = text.get(begin..=tail_at + end).ok_or_else(broken)?;
            let (label, der) = pem_rfc7468::decode_vec(block.as_bytes()).map_err(|_| broken())?;
            let der = Zeroizing::new(der);
            let label = [ENCRYPTED_KEY, KEY, CERTIFICATE]
                .into_iter()
                .find(|known| *known == label);
            Ok((label.ok_or_else(broken)?, der))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_written_and_split_again() {
        let text = join(&[(KEY, &[1; 100]), (CERTIFICATE, &[2; 3])]).unwrap();
        let blocks = split(&text).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!((blocks[0].0, blocks[0].1.as_slice()), (KEY, &[1; 100][..]));
        assert_eq!(
            (blocks[1].0, blocks[1].1.as_slice()),
            (CERTIFICATE, &[2; 3][..])
        );
    }

    #[test]
    fn a_torn_file_is_an_error() {
        let text = join(&[(KEY, &[1; 100])]).unwrap();
        for length in [text.len() - 3, text.len() / 2] {
            assert!(
                split(&text[..length]).is_ok_and(|blocks| blocks.is_empty())
                    || split(&text[..length]).is_err()
            );
        }
        assert!(split(&[0xff]).is_err());
    }
}
