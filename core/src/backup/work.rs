//! The work on one identity whose key has come out: its certification path, its bytes, and the
//! same bytes written, read back and proven at each destination that wants them. Many run at once,
//! each on a core of its own.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use certstow_formats::secret::Password;
use certstow_formats::{names, threads};
use certstow_platform::os;

use super::folder::{LARGEST_ESCROW, name_aside, read};
use super::manifest::{self, EscrowFile, Saved, escrow_name};
use crate::error::Error;
use crate::escrow::{self, Recipient};
use crate::export::{Chain, Destination as Target, Options, ProvenKey, Sealed};
use crate::identity::Issuers;
use crate::output::{self, Existing, Privacy};
use crate::time;
use crate::warning::Warning;

/// What the files are protected with.
#[derive(Clone, Copy)]
pub(super) enum Protection<'a> {
    /// One password for all of them.
    Password(&'a Password),
    /// A fresh one for each, sealed to this certificate.
    Escrow(&'a Recipient),
}

/// What is the same for all the work of a run.
pub(super) struct Work<'a> {
    pub(super) options: &'a Options,
    /// What certification paths are built from, if they are to go in.
    pub(super) issuers: Option<&'a Issuers>,
    pub(super) privacy: Privacy,
    /// For each destination, whether it failed as a whole meanwhile.
    pub(super) broken: &'a [AtomicBool],
}

/// One identity to be written.
pub(super) struct Task<'a> {
    /// Its position in the plan.
    pub(super) position: usize,
    pub(super) key: ProvenKey<'a>,
    /// The name of the store that gave the key.
    pub(super) store: String,
    pub(super) label: String,
    /// The destinations that want it, and the file at each.
    pub(super) places: Vec<Place>,
}

/// A file to be written.
pub(super) struct Place {
    /// The destination's position.
    pub(super) destination: usize,
    pub(super) folder: PathBuf,
    /// The file's name in the folder.
    pub(super) name: String,
}

/// What came of a task.
pub(super) struct Done {
    pub(super) position: usize,
    /// For each place of the task, in its order; `None` where it was not tried.
    pub(super) copies: Vec<(usize, Option<Result<Written, Error>>)>,
    pub(super) warnings: Vec<Warning>,
}

/// A file that was written and proven.
pub(super) struct Written {
    pub(super) saved: Saved,
    pub(super) warnings: Vec<Warning>,
    /// That its disk did not confirm it.
    pub(super) not_synced: Option<Error>,
}

