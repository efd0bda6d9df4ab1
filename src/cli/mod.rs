//! What a person types and sees: one file per command. Prompts, tables, colours and JSON are
//! here and nowhere else.

mod args;
mod ask;
mod backup;
mod check;
mod completions;
mod doctor;
mod export;
mod interrupt;
mod inventory;
mod list;
mod man;
mod password;
mod render;
mod schedule;
mod screen;
mod show;
mod stores;

use std::ffi::OsString;

use certstow::error::Error;
use certstow::exit::Exit;
use clap::FromArgMatches as _;

use args::{Cli, Command};
use screen::Screen;

/// Runs certstow with these arguments, the first being the program's name.
pub(crate) fn run(arguments: Vec<OsString>) -> Exit {
    let json = arguments.iter().any(|argument| argument == "--json");
    let parsed = args::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return answer(&error, json),
    };
    interrupt::handle();
    let screen = Screen::new(&cli.global);
    let result = match &cli.command {
        Command::List(args) => list::run(args, &screen),
        Command::Show(args) => show::run(args, &screen),
        Command::Export(args) => export::run(args, &screen),
        Command::Backup(command) => backup::run(command, &screen),
        Command::Check(args) => check::run(args, &screen),
        Command::Schedule(command) => schedule::run(command, &screen),
        Command::Doctor(args) => doctor::run(args, &screen),
        Command::Password(command) => password::run(command, &screen),
        Command::Stores => stores::run(&screen),
        Command::Completions { shell } => completions::run(*shell, &screen),
        Command::Man { folder } => man::run(folder, &screen),
    };
    result.unwrap_or_else(|error| {
        screen.error(&error);
        error.exit()
    })
}

/// Prints help, the version, or what is wrong with the command line.
fn answer(error: &clap::Error, json: bool) -> Exit {
    let wrong = error.use_stderr();
    if wrong && json {
        Screen::for_errors(true).error(&Error::Usage(first_paragraph(&error.to_string())));
        return Exit::Usage;
    }
    if wrong {
        // Where standard error is closed there is nobody left to tell.
        let _ = error.print();
        return Exit::Usage;
    }
    let screen = Screen::for_errors(json);
    match screen.print(|out| write!(out, "{}", error.render().ansi())) {
        Ok(()) => Exit::Done,
        Err(error) => {
            screen.error(&error);
            error.exit()
        }
    }
}

/// What is wrong, in one line, without the usage and hints that clap adds in paragraphs below.
fn first_paragraph(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.trim().is_empty());
    let words: Vec<&str> = lines.map(str::trim).collect();
    let text = words.join(" ");
    match text.strip_prefix("error: ") {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}
