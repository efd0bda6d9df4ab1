//! Where the paths in the files of one crate lead. Names are looked up as the compiler does, but for
//! three things: every `cfg` other than `cfg(test)` holds, so that a name can have several meanings;
//! what a function imports counts for its module; and a name that a module does not show is taken to
//! be made by a macro there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::files;

/// The files that the paths in a file lead to, with these paths.
pub(super) type Edges = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;

/// What a name stands for. Modules are numbers, the root 0.
enum Meaning {
    Module(usize, PathBuf),
    Item(PathBuf),
    Import(String),
}

#[derive(Default)]
struct Crate {
    modules: usize,
    /// By the module and the name in it.
    names: BTreeMap<(usize, String), Vec<Meaning>>,
    /// The file and the module of each path.
    paths: BTreeSet<(PathBuf, usize, String)>,
}

/// A module, its file, and where the files of its children lie.
struct Place {
    module: usize,
    file: PathBuf,
    folder: PathBuf,
}

/// The edges between the files of the crate with this root.
pub(super) fn edges(root: &Path) -> Result<Edges, String> {
    let mut read = Crate::default();
    read.file(&Place {
        module: 0,
        file: root.to_owned(),
        folder: root.with_file_name(""),
    })?;
    read.define(0, "crate", Meaning::Module(0, root.to_owned()));
    let mut edges = Edges::new();
    for (file, module, path) in &read.paths {
        let mut targets = read.files(*module, path, DEEPEST).unwrap_or_default();
        targets.retain(|target| target != file);
        for target in targets {
            let from = edges.entry(file.clone()).or_default();
            from.entry(target).or_default().insert(path.clone());
        }
    }
    Ok(edges)
}

/// How many re-exports are followed, one to the next; `use hmac::hmac` would go on for ever.
const DEEPEST: usize = 8;

/// What makes the next word the name of an item; the last is of `macro_rules!`.
const ITEMS: [&str; 9] = [
    "const", "enum", "fn", "static", "struct", "trait", "type", "union", "!",
];

impl Crate {
    fn file(&mut self, place: &Place) -> Result<(), String> {
        let words = words(&place.file)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.scan(place, &words)
    }

