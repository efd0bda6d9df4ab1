//! What this project depends on, on each platform: one generation of every crate, nothing that
//! compiles C, and a `rust-version` that holds for every dependency.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::command::{ensure, metadata};
use crate::toolchain::TARGETS;

/// Crates of which there may be several versions in a build: they run in the compiler alone. Of all
/// others there is one, since types of two generations do not fit each other, and each brings all
/// that it needs again.
const SEVERAL_GENERATIONS: [&str; 1] = ["syn"];

/// Crates that compile C or C++, or look for a library that was.
const BUILDS_C: [&str; 12] = [
    "aws-lc-fips-sys",
    "aws-lc-rs",
    "aws-lc-sys",
    "bindgen",
    "cc",
    "cmake",
    "native-tls",
    "nettle-sys",
    "openssl-sys",
    "pkg-config",
    "ring",
    "vcpkg",
];

/// The packages that are shipped.
const SHIPPED: [&str; 2] = ["certstow", "certstow-platform"];

/// Checks the dependencies as resolved for every platform.
pub(crate) fn check() -> Result<(), String> {
    let findings = on_every_target(|metadata, target| {
        // Development dependencies too: those are linted for every platform.
        let resolved: Vec<_> = list(&metadata["packages"]).collect();
        let built = built(metadata, &SHIPPED, &["", "build"]);
        let mut findings = second_generations(&built);
        findings.extend(c_compilers(&resolved, target));
        findings.extend(newer_than_promised(&resolved, &built));
        Ok(findings)
    })?;
    ensure(findings.is_empty(), || {
        findings.into_iter().collect::<Vec<_>>().join("\n")
    })
}

/// What is found in the metadata as resolved for each platform.
pub(crate) fn on_every_target(
    find: impl Fn(&Value, &str) -> Result<Vec<String>, String>,
) -> Result<BTreeSet<String>, String> {
    let mut findings = BTreeSet::new();
    for target in [&["x86_64-unknown-linux-gnu"], TARGETS.as_slice()].concat() {
        let options = ["--locked", "--all-features", "--filter-platform", target];
        findings.extend(find(&metadata(&options)?, target)?);
    }
    Ok(findings)
}

/// Every package that goes into a build of these, by dependencies of these kinds: "" is a normal one,
/// "build" one that runs for the build.
pub(crate) fn built<'a>(metadata: &'a Value, names: &[&str], kinds: &[&str]) -> Vec<&'a Value> {
    let packages = || list(&metadata["packages"]);
    let ours = packages().filter(|package| names.contains(&text(&package["name"])));
    let mut waiting: Vec<_> = ours.map(|package| text(&package["id"])).collect();
    let counts = |used: &&Value| {
        let mut of_it = list(&used["dep_kinds"]).map(|kind| text(&kind["kind"]));
        of_it.any(|kind| kinds.contains(&kind))
    };
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            let node = list(&metadata["resolve"]["nodes"]).find(|node| node["id"] == id);
            let used = node.into_iter().flat_map(|node| list(&node["deps"]));
            waiting.extend(used.filter(counts).map(|used| text(&used["pkg"])));
        }
    }
    packages()
        .filter(|package| seen.contains(text(&package["id"])))
        .collect()
}

fn second_generations(built: &[&Value]) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in built {
        let of_name = versions.entry(text(&package["name"])).or_default();
        of_name.insert(text(&package["version"]));
    }
    versions
        .into_iter()
        .filter(|(name, versions)| !SEVERAL_GENERATIONS.contains(name) && versions.len() > 1)
        .map(|(name, versions)| {
            let versions = versions.into_iter().collect::<Vec<_>>().join(" and ");
            format!("{name} is there more than once: {versions}; `cargo tree -i {name}@VERSION` says why")
        })
        .collect()
}

fn c_compilers(resolved: &[&Value], target: &str) -> Vec<String> {
    let names = resolved.iter().map(|package| text(&package["name"]));
    names
        .filter(|name| BUILDS_C.contains(name))
        .map(|name| {
            format!(
                "{name} builds C for {target}; `cargo tree -i {name} --target {target}` says why"
            )
        })
        .collect()
}

fn newer_than_promised(resolved: &[&Value], built: &[&Value]) -> Vec<String> {
    let promised = resolved
        .iter()
        .filter(|package| SHIPPED.contains(&text(&package["name"])))
        .filter_map(|package| rust_version(package))
        .min();
    built
        .iter()
        .filter(|package| rust_version(package) > promised)
        .map(|package| {
            let [name, version, rust] =
                ["name", "version", "rust_version"].map(|field| text(&package[field]));
            format!("{name} {version} needs Rust {rust}, more than rust-version in Cargo.toml says")
        })
        .collect()
}

/// The major and the minor number of the oldest Rust that a package promises to build with.
fn rust_version(package: &Value) -> Option<(u64, u64)> {
    let version = package["rust_version"].as_str()?;
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, version: &str, rust_version: &str) -> Value {
        json!({"name": name, "version": version, "rust_version": rust_version})
    }

    #[test]
    fn second_generations_finds_two_versions() {
        let (old, new) = (
            package("der", "0.7.9", "1.65"),
            package("der", "0.8.0", "1.85"),
        );
        assert!(second_generations(&[&new]).is_empty());
        assert_eq!(second_generations(&[&old, &new]).len(), 1);
    }

    #[test]
    fn c_compilers_finds_cc() {
        let cc = package("cc", "1.2.0", "1.63");
        assert_eq!(c_compilers(&[&cc], "x86_64-pc-windows-gnu").len(), 1);
    }

    #[test]
    fn newer_than_promised_finds_newer_dependency() {
        let ours = package("certstow", "0.1.0", "1.89");
        let (old, new) = (
            package("a", "1.0.0", "1.89.0"),
            package("b", "1.0.0", "1.90"),
        );
        assert_eq!(newer_than_promised(&[&ours], &[&old, &new]).len(), 1);
    }
}
