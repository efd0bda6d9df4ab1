//! Questions in plain lines: choices have numbers, nothing is redrawn, no cursor moves. For screen
//! readers, and terminals that can do no more. `back` goes back.

use std::io::Write as _;

use certstow_core::password::{self, Typed};
use certstow_formats::secret::Password;

use super::asker::{Answer, Asker, Choice, Kind};
use crate::error::Error;
use crate::prompt;

/// The word that goes back.
const BACK: &str = "back";

/// Asks in lines.
pub(super) struct Plain;

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
        self.say(question);
        let show = |plain: &mut Self, text: &str| {
            let mut shown = 0;
            for (number, choice) in (1..)
                .zip(choices)
                .filter(|(_, choice)| choice.matches(text))
            {
                plain.say(&format!("  {number}  {}", choice.whole()));
                shown += 1;
            }
            shown
        };
        show(self, "");
        loop {
            let answer = prompt::line(&format!("Number, or {BACK} [{}]:", start + 1))?;
            match (answer.as_str(), answer.parse::<usize>()) {
                ("", _) => return Ok(Answer::Next(start)),
                (BACK, _) => return Ok(Answer::Back),
                (_, Ok(number)) if (1..=choices.len()).contains(&number) => {
                    return Ok(Answer::Next(number - 1));
                }
                (_, Ok(_)) => self.say(&format!("That is no number from 1 to {}.", choices.len())),
                (text, Err(_)) => {
                    if show(self, text) == 0 {
                        self.say("None of them has that in it.");
                    }
                }
            }
        }
    }

    fn text(&mut self, question: &str, initial: &str, _: Kind) -> Result<Answer<String>, Error> {
        let shown = match initial {
            "" => question.to_owned(),
            initial => format!("{} [{initial}]:", question.trim_end_matches(':')),
        };
        Ok(match prompt::line(&shown)? {
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
        shown.map_err(super::drawn::terminal)?;
        self.choose(question, choices, 0)
    }
}
