//! What was saved, and what was proven of it, in sentences.

use certstow_core::export::Exported;
use certstow_formats::names;
use certstow_formats::sanitize::safe;

use super::asker::Asker;
use super::draft::Draft;
use crate::commands::export;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::lines;
use crate::screen::Screen;

/// Checks that certstow's own reader made carry this.
const BY_OWN_READER: &str = " by certstow's own reader";

pub(super) fn tell(report: &Exported, asker: &mut dyn Asker, screen: &Screen) -> Result<(), Error> {
    for warning in &report.warnings {
        screen.warn(&warning.text);
    }
    let place = match &report.file {
        Some(file) => file.to_string_lossy().into_owned(),
        None => "to standard output".to_owned(),
    };
    let text = format!(
        "\nSaved {}\nIt was read back, and this was found:\n{}  SHA-256 {}",
        safe(&place),
        checks(&report.verified),
        names::hex(&report.sha256)
    );
    if report.file.is_none() {
        // Standard output has the file.
        asker.say(&text);
        return Ok(());
    }
    let text = match screen.width() {
        Some(width) if !screen.is_plain() => lines::broken(&text, width.into()),
        _ => text,
    };
    screen.print(|out| writeln!(out, "{text}"))?;
    if let Some(error) = report.not_synced() {
        screen.error(&error);
    }
    Ok(())
}

/// A line for each thing that was checked.
fn checks(verified: &[&str]) -> String {
    let lines = verified.iter().map(|check| {
        let (what, how) = match check.strip_suffix(BY_OWN_READER) {
            Some(what) => (what, " (seen by certstow's own reader)"),
            None => (*check, ""),
        };
        let sentence = match what {
            "mac" => "the password opens it, and nothing in it is altered",
            "certificates" => "it holds the certificates it should",
            "names" => "friendly name and key stand where they should",
            "key" => "it holds the private key of the certificate",
            "signature" => "the key signs, and the certificate confirms it",
            "path" => "each certificate is signed by the next",
            other => other,
        };
        format!("  {sentence}{how}\n")
    });
    lines.collect()
}

/// What is there although no second copy was made; `None` of what went to standard output.
pub(super) fn what_stays(report: &Exported) -> Option<String> {
    let file = report.file.as_ref()?.to_string_lossy();
    let file = safe(&file);
    Some(format!(
        "No second copy was made. The saved file stays: {file}"
    ))
}

pub(super) fn stays(report: &Exported, asker: &mut dyn Asker) {
    if let Some(stays) = what_stays(report) {
        asker.say(&stays);
    }
}

/// The last words.
pub(super) fn close(draft: &Draft, exit: Exit, asker: &mut dyn Asker) {
    let done = match exit {
        Exit::Cancelled => "",
        _ => "Done. ",
    };
    let last = match export::options(&draft.args).needs_password() {
        true => "Keep the password apart from the file.",
        false => "",
    };
    asker.say("");
    asker.say(format!("{done}{last}").trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_describes_every_check() {
        let told = checks(&[
            "mac by certstow's own reader",
            "certificates",
            "names",
            "key",
            "signature",
            "path",
        ]);
        for (line, check) in
            told.lines()
                .zip(["mac", "certificates", "names", "key", "signature", "path"])
        {
            assert_ne!(line.trim(), check);
        }
        assert!(told.starts_with("  the password opens it, and nothing in it is altered (seen by"));
        assert_eq!(told.lines().count(), 6);
    }
}
