//! `certstow request`: a private key and a request for a CA; see [`certstow_core::request`]. With `--json`,
//! `certstow.request/1`:
//!
//! ```json
//! {"schema": "certstow.request/1", "store": "...", "place": "...", "thumbprint": {...}, "label": "...",
//!  "subject": "...", "emails": [], "dns_names": [], "user_principal_names": [], "ip_addresses": [],
//!  "uris": [], "eku": [], "key": {"algorithm": "RSA", "bits": 3072}, "public_key_sha256": "...",
//!  "proof": "signature" | null, "file": null | "...", "sha256": null | "...",
//!  "backup": [{"destination": "...", "file": null | "...", "verified": true, "error": null | {...}}],
//!  "warnings": []}
//! ```
//!
//! and `request list` `certstow.requests/1`, with a list of `requests` that have the fields of
//! `certstow.request/1` up to `public_key_sha256` and `made`; `request show` `certstow.request-show/1`, with such a
//! one as `kept` and the PEM text as `request`, or where it writes a file `certstow.request-file/1`, with `file` and
//! `sha256`; `request forget` `certstow.request-forget/1`, with `thumbprint`, `label`, `place` and `warnings`.

mod asked;
mod kept;
mod made;
mod place;
mod wanted;

use certstow_core::identity::Inventory;
use certstow_formats::names;

use crate::args::{RequestAction, RequestArgs, RequestCommand};
use crate::ask;
use crate::backup_to::BackupTo;
use crate::error::Error;
use crate::exit::Exit;
use crate::into_store::IntoStore;
use crate::screen::Screen;
pub(super) use made::{Report, RequestFile};
pub(super) use place::Place;
pub(super) use wanted::Wanted;

pub(crate) fn run(command: &RequestCommand, screen: &Screen) -> Result<Exit, Error> {
    match &command.action {
        Some(RequestAction::List(stores)) => kept::list(stores, screen),
        Some(RequestAction::Show(args)) => kept::show(args, screen),
        Some(RequestAction::Forget(args)) => kept::forget(args, screen),
        None => make(&command.make, screen),
    }
}

/// What clap takes for a name where an option stands before it.
const ACTIONS: [&str; 3] = ["list", "show", "forget"];

fn make(args: &RequestArgs, screen: &Screen) -> Result<Exit, Error> {
    let into = IntoStore {
        stores: &args.stores,
        not_exportable: args.new.not_exportable,
    };
    into.check()?;
    let name = args.names.typed_name.as_deref();
    if let Some(action) = name.filter(|name| ACTIONS.contains(name)) {
        return Err(Error::Usage(format!(
            "options stand after '{action}', as in 'certstow request {action} --json'; --name is for somebody of \
             that name"
        )));
    }
    let passwords = [
        args.new.copies.password.source(),
        args.new.challenge_source(),
    ];
    ask::check_stdin_of(&passwords, &args.stores)?;
    let given = Wanted::given(&args.names)?;
    let was_asked = given.is_none();
    let (wanted, kind) = match given {
        Some(wanted) => (wanted, args.new.key),
        None => asked::names(args, screen)?,
    };
    if !was_asked && args.names.eku.is_empty() && !wanted.usages.is_empty() {
        let usages: Vec<String> = wanted.usages.iter().map(ToString::to_string).collect();
        let usages: Vec<&str> = usages
            .iter()
            .map(|usage| names::usage_name(usage))
            .collect();
        screen.note(&format!(
            "It is for {}; --eku names other purposes.",
            usages.join(", ")
        ));
    }
    let wanted = wanted.with_challenge(&args.new, screen)?;
    let file = RequestFile::prepare(&args.new.file, &wanted.label(), screen)?;

    let target = into.target(screen)?;
    let mut place = Place::open(&target, into.given(&target.spec, screen)?)?;
    place.see_what_waits(&wanted, screen)?;
    place.protect(screen)?;
    let mut folders = args.new.copies.backup_to.clone();
    if was_asked && folders.is_empty() {
        folders = asked::folders(screen)?;
    }
    let copies = BackupTo::prepare(folders, &args.new.copies.password, screen)?;
    let report = place.make_key(&wanted, kind, args.label.as_deref(), screen)?;
    finish(report, place, &copies, &file, screen)
}

/// What is done once the key is in its store: copies, and last the file that goes to the CA.
pub(super) fn finish(
    mut report: Report,
    place: Place,
    copies: &BackupTo,
    file: &RequestFile,
    screen: &Screen,
) -> Result<Exit, Error> {
    report.record(screen);
    // The key is kept, whatever becomes of its copies.
    match Inventory::of(vec![place.store]) {
        Ok(mut inventory) => report.save(copies, &mut inventory, screen),
        Err(error) => report.not_saved(copies, &error),
    }
    let written = file.write(&report.request, screen);
    report.tell(written, screen)
}
