//! The part of a run that writes. This thread alone talks to the stores and keeps the records;
//! threads for every core make the files. Between them is a channel that holds a few keys at most,
//! so that a thousand identities take no more memory than a few.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use certstow_formats::proof::Level;
use certstow_formats::secret::Password;
use certstow_formats::threads;
use certstow_platform::store::{Ask, KeyState};

use super::{Progress, Run};
use crate::backup::plan::{Action, Cause};
use crate::backup::report::{KeyFailure, Outcome};
use crate::backup::work::{Done, Place, Protection, Task, Work, Written};
use crate::error::Error;
use crate::export::{ProvenKey, may_come_out};

/// How long written files may be missing from the record, while that takes no time.
const CHECKPOINT: Duration = Duration::from_secs(5);

/// Recording takes at most one part in so many of the time.
const SHARE: u32 = 20;

impl<'a> Run<'a> {
    /// Takes the keys and has the files made.
    pub(super) fn write(
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
        let _kept_open = self.inventory.keep_open();
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
        let threads = threads::for_computing().min(pending.len());
        let shared = OnceLock::new();
        let escrow = self.request.escrow;
        let make = |task: Task<'a>| {
            let protection = match (escrow, shared.get()) {
                (Some(recipient), _) => Protection::Escrow(recipient),
                (None, Some(password)) => Protection::Password(password),
                // Tasks come after the password.
                (None, None) => return None,
            };
            Some(work.run(task, &protection))
        };
        let (tasks, todo) = mpsc::sync_channel(threads);
        let todo = Mutex::new(todo);
        let (finished, results) = mpsc::channel();
        thread::scope(|scope| {
            let begun = (0..threads).map_while(|_| {
                let finished = finished.clone();
                let (make, todo) = (&make, &todo);
                threads::start(scope, move || work_off(make, todo, &finished)).ok()
            });
            let begun = begun.count();
            drop(finished);
            let mut dispatcher = Dispatcher {
                of: pending.len(),
                done: 0,
                checkpoint: Instant::now() + CHECKPOINT,
                tasks,
                results,
                here: (begun == 0).then_some(&make),
                broken: &broken,
                progress,
            };
            self.dispatch(&pending, &mut dispatcher, password, &shared, ask)
        })
    }

    fn is_pending(&self, position: usize) -> bool {
        let actions = self.plan[position].actions.iter().zip(&self.destinations);
        let mut actions = actions.filter(|(_, destination)| destination.is_some());
        actions.any(|(action, _)| matches!(action, Action::Write(_)))
    }

    /// Keeps room for the records. A destination without has failed.
    fn reserve(&mut self) {
        for at in 0..self.destinations.len() {
            let writes = self.plan.iter().map(|wanted| &wanted.actions[at]);
            let writes = writes
                .filter(|action| matches!(action, Action::Write(_)))
                .count();
            if let (Some(destination), true) = (&mut self.destinations[at], writes > 0)
                && let Err(error) = destination.reserve(writes)
            {
                self.errors[at] = Some(error);
                let folder = destination.folder().display();
                let notes = destination.notes.iter();
                self.warnings.extend(notes.map(|note| note.about(&folder)));
                self.destinations[at] = None;
            }
        }
    }

    /// Gives the threads their work and takes the results, until there is no more.
    fn dispatch(
        &mut self,
        pending: &[usize],
        dispatcher: &mut Dispatcher<'a, '_>,
        password: impl FnOnce() -> Result<Password, Error>,
        shared: &OnceLock<Password>,
        ask: &mut dyn Ask,
    ) -> Result<(), Error> {
        let mut password = Some(password).filter(|_| self.request.escrow.is_none());
        let mut outcome = Ok(());
        for &position in pending {
            (dispatcher.progress)(Progress::Writing {
                done: dispatcher.done,
                of: dispatcher.of,
            });
            let places = self.places(position, dispatcher.broken);
            if places.is_empty() {
                dispatcher.done += 1;
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
                    dispatcher.done += 1;
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
            if !self.send(task, dispatcher) {
                break;
            }
        }
        // No more is to come: the threads finish what they have, and end.
        let (nothing, _) = mpsc::sync_channel(1);
        dispatcher.tasks = nothing;
        while let Ok(done) = dispatcher.results.recv() {
            self.record_result(done, dispatcher);
        }
        outcome
    }

    /// Where the identity is to be written, as far as the destinations still work.
    fn places(&self, position: usize, broken: &[AtomicBool]) -> Vec<Place> {
        let wanted = &self.plan[position];
        let id = &wanted.identity.entry().id;
        let each = self.destinations.iter().zip(&wanted.actions).enumerate();
        each.filter_map(|(at, (destination, action))| {
            let destination = destination.as_ref()?;
            let works = !broken[at].load(Ordering::Relaxed);
            (works && matches!(action, Action::Write(_))).then(|| Place {
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

    /// Sends a task as soon as a thread has room for it; meanwhile results are taken. Without
    /// threads, it is done here. False if there is no thread any more.
    fn send(&mut self, mut task: Task<'a>, dispatcher: &mut Dispatcher<'a, '_>) -> bool {
        if let Some(make) = dispatcher.here {
            let done = make(task);
            let is_done = done.is_some();
            done.into_iter()
                .for_each(|done| self.record_result(done, dispatcher));
            return is_done;
        }
        loop {
            while let Ok(done) = dispatcher.results.try_recv() {
                self.record_result(done, dispatcher);
            }
            task = match dispatcher.tasks.try_send(task) {
                Ok(()) => return true,
                Err(TrySendError::Full(task)) => task,
                Err(TrySendError::Disconnected(_)) => return false,
            };
            match dispatcher.results.recv() {
                Ok(done) => self.record_result(done, dispatcher),
                Err(_) => return false,
            }
        }
    }

    /// Takes the result of a task, and from time to time records what was written.
    fn record_result(&mut self, done: Done, dispatcher: &mut Dispatcher<'_, '_>) {
        let entry = &mut self.entries[done.position];
        for warning in done.warnings {
            if !entry.warnings.contains(&warning) {
                entry.warnings.push(warning);
            }
        }
        for (at, copy) in done.copies {
            let report = &mut entry.copies[at];
            match (copy, &mut self.destinations[at]) {
                (
                    Some(Ok(Written {
                        mut saved,
                        warnings,
                        not_synced,
                    })),
                    Some(destination),
                ) => {
                    for warning in warnings {
                        destination.note(warning);
                    }
                    if let Some(error) = not_synced {
                        self.errors[at].get_or_insert(error);
                    }
                    // What was accepted of the file before holds for this one, too.
                    let before = destination.saved_as(&saved.thumbprint.sha256);
                    saved.allow_unproven = saved.proof == Some(Level::None)
                        && before.is_some_and(|before| before.allow_unproven);
                    report.sha256 = Some(saved.sha256.clone());
                    report.proof = saved.proof;
                    destination.record(saved);
                    report.outcome = match &self.plan[done.position].actions[at] {
                        Action::Write(Cause::Asked) => Outcome::Rewritten,
                        Action::Write(Cause::Wrong(what)) => Outcome::Mended(what.clone()),
                        _ => Outcome::New,
                    };
                }
                (Some(Err(error)), _) => {
                    report.outcome = Outcome::Failed(error.in_full());
                    let not_synced = matches!(error, Error::NotSynced { .. });
                    if not_synced || dispatcher.broken[at].load(Ordering::Relaxed) {
                        self.errors[at].get_or_insert(error);
                    }
                }
                (None, _) | (_, None) => {}
            }
        }
        dispatcher.done += 1;
        (dispatcher.progress)(Progress::Writing {
            done: dispatcher.done,
            of: dispatcher.of,
        });
        let now = Instant::now();
        // After the last one, all is recorded in any case.
        if now >= dispatcher.checkpoint && dispatcher.done < dispatcher.of {
            self.checkpoint(dispatcher);
            dispatcher.checkpoint = Instant::now() + CHECKPOINT.max(now.elapsed() * SHARE);
        }
    }

    fn checkpoint(&mut self, dispatcher: &mut Dispatcher<'_, '_>) {
        for (at, destination) in self.destinations.iter_mut().enumerate() {
            let Some(destination) = destination else {
                continue;
            };
            let broken = &dispatcher.broken[at];
            if broken.load(Ordering::Relaxed) {
                continue;
            }
            if let Err(error) = destination.checkpoint() {
                // What is there without its name confirmed is no reason to give the rest up.
                let is_there = matches!(error, Error::NotSynced { saved: true, .. });
                broken.fetch_or(!is_there, Ordering::Relaxed);
                self.errors[at].get_or_insert(error);
            }
        }
    }
}

/// What the main thread needs while it hands out work.
struct Dispatcher<'t, 'p> {
    of: usize,
    done: usize,
    /// When what was written is to be recorded next.
    checkpoint: Instant,
    tasks: SyncSender<Task<'t>>,
    results: Receiver<Done>,
    /// What does a task on this thread, where there is no other.
    here: Option<&'p Make<'t, 'p>>,
    broken: &'p [AtomicBool],
    progress: &'p mut dyn FnMut(Progress),
}

/// Does a task; `None` for one that came before the password.
type Make<'t, 'p> = dyn Fn(Task<'t>) -> Option<Done> + Sync + 'p;

/// What each thread does: takes one task after the other.
fn work_off<'t>(
    make: &(impl Fn(Task<'t>) -> Option<Done> + Sync),
    todo: &Mutex<Receiver<Task<'t>>>,
    finished: &Sender<Done>,
) {
    loop {
        // The lock is held while waiting: the thread that has it is the next to get something.
        let next = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else {
            break;
        };
        let Some(done) = make(task) else {
            break;
        };
        if finished.send(done).is_err() {
            break;
        }
    }
}
