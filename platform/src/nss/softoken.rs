//! Changing the databases of NSS through softoken, NSS's own PKCS#11 module, which is loaded where one is
//! installed: the tables have indexes, encrypted columns and signatures over columns that only it keeps
//! right. Each change is one round of `C_Initialize` with the folder as a parameter, `C_OpenSession`,
//! `C_Login` if there is a primary password, the objects, and `C_Finalize`. Sources: lib/softoken of NSS
//! (pkcs11.c, sftkdb.c, sdb.c), and what NSS's own tools write.

mod import;
mod key;
mod library;
mod made;
mod nickname;
mod objects;
mod refusal;
mod remove;
mod session;

use std::path::Path;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::secret::Password;
use cryptoki::object::ObjectHandle;

pub(super) use self::library::Library;
use self::refusal::{Failure, Missing};
use self::session::Session;
use crate::error::{Source, StoreError};
use crate::store::{ImportOptions, NewCertificate, NewIdentity, Removal};

/// A database that is to be changed.
pub(super) struct Database<'a> {
    /// The folder that has `cert9.db` and `key4.db`.
    pub(super) folder: &'a Path,
    /// The store's name, for errors.
    pub(super) store: &'a str,
    /// What its primary password protects, for errors.
    pub(super) locked: &'a str,
    /// Its primary password, if it has one.
    pub(super) password: Option<&'a Password>,
    /// Whether libraries of NSS before 3.118 take its password for a wrong one.
    pub(super) is_new: bool,
}

/// Which change it is, for what is said when it fails.
#[derive(Clone, Copy)]
enum Change {
    Import,
    Removal,
}

