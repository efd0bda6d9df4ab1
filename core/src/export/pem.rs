//! PEM (RFC 7468): the private key as PKCS#8, encrypted with PBES2 (RFC 8018) unless the user
//! wants it in the clear, then the certificate, then its path, as web servers read it.

use certstow_formats::certificate::Certificate;
use certstow_formats::chain::Path;
use certstow_formats::pem::{self, CERTIFICATE, ENCRYPTED_KEY, KEY};
use certstow_formats::pkcs12::encrypted_key::encrypt_private_key;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::pbe;
use certstow_formats::pkcs12::profile::Iterations;
use certstow_formats::proof::{self, Proof};
use certstow_formats::secret::{Password, PrivateKey};
use zeroize::Zeroizing;

use crate::error::Error;

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
            sealed = encrypt_private_key(key, password, iterations.get())
                .map_err(Error::no_randomness)?;
            (ENCRYPTED_KEY, sealed.as_slice())
        }
        None => (KEY, key.expose()),
    };
    let certificates = std::iter::once(leaf).chain(issuers);
    let blocks: Vec<pem::Block<'_>> = std::iter::once(key_block)
        .chain(certificates.map(|certificate| (CERTIFICATE, certificate.der())))
        .map(|(label, der)| pem::Block::new(label, der))
        .collect();
    pem::join(&blocks).map_err(|error| Error::Io {
        place: "the PEM form of the identity".to_owned(),
        source: std::io::Error::other(error.to_string()),
    })
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
    let mut checks = match proof::prove(&read_key, leaf) {
        Ok(Proof::Signature) => vec!["key", "signature"],
        Ok(Proof::PublicKey(_)) => vec!["key"],
        Ok(Proof::None(_)) => Vec::new(),
        Err(error) => return Err(format!("as read back, {error}")),
    };
    let path: Vec<Certificate> = [leaf].into_iter().chain(issuers).cloned().collect();
    let found: Vec<_> = blocks.collect();
    let same = found.len() == path.len()
        && found
            .iter()
            .zip(&path)
            .all(|((label, der), meant)| *label == CERTIFICATE && der.as_slice() == meant.der());
    if !same {
        return Err("the file holds other certificates".to_owned());
    }
    checks.push("certificates");
    Path::links(&path)?;
    checks.push("path");
    Ok(checks)
}

/// A block's label and content.
type Block = (&'static str, Zeroizing<Vec<u8>>);

/// The blocks of a PEM file that consists of nothing else.
fn split(bytes: &[u8]) -> Result<Vec<Block>, String> {
    let broken = || "the file is no readable PEM".to_owned();
    let text = std::str::from_utf8(bytes).map_err(|_| broken())?;
    let begins: Vec<usize> = text
        .match_indices("-----BEGIN ")
        .map(|(at, _)| at)
        .collect();
    if begins.first() != Some(&0) {
        return Err(broken());
    }
    let ends = begins.iter().skip(1).copied().chain([text.len()]);
    begins
        .iter()
        .zip(ends)
        .map(|(&begin, end)| {
            let block = &text.as_bytes()[begin..end];
            let (label, der) = pem_rfc7468::decode_vec(block).map_err(|_| broken())?;
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
    use certstow_formats::testing::identities::{self, Identity};

    fn joined(blocks: &[(&str, &[u8])]) -> Zeroizing<Vec<u8>> {
        let blocks = blocks
            .iter()
            .map(|(label, der)| pem::Block::new(label, der));
        pem::join(&Vec::from_iter(blocks)).unwrap()
    }

    #[test]
    fn split_round_trips_joined_blocks() {
        let text = joined(&[(KEY, &[1; 100]), (CERTIFICATE, &[2; 3])]);
        let blocks = split(&text).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!((blocks[0].0, blocks[0].1.as_slice()), (KEY, &[1; 100][..]));
        assert_eq!(
            (blocks[1].0, blocks[1].1.as_slice()),
            (CERTIFICATE, &[2; 3][..])
        );
    }

    #[test]
    fn split_rejects_a_truncated_file() {
        let text = joined(&[(KEY, &[1; 100]), (CERTIFICATE, &[2; 30])]);
        let whole = text.len();
        // Between two blocks, what remains is a whole file; that it is too short, `verify` finds.
        let torn = |&length: &usize| !text[..length].trim_ascii_end().ends_with(b"KEY-----");
        for length in (0..whole - 1).filter(torn) {
            assert!(split(&text[..length]).is_err(), "{length}");
        }
        assert!(split(&[0xff]).is_err());
        assert!(split(b"something before\n-----BEGIN KEY-----\n").is_err());
    }

    /// The file of `identity`, and what [`verify`] says of `bytes` as that file.
    fn verdict(identity: &Identity, change: fn(&mut Vec<u8>)) -> Result<Vec<&'static str>, String> {
        let Identity { key, leaf, issuers } = identity;
        let password = Password::new("correct horse".to_owned());
        let iterations = Iterations::new(2).unwrap();
        let file = encode(key, Some(&password), iterations, leaf, issuers).unwrap();
        let mut bytes = file.to_vec();
        change(&mut bytes);
        verify(&bytes, key, Some(&password), leaf, issuers)
    }

    #[test]
    fn verify_rejects_a_changed_file() {
        let identity = identities::ec_identity();
        assert_eq!(
            verdict(&identity, |_| {}).unwrap(),
            ["key", "signature", "certificates", "path"]
        );
        let cut: fn(&mut Vec<u8>) = |bytes| bytes.truncate(bytes.len() / 2);
        let twice: fn(&mut Vec<u8>) = |bytes| bytes.extend(bytes.clone());
        let flipped: fn(&mut Vec<u8>) = |bytes| {
            let at = bytes.len() - 200;
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        };
        for change in [cut, twice, flipped] {
            assert!(verdict(&identity, change).is_err());
        }
    }

    #[test]
    fn verify_rejects_mismatched_key_and_broken_path() {
        let foreign = Identity {
            key: identities::foreign_key(),
            ..identities::ec_identity()
        };
        assert!(
            verdict(&foreign, |_| {})
                .unwrap_err()
                .contains("another certificate")
        );
        let mut broken = identities::ec_identity();
        broken.issuers[0] = identities::with_broken_signature(&broken.issuers[0]);
        assert!(verdict(&broken, |_| {}).unwrap_err().contains("path"));
    }
}
