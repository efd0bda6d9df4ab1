//! A run that has ended, as its files tell it: what came of it, and what the files of the run before
//! said.

use std::path::{Path, PathBuf};

use certstow_core::time::UnixTime;

use crate::exit::Exit;
use crate::render::json::Object;

/// How a process ends that found a mistake in itself, as Rust has it.
pub(crate) const PANICKED: u8 = 101;

/// What a run came to know.
#[derive(Default)]
pub(super) struct Found {
    /// The error that was told last.
    pub(super) error: Option<Object>,
    pub(super) destinations: Vec<Destination>,
    pub(super) ends: Option<Ends>,
    /// What `--json` prints.
    pub(super) report: Option<Object>,
}

/// The ends of the certificates that are not renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ends {
    /// Of those that have not ended, that of the first; `None` without any.
    pub(crate) soonest: Option<UnixTime>,
    /// How many have ended.
    pub(crate) expired: usize,
}

/// A folder of a backup, and what came of it in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) folder: PathBuf,
    /// Whether nothing is wrong with it.
    pub(crate) ok: bool,
    /// How many identities are in it as they should be, and how many are not; `None` where the run did
    /// not come so far.
    pub(crate) identities: Option<(usize, usize)>,
}

impl Destination {
    /// One that nothing is known of yet.
    pub(super) fn named(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            ok: false,
            identities: None,
        }
    }

    /// The last part of its path.
    pub(super) fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Its path.
    pub(super) fn text(&self) -> String {
        self.folder.to_string_lossy().into_owned()
    }
}

/// A run that has ended, as the files tell it.
pub(super) struct Ended<'a> {
    pub(super) command: &'static str,
    pub(super) began: UnixTime,
    pub(super) ended: UnixTime,
    pub(super) exit: u8,
    pub(super) found: &'a Found,
    pub(super) before: &'a Before,
}

/// When a run last ended well, by the files of the one before.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) last_success: Option<UnixTime>,
    pub(super) destinations: Vec<DestinationBefore>,
}

/// When a destination was last as it should be, by the files of the run before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DestinationBefore {
    /// From 1.
    pub(super) number: usize,
    pub(super) name: String,
    /// `None` where the file has no paths.
    pub(super) folder: Option<String>,
    pub(super) last_success: UnixTime,
}

impl DestinationBefore {
    /// Whether it is the same as this one, as far as the file tells.
    fn is(&self, number: usize, now: &Destination) -> bool {
        match &self.folder {
            Some(folder) => *folder == now.text(),
            None => self.number == number && self.name == now.name(),
        }
    }
}

impl Ended<'_> {
    pub(super) fn last_success(&self) -> Option<UnixTime> {
        match self.exit == Exit::Done.code() {
            true => Some(self.ended),
            false if self.is_of_other_folders() => None,
            false => self.before.last_success,
        }
    }

    /// Whether both runs knew folders, and none is the same.
    fn is_of_other_folders(&self) -> bool {
        let before = &self.before.destinations;
        let now = || (1..).zip(&self.found.destinations);
        let none = |one: &DestinationBefore| !now().any(|(number, now)| one.is(number, now));
        !before.is_empty() && now().next().is_some() && before.iter().all(none)
    }

    /// The destinations with their numbers, and when each was last as it should be. Where the run did not
    /// come so far as to know them, there are none.
    pub(super) fn destinations(
        &self,
    ) -> impl Iterator<Item = (usize, &Destination, Option<UnixTime>)> {
        let numbered = (1..).zip(&self.found.destinations);
        numbered.map(|(number, one)| {
            let mut before = self.before.destinations.iter();
            let last_success = match one.ok {
                true => Some(self.ended),
                false => before
                    .find(|before| before.is(number, one))
                    .map(|before| before.last_success),
            };
            (number, one, last_success)
        })
    }

    /// Those of before that this run did not come so far as to know.
    pub(super) fn unknown_destinations(&self) -> &[DestinationBefore] {
        match self.found.destinations.is_empty() {
            true => &self.before.destinations,
            false => &[],
        }
    }
}
