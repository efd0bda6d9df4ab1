//! One run, from the folders it opens to the report: what is wanted where, [`writing`] it, the
//! manifests, retention, what is [`missed`] in the stores, and [`marks`] for them.

mod foreseen;
mod marks;
mod missed;
#[cfg(test)]
mod tests;
mod writing;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use certstow_formats::certificate::EntryId;
use certstow_formats::plural::counted;
use certstow_formats::proof::Level;
use certstow_formats::secret::Password;
use certstow_formats::threads;
use certstow_platform::error::StoreError;
use certstow_platform::store::Ask;

use super::destination::{Destination, real_path};
use super::last_run;
use super::lock::Patience;
use super::plan::{self, Action, Wanted};
use super::report::{Copy, DestinationReport, EntryReport, OnlyInBackup, Outcome, RunReport};
use super::retention::Retention;
use crate::error::{Emptied, Error};
use crate::escrow::Recipient;
use crate::export::Options;
use crate::identity::Inventory;
use crate::output::Privacy;
use crate::select::{self, Filters};
use crate::time::{self, UnixTime};
use crate::warning::{Code, Warning};

/// What a run is to do.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The folders, each of which gets a copy of everything.
    pub destinations: &'a [PathBuf],
    /// Which identities.
    pub filters: &'a Filters,
    /// This identity alone, whatever the filters say.
    pub only: Option<&'a EntryId>,
    /// How the files are made; a format other than PKCS#12 is not looked at.
    pub options: &'a Options,
    /// Where the account remembers which folders it saved to ([`super::LAST_RUNS`]); `None` for what
    /// is not to remember.
    pub last_runs: Option<&'a Path>,
    /// What to do where other accounts could read the files.
    pub privacy: Privacy,
    /// Whether whole files are written anew, too.
    pub rewrite: bool,
    /// Remove files of certificates that expired this many seconds ago.
    pub prune_expired: Option<Duration>,
    /// Accept that nothing proves some private keys; the manifests keep that of each.
    pub allow_unproven: bool,
    /// The certificate that a fresh password for each file is sealed to, in place of one for all.
    pub escrow: Option<&'a Recipient>,
    /// How long a folder is waited for that another certstow is using.
    pub patience: Patience<'a>,
}

impl<'a> Request<'a> {
    /// Every identity into these folders, each file made so. Nothing is removed or written without
    /// need, and what no password or key proves is not accepted.
    pub fn new(destinations: &'a [PathBuf], options: &'a Options) -> Self {
        Self {
            destinations,
            filters: Filters::none(),
            only: None,
            options,
            last_runs: None,
            privacy: Privacy::default(),
            rewrite: false,
            prune_expired: None,
            allow_unproven: false,
            escrow: None,
            patience: Patience::default(),
        }
    }
}

/// How the note of a destination ends whose files are not as [`Request::options`] say, and stay so
/// without [`Request::rewrite`].
const MADE_OTHERWISE: &str = "made with another profile, other iterations or another way of \
                                  keeping the password than asked for now";

/// How far a run has come. It is told whenever something was done, at the latest after each file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The files that are there are being read.
    Checking {
        /// Identities looked at.
        done: usize,
        /// Of these.
        of: usize,
    },
    /// Keys are being taken, and files made, written and read back.
    Writing {
        /// Identities finished, whatever came of them.
        done: usize,
        /// Of these.
        of: usize,
    },
}

/// Saves what is new, missing or damaged, and proves it.
///
/// `begin_anew` is asked whether to save to a folder that held a backup after the last run and holds
/// none today; what it refuses fails with [`Error::Emptied`], and nothing is written there.
/// `password` is called once, before the first file is made and after the first key came out: not
/// at all if there is nothing to write, or with [`Request::escrow`]. What becomes of an identity or
/// a destination is in the report; [`RunReport::is_complete`] says what it comes to.
///
/// # Errors
/// - [`Error::Contradiction`]: two destinations are the same folder.
/// - [`Error::NotFound`]: there is no identity with a private key that the filters leave.
/// - What `begin_anew` or `password` fails with: nothing was written then.
/// - [`Error::Cancelled`]: the person gave up; what was written is recorded.
pub fn run(
    inventory: &mut Inventory,
    request: &Request<'_>,
    begin_anew: impl FnMut(&Emptied) -> Result<bool, Error>,
    password: impl FnOnce() -> Result<Password, Error>,
    ask: &mut dyn Ask,
    progress: &mut dyn FnMut(Progress),
) -> Result<RunReport, Error> {
    let now = time::now();
    let mut run = Run::open(inventory, request, Destination::open, begin_anew, now)?;
    run.plan(now, progress);
    let written = run.write(password, ask, progress);
    run.accept_unproven();
    if written.is_ok() {
        run.note_checked();
    }
    run.save();
    written?;
    run.prune();
    run.remember();
    let only_in_backup = run.only_in_backup(now);
    let verified = run.verified();
    let mut report = run.finish(only_in_backup);
    let not_marked = inventory.mark_backed_up(&verified, now);
    report.warnings.extend(not_marked.iter().map(|failed| {
        let certificates = counted(failed.certificates, "certificate", "certificates");
        let (store, error) = (&failed.store, &failed.error);
        let text = format!("{store} was not told of the copies of {certificates}: {error}");
        Warning::new(Code::NotMarked, text)
    }));
    Ok(report)
}

