//! Keys from passwords: the derivation of PKCS#12 (RFC 7292, appendix B.2), PBKDF1 and PBKDF2 (RFC 8018,
//! sections 5.1 and 5.2), and scrypt (RFC 7914). With SHA-256, what most files use now, the first and
//! PBKDF2 have a faster way of their own.

mod sha256;

use std::sync::{Mutex, PoisonError};

use ::pbkdf2::pbkdf2_hmac;
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha384, Sha512, Sha512_224, Sha512_256};
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
    /// A text as OpenSSL up to 1.0 and LibreSSL turn it into a BMPString: octet by octet of its UTF-8,
    /// each as a character. It differs where there is a character beyond ASCII.
    Widened(&'a Password),
    /// A text as NSS up to 3.30 handed it to PBKDF2: as the BMPString of PKCS#12.
    BmpInPbkdf2(&'a Password),
}

impl<'a> PasswordForm<'a> {
    /// Whether there is nothing in it, in either form.
    pub fn is_empty(self) -> bool {
        self.text().is_none_or(Password::is_empty)
    }

    /// The password itself.
    pub(super) fn text(self) -> Option<&'a Password> {
        match self {
            Self::Text(password) | Self::Widened(password) | Self::BmpInPbkdf2(password) => {
                Some(password)
            }
            Self::Null => None,
        }
    }

    /// The zero-terminated BMPString of RFC 7292, appendix B.1. Characters beyond the Basic
    /// Multilingual Plane become surrogate pairs, as OpenSSL, NSS, GnuTLS and Windows have them.
    fn bmp(self) -> Zeroizing<Vec<u8>> {
        let Some(password) = self.text() else {
            return Zeroizing::default();
        };
        let text = password.expose();
        let mut bmp = Zeroizing::new(Vec::with_capacity(2 * text.len() + 2));
        let mut push = |unit: u16| bmp.extend_from_slice(&unit.to_be_bytes());
        match self {
            Self::Widened(_) => text.bytes().for_each(|octet| push(octet.into())),
            _ => text.encode_utf16().for_each(&mut push),
        }
        push(0);
        bmp
    }

    /// What PKCS#5 schemes take: the UTF-8.
    pub(super) fn octets(self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::BmpInPbkdf2(_) => self.bmp(),
            _ => {
                let text = self
                    .text()
                    .map_or(&b""[..], |text| text.expose().as_bytes());
                Zeroizing::new(text.to_vec())
            }
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
        Digest::Sha512_224 => repeat::<Sha512_224>(input, again),
        Digest::Sha512_256 => repeat::<Sha512_256>(input, again),
        Digest::Md5 => repeat::<Md5>(input, again),
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
    pbkdf2_of_octets(prf, &password.octets(), salt, iterations, length)
}

/// [`pbkdf2`] of a password that is no text.
pub(crate) fn pbkdf2_of_octets(
    prf: Digest,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let mut derived = Zeroizing::new(vec![0; length]);
    match prf {
        Digest::Sha1 => pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut derived),
        Digest::Sha224 => pbkdf2_hmac::<Sha224>(password, salt, iterations, &mut derived),
        Digest::Sha256 => pbkdf2_sha256(password, salt, iterations, &mut derived),
        Digest::Sha384 => pbkdf2_hmac::<Sha384>(password, salt, iterations, &mut derived),
        Digest::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, iterations, &mut derived),
        Digest::Sha512_224 => pbkdf2_hmac::<Sha512_224>(password, salt, iterations, &mut derived),
        Digest::Sha512_256 => pbkdf2_hmac::<Sha512_256>(password, salt, iterations, &mut derived),
        Digest::Md5 => pbkdf2_hmac::<Md5>(password, salt, iterations, &mut derived),
    }
    derived
}

/// A whole hash by PBKDF1: what PBES1 takes key and vector from.
pub(crate) fn pbkdf1(
    digest: Digest,
    password: PasswordForm<'_>,
    salt: &[u8],
    iterations: u32,
) -> Zeroizing<Vec<u8>> {
    pbkdf1_of_octets(digest, &password.octets(), salt, iterations)
}

/// [`pbkdf1`] of a password that is no text.
pub(crate) fn pbkdf1_of_octets(
    digest: Digest,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
) -> Zeroizing<Vec<u8>> {
    let mut input = Zeroizing::new(Vec::with_capacity(password.len() + salt.len()));
    input.extend_from_slice(password);
    input.extend_from_slice(salt);
    repeated_hash(digest, &input, iterations)
}

/// What scrypt costs (RFC 7914, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScryptCost {
    /// The base-2 logarithm of N.
    pub log_n: u8,
    /// The size of a block, r.
    pub block_size: u32,
    /// The parallelization, p.
    pub parallelization: u32,
}

impl ScryptCost {
    /// The most memory one derivation may take, in MiB.
    pub(crate) const MAX_MEBIBYTES: u64 = 256;

    /// N times r times p, which is about how many iterations of PBKDF2-HMAC-SHA256 take as long.
    pub fn iterations(self) -> u32 {
        let (r, p) = (u64::from(self.block_size), u64::from(self.parallelization));
        let product = 1_u64.checked_shl(self.log_n.into());
        let product = product.and_then(|n| n.checked_mul(r)?.checked_mul(p));
        product
            .and_then(|product| product.try_into().ok())
            .unwrap_or(u32::MAX)
    }

    /// The memory it takes, in MiB: 128 octets N times r, and the same r times p.
    pub(crate) fn mebibytes(self) -> u64 {
        let (r, p) = (
            u128::from(self.block_size),
            u128::from(self.parallelization),
        );
        let blocks = (1_u128 << self.log_n.min(63)) + p;
        u64::try_from((128 * r * blocks) >> 20).unwrap_or(u64::MAX)
    }

    fn params(self) -> Option<::scrypt::Params> {
        ::scrypt::Params::new(self.log_n, self.block_size, self.parallelization).ok()
    }

    /// Whether there is such a scrypt.
    pub(crate) fn is_possible(self) -> bool {
        self.params().is_some()
    }
}

/// `length` bytes by scrypt. One derivation runs at a time, however many threads ask, for the sake of
/// memory.
///
/// # Panics
/// If there is no scrypt of this cost.
pub(crate) fn scrypt(
    password: PasswordForm<'_>,
    salt: &[u8],
    cost: ScryptCost,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut derived = Zeroizing::new(vec![0; length]);
    let password = &password.octets()[..];
    let done = cost
        .params()
        .map(|params| ::scrypt::scrypt(password, salt, &params, &mut derived));
    assert!(
        matches!(done, Some(Ok(()))),
        "the cost and the length were checked when they were read"
    );
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
