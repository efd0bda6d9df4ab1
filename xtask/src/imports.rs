//! The imports of every package. There is no circle of files: an edge goes from a file to the file
//! that defines what a path in it names. Re-exports are followed to the definition; neither they nor
//! `mod` declarations nor anything under `#[cfg(test)]` are edges. And no package depends on what it
//! must not have ([`packages`]).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use crate::command::{ensure, metadata, root};

mod packages;
mod paths;

use paths::Edges;

/// Fails with the shortest circle in each crate; with `all`, through each edge that is part of one.
pub(crate) fn check(all: bool) -> Result<(), String> {
    let circles_of_each = if all { usize::MAX } else { 1 };
    let metadata = metadata(&["--no-deps"])?;
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
    if !found.is_empty() {
        found.insert_str(0, "these files import each other in a circle:");
    }
    for finding in packages::findings()? {
        found += &format!("\n{finding}");
    }
    ensure(found.is_empty(), || found)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const LIB: &str = "mod a;\nmod b;\n";

    /// The circles of a crate that is made for it, as file names.
    fn circles_of(test: &str, files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let folder = std::env::temp_dir().join(format!("imports-{}-{test}", std::process::id()));
        for (name, text) in files {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let edges = paths::edges(&folder.join("lib.rs")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let name = |file: &&Path| file.strip_prefix(&folder).unwrap().display().to_string();
        let circles = circles(&edges).into_iter();
        circles
            .map(|circle| circle.iter().map(name).collect())
            .collect()
    }

    #[test]
    fn circles_are_found_in_every_path_form() {
        let ways = [
            "use crate::b::B;",
            "use super::b::{self, B as Other};",
            "use super::b; fn f() { b::g() }",
            "fn f() { println!(\"{}\", crate::b::g()) }",
            "#[derive(crate::b::D)] struct S;",
            "impl crate::b::T for A {}",
            "#[cfg(any(windows, test))] use crate::b::B;",
            "mod inner { use super::super::b::B; }",
            "fn f() { use crate::b::B; }",
            "use crate::b::made_by_a_macro;",
        ];
        for way in ways {
            let a = format!("pub struct A;\n{way}");
            let b = "pub struct B; pub fn g() {} pub trait T {} fn f(_: crate::a::A) {}";
            let found = circles_of("ways", &[("lib.rs", LIB), ("a.rs", &a), ("b.rs", b)]);
            assert_eq!(found, [["a.rs", "b.rs"]], "{way}");
        }
    }

    #[test]
    fn circles_follow_reexports_to_the_definition() {
        let files = [
            ("lib.rs", LIB),
            ("a/mod.rs", "mod inner; pub use inner::Inner as A;"),
            ("a/inner.rs", "pub struct Inner; fn f() { crate::b::g() }"),
            ("b.rs", "use crate::a; pub fn g() -> a::A { a::A }"),
        ];
        assert_eq!(circles_of("reexports", &files), [["a/inner.rs", "b.rs"]]);
    }

    #[test]
    fn circles_ignore_declarations_reexports_and_tests() {
        let b = "use crate::a::A;\npub struct B(A);";
        for way in [
            "pub use crate::b::B;",
            "pub(crate) use super::b::{B, B as C};",
            "#[cfg(test)] use crate::b::B;",
            "#[cfg(all(test, unix))] use crate::b::B;",
            "#[cfg(test)] mod tests { use crate::b::B; }",
            "#[cfg(test)] mod no_such_file;",
            "struct S { #[cfg(test)] b: Vec<crate::b::B>, c: u8 }",
            "impl A { #[cfg(test)] fn f<X, Y>(b: crate::b::B) -> X { crate::b::g() } }",
            "use crate::b;",
            "/// [`crate::b::B`]\nconst TEXT: &str = \"crate::b::B\";",
            "use other::b::B;",
        ] {
            let a = format!("pub struct A;\n{way}");
            let found = circles_of("none", &[("lib.rs", LIB), ("a.rs", &a), ("b.rs", b)]);
            assert!(found.is_empty(), "{way}: {found:?}");
        }
    }

    #[test]
    fn circles_of_three_are_found() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "use crate::c::C; pub struct B;"),
            ("c.rs", "use crate::a::A; pub struct C;"),
        ];
        assert_eq!(circles_of("three", &files), [["a.rs", "b.rs", "c.rs"]]);
    }
}
