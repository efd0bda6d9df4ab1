//! What Windows reads of certstow.exe before it runs it: the manifest, and the version that its
//! properties show.

use super::runner::Runner;
use crate::command::{command, ensure, root};
use crate::files;

/// The first words of a version resource, and more bytes than one has.
const VERSION: &str = "VS_VERSION_INFO";
const VERSION_LENGTH: usize = 2048;

pub(super) fn check(runner: &Runner) -> Result<(), String> {
    let program = files::read(&runner.certstow)?;
    let manifest = files::read(root().join("certstow.exe.manifest"))?;
    if place(&program, &manifest).is_none() {
        return Err("certstow.exe does not hold its manifest".to_owned());
    }
    let Some(start) = place(&program, &utf16(VERSION)) else {
        return Err("certstow.exe has no version".to_owned());
    };
    let version = &program[start..];
    let version = &version[..version.len().min(VERSION_LENGTH)];
    let said = runner.certstow(0, &command!("certstow --version"))?;
    let Some((name, number)) = said.stdout.trim().split_once(' ') else {
        return Err(said.complain("not a name and a version"));
    };
    for (property, value) in [
        ("ProductName", name),
        ("ProductVersion", number),
        ("FileVersion", number),
    ] {
        let value = utf16(&format!("{value}\0"));
        let found = place(version, &utf16(property))
            .and_then(|start| version.get(start + 2 * property.len()..))
            // Zeros up to a multiple of four bytes come in between.
            .and_then(|rest| place(&rest[..rest.len().min(value.len() + 4)], &value));
        ensure(found.is_some(), || {
            format!("certstow.exe has another {property}")
        })?;
    }
    Ok(())
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn place(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|place| place == part)
}
