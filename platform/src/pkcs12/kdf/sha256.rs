//! The two iterated loops of key derivation, over SHA-256's compression function itself. Every
//! message in them has one fixed length and so fits one block whose padding never changes; hashing
//! block by block spares what the general hash and HMAC types do around each one, about a third
//! of the time.

use sha2::block_api::compress256;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// SHA-256's block length in bytes.
const BLOCK: usize = 64;
/// SHA-256's hash length in bytes.
const HASH: usize = 32;

/// SHA-256's initial hash value (FIPS 180-4, 5.3.3).
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A block that holds one hash value as the end of a message of `length` bytes, padded as
/// FIPS 180-4, 5.1.1 says. The hash value is zero until it is stored.
fn last_block(length: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[HASH] = 0x80;
    block[BLOCK - 8..].copy_from_slice(&(8 * length).to_be_bytes());
    block
}

/// Puts a hash value at the front of a block.
#[inline(always)]
fn store(block: &mut [u8; BLOCK], state: &[u32; 8]) {
    let (words, _) = block.as_chunks_mut::<4>();
    for (bytes, word) in words.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
}

/// Hashes a hash value of 32 bytes until it has been hashed `iterations` times, its first time
/// included.
pub(super) fn rehash(hash: &mut [u8], iterations: u32) {
    let mut block = Zeroizing::new(last_block(HASH as u64));
    block[..HASH].copy_from_slice(hash);
    for _ in 1..iterations {
        let mut state = INITIAL;
        compress256(&mut state, &[*block]);
        store(&mut block, &state);
    }
    hash.copy_from_slice(&block[..HASH]);
}

/// HMAC-SHA-256 under one key, with the key's two blocks already hashed.
struct Hmac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Hmac {
    fn new(key: &[u8]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        if key.len() > BLOCK {
            let mut hash = Sha256::digest(key);
            block[..HASH].copy_from_slice(&hash);
            hash.as_mut_slice().zeroize();
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let keyed = |pad: u8| {
            let padded = Zeroizing::new(block.map(|byte| byte ^ pad));
            let mut state = INITIAL;
            compress256(&mut state, &[*padded]);
            state
        };
        Self {
            inner: keyed(0x36),
            outer: keyed(0x5c),
        }
    }

    /// The HMAC of the hash value in `block`, which must be padded as the end of 96 bytes (the
    /// key's block and the hash value), left in `block` for the next round.
    #[inline(always)]
    fn next(&self, block: &mut [u8; BLOCK]) -> [u32; 8] {
        let mut state = self.inner;
        compress256(&mut state, std::slice::from_ref(block));
        store(block, &state);
        state = self.outer;
        compress256(&mut state, std::slice::from_ref(block));
        store(block, &state);
        state
    }

    /// The HMAC of salt and block number, which starts each block of PBKDF2.
    fn first(&self, salt: &[u8], number: u32, block: &mut [u8; BLOCK]) -> [u32; 8] {
        let mut message = Vec::with_capacity(salt.len() + 2 * BLOCK);
        message.extend_from_slice(salt);
        message.extend_from_slice(&number.to_be_bytes());
        let bits = 8 * (BLOCK + message.len()) as u64;
        message.push(0x80);
        while message.len() % BLOCK != BLOCK - 8 {
            message.push(0);
        }
        message.extend_from_slice(&bits.to_be_bytes());

        let mut state = self.inner;
        let (blocks, _) = message.as_chunks::<BLOCK>();
        compress256(&mut state, blocks);
        store(block, &state);
        state = self.outer;
        compress256(&mut state, std::slice::from_ref(block));
        store(block, &state);
        state
    }
}

impl Drop for Hmac {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// PBKDF2-HMAC-SHA-256 (RFC 8018, 5.2), filling `key`.
pub(super) fn pbkdf2(password: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
    let hmac = Hmac::new(password);
    let mut block = Zeroizing::new(last_block((BLOCK + HASH) as u64));
    for (number, part) in (1..).zip(key.chunks_mut(HASH)) {
        let mut sum = Zeroizing::new(hmac.first(salt, number, &mut block));
        for _ in 1..iterations {
            let u = hmac.next(&mut block);
            for (sum, u) in sum.iter_mut().zip(u) {
                *sum ^= u;
            }
        }
        for (bytes, word) in part.chunks_mut(4).zip(sum.iter()) {
            bytes.copy_from_slice(&word.to_be_bytes()[..bytes.len()]);
        }
    }
}
