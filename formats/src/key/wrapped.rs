//! A private key that a PKCS#11 module wrapped (`C_WrapKey`) under an AES key that the caller knows:
//! AES-256 in CBC mode (`CKM_AES_CBC_PAD`), or AES Key Wrap with and without padding (RFC 5649, RFC
//! 3394). Modules differ in what they mean by one mechanism, in how they pad and in the length that they
//! report, so a result is accepted if it is one PKCS#8 structure followed by nothing but padding.

use aes_kw::{KeyInit as _, KwAes256, KwpAes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use zeroize::Zeroizing;

use crate::ber::Reader;
use crate::der::SEQUENCE;
use crate::secret::PrivateKey;

/// The octets of a block of AES.
const BLOCK: usize = 16;

/// The octets of a half block, of which AES Key Wrap makes its result.
const SEMIBLOCK: usize = 8;

/// The private key in what `CKM_AES_CBC_PAD` made of it, with the padding of PKCS#7. Behind it there may
/// be zeros that no module wrote: the rest of a buffer that was longer than needed.
///
/// `None` if that is not what is there.
pub fn from_cbc_padded(key: &[u8; 32], iv: &[u8; BLOCK], wrapped: &[u8]) -> Option<PrivateKey> {
    let whole = wrapped.len() - wrapped.len() % BLOCK;
    let mut text = Zeroizing::new(wrapped[..whole].to_vec());
    let cipher = cbc::Decryptor::<aes::Aes256>::new(key.into(), iv.into());
    cipher.decrypt_padded::<NoPadding>(&mut text).ok()?;
    let info = outer_sequence(&text)?;
    let padding = BLOCK - info.len() % BLOCK;
    let padded = text.get(info.len()..info.len() + padding)?;
    let unwritten = &wrapped[info.len() + padding..];
    let well_padded = padded.iter().all(|&octet| usize::from(octet) == padding);
    let is_all = unwritten.iter().all(|&octet| octet == 0);
    (well_padded && is_all).then(|| private_key(info))
}

/// The private key in what AES Key Wrap made of it: with padding (RFC 5649) or without (RFC 3394), which
/// modules take for one another under one number. The text may be padded by zeros or as in PKCS#7, too.
///
/// `None` if that is not what is there.
pub fn from_key_wrap(key: &[u8; 32], wrapped: &[u8]) -> Option<PrivateKey> {
    let mut wrapped = wrapped;
    loop {
        if let Some(text) = unwrapped(key, wrapped) {
            let info = outer_sequence(&text)?;
            let behind = &text[info.len()..];
            return is_padding(behind).then(|| private_key(info));
        }
        // The rest of a buffer that was longer than needed.
        let (rest, last) = wrapped.split_at_checked(wrapped.len().checked_sub(SEMIBLOCK)?)?;
        if last.iter().any(|&octet| octet != 0) {
            return None;
        }
        wrapped = rest;
    }
}

/// What was wrapped, by whichever of the two integrity checks holds.
fn unwrapped(key: &[u8; 32], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let length = wrapped.len().checked_sub(SEMIBLOCK)?;
    let mut text = Zeroizing::new(vec![0; length]);
    let padded = KwpAes256::new(key.into());
    let unpadded = KwAes256::new(key.into());
    let length = match padded.unwrap_key(wrapped, &mut text) {
        Ok(text) => text.len(),
        Err(_) => unpadded.unwrap_key(wrapped, &mut text).ok()?.len(),
    };
    text.truncate(length);
    Some(text)
}

/// Zeros, or the padding of PKCS#7 to half or whole blocks.
fn is_padding(octets: &[u8]) -> bool {
    let count = octets.len();
    let pkcs7 = |&octet: &u8| usize::from(octet) == count;
    let zero = |&octet: &u8| octet == 0;
    count <= BLOCK && (octets.iter().all(zero) || octets.iter().all(pkcs7))
}

/// The `SEQUENCE` that the text begins with.
fn outer_sequence(text: &[u8]) -> Option<&[u8]> {
    Some(Reader::definite(text).accept(SEQUENCE)?.raw)
}

fn private_key(info: &[u8]) -> PrivateKey {
    PrivateKey::from_pkcs8_der(Zeroizing::new(info.to_vec()))
}

#[cfg(test)]
mod tests {
    use cbc::cipher::BlockModeEncrypt as _;
    use cbc::cipher::block_padding::Pkcs7;

    use super::super::tests::private;
    use super::*;

    const KEY: [u8; 32] = [7; 32];
    const IV: [u8; 16] = [9; 16];

    const NAMES: [&str; 4] = ["rsa", "P-256", "P-521", "ed25519"];

    fn cbc(text: &[u8]) -> Vec<u8> {
        let cipher = cbc::Encryptor::<aes::Aes256>::new(&KEY.into(), &IV.into());
        cipher.encrypt_padded_vec::<Pkcs7>(text)
    }

    fn kw(text: &[u8]) -> Vec<u8> {
        let mut wrapped = vec![0; text.len() + SEMIBLOCK];
        let wrap = KwAes256::new(&KEY.into());
        wrap.wrap_key(text, &mut wrapped).unwrap().to_vec()
    }

    fn kwp(text: &[u8]) -> Vec<u8> {
        let mut wrapped = vec![0; text.len() + 2 * SEMIBLOCK];
        let wrap = KwpAes256::new(&KEY.into());
        wrap.wrap_key(text, &mut wrapped).unwrap().to_vec()
    }

    fn padded(text: &[u8], block: usize, octet: impl Fn(u8) -> u8) -> Vec<u8> {
        let count = block - text.len() % block;
        let filler = octet(u8::try_from(count).unwrap());
        [text, &vec![filler; count]].concat()
    }

    #[test]
    fn cbc_gives_the_key_whatever_length_the_module_names() {
        for name in NAMES {
            let key = private(name);
            // NSS says 17 to 32 octets more than it writes.
            for more in [0, 1, 16, 17, 32] {
                let wrapped = [cbc(key.expose()), vec![0; more]].concat();
                let unwrapped = from_cbc_padded(&KEY, &IV, &wrapped).unwrap();
                assert_eq!(unwrapped.expose(), key.expose(), "{name} {more}");
            }
        }
    }

    #[test]
    fn key_wrap_gives_the_key_in_every_form_of_modules() {
        for name in NAMES {
            let key = private(name);
            let text = key.expose();
            let mut forms = vec![
                kwp(text),
                // SoftHSM pads with zeros under both of its mechanisms, NSS as PKCS#7 does.
                kwp(&padded(text, SEMIBLOCK, |_| 0)),
                kw(&padded(text, SEMIBLOCK, |_| 0)),
                kw(&padded(text, SEMIBLOCK, |count| count)),
                kw(&padded(text, BLOCK, |count| count)),
            ];
            if text.len().is_multiple_of(SEMIBLOCK) {
                forms.push(kw(text));
            }
            for (at, wrapped) in forms.into_iter().enumerate() {
                for more in [0, 8, 24] {
                    let wrapped = [&*wrapped, &vec![0; more]].concat();
                    let unwrapped = from_key_wrap(&KEY, &wrapped).unwrap();
                    assert_eq!(unwrapped.expose(), text, "{name} {at} {more}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_wrapped_key_gives_none() {
        let key = private("P-256");
        let text = key.expose();
        let behind = [text, &[0, 0, 0, 0, 0, 0, 1, 0]].concat();
        let octet_string = crate::der::value(crate::der::OCTET_STRING, &[text]);
        for wrong in [behind, octet_string, vec![0; 64], Vec::new()] {
            let wrong = padded(&wrong, SEMIBLOCK, |_| 0);
            assert!(from_key_wrap(&KEY, &kw(&wrong)).is_none(), "{wrong:02x?}");
            assert!(from_cbc_padded(&KEY, &IV, &cbc(&wrong)).is_none());
        }
        // Under another key, cut off, changed.
        for wrapped in [kw(&padded(text, SEMIBLOCK, |_| 0)), kwp(text)] {
            assert!(from_key_wrap(&[8; 32], &wrapped).is_none());
            for length in 0..wrapped.len() {
                assert!(
                    from_key_wrap(&KEY, &wrapped[..length]).is_none(),
                    "{length}"
                );
                let mut changed = wrapped.clone();
                changed[length] ^= 1;
                assert!(from_key_wrap(&KEY, &changed).is_none(), "{length}");
            }
        }
        let wrapped = cbc(text);
        assert!(from_cbc_padded(&[8; 32], &IV, &wrapped).is_none());
        for length in 0..wrapped.len() {
            assert!(from_cbc_padded(&KEY, &IV, &wrapped[..length]).is_none());
        }
        let written = [&*wrapped, &[0; 15], &[1]].concat();
        assert!(from_cbc_padded(&KEY, &IV, &written).is_none());
    }

    #[test]
    fn unwrapped_matches_the_rfc3394_example() {
        // 4.6: 256 bits of key data under 256 bits.
        let key: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let data: Vec<u8> = (0..16).map(|n| n * 0x11).chain(0..16).collect();
        let wrapped = [
            0x28, 0xc9, 0xf4, 0x04, 0xc4, 0xb8, 0x10, 0xf4, 0xcb, 0xcc, 0xb3, 0x5c, 0xfb, 0x87,
            0xf8, 0x26, 0x3f, 0x57, 0x86, 0xe2, 0xd8, 0x0e, 0xd3, 0x26, 0xcb, 0xc7, 0xf0, 0xe7,
            0x1a, 0x99, 0xf4, 0x3b, 0xfb, 0x98, 0x8b, 0x9b, 0x7a, 0x02, 0xdd, 0x21,
        ];
        assert_eq!(*unwrapped(&key, &wrapped).unwrap(), data);
    }
}
