//! The program: what a person or a task types and sees. Options, prompts, tables, colours, JSON,
//! exit codes and hints are here and nowhere else. Other programs use `certstow-core`.

#![forbid(unsafe_code)]

mod args;
mod ask;
mod backup_folder;
mod backup_to;
mod commands;
mod completions;
mod defaults;
mod doctor;
mod ending;
mod error;
pub mod exit;
mod file_options;
mod folders;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod interrupt;
mod into_store;
mod inventory;
mod journal;
mod line;
mod log;
mod man;
mod monitor;
mod notes;
mod option_file;
mod prompt;
mod raw_terminal;
mod render;
mod report;
mod schedule;
mod screen;
mod tilde;
mod timeout;
mod topics;
mod typed_path;
mod warning;
mod watchdog;
mod window;
mod wizard;
mod wrong_command;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use certstow_core::waits;
use certstow_formats::secret::wipe_stack;

use crate::error::{Error, Explain as _};
use crate::exit::Exit;
use args::{Cli, Command, Given, ScheduleCommand};
use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches as _};
pub use completions::answer as answer_shell;
use defaults::Defaults;
use journal::Journal;
use monitor::Monitor;
use screen::Screen;
use tilde::Tilde;

/// Runs certstow with these arguments, the first being the program's name.
pub fn run(arguments: &[OsString]) -> Exit {
    let from_folder = window::is_started_from_a_folder(arguments);
    let (exit, asked) = run_command(arguments);
    window::stays_until_read(from_folder || asked, exit);
    exit
}

/// The exit code, and whether the wizard asked.
fn run_command(arguments: &[OsString]) -> (Exit, bool) {
    let json = arguments.iter().any(|argument| argument == "--json");
    let line = match CommandLine::read(arguments) {
        Ok(line) => line,
        Err(Unread::Line(error)) => return (answer(&error, arguments, json), false),
        Err(Unread::Defaults(error)) => return (tell(&error, json), false),
    };
    let screen = Arc::new(Screen::new(&line.cli.global));
    interrupt::handle(&screen);
    let tilde = Tilde::of(arguments);
    let watch = timeout::watch(&line.cli.global, &screen);
    let line = match line.over_config() {
        Ok(line) => line,
        Err(error) => return (answer(&error, arguments, json), false),
    };
    let monitor = match &line.cli.command {
        Command::Backup(command) => Monitor::of(command),
        _ => None,
    };
    let exit = monitored(monitor, &screen, || {
        open_logs(&line, &screen).and_then(|()| dispatch(line, &screen))
    });
    drop(watch);
    tilde.tell(exit, &screen);
    wipe_stack();
    screen.end(exit);
    (exit, screen.was_in_wizard())
}

/// Runs a command, and writes the files for monitoring, also when it panics.
fn monitored(
    monitor: Option<Monitor>,
    screen: &Screen,
    run: impl FnOnce() -> Result<Exit, Error>,
) -> Exit {
    if let Some(monitor) = monitor {
        screen.monitor_by(monitor);
    }
    let ended = catch_unwind(AssertUnwindSafe(|| {
        run().unwrap_or_else(|error| {
            screen.error(&error);
            error.exit()
        })
    }));
    let wait = waits::waiting_for("the files of --status and --metrics to be written");
    match ended {
        Ok(exit) => screen.tell(exit),
        Err(panic) => {
            screen.tell_panic();
            drop(wait);
            resume_unwind(panic)
        }
    }
}

/// What was typed, with what was left unsaid.
struct CommandLine {
    cli: Cli,
    command: clap::Command,
    typed: ArgMatches,
    matches: ArgMatches,
    defaults: Defaults,
}

/// Why a command line makes no sense.
enum Unread {
    /// It, or an option that it takes from elsewhere.
    Line(clap::Error),
    /// It lacks something, and what might say that cannot be read.
    Defaults(Error),
}

impl From<clap::Error> for Unread {
    fn from(error: clap::Error) -> Self {
        Self::Line(error)
    }
}

impl CommandLine {
    fn read(arguments: &[OsString]) -> Result<Self, Unread> {
        let mut command = args::command();
        let error = match command.try_get_matches_from_mut(arguments) {
            Ok(matches) => return Ok(Self::with_defaults(command, matches, &[])?),
            Err(error) => error,
        };
        if error.kind() == ErrorKind::MissingRequiredArgument
            && let Some(line) = Self::completed(args::command(), arguments)?
        {
            return Ok(line);
        }
        let Some((command, matches)) = wizard::meant(&error, arguments.to_vec()) else {
            return Err(error.into());
        };
        Ok(Self::with_defaults(command, matches, &[])?)
    }

    /// The line without what the file for `--config` says something else about. That may be a pipe, and is
    /// read where a wait ends in time.
    fn over_config(self) -> Result<Self, clap::Error> {
        if self.defaults.is_empty() {
            return Ok(self);
        }
        match defaults::of_config(&self.command, &self.typed) {
            config if config.is_empty() => Ok(self),
            config => Self::with_defaults(self.command, self.typed, &config),
        }
    }

