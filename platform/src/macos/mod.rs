//! The keychains of macOS, as far as they are files: the login keychain, the system's, others by
//! path, through Security.framework. What needs no Mac (statuses, forms of keys) is built and tested
//! everywhere.

#[cfg(target_os = "macos")]
mod change;
#[cfg(target_os = "macos")]
mod ffi;
mod found;
mod interaction;
#[cfg(target_os = "macos")]
mod key;
#[cfg(target_os = "macos")]
mod keychain;
mod representation;
#[cfg(target_os = "macos")]
mod search;
mod status;

#[cfg(target_os = "macos")]
pub(crate) use ffi::is_unlocked;
#[cfg(target_os = "macos")]
pub(crate) use keychain::KeychainStore;
#[cfg(target_os = "macos")]
pub(crate) use search::without_windows;
