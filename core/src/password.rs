//! Where a password may come from: the terminal, a file, standard input, an environment variable,
//! an inherited file descriptor, the operating system's vault or a command that prints it; never the
//! command line, which every account can read.

mod generated;
mod guesses;
mod origin;
mod strength;

use std::env;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use certstow_formats::secret::Password;
use certstow_platform::os::{self, CommandLine, Escape, HiddenLineError};
use certstow_platform::vault::{self, Kept, Name, VaultEntry};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::{text, waits};
pub use generated::generate;
pub(crate) use generated::in_groups;
pub use origin::origin;
pub use strength::{Strength, strength};

/// The longest password read, in bytes, its line break and BOM included.
const MAX_BYTES: usize = 64 * 1024;

/// How long a command may take to print it: somebody may have to touch a key or type a PIN.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// How often a person may get it wrong.
const TRIES: u32 = 3;

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The content of a file; `-` is standard input.
    File(PathBuf),
    /// All of standard input.
    Stdin,
    /// An environment variable. It stays readable to the account's other processes, and to what
    /// [`Source::Command`] starts.
    Env(String),
    /// A file descriptor the caller has opened, as in `3< secret`. Unix only.
    Fd(i32),
    /// The operating system's vault, or a credential of systemd.
    Vault(Name),
    /// The first line that a command prints, within 30 seconds.
    Command(CommandLine),
}

/// Reads the password from a source that asks nobody.
///
/// The text is UTF-8, or UTF-16 with a byte order mark, as PowerShell's `>` writes it. A byte
/// order mark and one line break at the end (LF or CRLF) do not belong to the password.
///
/// # Errors
/// - [`Error::Password`]: nothing is there; it is empty and `allow_empty` is false; it is no
///   text, longer than 64 KiB, or has a NUL or a further line break in it, which no prompt could
///   ever be given again. Also when standard input is a terminal, which would show it. Of a command
///   an empty line is none in any case: a password manager that found nothing may print one.
/// - [`Error::PasswordUnreadable`]: the file or descriptor cannot be read, or the command did not end
///   with 0 in time.
/// - [`Error::Vault`]: the vault has none of this name, or gives none.
pub fn read(source: &Source, allow_empty: bool) -> Result<Password, Error> {
    match source {
        Source::File(path) if path == Path::new("-") => read_stdin(allow_empty),
        Source::File(path) => {
            let place = path.display().to_string();
            read_from(|| File::open(path), place, allow_empty)
        }
        Source::Stdin | Source::Fd(0) => read_stdin(allow_empty),
        Source::Fd(fd) => {
            let place = format!("file descriptor {fd}");
            read_from(|| os::descriptor(*fd), place, allow_empty)
        }
        Source::Vault(name) => {
            let wait = waiting_for("the vault of the operating system");
            let found = vault::get(name);
            drop(wait);
            match found? {
                Kept::Password(password) => kept(password, name, allow_empty),
                Kept::File(bytes, place) => from_bytes(bytes.expose(), &place, allow_empty),
            }
        }
        Source::Command(command) => first_line_of(command),
        Source::Env(name) => {
            let place = format!("the environment variable {name}");
            let Some(value) = env::var_os(name) else {
                return Err(Error::Password(format!("{place} is not set")));
            };
            let bytes = Zeroizing::new(value.into_encoded_bytes());
            from_bytes(&bytes, &place, allow_empty)
        }
    }
}

/// The name of the program alone is told of a command: its arguments may say where secrets are.
fn first_line_of(command: &CommandLine) -> Result<Password, Error> {
    let place = format!("the command '{}'", command.program());
    let wait = waiting_for(&place);
    let output = command.output(COMMAND_LIMIT, MAX_BYTES);
    drop(wait);
    let output = output.map_err(|error| Error::PasswordUnreadable {
        place,
        source: io::Error::other(error),
    })?;
    let place = format!("the output of '{}'", command.program());
    let mut text = decoded(&output, &place)?;
    if let Some(end) = text.find('\n') {
        text.truncate(end + 1);
    }
    from_text(text, &place, false)
}

