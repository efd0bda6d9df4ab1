//! Getting a private key in one of several ways: the first that works gives it, and otherwise the
//! first that says why not is the one to believe.

use super::codes::{self, KeyPlace, OsError, Policy};
use crate::error::StoreError;
use crate::key::{self, KeyError};
use crate::secret::PrivateKey;
use crate::store::NotExportable;

/// Why one way did not lead to the key.
#[derive(Debug)]
pub(super) enum Failure {
    /// Windows does not give it.
    Os(OsError),
    /// What Windows gave is no key that certstow reads; the clause says what is wrong with it.
    Unreadable(String),
}

impl From<getrandom::Error> for Failure {
    /// There are no random numbers.
    fn from(error: getrandom::Error) -> Self {
        let code = error.raw_os_error().unwrap_or_default() as u32;
        let call = "ProcessPrng";
        Self::Os(OsError { call, code })
    }
}

impl From<OsError> for Failure {
    fn from(error: OsError) -> Self {
        Self::Os(error)
    }
}

/// What came of the ways tried so far.
pub(super) struct Attempt {
    policy: Policy,
    key: Option<PrivateKey>,
    refusals: Vec<OsError>,
    unreadable: Option<String>,
}

impl Attempt {
    /// None was tried yet.
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            key: None,
            refusals: Vec::new(),
            unreadable: None,
        }
    }

    /// The key could not even be opened.
    pub(super) fn closed(error: OsError) -> Self {
        let mut attempt = Self::new(Policy::Closed);
        attempt.refusals.push(error);
        attempt
    }

    /// Tries a way, unless one before it has settled the matter.
    pub(super) fn way(&mut self, way: impl FnOnce() -> Result<PrivateKey, Failure>) {
        if self.is_settled() {
            return;
        }
        match way().and_then(readable) {
            Ok(key) => self.key = Some(key),
            Err(Failure::Os(error)) => self.refusals.push(error),
            Err(Failure::Unreadable(why)) => _ = self.unreadable.get_or_insert(why),
        }
    }

    /// Whether another way may lead to the key where those tried did not.
    pub(super) fn is_open(&self) -> bool {
        !self.is_settled() && self.policy != Policy::Forbids
    }

    /// Whether the key is there, or no other way can lead to it.
    fn is_settled(&self) -> bool {
        self.key.is_some() || self.refusals.iter().any(OsError::settles)
    }

    /// The key, or the error to report: of the refusals the first that says something of the key,
    /// then that what was given cannot be read.
    pub(super) fn finish(mut self, place: &KeyPlace) -> Result<PrivateKey, StoreError> {
        if let Some(key) = self.key {
            return Ok(key);
        }
        let not_exportable = |reason| StoreError::KeyNotExportable {
            place: place.place.clone(),
            reason,
            source: None,
        };
        let telling = self.refusals.iter().position(OsError::is_informative);
        Err(match (telling, self.unreadable) {
            (None, Some(why)) => not_exportable(NotExportable::UnsupportedForm(why)),
            (None, None) if self.refusals.is_empty() => not_exportable(NotExportable::Policy),
            (telling, _) => {
                let refusal = self.refusals.swap_remove(telling.unwrap_or_default());
                codes::key_error(refusal, self.policy, place)
            }
        })
    }
}

/// Refuses what is no key.
fn readable(key: PrivateKey) -> Result<PrivateKey, Failure> {
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

    const BAD_STATE: u32 = 0x8009_000B;
    const NOT_SUPPORTED: u32 = 0x8009_0029;
    const DENIED: u32 = 5;

    fn refuse(code: u32) -> Result<PrivateKey, Failure> {
        Err(OsError { call: "f", code }.into())
    }

    fn give(pkcs8: &[u8]) -> Result<PrivateKey, Failure> {
        let key = Zeroizing::new(pkcs8.to_vec());
        Ok(PrivateKey::from_pkcs8_der(key))
    }

    fn key() -> Vec<u8> {
        let pem = include_bytes!("../../tests/data/keys/P-256.pem");
        pem_rfc7468::decode_vec(pem).unwrap().1
    }

    fn finish(attempt: Attempt) -> Result<PrivateKey, StoreError> {
        attempt.finish(&KeyPlace {
            place: "p".to_owned(),
            container: "c".to_owned(),
        })
    }

    #[test]
    fn the_first_way_that_works_is_the_last_tried() {
        let mut attempt = Attempt::new(Policy::Allows);
        attempt.way(|| refuse(NOT_SUPPORTED));
        assert!(attempt.is_open());
        attempt.way(|| give(&key()));
        attempt.way(|| panic!("the key is there already"));
        assert!(!attempt.is_open());
        assert_eq!(finish(attempt).unwrap().expose(), key());
    }

    #[test]
    fn who_has_given_up_is_not_asked_again() {
        let mut attempt = Attempt::new(Policy::Allows);
        attempt.way(|| refuse(0x8009_0036));
        attempt.way(|| panic!("a second window"));
        assert!(!attempt.is_open());
        assert!(matches!(finish(attempt), Err(StoreError::Cancelled)));
    }

    #[test]
    fn of_several_refusals_the_first_that_tells_something_counts() {
        let mut attempt = Attempt::new(Policy::Allows);
        attempt.way(|| refuse(NOT_SUPPORTED));
        attempt.way(|| refuse(BAD_STATE));
        attempt.way(|| refuse(DENIED));
        let error = finish(attempt).unwrap_err();
        let told = matches!(error, StoreError::KeyUnreadableHere { .. });
        assert!(told, "{error:?}");
    }

    #[test]
    fn what_is_given_and_cannot_be_read_counts_where_no_refusal_tells_more() {
        for (given, refusal, expected) in [
            (&b""[..], NOT_SUPPORTED, "not PKCS#8"),
            (b"\x30\x03\x02\x01\x00", 120, "not PKCS#8"),
            (b"", DENIED, "access to the private key"),
        ] {
            let mut attempt = Attempt::new(Policy::Untold);
            attempt.way(|| refuse(refusal));
            attempt.way(|| give(given));
            let error = finish(attempt).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_key_that_may_not_leave_needs_no_refusal() {
        let attempt = Attempt::new(Policy::Forbids);
        assert!(!attempt.is_open());
        let error = finish(attempt).unwrap_err();
        let reason = NotExportable::Policy.to_string();
        assert!(error.to_string().contains(&reason), "{error}");
    }

    #[test]
    fn a_key_that_does_not_open_may_be_reached_otherwise() {
        let closed = |code| Attempt::closed(OsError { call: "f", code }).is_open();
        assert!(closed(BAD_STATE));
        assert!(!closed(0x8009_0016));
    }
}
