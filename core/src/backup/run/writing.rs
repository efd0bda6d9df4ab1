//! The part of a run that writes. This thread alone talks to the stores and keeps the records;
//! threads for every core make the files. Between them is a channel that holds a few keys at most,
//! so that a thousand identities take no more memory than a few.

use std::cell::OnceCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{slice, thread};

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
        let options = self.request.options;
        let issuers = options.has_path().then(|| self.inventory.known_issuers());
        let work = Work {
            options,
            issuers: issuers.as_ref(),
            privacy: self.request.privacy,
            broken: &broken,
        };
        let work = &work;
        let shared = OnceCell::new();
        let threads = threads::for_computing().min(pending.len());
        let (tasks, todo) = mpsc::sync_channel(threads);
        let todo = Arc::new(Mutex::new(todo));
        let (finished, results) = mpsc::channel();
        thread::scope(|scope| {
            let begun = (0..threads).map_while(|_| {
                let (todo, finished) = (Arc::clone(&todo), finished.clone());
                threads::start(scope, move || work_off(work, &todo, &finished)).ok()
            });
            begun.for_each(drop);
            // Where no thread could be started, nobody receives any more, and `send` knows by that.
            drop((todo, finished));
            let mut dispatcher = Dispatcher {
                of: pending.len(),
                done: 0,
                checkpoint: Instant::now() + CHECKPOINT,
                tasks,
                results,
                work,
                progress,
            };
            let dispatched = self.dispatch(&pending, &mut dispatcher, password, &shared, ask);
            // No more is to come: the threads finish what they have, and end.
            let (nothing, _) = mpsc::sync_channel(1);
            dispatcher.tasks = nothing;
            while let Ok(done) = dispatcher.results.recv() {
                self.record_result(done, &mut dispatcher);
            }
            dispatched
        })
    }

    pub(super) fn is_pending(&self, position: usize) -> bool {
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
                self.reports[at].error = Some(error);
                let folder = destination.folder().display();
                let notes = destination.notes.iter();
                self.warnings.extend(notes.map(|note| note.about(&folder)));
                self.destinations[at] = None;
            }
        }
    }

    /// Gives the threads their work, and takes results meanwhile.
    fn dispatch<'p>(
        &mut self,
        pending: &[usize],
        dispatcher: &mut Dispatcher<'p>,
        password: impl FnOnce() -> Result<Password, Error>,
        shared: &'p OnceCell<Password>,
        ask: &mut dyn Ask,
    ) -> Result<(), Error>
    where
        'a: 'p,
    {
        let mut pending = pending.iter();
        let mut next = self.next_task(&mut pending, dispatcher, ask)?;
        if next.is_none() {
            return Ok(());
        }
        let protection = match self.request.escrow {
            Some(recipient) => Protection::Escrow(recipient),
            None => {
                let password = password()?;
                let warnings = self.request.options.warnings(Some(&password));
                self.warnings.extend(warnings);
                Protection::Password(shared.get_or_init(|| password))
            }
        };
        while let Some(task) = next {
            self.send((task, protection), dispatcher);
            next = self.next_task(&mut pending, dispatcher, ask)?;
        }
        Ok(())
    }

    /// The next of those that are pending whose key can be taken out, and that a destination still takes.
    fn next_task(
        &mut self,
        pending: &mut slice::Iter<'_, usize>,
        dispatcher: &mut Dispatcher<'_>,
        ask: &mut dyn Ask,
    ) -> Result<Option<Task<'a>>, Error> {
        for &position in pending {
            (dispatcher.progress)(Progress::Writing {
                done: dispatcher.done,
                of: dispatcher.of,
            });
            let places = self.places(position, dispatcher.work.broken);
            if places.is_empty() {
                dispatcher.done += 1;
                continue;
            }
            match self.take(position, ask) {
                Ok(key) => {
                    return Ok(Some(Task {
                        position,
                        store: self.inventory.store_name(key.stored.store),
                        key,
                        label: self.plan[position].label.clone(),
                        places,
                    }));
                }
                Err(Error::Cancelled) => return Err(Error::Cancelled),
                Err(error) => {
                    self.key_failed(position, error);
                    dispatcher.done += 1;
                }
            }
        }
        Ok(None)
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

    pub(super) fn key_failed(&mut self, position: usize, error: Error) {
        let key = &self.plan[position].identity.entry().key;
        self.entries[position].key = Some(KeyFailure {
            error,
            known: matches!(key, KeyState::NotExportable(_)),
        });
    }

    /// Sends a task as soon as a thread has room for it; meanwhile results are taken. Without
    /// threads, it is done here.
    fn send<'p>(&mut self, mut task: Protected<'p>, dispatcher: &mut Dispatcher<'p>) {
        loop {
            while let Ok(done) = dispatcher.results.try_recv() {
                self.record_result(done, dispatcher);
            }
            task = match dispatcher.tasks.try_send(task) {
                Ok(()) => return,
                Err(TrySendError::Full(task)) => task,
                Err(TrySendError::Disconnected((task, protection))) => {
                    let done = dispatcher.work.run(task, protection);
                    return self.record_result(done, dispatcher);
                }
            };
            if let Ok(done) = dispatcher.results.recv() {
                self.record_result(done, dispatcher);
            }
        }
    }

    /// Takes the result of a task, and from time to time records what was written.
    fn record_result(&mut self, done: Done, dispatcher: &mut Dispatcher<'_>) {
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
                        self.reports[at].error.get_or_insert(error);
                    }
                    // What was accepted of the file before holds for this one, too.
                    let before = destination.saved_as(&saved.thumbprint.sha256);
                    saved.allow_unproven = saved.proof == Some(Level::None)
                        && before.is_some_and(|before| before.allow_unproven);
                    report.sha256 = Some(saved.sha256.clone());
                    report.proof = saved.proof;
                    destination.record(saved);
                    report.outcome = written(&self.plan[done.position].actions[at]);
                }
                (Some(Err(error)), _) => {
                    report.outcome = Outcome::Failed(error.in_full());
                    let not_synced = matches!(error, Error::NotSynced { .. });
                    if not_synced || dispatcher.work.broken[at].load(Ordering::Relaxed) {
                        self.reports[at].error.get_or_insert(error);
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

    fn checkpoint(&mut self, dispatcher: &mut Dispatcher<'_>) {
        for (at, destination) in self.destinations.iter_mut().enumerate() {
            let Some(destination) = destination else {
                continue;
            };
            let broken = &dispatcher.work.broken[at];
            if broken.load(Ordering::Relaxed) {
                continue;
            }
            if let Err(error) = destination.checkpoint() {
                // What is there without its name confirmed is no reason to give the rest up.
                let is_there = matches!(error, Error::NotSynced { saved: true, .. });
                broken.fetch_or(!is_there, Ordering::Relaxed);
                self.reports[at].error.get_or_insert(error);
            }
        }
    }
}

/// What has become of a copy that was written for this reason.
pub(super) fn written(action: &Action) -> Outcome {
    match action {
        Action::Write(Cause::Asked) => Outcome::Rewritten,
        Action::Write(Cause::Wrong(what)) => Outcome::Mended(what.clone()),
        _ => Outcome::New,
    }
}

/// What the main thread needs while it hands out work.
struct Dispatcher<'p> {
    of: usize,
    done: usize,
    /// When what was written is to be recorded next.
    checkpoint: Instant,
    tasks: SyncSender<Protected<'p>>,
    results: Receiver<Done>,
    work: &'p Work<'p>,
    progress: &'p mut dyn FnMut(Progress),
}

/// A task, and what its file is protected with.
type Protected<'p> = (Task<'p>, Protection<'p>);

/// What each thread does: takes one task after the other.
fn work_off(work: &Work<'_>, todo: &Mutex<Receiver<Protected<'_>>>, finished: &Sender<Done>) {
    // The lock is held while waiting: the thread that has it is the next to get something.
    let next = || todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok((task, protection)) = next() {
        if finished.send(work.run(task, protection)).is_err() {
            break;
        }
    }
}
