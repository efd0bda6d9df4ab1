//! The file store: a folder of PEM, DER, PKCS#7 and PKCS#12 files, searched recursively, or one
//! such file. Works the same on every system, and reads the folder anew for every listing.

mod attach;
pub(crate) mod bag_attributes;
mod blocks;
mod change;
pub(crate) mod contents;
pub(crate) mod dotnet;
mod file_store;
pub(crate) mod found;
mod identity_file;
mod import;
mod key_file;
mod key_kind;
mod keys;
mod made_folder;
mod messages;
mod opened;
mod pair;
pub(crate) mod passwords;
mod pem;
mod place;
mod read;
mod remove;
mod same_name;
mod scan;
mod seen;
mod single_file;
mod take_out;
#[cfg(test)]
mod tests;
mod text;
mod unlock;
mod unproven;
mod walk;

use std::path::{Path, PathBuf};

use crate::new_file;
pub(crate) use file_store::FileStore;
pub use opened::OpenedFile;
pub use single_file::{certificates_in, needs_password, private_keys_in};

/// The temporary files below a folder that no live process has; see
/// [`left_behind_in`](crate::new_file::left_behind_in). None where the folder cannot be read.
pub fn left_behind_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = walk::walk(folder).unwrap_or_default().temporary;
    found.retain(|path| new_file::is_left_behind(path));
    found
}
