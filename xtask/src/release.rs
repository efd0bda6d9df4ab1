//! What goes beside the packages of a release: their SHA-256 sums, the manifests for winget, Scoop,
//! Homebrew and Arch's user repository with those sums in them, and the notes out of the changelog.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::command::{ensure, metadata, root};
use crate::dependencies::{list, text};
use crate::files;
use crate::package::{LINUX, LINUX_ARM, MACOS, VERSION, WINDOWS};

const SUMS: &str = "SHA256SUMS";

/// The templates in `packaging/`, by the name that each gets in the release.
const TEMPLATES: [(&str, &str); 7] = [
    ("certstow.rb", "homebrew/certstow.rb"),
    ("certstow.json", "scoop/certstow.json"),
    ("PKGBUILD", "aur/PKGBUILD"),
    // In the repository there it is `.SRCINFO`; the attachment of a release can't begin with a dot.
    ("SRCINFO", "aur/SRCINFO"),
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

/// Whether a release with the tag `tag` of the repository at `url` can be made; its notes.
pub(crate) fn notes_of(tag: &str, url: &str) -> Result<String, String> {
    ensure(tag.strip_prefix('v') == Some(VERSION), || {
        format!("the tag is {tag}, and Cargo.toml says {VERSION}")
    })?;
    let metadata = metadata(&["--no-deps"])?;
    let program = list(&metadata["packages"]).find(|package| package["name"] == "certstow");
    let said = program.map_or("", |program| text(&program["repository"]));
    // Where cargo-binstall looks for the packages, and the registry's page leads to.
    ensure(said == url, || {
        format!("the repository is {url}, and Cargo.toml says {said}")
    })?;
    notes(&files::read_text(root().join("CHANGELOG.md"))?, VERSION)
}

/// The archives, by the names that the templates have for them.
const ARCHIVES: [(&str, &str); 4] = [
    ("LINUX", LINUX),
    ("LINUX_ARM", LINUX_ARM),
    ("MACOS", MACOS),
    ("WINDOWS", WINDOWS),
];

/// Completes the packages in `folder` to a release with the tag `tag` of the repository at `url`.
pub(crate) fn complete(tag: &str, url: &str, folder: &Path) -> Result<(), String> {
    files::write(folder.join("NOTES.md"), notes_of(tag, url)?)?;
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
        if [".deb", ".gz", ".rpm", ".zip"]
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
    for (place, ending) in ARCHIVES {
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

    fn sum_of(ending: &str) -> String {
        let sum = Sha256::digest(ending);
        sum.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn all_sums() -> BTreeMap<String, String> {
        ARCHIVES
            .map(|(_, ending)| (format!("certstow-1.2.3{ending}"), sum_of(ending)))
            .into()
    }

    #[test]
    fn fill_completes_every_template() {
        for (name, filled) in filled_templates() {
            assert!(filled.contains("1.2.3"), "{name}");
            match name.rsplit('.').next() {
                Some("json") => assert_is_of_scoop(&filled),
                Some("yaml") => assert_is_of_winget(name, &filled),
                Some("rb") => assert_blocks_end(&filled),
                _ => {}
            }
        }
    }

    fn filled_templates() -> impl Iterator<Item = (&'static str, String)> {
        TEMPLATES.into_iter().map(|(name, template)| {
            let template = files::read_text(root().join("packaging").join(template)).unwrap();
            (name, fill(&template, "1.2.3", URL, &all_sums()).unwrap())
        })
    }

    /// What Scoop's schema asks for, and that what is downloaded is what is unpacked.
    fn assert_is_of_scoop(manifest: &str) {
        let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
        for required in ["version", "description", "homepage", "license"] {
            assert!(manifest[required].is_string(), "{required}");
        }
        let archive = &manifest["architecture"]["64bit"];
        assert_eq!(archive["hash"], sum_of(WINDOWS));
        let folder = manifest["extract_dir"].as_str().unwrap();
        let url = archive["url"].as_str().unwrap();
        assert!(url.ends_with(&format!("/{folder}.zip")), "{url}");
        // The next version's, by the same rule.
        let next = manifest["autoupdate"]["architecture"]["64bit"]["url"].as_str();
        assert_eq!(next.unwrap().replace("$version", "1.2.3"), url);
        let next = manifest["autoupdate"]["extract_dir"].as_str();
        assert_eq!(next.unwrap().replace("$version", "1.2.3"), folder);
    }

    /// What winget's schemas ask for: what every manifest has, and the pattern of a version.
    fn assert_is_of_winget(name: &str, manifest: &str) {
        let value = |key: &str| {
            let mut lines = manifest.lines();
            let line = lines.find_map(|line| line.trim_start().strip_prefix(&format!("{key}: ")));
            line.unwrap_or_else(|| panic!("{name} has no {key}"))
        };
        assert_eq!(value("PackageVersion"), "1.2.3");
        let kind = value("ManifestType");
        let version = value("ManifestVersion");
        let schema = format!("schema=https://aka.ms/winget-manifest.{kind}.{version}.schema.json");
        assert!(
            manifest.lines().next().unwrap().ends_with(&schema),
            "{name}"
        );
        if kind == "installer" {
            assert_eq!(value("InstallerSha256"), sum_of(WINDOWS));
        }
        for line in manifest.lines().filter(|line| !line.starts_with('#')) {
            let item = line.trim_start().trim_start_matches("- ");
            let is_key = item.ends_with(':') || item.contains(": ");
            assert!(
                is_key || line.trim_start().starts_with("- "),
                "{name}: {line}"
            );
        }
    }

    /// A formula's blocks, as Ruby pairs them.
    fn assert_blocks_end(formula: &str) {
        let words = |line: &str, of: &[&str]| line.split(' ').any(|word| of.contains(&word));
        let begun = formula
            .lines()
            .filter(|line| words(line, &["class", "def", "do"]));
        let ended = formula.lines().filter(|line| line.trim() == "end");
        assert_eq!(begun.count(), ended.count());
    }

    #[test]
    #[cfg(unix)]
    fn build_file_of_arch_is_shell() {
        let (_, script) = filled_templates()
            .find(|(name, _)| *name == "PKGBUILD")
            .unwrap();
        let list = "printf '%s\\n' \"$pkgver\" \"${sha256sums_aarch64[0]}\"; declare -F package";
        let mut bash = crate::command::program("bash");
        let printed = crate::command::printed(bash.args(["-euc", &(script + list)])).unwrap();
        let sum = sum_of(LINUX_ARM);
        assert_eq!(printed, format!("1.2.3\n{sum}\npackage\n"));
        let (_, info) = filled_templates()
            .find(|(name, _)| *name == "SRCINFO")
            .unwrap();
        assert!(info.contains(&format!("sha256sums_aarch64 = {sum}\n")));
    }

    /// What cargo-binstall makes of the names in Cargo.toml is what the archives are called.
    #[test]
    fn binstall_finds_every_archive() {
        let metadata = metadata(&["--no-deps"]).unwrap();
        let mut packages = list(&metadata["packages"]);
        let program = packages
            .find(|package| package["name"] == "certstow")
            .unwrap();
        let binstall = &program["metadata"]["binstall"];
        for (target, ending) in [
            ("x86_64-unknown-linux-gnu", LINUX),
            ("x86_64-unknown-linux-musl", LINUX),
            ("aarch64-unknown-linux-gnu", LINUX_ARM),
            ("aarch64-unknown-linux-musl", LINUX_ARM),
            ("x86_64-pc-windows-msvc", WINDOWS),
            ("x86_64-apple-darwin", MACOS),
            ("aarch64-apple-darwin", MACOS),
        ] {
            let of_target = &binstall["overrides"][target];
            let told = |key: &str| {
                let told = of_target[key].as_str().or(binstall[key].as_str()).unwrap();
                [
                    ("{ repo }", "R"),
                    ("{ name }", "certstow"),
                    ("{ version }", "1.2.3"),
                    ("{ target-arch }", target.split('-').next().unwrap()),
                    ("{ bin }", "certstow"),
                ]
                .into_iter()
                .fold(told.to_owned(), |told, (name, value)| {
                    told.replace(name, value)
                })
            };
            let archive = format!("certstow-1.2.3{ending}");
            let url = format!("R/releases/download/v1.2.3/{archive}");
            assert_eq!(told("pkg-url"), url, "{target}");
            let (folder, format) = match archive.strip_suffix(".zip") {
                Some(folder) => (folder, "zip"),
                None => (archive.trim_end_matches(".tar.gz"), "tgz"),
            };
            assert_eq!(told("pkg-fmt"), format, "{target}");
            let program = told("bin-dir");
            assert_eq!(program.split('/').next(), Some(folder), "{target}");
            assert!(program.contains("/certstow"), "{target}");
        }
    }

    #[test]
    fn fill_inserts_url_version_and_checksum() {
        let template = "@URL@/releases/download/v@VERSION@/@WINDOWS@ @WINDOWS_SHA256@";
        assert_eq!(
            fill(template, "1.2.3", URL, &all_sums()).unwrap(),
            format!(
                "https://example.org/certstow/releases/download/v1.2.3/\
                 certstow-1.2.3-x86_64-windows.zip {}",
                sum_of(WINDOWS)
            )
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
