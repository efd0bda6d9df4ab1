//! What must hold for any file with options that is read, and for any text that is written down. `fuzz/`
//! runs these functions, with those of the other packages, under libFuzzer; [`replay`] runs them all
//! over its seeds and changed copies of them. Each panics where something does not hold.

#[cfg(test)]
mod replay;
mod writers;

use std::path::{Component, Path};

#[cfg(test)]
pub(crate) use writers::saying;
pub use writers::{html, schedule};

use crate::error::Error;

use crate::args::BackupArgs;
use crate::option_file;

/// The options of a backup in a file.
pub fn config(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let folder = Path::new("/etc/certstow");
    let Ok(read) = option_file::parse(&text, &folder.join("backup.toml"), &[]) else {
        return;
    };
    for path in read.args.to.iter().chain(&read.args.escrow) {
        let begins_with_a_drive = matches!(path.components().next(), Some(Component::Prefix(_)));
        assert!(path.has_root() || begins_with_a_drive, "{path:?}");
    }
    // Nothing typed over what a file says, and the reverse.
    let same = |args: Result<BackupArgs, Error>| {
        let args = args.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(format!("{args:?}"), format!("{:?}", read.args));
    };
    same(option_file::over(&[], &read.given));
    same(option_file::over(&read.given, &[]));
}
