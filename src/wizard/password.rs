//! The password of the file: typed twice, or made by certstow, written down and typed once.

use certstow_core::password::{self, Typed};
use certstow_formats::secret::Password;

use super::asker::{Answer, Choice};
use super::contents::label;
use super::context::WizardContext;
use super::draft::Draft;
use crate::error::Error;

const AGAIN: &str = "The same password again:";

pub(super) fn ask(draft: &mut Draft, context: &mut WizardContext<'_>) -> Result<Answer<()>, Error> {
    context.asker.say(
        "A password protects the file. Whoever has both has your key; without the password the \
         file is lost.",
    );
    if context.preset.generate_password {
        return take(true, draft, context);
    }
    loop {
        let choices = ["I type one", "certstow makes one"].map(Choice::new);
        let start = usize::from(draft.args.generate_password);
        let answer = context
            .asker
            .choose("Who makes up the password?", &choices, start)?;
        let Answer::Next(chosen) = answer else {
            return Ok(Answer::Back);
        };
        if let Answer::Next(()) = take(chosen == 1, draft, context)? {
            return Ok(Answer::Next(()));
        }
    }
}

fn take(
    make: bool,
    draft: &mut Draft,
    context: &mut WizardContext<'_>,
) -> Result<Answer<()>, Error> {
    let password = match make {
        false => typed(draft, context)?,
        true => made(context)?,
    };
    let Answer::Next(password) = password else {
        return Ok(Answer::Back);
    };
    draft.password = Some(password);
    draft.args.generate_password = make;
    Ok(Answer::Next(()))
}

fn typed(draft: &Draft, context: &mut WizardContext<'_>) -> Result<Answer<Password>, Error> {
    let known = known_of_the_owner(draft, context);
    loop {
        let password = match context.asker.password("Password for the file:")? {
            Typed::Password(password) => password,
            Typed::Wrong(wrong) => {
                say_wrong(context, wrong);
                continue;
            }
            Typed::Back => return Ok(Answer::Back),
        };
        if password.is_empty() && !context.preset.password.allow_empty_password {
            say_wrong(
                context,
                "the password is empty (Esc goes back, where certstow makes one)",
            );
            continue;
        }
        match repeated(&password, AGAIN, context)? {
            Answer::Next(true) => {}
            Answer::Next(false) => {
                say_wrong(context, "the two passwords differ");
                continue;
            }
            Answer::Back => continue,
        }
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        let strength = password::strength(&password, &known);
        context
            .asker
            .say(&format!("This password is {}.", strength.words()));
        if let Some(end) = password.blank_end() {
            let said = format!("It {end}, which belongs to it from now on.");
            context.asker.say(&said);
        }
        if !strength.is_weak() || keeps_weak(context)? {
            return Ok(Answer::Next(password));
        }
    }
}

fn say_wrong(context: &mut WizardContext<'_>, wrong: &str) {
    context
        .asker
        .say(&format!("Not taken: {wrong}. Try again."));
}

fn keeps_weak(context: &mut WizardContext<'_>) -> Result<bool, Error> {
    context.asker.say(
        "Whoever gets the file can guess it, and then has your key. Several unusual words, or one \
         that certstow makes, are better.",
    );
    let choices = ["Type another one", "Keep the weak one"].map(Choice::new);
    let answer = context
        .asker
        .choose("What do you want to do?", &choices, 0)?;
    Ok(answer == Answer::Next(1))
}

/// Whether the same was typed once more.
fn repeated(
    password: &Password,
    question: &str,
    context: &mut WizardContext<'_>,
) -> Result<Answer<bool>, Error> {
    Ok(match context.asker.password(question)? {
        Typed::Password(again) => Answer::Next(again.expose() == password.expose()),
        Typed::Wrong(_) => Answer::Next(false),
        Typed::Back => Answer::Back,
    })
}

fn made(context: &mut WizardContext<'_>) -> Result<Answer<Password>, Error> {
    let password = password::generate()?;
    let choices = ["I have written it down", "Another way"].map(Choice::new);
    loop {
        let text = "This is the password. Write it down, hyphens too, and keep it apart from the \
                    file: certstow keeps it nowhere.";
        let question = "Ready?";
        let answer = context
            .asker
            .show_password(text, &password, question, &choices)?;
        if answer != Answer::Next(0) {
            return Ok(Answer::Back);
        }
        match repeated(&password, "Type it from your note:", context)? {
            Answer::Next(true) => return Ok(Answer::Next(password)),
            Answer::Next(false) => {
                say_wrong(context, "that is another password");
            }
            Answer::Back => {}
        }
    }
}

/// What whoever has the file knows of its owner.
fn known_of_the_owner(draft: &Draft, context: &WizardContext<'_>) -> Vec<String> {
    let identity = draft
        .identity
        .and_then(|id| context.inventory.certificate(&id));
    let emails = identity.map(|identity| identity.certificate().parse().emails());
    std::iter::once(label(draft, context))
        .chain(draft.args.name.clone())
        .chain(emails.into_iter().flatten())
        .collect()
}