impl Database<'_> {
    /// Puts an identity in: its key, its certificate, and the issuers that are not there.
    ///
    /// # Errors
    /// As [`Store::import`](crate::store::Store::import).
    pub(super) fn import(
        &self,
        library: Result<Library, Missing>,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
    ) -> Result<EntryId, StoreError> {
        let id = identity.certificate.id();
        let imported = import::prepare(identity, options).and_then(|key| {
            let import =
                |session: &Session| import::import(session, &key, identity, options.existing);
            self.change(library, import)
        });
        imported.map_err(|failure| self.error(failure, Change::Import, &id))?;
        Ok(id)
    }

    /// Puts a certificate beside its private key, and the issuers that are not there.
    ///
    /// # Errors
    /// As [`Store::attach`](crate::store::Store::attach).
    pub(super) fn attach(
        &self,
        library: Result<Library, Missing>,
        new: &NewCertificate<'_>,
    ) -> Result<EntryId, StoreError> {
        let id = new.certificate.id();
        let attached = self.change(library, |session| import::attach(session, new));
        attached.map_err(|failure| self.error(failure, Change::Import, &id))?;
        Ok(id)
    }

    /// Refuses what no database takes in, without a look at this one.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub(super) fn check(
        &self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
    ) -> Result<(), StoreError> {
        let prepared = import::prepare(identity, options).map(drop);
        let id = identity.certificate.id();
        prepared.map_err(|failure| self.error(failure, Change::Import, &id))
    }

    /// Takes a certificate's private key out, or both.
    ///
    /// # Errors
    /// As [`Store::remove`](crate::store::Store::remove).
    pub(super) fn remove(
        &self,
        library: Result<Library, Missing>,
        certificate: &Certificate,
        what: Removal,
    ) -> Result<Vec<String>, StoreError> {
        let remove = |session: &Session| remove::remove(session, certificate, what);
        self.change(library, remove)
            .map_err(|failure| self.error(failure, Change::Removal, &certificate.id()))
    }

    /// Runs it in a session, and once more if another program may have been writing.
    fn change<T>(
        &self,
        library: Result<Library, Missing>,
        run: impl Fn(&Session) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // softoken would make what is not there.
        for name in ["cert9.db", "key4.db"] {
            let file = self.folder.join(name);
            if !file.is_file() {
                return Err(Failure::NoDatabase(name));
            }
        }
        let library = library.map_err(Failure::Missing)?;
        let once = || session::with(&library, self.folder, self.password, &run);
        match once() {
            Err(failure) if failure.may_be_in_use() => once(),
            done => done,
        }
    }

    fn error(&self, failure: Failure, change: Change, id: &EntryId) -> StoreError {
        let folder = self.folder;
        let refused = |reason: &str, source: Option<Source>| match change {
            Change::Import => StoreError::not_imported(folder, reason, source),
            Change::Removal => StoreError::not_removed(folder, reason, source),
        };
        let denied = |source| StoreError::AccessDenied {
            place: folder.display().to_string(),
            source,
        };
        match failure {
            Failure::NoDatabase(name) => {
                let reason = format!("there is no NSS database ({name})");
                StoreError::Unavailable {
                    store: self.store.to_owned(),
                    reason,
                    source: None,
                }
            }
            Failure::Missing(missing) => {
                let reason = match change {
                    Change::Import => NEEDED_TO_IMPORT,
                    Change::Removal => NEEDED_TO_REMOVE,
                };
                refused(reason, Some(missing.into()))
            }
            Failure::WriteProtected => denied(None),
            Failure::NeverInitialised => refused(NEVER_INITIALISED, None),
            Failure::PasswordNeeded | Failure::WrongPassword if self.is_new => {
                refused(TOO_OLD, None)
            }
            Failure::PasswordNeeded => StoreError::InteractionRequired {
                place: self.locked.to_owned(),
            },
            Failure::WrongPassword => StoreError::WrongPassword {
                place: self.locked.to_owned(),
            },
            Failure::AlreadyThere(certificate) => StoreError::AlreadyThere {
                place: self.place(certificate),
            },
            Failure::NotFound => StoreError::NotFound {
                store: self.store.to_owned(),
                id: *id,
            },
            Failure::KeyMissing(certificate) => StoreError::key_missing(self.place(certificate)),
            Failure::NoSuchKey => StoreError::key_missing(folder),
            Failure::NotPossible(reason) => refused(&reason, None),
            Failure::HalfDone { reason, refusal } => {
                StoreError::half_done(folder, reason, Some(refusal.into()))
            }
            Failure::Refused { reason, refusal } => {
                // SQLite has its journal in the folder, and softoken does not say that it cannot.
                let refuses = || refusal.may_be_lock() && refuses_files(folder);
                if refusal.is_write_protection() || refuses() {
                    return denied(Some(refusal.into()));
                }
                let reason = match refusal.may_be_lock() {
                    true => IN_USE,
                    false => reason,
                };
                refused(reason, Some(refusal.into()))
            }
        }
    }

    /// Where a certificate lies.
    fn place(&self, certificate: ObjectHandle) -> String {
        let row = objects::row(certificate);
        format!("{}#{row}", self.folder.join("cert9.db").display())
    }
}

/// Whether no file can be made in a folder. One without a name is tried.
fn refuses_files(folder: &Path) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};

    let tried = tempfile::tempfile_in(folder);
    tried.is_err_and(|error| matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem))
}

/// Why a database without a password entry takes nothing.
pub(super) const NEVER_INITIALISED: &str = "it has no password yet, not even the empty one; open it in \
                                            Firefox or with certutil -N";

const NEEDED_TO_IMPORT: &str = "that needs the NSS libraries (Debian: libnss3), or import it in \
                                Firefox: Settings > Certificates > Your Certificates";

const NEEDED_TO_REMOVE: &str = "that needs the NSS libraries (Debian: libnss3), or delete it in \
                                Firefox: Settings > Certificates > Your Certificates";

const TOO_OLD: &str = "the NSS library here is older than the program that set its primary password; do \
                       it in that program: Settings > Certificates > Your Certificates";

const IN_USE: &str = "it is in use: another program is writing to it, or NSS cannot read it";

// The judges are programs of Linux.
#[cfg(all(test, target_os = "linux"))]
mod tests;
