//! Questions at the terminal whose answers may be seen: on standard error, answered on standard
//! input, which is a terminal wherever somebody may be asked.

use std::io::{self, BufRead as _, Write as _};

use certstow_core::waits;
use certstow_formats::sanitize::safe;

use crate::error::Error;

/// How often a person may give an answer that is none.
const TRIES: u32 = 3;

/// Asks for one line; it comes without its line end and surrounding blanks.
///
/// # Errors
/// - [`Error::Cancelled`]: Ctrl-D, or whatever else ends standard input.
/// - [`Error::Library`]: the terminal does not work.
pub(super) fn line(question: &str) -> Result<String, Error> {
    let terminal = |source| Error::io("the terminal", source);
    let mut out = anstream::stderr().lock();
    let asked = write!(out, "{} ", safe(question)).and_then(|()| out.flush());
    asked.map_err(terminal)?;
    let mut answer = String::new();
    let _wait = waits::waiting_for("an answer at the terminal");
    match io::stdin().lock().read_line(&mut answer) {
        Ok(0) => Err(Error::Cancelled),
        Ok(_) => Ok(answer.trim().to_owned()),
        Err(error) => Err(terminal(error)),
    }
}

/// Asks until `read` makes something of the answer, and says each time what is wrong with it.
///
/// # Errors
/// As [`line`]; [`Error::Usage`] when no answer was of use.
pub(super) fn until_right<T>(
    question: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Error> {
    for _ in 0..TRIES {
        match read(&line(question)?) {
            Ok(answer) => return Ok(answer),
            Err(wrong) => {
                // If it is not seen, the question is, again.
                let _ = writeln!(anstream::stderr().lock(), "{}", safe(&wrong));
            }
        }
    }
    Err(Error::Usage("there was no usable answer".to_owned()))
}

/// Asks for one of the options, shown with numbers from 1; its position. The first is the default.
///
/// # Errors
/// As [`line`]; [`Error::Usage`] when no number came.
pub(super) fn choose(heading: &str, options: &[String]) -> Result<usize, Error> {
    let mut question = format!("{heading}\n");
    for (number, option) in (1..).zip(options) {
        question.push_str(&format!("  {number}  {}\n", safe(option)));
    }
    // The line breaks are meant, so that only what stands between them was made safe.
    let _ = write!(anstream::stderr().lock(), "{question}");
    let last = options.len();
    until_right("Number [1]:", |answer| match answer {
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
pub(super) fn yes_or_no(question: &str, default: bool) -> Result<bool, Error> {
    let answers = if default { "[Y/n]" } else { "[y/N]" };
    until_right(&format!("{question} {answers}"), |answer| {
        match answer.to_lowercase().as_str() {
            "" => Ok(default),
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("that is neither yes nor no".to_owned()),
        }
    })
}
