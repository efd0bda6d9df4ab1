//! What is measured: the release binary, and what is made for it once.

use std::path::{Path, PathBuf};

use crate::certificates::{self, Validity};
use crate::command::target_folder;
use crate::{executables, files};

/// The release binary, one to compare it with, and a folder for files.
pub(super) struct Bench {
    pub(super) certstow: PathBuf,
    pub(super) beside: Option<PathBuf>,
    pub(super) folder: PathBuf,
}

impl Bench {
    pub(super) fn prepare(beside: Option<&Path>) -> Result<Self, String> {
        let certstow = executables::certstow(&["--release"])?;
        let folder = target_folder()?.join("xtask-bench");
        files::create_folder(&folder)?;
        Ok(Self {
            certstow,
            beside: beside.map(Path::to_owned),
            folder,
        })
    }

    /// A folder with this many pairs, made once.
    pub(super) fn store(&self, pairs: u32) -> Result<PathBuf, String> {
        let folder = self.folder.join(format!("{pairs}-pairs"));
        let complete = folder.with_extension("complete");
        if !complete.exists() {
            println!(
                "making {pairs} certificates and keys in {}",
                folder.display()
            );
            certificates::fill(&folder, 1..=pairs, Validity::Long)
                .map_err(|error| format!("{}: {error}", folder.display()))?;
            files::write(&complete, "")?;
        }
        Ok(folder)
    }
}
