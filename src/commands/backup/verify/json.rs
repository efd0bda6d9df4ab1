//! `certstow.backup-verify/1`:
//!
//! ```json
//! {"schema": "certstow.backup-verify/1",
//!  "folders": [{"folder": "...", "ok": true, "error": null, "manifest": null | "what is wrong",
//!    "checked": null | "...", "too_old": false,
//!    "files": [{"file": "...", "thumbprint": null | "...", "label": null | "...",
//!      "state": "whole|missing|changed|unknown", "restores": true|false|null,
//!      "proof": null | "signature|public-key|none", "unnamed": ["..."],
//!      "reason": null | "...", "warnings": ["..."]}],
//!    "stores": null | {"present": 1,
//!      "absent": [{"thumbprint": "...", "label": "...", "store": "..."}],
//!      "kept_back": [the same],
//!      "foreign": [{"file": "...", "thumbprint": "...", "label": "...", "namesake": null | {the same}}],
//!      "problems": [{"store": "...", "place": "...", "message": "..."}]}}]}
//! ```
//!
//! `stores` is `null` where none was to be compared with. `absent` are their identities that the
//! folder lacks, `kept_back` those of which the store says that the private key is not exportable;
//! `foreign` is what the folder has and none of the stores.

use std::path::Path;

use certstow_core::backup::{Absent, Comparison, FileVerdict, FolderVerdict, Foreign};
use certstow_core::error::Error;

use crate::render::json::{Object, failure, problems};

/// A folder that was verified: what was found, or why nothing could be.
pub(super) type Found<'a> = (&'a Path, Result<FolderVerdict, Error>);

pub(super) fn verdicts(verdicts: &[Found<'_>], opened: bool) -> Object {
    let folders = verdicts.iter().map(|(folder, found)| {
        let verdict = found.as_ref().ok();
        let ok = verdict.is_some_and(|verdict| verdict.is_good(opened));
        let manifest = verdict.and_then(|verdict| verdict.manifest.as_deref());
        let checked = verdict.and_then(|verdict| verdict.checked);
        let compared = verdict.and_then(|verdict| verdict.stores.as_ref());
        let files = verdict.iter().flat_map(|verdict| &verdict.files);
        Object::default()
            .with("folder", &folder.to_string_lossy())
            .with("ok", &ok)
            .object("error", found.as_ref().err().map(|error| failure(error)))
            .with("manifest", &manifest)
            .with("checked", &checked.map(|checked| checked.to_string()))
            .with("too_old", &verdict.is_some_and(|verdict| verdict.too_old))
            .list("files", files.map(file))
            .object("stores", compared.map(stores))
    });
    Object::new("certstow.backup-verify/1").list("folders", folders)
}

fn file(file: &FileVerdict) -> Object {
    Object::default()
        .with("file", &file.file)
        .with("thumbprint", &file.thumbprint)
        .with("label", &file.label)
        .with("state", &file.state.word())
        .with("restores", &file.restores)
        .with("proof", &file.proof)
        .with("unnamed", &file.unnamed)
        .with("reason", &file.reason)
        .with("warnings", &file.warnings)
}

fn stores(stores: &Comparison) -> Object {
    Object::default()
        .with("present", &stores.present)
        .list("absent", stores.absent.iter().map(identity))
        .list("kept_back", stores.kept_back.iter().map(identity))
        .list("foreign", stores.foreign.iter().map(stranger))
        .list("problems", problems(&stores.problems))
}

fn identity(absent: &Absent) -> Object {
    Object::default()
        .with("thumbprint", &absent.thumbprint)
        .with("label", &absent.label)
        .with("store", &absent.store)
}

fn stranger(foreign: &Foreign) -> Object {
    Object::default()
        .with("file", &foreign.file)
        .with("thumbprint", &foreign.thumbprint)
        .with("label", &foreign.label)
        .object("namesake", foreign.namesake.as_ref().map(identity))
}
