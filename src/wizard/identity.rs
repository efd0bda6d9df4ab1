//! Which identity: all that have a private key, with what stands in the way of saving those that
//! cannot be.

use std::path::Path;

use certstow_core::error::Error as LibraryError;
use certstow_core::export::may_come_out;
use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem};
use certstow_core::renewal::Renewals;
use certstow_core::select::Known;
use certstow_core::time::{self, UnixTime};
use certstow_formats::names;
use certstow_formats::plural::counted;
use certstow_formats::sanitize::{safe, shortened};
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::{KeyState, NotExportable};

use super::asker::{Answer, Asker, Choice, FoundBy, Unoffered};
use super::context::{WizardContext, in_words};
use super::draft::Draft;
use crate::args::{ExportArgs, StoreArgs};
use crate::commands::export;
use crate::error::Error;
use crate::inventory;

/// Says what this is, or that there is nothing to save.
pub(super) fn introduce(
    inventory: &Inventory,
    preset: &ExportArgs,
    asker: &mut dyn Asker,
) -> Result<(), Error> {
    if all(inventory, preset).is_empty() && inventory::locked(inventory).next().is_none() {
        return Err(nothing_to_save(inventory));
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

fn nothing_to_save(inventory: &Inventory) -> Error {
    let not_found = LibraryError::NotFound {
        selector: String::new(),
        searched: inventory.store_names(),
        note: unread(inventory),
        near: None,
    };
    not_found.into()
}

/// What could not be read, without the files that are offered as locked.
fn unread(inventory: &Inventory) -> Option<String> {
    let problems = inventory.problems().len() - inventory::locked(inventory).count();
    let unread = counted(problems, "file or certificate", "files or certificates");
    (problems > 0).then(|| format!("{unread} could not be read"))
}

pub(super) fn ask(draft: &mut Draft, context: &mut WizardContext<'_>) -> Result<Answer<()>, Error> {
    let has_key = export::options(context.preset).format.has_key();
    let mut start = draft.identity.and_then(|id| {
        let identities = all(context.inventory, context.preset);
        let mut chosen = identities.iter();
        chosen.position(|identity| identity.entry().id == id)
    });
    loop {
        let identities = all(context.inventory, context.preset);
        let locked: Vec<_> = inventory::locked(context.inventory).collect();
        let now = time::now();
        let renewals = Renewals::among(context.inventory.certificates(), now);
        let choices = identities
            .iter()
            .map(|identity| choice(identity, &renewals, now));
        let choices: Vec<_> = choices
            .chain(locked.iter().map(|file| locked_choice(file)))
            .collect();
        if choices.is_empty() {
            return Err(nothing_to_save(context.inventory));
        }
        let question = "Which certificate to save?";
        let unoffered = unoffered(context.inventory, has_key);
        let start_at = start.unwrap_or(0);
        let answer = context
            .asker
            .find(question, &choices, start_at, &unoffered)?;
        let Answer::Next(chosen) = answer else {
            return Ok(Answer::Back);
        };
        start = Some(chosen);
        let Some(identity) = identities.get(chosen) else {
            let file = locked[chosen - identities.len()].clone();
            if open(&file, context)? {
                let identities = all(context.inventory, context.preset);
                start = identities.iter().position(|one| lies_in(one, &file));
            }
            continue;
        };
        match may_come_out(identity.entry()) {
            Err(refusal) if has_key => {
                context.asker.say(&in_words(&refusal));
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
                draft.args.select.stores = stores_of(identity, context);
                if has_key {
                    warn_of_lock(identity, context.asker);
                }
                return Ok(Answer::Next(()));
            }
        }
    }
}

/// Asks for the password of a locked file, and reads the stores again if one opens it.
fn open(file: &StoreProblem, context: &mut WizardContext<'_>) -> Result<bool, Error> {
    let asker = &mut *context.asker;
    let opened = context
        .reading
        .open(file, &mut |text| asker.password(text))
        .and_then(|opened| match opened {
            true => context.reading.read_again().map(Some),
            false => Ok(None),
        });
    match opened {
        Ok(Some(inventory)) => {
            *context.inventory = inventory;
            return Ok(true);
        }
        Ok(None) => context.asker.say("The file stays locked."),
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        Err(error) => context.tell(&error),
    }
    Ok(false)
}

fn lies_in(identity: &ListedCertificate, file: &StoreProblem) -> bool {
    identity.entry().places.contains(&file.place)
}

/// The stores in which a command finds the identity: only for a file that is the one store named, a
/// command asks for the password that shows what is in it.
fn stores_of(identity: &ListedCertificate, context: &WizardContext<'_>) -> StoreArgs {
    let stores = &context.preset.select.stores;
    let first = identity.entry().places.first();
    match first.filter(|place| context.locked.contains(place)) {
        Some(file) => stores.with_one_store(StoreSpec::File(file.into())),
        None => stores.clone(),
    }
}

/// Another identity has another name.
fn forget_what_depends(draft: &mut Draft, preset: &ExportArgs) {
    draft.args.name.clone_from(&preset.name);
    draft.args.output.clone_from(&preset.output);
    draft.typed_file = None;
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

/// What may be chosen: what can be saved comes first, what has expired after what has not, and what was
/// renewed after what renewed it.
fn all<'i>(inventory: &'i Inventory, preset: &ExportArgs) -> Vec<&'i ListedCertificate> {
    let has_key = export::options(preset).format.has_key();
    let now = time::now();
    let mut all: Vec<_> = inventory
        .certificates()
        .iter()
        .filter(|listed| !listed.is_set_aside() && (listed.has_key() || !has_key))
        .collect();
    Renewals::among(inventory.certificates(), now).current_first(&mut all);
    all.sort_by_cached_key(|identity| {
        let refused = has_key && may_come_out(identity.entry()).is_err();
        let parsed = identity.certificate().parse();
        (refused, time::outside_validity(&parsed, now).is_some())
    });
    all
}

/// What was found and cannot be chosen.
fn unoffered(inventory: &Inventory, has_key: bool) -> Vec<Unoffered> {
    let kind = |listed: &ListedCertificate| match (listed.is_archived(), listed.has_key()) {
        _ if listed.is_pending() => Some([
            "request that no CA has answered",
            "requests that no CA has answered",
        ]),
        (true, _) => Some(["archived certificate", "archived certificates"]),
        (false, false) if has_key => Some([
            "certificate without its private key",
            "certificates without their private keys",
        ]),
        _ => None,
    };
    let listed = inventory.certificates().iter();
    let unoffered = listed.filter_map(|listed| {
        Some(Unoffered {
            choice: Choice::new(shortened(&listed.label())).found_by(found_by(listed)),
            kind: kind(listed)?,
        })
    });
    unoffered.collect()
}

fn found_by(listed: &ListedCertificate) -> FoundBy {
    let known = Known::read(listed);
    FoundBy {
        text: known.names().join(" "),
        thumbprints: vec![known.sha1().into_owned(), known.sha256().into_owned()],
    }
}

fn choice(identity: &ListedCertificate, renewals: &Renewals<'_>, now: UnixTime) -> Choice {
    let name = identity.label();
    let issuer = names::short_name_of_der(identity.certificate().issuer_der());
    let not_after = identity.not_after();
    let date = time::local_date(not_after);
    let mut last = match not_after < now {
        true => format!("expired {date}"),
        false => format!("until {date}"),
    };
    if let Some(renewal) = renewals.of(identity) {
        last.push_str(&format!("; {}", time::renewed(renewal.not_after())));
    }
    if let Some(obstacle) = obstacle(&identity.entry().key) {
        last.push_str(&format!("; {obstacle}"));
    }
    let issuer = format!("by {}", shortened(&issuer));
    Choice::of(shortened(&name).into_owned(), issuer, last).found_by(found_by(identity))
}

fn locked_choice(file: &StoreProblem) -> Choice {
    let path = Path::new(&file.place);
    let name = path.file_name().unwrap_or(path.as_os_str());
    let folder = path.parent().unwrap_or(path);
    Choice::of(
        format!(
            "{} (locked: Enter asks for its password)",
            shortened(&name.to_string_lossy())
        ),
        format!("in {}", safe(&folder.to_string_lossy())),
        String::new(),
    )
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
