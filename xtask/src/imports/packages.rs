//! What the packages of the workspace may depend on: each uses those below it alone, the library's
//! nothing of a terminal, and the lowest nothing of an operating system.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::paths::words;
use crate::dependencies::{built, list, on_every_target, text};
use crate::files;

/// From the program down.
const PACKAGES: [&str; 4] = [
    "certstow",
    "certstow-core",
    "certstow-platform",
    "certstow-formats",
];

/// The packages that have nothing of a terminal, not even through others.
const WITHOUT_TERMINAL: [&str; 2] = ["certstow-core", "certstow-formats"];
const TERMINAL: [&str; 7] = [
    "anstream",
    "clap",
    "comfy-table",
    "crossterm",
    "indicatif",
    "roff",
    "rustyline",
];

/// The package that is the same on every system: it uses no crate of one itself, and asks for none
/// in a `cfg`. Random numbers come from every system in one way.
const WITHOUT_SYSTEM: &str = "certstow-formats";
const SYSTEM: [&str; 15] = [
    "core-foundation",
    "core-foundation-sys",
    "ctrlc",
    "keyring-core",
    "libc",
    "nix",
    "rustix",
    "rustls-native-certs",
    "same-file",
    "schannel",
    "security-framework",
    "security-framework-sys",
    "tempfile",
    "windows",
    "windows-sys",
];
const CONDITIONS: [&str; 5] = [
    "unix",
    "windows",
    "target_os",
    "target_family",
    "target_env",
];

/// What breaks these rules on any system. A package that a rule names and that does not exist does.
pub(super) fn findings() -> Result<BTreeSet<String>, String> {
    on_every_target(|metadata, _| {
        let mut findings = dependencies(metadata);
        if let Some(package) = package(metadata, WITHOUT_SYSTEM) {
            let manifest = Path::new(text(&package["manifest_path"]));
            conditions(&manifest.with_file_name("src"), &mut findings)?;
        }
        Ok(findings)
    })
}

fn dependencies(metadata: &Value) -> Vec<String> {
    let mut findings = Vec::new();
    for (above, name) in PACKAGES.iter().enumerate() {
        let Some(package) = package(metadata, name) else {
            findings.push(format!("there is no package {name}, which has rules"));
            continue;
        };
        for used in list(&package["dependencies"]) {
            let (other, kind) = (text(&used["name"]), text(&used["kind"]));
            if used["path"].is_string() && !PACKAGES[above + 1..].contains(&other) {
                let order = PACKAGES.join(" -> ");
                findings.push(format!("{name} depends on {other}, against {order}"));
            }
            if *name == WITHOUT_SYSTEM && kind.is_empty() && SYSTEM.contains(&other) {
                findings.push(format!("{name} depends on {other}, which is of a system"));
            }
        }
        if WITHOUT_TERMINAL.contains(name) {
            let needed = built(metadata, &[name], &[""]);
            let needed = needed.iter().map(|package| text(&package["name"]));
            for other in needed.filter(|other| TERMINAL.contains(other)) {
                let why = format!("`cargo tree -p {name} -e normal -i {other}` says why");
                findings.push(format!(
                    "{name} needs {other}, which is of a terminal; {why}"
                ));
            }
        }
    }
    findings
}

/// Every `cfg` for a system in the files of a folder.
fn conditions(folder: &Path, findings: &mut Vec<String>) -> Result<(), String> {
    for file in files::in_folder(folder)? {
        if file.is_dir() {
            conditions(&file, findings)?;
            continue;
        }
        let is_code = file.extension().is_some_and(|ending| ending == "rs");
        let words = is_code.then(|| words(&file)).transpose()?;
        let words = words.unwrap_or_default();
        let conditions = words.split(|word| word == "cfg" || word == "cfg_attr");
        for condition in conditions.skip(1) {
            // To the end of an attribute or of a statement.
            let ends = |word: &&String| ["]", ";", "{"].contains(&word.as_str());
            let mut condition = condition.iter().take_while(|word| !ends(word));
            if let Some(system) = condition.find(|word| CONDITIONS.contains(&word.as_str())) {
                findings.push(format!("{}: a `cfg` for {system}", file.display()));
            }
        }
    }
    Ok(())
}

