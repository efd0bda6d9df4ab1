//! `certstow backup list`: what folders hold, as their manifests tell. With `--json`,
//! `certstow.backup-list/1`:
//!
//! ```json
//! {"schema": "certstow.backup-list/1",
//!  "folders": [{"folder": "...", "error": null, "manifest": null | "what is wrong", "written": "...",
//!    "identities": [{"file": "...", "there": true, "sha256": "...", "size": 1,
//!      "thumbprint": {"sha1": "...", "sha256": "..."}, "label": "...", "subject": "...",
//!      "issuer": "...", "not_after": "...", "expired": false, "newer": null | "SHA-256 of another",
//!      "store": "...", "written": "...", "escrow": null | "..."}],
//!    "expired": 0, "missing": 0, "unnamed": ["..."]}]}
//! ```

use std::io::{self, Write};
use std::path::Path;

use certstow_core::backup::{self, Held, HeldIdentity};
use certstow_core::error::Error as LibraryError;
use certstow_core::time::{self, UnixTime};
use certstow_formats::plural::counted;
use certstow_formats::sanitize::{cut, safe};
use comfy_table::{Table, presets};

use crate::args::BackupListArgs;
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::Entry;
use crate::render::json::{self, Object};
use crate::screen::Screen;

/// A folder that was looked into.
type Found<'a> = (&'a Path, Result<Held, LibraryError>);

pub(super) fn run(args: &BackupListArgs, screen: &Screen) -> Result<Exit, Error> {
    let now = time::now();
    let folders = args.folders.iter();
    let found: Vec<Found<'_>> = folders
        .map(|folder| (folder.as_path(), backup::held(folder)))
        .collect();
    if screen.json {
        let folders = found.iter().map(|found| folder_json(found, now));
        screen.print_json(&Object::new("certstow.backup-list/1").list("folders", folders))?;
    } else {
        let width = screen.width();
        screen.print(|out| {
            let held = found
                .iter()
                .filter_map(|(folder, held)| Some((folder, held.as_ref().ok()?)));
            for (folder, held) in held {
                write_folder(out, folder, held, now, width)?;
            }
            Ok(())
        })?;
    }
    for error in found.iter().filter_map(|(_, held)| held.as_ref().err()) {
        match screen.json {
            true => screen.record(&Entry::error(error)),
            false => screen.error(error),
        }
    }
    Ok(exit(&found))
}

/// The gravest that came of any folder; an error where there is nothing else.
fn exit(found: &[Found<'_>]) -> Exit {
    use crate::error::Explain as _;

    let held = || found.iter().filter_map(|(_, held)| held.as_ref().ok());
    let mut errors = found.iter().filter_map(|(_, held)| held.as_ref().err());
    let is_missing = |held: &Held| held.identities.iter().any(|one| !one.is_there);
    match errors.next() {
        Some(error) if held().next().is_none() => error.exit(),
        _ if held().any(|held| held.trouble.is_some()) => Exit::VerificationFailed,
        None if !held().any(is_missing) => Exit::Done,
        _ => Exit::Partial,
    }
}

fn write_folder(
    out: &mut dyn Write,
    folder: &Path,
    held: &Held,
    now: UnixTime,
    width: Option<u16>,
) -> io::Result<()> {
    let name = folder.to_string_lossy();
    writeln!(out, "{}: {}", safe(&name), sentence(held, now))?;
    if !held.identities.is_empty() {
        writeln!(out, "{}", table(held, now, width))?;
    }
    for file in &held.unnamed {
        writeln!(out, "{}: the manifest does not name it", safe(file))?;
    }
    Ok(())
}

/// "3 identities, 1 expired; written 2026-11-30".
fn sentence(held: &Held, now: UnixTime) -> String {
    if let Some(trouble) = &held.trouble {
        return safe(trouble).into_owned();
    }
    let count = |holds: &dyn Fn(&HeldIdentity) -> bool| {
        held.identities.iter().filter(|one| holds(one)).count()
    };
    let expired = count(&|one| is_expired(one, now));
    let newer = count(&|one| one.newer.is_some());
    let missing = count(&|one| !one.is_there);
    let sealed = count(&|one| one.saved.escrow.is_some());
    let parts = [
        (expired, "expired"),
        (newer, "with a newer one"),
        (missing, "whose file is missing"),
        (sealed, "in escrow"),
    ];
    let mut text = counted(held.identities.len(), "identity", "identities");
    for (count, what) in parts.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(&format!(", {count} {what}"));
    }
    let written = date(&held.written);
    format!("{text}; written {written}")
}

