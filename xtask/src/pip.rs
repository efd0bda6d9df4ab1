//! Packages of PyPI, pinned by hash, each set in a folder of its own below the target folder, which no
//! other Python gets to see.

use std::path::PathBuf;

use crate::command::{command, root, run, target_folder};
use crate::setup;

/// Installs what `xtask/NAME.txt` asks for into the folder of that name; an error says why it can't be
/// had.
pub(crate) fn install(name: &str) -> Result<(), String> {
    setup::require(&setup::PIP)?;
    let (folder, requirements) = (folder(name)?, root().join(format!("xtask/{name}.txt")));
    run(&mut command!(
        "python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all:
         --require-hashes --upgrade --root-user-action ignore --target {folder}
         --requirement {requirements}"
    ))
}

/// The folder of a set.
pub(crate) fn folder(name: &str) -> Result<PathBuf, String> {
    Ok(target_folder()?.join(name))
}
