//! Questions at the terminal outside of the wizard: lines whose answers may be seen, and passwords.

use std::io::{self, BufRead as _, Write as _};

use certstow_core::error::Error as LibraryError;
use certstow_core::password::{self, Empty, Typed};
use certstow_formats::sanitize::safe;
use certstow_formats::secret::Password;

use crate::error::Error;
use crate::line::{self, Completions, Line};
use crate::raw_terminal::{self, Question};
use crate::render::lines;
use crate::screen::Screen;

/// How often a person may give an answer that is none.
const TRIES: u32 = 3;

/// Asks for one line; it comes without its line end and surrounding blanks.
///
/// # Errors
/// - [`Error::Cancelled`]: Ctrl-C, or Ctrl-D in an empty line.
/// - [`Error::Library`]: the terminal does not work.
fn line(
    question: &str,
    completions: Option<Completions>,
    screen: &Screen,
) -> Result<String, Error> {
    if screen.is_plain() {
        return plain_line(question);
    }
    let line = Line {
        question: &format!("{} ", fitted(&safe(question), screen)),
        initial: "",
        help: completions.map_or("", |_| "[Tab completes; Ctrl-C gives up]"),
        goes_back: false,
        completions,
    };
    let answer = line.read()?.ok_or(Error::Cancelled)?;
    Ok(answer.trim().to_owned())
}

/// The same as the terminal itself edits it, so that nothing is redrawn.
pub(super) fn plain_line(question: &str) -> Result<String, Error> {
    loop {
        let mut out = anstream::stderr().lock();
        let asked = write!(out, "{} ", safe(question)).and_then(|()| out.flush());
        asked.map_err(raw_terminal::failed)?;
        drop(out);
        let mut answer = String::new();
        let asking = Question::plain();
        let read = io::stdin().lock().read_line(&mut answer);
        drop(asking);
        match read {
            Ok(0) => return Err(Error::Cancelled),
            // An arrow, or a key with Ctrl: somebody meant to move about in the line.
            Ok(_) if answer.trim().contains(char::is_control) => {
                say("A key was pressed that types no character: type it again.");
            }
            Ok(_) => return Ok(answer.trim().to_owned()),
            Err(error) => return Err(raw_terminal::failed(error)),
        }
    }
}

fn say(text: &str) {
    // If it is not seen, the question that follows is.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// A text on lines that fit the terminal.
fn fitted(text: &str, screen: &Screen) -> String {
    match screen.is_plain() {
        false => lines::broken(text, raw_terminal::size().0),
        true => text.to_owned(),
    }
}

/// Asks until `read` makes something of the answer, and says each time what is wrong with it.
///
/// # Errors
/// As [`line`]; [`Error::Usage`] when no answer was of use.
fn until_right<T>(
    question: &str,
    completions: Option<Completions>,
    screen: &Screen,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Error> {
    for _ in 0..TRIES {
        match read(&line(question, completions, screen)?) {
            Ok(answer) => return Ok(answer),
            Err(wrong) => say(&fitted(&safe(&wrong), screen)),
        }
    }
    Err(Error::Usage("there was no usable answer".to_owned()))
}

/// Asks for what `read` makes of a path or the like, of which Tab completes the folders.
///
/// # Errors
/// As [`line`]; [`Error::Usage`] when no answer was of use.
pub(super) fn place<T>(
    question: &str,
    screen: &Screen,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Error> {
    until_right(question, Some(crate::folders::below), screen, read)
}

/// Asks for what `read` makes of a line of text.
///
/// # Errors
/// As [`line`]; [`Error::Usage`] when no answer was of use.
pub(super) fn text<T>(
    question: &str,
    screen: &Screen,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Error> {
    until_right(question, None, screen, read)
}

/// Asks for one of the options, shown with numbers from 1; its position. The first is the default.
///
/// # Errors
/// As [`line`]; [`Error::Usage`] when no number came.
pub(super) fn choose(heading: &str, options: &[String], screen: &Screen) -> Result<usize, Error> {
    say(heading);
    for (number, option) in (1..).zip(options) {
        say(&fitted(&format!("  {number}  {}", safe(option)), screen));
    }
    let last = options.len();
    until_right("Number [1]:", None, screen, |answer| match answer {
        "" => Ok(0),
        number => match number.parse::<usize>() {
            Ok(number) if (1..=last).contains(&number) => Ok(number - 1),
            _ => Err(format!("that is no number from 1 to {last}")),
        },
    })
}

/// Asks a question to be answered by yes or no. Just Enter is the default.
///
/// # Errors
/// As [`line`]; [`Error::Usage`] when neither came.
pub(super) fn yes_or_no(question: &str, default: bool, screen: &Screen) -> Result<bool, Error> {
    let answers = if default { "[Y/n]" } else { "[y/N]" };
    until_right(
        &format!("{question} {answers}"),
        None,
        screen,
        |answer| match answer.to_lowercase().as_str() {
            "" => Ok(default),
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("that is neither yes nor no".to_owned()),
        },
    )
}

/// Asks for a new password, hidden and twice.
///
/// # Errors
/// As [`password::prompt`].
pub(super) fn new_password(
    question: &str,
    empty: Empty<'_>,
    screen: &Screen,
) -> Result<Password, LibraryError> {
    line::forget();
    password::prompt(&fitted(question, screen), true, empty)
}

/// Asks for a password that there is, hidden and once; Esc goes back.
///
/// # Errors
/// As [`password::prompt_once`].
pub(super) fn password_once(question: &str, screen: &Screen) -> Result<Typed, LibraryError> {
    line::forget();
    password::prompt_once(&fitted(question, screen))
}

/// Asks for a password that there is, hidden and once.
///
/// # Errors
/// As [`password::prompt`].
pub(super) fn password(
    question: &str,
    empty: Empty<'_>,
    screen: &Screen,
) -> Result<Password, LibraryError> {
    line::forget();
    password::prompt(&fitted(question, screen), false, empty)
}
