//! Which identity: all that have a private key, with what stands in the way of saving those that
//! cannot be.

use certstow_core::error::Error as LibraryError;
use certstow_core::export::may_come_out;
use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::select::Known;
use certstow_core::time::{self, UnixTime};
use certstow_formats::names;
use certstow_formats::plural::counted;
use certstow_formats::sanitize::{safe, shortened};
use certstow_platform::store::{KeyState, NotExportable};

use super::asker::{Answer, Asker, Choice, FoundBy};
use super::context::WizardContext;
use super::draft::Draft;
use crate::args::ExportArgs;
use crate::commands::export;
use crate::error::Error;

/// Says what this is, or that there is nothing to save.
pub(super) fn introduce(
    inventory: &Inventory,
    preset: &ExportArgs,
    asker: &mut dyn Asker,
) -> Result<(), Error> {
    if all(inventory, preset).is_empty() {
        let not_found = LibraryError::NotFound {
            selector: String::new(),
            searched: inventory.store_names(),
            note: unread(inventory),
            near: None,
        };
        return Err(not_found.into());
    }
    asker.say(
        "This saves a certificate with its private key as a file, and makes sure that the file \
         restores it. Nothing is changed in the store.",
    );
    if let Some(unread) = unread(inventory) {
        asker.say(&format!(
            "Of what was found, {unread}; 'certstow list' says why."
        ));
    }
    asker.say("");
    Ok(())
}

fn unread(inventory: &Inventory) -> Option<String> {
    let problems = inventory.problems().len();
    let unread = counted(problems, "file or certificate", "files or certificates");
    (problems > 0).then(|| format!("{unread} could not be read"))
}

pub(super) fn ask(draft: &mut Draft, context: &mut WizardContext<'_>) -> Result<Answer<()>, Error> {
    let inventory = context.inventory;
    let identities = all(inventory, context.preset);
    let now = time::now();
    let choices: Vec<_> = identities
        .iter()
        .map(|identity| choice(identity, now))
        .collect();
    let has_key = export::options(context.preset).format.has_key();
    let mut start = draft.identity.and_then(|id| {
        let mut chosen = identities.iter();
        chosen.position(|identity| identity.entry().id == id)
    });
    loop {
        let question = "Which certificate to save?";
        let answer = context.asker.find(question, &choices, start.unwrap_or(0))?;
        let Answer::Next(chosen) = answer else {
            return Ok(Answer::Back);
        };
        let identity = identities[chosen];
        start = Some(chosen);
        match may_come_out(identity.entry()) {
            Err(refusal) if has_key => {
                context.tell(&refusal);
                context.asker.say(
                    "Its certificate alone can be saved without the key: \
                     certstow export --format der. Choose another one here.",
                );
            }
            _ => {
                let id = identity.entry().id;
                if draft.identity != Some(id) {
                    forget_what_depends(draft, context.preset);
                }
                draft.identity = Some(id);
                draft.args.select.selector = Some(identity.thumbprint());
                if has_key {
                    warn_of_lock(identity, context.asker);
                }
                return Ok(Answer::Next(()));
            }
        }
    }
}

/// Another identity has another name.
fn forget_what_depends(draft: &mut Draft, preset: &ExportArgs) {
    draft.args.name.clone_from(&preset.name);
    draft.args.output.clone_from(&preset.output);
    draft.args.force = preset.force;
}

fn warn_of_lock(identity: &ListedCertificate, asker: &mut dyn Asker) {
    match &identity.entry().key {
        KeyState::Locked(how) => asker.say(&format!(
            "Its private key is locked ({}). What unlocks it is asked for when the file is \
             written; the file gets a password of its own.",
            safe(how)
        )),
        KeyState::Unknown => {
            asker
                .say("Whether its private key can be saved will be seen when the file is written.");
        }
        _ => {}
    }
}

/// What may be chosen: what can be saved comes first, what has expired after what has not.
fn all<'i>(inventory: &'i Inventory, preset: &ExportArgs) -> Vec<&'i ListedCertificate> {
    let has_key = export::options(preset).format.has_key();
    let now = time::now();
    let mut all: Vec<_> = inventory
        .certificates()
        .iter()
        .filter(|listed| !listed.is_archived() && (listed.has_key() || !has_key))
        .collect();
    all.sort_by_cached_key(|identity| {
        let refused = has_key && may_come_out(identity.entry()).is_err();
        let parsed = identity.certificate().parse();
        (refused, time::outside_validity(&parsed, now).is_some())
    });
    all
}

fn choice(identity: &ListedCertificate, now: UnixTime) -> Choice {
    let name = identity.label();
    let issuer = names::short_name_of_der(identity.certificate().issuer_der());
    let not_after = identity.not_after();
    let date = time::local_date(not_after);
    let mut last = match not_after < now {
        true => format!("expired {date}"),
        false => format!("until {date}"),
    };
    if let Some(obstacle) = obstacle(&identity.entry().key) {
        last.push_str(&format!("; {obstacle}"));
    }
    let known = Known::read(identity);
    let found_by = FoundBy {
        text: known.names().join(" "),
        thumbprints: vec![known.sha1().into_owned(), known.sha256().into_owned()],
    };
    let issuer = format!("by {}", shortened(&issuer));
    Choice::of(shortened(&name).into_owned(), issuer, last).found_by(found_by)
}

/// What stands in the way, the most important word first.
fn obstacle(key: &KeyState) -> Option<String> {
    Some(match key {
        KeyState::Exportable => return None,
        KeyState::Missing => "no private key".to_owned(),
        KeyState::Locked(_) => "locked".to_owned(),
        KeyState::Unknown => "may not come out".to_owned(),
        KeyState::NotExportable(reason) => match reason {
            NotExportable::Policy => "cannot be saved: marked as not exportable".to_owned(),
            // A row has no room for the file's name.
            NotExportable::UnsupportedFile { form, .. } => {
                let form = NotExportable::UnsupportedForm(form.clone());
                safe(&format!("cannot be saved: {form}")).into_owned()
            }
            NotExportable::Hardware(_) | NotExportable::UnsupportedForm(_) => {
                safe(&format!("cannot be saved: {reason}")).into_owned()
            }
        },
    })
}
