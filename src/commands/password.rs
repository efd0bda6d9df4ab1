//! `certstow password`: what the operating system's vault keeps for runs with nobody there.

use certstow_core::error::Error as LibraryError;
use certstow_core::{password, waits};
use certstow_formats::sanitize::safe;
use certstow_platform::vault::{self, VaultEntry};

use crate::args::{PasswordCommand, SetArgs};
use crate::ask::{self, Wanted};
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::Entry;
use crate::render::json::Object;
use crate::screen::Screen;

pub(crate) fn run(command: &PasswordCommand, screen: &Screen) -> Result<Exit, Error> {
    let _wait = waits::waiting_for("the vault of the operating system");
    match command {
        PasswordCommand::Set(args) => set(args, screen)?,
        PasswordCommand::Forget { name } => {
            let entry = vault::forget(name)?;
            let done = format!("Removed '{name}' from {}", entry.place);
            let removed = Entry::removed(&format!("the password '{name}'"));
            screen.record(&removed.with("place", entry.place.as_str()));
            tell("forget", &[entry], &done, screen)?;
        }
        PasswordCommand::List => list(screen)?,
    }
    Ok(Exit::Done)
}

fn set(args: &SetArgs, screen: &Screen) -> Result<(), Error> {
    let name = &args.name;
    // Before anybody types a password that would not be taken.
    if vault::holds(name)? && !args.force {
        return Err(LibraryError::PasswordExists { name: name.clone() }.into());
    }
    let wanted = Wanted {
        what: "the password to keep",
        question: &format!("Password to keep as '{name}':"),
        new: Some("the password is empty"),
    };
    let password = ask::obtain(&args.password, &wanted, screen)?;
    let entry = password::keep(name, &password, args.force)?;
    let done = format!("Kept '{name}' in {}, and read it back", entry.place);
    screen.record(&Entry::kept(name.as_str()).with("place", entry.place.as_str()));
    tell("set", &[entry], &done, screen)
}

fn list(screen: &Screen) -> Result<(), Error> {
    let entries = vault::list()?;
    let width = entries.iter().map(|entry| entry.name.as_str().len()).max();
    let width = width.unwrap_or_default();
    let lines: Vec<_> = entries
        .iter()
        .map(|entry| format!("{:<width$}  {}", entry.name.as_str(), entry.place))
        .collect();
    let text = match lines.as_slice() {
        [] => "No passwords are kept".to_owned(),
        lines => lines.join("\n"),
    };
    tell("list", &entries, &text, screen)
}

/// `certstow.passwords/1`: what is kept, or the one that was kept or forgotten.
fn tell(
    action: &'static str,
    entries: &[VaultEntry],
    text: &str,
    screen: &Screen,
) -> Result<(), Error> {
    if !screen.json {
        let write = |out: &mut dyn std::io::Write| {
            let mut lines = text.lines();
            lines.try_for_each(|line| writeln!(out, "{}", safe(line)))
        };
        return match action {
            "list" => screen.print(write),
            _ => screen.print_done(write),
        };
    }
    let passwords = entries.iter();
    let passwords = passwords.map(|entry| {
        Object::default()
            .with("name", &entry.name.as_str())
            .with("place", &entry.place)
    });
    screen.print_json(
        &Object::new("certstow.passwords/1")
            .with("action", &action)
            .list("passwords", passwords),
    )
}
