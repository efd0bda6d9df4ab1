//! ML-DSA keys (FIPS 204) as RFC 9881 has them in certificates and in PKCS#8: the seed, the
//! expanded key, or both.

use const_oid::ObjectIdentifier;
use ml_dsa::{
    EncodedVerifyingKey, ExpandedSigningKey, ExpandedSigningKeyBytes, MlDsa44, MlDsa65, MlDsa87,
    Signature, SigningKey, VerifyingKey,
};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::structure::Pkcs8;
use crate::ber::Reader;
use crate::der::{IMPLICIT_0, OCTET_STRING, SEQUENCE};
use crate::secret::PrivateKey;

/// One of the three parameter sets.
pub struct ParameterSet {
    oid: ObjectIdentifier,
    /// Its name in FIPS 204.
    pub name: &'static str,
    arithmetic: Arithmetic,
}

/// What the crate computes with one parameter set. For keys and signatures of the wrong length it is
/// `None` or `false`.
struct Arithmetic {
    expanded_of_seed: fn(&[u8; 32]) -> Zeroizing<Vec<u8>>,
    public_of_seed: fn(&[u8; 32]) -> Vec<u8>,
    public_of_expanded: fn(&[u8]) -> Option<Vec<u8>>,
    sign: fn(&[u8; 32], &[u8]) -> Option<Vec<u8>>,
    verify: fn(&[u8], &[u8], &[u8]) -> bool,
}

/// [`Arithmetic`] with the crate's type for a parameter set, and its [`ShortVectors`].
macro_rules! arithmetic {
    ($set:ty, $vectors:expr) => {
        Arithmetic {
            expanded_of_seed: |seed| {
                let key = SigningKey::<$set>::from_seed(seed.into());
                // Deprecated in favour of seeds, but existing files have expanded keys.
                #[allow(deprecated)]
                let expanded = Zeroizing::new(key.expanded_key().to_expanded());
                Zeroizing::new(expanded.to_vec())
            },
            public_of_seed: |seed| {
                let key = SigningKey::<$set>::from_seed(seed.into());
                key.expanded_key().verifying_key().encode().to_vec()
            },
            public_of_expanded: |expanded| {
                let whole = <&ExpandedSigningKeyBytes<$set>>::try_from(expanded).ok()?;
                if !$vectors.in_range(expanded) {
                    return None;
                }
                #[allow(deprecated)]
                let key = ExpandedSigningKey::<$set>::from_expanded(whole);
                Some(key.verifying_key().encode().to_vec())
            },
            sign: |seed, message| {
                let key = SigningKey::<$set>::from_seed(seed.into());
                let signature = key.expanded_key().sign_deterministic(message, &[]);
                Some(signature.ok()?.encode().to_vec())
            },
            verify: |public, message, signature| {
                let Ok(public) = EncodedVerifyingKey::<$set>::try_from(public) else {
                    return false;
                };
                let signature = Signature::<$set>::try_from(signature);
                let key = VerifyingKey::<$set>::decode(&public);
                signature.is_ok_and(|signature| key.verify_with_context(message, &[], &signature))
            },
        }
    };
}

static SETS: &[ParameterSet] = &[
    ParameterSet {
        oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.17"),
        name: "ML-DSA-44",
        arithmetic: arithmetic!(MlDsa44, ShortVectors::new(768, 2)),
    },
    ParameterSet {
        oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18"),
        name: "ML-DSA-65",
        arithmetic: arithmetic!(MlDsa65, ShortVectors::new(1408, 4)),
    },
    ParameterSet {
        oid: ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.19"),
        name: "ML-DSA-87",
        arithmetic: arithmetic!(MlDsa87, ShortVectors::new(1440, 2)),
    },
];

/// The vectors s1 and s2 in an expanded key (FIPS 204, algorithm 24).
struct ShortVectors {
    octets: usize,
    /// The largest absolute value of a coefficient.
    eta: u8,
}

impl ShortVectors {
    /// Where they begin: behind rho, K and tr.
    const START: usize = 128;

    fn new(octets: usize, eta: u8) -> Self {
        Self { octets, eta }
    }

    /// Whether every coefficient is in range. The crate panics on others (FIPS 204, algorithm 25, is
    /// for trusted keys only).
    fn in_range(&self, expanded: &[u8]) -> bool {
        let width = if self.eta == 2 { 3 } else { 4 };
        let packed = expanded.get(Self::START..Self::START + self.octets);
        // Three octets hold eight numbers of three bits, or six of four. Numbers of three bits fill
        // whole triples; those of four may leave an octet, which holds two.
        packed.is_some_and(|packed| {
            packed.chunks(3).all(|chunk| {
                let bits = chunk
                    .iter()
                    .rev()
                    .fold(0, |bits, &octet| bits << 8 | u32::from(octet));
                let numbers = (0..8 * chunk.len()).step_by(width);
                let mut numbers = numbers.map(|at| bits >> at & ((1 << width) - 1));
                numbers.all(|number| number <= 2 * u32::from(self.eta))
            })
        })
    }
}

/// `ML-DSA-PrivateKey` (RFC 9881, 6), borrowed.
enum Stored<'a> {
    Expanded(&'a [u8]),
    Seed {
        seed: &'a [u8; 32],
        /// The expanded key as well, if the key has both forms.
        expanded: Option<&'a [u8]>,
    },
}

