//! `certstow backup`: what the options and the file with options mean together, then
//! [`certstow_core::backup`].

mod journal;
mod json;
mod missed;
mod opening;
mod restore;
pub(crate) mod settings;
mod summary;
mod verify;

use crate::error::Explain as _;
use std::path::Path;

use crate::error::Error;
use crate::exit::Exit;
use certstow_core::backup::{self, Emptied, Patience, Progress, Request};
use certstow_core::error::Error as LibraryError;
use certstow_core::escrow::Recipient;
use certstow_core::output::Privacy;
use certstow_core::password::{self, Source};
use certstow_core::time;
use certstow_formats::sanitize::shortened;
use certstow_formats::secret::Password;
use certstow_platform::error::AskError;
use certstow_platform::store::{Ask, Interaction, UnlockRequest};

use crate::args::{BackupAction, BackupArgs, BackupCommand};
use crate::ask::{self, TerminalAsk};
use crate::inventory;
use crate::prompt;
use crate::render::progress::Bar;
use crate::screen::Screen;
use crate::warning::advise;

pub(crate) fn run(command: &BackupCommand, screen: &Screen) -> Result<Exit, Error> {
    match &command.action {
        Some(BackupAction::Verify(args)) => verify::run(args, screen),
        Some(BackupAction::Restore(args)) => restore::run(args, screen),
        None => save(&command.run, screen),
    }
}

fn save(args: &BackupArgs, screen: &Screen) -> Result<Exit, Error> {
    let settings = settings::of(args)?;
    let options = settings.options()?;
    if settings.to.is_empty() {
        return Err(Error::Usage(
            "name a folder to save to with --to, or as 'to' in the file of --config".to_owned(),
        ));
    }
    let stdin = Some(Source::Stdin);
    if settings.password == stdin && settings.unlock == stdin {
        return Err(Error::Usage(
            "only one password can come from standard input".to_owned(),
        ));
    }
    let recipient = match &settings.escrow {
        Some(file) => Some(Recipient::read(file)?),
        None => None,
    };
    for warning in recipient.iter().flat_map(|one| one.warnings(time::now())) {
        screen.warn(&warning);
    }
    let mut inventory = inventory::read_stores(&settings.stores, settings.unlock.as_ref(), screen)?;
    let last_runs = settings::last_runs();
    let bar = Bar::new(screen);
    let told = |folder: &Path| bar.aside(|| screen.note_wait(folder));
    let request = Request {
        destinations: &settings.to,
        filters: &settings.filters,
        options: &options,
        last_runs: last_runs.as_deref(),
        privacy: match settings.require_private {
            true => Privacy::Required,
            false => Privacy::Wanted,
        },
        rewrite: settings.rewrite,
        prune_expired: settings.prune_expired,
        allow_unproven: settings.allow_unproven,
        escrow: recipient.as_ref(),
        patience: Patience {
            limit: screen.patience,
            told: &told,
        },
    };
    let mut ask = AskAside::new(screen, &bar);
    let mut unanswered = None;
    let begin_anew = |emptied: &Emptied| match screen.interaction() {
        _ if settings.accept_empty => Ok(true),
        Interaction::Never => Ok(false),
        Interaction::Allowed => {
            let question = format!("{emptied}. Save there all the same?");
            let answer = bar.aside(|| prompt::yes_or_no(&question, false));
            answer.map_err(|error| {
                unanswered = Some(error);
                LibraryError::Cancelled
            })
        }
    };
    let password = || {
        let source = settings.password.as_ref();
        bar.aside(|| obtain_password(source, settings.allow_empty_password, screen))
    };
    let report = backup::run(
        &mut inventory,
        &request,
        begin_anew,
        password,
        &mut ask,
        &mut |progress| match progress {
            Progress::Checking { done, of } => bar.show("Checking", done, of),
            Progress::Writing { done, of } => bar.show("Saving  ", done, of),
        },
    );
    bar.end();
    if let Some(error) = unanswered {
        return Err(error);
    }
    let mut report = report?;
    let notes = report
        .destinations
        .iter_mut()
        .flat_map(|one| &mut one.notes);
    notes.for_each(advise);
    let exit = match report.failure() {
        Some(error) => error.exit(),
        None if report.is_complete(settings.skip_not_exportable) => Exit::Done,
        None => Exit::Partial,
    };
    inventory::warn_of_problems(&inventory, screen);
    summary::warn(&report, screen);
    missed::warn(&report, screen);
    journal::record(&report, screen);
    match screen.json {
        true => screen.print_json(&json::report(&report))?,
        false => summary::show(&report, exit, screen)?,
    }
    Ok(exit)
}

fn obtain_password(
    source: Option<&Source>,
    allow_empty: bool,
    screen: &Screen,
) -> Result<Password, LibraryError> {
    match source {
        Some(source) => ask::given(source, allow_empty, screen),
        None if screen.interaction() == Interaction::Never => {
            Err(LibraryError::InteractionRequired {
                what: "a password for the files".to_owned(),
            })
        }
        None => password::prompt("Password for the files of this backup:", true, allow_empty),
    }
}

/// An identity by its label and the beginning of its thumbprint, as the one who wrote them has it.
fn called(label: &str, thumbprint: &str) -> String {
    let thumbprint: String = thumbprint.chars().take(16).collect();
    format!("{} ({thumbprint})", shortened(label))
}

/// Asks at the terminal without the bar in the way.
struct AskAside<'a> {
    ask: TerminalAsk,
    bar: &'a Bar,
}

impl<'a> AskAside<'a> {
    fn new(screen: &Screen, bar: &'a Bar) -> Self {
        let ask = TerminalAsk {
            interaction: screen.interaction(),
            system_windows: Interaction::Never,
        };
        Self { ask, bar }
    }
}

impl Ask for AskAside<'_> {
    fn interaction(&self) -> Interaction {
        self.ask.interaction()
    }

    fn unlock(&mut self, request: &UnlockRequest) -> Result<Password, AskError> {
        let Self { ask, bar } = self;
        bar.aside(|| ask.unlock(request))
    }
}
