//! The PRIVATEKEYBLOB that CAPI exports an RSA key in: a BLOBHEADER, an RSAPUBKEY, and the numbers
//! of the key, little-endian and of fixed lengths ("Base Provider Key BLOBs" in Microsoft's
//! CryptoAPI documentation). It is turned into the `RSAPrivateKey` of RFC 8017, and that into
//! PKCS#8; and back, for CAPI to import.

use certstow_formats::der::{self, INTEGER};
use certstow_formats::key::{self, forms};
use certstow_formats::secret::PrivateKey;
use zeroize::Zeroizing;

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
    const VERSION_0: [u8; 3] = [INTEGER, 1, 0];
    let numbers = numbers(blob)?.map(integer);
    let mut parts: Vec<&[u8]> = vec![&VERSION_0];
    parts.extend(numbers.iter().map(|number| number.as_slice()));
    let pkcs1 = Zeroizing::new(der::sequence(&parts));
    key::from_pkcs1(&pkcs1).map_err(|error| error.to_string())
}

/// Turns PKCS#8 into the blob of a key that may both sign and decrypt (CALG_RSA_KEYX).
///
/// # Errors
/// Why CAPI cannot keep the key, as a clause.
pub(super) fn of_pkcs8(pkcs8: &PrivateKey) -> Result<Zeroizing<Vec<u8>>, String> {
    let numbers = forms::rsa_numbers(pkcs8).map_err(|error| error.to_string())?;
    let [modulus, exponent, private, p, q, dp, dq, coefficient] = numbers;
    let bits = modulus.len() * 8
        - modulus
            .first()
            .map_or(8, |digit| digit.leading_zeros() as usize);
    let (length, half) = (bits.div_ceil(8), bits.div_ceil(16));
    let fixed = [
        (exponent, 4),
        (modulus, length),
        (p, half),
        (q, half),
        (dp, half),
        (dq, half),
        (coefficient, half),
        (private, length),
    ];
    if bits == 0 || fixed.iter().any(|(digits, room)| digits.len() > *room) {
        return Err("Windows' CryptoAPI has no room for an RSA key of this shape".to_owned());
    }
    let mut blob = Zeroizing::new(Vec::with_capacity(20 + 2 * length + 5 * half));
    blob.extend([BLOB_TYPE, BLOB_VERSION, 0, 0]);
    blob.extend(RSA_ALGORITHMS[0].to_le_bytes());
    blob.extend(MAGIC);
    blob.extend((bits as u32).to_le_bytes());
    for (digits, room) in fixed {
        blob.extend(digits.iter().rev());
        blob.extend(std::iter::repeat_n(0, room - digits.len()));
    }
    Ok(blob)
}

/// The numbers of a PRIVATEKEYBLOB, each little-endian, in the order of an `RSAPrivateKey`
/// (RFC 8017): modulus, public exponent, private exponent, primes, their exponents, coefficient.
fn numbers(blob: &[u8]) -> Result<[&[u8]; 8], String> {
    let short = || "its PRIVATEKEYBLOB is too short".to_owned();
    let mut rest = blob;
    let mut take = |length: usize| -> Result<&[u8], String> {
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
    let mut take_half = || take(half);
    let [p, q] = [take_half()?, take_half()?];
    let [dp, dq, coefficient] = [take_half()?, take_half()?, take_half()?];
    let private = take(length)?;
    Ok([modulus, exponent, private, p, q, dp, dq, coefficient])
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
    let significant = little_endian.iter().rev().skip_while(|byte| **byte == 0);
    digits.extend(significant);
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
    const BLOB: &[u8] = include_bytes!("../../../formats/tests/data/keys/rsa.blob");

    fn pkcs8() -> Vec<u8> {
        let pem = include_bytes!("../../../formats/tests/data/keys/rsa.pem");
        pem_rfc7468::decode_vec(pem).unwrap().1
    }

    #[test]
    fn to_pkcs8_reads_capi_blob() {
        assert_eq!(to_pkcs8(BLOB).unwrap().expose(), pkcs8());
        // A key for signatures only differs in its algorithm.
        let mut signing = BLOB.to_vec();
        signing[4..8].copy_from_slice(&0x2400u32.to_le_bytes());
        assert_eq!(to_pkcs8(&signing).unwrap().expose(), pkcs8());
    }

    fn of(pem: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        let der = pem_rfc7468::decode_vec(pem).unwrap().1;
        of_pkcs8(&PrivateKey::from_pkcs8_der(Zeroizing::new(der)))
    }

    #[test]
    fn of_pkcs8_matches_openssl_blob() {
        let blob = of(include_bytes!("../../../formats/tests/data/keys/rsa.pem")).unwrap();
        assert_eq!(*blob, BLOB);
        // Nothing was moved to make room.
        assert_eq!(blob.capacity(), blob.len());
    }

    #[test]
    fn of_pkcs8_pads_short_numbers() {
        let numbers: [&[u8]; 8] = [
            &[0x81, 3, 2, 1],
            &[3],
            &[9],
            &[0x80, 1],
            &[1],
            &[2],
            &[3],
            &[4],
        ];
        let numbers = numbers.map(|digits| {
            let sign: &[u8] = if digits[0] < 0x80 { &[] } else { &[0] };
            der::value(INTEGER, &[sign, digits])
        });
        let mut parts: Vec<&[u8]> = vec![&[INTEGER, 1, 0]];
        parts.extend(numbers.iter().map(Vec::as_slice));
        let pkcs8 = key::from_pkcs1(&der::sequence(&parts)).unwrap();
        let blob = of_pkcs8(&pkcs8).unwrap();
        assert_eq!(blob[12..20], [32, 0, 0, 0, 3, 0, 0, 0]);
        assert_eq!(
            blob[20..],
            [1, 2, 3, 0x81, 1, 0x80, 1, 0, 2, 0, 3, 0, 4, 0, 9, 0, 0, 0]
        );
        assert_eq!(to_pkcs8(&blob).unwrap().expose(), pkcs8.expose());
    }

    #[test]
    fn of_pkcs8_rejects_keys_capi_cannot_hold() {
        let numbers: [&[u8]; 8] = [
            &[0x81, 1],
            &[1, 0, 0, 0, 1],
            &[1],
            &[1],
            &[1],
            &[1],
            &[1],
            &[1],
        ];
        let numbers = numbers.map(|digits| der::value(INTEGER, &[&[0], digits]));
        let mut parts: Vec<&[u8]> = vec![&[INTEGER, 1, 0]];
        parts.extend(numbers.iter().map(Vec::as_slice));
        let pkcs8 = key::from_pkcs1(&der::sequence(&parts)).unwrap();
        let error = of_pkcs8(&pkcs8).unwrap_err();
        assert!(error.contains("no room"), "{error}");
        assert!(of(include_bytes!("../../../formats/tests/data/keys/P-256.pem")).is_err());
    }

    #[test]
    fn to_pkcs8_rejects_every_truncation() {
        for length in 0..BLOB.len() {
            assert!(to_pkcs8(&BLOB[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn to_pkcs8_reports_why_blob_is_rejected() {
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
    fn integer_encodes_minimal_der() {
        let der = |bytes: &[u8]| integer(bytes).to_vec();
        assert_eq!(der(&[1, 0, 1, 0]), [2, 3, 1, 0, 1]);
        assert_eq!(der(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(der(&[0x7f, 0]), [2, 1, 0x7f]);
        assert_eq!(der(&[0, 0]), [2, 1, 0]);
    }
}
