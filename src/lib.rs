//! The program: what a person or a task types and sees. Options, prompts, tables, colours, JSON,
//! exit codes and hints are here and nowhere else. Other programs use `certstow-core`.

#![forbid(unsafe_code)]

mod args;
mod ask;
mod backup_folder;
mod commands;
mod completions;
mod doctor;
mod ending;
mod error;
pub mod exit;
mod file_options;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod interrupt;
mod inventory;
mod journal;
mod log;
mod man;
mod notes;
mod option_file;
mod prompt;
mod render;
mod report;
mod schedule;
mod screen;
mod tilde;
mod timeout;
mod topics;
mod warning;
mod watchdog;
mod window;
mod wizard;
mod wrong_command;

use std::ffi::OsString;
use std::sync::Arc;

use certstow_formats::secret::wipe_stack;

use crate::error::{Error, Explain as _};
use crate::exit::Exit;
use args::{Cli, Command, ScheduleCommand};
pub use completions::answer as answer_shell;
use journal::Journal;
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
    let mut command = args::command();
    let parsed = args::parse(&mut command, arguments)
        .or_else(|error| wizard::meant(&error, arguments.to_vec()).ok_or(error));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return (answer(&error, arguments, json), false),
    };
    let screen = Arc::new(Screen::new(&cli.global));
    interrupt::handle(&screen);
    let tilde = Tilde::of(arguments);
    let watch = timeout::watch(&cli.global, &screen);
    let exit = open_logs(&cli, &command, &matches, &screen)
        .and_then(|()| dispatch(&cli, &screen))
        .unwrap_or_else(|error| {
            screen.error(&error);
            error.exit()
        });
    drop(watch);
    tilde.tell(exit, &screen);
    wipe_stack();
    screen.end(exit);
    (exit, screen.was_in_wizard())
}

/// Opens the logs of this run.
fn open_logs(
    cli: &Cli,
    command: &clap::Command,
    matches: &clap::ArgMatches,
    screen: &Screen,
) -> Result<(), Error> {
    let open = || Journal::open(&cli.global, command, matches);
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

fn dispatch(cli: &Cli, screen: &Screen) -> Result<Exit, Error> {
    match &cli.command {
        Command::List(args) => commands::list::run(args, screen),
        Command::Show(args) => commands::show::run(args, screen),
        Command::Export(args) if args.select.is_empty() => wizard::run(args, screen),
        Command::Export(args) => commands::export::run(args, screen),
        Command::Backup(command) => commands::backup::run(command, screen),
        Command::Import(args) => commands::import::run(args, screen),
        Command::Copies(command) => commands::copies::run(command, screen),
        Command::Check(args) => commands::check::run(args, screen),
        Command::Schedule(command) => commands::schedule::run(command, screen),
        Command::Doctor(args) => commands::doctor::run(args, &cli.global, screen),
        Command::Password(command) => commands::password::run(command, screen),
        Command::Report(args) => commands::report::run(args, screen),
        Command::Stores => commands::stores::run(screen),
        Command::Completions { shell } => completions::run(*shell, screen),
        Command::Man { folder } => man::run(folder, screen),
    }
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