impl Work<'_> {
    /// Makes the file and writes it everywhere.
    pub(super) fn run(&self, task: Task<'_>, protection: Protection<'_>) -> Done {
        let position = task.position;
        let destinations: Vec<usize> = task.places.iter().map(|place| place.destination).collect();
        threads::on_this_core(|| self.copies(task, protection)).unwrap_or_else(|error| {
            // One error for all of them; the first has it, the others say the same.
            let text = error.to_string();
            let mut error = Some(error);
            let copies = destinations.iter().map(|&destination| {
                let error = error.take().unwrap_or_else(|| Error::Io {
                    place: text.clone(),
                    source: io::Error::other(text.clone()),
                });
                (destination, Some(Err(error)))
            });
            Done {
                position,
                copies: copies.collect(),
                warnings: Vec::new(),
            }
        })
    }

    fn copies(&self, task: Task<'_>, protection: Protection<'_>) -> Result<Done, Error> {
        let entry = &task.key.stored.entry;
        let chain = Chain::build(&entry.certificate, self.options.include, self.issuers);
        let fresh;
        let (password, escrow) = match protection {
            Protection::Password(password) => (password, None),
            Protection::Escrow(recipient) => {
                fresh = escrow::random_password()?;
                let sealed = recipient.seal(&fresh)?;
                (&fresh, Some((sealed, recipient.thumbprint())))
            }
        };
        let secret = Some(&task.key.key);
        let sealed = Sealed::new(self.options, entry, &chain, secret, Some(password))?;
        let copies = task.places.iter().map(|place| {
            let broken = &self.broken[place.destination];
            let written = (!broken.load(Ordering::Relaxed)).then(|| {
                self.write(&task, &sealed, escrow.as_ref(), place)
                    .inspect_err(|error| {
                        broken.fetch_or(is_of_the_disk(error), Ordering::Relaxed);
                    })
            });
            (place.destination, written)
        });
        let copies = copies.collect();
        let mut warnings = task.key.warnings;
        warnings.extend(chain.warnings);
        Ok(Done {
            position: task.position,
            copies,
            warnings,
        })
    }

    /// The sealed password is written first: a power cut must not leave a file whose password is lost.
    fn write(
        &self,
        task: &Task<'_>,
        sealed: &Sealed<'_>,
        escrow: Option<&(Vec<u8>, String)>,
        place: &Place,
    ) -> Result<Written, Error> {
        let file = place.folder.join(&place.name);
        let mut warnings = Vec::new();
        let mut escrow_file = None;
        if let Some((bytes, recipient)) = escrow {
            let name = escrow_name(&place.name);
            let path = place.folder.join(&name);
            self.keep_aside(&path, &place.name, bytes)?;
            let written =
                output::write(&path, Existing::ReplaceAny, self.privacy, bytes, |_| Ok(()))?;
            let written = written.synced()?;
            warnings.extend(written.warnings);
            escrow_file = Some(EscrowFile {
                file: name,
                sha256: names::hex(&written.sha256),
                recipient: recipient.clone(),
            });
        }
        let saved = sealed.write(&mut Target::File {
            file,
            existing: Existing::ReplaceAny,
            privacy: self.privacy,
        })?;
        let not_synced = saved.not_synced();
        warnings.extend(saved.warnings);
        let saved = Saved {
            sha256: names::hex(&saved.sha256),
            size: sealed.size() as u64,
            label: task.label.clone(),
            profile: self.options.profile.name().to_owned(),
            iterations: self.options.iterations.get(),
            store: task.store.clone(),
            written: time::now().to_string(),
            tool: manifest::tool(),
            escrow: escrow_file,
            proof: Some(task.key.proof),
            pending: task.key.stored.entry.pending,
            ..Saved::of(&place.name, &task.key.stored.entry.certificate)
        };
        Ok(Written {
            saved,
            warnings,
            not_synced,
        })
    }

    /// Keeps a sealed password aside that is about to be replaced by `next`: until the new file has
    /// its name, the old one is there, and nothing else opens it.
    fn keep_aside(&self, path: &Path, name: &str, next: &[u8]) -> Result<(), Error> {
        let bytes = match read(path, LARGEST_ESCROW) {
            Ok(bytes) => bytes,
            // There is none, or something that is no sealed password.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Other) => {
                return Ok(());
            }
            Err(_) => return move_aside(path, name, next),
        };
        let aside = path.with_file_name(name_aside(name, &bytes));
        let written = output::write(&aside, Existing::ReplaceAny, self.privacy, &bytes, |_| {
            Ok(())
        })?;
        written.synced().map(drop)
    }
}

/// Keeps a sealed password aside that cannot be read now, and may be again: by its name alone.
fn move_aside(path: &Path, name: &str, next: &[u8]) -> Result<(), Error> {
    let aside = path.with_file_name(name_aside(name, next));
    os::rename(path, &aside).map_err(|source| {
        let what = "it cannot be read, and cannot be kept under another name";
        Error::target(path, what, source)
    })
}

/// Whether nothing more can be written to this disk or folder.
fn is_of_the_disk(error: &Error) -> bool {
    let source = match error {
        Error::Target { source, .. } => source,
        Error::NotSynced { saved, .. } => return !saved,
        _ => return false,
    };
    matches!(
        source.kind(),
        ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotFound
            | ErrorKind::StaleNetworkFileHandle
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
    )
}
