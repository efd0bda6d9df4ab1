//! Reading the stores a command names, with what the person sees of it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use certstow_core::backup;
use certstow_core::error::Error as LibraryError;
use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem, Stores};
use certstow_core::password::Typed;
use certstow_core::renewal::Renewals;
use certstow_core::select::{self, Choice, Filters, Want};
use certstow_core::time::{self, UnixTime};
use certstow_formats::sanitize::safe;
use certstow_platform::OpenOptions;
use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{Interaction, KeyState, ProblemKind, Unlock};

use super::args::StoreArgs;
use super::error::Error;
use super::notes::Copies;
use super::prompt;
use super::render::progress::Progress;
use super::screen::Screen;
use super::warning::{Warning, advise_of_problem};
use super::{ask, backup_folder};

/// Reads the stores that are named, or all that are found, and asks nobody.
pub(super) fn read(args: &StoreArgs, screen: &Screen) -> Result<Inventory, Error> {
    Reading::new(args, screen)?.read()
}

/// The same, but where the one store named is a file that is locked, a person is asked for its
/// password. Going on without it leaves the file locked.
pub(super) fn read_and_ask(args: &StoreArgs, screen: &Screen) -> Result<Inventory, Error> {
    let reading = Reading::new(args, screen)?;
    let mut inventory = reading.read()?;
    reading.ask_for_single_file(&mut inventory)?;
    Ok(inventory)
}

/// The stores of a run, and the passwords that open what is locked in them.
pub(super) struct Reading<'a> {
    args: &'a StoreArgs,
    screen: &'a Screen,
    unlock: RefCell<Vec<Unlock>>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(args: &'a StoreArgs, screen: &'a Screen) -> Result<Self, Error> {
        Ok(Self {
            args,
            screen,
            unlock: ask::unlocking(args, screen)?.into(),
        })
    }

    pub(super) fn read(&self) -> Result<Inventory, Error> {
        let (inventory, left_out) = self.list()?;
        for notice in left_out {
            self.screen.note(&notice);
        }
        for name in inventory.store_names() {
            self.screen.explain(&format!("read {name}"));
        }
        Ok(inventory)
    }

    /// Asks a person for the password of the one file that is the store, if it is locked and no
    /// password was given, and reads it again.
    pub(super) fn ask_for_single_file(&self, inventory: &mut Inventory) -> Result<(), Error> {
        if self.screen.interaction() == Interaction::Never {
            return Ok(());
        }
        let options = self.options();
        let was_given = |spec: &StoreSpec| options.for_store(spec).next().is_some();
        if single_file(self.args).is_some_and(was_given) {
            return Ok(());
        }
        if let Some(file) = locked_alone(inventory, self.args)
            && self.open(file, &mut |text| {
                Ok(prompt::password_once(text, self.screen)?)
            })?
        {
            *inventory = self.read_again()?;
        }
        Ok(())
    }

    /// Reads them once more, with the passwords that have come since.
    pub(super) fn read_again(&self) -> Result<Inventory, Error> {
        Ok(self.list()?.0)
    }

    /// Asks for the password of a locked file until one opens it, at most [`ask::TRIES`] times, and keeps
    /// it for the next reading. `prompt` asks once. Whether one came.
    pub(super) fn open(
        &self,
        file: &StoreProblem,
        prompt: &mut dyn FnMut(&str) -> Result<Typed, Error>,
    ) -> Result<bool, Error> {
        let spec = match single_file(self.args) {
            Some(named) => named.clone(),
            None => StoreSpec::File(file.place.as_str().into()),
        };
        // Where it lies in a folder, it is read again as a part of that.
        let store = file.store.parse().unwrap_or_else(|_| spec.clone());
        let question = format!("Password of {} (empty: go on without):", safe(&file.place));
        let known = self.options();
        let mut passwords: Vec<_> = known.for_store(&store).map(of_any_store).collect();
        // A file may need two: one for its MAC and another for its content.
        let mut typed = Vec::new();
        let mut why: Option<String> = None;
        for _ in 0..ask::TRIES {
            let text = match &why {
                Some(why) => format!("{}; try again\n{question}", safe(why)),
                None => question.clone(),
            };
            match prompt(&text)? {
                Typed::Back => return Ok(false),
                Typed::Password(password) if password.is_empty() => return Ok(false),
                Typed::Wrong(wrong) => why = Some(wrong.to_owned()),
                Typed::Password(password) => {
                    let unlock = Unlock {
                        password: Arc::new(password),
                        store: Some(store.clone()),
                        source: None,
                    };
                    passwords.push(of_any_store(&unlock));
                    typed.push(unlock);
                    let options = OpenOptions {
                        unlock: passwords.clone(),
                    };
                    let progress = Progress::start(self.screen, "Opening the file");
                    let opened =
                        Inventory::read(Stores::Named(std::slice::from_ref(&spec)), &options)?;
                    drop(progress);
                    match locked(&opened).next() {
                        Some(problem) => why = Some(problem.message.clone()),
                        None => {
                            self.unlock.borrow_mut().append(&mut typed);
                            return Ok(true);
                        }
                    }
                }
            }
        }
        Ok(false)
    }

    /// The passwords that were given for a store.
    pub(super) fn unlock_of(&self, store: &StoreSpec) -> Vec<Unlock> {
        self.options().for_store(store).cloned().collect()
    }

    fn options(&self) -> OpenOptions {
        OpenOptions {
            unlock: self.unlock.borrow().clone(),
        }
    }

    /// The inventory, and what was left out of it.
    fn list(&self) -> Result<(Inventory, Vec<String>), Error> {
        let stores = match self.args.stores.as_slice() {
            [] => Stores::Found,
            named => Stores::Named(named),
        };
        let _progress = Progress::start(self.screen, "Reading the stores");
        let mut inventory = Inventory::read(stores, &self.options())?;
        let left_out = backup::leave_out(&mut inventory);
        for problem in inventory.problems_mut() {
            advise_of_problem(problem);
        }
        Ok((inventory, left_out))
    }
}

