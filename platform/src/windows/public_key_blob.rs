//! Public keys as providers give them out: the PUBLICKEYBLOB of CAPI ("Base Provider Key BLOBs" in
//! Microsoft's CryptoAPI documentation), and the BCRYPT_RSAKEY_BLOB and BCRYPT_ECCKEY_BLOB of CNG
//! (bcrypt.h). Of each, what keys are compared by is taken: the modulus, or the point of a curve.

/// PUBLICKEYBLOB and CUR_BLOB_VERSION.
const CAPI_HEADER: [u8; 2] = [6, 2];
/// RSA1, which begins the numbers of a public key, of CAPI and of CNG (BCRYPT_RSAPUBLIC_MAGIC).
const RSA: &[u8] = b"RSA1";
/// BCRYPT_ECDSA_PUBLIC_P256_MAGIC and the others of bcrypt.h: for signing and for key agreement, on the
/// curves with a number of their own and on all others.
const CURVES: [&[u8]; 8] = [
    b"ECS1", b"ECS3", b"ECS5", b"ECDP", b"ECK1", b"ECK3", b"ECK5", b"ECKP",
];

/// The modulus in a PUBLICKEYBLOB, without leading zeros; `None` if it is none of an RSA key.
pub(super) fn of_capi(blob: &[u8]) -> Option<Vec<u8>> {
    let (header, rest) = blob.split_at_checked(8)?;
    let rest = rest.strip_prefix(RSA)?;
    let (bits, rest) = number(rest)?;
    let (_exponent, rest) = number(rest)?;
    let modulus = rest.get(..(bits as usize).div_ceil(8))?;
    let is_public_key = header.starts_with(&CAPI_HEADER);
    let big_endian: Vec<u8> = modulus.iter().rev().copied().collect();
    is_public_key.then(|| without_leading_zeros(&big_endian))?
}

/// The modulus without leading zeros, or the uncompressed point, in a BCRYPT_PUBLIC_KEY_BLOB; `None` if
/// it is of another kind of key.
pub(super) fn of_cng(blob: &[u8]) -> Option<Vec<u8>> {
    let (magic, rest) = blob.split_at_checked(4)?;
    if magic == RSA {
        let (_bits, rest) = number(rest)?;
        let (exponent, rest) = number(rest)?;
        let (modulus, rest) = number(rest)?;
        // The lengths of two primes, which are not there.
        let digits = rest.get(8..)?.get(exponent as usize..)?;
        return without_leading_zeros(digits.get(..modulus as usize)?);
    }
    let (length, rest) = number(rest)?;
    let coordinates = rest.get(..(length as usize).checked_mul(2)?)?;
    let is_point = CURVES.contains(&magic) && !coordinates.is_empty();
    is_point.then(|| [&[UNCOMPRESSED], coordinates].concat())
}

/// The form of a point with both coordinates (SEC 1, 2.3.3).
const UNCOMPRESSED: u8 = 4;

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

/// `None` of zero, which is no modulus.
fn without_leading_zeros(digits: &[u8]) -> Option<Vec<u8>> {
    let first = digits.iter().position(|digit| *digit != 0)?;
    Some(digits[first..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a blob: what is to be a number is in little-endian.
    fn blob(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    fn of(number: u32) -> [u8; 4] {
        number.to_le_bytes()
    }

    #[test]
    fn of_capi_gives_modulus() {
        let whole = blob(&[
            &[6, 2, 0, 0, 0, 0xa4, 0, 0],
            b"RSA1",
            &of(24),
            &of(65_537),
            &[1, 2, 3],
        ]);
        assert_eq!(of_capi(&whole), Some(vec![3, 2, 1]));
        for length in 0..whole.len() {
            assert_eq!(of_capi(&whole[..length]), None, "{length}");
        }
        // A private key, and one of another kind.
        let mut private = whole.clone();
        private[0] = 7;
        let mut other = whole;
        other[8..12].copy_from_slice(b"DSS1");
        assert_eq!((of_capi(&private), of_capi(&other)), (None, None));
    }

    #[test]
    fn of_cng_gives_modulus_or_point() {
        let rsa = blob(&[
            b"RSA1",
            &of(16),
            &of(3),
            &of(3),
            &of(0),
            &of(0),
            &[1, 0, 1],
            &[0, 0xab, 0xcd],
        ]);
        assert_eq!(of_cng(&rsa), Some(vec![0xab, 0xcd]));
        let point = blob(&[b"ECS1", &of(2), &[1, 2, 3, 4]]);
        assert_eq!(of_cng(&point), Some(vec![4, 1, 2, 3, 4]));
        for whole in [&rsa, &point] {
            for length in 0..whole.len() {
                assert_eq!(of_cng(&whole[..length]), None, "{length}");
            }
        }
        // A private key, and a length beyond any memory.
        let private = blob(&[b"ECS2", &of(2), &[1, 2, 3, 4, 5, 6]]);
        let long = blob(&[b"ECS1", &of(u32::MAX), &[1, 2]]);
        assert_eq!((of_cng(&private), of_cng(&long)), (None, None));
    }
}
