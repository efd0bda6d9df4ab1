//! A folder that was verified.

use std::path::Path;

use certstow::backup::FolderVerdict;
use certstow::error::Error;

/// What was found, or why nothing could be.
pub(super) type Found<'a> = (&'a Path, Result<FolderVerdict, Error>);
