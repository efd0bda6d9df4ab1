//! What was read of the two files of an NSS database at one time.

use std::collections::HashMap;

use certstow_formats::certificate::EntryId;
use certstow_formats::nss::Database;

use super::files::{ReadError, Stamp};

/// The files of a database.
pub(super) const CERT9: &str = "cert9.db";
pub(super) const KEY4: &str = "key4.db";

/// What was read of the two files.
pub(super) struct Snapshot {
    pub(super) database: Database,
    /// Where each certificate is in it; of one that is there twice, the first place.
    pub(super) positions: HashMap<EntryId, usize>,
    /// Why there is nothing of `cert9.db` in it, if that is so.
    pub(super) cert9: Option<ReadError>,
    /// The same of `key4.db`.
    pub(super) key4: Option<ReadError>,
    pub(super) stamps: [Stamp; 2],
}
