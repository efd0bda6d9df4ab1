//! What `certstow list --json` says under Wine.

use std::process::Command;

use serde_json::Value;

use super::process::Ended;
use super::runner::Runner;
use crate::command::command;

/// A listing without problems.
pub(super) struct Listing {
    ended: Ended,
    entries: Vec<Value>,
}

impl Listing {
    /// Lists a store; an error if anything in it is a problem.
    pub(super) fn of(runner: &Runner, store: &str) -> Result<Self, String> {
        Self::read(runner, &command!("certstow list --store {store} --json"))
    }

    /// Lists every store that is found.
    pub(super) fn of_all(runner: &Runner) -> Result<Self, String> {
        Self::read(runner, &command!("certstow list --json"))
    }

    fn read(runner: &Runner, list: &Command) -> Result<Self, String> {
        let ended = runner.certstow(0, list)?;
        let mut listing = ended.json()?;
        let Value::Array(entries) = listing["entries"].take() else {
            return Err(ended.complain("no entries"));
        };
        if listing["problems"] != Value::Array(Vec::new()) {
            return Err(ended.complain("a problem, where there is none"));
        }
        Ok(Self { ended, entries })
    }

    /// An error unless the entries have exactly these labels, in any order.
    pub(super) fn has_labels(&self, expected: &[&str]) -> Result<(), String> {
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        let mut labels: Vec<_> = self.entries.iter().map(|entry| &entry["label"]).collect();
        labels.sort_unstable_by_key(|label| label.as_str());
        self.ended
            .ensure(labels == expected, &format!("not the entries {expected:?}"))
    }

    /// An error unless the key of the entry with this label is in this state, for this reason.
    pub(super) fn has_key(&self, label: &str, state: &str, reason: &str) -> Result<(), String> {
        let mut keys = self.entries.iter().filter(|entry| entry["label"] == label);
        let key = keys.next().map(|entry| &entry["key"]);
        self.ended.ensure(
            key.is_some_and(|key| key["state"] == state && key["reason"] == reason),
            &format!("the key of {label} is not {state} ({reason})"),
        )
    }

    /// An error unless every key is in this state.
    pub(super) fn has_keys(&self, state: &str) -> Result<(), String> {
        self.ended.ensure(
            self.entries
                .iter()
                .all(|entry| entry["key"]["state"] == state),
            &format!("a key that is not {state}"),
        )
    }
}