fn is_expired(one: &HeldIdentity, now: UnixTime) -> bool {
    if one.saved.pending {
        return false;
    }
    one.not_after().is_some_and(|end| end < now)
}

/// The local date of a time; what is none as it stands there.
fn date(utc: &str) -> String {
    match time::from_utc(utc) {
        Some(time) => time::local_date(time),
        None => safe(utc).into_owned(),
    }
}

/// What stands in a column.
type Column = (&'static str, fn(&Held, &HeldIdentity, UnixTime) -> String);

/// The most characters of a name.
const WIDEST: usize = 60;

/// Blanks between two columns.
const GAP: u16 = 2;

const NAME: Column = ("NAME", |_, one, _| {
    cut(&one.saved.label, WIDEST).into_owned()
});
const EXPIRES: Column = ("EXPIRES", |held, one, now| {
    let Some(end) = one.not_after() else {
        return safe(&one.saved.not_after).into_owned();
    };
    let newer = one.newer.and_then(|at| held.identities[at].not_after());
    let distance = match newer {
        Some(newer) => format!("newer one until {}", time::local_date(newer)),
        None => time::until_expiry(end, now),
    };
    format!("{} {distance}", time::local_date(end))
});
const ISSUER: Column = ("ISSUER", |_, one, _| {
    cut(&common_name(&one.saved.issuer), WIDEST).into_owned()
});
const THUMBPRINT: Column = ("THUMBPRINT", |_, one, _| {
    let thumbprint = &one.saved.thumbprint;
    let digits = match thumbprint.sha1.as_str() {
        "" => &thumbprint.sha256,
        sha1 => sha1,
    };
    digits.get(..16).unwrap_or(digits).to_owned()
});
const WRITTEN: Column = ("WRITTEN", |_, one, _| date(&one.saved.written));
const FILE: Column = ("FILE", |_, one, _| {
    let missing = if one.is_there { "" } else { " (missing)" };
    format!("{}{missing}", safe(&one.saved.file))
});

/// The columns, fewer where a terminal is narrow.
const LAYOUTS: [&[Column]; 6] = [
    &[NAME, ISSUER, EXPIRES, THUMBPRINT, WRITTEN, FILE],
    &[NAME, EXPIRES, THUMBPRINT, WRITTEN, FILE],
    &[NAME, EXPIRES, THUMBPRINT, FILE],
    &[NAME, EXPIRES, FILE],
    &[NAME, EXPIRES, THUMBPRINT],
    &[NAME, EXPIRES],
];

fn table(held: &Held, now: UnixTime, width: Option<u16>) -> String {
    let mut narrowest = String::new();
    for columns in LAYOUTS {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.force_no_tty();
        table.set_header(columns.iter().map(|(title, _)| title));
        let rows = held.identities.iter();
        table.add_rows(rows.map(|one| columns.iter().map(|(_, text)| text(held, one, now))));
        let last = columns.len() - 1;
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if at == last { 0 } else { GAP }));
        }
        // With the gaps.
        let needed: usize = table
            .column_max_content_widths()
            .into_iter()
            .map(usize::from)
            .sum();
        let needed = needed + last * usize::from(GAP);
        narrowest = table.trim_fmt();
        if width.is_none_or(|width| needed <= width.into()) {
            break;
        }
    }
    narrowest
}

