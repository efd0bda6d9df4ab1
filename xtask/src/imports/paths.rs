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

/// What a name stands for in its module: a module, something that is defined there, or a path.
enum Meaning {
    Module(usize),
    Item,
    Import(String),
}

/// A module's file, and where the files of its children lie.
struct Module {
    file: PathBuf,
    folder: PathBuf,
}

/// Modules are numbers, the root 0.
struct Crate {
    modules: Vec<Module>,
    /// By the module and the name in it.
    names: BTreeMap<(usize, String), Vec<Meaning>>,
    /// The paths, and the module that each is in.
    paths: BTreeSet<(usize, String)>,
}

/// The edges between the files of the crate with this root.
pub(super) fn edges(root: &Path) -> Result<Edges, String> {
    let (file, folder) = (root.to_owned(), root.with_file_name(""));
    let mut read = Crate {
        modules: vec![Module { file, folder }],
        names: BTreeMap::new(),
        paths: BTreeSet::new(),
    };
    read.scan(0)?;
    let mut edges = Edges::new();
    for (module, path) in &read.paths {
        let file = &read.modules[*module].file;
        let targets = read.files(*module, path, DEEPEST).unwrap_or_default();
        for target in targets.into_iter().filter(|target| *target != file) {
            let from = edges.entry(file.clone()).or_default();
            from.entry(target.clone()).or_default().insert(path.clone());
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
    /// Takes up what the file of a module defines, imports and names.
    fn scan(&mut self, module: usize) -> Result<(), String> {
        let file = self.modules[module].file.clone();
        let words = words(&file)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // Of each bracket that is open: the module that it is in, whether it is that module's own, and
        // what stands before: `a::` in `use a::{b, c}`.
        let mut open = vec![(module, true, String::new())];
        let mut reexport = None;
        let mut at = 0;
        while at < words.len() {
            let (before, rest) = words.split_at(at);
            let Some((here, is_own, prefix)) = open.last().cloned() else {
                break;
            };
            at += 1;
            match *rest {
                ["#", "[", "cfg", "(", "test", ..]
                | ["#", "[", "cfg", "(", "all", "(", "test", ..] => {
                    at += item_length(rest) - 1;
                }
                ["mod", name, "{", ..] => {
                    let folder = self.modules[here].folder.join(name);
                    let file = file.clone();
                    open.push((
                        self.module(here, name, Module { file, folder }),
                        true,
                        String::new(),
                    ));
                    at += 2;
                }
                ["mod", name, ";", ..] => {
                    let module = self.in_a_file(here, name, before);
                    let module = self.module(here, name, module);
                    self.scan(module)?;
                    at += 2;
                }
                ["(" | "[" | "{", ..] => open.push((here, false, String::new())),
                [")" | "]" | "}", ..] => drop(open.pop()),
                ["use", next, ..] if next != "<" => {
                    reexport = Some(before.ends_with(&["pub"]) || before.ends_with(&[")"]));
                }
                ["*", ..] if reexport.is_some() => {
                    return Err(format!("{}: `use ...::*` is not followed", file.display()));
                }
                [";", ..] => reexport = None,
                [keyword, name, ..] if is_own && ITEMS.contains(&keyword) => {
                    self.define(here, name, Meaning::Item);
                }
                [first, ..] if is_name(first) => {
                    let mut path = prefix + first;
                    while let ["::", next, ..] = words[at..]
                        && is_name(next)
                    {
                        path = path + "::" + next;
                        at += 2;
                    }
                    if words[at..].starts_with(&["::", "{"]) {
                        open.push((here, false, path + "::"));
                        at += 2;
                        continue;
                    }
                    let path = path.strip_suffix("::self").unwrap_or(&path).to_owned();
                    if reexport.is_some() {
                        let name = match words[at..] {
                            ["as", name, ..] => {
                                at += 2;
                                name
                            }
                            _ => path.rsplit("::").next().unwrap_or_default(),
                        };
                        self.define(here, name, Meaning::Import(path.clone()));
                    }
                    if reexport != Some(true) && !matches!(before, [.., "." | "fn" | "::"]) {
                        self.paths.insert((here, path));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A module that is declared in another, after these words.
    fn in_a_file(&self, parent: usize, name: &str, before: &[&str]) -> Module {
        let Module { file, folder } = &self.modules[parent];
        if let [.., "path", "=", given, "]"] = before {
            let file = file.with_file_name(given.trim_matches('"'));
            let folder = file.with_file_name("");
            return Module { file, folder };
        }
        let folder = folder.join(name);
        let file = match folder.with_extension("rs") {
            file if file.exists() => file,
            _ => folder.join("mod.rs"),
        };
        Module { file, folder }
    }

    fn module(&mut self, parent: usize, name: &str, module: Module) -> usize {
        let number = self.modules.len();
        self.modules.push(module);
        self.define(parent, name, Meaning::Module(number));
        self.define(number, "super", Meaning::Module(parent));
        number
    }

    fn define(&mut self, module: usize, name: &str, meaning: Meaning) {
        let meanings = self.names.entry((module, name.to_owned())).or_default();
        meanings.push(meaning);
    }

    /// The files that define what a path names; a module is defined nowhere. Nothing is known of what
    /// begins with the name of another crate.
    fn files(&self, module: usize, path: &str, depth: usize) -> Option<Vec<&PathBuf>> {
        let (first, rest) = path.split_once("::").unwrap_or((path, ""));
        let meanings = match first {
            "self" => return self.files(module, rest, depth),
            "crate" => &[Meaning::Module(0)][..],
            _ => self.names.get(&(module, first.to_owned()))?,
        };
        let is_module = |meaning: &Meaning| matches!(meaning, Meaning::Module(_));
        // With a variant or a method of it, perhaps.
        let is_item = rest.is_empty() || !meanings.iter().any(is_module);
        let mut files = Vec::new();
        for meaning in meanings {
            match meaning {
                Meaning::Module(inner) if !rest.is_empty() => {
                    let found = self.files(*inner, rest, depth);
                    files.extend(found.unwrap_or_else(|| vec![&self.modules[*inner].file]));
                }
                Meaning::Import(import) if depth > 0 => {
                    let longer = format!("{import}::{rest}");
                    let longer = longer.trim_end_matches("::");
                    files.extend(self.files(module, longer, depth - 1).unwrap_or_default());
                }
                Meaning::Item if is_item => files.push(&self.modules[module].file),
                _ => {}
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
