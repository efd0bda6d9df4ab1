//! The folders and files of an account in which certstow keeps what is its own.

use std::path::PathBuf;

use crate::os;

/// The default personal folder: `certstow/personal` in `$XDG_DATA_HOME` or `~/.local/share` on
/// Linux, in `~/Library/Application Support` on macOS, in `%APPDATA%` on Windows. `None` when
/// there is no home folder. It need not exist.
pub fn personal_folder() -> Option<PathBuf> {
    Some(os::data_folder()?.join("certstow").join("personal"))
}

/// The file in which a person keeps options for all commands: `certstow/config.toml` in `$XDG_CONFIG_HOME`
/// or `~/.config` on Linux, beside the folder that [`personal_folder`] names elsewhere. `None` when there
/// is no home folder. It need not exist.
pub fn options_file() -> Option<PathBuf> {
    Some(os::config_folder()?.join("certstow").join("config.toml"))
}

/// Where certstow keeps what it has to remember between runs: in a service of systemd the folder that
/// its manager made for it (`StateDirectory=`, systemd.exec(5)), else `certstow` in the folder that
/// [`personal_folder`] names. `None` when there is neither. It need not exist.
pub fn state_folder() -> Option<PathBuf> {
    os::service_state_folder().or_else(|| Some(os::data_folder()?.join("certstow")))
}
