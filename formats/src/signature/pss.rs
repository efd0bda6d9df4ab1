//! EMSA-PSS verification (RFC 8017, 8.1.2 and 9.1.2) with the parameters a certificate carries.
//! It is written out here because certificates may use one hash for the message and another in
//! the mask generation function, which the `rsa` crate's own PSS does not.

use rsa::BoxedUint;
use rsa::traits::PublicKeyParts as _;

use super::error::SignatureError;
use crate::hash::Digest;

/// RSASSA-PSS-params (RFC 4055, 3.1); the trailer field is always 1 and MGF1 the only mask
/// generation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) hash: Digest,
    pub(crate) mask_hash: Digest,
    pub(crate) salt_len: usize,
}

impl Parameters {
    /// RSASSA-PSS-VERIFY (8.1.2).
    pub(super) fn verify(
        self,
        key: &rsa::PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let em_bits = key.n().as_ref().bit_width_vartime() as usize - 1;
        let em = encoded_message(key, signature, em_bits).ok_or(SignatureError::Invalid)?;
        if self.is_consistent(message, em, em_bits) {
            Ok(())
        } else {
            Err(SignatureError::Invalid)
        }
    }

    /// EMSA-PSS-VERIFY (9.1.2), its steps by number. Everything here is public, so nothing needs
    /// to take constant time.
    fn is_consistent(self, message: &[u8], mut em: Vec<u8>, em_bits: usize) -> bool {
        let hash_len = self.hash.length();
        // 3: room for PS, 0x01, salt, H and 0xbc.
        let Some(ps_len) = em.len().checked_sub(hash_len + 2) else {
            return false;
        };
        let Some(ps_len) = ps_len.checked_sub(self.salt_len) else {
            return false;
        };
        // 4, 5: maskedDB, H, trailer.
        if em.pop() != Some(0xbc) {
            return false;
        }
        let h = em.split_off(em.len() - hash_len);
        let mut db = em;
        // 6: the bits above emBits are zero.
        let unused_bits = 0xff_u8 >> (8 * (db.len() + hash_len + 1) - em_bits);
        if db[0] & !unused_bits != 0 {
            return false;
        }
        // 7 to 9: unmask.
        let mask = mgf1(self.mask_hash, &h, db.len());
        db.iter_mut()
            .zip(mask)
            .for_each(|(byte, mask)| *byte ^= mask);
        db[0] &= unused_bits;
        // 10 to 14: PS is zeroes, then 0x01, then the salt, and H is the hash over it.
        let (ps, rest) = db.split_at(ps_len);
        let Some((1, salt)) = rest.split_first() else {
            return false;
        };
        ps.iter().all(|&byte| byte == 0)
            && h == self
                .hash
                .digest(&[&[0; 8], &self.hash.digest(&[message]), salt])
    }
}

/// RSAVP1 and I2OSP (8.1.2, step 2): the encoded message of ceil(emBits / 8) octets.
fn encoded_message(key: &rsa::PublicKey, signature: &[u8], em_bits: usize) -> Option<Vec<u8>> {
    if signature.len() != key.size() {
        return None;
    }
    let s = BoxedUint::from_be_slice(signature, key.n_bits_precision()).ok()?;
    if s >= *key.n().as_ref() {
        return None;
    }
    let m = rsa::hazmat::rsa_encrypt(key, &s).ok()?.to_be_bytes();
    // The number is stored in whole machine words: what is above the encoded message is zero.
    let (above, em) = m.split_at_checked(m.len().checked_sub(em_bits.div_ceil(8))?)?;
    above.iter().all(|&byte| byte == 0).then(|| em.to_vec())
}

/// MGF1 (RFC 8017, B.2.1).
fn mgf1(hash: Digest, seed: &[u8], len: usize) -> Vec<u8> {
    (0_u32..)
        .flat_map(|counter| hash.digest(&[seed, &counter.to_be_bytes()]))
        .take(len)
        .collect()
}