/// The same password, whatever is opened with it.
fn of_any_store(unlock: &Unlock) -> Unlock {
    Unlock {
        store: None,
        ..unlock.clone()
    }
}

/// The files that show no private key without a password that is still missing.
pub(super) fn locked(inventory: &Inventory) -> impl Iterator<Item = &StoreProblem> {
    let entries = inventory.certificates().iter();
    let entries = entries.flat_map(ListedCertificate::entries);
    let with_key = entries.filter(|stored| stored.entry.key != KeyState::Missing);
    let places = with_key.flat_map(|stored| &stored.entry.places);
    let seen: HashSet<&String> = places.collect();
    let problems = inventory.problems().iter();
    problems.filter(move |problem| {
        let is_locked = matches!(
            problem.kind,
            ProblemKind::Locked | ProblemKind::WrongPassword
        );
        // .NET's own files have no password that anybody knows.
        let may_open = problem.store.starts_with("file:");
        is_locked && may_open && !seen.contains(&problem.place)
    })
}

/// The one store named, if it is a file.
fn single_file(args: &StoreArgs) -> Option<&StoreSpec> {
    match args.stores.as_slice() {
        [spec @ StoreSpec::File(path)] if path.is_file() => Some(spec),
        _ => None,
    }
}

/// The one file that is the store, where it shows no private key without its password.
fn locked_alone<'i>(inventory: &'i Inventory, args: &StoreArgs) -> Option<&'i StoreProblem> {
    single_file(args).and_then(|_| locked(inventory).next())
}

/// The one identity that is meant, of stores that are read.
///
/// # Errors
/// As [`select::choose`], with what to do where it may be in a file that is locked.
pub(super) fn choose<'i>(
    inventory: &'i Inventory,
    choice: &Choice<'_>,
    args: &StoreArgs,
    screen: &Screen,
) -> Result<&'i ListedCertificate, Error> {
    select::choose(inventory, choice, time::now()).map_err(|error| {
        if let LibraryError::NotFound { .. } = error {
            backup_folder::tell(backup_folder::paths(&args.stores), screen);
        }
        beside_locked(error, inventory, args, screen)
    })
}

