//! Tries the export methods of the operating system in order, and returns the first private key, or
//! the first informative error.

use certstow_formats::key::{self, KeyError};
use certstow_formats::secret::PrivateKey;

use crate::error::StoreError;
use crate::store::NotExportable;

/// What the operating system says when it does not give a key.
pub(crate) trait Refusal {
    /// Whether it says something of the key, and not only that one way to it does not exist.
    fn is_informative(&self) -> bool;

    /// Whether no other way is to be tried after it.
    fn settles(&self) -> bool;
}

/// Why one way did not lead to the key.
#[derive(Debug)]
pub(crate) enum Failure<R> {
    /// The operating system does not give it.
    Refused(R),
    /// What it gave is no key that certstow reads; the clause says what is wrong with it.
    Unreadable(String),
}

impl<R: Refusal> From<R> for Failure<R> {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal)
    }
}

/// What came of the ways tried so far.
pub(crate) struct Attempt<R> {
    key: Option<PrivateKey>,
    refusals: Vec<R>,
    unreadable: Option<String>,
}

impl<R: Refusal> Attempt<R> {
    /// None was tried yet.
    pub(crate) fn new() -> Self {
        Self {
            key: None,
            refusals: Vec::new(),
            unreadable: None,
        }
    }

    /// The key could not even be opened.
    #[cfg(any(windows, test))]
    pub(crate) fn refused(refusal: R) -> Self {
        Self {
            refusals: vec![refusal],
            ..Self::new()
        }
    }

    /// Tries a way, unless one before it has settled the matter.
    pub(crate) fn way(&mut self, way: impl FnOnce() -> Result<PrivateKey, Failure<R>>) {
        if self.is_settled() {
            return;
        }
        match way().and_then(readable) {
            Ok(key) => self.key = Some(key),
            Err(Failure::Refused(refusal)) => self.refusals.push(refusal),
            Err(Failure::Unreadable(why)) => _ = self.unreadable.get_or_insert(why),
        }
    }

    /// Whether the key is there, or no other way can lead to it.
    pub(crate) fn is_settled(&self) -> bool {
        self.key.is_some() || self.refusals.iter().any(Refusal::settles)
    }

    /// The key, or the error to report: of the refusals the first that says something of the key,
    /// then that what was given cannot be read. Where nothing was tried, the key may not leave.
    /// What was exported has to be the key of the certificate with this `SubjectPublicKeyInfo`.
    pub(crate) fn finish(
        mut self,
        place: &str,
        spki: &[u8],
        error: impl FnOnce(R) -> StoreError,
    ) -> Result<PrivateKey, StoreError> {
        if let Some(key) = self.key {
            return belonging(key, place, spki);
        }
        let not_exportable = |reason| StoreError::KeyNotExportable {
            place: place.to_owned(),
            reason,
            source: None,
        };
        let telling = self.refusals.iter().position(Refusal::is_informative);
        Err(match (telling, self.unreadable) {
            (None, Some(why)) => not_exportable(NotExportable::UnsupportedForm(why)),
            (None, None) if self.refusals.is_empty() => not_exportable(NotExportable::Policy),
            (telling, _) => error(self.refusals.swap_remove(telling.unwrap_or_default())),
        })
    }
}

/// Refuses another certificate's key.
fn belonging(key: PrivateKey, place: &str, spki: &[u8]) -> Result<PrivateKey, StoreError> {
    match key::public_key_of(&key) {
        Ok(public) if !key::same_public_key(&public, spki) => Err(StoreError::KeyMismatch {
            place: place.to_owned(),
        }),
        // What is not understood here is proven by the caller.
        Ok(_) | Err(_) => Ok(key),
    }
}

/// Refuses what is no key.
fn readable<R>(key: PrivateKey) -> Result<PrivateKey, Failure<R>> {
    match key::public_key_of(&key) {
        Err(KeyError::Malformed(what)) => Err(Failure::Unreadable(what.to_owned())),
        // A key of an algorithm that is not known here passes through.
        Ok(_) | Err(_) => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Word {
        NoSuchWay,
        BadState,
        Denied,
        Cancelled,
    }

    impl Refusal for Word {
        fn is_informative(&self) -> bool {
            *self != Self::NoSuchWay
        }

        fn settles(&self) -> bool {
            *self == Self::Cancelled
        }
    }

    fn refuse(word: Word) -> Result<PrivateKey, Failure<Word>> {
        Err(word.into())
    }

    fn give(pkcs8: &[u8]) -> Result<PrivateKey, Failure<Word>> {
        let key = Zeroizing::new(pkcs8.to_vec());
        Ok(PrivateKey::from_pkcs8_der(key))
    }

    fn key() -> Vec<u8> {
        decoded(include_bytes!("../../formats/tests/data/keys/P-256.pem"))
    }

    fn decoded(pem: &[u8]) -> Vec<u8> {
        pem_rfc7468::decode_vec(pem).unwrap().1
    }

    /// The key, or the error with the word that was believed.
    fn finish(attempt: Attempt<Word>) -> Result<PrivateKey, String> {
        let error = |word| StoreError::KeyMissing {
            place: format!("{word:?}"),
        };
        let spki = decoded(include_bytes!(
            "../../formats/tests/data/keys/P-256.public.pem"
        ));
        attempt
            .finish("p", &spki, error)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn attempt_stops_after_first_success() {
        let mut attempt = Attempt::new();
        attempt.way(|| refuse(Word::NoSuchWay));
        assert!(!attempt.is_settled());
        attempt.way(|| give(&key()));
        attempt.way(|| panic!("the key is there already"));
        assert!(attempt.is_settled());
        assert_eq!(finish(attempt).unwrap().expose(), key());
    }

    #[test]
    fn attempt_rejects_key_of_another_certificate() {
        let mut attempt = Attempt::new();
        attempt.way(|| {
            give(&decoded(include_bytes!(
                "../../formats/tests/data/keys/P-384.pem"
            )))
        });
        let error = finish(attempt).unwrap_err();
        assert!(error.contains("belongs to another certificate"), "{error}");
    }

    #[test]
    fn attempt_stops_after_cancellation() {
        let mut attempt = Attempt::new();
        attempt.way(|| refuse(Word::Cancelled));
        attempt.way(|| panic!("a second window"));
        assert!(finish(attempt).unwrap_err().contains("Cancelled"));
    }

    #[test]
    fn attempt_reports_first_informative_refusal() {
        let mut attempt = Attempt::refused(Word::NoSuchWay);
        attempt.way(|| refuse(Word::BadState));
        attempt.way(|| refuse(Word::Denied));
        assert!(finish(attempt).unwrap_err().contains("BadState"));

        let mut attempt = Attempt::new();
        attempt.way(|| refuse(Word::NoSuchWay));
        assert!(finish(attempt).unwrap_err().contains("NoSuchWay"));
    }

    #[test]
    fn attempt_reports_unreadable_key_unless_refusal_informative() {
        for (given, refusal, expected) in [
            (&b""[..], Word::NoSuchWay, "not PKCS#8"),
            (b"\x30\x03\x02\x01\x00", Word::NoSuchWay, "not PKCS#8"),
            (b"", Word::Denied, "Denied"),
        ] {
            let mut attempt = Attempt::new();
            attempt.way(|| refuse(refusal));
            attempt.way(|| give(given));
            let error = finish(attempt).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn attempt_without_ways_reports_policy() {
        let error = finish(Attempt::new()).unwrap_err();
        let reason = NotExportable::Policy.to_string();
        assert!(error.contains(&reason), "{error}");
    }
}
