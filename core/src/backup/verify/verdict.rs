//! What was found in a folder, and how it is to be told.

use std::path::PathBuf;

use certstow_formats::proof::Level;

use crate::backup::compare::Comparison;
use crate::time::UnixTime;
use crate::warning::Warning;

/// What was found in a folder.
#[derive(Debug)]
pub struct FolderVerdict {
    /// The folder, as it was named.
    pub folder: PathBuf,
    /// What is wrong with the manifest.
    pub manifest: Option<String>,
    /// When the last run ended that looked at every identity, if the manifest tells.
    pub checked: Option<UnixTime>,
    /// Whether that is longer ago than was asked for, or further ahead, or not known.
    pub too_old: bool,
    /// Every file that the manifest names, in its order, then those it does not name, by name.
    pub files: Vec<FileVerdict>,
    /// How it compares with the stores that were to be compared with.
    pub stores: Option<Comparison>,
}

/// What was found of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVerdict {
    /// Its name in the folder.
    pub file: String,
    /// The certificate's SHA-1 thumbprint, where the manifest tells.
    pub thumbprint: Option<String>,
    /// The label, where the manifest tells.
    pub label: Option<String>,
    /// Whether it is what was written.
    pub state: FileState,
    /// Whether it restores, and the identity that the manifest names; `None` if nothing was given to
    /// open it, or that cannot be proven.
    pub restores: Option<bool>,
    /// How far its private key is proven, where it was opened.
    pub proof: Option<Level>,
    /// Whether it is accepted that nothing proves its private key: the request says so, or the
    /// manifest.
    pub unproven_accepted: bool,
    /// The identities in it that the manifest does not name for it, by label and thumbprint.
    pub unnamed: Vec<String>,
    /// Whether what was given to open it is not what opens it.
    pub wrong_password: bool,
    /// What is wrong, in a sentence.
    pub reason: Option<String>,
    /// What the user should know of a file that was opened, in sentences.
    pub warnings: Vec<Warning>,
}

/// Whether a file is what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileState {
    /// Byte for byte.
    Whole,
    /// It is gone.
    Missing,
    /// It is another file now, or cannot be read.
    Changed,
    /// The manifest does not name it.
    Unknown,
}

impl FileState {
    /// The word for it in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Missing => "missing",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

impl FileVerdict {
    /// Whether nothing is wrong with it, as far as was looked: with something to open it
    /// (`opened`), it has to restore, or to do so as far as can be told.
    pub fn is_good(&self, opened: bool) -> bool {
        self.is_right(opened) && !self.lacks_proof()
    }

    /// Whether it is as it should be, but that nothing proves its private key, and nobody accepted
    /// that.
    pub fn lacks_only_proof(&self, opened: bool) -> bool {
        self.is_right(opened) && self.lacks_proof()
    }

    fn lacks_proof(&self) -> bool {
        self.proof == Some(Level::None) && !self.unproven_accepted
    }

    fn is_right(&self, opened: bool) -> bool {
        self.restores_if(opened) && self.unnamed.is_empty()
    }

    /// Whether it is what was written, and restores if it was opened.
    fn restores_if(&self, opened: bool) -> bool {
        let restores = self.restores == Some(true) || self.is_open_question();
        self.state == FileState::Whole && (restores || !opened)
    }

    /// Whether nothing speaks against its being the file of the identity that the manifest names.
    pub(super) fn may_hold_it(&self, opened: bool) -> bool {
        self.restores_if(opened) || self.wrong_password
    }

    /// Whether it was opened, and nothing speaks against its restoring, and nothing proves it.
    pub(super) fn is_open_question(&self) -> bool {
        self.restores.is_none() && self.proof.is_some()
    }
}

/// What there is to say of a folder, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// Nothing is wrong with it, as far as was looked.
    Good,
    /// Something cannot be proven or compared.
    Unproven,
    /// Something is missing, changed, too old, or does not restore.
    Damaged,
    /// What was given to open its files does not open one of them.
    WrongPassword,
}

impl FolderVerdict {
    /// Whether nothing is wrong with it, as far as was looked.
    pub fn is_good(&self, opened: bool) -> bool {
        self.finding(opened) == Finding::Good
    }

    /// How it is to be told: what is wrong before what cannot be proven or compared. A wrong
    /// password outweighs both, since nothing can be said of those files.
    pub fn finding(&self, opened: bool) -> Finding {
        let stores = self.stores.as_ref();
        let all = |holds: &dyn Fn(&FileVerdict) -> bool| self.files.iter().all(holds);
        if !all(&|file| !file.wrong_password) {
            Finding::WrongPassword
        } else if self.manifest.is_some()
            || self.too_old
            || !all(&|file| file.is_right(opened))
            || stores.is_some_and(|stores| !stores.absent.is_empty())
        {
            Finding::Damaged
        } else if !all(&|file| file.is_good(opened))
            || stores.is_some_and(|stores| !stores.problems.is_empty())
        {
            Finding::Unproven
        } else {
            Finding::Good
        }
    }
}
