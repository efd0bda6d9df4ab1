//! Questions in plain lines: choices have numbers, nothing is redrawn, no cursor moves. For screen
//! readers, and terminals that can do no more. `back` goes back. Text shows the choices that have it, and
//! just Enter then takes the first of these; what was taken is said at once.

use std::io::Write as _;

use certstow_core::password::{self, Typed};
use certstow_formats::sanitize::safe;
use certstow_formats::secret::Password;

use super::asker::{Answer, Asker, Choice, Kind, Search, nothing_matches};
use super::context::sentence;
use crate::error::Error;
use crate::prompt;

/// The word that goes back.
const BACK: &str = "back";

/// Asks in lines.
pub(super) struct Plain;

/// Shows the choices that have a text in them; the first of these.
fn show(choices: &[Choice], text: &str, plain: &mut Plain) -> Option<usize> {
    let mut first = None;
    let shown = choices.iter().enumerate();
    for (position, choice) in shown.filter(|(_, choice)| choice.matches(text)) {
        plain.say(&format!("  {}  {}", position + 1, choice.whole()));
        first = first.or(Some(position));
    }
    first
}

/// Asks for one of the choices by its number, or for what they are searched by.
fn numbered(
    plain: &mut Plain,
    question: &str,
    choices: &[Choice],
    start: usize,
    search: Search<'_>,
) -> Result<Answer<usize>, Error> {
    plain.say(question);
    show(choices, "", plain);
    let mut start = start;
    let chosen = loop {
        let answer = prompt::plain_line(&format!("Number, or {BACK} [{}]:", start + 1))?;
        match (answer.as_str(), answer.parse::<usize>()) {
            ("", _) => break start,
            (BACK, _) => return Ok(Answer::Back),
            (_, Ok(number)) if (1..=choices.len()).contains(&number) => break number - 1,
            // A year, or the first digits of a thumbprint, are text, too.
            (text, number) => match (show(choices, text, plain), number) {
                (Some(first), _) => start = first,
                (None, Ok(_)) => {
                    plain.say(&format!("That is no number from 1 to {}.", choices.len()));
                }
                (None, Err(_)) => {
                    plain.say(&sentence(&nothing_matches(&safe(text), choices, search)));
                }
            },
        }
    };
    plain.say(&format!("Taken: {}", choices[chosen].whole()));
    Ok(Answer::Next(chosen))
}

impl Asker for Plain {
    fn say(&mut self, text: &str) {
        self.say_whole(text);
    }

    fn choose(
        &mut self,
        question: &str,
        choices: &[Choice],
        start: usize,
    ) -> Result<Answer<usize>, Error> {
        numbered(self, question, choices, start, &[])
    }

    fn find(
        &mut self,
        question: &str,
        choices: &[Choice],
        start: usize,
        search: Search<'_>,
    ) -> Result<Answer<usize>, Error> {
        numbered(self, question, choices, start, search)
    }

    fn text(&mut self, question: &str, initial: &str, _: Kind) -> Result<Answer<String>, Error> {
        let shown = match initial {
            "" => question.to_owned(),
            initial => format!("{} [{initial}]:", question.trim_end_matches(':')),
        };
        Ok(match prompt::plain_line(&shown)? {
            answer if answer == BACK => Answer::Back,
            answer if answer.is_empty() => Answer::Next(initial.to_owned()),
            answer => Answer::Next(answer),
        })
    }

    fn password(&mut self, question: &str) -> Result<Typed, Error> {
        Ok(match password::prompt_once(question)? {
            // As everywhere here; nobody should take it for a password.
            Typed::Password(typed) if typed.expose() == BACK => Typed::Back,
            typed => typed,
        })
    }

    fn show_password(
        &mut self,
        text: &str,
        password: &Password,
        question: &str,
        choices: &[Choice],
    ) -> Result<Answer<usize>, Error> {
        self.say(text);
        let mut out = anstream::stderr().lock();
        let shown = out
            .write_all(password.expose().as_bytes())
            .and_then(|()| out.write_all(b"\n"));
        drop(out);
        shown.map_err(crate::raw_terminal::failed)?;
        self.choose(question, choices, 0)
    }
}
