//! Many identities, saved into folders again and again: one PKCS#12 file for each, and a manifest
//! that says which bytes belong there, so that only what is new, missing or damaged is written.
//!
//! [`run()`] makes a plan from what the stores hold and what each destination holds, takes
//! the keys one after the other, has the files made and proven on every core, and records them in
//! the manifest. A file gets its name only after it was read back, and the manifest names it
//! only after that: whenever a run is cut off, every earlier file is whole, and the next run
//! writes what is not recorded. [`verify()`] and [`restore()`] need nothing but the folder.

pub(crate) mod changes;
mod compare;
mod destination;
mod folder;
mod held;
mod in_folder_of_store;
mod in_stores;
mod kept;
mod last_run;
mod lock;
pub mod manifest;
mod opener;
mod plan;
pub mod record;
pub mod report;
mod restore;
mod retention;
mod run;
mod trial;
mod verify;
mod wanted;
mod work;

pub use crate::error::Emptied;
pub use compare::{Absent, Comparison, Foreign};
pub use destination::check_place;
pub(crate) use folder::read;
pub use held::{Held, HeldIdentity, held};
pub use in_folder_of_store::{leave_out, leave_out_of};
pub use in_stores::InStores;
pub use kept::{Kept, kept};
pub use last_run::{FOLDER as LAST_RUNS, emptied};
pub use lock::Patience;
pub use opener::Opener;
pub use report::RunReport;
pub use restore::{Arrival, Lost, RestoreRequest, Restored, RestoredIdentity, restore};
pub use run::{Progress, Request, foresee, preflight, run};
pub use trial::is_wrong_password;
pub use verify::{FileState, FileVerdict, Finding, FolderVerdict, VerifyRequest, verify};
pub use wanted::Wanted;