/// The common name in a name as RFC 4514 writes it; all of it, if there is none.
fn common_name(name: &str) -> String {
    let Some(from) = name
        .strip_prefix("CN=")
        .or_else(|| Some(name.split_once(",CN=")?.1))
    else {
        return name.to_owned();
    };
    let mut escaped = false;
    let value = from.chars().take_while(|character| {
        let goes_on = escaped || *character != ',';
        escaped = !escaped && *character == '\\';
        goes_on
    });
    value.collect::<String>().replace("\\,", ",")
}

fn folder_json((folder, found): &Found<'_>, now: UnixTime) -> Object {
    let held = found.as_ref().ok();
    let identities = held.map_or(&[][..], |held| &held.identities);
    let count =
        |holds: &dyn Fn(&HeldIdentity) -> bool| identities.iter().filter(|one| holds(one)).count();
    let listed = identities.iter().map(|one| {
        let newer = one.newer.map(|at| &identities[at].saved.thumbprint.sha256);
        identity_json(one, newer, now)
    });
    Object::default()
        .with("folder", &folder.to_string_lossy())
        .object(
            "error",
            found.as_ref().err().map(|error| json::failure(error)),
        )
        .with("manifest", &held.and_then(|held| held.trouble.as_ref()))
        .with("written", &held.map(|held| &held.written))
        .list("identities", listed)
        .with("expired", &count(&|one| is_expired(one, now)))
        .with("missing", &count(&|one| !one.is_there))
        .with("unnamed", &held.map_or(&[][..], |held| &held.unnamed))
}

fn identity_json(one: &HeldIdentity, newer: Option<&String>, now: UnixTime) -> Object {
    let saved = &one.saved;
    let thumbprint = Object::default()
        .with("sha1", &saved.thumbprint.sha1)
        .with("sha256", &saved.thumbprint.sha256);
    Object::default()
        .with("file", &saved.file)
        .with("there", &one.is_there)
        .with("sha256", &saved.sha256)
        .with("size", &saved.size)
        .object("thumbprint", thumbprint)
        .with("label", &saved.label)
        .with("subject", &saved.subject)
        .with("issuer", &saved.issuer)
        .with("not_after", &saved.not_after)
        .with("expired", &is_expired(one, now))
        .with("newer", &newer)
        .with("store", &saved.store)
        .with("written", &saved.written)
        .with("escrow", &saved.escrow.as_ref().map(|escrow| &escrow.file))
}

#[cfg(test)]
mod tests {
    use certstow_core::backup::manifest::Saved;

    use super::*;

    #[test]
    fn table_fits_the_width() {
        let one = |label: &str| HeldIdentity {
            saved: Saved {
                file: format!("{label}--0123456789abcdef.p12"),
                label: label.to_owned(),
                issuer: "CN=An Authority of some Length".to_owned(),
                not_after: "2124-01-01T00:00:00Z".to_owned(),
                ..Saved::default()
            },
            is_there: true,
            newer: None,
        };
        let held = Held {
            trouble: None,
            written: String::new(),
            identities: vec![one("ada"), one("田中 太郎")],
            unnamed: Vec::new(),
        };
        let now = UnixTime::new(0);
        for (width, title) in [
            (150, "ISSUER"),
            (100, "WRITTEN"),
            (80, "FILE"),
            (45, "EXPIRES"),
        ] {
            let text = table(&held, now, Some(width));
            assert!(text.contains(title), "{width}\n{text}");
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width.into()), "{width}\n{text}");
        }
        assert!(table(&held, now, None).contains("ISSUER"));
    }

    #[test]
    fn common_name_is_taken_from_names() {
        for (name, expected) in [
            ("CN=Ada Example,O=Samples", "Ada Example"),
            ("O=Samples,CN=A", "A"),
            (r"CN=Example\, Inc.,C=PL", "Example, Inc."),
            ("O=Samples", "O=Samples"),
            ("", ""),
        ] {
            assert_eq!(common_name(name), expected);
        }
    }
}
