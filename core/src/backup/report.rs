//! What a run did: to each destination, and with each identity.

use std::path::PathBuf;

use certstow_formats::proof::Level;

use crate::error::Error;
use crate::identity::StoreProblem;
use crate::warning::Warning;

/// What a run did.
#[derive(Debug)]
pub struct RunReport {
    /// One for each destination, in the order given.
    pub destinations: Vec<DestinationReport>,
    /// One for each identity that was looked at, in the order of the stores.
    pub entries: Vec<EntryReport>,
    /// The identities that are in no store any more, in the order of their labels.
    pub only_in_backup: Vec<OnlyInBackup>,
    /// What could not be read in the stores.
    pub problems: Vec<StoreProblem>,
    /// What holds private keys there that were not saved, since no certificate needs them.
    pub notices: Vec<StoreProblem>,
    /// What the user should know beside that.
    pub warnings: Vec<Warning>,
}

/// What was done to a destination.
#[derive(Debug)]
pub struct DestinationReport {
    /// The folder as it was named.
    pub folder: PathBuf,
    /// Why it failed as a whole, from the beginning or on the way, or that its disk did not confirm
    /// what was written.
    pub error: Option<Error>,
    /// The files that retention removed.
    pub pruned: Vec<Pruned>,
    /// The files that retention could not remove; the notes say why.
    pub unpruned: Vec<String>,
    /// What the user should know.
    pub notes: Vec<Warning>,
}

/// A file that retention removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// Its name in the folder.
    pub file: String,
    /// The label of its identity.
    pub label: String,
    /// The SHA-1 thumbprint of its certificate.
    pub thumbprint: String,
}

/// An identity of which a destination has a file, and the private key is neither in the store it was
/// saved from any more nor in another that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlyInBackup {
    /// The SHA-1 thumbprint.
    pub thumbprint: String,
    /// The label at the time.
    pub label: String,
    /// The name of the store that gave the key.
    pub store: String,
    /// The end of its certificate, RFC 3339 in UTC.
    pub not_after: String,
    /// Its files, one at least.
    pub files: Vec<LastFile>,
}

/// A file of an identity that no store has any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastFile {
    /// The position of its destination.
    pub destination: usize,
    /// Its name there.
    pub file: String,
    /// What is wrong with it, if it is not what was written.
    pub damage: Option<String>,
}

impl OnlyInBackup {
    /// Whether a file is not what was written: nothing can mend it where the key is gone.
    pub fn is_damaged(&self) -> bool {
        self.files.iter().any(|file| file.damage.is_some())
    }
}

/// What was done with an identity.
#[derive(Debug)]
pub struct EntryReport {
    /// The SHA-1 thumbprint.
    pub thumbprint: String,
    /// The label.
    pub label: String,
    /// The name of the store that gave the key, or would be asked for it first.
    pub store: String,
    /// What became of the key, where it did not come out although it was wanted.
    pub key: Option<KeyFailure>,
    /// The copies, one for each destination, in their order.
    pub copies: Vec<Copy>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

/// A private key that did not come out.
#[derive(Debug)]
pub struct KeyFailure {
    /// Why not.
    pub error: Error,
    /// Whether the store said beforehand that it never would.
    pub known: bool,
}

/// An identity's copy at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// The file's name, where there is one or was to be one.
    pub file: Option<String>,
    /// The SHA-256 of its bytes, 64 lower-case digits, where it was verified.
    pub sha256: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// How far its private key was proven when the file was written; `None` where there is no file,
    /// or its manifest is older than that.
    pub proof: Option<Level>,
    /// Whether it is accepted that nothing proves its private key.
    pub allow_unproven: bool,
}

impl Copy {
    /// Whether the file is there, was verified in this run, and nothing proves that its private key
    /// works.
    pub fn is_unproven(&self) -> bool {
        self.outcome.is_verified() && self.proof == Some(Level::None)
    }

    /// Whether the file is there and was verified in this run, and so was its private key when the
    /// file was written.
    pub fn is_proven(&self) -> bool {
        self.outcome.is_verified() && !self.is_unproven()
    }

    /// Whether [`Copy::is_unproven`] holds and nobody accepted it.
    pub fn lacks_proof(&self) -> bool {
        self.is_unproven() && !self.allow_unproven
    }

