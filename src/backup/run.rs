//! One run. This thread alone talks to the stores and keeps the manifests; threads for every core
//! make the files. Between them is a channel that holds a few keys at most, so that a thousand
//! identities take no more memory than a few.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use certstow_platform::certificate::EntryId;
use certstow_platform::secret::Password;
use certstow_platform::store::{Ask, KeyState};

use super::destination::Destination;
use super::plan::{self, Cause, Step, Wanted};
use super::report::{Copy, DestinationReport, EntryReport, KeyFailure, Outcome, Pruned, Report};
use super::retention::Retention;
use super::work::{Done, Place, Protection, Task, Work};
use crate::error::Error;
use crate::escrow::Recipient;
use crate::export::{Options, ProvenKey, may_come_out};
use crate::identity::Inventory;
use crate::output::Privacy;
use crate::select::Filters;
use crate::time;

/// How long written files may be missing from the manifest.
const CHECKPOINT: Duration = Duration::from_secs(5);

/// What a run is to do.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The folders, each of which gets a copy of everything.
    pub destinations: &'a [PathBuf],
    /// Which identities.
    pub filters: &'a Filters,
    /// How the files are made; a format other than PKCS#12 is not looked at.
    pub options: &'a Options,
    /// What to do where other accounts could read the files.
    pub privacy: Privacy,
    /// Whether whole files are written anew, too.
    pub rewrite: bool,
    /// Remove files of certificates that expired this many seconds ago.
    pub prune_expired: Option<i64>,
    /// The certificate that a fresh password for each file is sealed to, in place of one for all.
    pub escrow: Option<&'a Recipient>,
}

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
/// `password` is called once, before the first file is made and after the first key came out: not
/// at all if there is nothing to write, or with [`Request::escrow`]. What becomes of an identity or
/// a destination is in the report; [`Report::exit`] says what it comes to.
///
/// # Errors
/// - [`Error::Usage`]: two destinations are the same folder.
/// - [`Error::NotFound`]: there is no identity with a private key that the filters leave.
/// - What `password` fails with: nothing was written then.
/// - [`Error::Cancelled`]: the person gave up; what was written is recorded.
pub fn run(
    inventory: &mut Inventory,
    request: &Request<'_>,
    password: impl FnOnce() -> Result<Password, Error>,
    ask: &mut dyn Ask,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    let now = time::now();
    let mut run = Run::open(inventory, request, now)?;
    run.plan(now, progress);
    let written = run.write(password, ask, progress);
    run.save();
    written?;
    run.prune();
    let (report, verified) = run.finish();
    Ok(mark(inventory, report, &verified, now))
}

/// A run that has begun.
struct Run<'a> {
    inventory: &'a Inventory,
    request: &'a Request<'a>,
    /// `None` for one that failed as a whole.
    destinations: Vec<Option<Destination>>,
    /// Destinations that could be opened and failed later.
    errors: Vec<Option<Error>>,
    retention: Option<Retention>,
    plan: Vec<Wanted<'a>>,
    entries: Vec<EntryReport>,
    /// For each destination.
    pruned: Vec<Vec<Pruned>>,
    warnings: Vec<String>,
}

impl<'a> Run<'a> {
    fn open(inventory: &'a Inventory, request: &'a Request<'a>, now: i64) -> Result<Self, Error> {
        refuse_twins(request.destinations)?;
        if plan::wanted(inventory, request.filters, now)
            .next()
            .is_none()
        {
            return Err(nothing(inventory, request.filters));
        }
        let mut destinations = Vec::new();
        let mut errors = Vec::new();
        for folder in request.destinations {
            match Destination::open(folder, request.privacy) {
                Ok(destination) => {
                    destinations.push(Some(destination));
                    errors.push(None);
                }
                Err(error) => {
                    destinations.push(None);
                    errors.push(Some(error));
                }
            }
        }
        let span = request.prune_expired;
        Ok(Self {
            inventory,
            request,
            destinations,
            errors,
            retention: span.map(|span| Retention::new(inventory, span, now)),
            plan: Vec::new(),
            entries: Vec::new(),
            pruned: vec![Vec::new(); request.destinations.len()],
            warnings: Vec::new(),
        })
    }

    fn plan(&mut self, now: i64, progress: &mut dyn FnMut(Progress)) {
        let wanted: Vec<_> = plan::wanted(self.inventory, self.request.filters, now).collect();
        let of = wanted.len();
        for (done, identity) in wanted.into_iter().enumerate() {
            progress(Progress::Checking { done, of });
            let rewrite = self.request.rewrite;
            let retention = self.retention.as_ref();
            let wanted = plan::plan(identity, &self.destinations, rewrite, retention);
            self.entries.push(self.entry_before(&wanted));
            self.plan.push(wanted);
        }
        self.note_differences();
    }

