//! The steps of the wizard, in their order: which of them there are for what is being saved, and
//! going forward and back among them. What was answered is the default when a step is asked again.

use certstow_core::export::{self, Format};
use certstow_core::output::preflight;
use certstow_formats::pkcs12::attributes::Properties;

use super::asker::Answer;
use super::context::WizardContext;
use super::draft::Draft;
use super::{contents, file, identity, password, reader, summary};
use crate::commands::export as command;
use crate::error::{self, Error, Explain as _};
use crate::file_options::{existing, privacy, reads_no_path};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Identity,
    Path,
    Properties,
    Name,
    Reader,
    Password,
    File,
    Summary,
}

impl Step {
    const ALL: [Self; 8] = [
        Self::Identity,
        Self::Path,
        Self::Properties,
        Self::Name,
        Self::Reader,
        Self::Password,
        Self::File,
        Self::Summary,
    ];

    /// The step whose answer is to be changed after such an error.
    pub(super) fn to_fix(error: &Error) -> Self {
        match error.facts().answer {
            Some(error::Answer::Identity) => Self::Identity,
            Some(error::Answer::Password) => Self::Password,
            Some(error::Answer::File) => Self::File,
            None => Self::Summary,
        }
    }

    /// Whether there is something to ask. What was given as an option is not asked for.
    fn is_open(self, draft: &Draft, context: &WizardContext<'_>) -> bool {
        let preset = context.preset;
        let options = command::options(&draft.args);
        let p12 = draft.args.format == Format::P12;
        match self {
            Self::Identity | Self::Summary => true,
            Self::Path => {
                let has_path = draft.args.format != Format::Der;
                has_path && preset.contents.chain.is_none() && !reads_no_path(&preset.algorithms)
            }
            Self::Properties => {
                p12 && preset.contents.properties.is_none() && preset.name.is_none()
            }
            Self::Name => {
                let none = draft.args.contents.properties == Some(Properties::None);
                p12 && preset.name.is_none() && !none
            }
            Self::Reader => {
                p12 && preset.algorithms.profile.is_none() && preset.algorithms.target.is_none()
            }
            Self::Password => options.needs_password() && preset.password.source().is_none(),
            Self::File => preset.output.is_none() || !is_writable(draft, context),
        }
    }

    /// Takes back what was answered while there was something to ask.
    fn forget(self, draft: &mut Draft, context: &WizardContext<'_>) {
        let (args, preset) = (&mut draft.args, context.preset);
        match self {
            // These are open or not from the beginning on.
            Self::Identity | Self::Path | Self::Properties | Self::Reader | Self::Password => {}
            Self::Name => args.name.clone_from(&preset.name),
            Self::File => {
                args.output.clone_from(&preset.output);
                draft.typed_file = None;
                args.force = preset.force;
            }
            Self::Summary => {}
        }
    }

    fn ask(self, draft: &mut Draft, context: &mut WizardContext<'_>) -> Result<Answer<()>, Error> {
        match self {
            Self::Identity => identity::ask(draft, context),
            Self::Path => contents::ask_path(draft, context),
            Self::Properties => contents::ask_properties(draft, context),
            Self::Name => contents::ask_name(draft, context),
            Self::Reader => reader::ask(draft, context),
            Self::Password => password::ask(draft, context),
            Self::File => file::ask(draft, context),
            Self::Summary => summary::ask(draft, context),
        }
    }
}

/// Whether the file that was given as an option can be written as it is.
fn is_writable(draft: &Draft, context: &WizardContext<'_>) -> bool {
    let args = context.preset;
    let Some(output) = args.output.as_ref() else {
        return false;
    };
    let file = export::with_extension(output, command::options(&draft.args).format);
    command::to_stdout(args)
        || preflight(&file, existing(args.force), privacy(args.require_private)).is_ok()
}

/// Asks all that is open, from a step on. Back from the first step ends it.
///
/// # Errors
/// [`Error::Cancelled`]: the person gave up.
pub(super) fn fill(
    draft: &mut Draft,
    from: Step,
    context: &mut WizardContext<'_>,
) -> Result<(), Error> {
    let mut at = Step::ALL.iter().position(|step| *step == from).unwrap_or(0);
    while let Some(step) = Step::ALL.get(at) {
        match step.ask(draft, context)? {
            Answer::Next(()) => {
                at += 1;
                while let Some(step) = Step::ALL.get(at)
                    && !step.is_open(draft, context)
                {
                    step.forget(draft, context);
                    at += 1;
                }
            }
            Answer::Back => {
                let before = Step::ALL[..at].iter();
                let open = before.rev().position(|step| step.is_open(draft, context));
                at -= 1 + open.ok_or(Error::Cancelled)?;
            }
        }
    }
    Ok(())
}