fn package<'a>(metadata: &'a Value, name: &str) -> Option<&'a Value> {
    list(&metadata["packages"])
        .find(|package| package["name"] == name && package["source"].is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The metadata of our packages, each with a dependency on the next, and these changes.
    fn metadata(change: impl Fn(&str) -> Vec<Value>, nodes: &[(&str, &str)]) -> Value {
        let packages = PACKAGES.iter().enumerate().map(|(index, name)| {
            let mut dependencies = change(name);
            let next = PACKAGES.get(index + 1);
            dependencies.extend(next.map(|next| json!({"name": next, "kind": null, "path": "/"})));
            json!({"name": name, "id": name, "source": null, "dependencies": dependencies})
        });
        let others = ["middle", "clap"].map(|name| json!({"name": name, "id": name}));
        let nodes = nodes.iter().map(
            |(from, to)| json!({"id": from, "deps": [{"pkg": to, "dep_kinds": [{"kind": null}]}]}),
        );
        json!({
            "packages": packages.chain(others).collect::<Vec<_>>(),
            "resolve": {"nodes": nodes.collect::<Vec<_>>()},
        })
    }

    #[test]
    fn dependencies_downwards_are_allowed() {
        assert_eq!(dependencies(&metadata(|_| Vec::new(), &[])), [""; 0]);
    }

    #[test]
    fn dependencies_upwards_are_found() {
        for (kind, upper) in [
            ("dev", "certstow-core"),
            ("build", "certstow"),
            ("dev", "xtask"),
        ] {
            let up = json!({"name": upper, "kind": kind, "path": "/"});
            let add = |name: &str| match name {
                "certstow-platform" => vec![up.clone()],
                _ => Vec::new(),
            };
            let found = dependencies(&metadata(add, &[]));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(
                found[0].contains(&format!("depends on {upper}")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn dependencies_on_terminal_are_found_transitively() {
        let nodes = [("certstow-core", "middle"), ("middle", "clap")];
        let found = dependencies(&metadata(|_| Vec::new(), &nodes));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("certstow-core needs clap"),
            "{found:?}"
        );
    }

    #[test]
    fn dependencies_on_system_crates_are_found() {
        let add = |name: &str| match name {
            "certstow-formats" => vec![
                json!({"name": "tempfile", "kind": "dev"}),
                json!({"name": "windows-sys", "kind": null, "target": "cfg(windows)"}),
            ],
            "certstow-platform" => vec![json!({"name": "windows-sys", "kind": null})],
            _ => Vec::new(),
        };
        let found = dependencies(&metadata(add, &[]));
        assert_eq!(
            found,
            ["certstow-formats depends on windows-sys, which is of a system"]
        );
    }

    #[test]
    fn dependencies_reports_missing_package() {
        let found = dependencies(&json!({"packages": []}));
        assert_eq!(found.len(), PACKAGES.len());
    }

    #[test]
    fn conditions_finds_system_conditions() {
        let folder = std::env::temp_dir().join(format!("conditions-{}", std::process::id()));
        for (text, expected) in [
            ("#[cfg(windows)] mod a;", 1),
            ("fn f() { if cfg!(any(not(test), unix)) {} }", 1),
            (
                "#[cfg_attr(target_os = \"linux\", allow(unused))] fn f() {}",
                1,
            ),
            ("#[cfg(test)] mod windows { fn unix() {} }", 0),
            ("/// #[cfg(unix)]\nconst T: &str = \"cfg(unix)\";", 0),
        ] {
            files::write(folder.join("a/b.rs"), text).unwrap();
            let mut findings = Vec::new();
            conditions(&folder, &mut findings).unwrap();
            assert_eq!(findings.len(), expected, "{text}: {findings:?}");
        }
        files::remove(&folder).unwrap();
    }
}
