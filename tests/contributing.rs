//! CONTRIBUTING.md names places in the code: a path, and before it, in "`item` in `path`", what is
//! defined there. Both have to be so.

use std::path::Path;

/// What begins a definition.
const KEYWORDS: [&str; 8] = [
    "struct", "enum", "trait", "fn", "const", "static", "type", "mod",
];

/// The items that a text names, each with the path that it names for it, and the paths alone.
fn places(text: &str) -> Vec<(Option<&str>, &str)> {
    let parts: Vec<&str> = text.split('`').collect();
    let mut places = Vec::new();
    for at in (1..parts.len()).step_by(2).filter(|at| is_path(parts[*at])) {
        places.push((None, parts[at]));
        let mut before = at;
        let mut between = "in";
        while before > 2 && parts[before - 1].trim() == between {
            before -= 2;
            places.push((Some(parts[before]), parts[at]));
            between = "and";
        }
    }
    places
}

/// Names in capitals stand for any, and a star too.
fn is_path(word: &str) -> bool {
    let is_placeholder = |part: &str| {
        let name = part.split('.').next().unwrap_or(part);
        name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    let relative = word.contains('/') && !word.starts_with('/');
    relative && !word.contains([' ', '*']) && !word.split('/').any(is_placeholder)
}

fn defines(source: &str, item: &str) -> bool {
    source.lines().any(|line| {
        let words: Vec<&str> = line
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .collect();
        let mut pairs = words.windows(2);
        pairs.any(|pair| KEYWORDS.contains(&pair[0]) && pair[1] == item)
    })
}

/// The places that are not as the text says.
fn wrong(text: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for (item, path) in places(text) {
        let file = root.join(path);
        match item {
            None if !file.exists() => wrong.push(format!("there is no {path}")),
            Some(item) => {
                let source = std::fs::read_to_string(&file).unwrap_or_default();
                if !defines(&source, item) {
                    wrong.push(format!("{path} defines no {item}"));
                }
            }
            None => {}
        }
    }
    wrong
}

#[test]
fn contributing_names_only_existing_places() {
    let text = include_str!("../CONTRIBUTING.md");
    let wrong = wrong(text);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let items = places(text)
        .iter()
        .filter(|(item, _)| item.is_some())
        .count();
    assert!(items >= 15, "only {items} items are named with their files");
}

#[test]
fn wrong_reports_missing_items_and_files() {
    let text =
        "`Exit` in `src/exit.rs`, `exit` and `Exit` in\n`src/exit.rs`, `src/gone.rs`, `a/NAME.rs`";
    assert_eq!(
        wrong(text),
        ["src/exit.rs defines no exit", "there is no src/gone.rs"]
    );
}
