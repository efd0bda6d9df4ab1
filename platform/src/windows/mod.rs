//! The certificate stores of Windows, `Cert:\CurrentUser\My` and `Cert:\LocalMachine\My` and every
//! other system store, through crypt32; the private keys their certificates name, through CNG and
//! CryptoAPI. What needs no Windows (codes, blobs, texts) is built and tested everywhere.

#[cfg(windows)]
mod attach;
mod backed_up;
mod buffer;
#[cfg(windows)]
mod capi;
#[cfg(windows)]
mod change;
#[cfg(windows)]
mod cng;
mod codes;
#[cfg(windows)]
mod container;
mod encrypted_pkcs8;
#[cfg(windows)]
mod ffi;
#[cfg(windows)]
mod handle;
#[cfg(windows)]
mod import;
#[cfg(windows)]
mod kept;
#[cfg(windows)]
mod key;
#[cfg(windows)]
mod keys;
#[cfg(windows)]
mod placing;
mod private_key_blob;
mod properties;
mod provider;
mod public_key_blob;
#[cfg(windows)]
mod remove;
#[cfg(windows)]
mod system_store;
mod wide;

#[cfg(windows)]
pub(crate) use system_store::WindowsStore;