/// What is to be said of a source, in a sentence, if other accounts may read the password there.
pub fn exposure(source: &Source) -> Option<String> {
    let Source::File(file) = source else {
        return None;
    };
    // A FIFO has been read, and nobody writes to it again.
    let is_file = std::fs::metadata(file).is_ok_and(|found| found.is_file());
    let open = |file: File| os::others_have_access(&file).unwrap_or(true);
    (is_file && File::open(file).is_ok_and(open)).then(|| {
        let file = file.display();
        format!("other accounts may read {file}: let its owner alone read it")
    })
}

/// What a vault keeps is exactly the password, which another program may have put there.
fn kept(password: Password, name: &Name, allow_empty: bool) -> Result<Password, Error> {
    let refuse = |why: &str| Error::Password(format!("the vault's password '{name}' {why}"));
    check_characters(password.expose()).map_err(refuse)?;
    if password.is_empty() && !allow_empty {
        return Err(refuse("is empty"));
    }
    Ok(password)
}

fn read_from<R: Read>(
    open: impl FnOnce() -> io::Result<R>,
    place: String,
    allow_empty: bool,
) -> Result<Password, Error> {
    let wait = waiting_for(&place);
    // Opening a FIFO waits, too.
    let bytes = open().and_then(read_bounded);
    drop(wait);
    match bytes {
        Ok(bytes) => from_bytes(&bytes, &place, allow_empty),
        Err(source) => Err(Error::PasswordUnreadable { place, source }),
    }
}

fn read_stdin(allow_empty: bool) -> Result<Password, Error> {
    let place = "standard input".to_owned();
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(Error::Password(
            "standard input is a terminal, where the password would be seen".to_owned(),
        ));
    }
    // Standard input has a buffer nobody wipes, but reads larger than it go past it.
    read_from(|| Ok(stdin.lock()), place, allow_empty)
}

fn waiting_for(place: &str) -> waits::Wait {
    waits::waiting_for(format!("a password from {place}"))
}

/// Everything up to one byte more than allowed, in memory that never moves.
fn read_bounded(mut reader: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; MAX_BYTES + 1]);
    let mut filled = 0;
    while filled < bytes.len() {
        match reader.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn from_bytes(bytes: &[u8], place: &str, allow_empty: bool) -> Result<Password, Error> {
    if bytes.len() > MAX_BYTES {
        let why = "holds more than a password: over 64 KiB";
        return Err(Error::Password(format!("{place} {why}")));
    }
    from_text(decoded(bytes, place)?, place, allow_empty)
}

fn decoded(bytes: &[u8], place: &str) -> Result<Zeroizing<String>, Error> {
    let why = "is neither UTF-8 text nor UTF-16 with a byte order mark";
    text::decode(bytes).ok_or_else(|| Error::Password(format!("{place} {why}")))
}

fn from_text(
    mut text: Zeroizing<String>,
    place: &str,
    allow_empty: bool,
) -> Result<Password, Error> {
    let refuse = |why: &str| Error::Password(format!("{place} {why}"));
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    check_characters(&text).map_err(refuse)?;
    if text.is_empty() && !allow_empty {
        return Err(refuse("holds an empty password"));
    }
    Ok(Password::new(std::mem::take(&mut *text)))
}

fn check_characters(text: &str) -> Result<(), &'static str> {
    if text.contains('\0') {
        Err("holds a NUL character")
    } else if text.contains(['\r', '\n']) {
        Err("holds more than one line")
    } else {
        Ok(())
    }
}

/// Keeps a password in the operating system's vault and reads it back; one that has the name gives
/// way only if `replace` says so.
///
/// # Errors
/// - [`Error::PasswordExists`]: the name has a password, and `replace` is false.
/// - [`Error::Vault`]: there is no vault, it refuses, or did not give back what it was given.
pub fn keep(name: &Name, password: &Password, replace: bool) -> Result<VaultEntry, Error> {
    if !replace && vault::holds(name)? {
        return Err(Error::PasswordExists { name: name.clone() });
    }
    Ok(vault::set(name, password)?)
}

/// Asks for a password at the terminal without showing it; with `confirm` twice, so that a typing
/// error cannot lock a file for good. `text` is the question ("Password for the file:").
///
/// # Errors
/// - [`Error::Cancelled`]: Ctrl-C, or Ctrl-D before anything was typed.
/// - [`Error::Password`]: three tries gave no password that was not empty (unless that is allowed),
///   made of characters alone, and the same both times.
/// - [`Error::InteractionRequired`]: there is no terminal to ask at.
/// - [`Error::Io`]: the terminal does not work.
pub fn prompt(text: &str, confirm: bool, empty: Empty<'_>) -> Result<Password, Error> {
    ask_until_right(text, confirm, empty, &mut |question| {
        let _wait = waits::waiting_for("an answer at the terminal");
        os::read_hidden_line(question, Escape::Types)
    })
}

