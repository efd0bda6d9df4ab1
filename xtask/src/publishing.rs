//! What goes to the registry of crates: that each package has what a reader of its page looks for,
//! holds no private key, and would be taken.

use std::path::Path;

use crate::command::{cargo, ensure, metadata, output, printed, show};
use crate::dependencies::{list, text};
use crate::files;

/// What every package brings along.
const EXPECTED: [&str; 3] = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// What its page shows, and where to find more.
const FIELDS: [&str; 4] = ["description", "homepage", "license", "repository"];

/// How files are called that may hold keys, and cannot be read as text.
const KEY_FILES: [&str; 7] = [".blob", ".der", ".jks", ".key", ".p12", ".p8", ".pfx"];

/// Checks every package that is published, then has cargo pack them all, in the order in which they
/// need each other.
pub(crate) fn check() -> Result<(), String> {
    let metadata = metadata(&["--no-deps"])?;
    // `publish = false` is an empty list of registries.
    let published = list(&metadata["packages"]).filter(|package| package["publish"].is_null());
    let mut findings = Vec::new();
    for package in published {
        let name = text(&package["name"]);
        let missing = FIELDS.iter().filter(|field| package[**field].is_null());
        findings.extend(missing.map(|field| format!("{name} has no {field}")));
        let folder = Path::new(text(&package["manifest_path"])).parent();
        let folder = folder.ok_or("a manifest without a folder")?;
        let packed = printed(cargo().args(["package", "--list", "--allow-dirty", "-p", name]))?;
        for expected in EXPECTED {
            if !packed.lines().any(|file| file == expected) {
                findings.push(format!("{name} has no {expected}"));
            }
        }
        for file in packed.lines().filter(|file| folder.join(file).exists()) {
            if is_key(file, &files::read(folder.join(file))?) {
                findings.push(format!(
                    "{name} would publish {file}, which may hold a private key"
                ));
            }
        }
    }
    ensure(findings.is_empty(), || findings.join("\n"))?;
    // The other checks have built all of it. What is not committed yet is packed, too.
    let mut publish = cargo();
    publish.args(["publish", "--dry-run", "--no-verify", "--locked"]);
    let tried = output(publish.args(["--workspace", "--allow-dirty"]))?;
    ensure(tried.status.success(), || {
        let said = String::from_utf8_lossy(&tried.stderr);
        format!("{} ended with {}\n{said}", show(&publish), tried.status)
    })
}

/// Whether a file may be one of keys by its name, or has one in it: a PEM block with something inside.
fn is_key(name: &str, content: &[u8]) -> bool {
    let content = String::from_utf8_lossy(content);
    let mut after = content.split("PRIVATE KEY-----").skip(1);
    // Headers, indentation or the escapes of a string may stand before the base64.
    let is_block = |text: &str| {
        let block = text.split("-----").next().unwrap_or_default();
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        let mut runs = block.split(|c| !is_base64(c));
        runs.any(|run| run.len() >= 40)
    };
    KEY_FILES.iter().any(|ending| name.ends_with(ending)) || after.any(is_block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_key_finds_keys_by_name_and_content() {
        let sample = crate::command::root().join("examples/personal/grace-example.pem");
        let sample = files::read(sample).unwrap();
        assert!(is_key("src/notes.txt", &sample));
        let sample = String::from_utf8(sample).unwrap();
        for escaped in [
            sample.replace('\n', "\\n"),
            sample.replace('\n', "\n    "),
            sample.replacen("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\n\n", 1),
        ] {
            assert!(is_key("src/notes.txt", escaped.as_bytes()), "{escaped}");
        }
        assert!(is_key("tests/data/ada.p12", b""));
        let label = b"starts_with(\"-----BEGIN PRIVATE KEY-----\")";
        assert!(!is_key("src/key.rs", label));
    }
}
