//! What the checks of the contract share: a [`Fixture`], which brings stores of one kind, and looks
//! into a store and at what it asks.

use certstow_formats::certificate::EntryId;
use certstow_formats::secret::Password;

use super::samples::Sample;
use crate::error::AskError;
use crate::store::{Ask, AskedFor, Entry, Interaction, Listing, Store, UnlockRequest};

/// Stores of one kind, to be filled with samples.
pub trait Fixture {
    /// Whether stores of this kind can hold the sample at all.
    fn can_hold(&self, sample: Sample) -> bool;

    /// Whether stores of this kind take the sample's certificate and key in, and give the key out
    /// again. What they do not take they refuse with [`NotImported`](crate::error::StoreError::NotImported).
    fn can_import(&self, _sample: Sample) -> bool {
        false
    }

    /// Whether stores of this kind join certificates with private keys that they have, and
    /// [`Fixture::withdraw`] takes a certificate alone. Others refuse with
    /// [`NotImported`](crate::error::StoreError::NotImported).
    fn can_attach(&self) -> bool {
        false
    }

    /// Whether the stores are such as tell the private keys that belong to no certificate
    /// ([`Store::keys`]).
    fn shows_keys_alone(&self) -> bool {
        true
    }

    /// Whether stores of this kind offer issuers that nobody put into them.
    fn has_issuers_of_its_own(&self) -> bool {
        false
    }

    /// Whether the system keeps the record that a store of this kind makes of a copy. Wine does not.
    fn keeps_records(&self) -> bool {
        true
    }

    /// A fresh store that holds just these samples.
    fn store(&mut self, samples: &[Sample]) -> Box<dyn Store>;

    /// A fresh store that holds just these samples, all of whose private keys [`PASSWORD`] opens as one,
    /// and what it asks for. It is opened with the `given` password as one that is meant for it.
    /// `None` where stores of this kind have no such password.
    ///
    /// [`PASSWORD`]: certstow_formats::testing::PASSWORD
    fn locked_as_a_whole(
        &mut self,
        _samples: &[Sample],
        _given: Option<&str>,
    ) -> Option<(Box<dyn Store>, AskedFor)> {
        None
    }

    /// Takes the sample out of the store made last, behind its back.
    fn withdraw(&mut self, sample: Sample);

    /// Damages the stored private key of the sample in the store made last, behind its back, so
    /// that it is still found and cannot be read. False where that cannot be done.
    fn damage(&mut self, _sample: Sample) -> bool {
        false
    }

    /// Everything in the store made last, in a form that shows every change.
    fn snapshot(&self) -> String;
}

/// What a store lists, in a form that shows every change: a [`Fixture::snapshot`] for stores that
/// cannot be looked into otherwise.
pub fn listing_as_text(store: &dyn Store) -> String {
    let entries = list(store).entries;
    let lines: Vec<_> = entries.iter().map(|entry| format!("{entry:?}")).collect();
    lines.join("\n")
}

pub(super) const WITH_KEYS: [Sample; 5] = [
    Sample::Rsa,
    Sample::P256,
    Sample::Ed25519,
    Sample::Expired,
    Sample::Future,
];

pub(super) fn id_of(sample: Sample) -> EntryId {
    match sample.certificate() {
        Some(certificate) => certificate.id(),
        None => panic!("{sample:?} has no certificate"),
    }
}

pub(super) fn list(store: &dyn Store) -> Listing {
    match store.list() {
        Ok(listing) => listing,
        Err(error) => panic!("the store does not list: {error}"),
    }
}

pub(super) fn entry(store: &dyn Store, sample: Sample) -> Entry {
    let mut found = list(store).entries;
    found.retain(|entry| entry.id == id_of(sample));
    match <[Entry; 1]>::try_from(found) {
        Ok([entry]) => entry,
        Err(found) => panic!("{sample:?} is listed {} times", found.len()),
    }
}

/// Gives the same answer to every question, and counts them.
pub(super) struct Answers {
    pub(super) answer: Result<&'static str, AskError>,
    interaction: Interaction,
    /// How many wrong passwords the store was opened with.
    pub(super) wrong_before: u32,
    pub(super) asked: u32,
    /// What the last question was about.
    pub(super) last: Option<UnlockRequest>,
}

impl Answers {
    pub(super) fn new(answer: Result<&'static str, AskError>, interaction: Interaction) -> Self {
        Self {
            answer,
            interaction,
            wrong_before: 0,
            asked: 0,
            last: None,
        }
    }
}

impl Ask for Answers {
    fn interaction(&self) -> Interaction {
        self.interaction
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        assert_eq!(
            request.attempt,
            self.wrong_before + self.asked,
            "every answer before this one was wrong"
        );
        self.asked += 1;
        self.last = Some(request.clone());
        assert!(self.asked < 100, "the store asks for ever");
        self.answer.map(|text| Password::new(text.to_owned()))
    }
}
