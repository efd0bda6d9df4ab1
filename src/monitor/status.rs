//! `certstow.status/1`:
//!
//! ```json
//! {"schema": "certstow.status/1", "command": "backup" | "backup verify", "version": "...",
//!  "started": "...", "ended": "...", "exit": 14, "meaning": "...", "last_success": null | "...",
//!  "error": null | {"code": "...", "exit": 17, "message": "...", "hint": null | "..."},
//!  "destinations": [{"number": 1, "name": "...", "folder": null | "...",
//!    "ok": true, "saved": null | 3, "failed": null | 0, "last_success": null | "..."}],
//!  "soonest_end": null | "...", "expired": null | 0,
//!  "report": null | what --json prints}
//! ```
//!
//! Times are by RFC 3339 in UTC. What the run did not come so far as to know is `null`; of destinations
//! that it did not know, those of the file before stay, without what is of one run.

use certstow_core::time;
use serde::{Deserialize, Serialize};

use super::ended::{Before, DestinationBefore, Ended, PANICKED};
use crate::exit::Exit;
use crate::render::json::{self, Object};

const SCHEMA: &str = "certstow.status/1";

#[derive(Serialize)]
struct Status<'a> {
    schema: &'static str,
    command: &'static str,
    version: &'static str,
    started: String,
    ended: String,
    exit: u8,
    meaning: &'static str,
    last_success: Option<String>,
    error: Option<&'a Object>,
    destinations: Vec<Destination>,
    soonest_end: Option<String>,
    expired: Option<usize>,
    report: Option<&'a Object>,
}

#[derive(Serialize)]
struct Destination {
    number: usize,
    name: String,
    folder: Option<String>,
    ok: bool,
    saved: Option<usize>,
    failed: Option<usize>,
    last_success: Option<String>,
}

pub(super) fn bytes(run: &Ended<'_>) -> Vec<u8> {
    let known = run.destinations().map(|(number, one, last)| Destination {
        number,
        name: one.name(),
        folder: Some(one.text()),
        ok: one.ok,
        saved: one.identities.map(|(saved, _)| saved),
        failed: one.identities.map(|(_, failed)| failed),
        last_success: last.map(|last| last.to_string()),
    });
    let unknown = run.unknown_destinations().iter();
    let unknown = unknown.map(|one| Destination {
        number: one.number,
        name: one.name.clone(),
        folder: one.folder.clone(),
        ok: false,
        saved: None,
        failed: None,
        last_success: Some(one.last_success.to_string()),
    });
    let ends = run.found.ends;
    let status = Status {
        schema: SCHEMA,
        command: run.command,
        version: env!("CARGO_PKG_VERSION"),
        started: run.began.to_string(),
        ended: run.ended.to_string(),
        exit: run.exit,
        meaning: meaning(run.exit),
        last_success: run.last_success().map(|last| last.to_string()),
        error: run.found.error.as_ref(),
        destinations: known.chain(unknown).collect(),
        soonest_end: ends
            .and_then(|ends| ends.soonest)
            .map(|end| end.to_string()),
        expired: ends.map(|ends| ends.expired),
        report: run.found.report.as_ref(),
    };
    let mut bytes = Vec::new();
    json::write(&mut bytes, &status).expect("memory takes it");
    bytes
}

fn meaning(code: u8) -> &'static str {
    match Exit::ALL.into_iter().find(|exit| exit.code() == code) {
        Some(exit) => exit.meaning(),
        None if code == PANICKED => "ended by a mistake in certstow",
        None => "unknown",
    }
}

/// When a run of this command last ended well, by the file of one before; `None` if it is none.
pub(super) fn before(command: &str, bytes: &[u8]) -> Option<Before> {
    #[derive(Deserialize)]
    struct Read {
        schema: String,
        command: String,
        last_success: Option<String>,
        #[serde(default)]
        destinations: Vec<ReadDestination>,
    }
    #[derive(Deserialize)]
    struct ReadDestination {
        number: usize,
        name: String,
        folder: Option<String>,
        last_success: Option<String>,
    }
    let read: Read = serde_json::from_slice(bytes).ok()?;
    let time = |text: Option<String>| time::from_utc(&text?);
    let destinations = read.destinations.into_iter();
    let is_one = read.schema == SCHEMA && read.command == command;
    is_one.then(|| Before {
        last_success: time(read.last_success),
        destinations: destinations
            .filter_map(|one| {
                Some(DestinationBefore {
                    number: one.number,
                    name: one.name,
                    folder: one.folder,
                    last_success: time(one.last_success)?,
                })
            })
            .collect(),
    })
}
