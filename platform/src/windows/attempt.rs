//! Getting a private key in one of several ways: the first that works gives it, and otherwise the
//! first that says why not is the one to believe.

use super::codes::{self, KeyPlace, OsError, Policy};
use crate::error::StoreError;
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

    /// There is no way at all.
    pub(super) fn failed(policy: Policy, error: OsError) -> Self {
        let mut attempt = Self::new(policy);
        attempt.refusals.push(error);
        attempt
    }

    /// Tries a way, unless one before it has settled the matter.
    pub(super) fn way(&mut self, way: impl FnOnce() -> Result<PrivateKey, Failure>) {
        if self.is_settled() {
            return;
        }
        match way() {
            Ok(key) => self.key = Some(key),
            Err(Failure::Os(error)) => self.refusals.push(error),
            Err(Failure::Unreadable(why)) => _ = self.unreadable.get_or_insert(why),
        }
    }

    /// Whether another way may lead to the key where those tried did not.
    pub(super) fn is_open(&self) -> bool {
        !self.is_settled() && self.policy != Policy::Forbids
    }

    /// Whether the key is there, does not exist, or waits for a person: nobody is asked again who
    /// has given up.
    fn is_settled(&self) -> bool {
        use codes::Meaning::{Asks, Cancelled, NoContainer, NoKey};
        let meanings = self.refusals.iter().map(|error| codes::meaning(error.code));
        let mut settled =
            meanings.map(|meaning| matches!(meaning, Asks | Cancelled | NoContainer | NoKey));
        self.key.is_some() || settled.any(|settled| settled)
    }

    /// The key, or the error to report.
    pub(super) fn finish(self, place: &KeyPlace) -> Result<PrivateKey, StoreError> {
        if let Some(key) = self.key {
            return Ok(key);
        }
        match (codes::first_informative(self.refusals), self.unreadable) {
            // Windows did give something, so that its later refusals say less.
            (_, Some(why)) => Err(StoreError::KeyNotExportable {
                place: place.place.clone(),
                reason: NotExportable::UnsupportedForm(why),
                source: None,
            }),
            (Some(error), None) => Err(codes::key_error(error, self.policy, place)),
            (None, None) => Err(StoreError::KeyMissing {
                place: place.place.clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    const BAD_STATE: u32 = 0x8009_000B;
    const NOT_SUPPORTED: u32 = 0x8009_0029;

    fn refuse(code: u32) -> Result<PrivateKey, Failure> {
        Err(OsError { call: "f", code }.into())
    }

    fn give() -> Result<PrivateKey, Failure> {
        let key = Zeroizing::new(b"key".to_vec());
        Ok(PrivateKey::from_pkcs8_der(key))
    }

    fn finish(attempt: Attempt) -> Result<PrivateKey, StoreError> {
        attempt.finish(&KeyPlace {
            place: "p".to_owned(),
            container: None,
        })
    }

    #[test]
    fn the_first_way_that_works_is_the_last_tried() {
        let mut attempt = Attempt::new(Policy::Allows);
        attempt.way(|| refuse(NOT_SUPPORTED));
        assert!(attempt.is_open());
        attempt.way(give);
        attempt.way(|| panic!("the key is there already"));
        assert!(!attempt.is_open());
        assert_eq!(finish(attempt).unwrap().expose(), b"key");
    }

    #[test]
    fn who_has_given_up_is_not_asked_again() {
        let mut attempt = Attempt::new(Policy::Allows);
        attempt.way(|| refuse(0x8009_0036));
        attempt.way(|| panic!("a second window"));
        assert!(matches!(finish(attempt), Err(StoreError::Cancelled)));
    }

    #[test]
    fn of_several_refusals_the_one_that_tells_something_counts() {
        let mut attempt = Attempt::new(Policy::Allows);
        attempt.way(|| refuse(NOT_SUPPORTED));
        attempt.way(|| refuse(BAD_STATE));
        attempt.way(|| refuse(5));
        let error = finish(attempt).unwrap_err();
        assert!(
            matches!(error, StoreError::KeyUnreadableHere { .. }),
            "{error:?}"
        );
    }

    #[test]
    fn what_is_given_and_cannot_be_read_counts_whatever_else_was_refused() {
        let mut attempt = Attempt::new(Policy::Allows);
        attempt.way(|| Err(Failure::Unreadable("it is no RSA key".to_owned())));
        attempt.way(|| refuse(5));
        let error = finish(attempt).unwrap_err();
        assert!(error.to_string().contains("it is no RSA key"), "{error}");
    }

    #[test]
    fn no_other_way_is_tried_where_none_can_lead_there() {
        let open = |policy, code| Attempt::failed(policy, OsError { call: "f", code }).is_open();
        assert!(!open(Policy::Forbids, BAD_STATE));
        for settled in [0x8009_0022, 0x8009_0036, 0x8009_0016, 0x8009_000D] {
            assert!(!open(Policy::Unopened, settled), "{settled:08X}");
        }
        assert!(open(Policy::Unopened, BAD_STATE));
        assert!(open(Policy::Untold, NOT_SUPPORTED));
    }

    #[test]
    fn a_key_that_nothing_was_tried_for_is_missing() {
        let error = finish(Attempt::new(Policy::Untold)).unwrap_err();
        assert!(matches!(error, StoreError::KeyMissing { .. }));
    }
}
