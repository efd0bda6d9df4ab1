//! A folder of a backup, or a file of one, that is given to a command for stores and files: what to type
//! instead. Nothing is locked or opened for that.

use std::path::{Path, PathBuf};

use certstow_core::backup::{manifest, record};
use certstow_platform::os;
use certstow_platform::spec::StoreSpec;

use crate::screen::Screen;

/// Whether a folder says that it is a backup.
pub(super) fn is_one(folder: &Path) -> bool {
    folder.join(manifest::NAME).is_file()
}

/// Says it of each of these that is one, or a file whose password is sealed beside it.
pub(super) fn tell<'a>(paths: impl IntoIterator<Item = &'a PathBuf>, screen: &Screen) {
    for text in paths.into_iter().filter_map(|path| commands(path)) {
        screen.hint(&text);
    }
}

/// The paths among stores that were named.
pub(super) fn paths(stores: &[StoreSpec]) -> impl Iterator<Item = &PathBuf> {
    stores.iter().filter_map(|spec| match spec {
        StoreSpec::File(path) => Some(path),
        _ => None,
    })
}

/// The commands for the backup that this is, or is a file of.
fn commands(path: &Path) -> Option<String> {
    let (folder, what, sealed) = match path.is_dir() {
        true if is_one(path) => (path, "a backup", is_sealed(path)),
        false if has_sealed_password(path) => {
            let folder = path.parent().filter(|folder| *folder != Path::new(""));
            (folder.unwrap_or(Path::new(".")), "of a backup", true)
        }
        _ => return None,
    };
    let quoted = os::shell_word(&folder.to_string_lossy());
    let (why, key) = match sealed {
        true => (
            ", and its password is sealed to a certificate",
            " --escrow-key KEY",
        ),
        false => ("", ""),
    };
    Some(format!(
        "{} is {what}{why}; to see what that holds: certstow backup list {quoted}; to put it back: \
         certstow backup restore {quoted}{key} --into STORE",
        path.display()
    ))
}

/// Whether the files of a backup have passwords of their own.
fn is_sealed(folder: &Path) -> bool {
    let manifest = record::of_folder(folder).ok().flatten();
    let mut entries = manifest.iter().flat_map(|manifest| &manifest.entries);
    entries.any(|saved| saved.escrow.is_some())
}

fn has_sealed_password(file: &Path) -> bool {
    let mut sealed = file.as_os_str().to_owned();
    sealed.push(".cms");
    file.is_file() && Path::new(&sealed).is_file()
}
