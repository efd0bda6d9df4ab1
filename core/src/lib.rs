#![forbid(unsafe_code)]
//! certstow finds certificates with their private keys and saves one as a PKCS#12 file that is
//! known to restore.
//!
//! This lists a store, exports one of its identities into memory, and imports it into another store:
//!
//! ```
//! use certstow_core::export::{Destination, Job, Options};
//! use certstow_core::formats::secret::Password;
//! use certstow_core::identity::{Inventory, Stores};
//! use certstow_core::import::{self, Input};
//! use certstow_core::platform::store::NonInteractive;
//! use certstow_core::platform::{OpenOptions, open_to_import};
//! use certstow_core::select::{Choice, choose};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let target = folder.path().join("imported").display().to_string();
//! let source = "../examples/personal".parse()?;
//! let mut inventory = Inventory::read(Stores::Named(&[source]), &OpenOptions::default())?;
//! for identity in inventory.identities() {
//!     println!("{}, valid until {}", identity.label(), identity.not_after());
//! }
//! let id = choose(&inventory, &Choice::of("Ada Example"), certstow_core::time::now())?.id();
//!
//! let password = || Password::new("four words are enough".to_owned());
//! let (options, mut bytes) = (Options::default(), Vec::new());
//! let job = Job::new(&mut inventory, &id, &options, Destination::Bytes(&mut bytes))?;
//! job.run(|_| Ok(password()), &mut NonInteractive, &mut |_| ())?;
//!
//! let input = Input::Bytes { bytes: &bytes, name: "ada.p12" };
//! let from = import::read(input, &[password().into()], &mut NonInteractive)?.complete()?;
//! let mut to = open_to_import(&target.parse()?, &OpenOptions::default())?;
//! let options = import::Options { password: Some(&password()), ..Default::default() };
//! for outcome in import::identities(&from, &mut *to, &options, &mut NonInteractive) {
//!     println!("{} is in {}", outcome.label, outcome.result?.place);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The programs in `core/examples/` do each of the three alone.
//!
//! # Debug builds
//!
//! Key derivation repeats a hash some hundred thousand times, which takes many seconds without
//! optimisation. These lines in the `Cargo.toml` of the program (of its workspace) have it optimised in
//! debug builds, too:
//!
//! ```toml
//! [profile.dev.package]
//! block-buffer.opt-level = 2
//! certstow-formats.opt-level = 2
//! digest.opt-level = 2
//! hmac.opt-level = 2
//! hybrid-array.opt-level = 2
//! p12-keystore.opt-level = 2
//! pbkdf2.opt-level = 2
//! pkcs12.opt-level = 2
//! sha1.opt-level = 2
//! sha2.opt-level = 2
//! typenum.opt-level = 2
//! ```
//!
//! # How it works
//!
//! The way of an export: [`identity::Inventory`] lists stores and merges what they hold, [`select`]
//! picks exactly one identity, [`export`] takes its private key, proves that it belongs to the
//! certificate, builds the certification path, encodes it and writes it through [`output`], which
//! reads it back before the file gets its name. [`import`] is the way back into a store, [`backup`]
//! does it for many identities, again and again.

pub use certstow_formats as formats;
pub use certstow_platform as platform;

pub mod backup;
pub mod copy;
pub mod error;
pub mod escrow;
pub mod export;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod identity;
pub mod import;
pub mod install;
mod knows;
pub mod letters;
pub mod nearest;
pub mod noted;
pub mod output;
pub mod password;
mod read_back;
pub mod renewal;
pub mod request;
pub mod select;
pub mod text;
pub mod time;
pub mod waits;
pub mod warning;
