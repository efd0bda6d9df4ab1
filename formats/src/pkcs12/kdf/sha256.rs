//! Both derivations with SHA-256, straight on its compression function: every round after the
//! first hashes one block of fixed shape. A round needs the result of the round before, so that
//! a core mostly waits; two chains that take turns fill each other's waits.

use hmac::{Hmac, KeyInit, Mac};
use sha2::block_api::compress256;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The length of a hash, and of what a chain gives.
pub(in crate::pkcs12) const LENGTH: usize = 32;

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

/// A chain of rounds, each of which hashes the result of the one before.
pub(in crate::pkcs12) struct Chain {
    step: Step,
    /// How many rounds are still to be done.
    left: u32,
}

enum Step {
    Hash(Hash),
    Pbkdf2(Pbkdf2),
}

/// H(H(... H(input))): block B of RFC 7292, appendix B.2.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Hash {
    block: [u8; 64],
}

/// One block T of PBKDF2 (RFC 8018, 5.2): the sum of U_1, U_2 and so on.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Pbkdf2 {
    /// HMAC's states after the padded key, inside and outside (RFC 2104).
    inner: State,
    outer: State,
    block: [u8; 64],
    sum: State,
}

impl Chain {
    /// `iterations` hashes, at least one, the first of `input`.
    pub(super) fn of_hashes(input: &[u8], iterations: u32) -> Self {
        let mut hash: [u8; LENGTH] = Sha256::digest(input).into();
        let mut block = last_block(0);
        block[..LENGTH].copy_from_slice(&hash);
        hash.zeroize();
        Self {
            step: Step::Hash(Hash { block }),
            left: iterations.saturating_sub(1),
        }
    }

    /// The block of PBKDF2 with this number, from 1 on.
    pub(super) fn of_pbkdf2(password: &[u8], salt: &[u8], number: u32, iterations: u32) -> Self {
        let (inner, outer) = hmac_states(password);
        let mut block = last_block(64);
        first_round(password, salt, number, &mut block);
        let mut sum = [0; 8];
        for (word, bytes) in sum.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        Self {
            step: Step::Pbkdf2(Pbkdf2 {
                inner,
                outer,
                block,
                sum,
            }),
            left: iterations.saturating_sub(1),
        }
    }

    /// Does all rounds.
    pub(super) fn finish(mut self) -> Zeroizing<[u8; LENGTH]> {
        match &mut self.step {
            Step::Hash(chain) => (0..self.left).for_each(|_| chain.round()),
            Step::Pbkdf2(chain) => (0..self.left).for_each(|_| chain.round()),
        }
        self.result()
    }

    fn result(&self) -> Zeroizing<[u8; LENGTH]> {
        let mut result = Zeroizing::new([0; LENGTH]);
        match &self.step {
            Step::Hash(chain) => result.copy_from_slice(&chain.block[..LENGTH]),
            Step::Pbkdf2(chain) => result.copy_from_slice(bytes_of(&chain.sum).as_flattened()),
        }
        result
    }
}

/// Does all rounds of both chains, in turns while both have some.
pub(in crate::pkcs12) fn finish_both(
    mut first: Chain,
    mut second: Chain,
) -> (Zeroizing<[u8; LENGTH]>, Zeroizing<[u8; LENGTH]>) {
    let together = first.left.min(second.left);
    match (&mut first.step, &mut second.step) {
        (Step::Pbkdf2(one), Step::Hash(other)) => in_turns(one, other, together),
        (Step::Pbkdf2(one), Step::Pbkdf2(other)) => in_turns(one, other, together),
        (Step::Hash(one), Step::Pbkdf2(other)) => in_turns(one, other, together),
        (Step::Hash(one), Step::Hash(other)) => in_turns(one, other, together),
    }
    first.left -= together;
    second.left -= together;
    (first.finish(), second.finish())
}

fn in_turns(one: &mut impl Round, other: &mut impl Round, rounds: u32) {
    for _ in 0..rounds {
        one.round();
        other.round();
    }
}

trait Round {
    fn round(&mut self);
}

impl Round for Hash {
    #[inline]
    fn round(&mut self) {
        let mut state = START;
        compress256(&mut state, std::slice::from_ref(&self.block));
        put(&state, &mut self.block);
    }
}

impl Round for Pbkdf2 {
    #[inline]
    fn round(&mut self) {
        let mut state = self.inner;
        compress256(&mut state, std::slice::from_ref(&self.block));
        put(&state, &mut self.block);
        state = self.outer;
        compress256(&mut state, std::slice::from_ref(&self.block));
        put(&state, &mut self.block);
        for (sum, word) in self.sum.iter_mut().zip(state) {
            *sum ^= word;
        }
    }
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
