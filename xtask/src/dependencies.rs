//! What this project depends on, on each platform: one generation of every crate, nothing that
//! compiles C, and a `rust-version` that holds for every dependency.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::command::metadata;
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
    let mut findings = BTreeSet::new();
    for target in [&["x86_64-unknown-linux-gnu"], TARGETS.as_slice()].concat() {
        let graph = Graph::of(target)?;
        let built = graph.built();
        findings.extend(second_generations(&built));
        findings.extend(c_compilers(&graph.resolved(), target));
        findings.extend(newer_than_promised(&graph.packages, &built));
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(findings.into_iter().collect::<Vec<_>>().join("\n"))
}

/// One package of the graph, as far as it matters here.
struct Package {
    name: String,
    version: String,
    rust_version: Option<(u64, u64)>,
    /// What it is built from or with, without development dependencies.
    needs: Vec<String>,
}

/// The resolved dependencies for one target, by package id.
struct Graph {
    packages: HashMap<String, Package>,
}

impl Graph {
    fn of(target: &str) -> Result<Self, String> {
        let options = ["--locked", "--all-features", "--filter-platform", target];
        let metadata = metadata(&options)?;
        let mut needs: HashMap<&str, Vec<String>> = list(&metadata["resolve"]["nodes"])
            .map(|node| (text(&node["id"]), needs_of(node)))
            .collect();
        let packages = list(&metadata["packages"])
            .map(|package| {
                let id = text(&package["id"]);
                let package = Package {
                    name: text(&package["name"]).to_owned(),
                    version: text(&package["version"]).to_owned(),
                    rust_version: package["rust_version"].as_str().map(major_minor),
                    needs: needs.remove(id).unwrap_or_default(),
                };
                (id.to_owned(), package)
            })
            .collect();
        Ok(Self { packages })
    }

    /// Everything, development dependencies too: those are linted for every platform.
    fn resolved(&self) -> Vec<&Package> {
        self.packages.values().collect()
    }

    /// Everything that goes into, or runs for, a build of the shipped packages.
    fn built(&self) -> Vec<&Package> {
        let mut waiting: Vec<&str> = self
            .packages
            .iter()
            .filter(|(_, package)| SHIPPED.contains(&package.name.as_str()))
            .map(|(id, _)| id.as_str())
            .collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if let Some((id, package)) = self.packages.get_key_value(id)
                && seen.insert(id.as_str())
            {
                waiting.extend(package.needs.iter().map(String::as_str));
            }
        }
        seen.into_iter().map(|id| &self.packages[id]).collect()
    }
}

fn needs_of(node: &Value) -> Vec<String> {
    let for_development = |needed: &Value| {
        list(&needed["dep_kinds"]).all(|kind| kind["kind"].as_str() == Some("dev"))
    };
    list(&node["deps"])
        .filter(|needed| !for_development(needed))
        .map(|needed| text(&needed["pkg"]).to_owned())
        .collect()
}

fn second_generations(built: &[&Package]) -> Vec<String> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in built {
        versions
            .entry(&package.name)
            .or_default()
            .insert(&package.version);
    }
    versions
        .into_iter()
        .filter(|(name, versions)| !SEVERAL_GENERATIONS.contains(name) && versions.len() > 1)
        .map(|(name, versions)| {
            let versions: Vec<_> = versions.into_iter().collect();
            format!(
                "{name} is there more than once: {}; `cargo tree -i {name}@VERSION` says why",
                versions.join(" and ")
            )
        })
        .collect()
}

fn c_compilers(built: &[&Package], target: &str) -> Vec<String> {
    built
        .iter()
        .filter(|package| BUILDS_C.contains(&package.name.as_str()))
        .map(|package| {
            format!(
                "{name} builds C for {target}; `cargo tree -i {name} --target {target}` says why",
                name = package.name
            )
        })
        .collect()
}

fn newer_than_promised(packages: &HashMap<String, Package>, built: &[&Package]) -> Vec<String> {
    let promised = packages
        .values()
        .filter(|package| SHIPPED.contains(&package.name.as_str()))
        .filter_map(|package| package.rust_version)
        .min();
    built
        .iter()
        .filter(|package| package.rust_version > promised)
        .filter_map(|package| {
            let (major, minor) = package.rust_version?;
            Some(format!(
                "{} {} needs Rust {major}.{minor}, more than rust-version in Cargo.toml says",
                package.name, package.version
            ))
        })
        .collect()
}

fn major_minor(version: &str) -> (u64, u64) {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, rust_version: &str) -> Package {
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            rust_version: Some(major_minor(rust_version)),
            needs: Vec::new(),
        }
    }

    #[test]
    fn two_versions_of_a_crate_are_found() {
        let (old, new) = (
            package("der", "0.7.9", "1.65"),
            package("der", "0.8.0", "1.85"),
        );
        assert!(second_generations(&[&new]).is_empty());
        assert_eq!(second_generations(&[&old, &new]).len(), 1);
    }

    #[test]
    fn a_crate_that_compiles_c_is_found() {
        let cc = package("cc", "1.2.0", "1.63");
        assert_eq!(c_compilers(&[&cc], "x86_64-pc-windows-gnu").len(), 1);
    }

    #[test]
    fn a_dependency_newer_than_our_promise_is_found() {
        let ours = HashMap::from([("id".to_owned(), package("certstow", "0.1.0", "1.89"))]);
        let (old, new) = (
            package("a", "1.0.0", "1.89.0"),
            package("b", "1.0.0", "1.90"),
        );
        assert_eq!(newer_than_promised(&ours, &[&old, &new]).len(), 1);
    }
}
