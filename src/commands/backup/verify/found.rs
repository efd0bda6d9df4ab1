//! A folder that was verified.

use std::path::Path;

use certstow_core::backup::FolderVerdict;
use certstow_core::error::Error;

/// What was found, or why nothing could be.
pub(super) type Found<'a> = (&'a Path, Result<FolderVerdict, Error>);
