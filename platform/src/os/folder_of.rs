//! The folder of a path, where a path without one is in the current folder.

use std::path::Path;

/// The folder a file of this name lies in.
pub fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
