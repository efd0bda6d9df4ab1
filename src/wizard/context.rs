//! What every step of the wizard works with, and how it says what went wrong.

use certstow_core::identity::Inventory;
use certstow_formats::sanitize::in_full;

use super::asker::Asker;
use crate::args::ExportArgs;
use crate::error::{Explain, Wording, without_numbers};
use crate::inventory::Reading;

/// What the steps have at hand.
pub(super) struct WizardContext<'a> {
    pub(super) asker: &'a mut dyn Asker,
    pub(super) inventory: &'a mut Inventory,
    /// How the inventory is read.
    pub(super) reading: &'a Reading<'a>,
    /// The files that were locked at the beginning.
    pub(super) locked: &'a [String],
    /// What was given as options.
    pub(super) preset: &'a ExportArgs,
}

impl WizardContext<'_> {
    /// Says what went wrong and what to do, where the person is asked again.
    pub(super) fn tell(&mut self, error: &dyn Explain) {
        self.asker.say(&in_words(error));
    }
}

/// What went wrong, why, and what to do; made safe for a terminal.
pub(super) fn in_words(error: &dyn Explain) -> String {
    let text = without_numbers(&in_full(error));
    match error.hint_for(Wording::Wizard) {
        Some(hint) => format!("{text}.\n{}", sentence(&hint)),
        None => format!("{text}."),
    }
}

/// A text as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    let first = first.into_iter().flat_map(char::to_uppercase);
    let end = if text.ends_with(['.', '?']) { "" } else { "." };
    first.chain(characters).chain(end.chars()).collect()
}
