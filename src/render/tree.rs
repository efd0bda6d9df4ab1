//! A certification path as a tree, the root on top.

use std::io::{self, Write};

use certstow_formats::chain::{Path, PathEnd};
use certstow_formats::names;
use certstow_formats::sanitize::shortened;

use super::drawing::Drawing;

/// Draws a path, each certificate indented below its issuer; what is missing is named, too.
pub(crate) fn write(
    out: &mut dyn Write,
    indent: &str,
    path: &Path,
    drawing: &Drawing,
) -> io::Result<()> {
    let found = path.certificates.iter().rev();
    let found = found.map(|certificate| names::short_name_of_der(certificate.subject_der()));
    let names: Vec<String> = missing(&path.end).into_iter().chain(found).collect();
    draw(out, indent, &names, drawing)
}

/// What a path lacks at its upper end: the issuer's name, and what is wrong.
pub(crate) fn missing(end: &PathEnd) -> Option<String> {
    match end {
        PathEnd::Root => None,
        PathEnd::MissingIssuer { name_der } => Some(format!(
            "{} (not found)",
            names::short_name_of_der(name_der)
        )),
        PathEnd::Unverified {
            name_der, reason, ..
        } => {
            let name = names::short_name_of_der(name_der);
            Some(format!("{name} (not proven to be the issuer: {reason})"))
        }
    }
}

fn draw(out: &mut dyn Write, indent: &str, names: &[String], drawing: &Drawing) -> io::Result<()> {
    for (depth, name) in names.iter().enumerate() {
        let (blank, last) = match depth {
            0 => (String::new(), ""),
            _ => (drawing.blank.repeat(depth - 1), drawing.last),
        };
        writeln!(out, "{indent}{blank}{last}{}", shortened(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::drawing::{ASCII, UNICODE};

    #[test]
    fn draw_nests_certificates_below_issuers() {
        let drawn = |drawing| {
            let mut out = Vec::new();
            let names = ["Root".into(), "CA\x1b".into(), "Alice".into()];
            draw(&mut out, "  ", &names, drawing).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(drawn(&UNICODE), "  Root\n  └─ CA\\u{1b}\n     └─ Alice\n");
        assert_eq!(drawn(&ASCII), "  Root\n  `- CA\\u{1b}\n     `- Alice\n");
    }
}
