//! `certstow.backup-verify/1`:
//!
//! ```json
//! {"schema": "certstow.backup-verify/1",
//!  "folders": [{"folder": "...", "ok": true, "error": null, "manifest": null | "what is wrong",
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

use certstow_core::backup::{Absent, Comparison, FileVerdict, FolderVerdict, Foreign};
use certstow_core::warning::Warning;
use certstow_formats::proof::Level;
use serde::Serialize;

use super::found::Found;
use crate::render::json::{Failure, ProblemJson, failure, problems};

#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    folders: Vec<Folder<'a>>,
}

#[derive(Serialize)]
struct Folder<'a> {
    folder: String,
    ok: bool,
    error: Option<Failure>,
    manifest: Option<&'a str>,
    files: Vec<File<'a>>,
    stores: Option<Stores<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    thumbprint: Option<&'a str>,
    label: Option<&'a str>,
    state: &'static str,
    restores: Option<bool>,
    proof: Option<Level>,
    unnamed: &'a [String],
    reason: Option<&'a str>,
    warnings: &'a [Warning],
}

#[derive(Serialize)]
struct Stores<'a> {
    present: usize,
    absent: Vec<IdentityJson<'a>>,
    kept_back: Vec<IdentityJson<'a>>,
    foreign: Vec<Stranger<'a>>,
    problems: Vec<ProblemJson<'a>>,
}

#[derive(Serialize)]
struct IdentityJson<'a> {
    thumbprint: &'a str,
    label: &'a str,
    store: &'a str,
}

#[derive(Serialize)]
struct Stranger<'a> {
    file: &'a str,
    thumbprint: &'a str,
    label: &'a str,
    namesake: Option<IdentityJson<'a>>,
}

pub(super) fn verdicts<'a>(verdicts: &'a [Found<'_>], opened: bool) -> impl Serialize + 'a {
    let folders = verdicts.iter().map(|(folder, found)| {
        let verdict = found.as_ref().ok();
        Folder {
            folder: folder.to_string_lossy().into_owned(),
            ok: verdict.is_some_and(|verdict| verdict.is_good(opened)),
            error: found.as_ref().err().map(|error| failure(error)),
            manifest: verdict.and_then(|verdict| verdict.manifest.as_deref()),
            files: verdict.iter().flat_map(|verdict| files(verdict)).collect(),
            stores: verdict
                .and_then(|verdict| verdict.stores.as_ref())
                .map(stores),
        }
    });
    Json {
        schema: "certstow.backup-verify/1",
        folders: folders.collect(),
    }
}

fn files(verdict: &FolderVerdict) -> impl Iterator<Item = File<'_>> {
    verdict.files.iter().map(file)
}

fn file(file: &FileVerdict) -> File<'_> {
    File {
        file: &file.file,
        thumbprint: file.thumbprint.as_deref(),
        label: file.label.as_deref(),
        state: file.state.word(),
        restores: file.restores,
        proof: file.proof,
        unnamed: &file.unnamed,
        reason: file.reason.as_deref(),
        warnings: &file.warnings,
    }
}

fn stores(stores: &Comparison) -> Stores<'_> {
    Stores {
        present: stores.present,
        absent: stores.absent.iter().map(identity).collect(),
        kept_back: stores.kept_back.iter().map(identity).collect(),
        foreign: stores.foreign.iter().map(stranger).collect(),
        problems: problems(&stores.problems),
    }
}

fn identity(absent: &Absent) -> IdentityJson<'_> {
    IdentityJson {
        thumbprint: &absent.thumbprint,
        label: &absent.label,
        store: &absent.store,
    }
}

fn stranger(foreign: &Foreign) -> Stranger<'_> {
    Stranger {
        file: &foreign.file,
        thumbprint: &foreign.thumbprint,
        label: &foreign.label,
        namesake: foreign.namesake.as_ref().map(identity),
    }
}
