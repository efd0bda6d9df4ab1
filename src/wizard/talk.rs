//! What every step of the wizard works with, and how it says what went wrong.

use std::io;

use certstow_core::error::Error;
use certstow_core::identity::Inventory;
use certstow_formats::sanitize::safe;

use super::asker::Asker;
use crate::args::ExportArgs;
use crate::error::Explain as _;

/// What the steps have at hand.
pub(super) struct Talk<'a> {
    pub(super) asker: &'a mut dyn Asker,
    pub(super) inventory: &'a Inventory,
    /// What was given as options.
    pub(super) preset: &'a ExportArgs,
}

impl Talk<'_> {
    /// Says what went wrong and what to do, where the person is asked again.
    pub(super) fn tell(&mut self, error: &Error) {
        self.asker.say(&in_words(error));
    }
}

/// What went wrong, why, and what to do; made safe for a terminal.
pub(super) fn in_words(error: &Error) -> String {
    let mut text = format!("{error}");
    let mut cause = std::error::Error::source(error);
    while let Some(underneath) = cause {
        text.push_str(&format!(": {}", safe(&underneath.to_string())));
        cause = underneath.source();
    }
    let hint = match error {
        Error::Store(_) => error.hint(),
        Error::Target { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            Some("Make that folder first, or name another one".to_owned())
        }
        Error::Target { .. } | Error::NotSynced { saved: false, .. } => {
            Some("Name another folder".to_owned())
        }
        // It speaks of options.
        _ => None,
    };
    match hint {
        Some(hint) => format!("{text}.\n{hint}."),
        None => format!("{text}."),
    }
}