    /// What there is to report of an identity before anything was written.
    fn entry_before(&self, wanted: &Wanted<'_>) -> EntryReport {
        let identity = wanted.identity;
        let id = &identity.entry().id;
        let copies = wanted.steps.iter().zip(&self.destinations);
        let copies = copies.map(|(step, destination)| Copy {
            file: match (step, destination) {
                (Step::Keep | Step::Write(_), Some(destination)) => {
                    Some(destination.name_for(id, &wanted.label))
                }
                _ => None,
            },
            outcome: match step {
                Step::Keep => Outcome::Unchanged,
                Step::Leave => Outcome::Retired,
                Step::Unreachable | Step::Write(_) => Outcome::NotTried,
            },
        });
        EntryReport {
            thumbprint: identity.thumbprint(),
            label: wanted.label.clone(),
            store: self.inventory.store_name(identity.entries()[0].store),
            key: None,
            copies: copies.collect(),
            warnings: Vec::new(),
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
                .filter(|wanted| wanted.steps[at] == Step::Keep);
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
                let files = counted(others, "file");
                destination.note(&format!(
                    "{files} made with another profile, other iterations or another way of \
                     keeping the password than asked for now; --rewrite writes them anew"
                ));
            }
        }
    }

    /// Takes the keys and has the files made.
    fn write(
        &mut self,
        password: impl FnOnce() -> Result<Password, Error>,
        ask: &mut dyn Ask,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), Error> {
        self.reserve();
        let pending: Vec<usize> = (0..self.plan.len())
            .filter(|&position| self.is_pending(position))
            .collect();
        if pending.is_empty() {
            return Ok(());
        }
        let broken: Vec<AtomicBool> = self
            .destinations
            .iter()
            .map(|destination| AtomicBool::new(destination.is_none()))
            .collect();
        let issuers = self.inventory.known_issuers();
        let work = Work {
            options: self.request.options,
            issuers: &issuers,
            privacy: self.request.privacy,
            broken: &broken,
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(pending.len());
        let shared = OnceLock::new();
        let (tasks, todo) = mpsc::sync_channel(threads);
        let todo = Mutex::new(todo);
        let (finished, results) = mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..threads {
                let finished = finished.clone();
                let (work, todo, shared) = (&work, &todo, &shared);
                let escrow = self.request.escrow;
                scope.spawn(move || work_off(work, todo, shared, escrow, &finished));
            }
            drop(finished);
            let mut desk = Desk {
                of: pending.len(),
                done: 0,
                saved: Instant::now(),
                tasks,
                results,
                broken: &broken,
                progress,
            };
            self.hand_out(&pending, &mut desk, password, &shared, ask)
        })
    }

    fn is_pending(&self, position: usize) -> bool {
        let steps = self.plan[position].steps.iter().zip(&self.destinations);
        let mut steps = steps.filter(|(_, destination)| destination.is_some());
        steps.any(|(step, _)| matches!(step, Step::Write(_)))
    }

    /// Keeps room for the manifests. A destination without has failed.
    fn reserve(&mut self) {
        for at in 0..self.destinations.len() {
            let writes = self.plan.iter().map(|wanted| &wanted.steps[at]);
            let writes = writes.filter(|step| matches!(step, Step::Write(_))).count();
            if let (Some(destination), true) = (&mut self.destinations[at], writes > 0)
                && let Err(error) = destination.reserve(writes)
            {
                self.errors[at] = Some(error);
                self.destinations[at] = None;
            }
        }
    }

    /// Gives the threads their work and takes the results, until there is no more.
    fn hand_out(
        &mut self,
        pending: &[usize],
        desk: &mut Desk<'a, '_>,
        password: impl FnOnce() -> Result<Password, Error>,
        shared: &OnceLock<Password>,
        ask: &mut dyn Ask,
    ) -> Result<(), Error> {
        let mut password = Some(password).filter(|_| self.request.escrow.is_none());
        let mut outcome = Ok(());
        for &position in pending {
            (desk.progress)(Progress::Writing {
                done: desk.done,
                of: desk.of,
            });
            let places = self.places(position, desk.broken);
            if places.is_empty() {
                desk.done += 1;
                continue;
            }
            let key = match self.take(position, ask) {
                Ok(key) => key,
                Err(Error::Cancelled) => {
                    outcome = Err(Error::Cancelled);
                    break;
                }
                Err(error) => {
                    self.key_failed(position, error);
                    desk.done += 1;
                    continue;
                }
            };
            if let Some(obtain) = password.take() {
                match obtain() {
                    Ok(password) => {
                        let warnings = self.request.options.warnings(Some(&password));
                        self.warnings.extend(warnings);
                        // Empty until now, for this is done once.
                        let _ = shared.set(password);
                    }
                    Err(error) => {
                        outcome = Err(error);
                        break;
                    }
                }
            }
            let task = Task {
                position,
                store: self.inventory.store_name(key.stored.store),
                key,
                label: self.plan[position].label.clone(),
                places,
            };
            if !self.send(task, desk) {
                break;
            }
        }
        // No more is to come: the threads finish what they have, and end.
        let (nothing, _) = mpsc::sync_channel(1);
        desk.tasks = nothing;
        while let Ok(done) = desk.results.recv() {
            self.book(done, desk);
        }
        outcome
    }

    /// Where the identity is to be written, as far as the destinations still work.
    fn places(&self, position: usize, broken: &[AtomicBool]) -> Vec<Place> {
        let wanted = &self.plan[position];
        let id = &wanted.identity.entry().id;
        let each = self.destinations.iter().zip(&wanted.steps).enumerate();
        each.filter_map(|(at, (destination, step))| {
            let destination = destination.as_ref()?;
            let works = !broken[at].load(Ordering::Relaxed);
            (works && matches!(step, Step::Write(_))).then(|| Place {
                destination: at,
                folder: destination.folder().to_owned(),
                name: destination.name_for(id, &wanted.label),
            })
        })
        .collect()
    }

    fn take(&self, position: usize, ask: &mut dyn Ask) -> Result<ProvenKey<'a>, Error> {
        let identity = self.plan[position].identity;
        may_come_out(identity.entry())?;
        ProvenKey::take(self.inventory, identity, ask)
    }

    fn key_failed(&mut self, position: usize, error: Error) {
        let key = &self.plan[position].identity.entry().key;
        self.entries[position].key = Some(KeyFailure {
            error,
            known: matches!(key, KeyState::NotExportable(_)),
        });
    }

    /// Sends a task as soon as a thread has room for it; meanwhile results are taken. False if
    /// there is no thread any more.
    fn send(&mut self, mut task: Task<'a>, desk: &mut Desk<'a, '_>) -> bool {
        loop {
            while let Ok(done) = desk.results.try_recv() {
                self.book(done, desk);
            }
            task = match desk.tasks.try_send(task) {
                Ok(()) => return true,
                Err(TrySendError::Full(task)) => task,
                Err(TrySendError::Disconnected(_)) => return false,
            };
            match desk.results.recv() {
                Ok(done) => self.book(done, desk),
                Err(_) => return false,
            }
        }
    }

    /// Takes the result of a task, and from time to time writes the manifests.
    fn book(&mut self, done: Done, desk: &mut Desk<'_, '_>) {
        let entry = &mut self.entries[done.position];
        for warning in done.warnings {
            if !entry.warnings.contains(&warning) {
                entry.warnings.push(warning);
            }
        }
        for (at, copy) in done.copies {
            let outcome = &mut entry.copies[at].outcome;
            match (copy, &mut self.destinations[at]) {
                (Some(Ok(written)), Some(destination)) => {
                    for warning in &written.warnings {
                        destination.note(warning);
                    }
                    destination.record(written.saved);
                    *outcome = match &self.plan[done.position].steps[at] {
                        Step::Write(Cause::Asked) => Outcome::Rewritten,
                        Step::Write(Cause::Wrong(what)) => Outcome::Mended(what.clone()),
                        _ => Outcome::New,
                    };
                }
                (Some(Err(error)), _) => {
                    *outcome = Outcome::Failed(error.in_full());
                    if desk.broken[at].load(Ordering::Relaxed) && self.errors[at].is_none() {
                        self.errors[at] = Some(error);
                    }
                }
                (None, _) | (_, None) => {}
            }
        }
        desk.done += 1;
        (desk.progress)(Progress::Writing {
            done: desk.done,
            of: desk.of,
        });
        if desk.saved.elapsed() >= CHECKPOINT {
            self.checkpoint(desk);
        }
    }

    fn checkpoint(&mut self, desk: &mut Desk<'_, '_>) {
        let left = desk.of.saturating_sub(desk.done);
        for (at, destination) in self.destinations.iter_mut().enumerate() {
            let Some(destination) = destination else {
                continue;
            };
            let broken = &desk.broken[at];
            if broken.load(Ordering::Relaxed) {
                continue;
            }
            if let Err(error) = destination.save().and_then(|()| destination.reserve(left)) {
                broken.store(true, Ordering::Relaxed);
                self.errors[at].get_or_insert(error);
            }
        }
        desk.saved = Instant::now();
    }

    /// Writes the manifests, of destinations that got full too.
    fn save(&mut self) {
        for (destination, error) in self.destinations.iter_mut().zip(&mut self.errors) {
            let Some(destination) = destination else {
                continue;
            };
            match destination.save() {
                Ok(()) => destination.remove_obsolete(),
                Err(failed) => {
                    error.get_or_insert(failed);
                }
            }
        }
    }

    fn prune(&mut self) {
        let Some(retention) = &self.retention else {
            return;
        };
        // A destination that failed keeps nothing for the others, and loses nothing.
        let each = self.destinations.iter_mut().zip(&self.errors);
        let mut usable: Vec<_> = each
            .map(|(destination, error)| destination.as_mut().filter(|_| error.is_none()))
            .collect();
        self.pruned = retention.prune(&mut usable);
        self.save();
    }

    /// The report, and the entries of which every destination that works has a verified copy.
    fn finish(self) -> (Report, Vec<(usize, EntryId)>) {
        let works: Vec<bool> = self
            .destinations
            .iter()
            .zip(&self.errors)
            .map(|(destination, error)| destination.is_some() && error.is_none())
            .collect();
        let mut verified = Vec::new();
        for (entry, wanted) in self.entries.iter().zip(&self.plan) {
            let copies = entry.copies.iter().zip(&works);
            let mut reached =
                copies.filter(|(copy, works)| **works && copy.outcome != Outcome::Retired);
            let everywhere = reached.clone().all(|(copy, _)| copy.outcome.is_verified());
            if everywhere && reached.next().is_some() {
                let stored = wanted.identity.entries().iter();
                verified.extend(stored.map(|stored| (stored.store, stored.entry.id)));
            }
        }
        let destinations = self.request.destinations.iter().zip(self.destinations);
        let destinations = destinations.zip(self.errors).zip(self.pruned);
        let destinations = destinations
            .map(
                |(((folder, destination), error), pruned)| DestinationReport {
                    folder: folder.clone(),
                    error,
                    pruned,
                    notes: destination.map(|one| one.notes).unwrap_or_default(),
                },
            )
            .collect();
        let report = Report {
            destinations,
            entries: self.entries,
            problems: self.inventory.problems().to_vec(),
            warnings: self.warnings,
        };
        (report, verified)
    }
}

