//! Both derivations with SHA-256, straight on its compression function: every round after the
//! first hashes one block of fixed shape.

use hmac::{Hmac, KeyInit, Mac};
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// The length of a hash.
pub(super) const LENGTH: usize = 32;

/// SHA-256's initial hash value (FIPS 180-4, 5.3.3).
const START: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

type State = [u32; 8];

/// H(H(... H(input))), block B of RFC 7292, appendix B.2: `iterations` hashes, at least one.
pub(super) fn repeated_hash(input: &[u8], iterations: u32) -> Zeroizing<[u8; LENGTH]> {
    let mut hash = Zeroizing::new(<[u8; LENGTH]>::from(Sha256::digest(input)));
    let mut block = Zeroizing::new(last_block(0));
    block[..LENGTH].copy_from_slice(&*hash);
    for _ in 1..iterations {
        let mut state = START;
        compress256(&mut state, std::slice::from_ref(&*block));
        put(&state, &mut block);
    }
    hash.copy_from_slice(&block[..LENGTH]);
    hash
}

/// The block T of PBKDF2 with this number, from 1 on (RFC 8018, 5.2): the sum of U_1, U_2 and so on.
pub(super) fn pbkdf2_block(
    password: &[u8],
    salt: &[u8],
    number: u32,
    iterations: u32,
) -> Zeroizing<[u8; LENGTH]> {
    // HMAC's states after the padded key, inside and outside (RFC 2104).
    let (inner, outer) = hmac_states(password);
    let (inner, outer) = (Zeroizing::new(inner), Zeroizing::new(outer));
    let mut block = Zeroizing::new(last_block(64));
    first_round(password, salt, number, &mut block);
    let mut sum = Zeroizing::new([0; 8]);
    for (word, bytes) in sum.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    for _ in 1..iterations {
        let mut state = *inner;
        compress256(&mut state, std::slice::from_ref(&*block));
        put(&state, &mut block);
        state = *outer;
        compress256(&mut state, std::slice::from_ref(&*block));
        put(&state, &mut block);
        for (sum, word) in sum.iter_mut().zip(state) {
            *sum ^= word;
        }
    }
    let mut result = Zeroizing::new([0; LENGTH]);
    result.copy_from_slice(bytes_of(&sum).as_flattened());
    result
}

fn hmac_states(key: &[u8]) -> (State, State) {
    let mut padded = Zeroizing::new([0_u8; 64]);
    if key.len() > padded.len() {
        let hash = Zeroizing::new(<[u8; LENGTH]>::from(Sha256::digest(key)));
        padded[..LENGTH].copy_from_slice(&hash[..]);
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let state = |pad: u8| {
        let block = Zeroizing::new(padded.map(|byte| byte ^ pad));
        let mut state = START;
        compress256(&mut state, std::slice::from_ref(&*block));
        state
    };
    (state(0x36), state(0x5c))
}

/// U_1 of PBKDF2: HMAC(password, salt || number).
fn first_round(password: &[u8], salt: &[u8], number: u32, block: &mut [u8; 64]) {
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(password) else {
        unreachable!("HMAC takes keys of every length")
    };
    mac.update(salt);
    mac.update(&number.to_be_bytes());
    let mut first = mac.finalize().into_bytes();
    block[..LENGTH].copy_from_slice(&first);
    first.as_mut_slice().zeroize();
}

/// The last block of a message that is `before` bytes (whole blocks) and then a hash, with its
/// padding; the hash is yet to be put in.
fn last_block(before: u16) -> [u8; 64] {
    let mut block = [0; 64];
    block[LENGTH] = 0x80;
    block[62..].copy_from_slice(&((before + LENGTH as u16) * 8).to_be_bytes());
    block
}

fn put(state: &State, block: &mut [u8; 64]) {
    block[..LENGTH].copy_from_slice(bytes_of(state).as_flattened());
}

fn bytes_of(state: &State) -> [[u8; 4]; 8] {
    state.map(u32::to_be_bytes)
}