    /// Whether this copy is no failure: it is as it should be, or was not to be there.
    fn is_good(&self) -> bool {
        let is_there = !matches!(self.outcome, Outcome::Failed(_) | Outcome::NotTried);
        is_there && !self.lacks_proof()
    }
}

/// What became of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it was written, and its hash is right.
    Unchanged,
    /// It is the first.
    New,
    /// It was written anew because that was asked for.
    Rewritten,
    /// It was written anew because something was wrong with it, and what.
    Mended(String),
    /// There is none, since the certificate expired long ago and another destination has one.
    Retired,
    /// It could not be written, and why.
    Failed(String),
    /// It was not tried: the key did not come out, or the destination failed as a whole.
    NotTried,
}

impl Outcome {
    /// The word for it in tables and JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::New => "new",
            Self::Rewritten => "rewritten",
            Self::Mended(_) => "mended",
            Self::Retired => "retired",
            Self::Failed(_) => "failed",
            Self::NotTried => "not-tried",
        }
    }

    /// Why, where there is a reason to give.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Mended(reason) | Self::Failed(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether the copy was written in this run.
    pub fn is_written(&self) -> bool {
        matches!(self, Self::New | Self::Rewritten | Self::Mended(_))
    }

    /// Whether the copy is there and was verified in this run.
    pub fn is_verified(&self) -> bool {
        *self == Self::Unchanged || self.is_written()
    }
}

/// How many copies at a destination became what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Written: new, or anew because that was asked for.
    pub written: usize,
    /// As they were.
    pub unchanged: usize,
    /// Written anew because something was wrong with them.
    pub mended: usize,
    /// Not there, or not as they should be.
    pub failed: usize,
    /// Not there, since the store said beforehand that the key is not exportable.
    pub not_exportable: usize,
    /// There, but with a private key that nothing proves, unless that is accepted. They are among
    /// those written, unchanged and mended, too.
    pub unproven: usize,
    /// Removed by retention.
    pub pruned: usize,
}

impl RunReport {
    /// The counts of the destination at a position.
    pub fn counts(&self, destination: usize) -> Counts {
        let mut counts = Counts {
            pruned: self.destinations[destination].pruned.len(),
            ..Counts::default()
        };
        for entry in &self.entries {
            let known = entry.key.as_ref().is_some_and(|failure| failure.known);
            let copy = &entry.copies[destination];
            counts.unproven += usize::from(copy.lacks_proof());
            match copy.outcome {
                Outcome::NotTried if known => counts.not_exportable += 1,
                Outcome::Unchanged => counts.unchanged += 1,
                Outcome::New | Outcome::Rewritten => counts.written += 1,
                Outcome::Mended(_) => counts.mended += 1,
                Outcome::Failed(_) | Outcome::NotTried => counts.failed += 1,
                Outcome::Retired => {}
            }
        }
        counts
    }

    /// Whether the destination at a position is as [`RunReport::is_complete`] has all of them.
    pub fn is_complete_at(&self, destination: usize, skip_not_exportable: bool) -> bool {
        let one = &self.destinations[destination];
        let counts = self.counts(destination);
        one.error.is_none()
            && one.unpruned.is_empty()
            && counts.failed == 0
            && counts.unproven == 0
            && (skip_not_exportable || counts.not_exportable == 0)
    }

    /// Why nothing was saved at all: the error of the first destination, where every one failed.
    pub fn failure(&self) -> Option<&Error> {
        let mut errors = self.destinations.iter().map(|one| one.error.as_ref());
        let first = errors.next()?;
        errors.all(|error| error.is_some()).then_some(first)?
    }

    /// Whether everything was saved that was to be. With `skip_not_exportable`, keys that were known
    /// never to come out do not count.
    pub fn is_complete(&self, skip_not_exportable: bool) -> bool {
        let saved = |entry: &EntryReport| match &entry.key {
            Some(failure) => failure.known && skip_not_exportable,
            None => entry.copies.iter().all(Copy::is_good),
        };
        let destinations = &self.destinations;
        destinations
            .iter()
            .all(|one| one.error.is_none() && one.unpruned.is_empty())
            && self.entries.iter().all(saved)
            && !self.only_in_backup.iter().any(OnlyInBackup::is_damaged)
            && self.problems.is_empty()
    }
}
