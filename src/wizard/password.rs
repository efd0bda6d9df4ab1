//! The password of the file: typed twice, or made by certstow, written down and typed once.

use crate::error::Error;
use certstow_core::password::{self, Typed};
use certstow_formats::secret::Password;

use super::asker::{Answer, Choice};
use super::contents::label;
use super::draft::Draft;
use super::talk::Talk;

const AGAIN: &str = "The same password again:";

pub(super) fn ask(draft: &mut Draft, talk: &mut Talk<'_>) -> Result<Answer<()>, Error> {
    talk.asker.say(
        "A password protects the file. Whoever has both has your key; without the password the \
         file is lost.",
    );
    if talk.preset.generate_password {
        return take(true, draft, talk);
    }
    loop {
        let choices = ["I type one", "certstow makes one"].map(Choice::new);
        let start = usize::from(draft.args.generate_password);
        let answer = talk
            .asker
            .choose("Who makes up the password?", &choices, start)?;
        let Answer::Next(chosen) = answer else {
            return Ok(Answer::Back);
        };
        if let Answer::Next(()) = take(chosen == 1, draft, talk)? {
            return Ok(Answer::Next(()));
        }
    }
}

fn take(make: bool, draft: &mut Draft, talk: &mut Talk<'_>) -> Result<Answer<()>, Error> {
    let password = match make {
        false => typed(draft, talk)?,
        true => made(talk)?,
    };
    let Answer::Next(password) = password else {
        return Ok(Answer::Back);
    };
    draft.password = Some(password);
    draft.args.generate_password = make;
    Ok(Answer::Next(()))
}

fn typed(draft: &Draft, talk: &mut Talk<'_>) -> Result<Answer<Password>, Error> {
    let known = known_of_the_owner(draft, talk);
    loop {
        let password = match talk.asker.password("Password for the file:")? {
            Typed::Password(password) => password,
            Typed::Wrong(wrong) => {
                say_wrong(talk, wrong);
                continue;
            }
            Typed::Back => return Ok(Answer::Back),
        };
        if password.is_empty() && !talk.preset.password.allow_empty_password {
            say_wrong(talk, "the password is empty");
            continue;
        }
        match repeated(&password, AGAIN, talk)? {
            Answer::Next(true) => {}
            Answer::Next(false) => {
                say_wrong(talk, "the two passwords differ");
                continue;
            }
            Answer::Back => continue,
        }
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        let strength = password::strength(&password, &known);
        talk.asker
            .say(&format!("This password is {}.", strength.words()));
        if !strength.is_weak() || keeps_weak(talk)? {
            return Ok(Answer::Next(password));
        }
    }
}

fn say_wrong(talk: &mut Talk<'_>, wrong: &str) {
    talk.asker.say(&format!("Not taken: {wrong}. Try again."));
}

fn keeps_weak(talk: &mut Talk<'_>) -> Result<bool, Error> {
    talk.asker.say(
        "Whoever gets the file can guess it, and then has your key. Several unusual words, or one \
         that certstow makes, are better.",
    );
    let choices = ["Type another one", "Keep the weak one"].map(Choice::new);
    let answer = talk.asker.choose("What do you want to do?", &choices, 0)?;
    Ok(answer == Answer::Next(1))
}

/// Whether the same was typed once more.
fn repeated(
    password: &Password,
    question: &str,
    talk: &mut Talk<'_>,
) -> Result<Answer<bool>, Error> {
    Ok(match talk.asker.password(question)? {
        Typed::Password(again) => Answer::Next(again.expose() == password.expose()),
        Typed::Wrong(_) => Answer::Next(false),
        Typed::Back => Answer::Back,
    })
}

fn made(talk: &mut Talk<'_>) -> Result<Answer<Password>, Error> {
    let password = password::generate()?;
    let choices = ["I have written it down", "Another way"].map(Choice::new);
    loop {
        let text = "This is the password. Write it down, hyphens too, and keep it apart from the \
                    file: certstow keeps it nowhere.";
        let question = "Ready?";
        let answer = talk
            .asker
            .show_password(text, &password, question, &choices)?;
        if answer != Answer::Next(0) {
            return Ok(Answer::Back);
        }
        match repeated(&password, "Type it from your note:", talk)? {
            Answer::Next(true) => return Ok(Answer::Next(password)),
            Answer::Next(false) => {
                say_wrong(talk, "that is another password");
            }
            Answer::Back => {}
        }
    }
}

/// What whoever has the file knows of its owner.
fn known_of_the_owner(draft: &Draft, talk: &Talk<'_>) -> Vec<String> {
    let identity = draft
        .identity
        .and_then(|id| talk.inventory.certificate(&id));
    let emails = identity.map(|identity| identity.certificate().parse().emails());
    std::iter::once(label(draft, talk))
        .chain(draft.args.name.clone())
        .chain(emails.into_iter().flatten())
        .collect()
}
