//! What goes into the file beside certificate and key: the certification path, properties, the
//! friendly name. Each choice is named; nothing is known by its position.

use certstow_formats::chain::Include;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::sanitize::safe;

use super::asker::{Answer, Choice, Kind};
use super::context::WizardContext;
use super::draft::Draft;
use crate::error::Error;

const PATHS: [(&str, Option<Include>); 3] = [
    ("All of it (recommended)", None),
    ("All but the root", Some(Include::NoRoot)),
    ("None: this certificate alone", Some(Include::None)),
];

const PROPERTIES: [(&str, Option<Properties>); 3] = [
    ("The usual ones (recommended)", None),
    ("All that the store has", Some(Properties::All)),
    ("None, not even the name", Some(Properties::None)),
];

pub(super) fn ask_path(
    draft: &mut Draft,
    context: &mut WizardContext<'_>,
) -> Result<Answer<()>, Error> {
    context.asker.say(
        "The certification path is the certificates of the issuers, up to the root. Most programs \
         need it.",
    );
    let question = "Which part of the path goes in?";
    let answer = one_of(question, &PATHS, &mut draft.chain, context)?;
    draft.args.contents.chain = draft.chain;
    Ok(answer)
}

pub(super) fn ask_properties(
    draft: &mut Draft,
    context: &mut WizardContext<'_>,
) -> Result<Answer<()>, Error> {
    context.asker.say(
        "Properties are what the store notes of a certificate, such as its name and a description.",
    );
    let question = "Which of the store's properties?";
    one_of(
        question,
        &PROPERTIES,
        &mut draft.args.contents.properties,
        context,
    )
}

fn one_of<T: Copy + PartialEq>(
    question: &str,
    options: &[(&str, T)],
    value: &mut T,
    context: &mut WizardContext<'_>,
) -> Result<Answer<()>, Error> {
    let choices: Vec<_> = options.iter().map(|(text, _)| Choice::new(*text)).collect();
    let start = options.iter().position(|(_, option)| option == value);
    Ok(
        match context
            .asker
            .choose(question, &choices, start.unwrap_or(0))?
        {
            Answer::Next(chosen) => {
                *value = options[chosen].1;
                Answer::Next(())
            }
            Answer::Back => Answer::Back,
        },
    )
}

pub(super) fn ask_name(
    draft: &mut Draft,
    context: &mut WizardContext<'_>,
) -> Result<Answer<()>, Error> {
    let label = label(draft, context);
    let label = safe(&label).into_owned();
    let initial = draft.args.name.clone().unwrap_or_else(|| label.clone());
    context
        .asker
        .say("The friendly name is what programs show in their lists.");
    let answer = context.asker.text("Friendly name:", &initial, Kind::Text)?;
    let Answer::Next(name) = answer else {
        return Ok(Answer::Back);
    };
    let name = name.trim();
    draft.args.name = (!name.is_empty() && name != label).then(|| name.to_owned());
    Ok(Answer::Next(()))
}

/// What the identity that was chosen is called.
pub(super) fn label(draft: &Draft, context: &WizardContext<'_>) -> String {
    let identity = draft
        .identity
        .and_then(|id| context.inventory.certificate(&id));
    identity.map_or_else(String::new, |identity| identity.label())
}