/// That something was not found, with what to do where it may be in a file that is locked.
pub(super) fn beside_locked(
    error: LibraryError,
    inventory: &Inventory,
    args: &StoreArgs,
    screen: &Screen,
) -> Error {
    let may_be_locked_away = matches!(
        error,
        LibraryError::NotFound { .. } | LibraryError::Store(StoreError::KeyMissing { .. })
    );
    let mut problems = inventory.problems().iter();
    let hides_all = |one: &&StoreProblem| {
        let store = one.store.parse::<StoreSpec>();
        one.kind == ProblemKind::Locked && store.is_ok_and(|store| store.counts_wrong_tries())
    };
    if let (true, Some(token)) = (may_be_locked_away, problems.find(hides_all)) {
        let place = token.place.clone();
        return StoreError::InteractionRequired { place }.into();
    }
    let count = locked(inventory).count();
    if !may_be_locked_away || count == 0 {
        return error.into();
    }
    let Some(file) = locked_alone(inventory, args) else {
        return Error::BesideLocked {
            error,
            locked: count,
        };
    };
    let place = file.place.clone();
    match (file.kind, screen.interaction()) {
        (ProblemKind::Locked, Interaction::Never) => {
            StoreError::InteractionRequired { place }.into()
        }
        (ProblemKind::Locked, Interaction::Allowed) => Error::BesideLocked {
            error,
            locked: count,
        },
        _ => StoreError::WrongPassword { place }.into(),
    }
}

/// Which identities are to be listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The beginning of a thumbprint, or text in a name, as of a selector; all without one.
    pub(super) text: Option<&'a str>,
    /// Conditions beside that.
    pub(super) filters: &'a Filters,
    /// Certificates without a private key, archived and pending ones, and those that would be said to expire
    /// although they are renewed, too.
    pub(super) all: bool,
}

impl<'a> Wanted<'a> {
    /// Every certificate that is meant, those that are not listed too.
    pub(super) fn matching<'i>(
        &self,
        inventory: &'i Inventory,
        now: UnixTime,
    ) -> Vec<&'i ListedCertificate> {
        let choice = Choice {
            selector: self.text,
            filters: self.filters,
            newest: false,
            want: Want::Certificate,
        };
        select::all(inventory, &choice, now)
    }

    /// The same whatever the filters say.
    pub(super) fn unfiltered(self) -> Wanted<'a> {
        Wanted {
            filters: Filters::none(),
            ..self
        }
    }

    /// Those that are listed, the current one before those that it renewed.
    pub(super) fn listed<'i>(
        &self,
        inventory: &'i Inventory,
        renewals: &Renewals<'_>,
        now: UnixTime,
    ) -> Vec<&'i ListedCertificate> {
        let is_quiet = |listed: &ListedCertificate| {
            let renewed = self.filters.expires_within.is_some() && renewals.of(listed).is_some();
            renewed || !listed.has_key() || listed.is_set_aside()
        };
        let mut listed = self.matching(inventory, now);
        listed.retain(|listed| self.all || !is_quiet(listed));
        renewals.current_first(&mut listed);
        listed
    }
}

/// The files that this account saved; what is wrong with the account of them is warned about.
pub(super) fn copies(screen: &Screen) -> Copies {
    let (copies, warning) = Copies::read();
    warning.iter().for_each(|warning| screen.warn(warning));
    copies
}

/// Says what holds private keys that are of no use here as they are. They end no command otherwise.
pub(super) fn note_notices(notices: &[StoreProblem], screen: &Screen) {
    let notices = notices.iter();
    screen.note_of_each_unless_json(
        notices.map(|notice| Warning::about(&notice.place, &notice.message)),
    );
}

pub(super) fn warn_of_problems(problems: &[StoreProblem], screen: &Screen) {
    let problems = problems.iter();
    screen.warn_of_each_unless_json(
        problems.map(|problem| Warning::about(&problem.place, &problem.message)),
    );
}
