//! What is going to be done, in sentences and as a command line, before it is done.

use certstow_core::export::Format;
use certstow_core::identity::ListedCertificate;
use certstow_formats::chain::{Include, PathEnd};
use certstow_formats::names;
use certstow_formats::pkcs12::attributes::Properties;
use certstow_formats::pkcs12::profile::Profile;
use certstow_formats::sanitize::{safe, shortened};

use super::asker::{Answer, Asker, Choice};
use super::command_line;
use super::context::WizardContext;
use super::draft::Draft;
use crate::args::ExportArgs;
use crate::commands::export;
use crate::error::Error;

pub(super) fn ask(draft: &mut Draft, context: &mut WizardContext<'_>) -> Result<Answer<()>, Error> {
    let identity = draft
        .identity
        .and_then(|id| context.inventory.certificate(&id));
    let identity = identity.ok_or(Error::Cancelled)?;
    context.asker.say("");
    for sentence in sentences(draft, identity, context) {
        context.asker.say(&sentence);
    }
    context.asker.say("");
    show_command(&draft.args, context.asker);
    context.asker.say("");
    let choices = ["Finish: save the file", "Go back", "Stop without saving"].map(Choice::new);
    match context.asker.choose("Is that right?", &choices, 0)? {
        Answer::Next(0) => Ok(Answer::Next(())),
        Answer::Next(2) => Err(Error::Cancelled),
        _ => Ok(Answer::Back),
    }
}

/// The command line that does the same.
pub(super) fn show_command(args: &ExportArgs, asker: &mut dyn Asker) {
    asker.say("The same as a command:");
    asker.say_whole(&format!("  {}", safe(&command_line::of(args))));
    if !export::options(args).needs_password() || args.password.source().is_some() {
        return;
    }
    asker.say(match args.generate_password {
        true => "It makes another password and shows it; --password-file FILE takes one.",
        false => "It asks for the password; --password-file FILE takes it from a file.",
    });
}

fn sentences(
    draft: &Draft,
    identity: &ListedCertificate,
    context: &WizardContext<'_>,
) -> Vec<String> {
    let options = export::options(&draft.args);
    let has_key = options.format.has_key();
    let label = identity.label();
    let key = if has_key { " and its private key" } else { "" };
    let store = context.inventory.store_called(identity.entries()[0].store);
    let place = match export::to_stdout(&draft.args) {
        true => "standard output".to_owned(),
        false => {
            let file = export::file_of(&draft.args, identity, &options);
            file.to_string_lossy().into_owned()
        }
    };
    let mut sentences = vec![format!(
        "The certificate of {}{key} are saved from {} to {}.",
        shortened(&label),
        safe(&store),
        safe(&place)
    )];
    if !has_key {
        sentences[0] = sentences[0].replacen(" are saved", " is saved", 1);
    }
    if draft.args.format != Format::Der {
        sentences.push(of_path(options.include, identity, context));
    }
    if draft.args.format == Format::P12 {
        sentences.push(match options.properties {
            Properties::None => "No properties go in, and no name.".to_owned(),
            which => {
                let name = options.friendly_name.as_deref().unwrap_or(&label);
                let more = match which {
                    Properties::All => ", and all properties of the store go in",
                    _ => "",
                };
                format!("Its friendly name is {}{more}.", shortened(name))
            }
        });
        sentences.push(of_reader(draft, &options));
    }
    sentences.push(of_password(draft, &options));
    if draft.args.force {
        sentences.push("The file that is there now is replaced.".to_owned());
    }
    if has_key {
        sentences.push("The key stays in its store, too.".to_owned());
    }
    sentences
}

fn of_path(include: Include, identity: &ListedCertificate, context: &WizardContext<'_>) -> String {
    if include == Include::None {
        return "No certificate of an issuer goes in.".to_owned();
    }
    let (path, _) = context.inventory.certification_path(identity.certificate());
    let complete = path.end == PathEnd::Root;
    let mut issuers: Vec<_> = path.certificates.iter().skip(1).collect();
    if complete && include == Include::NoRoot {
        issuers.pop();
    }
    let names: Vec<_> = issuers
        .iter()
        .map(|issuer| names::short_name_of_der(issuer.subject_der()))
        .collect();
    let gap = match complete {
        true => "",
        false => " The path is not complete: an issuer was not found on this machine.",
    };
    match names.as_slice() {
        [] => format!("There is no certificate of an issuer to go in.{gap}"),
        names => format!("With it goes its path: {}.{gap}", safe(&names.join(", "))),
    }
}

fn of_reader(draft: &Draft, options: &certstow_core::export::Options) -> String {
    let profile = options.profile.name();
    let programs = match (draft.args.algorithms.target, options.profile) {
        (Some(target), _) => target.description,
        (None, Profile::Modern) => "recent programs",
        (None, Profile::Compatible) => "recent programs and older ones",
        (None, Profile::Legacy) => "very old programs, and weakly protected",
        (None, Profile::Pbmac1) => "programs that know PBMAC1",
    };
    format!("It is for {programs} (profile {profile}).")
}

fn of_password(draft: &Draft, options: &certstow_core::export::Options) -> String {
    let how = match (
        options.needs_password(),
        &draft.password,
        draft.args.generate_password,
    ) {
        (false, ..) => return "No password protects it.".to_owned(),
        (true, Some(_), true) => "the password that certstow made",
        (true, Some(_), false) => "the password that you typed",
        (true, None, _) => "the password from where the options say",
    };
    format!("It is protected by {how}.")
}
