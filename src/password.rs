//! Where a password may come from: never argv.
use std::path::PathBuf;
use certstow_platform::secret::Password;
use crate::error::Error;
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source { /// "-" is stdin
    File(PathBuf), Stdin, Env(String), Fd(i32), Prompt }
/// Reads from a non-prompt source. One trailing newline (LF or CRLF) and a UTF-8 BOM stripped (UTF-16 with BOM decoded: PowerShell), invalid UTF-8 refused, empty is Error::Password unless allow_empty.
pub fn read(source: &Source, allow_empty: bool) -> Result<Password, Error> { todo!() }
/// Asks on terminal, hidden. `confirm`: twice, three tries.
pub fn prompt(text: &str, confirm: bool, allow_empty: bool) -> Result<Password, Error> { todo!() }