/// What the main thread needs while it hands out work.
struct Desk<'t, 'p> {
    of: usize,
    done: usize,
    /// When the manifests were written last.
    saved: Instant,
    tasks: SyncSender<Task<'t>>,
    results: Receiver<Done>,
    broken: &'p [AtomicBool],
    progress: &'p mut dyn FnMut(Progress),
}

/// What each thread does: takes one task after the other.
fn work_off(
    work: &Work<'_>,
    todo: &Mutex<Receiver<Task<'_>>>,
    shared: &OnceLock<Password>,
    escrow: Option<&Recipient>,
    finished: &Sender<Done>,
) {
    loop {
        // The lock is held while waiting: whoever has it is the next to get something.
        let next = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else {
            return;
        };
        let protection = match (escrow, shared.get()) {
            (Some(recipient), _) => Protection::Escrow(recipient),
            (None, Some(password)) => Protection::Password(password),
            // Tasks come after the password.
            (None, None) => return,
        };
        if finished.send(work.run(task, &protection)).is_err() {
            return;
        }
    }
}

/// Tells the stores which identities were saved. That one cannot note it does no harm.
fn mark(
    inventory: &mut Inventory,
    mut report: Report,
    verified: &[(usize, EntryId)],
    now: i64,
) -> Report {
    let mut failed: HashMap<usize, (usize, String)> = HashMap::new();
    for (store, id) in verified {
        if let Err(error) = inventory.stores_mut()[*store].mark_backed_up(id, now) {
            let failures = failed.entry(*store).or_insert((0, error.to_string()));
            failures.0 += 1;
        }
    }
    for (store, (count, first)) in failed {
        report.warnings.push(format!(
            "{} could not note of {} that it was saved: {first}",
            inventory.store_name(store),
            counted(count, "certificate"),
        ));
    }
    report
}

/// Two destinations that are one folder would lock each other out.
fn refuse_twins(destinations: &[PathBuf]) -> Result<(), Error> {
    let real = |folder: &PathBuf| {
        let real = folder.canonicalize();
        // It may yet have to be made.
        let real = real.or_else(|_| std::path::absolute(folder));
        real.unwrap_or_else(|_| folder.clone())
    };
    let real: Vec<PathBuf> = destinations.iter().map(real).collect();
    for (at, folder) in real.iter().enumerate() {
        if real[..at].contains(folder) {
            return Err(Error::Usage(format!(
                "{} is named twice as a destination",
                destinations[at].display()
            )));
        }
    }
    Ok(())
}

fn nothing(inventory: &Inventory, filters: &Filters) -> Error {
    let keyless = inventory.identities().len();
    Error::NotFound {
        selector: match filters.is_empty() {
            true => "'any with a private key'".to_owned(),
            false => filters.describe(),
        },
        searched: inventory.store_names(),
        note: (keyless > 0).then(|| format!("of {}", counted(keyless, "certificate"))),
    }
}

fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}
