//! What goes beside the packages of a release: their SHA-256 sums, the manifests for winget and
//! Homebrew with those sums in them, and the notes out of the changelog.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::command::root;
use crate::files;
use crate::package::{LINUX, MACOS, VERSION, WINDOWS};

const SUMS: &str = "SHA256SUMS";

/// The templates in `packaging/`, by the name that each gets in the release.
const TEMPLATES: [(&str, &str); 4] = [
    ("certstow.rb", "homebrew/certstow.rb"),
    ("Certstow.Certstow.yaml", "winget/Certstow.Certstow.yaml"),
    (
        "Certstow.Certstow.installer.yaml",
        "winget/Certstow.Certstow.installer.yaml",
    ),
    (
        "Certstow.Certstow.locale.en-US.yaml",
        "winget/Certstow.Certstow.locale.en-US.yaml",
    ),
];

/// Completes the packages in `folder` to a release with the tag `tag` of the repository at `url`.
pub(crate) fn complete(tag: &str, folder: &Path, url: &str) -> Result<(), String> {
    if tag.strip_prefix('v') != Some(VERSION) {
        return Err(format!("the tag is {tag}, and Cargo.toml says {VERSION}"));
    }
    let notes = notes(&files::read_text(root().join("CHANGELOG.md"))?, VERSION)?;
    files::write(folder.join("NOTES.md"), &notes)?;
    let sums = sums(folder)?;
    let mut lines = String::new();
    for (name, sum) in &sums {
        let _ = writeln!(lines, "{sum}  {name}");
    }
    files::write(folder.join(SUMS), &lines)?;
    for (name, template) in TEMPLATES {
        let template = root().join("packaging").join(template);
        let filled = fill(&files::read_text(&template)?, VERSION, url, &sums)
            .map_err(|error| format!("{}: {error}", template.display()))?;
        files::write(folder.join(name), &filled)?;
    }
    Ok(())
}

/// The SHA-256 of each package in a folder, by the package's name.
fn sums(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut sums = BTreeMap::new();
    for file in files::in_folder(folder)? {
        let name = files::name(&file);
        if [".deb", ".gz", ".zip"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            let sum = Sha256::digest(files::read(&file)?);
            let sum = sum.iter().map(|byte| format!("{byte:02x}")).collect();
            sums.insert(name, sum);
        }
    }
    Ok(sums)
}

/// A template with everything in `@` and `@` replaced; an error if something is left.
fn fill(
    template: &str,
    version: &str,
    url: &str,
    sums: &BTreeMap<String, String>,
) -> Result<String, String> {
    let mut text = template.replace("@VERSION@", version).replace("@URL@", url);
    for (place, ending) in [("LINUX", LINUX), ("MACOS", MACOS), ("WINDOWS", WINDOWS)] {
        let name = format!("certstow-{version}{ending}");
        let sum = sums
            .get(&name)
            .ok_or_else(|| format!("{name} is missing"))?;
        text = text
            .replace(&format!("@{place}@"), &name)
            .replace(&format!("@{place}_SHA256@"), sum);
    }
    match text.contains('@') {
        true => Err("it holds something that nothing replaces".to_owned()),
        false => Ok(text),
    }
}

/// What the changelog says of a version.
fn notes(changelog: &str, version: &str) -> Result<String, String> {
    let heading = format!("## [{version}]");
    let mut lines = changelog
        .lines()
        .skip_while(|line| !line.starts_with(&heading));
    lines
        .next()
        .ok_or_else(|| format!("CHANGELOG.md has no heading {heading}"))?;
    let lines: Vec<_> = lines.take_while(|line| !line.starts_with("## ")).collect();
    Ok(format!("{}\n", lines.join("\n").trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://example.org/certstow";

    fn all_sums() -> BTreeMap<String, String> {
        [(LINUX, "aa"), (MACOS, "bb"), (WINDOWS, "cc")]
            .map(|(ending, sum)| (format!("certstow-1.2.3{ending}"), sum.to_owned()))
            .into()
    }

    #[test]
    fn fill_completes_every_template() {
        for (name, template) in TEMPLATES {
            let template = files::read_text(root().join("packaging").join(template)).unwrap();
            let filled = fill(&template, "1.2.3", URL, &all_sums()).unwrap();
            assert!(filled.contains("1.2.3"), "{name}");
        }
    }

    #[test]
    fn fill_inserts_url_version_and_checksum() {
        let template = "@URL@/releases/download/v@VERSION@/@WINDOWS@ @WINDOWS_SHA256@";
        assert_eq!(
            fill(template, "1.2.3", URL, &all_sums()).unwrap(),
            "https://example.org/certstow/releases/download/v1.2.3/\
             certstow-1.2.3-x86_64-windows.zip cc"
        );
    }

    #[test]
    fn fill_rejects_missing_or_unknown_values() {
        assert!(fill("", "1.2.3", URL, &BTreeMap::new()).is_err());
        assert!(fill("@NOTHING@", "1.2.3", URL, &all_sums()).is_err());
    }

    #[test]
    fn notes_returns_section_of_version() {
        let changelog = "# Changelog\n\n## [1.2.3] - 2124-01-01\n\n- new\n\n## [1.2.2]\n\n- old\n";
        assert_eq!(notes(changelog, "1.2.3").unwrap(), "- new\n");
        assert!(notes(changelog, "1.2.4").is_err());
    }
}
