//! The PRIVATEKEYBLOB that CAPI exports an RSA key in: a BLOBHEADER, an RSAPUBKEY, and the numbers
//! of the key, little-endian and of fixed lengths ("Base Provider Key BLOBs" in Microsoft's
//! CryptoAPI documentation). It is turned into the `RSAPrivateKey` of RFC 8017, and that into
//! PKCS#8.

use zeroize::Zeroizing;

use crate::key;
use crate::pkcs12::der::{self, INTEGER};
use crate::secret::PrivateKey;

/// PRIVATEKEYBLOB.
const BLOB_TYPE: u8 = 7;
/// CUR_BLOB_VERSION.
const BLOB_VERSION: u8 = 2;
/// CALG_RSA_KEYX and CALG_RSA_SIGN.
const RSA_ALGORITHMS: [u32; 2] = [0xA400, 0x2400];
/// RSA2, which begins the numbers of a private key.
const MAGIC: &[u8] = b"RSA2";
/// Longer keys do not exist in CAPI, whose providers stop at 16384 bits.
const MAX_BITS: u32 = 65_536;

/// Turns a blob into PKCS#8.
///
/// # Errors
/// What the blob is instead of an RSA key, as a clause.
pub(super) fn to_pkcs8(blob: &[u8]) -> Result<PrivateKey, String> {
    let key = RsaBlob::read(blob)?;
    let pkcs1 = key.to_pkcs1();
    key::from_pkcs1(&pkcs1).map_err(|error| error.to_string())
}

/// The numbers of an RSA key, little-endian: modulus, public exponent, private exponent, primes,
/// their exponents and the coefficient, in the order of RFC 8017.
struct RsaBlob<'a>([&'a [u8]; 8]);

impl<'a> RsaBlob<'a> {
    fn read(blob: &'a [u8]) -> Result<Self, String> {
        let short = || "its PRIVATEKEYBLOB is too short".to_owned();
        let mut rest = blob;
        let mut take = |length: usize| -> Result<&'a [u8], String> {
            let (taken, behind) = rest.split_at_checked(length).ok_or_else(short)?;
            rest = behind;
            Ok(taken)
        };
        let header = take(4)?;
        if header[..2] != [BLOB_TYPE, BLOB_VERSION] {
            return Err("what its provider gives is no PRIVATEKEYBLOB".to_owned());
        }
        let algorithm = number(take(4)?);
        if !RSA_ALGORITHMS.contains(&algorithm) || take(4)? != MAGIC {
            return Err(format!(
                "it is no RSA key (CAPI algorithm 0x{algorithm:04X})"
            ));
        }
        let bits = number(take(4)?);
        if bits > MAX_BITS {
            return Err(format!("its length of {bits} bits is out of bounds"));
        }
        let exponent = take(4)?;
        let length = bits.div_ceil(8) as usize;
        let half = bits.div_ceil(16) as usize;
        let modulus = take(length)?;
        let [p, q, dp, dq, coefficient] = [
            take(half)?,
            take(half)?,
            take(half)?,
            take(half)?,
            take(half)?,
        ];
        let private = take(length)?;
        Ok(Self([
            modulus,
            exponent,
            private,
            p,
            q,
            dp,
            dq,
            coefficient,
        ]))
    }

    /// The DER of an `RSAPrivateKey` with two primes.
    fn to_pkcs1(&self) -> Zeroizing<Vec<u8>> {
        const VERSION_0: [u8; 3] = [INTEGER, 1, 0];
        let numbers = self.0.map(integer);
        let mut parts: Vec<&[u8]> = vec![&VERSION_0];
        parts.extend(numbers.iter().map(|number| number.as_slice()));
        Zeroizing::new(der::sequence(&parts))
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u32::from(byte))
}

/// The DER `INTEGER` of an unsigned little-endian number.
fn integer(little_endian: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut digits = Zeroizing::new(Vec::with_capacity(little_endian.len()));
    let leading = little_endian
        .iter()
        .rev()
        .take_while(|&&byte| byte == 0)
        .count();
    digits.extend(little_endian.iter().rev().skip(leading));
    // DER numbers are signed, and zero has a digit.
    let sign: &[u8] = match digits.first() {
        Some(0..0x80) => &[],
        Some(_) | None => &[0],
    };
    Zeroizing::new(der::value(INTEGER, &[sign, &digits]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What OpenSSL made of `keys/rsa.pem` (tests/data/make.sh).
    const BLOB: &[u8] = include_bytes!("../../tests/data/keys/rsa.blob");

    fn pkcs8() -> Vec<u8> {
        let pem = include_bytes!("../../tests/data/keys/rsa.pem");
        pem_rfc7468::decode_vec(pem).unwrap().1
    }

    #[test]
    fn a_blob_becomes_the_key_it_was_made_of() {
        assert_eq!(to_pkcs8(BLOB).unwrap().expose(), pkcs8());
        // A key for signatures only differs in its algorithm.
        let mut signing = BLOB.to_vec();
        signing[4..8].copy_from_slice(&0x2400u32.to_le_bytes());
        assert_eq!(to_pkcs8(&signing).unwrap().expose(), pkcs8());
    }

    #[test]
    fn a_blob_cut_off_anywhere_is_refused() {
        for length in 0..BLOB.len() {
            assert!(to_pkcs8(&BLOB[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn what_is_no_rsa_key_is_named() {
        let changed = |at: usize, bytes: &[u8]| {
            let mut blob = BLOB.to_vec();
            blob[at..at + bytes.len()].copy_from_slice(bytes);
            to_pkcs8(&blob).map(|_| ()).unwrap_err()
        };
        // CALG_DSS_SIGN and its magic; a public key; a length that no memory holds.
        assert!(
            changed(4, &0x2200u32.to_le_bytes()).contains("no RSA key (CAPI algorithm 0x2200)")
        );
        assert!(changed(8, b"DSS2").contains("no RSA key"));
        assert!(changed(0, &[6]).contains("no PRIVATEKEYBLOB"));
        assert!(changed(12, &u32::MAX.to_le_bytes()).contains("out of bounds"));
    }

    #[test]
    fn integers_are_der() {
        let der = |bytes: &[u8]| integer(bytes).to_vec();
        assert_eq!(der(&[1, 0, 1, 0]), [2, 3, 1, 0, 1]);
        assert_eq!(der(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(der(&[0x7f, 0]), [2, 1, 0x7f]);
        assert_eq!(der(&[0, 0]), [2, 1, 0]);
    }
}
