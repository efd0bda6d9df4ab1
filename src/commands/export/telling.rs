//! What an export tells: lines for a person, `certstow.export/1` for a program.

use certstow_core::error::Error as LibraryError;
use certstow_core::export::Exported;
use certstow_formats::names;
use certstow_formats::pkcs12::profile::Profile;
use certstow_formats::sanitize::{safe, shortened};

use super::copies;
use crate::error::Error;
use crate::journal::Entry;
use crate::render::json::{self, Object};
use crate::screen::Screen;

pub(super) fn tell(
    report: &Exported,
    copies: &[copies::Outcome],
    key_deleted: bool,
    screen: &Screen,
) -> Result<(), Error> {
    for warning in &report.warnings {
        screen.warn_unless_json(&warning.text);
    }
    if screen.json {
        let not_synced = report.not_synced();
        if let Some(error) = &not_synced {
            screen.record(&Entry::error(error));
        }
        return screen.print_json(&json(report, not_synced.as_ref(), copies, key_deleted));
    }
    let text = lines(report, copies);
    match report.file {
        Some(_) => {
            screen.print_done(|out| out.write_all(text.as_bytes()))?;
            if let Some(error) = report.not_synced() {
                screen.error(&error);
            }
            let errors = copies.iter().filter_map(copies::Outcome::error);
            errors.for_each(|error| screen.error(error));
            Ok(())
        }
        // Standard output has the file.
        None => {
            text.lines().for_each(|line| screen.note(line));
            Ok(())
        }
    }
}

/// The file's name; `None` for standard output.
pub(super) fn file_name(report: &Exported) -> Option<String> {
    let file = report.file.as_ref()?;
    Some(file.to_string_lossy().into_owned())
}

fn lines(report: &Exported, copies: &[copies::Outcome]) -> String {
    let place = file_name(report).unwrap_or_else(|| "to standard output".to_owned());
    let mut text = format!("Saved {}\n", safe(&place));
    let mut field = |name: &str, value: &str| {
        text.push_str(&format!("  {name:<14}{}\n", safe(value)));
    };
    field(
        "identity",
        &format!("{} ({})", shortened(&report.label), report.thumbprint),
    );
    field("from", &report.store);
    for (position, subject) in report.chain.iter().enumerate() {
        field(if position == 0 { "certificates" } else { "" }, subject);
    }
    match (report.profile, report.iterations) {
        (Some(profile), Some(n)) => {
            field("protection", &format!("{}, {n} iterations", profile.name()));
        }
        (None, Some(n)) => field("protection", &format!("AES-256, {n} iterations")),
        _ => field("protection", "none"),
    }
    field("read back", &report.verified.join(", "));
    field("SHA-256", &names::hex(&report.sha256));
    for copy in copies.iter().filter_map(copies::Outcome::file) {
        field("copy", &copy);
    }
    text
}

/// `certstow.export/1`. `not_synced` is that the disk did not confirm the file.
fn json(
    report: &Exported,
    not_synced: Option<&LibraryError>,
    copies: &[copies::Outcome],
    key_deleted: bool,
) -> Object {
    Object::new("certstow.export/1")
        .with("file", &file_name(report))
        .with("sha256", &names::hex(&report.sha256))
        .with("thumbprint", &report.thumbprint)
        .with("store", &report.store)
        .with("profile", &report.profile.map(Profile::name))
        .with("iterations", &report.iterations)
        .with("chain", &report.chain)
        .with("root_included", &report.root_included)
        .with("verified", &report.verified)
        .with("proof", &report.proof)
        .object("error", not_synced.map(|error| json::failure(error)))
        .list("copies", copies.iter().map(copies::Outcome::json))
        .with("key_deleted", &key_deleted)
        .with("warnings", &report.warnings)
}
