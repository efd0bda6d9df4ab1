//! A password nobody had to think up: drawn from the system's source of random numbers, and made to
//! be read off a screen or a sheet of paper and typed in again.

use certstow_formats::secret::{Password, wipe_stack};
use zeroize::Zeroizing;

use crate::error::Error;

/// Small letters and digits that are not taken for one another (no `0` and `o`, no `1`, `l` and
/// `i`). The letters lie on the same keys of an English, a German and a French keyboard (no `y` and
/// `z`, no `a`, `q`, `w` and `m`), so that the password can be typed where the layout is the wrong
/// one, too, and no letter needs the shift key.
const ALPHABET: &[u8; 25] = b"bcdefghjknprstuvx23456789";

/// The characters between two hyphens.
const GROUP: usize = 5;

/// For a password that a person types: 25 characters of log2(25) bits.
const GROUPS: usize = 5;

/// The bytes below this fall on each character equally often; others are thrown away.
const FAIR: u8 = (256 / ALPHABET.len() * ALPHABET.len()) as u8;

/// A new password of 116 bits: five groups of five small letters and digits with hyphens between
/// them, which are part of it.
///
/// # Errors
/// [`Error::Io`]: the system gives no random numbers.
pub fn generate() -> Result<Password, Error> {
    in_groups(GROUPS)
}

/// As [`generate`], with another number of groups.
pub(crate) fn in_groups(groups: usize) -> Result<Password, Error> {
    let length = groups * (GROUP + 1) - 1;
    // Room for all of it from the start: growing would leave a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(length));
    let mut random = Zeroizing::new([0; 64]);
    while text.len() < length {
        getrandom::fill(&mut *random).map_err(Error::no_randomness)?;
        for character in random.iter().filter_map(|byte| character(*byte)) {
            if text.len() == length {
                break;
            }
            if text.len() % (GROUP + 1) == GROUP {
                text.push('-');
            }
            text.push(char::from(character));
        }
    }
    wipe_stack();
    Ok(Password::new(std::mem::take(&mut *text)))
}

/// The character that a random byte stands for, if it stands for one.
fn character(byte: u8) -> Option<u8> {
    (byte < FAIR).then(|| ALPHABET[usize::from(byte) % ALPHABET.len()])
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn generate_returns_unique_groups_of_five() {
        let mut seen = BTreeSet::new();
        let mut characters = BTreeSet::new();
        for _ in 0..200 {
            let password = generate().unwrap();
            let groups: Vec<_> = password.expose().split('-').collect();
            assert_eq!(groups.len(), 5);
            for group in groups {
                assert_eq!(group.len(), 5);
                assert!(group.bytes().all(|byte| ALPHABET.contains(&byte)));
                characters.extend(group.bytes());
            }
            assert!(seen.insert(password.expose().to_owned()));
        }
        // All come up: 5,000 draws miss one of 25 with a chance of 1 in 10^87.
        assert_eq!(characters.len(), ALPHABET.len());
    }

    #[test]
    fn in_groups_returns_the_expected_length() {
        for groups in 1..40 {
            let password = in_groups(groups).unwrap();
            assert_eq!(password.expose().len(), groups * 6 - 1);
            assert!(!password.expose().ends_with('-'));
        }
    }

    #[test]
    fn generate_has_over_a_hundred_bits() {
        let characters: BTreeSet<_> = ALPHABET.iter().collect();
        assert_eq!(characters.len(), ALPHABET.len());
        let bits = (characters.len() as f64).log2() * (GROUPS * GROUP) as f64;
        assert!(bits > 116.0, "{bits}");
    }

    #[test]
    fn character_maps_bytes_evenly() {
        let mut counts = BTreeMap::new();
        for found in (0..=255).filter_map(character) {
            *counts.entry(found).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(counts.values().all(|count| *count == 10), "{counts:?}");
    }

    #[test]
    fn alphabet_excludes_ambiguous_characters() {
        for unfit in "yzaqwm0o1li".bytes() {
            assert!(!ALPHABET.contains(&unfit), "{}", char::from(unfit));
        }
    }
}
