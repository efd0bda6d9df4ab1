//! `--delete-key-after-verify`: a person agrees before anything is done, and again with the proven
//! file at hand. No option stands for the answer, so that no script deletes a key.

use std::path::{Path, PathBuf};

use certstow_core::copy;
use certstow_core::export::{self, Exported, Options};
use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::warning::{Code, Warning};
use certstow_formats::sanitize::{safe, shortened};
use certstow_platform::store::{Ask, Interaction};

use super::destination::to_stdout;
use crate::args::ExportArgs;
use crate::error::Error;
use crate::journal::Entry;
use crate::prompt;
use crate::screen::Screen;

/// What makes no sense together; before any store is touched.
pub(super) fn check(args: &ExportArgs, options: &Options, screen: &Screen) -> Result<(), Error> {
    let usage = |text: &str| Err(Error::Usage(text.to_owned()));
    if !options.format.has_key() {
        return usage("--delete-key-after-verify means nothing where no private key is exported");
    }
    if to_stdout(args) {
        return usage(
            "--delete-key-after-verify needs a file that can be read back: name one with -o",
        );
    }
    match screen.interaction() {
        Interaction::Allowed => Ok(()),
        Interaction::Never => Err(Error::PersonRequired {
            what: "deleting the private key".to_owned(),
        }),
    }
}

/// Asks whether the key is to go at all.
pub(super) fn agree(
    inventory: &Inventory,
    identity: &ListedCertificate,
    file: &Path,
    copy_to: &[PathBuf],
    screen: &Screen,
) -> Result<(), Error> {
    export::may_delete_key(inventory, identity, file)?;
    for folder in copy_to {
        let copy = copy::place(file, folder)?;
        export::may_delete_key(inventory, identity, &copy)
            .map_err(|error| error.of_a_copy_in(folder))?;
    }
    let label = identity.label();
    let label = shortened(&label);
    let stored = &identity.entries()[0];
    let question = format!(
        "Delete the private key of {label} ({}) from {} for good, once {} is saved and proven?",
        identity.thumbprint(),
        inventory.store_name(stored.store),
        file.display()
    );
    match prompt::yes_or_no(&question, false, screen)? {
        true => Ok(()),
        false => Err(Error::Cancelled),
    }
}

/// Says that the key stays, and why: "not every copy was made".
pub(super) fn not_now(why: &str, report: &mut Exported, screen: &Screen) {
    let kept = format!(
        "the private key of {} stays in {}, since {why}",
        shortened(&report.label),
        report.store
    );
    match screen.json {
        true => report.warnings.push(Warning::new(Code::KeyStays, kept)),
        false => screen.warn(&kept),
    }
}

/// Asks once more, and deletes it; whether it is gone. What there is to warn about is added to the
/// report.
pub(super) fn delete(
    inventory: &mut Inventory,
    report: &mut Exported,
    ask: &mut dyn Ask,
    screen: &Screen,
) -> Result<bool, Error> {
    let key = format!("the private key of {}", shortened(&report.label));
    let question = format!(
        "The file is saved and proven. Delete {key} from {} now?",
        report.store
    );
    if !prompt::yes_or_no(&question, false, screen)? {
        screen.note(&format!("{key} stays in {}", report.store));
        return Ok(false);
    }
    let warnings = export::delete_key(inventory, report, ask)?;
    let deleted = format!("deleted {key} from {}", report.store);
    screen.record(&Entry::warning(&deleted));
    if !screen.json {
        let text = format!("Deleted {} from {}\n", safe(&key), safe(&report.store));
        screen.print_done(|out| out.write_all(text.as_bytes()))?;
        for warning in &warnings {
            screen.warn(&warning.text);
        }
    }
    report.warnings.extend(warnings);
    Ok(true)
}