    /// Takes up what the words of a module define, import and name.
    fn scan(&mut self, place: &Place, words: &[&str]) -> Result<(), String> {
        // What stands before each bracket that is open: `a::` in `use a::{b, c}`.
        let mut prefixes = vec![String::new()];
        let mut reexport = None;
        let mut at = 0;
        while at < words.len() {
            let (before, rest) = words.split_at(at);
            at += 1;
            match *rest {
                ["#", "[", "cfg", "(", "test", ..]
                | ["#", "[", "cfg", "(", "all", "(", "test", ..] => {
                    at += item_length(rest) - 1;
                }
                ["(" | "[" | "{", ..] => prefixes.push(String::new()),
                [")" | "]" | "}", ..] => drop(prefixes.pop()),
                ["mod", name, ";" | "{", ..] => {
                    let length = item_length(rest);
                    self.module(place, name, before, &rest[2..length])?;
                    at += length - 1;
                }
                ["use", next, ..] if next != "<" => {
                    reexport = Some(before.ends_with(&["pub"]) || before.ends_with(&[")"]));
                }
                ["*", ..] if reexport.is_some() => {
                    return Err(format!(
                        "{}: `use ...::*` is not followed",
                        place.file.display()
                    ));
                }
                [";", ..] => reexport = None,
                [keyword, name, ..] if prefixes.len() == 1 && ITEMS.contains(&keyword) => {
                    self.define(place.module, name, Meaning::Item(place.file.clone()));
                }
                [first, ..] if is_name(first) => {
                    let mut path = prefixes.last().cloned().unwrap_or_default() + first;
                    while let ["::", next, ..] = words[at..]
                        && is_name(next)
                    {
                        path = path + "::" + next;
                        at += 2;
                    }
                    if words[at..].starts_with(&["::", "{"]) {
                        prefixes.push(path + "::");
                        at += 2;
                        continue;
                    }
                    let path = path.strip_suffix("::self").unwrap_or(&path).to_owned();
                    if reexport.is_some() {
                        let last = path.rsplit("::").next().unwrap_or_default();
                        let name = match words[at..] {
                            ["as", name, ..] => {
                                at += 2;
                                name
                            }
                            _ => last,
                        };
                        self.define(place.module, name, Meaning::Import(path.clone()));
                    }
                    if reexport != Some(true) && !matches!(before, [.., "." | "fn" | "::"]) {
                        self.paths.insert((place.file.clone(), place.module, path));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A module, from what stands before its declaration and from its body, if that is not a file.
    fn module(
        &mut self,
        parent: &Place,
        name: &str,
        before: &[&str],
        body: &[&str],
    ) -> Result<(), String> {
        self.modules += 1;
        let mut place = Place {
            module: self.modules,
            file: parent.file.clone(),
            folder: parent.folder.join(name),
        };
        if body == [";"] {
            place.file = place.folder.with_extension("rs");
            if let [.., "path", "=", given, "]"] = before {
                place.file = parent.file.with_file_name(given.trim_matches('"'));
                place.folder = place.file.with_file_name("");
            } else if !place.file.exists() {
                place.file = place.folder.join("mod.rs");
            }
        }
        let meaning = Meaning::Module(place.module, place.file.clone());
        self.define(parent.module, name, meaning);
        self.define(
            place.module,
            "super",
            Meaning::Module(parent.module, parent.file.clone()),
        );
        match body {
            ["{", words @ .., "}"] => self.scan(&place, words),
            _ => self.file(&place),
        }
    }

    fn define(&mut self, module: usize, name: &str, meaning: Meaning) {
        let meanings = self.names.entry((module, name.to_owned())).or_default();
        meanings.push(meaning);
    }

    /// The files that define what a path names; a module is defined nowhere. Nothing is known of what
    /// begins with the name of another crate.
    fn files(&self, module: usize, path: &str, depth: usize) -> Option<Vec<PathBuf>> {
        let (first, rest) = path.split_once("::").unwrap_or((path, ""));
        if first == "self" {
            return self.files(module, rest, depth);
        }
        let of = if first == "crate" { 0 } else { module };
        let meanings = self
            .names
            .get(&(of, first.to_owned()))
            .filter(|_| depth > 0)?;
        let is_module = |meaning: &Meaning| matches!(meaning, Meaning::Module(..));
        let in_module = !rest.is_empty() && meanings.iter().any(is_module);
        let mut files = Vec::new();
        for meaning in meanings {
            match meaning {
                Meaning::Module(..) if rest.is_empty() => {}
                Meaning::Module(inner, file) => {
                    let found = self.files(*inner, rest, depth);
                    files.extend(found.unwrap_or_else(|| vec![file.clone()]));
                }
                Meaning::Import(import) => {
                    let longer = format!("{import}::{rest}");
                    let longer = longer.trim_end_matches("::");
                    files.extend(self.files(module, longer, depth - 1).unwrap_or_default());
                }
                // With a variant or a method of it, perhaps.
                Meaning::Item(file) if !in_module => files.push(file.clone()),
                Meaning::Item(_) => {}
            }
        }
        Some(files)
    }
}

/// Every word, sign and bracket of a file for itself, but for `::`, `->` and `=>`.
pub(super) fn words(file: &Path) -> Result<Vec<String>, String> {
    let tokens = files::read_text(file)?.parse();
    let tokens = tokens.map_err(|error| format!("{}: {error}", file.display()))?;
    let mut words = Vec::new();
    flatten(tokens, &mut words);
    Ok(words)
}

fn flatten(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        let TokenTree::Group(group) = token else {
            let word = token.to_string();
            match (words.last_mut(), word.as_str()) {
                (Some(last), ":") if last == ":" => last.push(':'),
                (Some(last), ">") if last == "-" || last == "=" => last.push('>'),
                _ => words.push(word),
            }
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::None => ("", ""),
        };
        words.push(open.to_owned());
        flatten(group.stream(), words);
        words.push(close.to_owned());
    }
}

/// How many words an item has, a field or a statement, with its attributes.
fn item_length(words: &[&str]) -> usize {
    let (mut brackets, mut angles) = (0, 0);
    for (index, word) in words.iter().enumerate() {
        match *word {
            "(" | "[" | "{" => brackets += 1,
            ")" | "]" | "}" => brackets -= 1,
            "<" => angles += 1,
            ">" => angles -= 1,
            _ => {}
        }
        if brackets < 0 {
            return index;
        }
        if brackets == 0 && (matches!(*word, ";" | "}") || *word == "," && angles == 0) {
            return index + 1;
        }
    }
    words.len()
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
