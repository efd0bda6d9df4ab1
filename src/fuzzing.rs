//! What must hold for any file with options that is read, and for any text that is written down. `fuzz/`
//! runs these functions, with those of the other packages, under libFuzzer; [`replay`] runs them all
//! over its seeds and changed copies of them. Each panics where something does not hold.

#[cfg(test)]
mod replay;
mod writers;

use std::path::{Component, Path};

use certstow_core::backup::config::Settings;

#[cfg(test)]
pub(crate) use writers::saying;
pub use writers::{html, schedule};

/// The options of a backup in a file.
pub fn config(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let folder = Path::new("/etc/certstow");
    let Ok(settings) = Settings::parse(&text, &folder.join("backup.toml")) else {
        return;
    };
    for path in settings.to.iter().chain(&settings.escrow) {
        let begins_with_a_drive = matches!(path.components().next(), Some(Component::Prefix(_)));
        assert!(path.has_root() || begins_with_a_drive, "{path:?}");
    }
    // Nothing said over what a file says, and the reverse.
    let nothing = Settings::default;
    assert_eq!(nothing().over(settings.clone()), settings);
    assert_eq!(settings.clone().over(nothing()), settings);
    let _ = settings.options();
}