impl<'a> Stored<'a> {
    fn read(key: &'a [u8]) -> Option<Self> {
        let value = Reader::definite(key).only()?;
        let (seed, expanded) = match value.tag {
            IMPLICIT_0 => (value.content, None),
            OCTET_STRING => return Some(Self::Expanded(value.content)),
            SEQUENCE => {
                let mut both = value.inside();
                let seed = both.accept(OCTET_STRING)?.content;
                (seed, Some(both.accept(OCTET_STRING)?.content))
            }
            _ => return None,
        };
        let seed = seed.try_into().ok()?;
        Some(Self::Seed { seed, expanded })
    }
}

const NOT_READABLE: KeyError = KeyError::Malformed("it is not an ML-DSA private key");

impl ParameterSet {
    /// The parameter set of this object identifier.
    pub fn by_oid(oid: ObjectIdentifier) -> Option<&'static Self> {
        SETS.iter().find(|set| set.oid == oid)
    }

    /// The public key of what a `PrivateKeyInfo` holds.
    pub(super) fn public_key(&self, key: &[u8]) -> Result<Vec<u8>, KeyError> {
        match Stored::read(key).ok_or(NOT_READABLE)? {
            Stored::Seed { seed, .. } => Ok((self.arithmetic.public_of_seed)(seed)),
            Stored::Expanded(expanded) => {
                (self.arithmetic.public_of_expanded)(expanded).ok_or(NOT_READABLE)
            }
        }
    }

    /// Signs a message without a context, as certificates are signed. `None` for a key without its
    /// seed: the crate does not sign safely with an expanded key of unknown origin.
    ///
    /// # Errors
    /// [`KeyError::Malformed`]: it is not a key of this kind, or its two forms differ.
    pub fn sign(&self, key: &PrivateKey, message: &[u8]) -> Result<Option<Vec<u8>>, KeyError> {
        let pkcs8 = Pkcs8::read(key.expose()).ok_or(NOT_READABLE)?;
        let (seed, stored) = match Stored::read(pkcs8.key).ok_or(NOT_READABLE)? {
            Stored::Seed { seed, expanded } => (seed, expanded),
            Stored::Expanded(_) => return Ok(None),
        };
        let expanded = (self.arithmetic.expanded_of_seed)(seed);
        if stored.is_some_and(|stored| *stored != **expanded) {
            return Err(KeyError::Malformed(
                "its expanded form is not that of its seed",
            ));
        }
        Ok((self.arithmetic.sign)(seed, message))
    }

    /// Whether this is the signature over a message, without a context, of the key with this public
    /// half.
    pub fn verify(&self, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        (self.arithmetic.verify)(public, message, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der;

    fn private(set: &ParameterSet, forms: &[(u8, &[u8])]) -> PrivateKey {
        let forms: Vec<Vec<u8>> = forms
            .iter()
            .map(|(tag, der)| der::value(*tag, &[der]))
            .collect();
        let parts: Vec<&[u8]> = forms.iter().map(Vec::as_slice).collect();
        let key = match parts.as_slice() {
            [one] => one.to_vec(),
            both => der::sequence(both),
        };
        super::super::structure::pkcs8(&der::sequence(&[&der::oid(&set.oid)]), &key)
    }

    #[test]
    fn ml_dsa_forms_give_one_public_key() {
        for set in SETS {
            let seed = [7; 32];
            let expanded = (set.arithmetic.expanded_of_seed)(&seed);
            let public = (set.arithmetic.public_of_seed)(&seed);
            let by_seed = private(set, &[(IMPLICIT_0, &seed)]);
            let by_expanded = private(set, &[(OCTET_STRING, &expanded)]);
            let both = private(set, &[(OCTET_STRING, &seed), (OCTET_STRING, &expanded)]);
            for key in [&by_seed, &by_expanded, &both] {
                let spki = super::super::public_key_of(key).unwrap();
                assert!(spki.ends_with(&public), "{}", set.name);
                assert_eq!(super::super::describe(&spki).algorithm, set.name);
            }
            for key in [&by_seed, &both] {
                let signature = set.sign(key, b"message").unwrap().unwrap();
                assert!(set.verify(&public, b"message", &signature));
                assert!(!set.verify(&public, b"another", &signature));
            }
            assert_eq!(set.sign(&by_expanded, b"message"), Ok(None));
        }
    }

    #[test]
    fn ml_dsa_forms_that_differ_are_malformed() {
        for set in SETS {
            let expanded = (set.arithmetic.expanded_of_seed)(&[7; 32]);
            let key = private(set, &[(OCTET_STRING, &[8; 32]), (OCTET_STRING, &expanded)]);
            assert!(set.sign(&key, b"message").is_err());
        }
    }

    #[test]
    fn ml_dsa_rejects_out_of_range_key() {
        for set in SETS {
            let expanded = (set.arithmetic.expanded_of_seed)(&[7; 32]);
            for at in (ShortVectors::START..expanded.len()).step_by(97) {
                let mut damaged = expanded.clone();
                damaged[at] = 0xff;
                let key = private(set, &[(OCTET_STRING, &damaged)]);
                // Malformed, or another key; never a panic.
                let _ = super::super::public_key_of(&key);
            }
            let mut damaged = expanded.clone();
            damaged[ShortVectors::START] = 0xff;
            let key = private(set, &[(OCTET_STRING, &damaged)]);
            assert_eq!(super::super::public_key_of(&key), Err(NOT_READABLE));
            let cut = private(set, &[(OCTET_STRING, &expanded[1..])]);
            assert_eq!(super::super::public_key_of(&cut), Err(NOT_READABLE));
        }
    }
}
