//! What a run would write and remove, told from what it has planned.

use std::collections::HashMap;

use super::Run;
use super::writing::written;
use crate::backup::destination::Destination;
use crate::backup::manifest;
use crate::backup::plan::Action;
use crate::export::may_come_out;

impl Run<'_> {
    /// Has the report say of each copy what would become of it.
    pub(super) fn foresee(&mut self) {
        for position in 0..self.plan.len() {
            if !self.is_pending(position) {
                continue;
            }
            if let Err(error) = may_come_out(self.plan[position].identity.entry()) {
                self.key_failed(position, error);
                continue;
            }
            let copies = self.entries[position].copies.iter_mut();
            for (copy, action) in copies.zip(&self.plan[position].actions) {
                if matches!(action, Action::Write(_)) {
                    copy.outcome = written(action);
                }
            }
        }
        let Some(retention) = &self.retention else {
            return;
        };
        let comes_out = self.plan.iter().zip(&self.entries);
        let comes_out = comes_out.filter(|(_, entry)| entry.key.is_none());
        let actions: HashMap<_, _> = comes_out
            .map(|(wanted, _)| (manifest::key(&wanted.identity.entry().id), &wanted.actions))
            .collect();
        let writes = |sha256: &str, at: usize| {
            let actions = actions.get(sha256);
            actions.is_some_and(|actions| matches!(actions[at], Action::Write(_)))
        };
        let destinations: Vec<Option<&Destination>> =
            self.destinations.iter().map(Option::as_ref).collect();
        retention.foresee(&destinations, &mut self.reports, &writes);
    }
}
