//! The imports of every package: no circle of files. An edge goes from a file to the file that
//! defines what a path in it names. Re-exports are followed to the definition; neither they nor `mod`
//! declarations nor anything under `#[cfg(test)]` are edges.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::command::{capture, cargo, root};

mod paths;

/// The files that the paths in a file lead to, with these paths.
type Edges = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// Fails with the shortest circle in each crate.
pub(crate) fn check() -> Result<(), String> {
    report(1)
}

/// Fails with the shortest circle through each edge that is part of one.
pub(crate) fn check_all() -> Result<(), String> {
    report(usize::MAX)
}

fn report(circles_of_each: usize) -> Result<(), String> {
    let metadata = capture(cargo().args(["metadata", "--no-deps", "--format-version=1"]))?;
    let metadata: Value = serde_json::from_slice(&metadata).map_err(|error| error.to_string())?;
    let mut found = String::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        for target in package["targets"].as_array().into_iter().flatten() {
            let kind = target["kind"][0].as_str().unwrap_or_default();
            if !["test", "bench", "example"].contains(&kind) {
                let source = target["src_path"].as_str().unwrap_or_default();
                let edges = paths::edges(Path::new(source))?;
                for circle in circles(&edges).iter().take(circles_of_each) {
                    found += &show(circle, &edges);
                }
            }
        }
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(format!("these files import each other in a circle:{found}")),
    }
}

/// The shortest circle through each edge that is part of one, the shortest first.
fn circles(edges: &Edges) -> Vec<Vec<&Path>> {
    let mut found = BTreeSet::new();
    for (from, targets) in edges {
        for to in targets.keys() {
            if let Some(mut circle) = shortest_way(edges, to, from) {
                let first = (0..circle.len()).min_by_key(|index| circle[*index]);
                circle.rotate_left(first.unwrap_or_default());
                found.insert((circle.len(), circle));
            }
        }
    }
    found.into_iter().map(|(_, circle)| circle).collect()
}

/// The files on the shortest way from one file to another, with both.
fn shortest_way<'a>(edges: &'a Edges, from: &'a Path, to: &Path) -> Option<Vec<&'a Path>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        if last == to {
            return Some(way);
        }
        for next in edges.get(last).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(next) {
                ways.push_back([way.as_slice(), &[next]].concat());
            }
        }
    }
    None
}

/// A line for each edge of a circle, with the paths that make it.
fn show(circle: &[&Path], edges: &Edges) -> String {
    let folder = root();
    let name = |file: &Path| {
        file.strip_prefix(&folder)
            .unwrap_or(file)
            .display()
            .to_string()
    };
    let mut lines = String::from("\n");
    for (from, to) in circle.iter().zip(circle.iter().cycle().skip(1)) {
        let paths: Vec<_> = edges[*from][*to].iter().map(String::as_str).collect();
        lines += &format!("  {} -> {}: {}\n", name(from), name(to), paths.join(", "));
    }
    lines
}
