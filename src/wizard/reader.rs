//! Who will open the file, which decides the profile. The programs are those of
//! [`target`], which docs/profiles.md repeats.

use certstow_formats::chain::Include;
use certstow_formats::pkcs12::profile::Profile;
use certstow_formats::pkcs12::target::{self, Target};

use super::asker::{Answer, Choice};
use super::context::WizardContext;
use super::draft::Draft;
use crate::commands::export;
use crate::error::Error;
use crate::file_options;

/// An answer, and what it means.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Reader {
    /// Whatever is current.
    Recent,
    /// WIPO's programs.
    Wipo,
    Program(&'static Target),
}

fn readers() -> Vec<Reader> {
    let programs = target::targets().iter().map(Reader::Program);
    [Reader::Recent, Reader::Wipo]
        .into_iter()
        .chain(programs)
        .collect()
}

impl Reader {
    fn words(self) -> &'static str {
        match self {
            Self::Recent => "Recent, or I don't know (recommended)",
            Self::Wipo => "ePCT or PCT-SAFE",
            Self::Program(target) => target.description,
        }
    }

    fn is_in(self, draft: &Draft) -> bool {
        match self {
            Self::Recent => {
                draft.args.algorithms.profile.is_none() && draft.args.algorithms.target.is_none()
            }
            Self::Wipo => draft.args.algorithms.profile == Some(Profile::Compatible),
            Self::Program(target) => draft.args.algorithms.target == Some(target),
        }
    }

    /// What the person should know about the choice.
    fn remark(self) -> Option<&'static str> {
        const OLD: &str = "It gets the older encryption that this program opens (3DES): take a long \
                           password.";
        match self {
            Self::Recent => None,
            Self::Wipo => Some(
                "Which encryption they open is not published. The file gets the older one that \
                 old and new programs open (3DES): take a long password.",
            ),
            Self::Program(target) if target.profile == Profile::Modern => None,
            Self::Program(_) => Some(OLD),
        }
    }
}

/// Why the program would not open the file of the chosen identity.
fn objection(draft: &Draft, context: &WizardContext<'_>) -> Option<String> {
    let identity = context.inventory.certificate(draft.identity.as_ref()?)?;
    let options = export::options(&draft.args);
    let objection = options.objection(identity.certificate())?;
    Some(objection.text)
}

pub(super) fn ask(draft: &mut Draft, context: &mut WizardContext<'_>) -> Result<Answer<()>, Error> {
    let readers = readers();
    let choices: Vec<_> = readers
        .iter()
        .map(|reader| Choice::new(reader.words()))
        .collect();
    let start = readers.iter().position(|reader| reader.is_in(draft));
    let question = "Which program will open the file?";
    let answer = context
        .asker
        .find(question, &choices, start.unwrap_or(0), &[])?;
    let Answer::Next(chosen) = answer else {
        return Ok(Answer::Back);
    };
    let reader = readers[chosen];
    draft.args.algorithms.profile = None;
    draft.args.algorithms.target = None;
    match reader {
        Reader::Recent => {}
        Reader::Wipo => draft.args.algorithms.profile = Some(Profile::Compatible),
        Reader::Program(target) => draft.args.algorithms.target = Some(target),
    }
    if let Some(objection) = objection(draft, context) {
        context
            .asker
            .say(&format!("{objection}. Choose another program."));
        draft.args.algorithms.target = None;
        return ask(draft, context);
    }
    if let Some(remark) = reader.remark() {
        context.asker.say(remark);
    }
    draft.args.contents.chain = draft.chain;
    if file_options::reads_no_path(&draft.args.algorithms) && draft.chain != Some(Include::None) {
        draft.args.contents.chain = None;
        context
            .asker
            .say("It reads one certificate only, so the certification path is left out.");
    }
    Ok(Answer::Next(()))
}
