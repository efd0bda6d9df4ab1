//! Keys from passwords: the derivation of PKCS#12 (RFC 7292, appendix B.2) and PBKDF2 (RFC 8018,
//! section 5.2). With SHA-256, what most files use now, both have a faster way of their own.

mod sha256;

use ::pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha224, Sha384, Sha512};
use zeroize::{Zeroize, Zeroizing};

pub use crate::hash::Digest;
use crate::secret::Password;

/// A password as PKCS#12 knows it. Its two empty passwords differ: .NET's null password is no
/// bytes at all, the empty text is the two zero bytes that end every text.
#[derive(Debug, Clone, Copy)]
pub enum PasswordForm<'a> {
    /// A text, which may be empty.
    Text(&'a Password),
    /// No password.
    Null,
}

impl PasswordForm<'_> {
    /// Whether there is nothing in it, in either form.
    pub fn is_empty(self) -> bool {
        match self {
            Self::Text(password) => password.is_empty(),
            Self::Null => true,
        }
    }

    /// The zero-terminated BMPString of RFC 7292, appendix B.1. Characters beyond the Basic
    /// Multilingual Plane become surrogate pairs, as OpenSSL, NSS, GnuTLS and Windows have them.
    fn bmp(self) -> Zeroizing<Vec<u8>> {
        let Self::Text(password) = self else {
            return Zeroizing::default();
        };
        let text = password.expose();
        let mut bmp = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
        text.encode_utf16()
            .for_each(|unit| bmp.extend_from_slice(&unit.to_be_bytes()));
        bmp.extend_from_slice(&[0, 0]);
        bmp
    }

    /// The UTF-8 bytes that PKCS#5 schemes take.
    fn utf8(&self) -> &[u8] {
        match self {
            Self::Text(password) => password.expose().as_bytes(),
            Self::Null => &[],
        }
    }
}

/// How many chains of hashes a key of this length takes, with either derivation: each gives as
/// many bytes as the hash has, and costs all the iterations again.
pub(super) fn chains(digest: Digest, length: usize) -> u64 {
    length.div_ceil(digest.length()).max(1) as u64
}

/// What a key of the PKCS#12 derivation is for: the ID of RFC 7292, appendix B.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// An encryption key.
    Key = 1,
    /// An initialization vector.
    Iv = 2,
    /// A MAC key.
    Mac = 3,
}

/// `length` bytes by the derivation of RFC 7292, appendix B.2.
pub(crate) fn pkcs12(
    digest: Digest,
    password: PasswordForm<'_>,
    salt: &[u8],
    purpose: Purpose,
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = digest.block();
    let mut input = first_input(digest, password, salt, purpose);
    let mut derived = Zeroizing::new(Vec::with_capacity(length));
    loop {
        let hash = repeated_hash(digest, &input, iterations);
        let wanted = length - derived.len();
        derived.extend(hash.iter().take(wanted));
        if wanted <= hash.len() {
            return derived;
        }
        // I_j = (I_j + B + 1) mod 2^v, for each block of I.
        for part in input.chunks_exact_mut(block).skip(1) {
            let mut carry = 1_u16;
            for (byte, added) in part.iter_mut().rev().zip((0..block).rev()) {
                let addend = hash.get(added % hash.len()).copied().unwrap_or_default();
                carry += u16::from(*byte) + u16::from(addend);
                *byte = carry as u8;
                carry >>= 8;
            }
        }
    }
}

/// D and I of the document, in one buffer: what is hashed first is both.
fn first_input(
    digest: Digest,
    password: PasswordForm<'_>,
    salt: &[u8],
    purpose: Purpose,
) -> Zeroizing<Vec<u8>> {
    let password = password.bmp();
    let block = digest.block();
    let (salt_length, password_length) = (
        salt.len().next_multiple_of(block),
        password.len().next_multiple_of(block),
    );
    let mut input = Zeroizing::new(Vec::with_capacity(block + salt_length + password_length));
    input.resize(block, purpose as u8);
    input.extend(salt.iter().cycle().take(salt_length));
    input.extend(password.iter().cycle().take(password_length));
    input
}

/// H(H(... H(input))), `iterations` times, at least once.
fn repeated_hash(digest: Digest, input: &[u8], iterations: u32) -> Zeroizing<Vec<u8>> {
    let again = iterations.saturating_sub(1);
    match digest {
        Digest::Sha1 => repeat::<Sha1>(input, again),
        Digest::Sha224 => repeat::<Sha224>(input, again),
        Digest::Sha256 => Zeroizing::new(sha256::repeated_hash(input, iterations).to_vec()),
        Digest::Sha384 => repeat::<Sha384>(input, again),
        Digest::Sha512 => repeat::<Sha512>(input, again),
    }
}

fn repeat<D: sha2::Digest>(input: &[u8], again: u32) -> Zeroizing<Vec<u8>> {
    let mut hash = D::digest(input);
    for _ in 0..again {
        hash = D::digest(&hash);
    }
    let result = Zeroizing::new(hash.to_vec());
    hash.as_mut_slice().zeroize();
    result
}

/// `length` bytes by PBKDF2 with HMAC.
pub fn pbkdf2(
    prf: Digest,
    password: PasswordForm<'_>,
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let mut derived = Zeroizing::new(vec![0; length]);
    let password = password.utf8();
    match prf {
        Digest::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut derived),
        Digest::Sha224 => pbkdf2_hmac::<Sha224>(password, salt, iterations, &mut derived),
        Digest::Sha256 => pbkdf2_sha256(password, salt, iterations, &mut derived),
        Digest::Sha384 => pbkdf2_hmac::<Sha384>(password, salt, iterations, &mut derived),
        Digest::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, iterations, &mut derived),
    }
    derived
}

fn pbkdf2_sha256(password: &[u8], salt: &[u8], iterations: u32, derived: &mut [u8]) {
    for (number, part) in (1..).zip(derived.chunks_mut(sha256::LENGTH)) {
        let block = sha256::pbkdf2_block(password, salt, number, iterations);
        part.copy_from_slice(&block[..part.len()]);
    }
}

#[cfg(test)]
mod tests;
