//! Private, atomic, read-back file writes.
use std::path::{Path, PathBuf};
use crate::error::Error;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing { Refuse, Replace }
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written { pub file: PathBuf, pub sha256: [u8; 32], /// e.g. "this file system cannot restrict who reads the file; only the password protects it"
    pub warnings: Vec<String> }
/// Cheap checks before any slow work: folder exists and is writable, target is no folder, exists -> TargetExists unless Replace.
pub fn preflight(file: &Path, existing: Existing) -> Result<(), Error> { todo!() }
/// Same-directory temp file, 0600 at creation, write, fsync, re-read *from disk*, `verify(bytes read)`, rename (no-replace unless Replace), fsync dir.
/// Any failure removes the temp file and leaves the target as it was. `verify`'s reason becomes Error::Verification.
pub fn write(file: &Path, existing: Existing, bytes: &[u8], verify: impl FnOnce(&[u8]) -> Result<(), String>) -> Result<Written, Error> { todo!() }