/// Whether a password may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty<'a> {
    /// It may.
    Allowed,
    /// It may not, and this is what is said then, before another try.
    Refused(&'a str),
}

/// What came of one hidden question.
#[derive(Debug)]
pub enum Typed {
    /// A password, which may be empty.
    Password(Password),
    /// What is wrong with what was typed, in a few words.
    Wrong(&'static str),
    /// Esc: back to the question before.
    Back,
}

/// Asks for a password once at the terminal, without showing it; Esc goes back.
///
/// # Errors
/// As [`prompt`], but for [`Error::Password`].
pub fn prompt_once(text: &str) -> Result<Typed, Error> {
    let wait = waits::waiting_for("an answer at the terminal");
    let typed = os::read_hidden_line(text, Escape::GoesBack);
    drop(wait);
    if let Err(HiddenLineError::Back) = typed {
        return Ok(Typed::Back);
    }
    Ok(match answer(typed, text)? {
        Ok(mut typed) => Typed::Password(Password::new(std::mem::take(&mut *typed))),
        Err(wrong) => Typed::Wrong(wrong),
    })
}

/// Asks one question; the answer is not shown.
type AskOnce<'a> = &'a mut dyn FnMut(&str) -> Result<Zeroizing<String>, HiddenLineError>;

fn ask_until_right(
    text: &str,
    confirm: bool,
    empty: Empty<'_>,
    ask: AskOnce<'_>,
) -> Result<Password, Error> {
    let mut wrong = None;
    for _ in 0..TRIES {
        let question = match wrong {
            Some(wrong) => format!("{wrong}; try again\n{text}"),
            None => text.to_owned(),
        };
        match ask_once(&question, confirm, empty, ask)? {
            Ok(password) => return Ok(password),
            Err(remark) => wrong = Some(remark),
        }
    }
    Err(Error::Password(
        wrong.unwrap_or("no password was entered").to_owned(),
    ))
}

/// One try: the password, or what is wrong with what was typed.
fn ask_once<'e>(
    question: &str,
    confirm: bool,
    empty: Empty<'e>,
    ask: AskOnce<'_>,
) -> Result<Result<Password, &'e str>, Error> {
    let mut typed = match answer(ask(question), question)? {
        Ok(typed) => typed,
        Err(remark) => return Ok(Err(remark)),
    };
    if let (true, Empty::Refused(remark)) = (typed.is_empty(), empty) {
        return Ok(Err(remark));
    }
    if confirm {
        match answer(ask("The same password again:"), question)? {
            Ok(again) if *again == *typed => {}
            Ok(_) => return Ok(Err("the two passwords differ")),
            Err(remark) => return Ok(Err(remark)),
        }
    }
    Ok(Ok(Password::new(std::mem::take(&mut *typed))))
}

/// What was typed, or what is wrong with it.
fn answer(
    typed: Result<Zeroizing<String>, HiddenLineError>,
    question: &str,
) -> Result<Result<Zeroizing<String>, &'static str>, Error> {
    match typed {
        // Nobody sees an arrow key in a hidden line, and nobody could type it at another prompt.
        Ok(typed) if typed.contains('\u{1b}') => {
            Ok(Err("a key was pressed that types no character"))
        }
        Ok(mut typed) => {
            // Other keys with Ctrl do nothing.
            typed.retain(|one| !one.is_ascii_control() || one == '\t');
            Ok(Ok(typed))
        }
        Err(HiddenLineError::Unreadable) => Ok(Err("that was too long, or not UTF-8 text")),
        Err(HiddenLineError::Cancelled | HiddenLineError::Back) => Err(Error::Cancelled),
        Err(HiddenLineError::NoTerminal) => Err(Error::InteractionRequired {
            what: question.trim_end_matches([':', ' ']).to_owned(),
        }),
        Err(HiddenLineError::Io(source)) => Err(Error::Io {
            place: "the terminal".to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests;