/// Sees whether these folders can be saved to, and writes nothing.
///
/// # Errors
/// [`Error::Contradiction`]: two of them are one. As a destination of [`run`] may fail, otherwise, as far as that
/// shows without writing.
pub fn preflight(destinations: &[PathBuf]) -> Result<(), Error> {
    real_paths(destinations)?;
    for folder in destinations {
        Destination::look(folder, Privacy::default(), &Patience::default())?;
    }
    Ok(())
}

/// Says what [`run`] would do, and writes nothing: no key and no password is taken, nothing locked, made or
/// recorded. In the report, an [`Outcome`] is what would become of a copy, [`DestinationReport::pruned`]
/// what would be removed. What only writing tells, such as a full disk, does not show.
///
/// # Errors
/// As [`run`], but for what writing and asking can fail with.
pub fn foresee(
    inventory: &Inventory,
    request: &Request<'_>,
    begin_anew: bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<RunReport, Error> {
    let now = time::now();
    let mut run = Run::open(
        inventory,
        request,
        Destination::look,
        |_| Ok(begin_anew),
        now,
    )?;
    run.plan(now, progress);
    run.foresee();
    run.accept_unproven();
    let only_in_backup = run.only_in_backup(now);
    Ok(run.finish(only_in_backup))
}

/// How a folder is opened.
type Open = fn(&Path, Privacy, &Patience<'_>) -> Result<Destination, Error>;

/// A run that has begun.
struct Run<'a> {
    inventory: &'a Inventory,
    request: &'a Request<'a>,
    /// `None` for one that failed as a whole.
    destinations: Vec<Option<Destination>>,
    /// What there is to tell of each destination so far; the errors also of those that could be opened
    /// and failed later.
    reports: Vec<DestinationReport>,
    retention: Option<Retention>,
    plan: Vec<Wanted<'a>>,
    entries: Vec<EntryReport>,
    warnings: Vec<Warning>,
}

impl<'a> Run<'a> {
    fn open(
        inventory: &'a Inventory,
        request: &'a Request<'a>,
        open: Open,
        mut begin_anew: impl FnMut(&Emptied) -> Result<bool, Error>,
        now: UnixTime,
    ) -> Result<Self, Error> {
        let real = real_paths(request.destinations)?;
        if plan::wanted(inventory, request.filters, request.only, now)
            .next()
            .is_none()
        {
            return Err(nothing(inventory, request.filters));
        }
        let mut destinations: Vec<_> = request.destinations.iter().map(|_| None).collect();
        let reports = request.destinations.iter().map(|folder| DestinationReport {
            folder: folder.clone(),
            error: None,
            pruned: Vec::new(),
            unpruned: Vec::new(),
            notes: Vec::new(),
        });
        let mut reports: Vec<_> = reports.collect();
        let mut warnings = Vec::new();
        // Two runs that lock the same folders in another order would wait for each other.
        let mut order: Vec<usize> = (0..real.len()).collect();
        order.sort_by_key(|&at| &real[at]);
        for at in order {
            let folder = &request.destinations[at];
            let opened = Self::open_one(folder, request, open, &mut begin_anew, &mut warnings)?;
            match opened {
                Ok(destination) => destinations[at] = Some(destination),
                Err(error) => reports[at].error = Some(error),
            }
        }
        let span = request.prune_expired;
        Ok(Self {
            inventory,
            request,
            destinations,
            reports,
            retention: span.map(|span| Retention::new(inventory, span, now)),
            plan: Vec::new(),
            entries: Vec::new(),
            warnings,
        })
    }

    /// Opens a folder, unless it was emptied and is not to be begun anew.
    ///
    /// # Errors
    /// What `begin_anew` fails with. What is wrong with the folder is the result.
    fn open_one(
        folder: &Path,
        request: &Request<'_>,
        open: Open,
        begin_anew: &mut impl FnMut(&Emptied) -> Result<bool, Error>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Result<Destination, Error>, Error> {
        let emptied = request
            .last_runs
            .map(|runs| last_run::emptied(runs, folder));
        let emptied = emptied.transpose().unwrap_or_else(|warning| {
            warnings.push(Warning::new(Code::NotRemembered, warning));
            None
        });
        match emptied.flatten() {
            Some(emptied) if begin_anew(&emptied)? => {
                let text = format!("{emptied}; a new backup is begun there");
                warnings.push(Warning::new(Code::BegunAnew, text));
            }
            Some(emptied) => return Ok(Err(Error::Emptied(emptied.into()))),
            None => {}
        }
        let (privacy, patience) = (request.privacy, &request.patience);
        Ok(open(folder, privacy, patience))
    }

    fn plan(&mut self, now: UnixTime, progress: &mut dyn FnMut(Progress)) {
        let wanted: Vec<_> =
            plan::wanted(self.inventory, self.request.filters, self.request.only, now).collect();
        let (destinations, rewrite) = (&self.destinations, self.request.rewrite);
        let retention = self.retention.as_ref();
        self.plan = threads::each(
            threads::for_reading(),
            &wanted,
            |identity| plan::plan(identity, destinations, rewrite, retention),
            &mut |done, of| progress(Progress::Checking { done, of }),
        );
        let before = self.plan.iter().map(|wanted| self.entry_before(wanted));
        self.entries = before.collect();
        self.note_differences();
    }

    /// Notes of files that stay as they are, and whose private key nothing proves, that this is
    /// accepted; says of the others, in each run, that it is so.
    fn accept_unproven(&mut self) {
        for (entry, wanted) in self.entries.iter_mut().zip(&self.plan) {
            let copies = entry.copies.iter_mut().zip(&mut self.destinations);
            for (copy, destination) in copies.filter(|(copy, _)| copy.is_unproven()) {
                let id = &wanted.identity.entry().id;
                copy.allow_unproven = destination.as_mut().is_some_and(|destination| {
                    destination.accepts_unproven(id, self.request.allow_unproven)
                });
            }
            // What was written now has a warning that says why.
            let mut copies = entry.copies.iter();
            let warned = copies.clone().any(|copy| copy.outcome.is_written());
            if !warned && copies.any(Copy::is_unproven) {
                entry.warnings.extend(Warning::of_level(Level::None));
            }
        }
    }

    /// What there is to report of an identity before anything was written.
    fn entry_before(&self, wanted: &Wanted<'_>) -> EntryReport {
        let identity = wanted.identity;
        let id = &identity.entry().id;
        let copies = wanted.actions.iter().zip(&self.destinations);
        let copies = copies.map(|(action, destination)| {
            let destination = destination.as_ref();
            let there = destination.filter(|_| matches!(action, Action::Keep | Action::Write(_)));
            let kept = destination.filter(|_| *action == Action::Keep);
            let kept = kept.and_then(|destination| destination.saved(id));
            Copy {
                file: there.map(|destination| destination.name_for(id, &wanted.label)),
                sha256: kept.map(|saved| saved.sha256.clone()),
                outcome: match action {
                    Action::Keep => Outcome::Unchanged,
                    Action::Leave => Outcome::Retired,
                    Action::Unreachable | Action::Write(_) => Outcome::NotTried,
                },
                proof: kept.and_then(|saved| saved.proof),
                allow_unproven: false,
            }
        });
        EntryReport {
            thumbprint: identity.thumbprint(),
            label: wanted.label.clone(),
            store: self.inventory.store_name(identity.entries()[0].store),
            key: None,
            copies: copies.collect(),
            warnings: Vec::from_iter(self.request.options.objection(identity.certificate())),
        }
    }

    /// Says of files that stay as they are that they would be made otherwise now.
    fn note_differences(&mut self) {
        let options = self.request.options;
        let recipient = self.request.escrow.map(Recipient::thumbprint);
        for (at, destination) in self.destinations.iter_mut().enumerate() {
            let Some(destination) = destination else {
                continue;
            };
            let kept = self
                .plan
                .iter()
                .filter(|wanted| wanted.actions[at] == Action::Keep);
            let others = kept
                .filter_map(|wanted| destination.saved(&wanted.identity.entry().id))
                .filter(|saved| {
                    let sealed_to = saved.escrow.as_ref().map(|escrow| &escrow.recipient);
                    saved.profile != options.profile.name()
                        || saved.iterations != options.iterations.get()
                        || sealed_to != recipient.as_ref()
                })
                .count();
            if others > 0 {
                let files = counted(others, "file", "files");
                let text = format!("{files} {MADE_OTHERWISE}");
                destination.note(Warning::new(Code::MadeOtherwise, text));
            }
        }
    }

    /// Notes in the manifests that every identity of the stores was looked at, if that is so: no filter
    /// left one out, and nothing in the stores could not be read.
    fn note_checked(&mut self) {
        let is_partial = !self.request.filters.is_empty() || self.request.only.is_some();
        if is_partial || !self.inventory.problems().is_empty() {
            return;
        }
        let now = time::now();
        for (destination, report) in self.destinations.iter_mut().zip(&self.reports) {
            if let (Some(destination), None) = (destination, &report.error) {
                destination.set_checked(now);
            }
        }
    }

    /// Writes the manifests, of destinations that got full too.
    fn save(&mut self) {
        for (destination, report) in self.destinations.iter_mut().zip(&mut self.reports) {
            let Some(destination) = destination else {
                continue;
            };
            match destination.save() {
                Ok(()) => destination.remove_obsolete(),
                Err(failed) => {
                    report.error.get_or_insert(failed);
                }
            }
        }
    }

    fn prune(&mut self) {
        let Some(retention) = &self.retention else {
            return;
        };
        // A destination that failed keeps nothing for the others, and loses nothing.
        let each = self.destinations.iter_mut().zip(&self.reports);
        let mut usable: Vec<_> = each
            .map(|(destination, report)| destination.as_mut().filter(|_| report.error.is_none()))
            .collect();
        retention.prune(&mut usable, &mut self.reports);
        self.save();
    }

    /// Remembers which folders hold a backup now.
    fn remember(&mut self) {
        let Some(last_runs) = self.request.last_runs else {
            return;
        };
        let each = self.destinations.iter().zip(&self.reports);
        let usable = each.filter(|(_, report)| report.error.is_none());
        for destination in usable.filter_map(|(destination, _)| destination.as_ref()) {
            let identities = destination.entries().len();
            if identities > 0 {
                let remembered = last_run::remember(last_runs, destination.folder(), identities);
                let not_remembered = remembered.err();
                self.warnings
                    .extend(not_remembered.map(|text| Warning::new(Code::NotRemembered, text)));
            }
        }
    }

    /// Leaves out of the report what waits for a CA with a key that is not there or stays in its store: Windows
    /// keeps such requests of others for years, and nothing can be done about them.
    fn leave_out_requests(&mut self) {
        let plan = self.plan.iter();
        let mut waits =
            plan.map(|wanted| wanted.identity.is_pending() && self.request.only.is_none());
        let warnings = &mut self.warnings;
        self.entries.retain(|entry| {
            let waits = waits.next() == Some(true);
            let failure = entry.key.as_ref();
            let stays = failure.filter(|failure| waits && stays(&failure.error));
            if let Some(failure) = stays {
                let (label, error) = (&entry.label, failure.error.in_full());
                let text = format!("the key of the request for {label} cannot be saved: {error}");
                warnings.push(Warning::new(Code::KeyNotUsed, text));
            }
            stays.is_none()
        });
    }

    fn finish(mut self, only_in_backup: Vec<OnlyInBackup>) -> RunReport {
        self.leave_out_requests();
        for (report, destination) in self.reports.iter_mut().zip(self.destinations) {
            report.notes = destination.map(|one| one.notes).unwrap_or_default();
        }
        RunReport {
            destinations: self.reports,
            entries: self.entries,
            only_in_backup,
            problems: self.inventory.problems().to_vec(),
            notices: self.inventory.notices().to_vec(),
            warnings: self.warnings,
        }
    }
}

/// Whether an error says that a key cannot be exported from its store at any time.
fn stays(error: &Error) -> bool {
    matches!(
        error,
        Error::Store(
            StoreError::KeyNotExportable { .. }
                | StoreError::KeyContainerMissing { .. }
                | StoreError::KeyProviderMissing { .. }
        )
    )
}

/// One path for each destination, whichever way it was named.
///
/// # Errors
/// [`Error::Contradiction`]: two of them are one folder, and would lock each other out.
fn real_paths(destinations: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let real: Vec<PathBuf> = destinations.iter().map(|one| real_path(one)).collect();
    let mut seen = HashSet::new();
    match real.iter().position(|folder| !seen.insert(folder)) {
        Some(at) => Err(Error::Contradiction(format!(
            "{} is named twice as a destination",
            destinations[at].display()
        ))),
        None => Ok(real),
    }
}

fn nothing(inventory: &Inventory, filters: &Filters) -> Error {
    let all = inventory.certificates().len();
    let counted = counted(all, "certificate", "certificates");
    Error::NotFound {
        selector: select::described(None, filters),
        searched: inventory.store_names(),
        note: (all > 0).then(|| match filters.is_empty() {
            true => format!("{counted} without one"),
            false => format!("of {counted}"),
        }),
        near: None,
    }
}