    /// A line that lacks something which is said elsewhere: what is required is missed once all words are read.
    fn completed(
        mut command: clap::Command,
        arguments: &[OsString],
    ) -> Result<Option<Self>, Unread> {
        let lenient = args::command().ignore_errors(true);
        let Ok(matches) = lenient.try_get_matches_from(arguments) else {
            return Ok(None);
        };
        let mut defaults = Defaults::of(&mut command, &matches, &[]);
        match defaults.wrong.take() {
            Some(wrong) => Err(Unread::Defaults(wrong)),
            None if defaults.is_empty() => Ok(None),
            None => Ok(Self::parsed(command, matches, defaults).ok()),
        }
    }

    fn with_defaults(
        mut command: clap::Command,
        typed: ArgMatches,
        config: &[Given],
    ) -> Result<Self, clap::Error> {
        let defaults = Defaults::of(&mut command, &typed, config);
        if defaults.is_empty() {
            return Ok(Self {
                cli: Cli::from_arg_matches(&typed)?,
                command,
                matches: typed.clone(),
                typed,
                defaults,
            });
        }
        Self::parsed(command, typed, defaults)
    }

    fn parsed(
        mut command: clap::Command,
        typed: ArgMatches,
        defaults: Defaults,
    ) -> Result<Self, clap::Error> {
        let words = defaults.added(&command, &typed);
        let matches = command.try_get_matches_from_mut(words)?;
        Ok(Self {
            cli: Cli::from_arg_matches(&matches)?,
            command,
            typed,
            matches,
            defaults,
        })
    }
}

/// Opens the logs of this run.
fn open_logs(line: &CommandLine, screen: &Screen) -> Result<(), Error> {
    let cli = &line.cli;
    let open = || Journal::open(&cli.global, &line.command, &line.matches);
    let journal = match &cli.command {
        // The options are the task's, which may run on another machine.
        Command::Schedule(ScheduleCommand::Install(args)) if args.print.is_some() => return Ok(()),
        // That a log cannot be written is one of the things it is there to tell.
        Command::Doctor(_) => match open() {
            Ok(journal) => journal,
            Err(_) => return Ok(()),
        },
        _ => open()?,
    };
    screen.log_to(journal);
    Ok(())
}

fn dispatch(line: CommandLine, screen: &Screen) -> Result<Exit, Error> {
    let CommandLine {
        cli, mut defaults, ..
    } = line;
    for (from, options) in &defaults.taken {
        screen.explain(&format!("from {from}: {}", options.join(", ")));
    }
    // Doctor tells of it as of all else.
    if !matches!(cli.command, Command::Doctor(_))
        && let Some(wrong) = defaults.wrong.take()
    {
        return Err(wrong);
    }
    let exit = match &cli.command {
        Command::List(args) => commands::list::run(args, screen),
        Command::Show(args) => commands::show::run(args, screen),
        Command::Export(args) if args.select.is_empty() => wizard::run(args, screen),
        Command::Export(args) => commands::export::run(args, screen),
        Command::Backup(command) => commands::backup::run(command, screen),
        Command::Import(args) => commands::import::run(args, screen),
        Command::Request(command) => commands::request::run(command, screen),
        Command::Install(args) => commands::install::run(args, screen),
        Command::Renew(args) => commands::renew::run(args, screen),
        Command::Copies(command) => commands::copies::run(command, screen),
        Command::Check(args) => commands::check::run(args, screen),
        Command::Schedule(command) => commands::schedule::run(command, screen),
        Command::Doctor(args) => commands::doctor::run(args, &cli.global, &defaults, screen),
        Command::Password(command) => commands::password::run(command, screen),
        Command::Report(args) => commands::report::run(args, screen),
        Command::Stores => commands::stores::run(screen),
        Command::Completions { shell } => completions::run(*shell, screen),
        Command::Man { folder } => man::run(folder, screen),
    };
    exit.map_err(|error| defaults.told_of(error))
}

/// Tells of what kept the command line from being read.
fn tell(error: &Error, json: bool) -> Exit {
    Screen::for_errors(json).error(error);
    error.exit()
}

/// Prints help, the version, or what is wrong with the command line.
fn answer(error: &clap::Error, arguments: &[OsString], json: bool) -> Exit {
    let screen = Screen::for_errors(json);
    if error.use_stderr() {
        match (wrong_command::meant(error, arguments), json) {
            (Some(meant), _) => screen.error(&meant),
            (None, true) => screen.error(&Error::Usage(args::first_paragraph(&error.to_string()))),
            (None, false) => screen.usage(error),
        }
        return Exit::Usage;
    }
    match screen.print(|out| write!(out, "{}", error.render().ansi())) {
        Ok(()) => Exit::Done,
        Err(error) => {
            screen.error(&error);
            error.exit()
        }
    }
}
