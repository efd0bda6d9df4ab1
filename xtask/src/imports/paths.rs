//! Where the paths in the files of one crate lead. Names are looked up as the compiler looks them up,
//! but for three things: every `cfg` other than `cfg(test)` holds, so that a name can mean several
//! things; what a function imports counts for its module; and a name that a module does not show is
//! taken to be made by a macro there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use super::Edges;

struct Module {
    file: PathBuf,
    /// Where the files of its child modules lie.
    folder: PathBuf,
    parent: usize,
    names: Vec<(String, Meaning)>,
    globs: Vec<Vec<String>>,
    paths: BTreeSet<Vec<String>>,
}

#[derive(Clone)]
enum Meaning {
    Module(usize),
    ItemOf(PathBuf),
    Import(Vec<String>),
}

/// The edges between the files of the crate with this root.
pub(super) fn edges(root: &Path) -> Result<Edges, String> {
    let mut modules = Modules::default();
    modules.read(root.to_owned(), root.with_file_name(""), 0)?;
    let mut edges = Edges::new();
    for (index, module) in modules.0.iter().enumerate() {
        for path in &module.paths {
            for meaning in modules.meanings(index, path, &mut Vec::new()) {
                if let Meaning::ItemOf(file) = meaning
                    && file != module.file
                {
                    let targets = edges.entry(module.file.clone()).or_default();
                    targets.entry(file).or_default().insert(path.join("::"));
                }
            }
        }
    }
    Ok(edges)
}

/// The modules of a crate, its root first.
#[derive(Default)]
struct Modules(Vec<Module>);

impl Modules {
    fn read(&mut self, file: PathBuf, folder: PathBuf, parent: usize) -> Result<(), String> {
        let at_fault = |error: &dyn ToString| format!("{}: {}", file.display(), error.to_string());
        let text = fs::read_to_string(&file).map_err(|error| at_fault(&error))?;
        let tokens: TokenStream = text.parse().map_err(|error| at_fault(&error))?;
        self.add(file, folder, parent, tokens)
    }

    fn add(
        &mut self,
        file: PathBuf,
        folder: PathBuf,
        parent: usize,
        tokens: TokenStream,
    ) -> Result<(), String> {
        let (names, globs, paths) = Default::default();
        self.0.push(Module {
            file,
            folder,
            parent,
            names,
            globs,
            paths,
        });
        self.scan(self.0.len() - 1, tokens, true)
    }

    /// Takes up what tokens say: all those of a module, or some inside of one of its items.
    fn scan(&mut self, module: usize, tokens: TokenStream, whole: bool) -> Result<(), String> {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let words: Vec<String> = tokens.iter().map(ToString::to_string).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut at = 0;
        while at < tokens.len() {
            let before = &words[..at];
            at += match &words[at..] {
                ["#", attribute, ..] if only_for_tests(attribute) => item_end(&words[at..]),
                ["mod", name, ..] => {
                    self.declare(
                        module,
                        name,
                        given_path(before),
                        tokens.get(at + 2).cloned(),
                    )?;
                    3
                }
                ["use", next, ..] if *next != "<" => {
                    let length = words[at..].iter().take_while(|word| **word != ";").count();
                    let reexport = before.iter().rev().take(2).any(|word| *word == "pub");
                    self.import(module, &[], &tokens[at + 1..at + length], reexport);
                    length
                }
                [keyword, name, ..] if whole && ITEMS.contains(keyword) => {
                    let meaning = Meaning::ItemOf(self.0[module].file.clone());
                    self.0[module].names.push(((*name).to_owned(), meaning));
                    1
                }
                rest => {
                    let path = path(rest);
                    if let TokenTree::Group(group) = &tokens[at] {
                        self.scan(module, group.stream(), false)?;
                    } else if !matches!(before, [.., "." | "fn"] | [.., ":", ":"]) {
                        self.0[module].paths.insert(path.clone());
                    }
                    (path.len() * 3).saturating_sub(2).max(1)
                }
            };
        }
        Ok(())
    }

    fn declare(
        &mut self,
        parent: usize,
        name: &str,
        given: Option<&str>,
        body: Option<TokenTree>,
    ) -> Result<(), String> {
        let meaning = Meaning::Module(self.0.len());
        self.0[parent].names.push((name.to_owned(), meaning));
        let (file, folder) = (&self.0[parent].file, &self.0[parent].folder);
        let inner = folder.join(name);
        if let Some(TokenTree::Group(body)) = body {
            return self.add(file.clone(), inner, parent, body.stream());
        }
        if let Some(given) = given {
            let file = file.with_file_name(given);
            return self.read(file.clone(), file.with_file_name(""), parent);
        }
        let file = inner.with_extension("rs");
        let file = if file.exists() {
            file
        } else {
            inner.join("mod.rs")
        };
        self.read(file, inner, parent)
    }

    /// Takes up what follows `use`, or what is in braces there.
    fn import(&mut self, module: usize, prefix: &[String], tokens: &[TokenTree], reexport: bool) {
        for tree in tokens.split(|token| token.to_string() == ",") {
            let mut path = prefix.to_vec();
            let mut name = None;
            let mut rest = tree.iter();
            while let Some(token) = rest.next() {
                match (token, token.to_string().as_str()) {
                    (TokenTree::Group(group), _) => {
                        let inner: Vec<_> = group.stream().into_iter().collect();
                        self.import(module, &path, &inner, reexport);
                        path.clear();
                    }
                    (_, "*") => self.0[module].globs.push(path.clone()),
                    (_, "as") => name = rest.next().map(ToString::to_string),
                    (_, "self") if !path.is_empty() => {}
                    (TokenTree::Ident(_), word) => path.push(word.to_owned()),
                    _ => {}
                }
            }
            if let Some(name) = name.or_else(|| path.last().cloned()) {
                let scope = &mut self.0[module];
                scope.names.push((name, Meaning::Import(path.clone())));
                if !reexport {
                    scope.paths.insert(path);
                }
            }
        }
    }

    /// What a path names. Names that are `asked` for already have no other meaning to give:
    /// `use hmac::hmac` does not say what `hmac` is.
    fn meanings(
        &self,
        module: usize,
        path: &[String],
        asked: &mut Vec<(usize, String)>,
    ) -> Vec<Meaning> {
        let Some((first, rest)) = path.split_first() else {
            return vec![Meaning::Module(module)];
        };
        let mut found = match first.as_str() {
            "crate" => vec![Meaning::Module(0)],
            "self" => vec![Meaning::Module(module)],
            "super" => vec![Meaning::Module(self.0[module].parent)],
            name => self.named(module, name, asked),
        };
        let is_module = |meaning: &Meaning| matches!(meaning, Meaning::Module(_));
        if !rest.is_empty() && found.iter().any(is_module) {
            found.retain(is_module);
        }
        let mut ends = Vec::new();
        for meaning in found {
            match meaning {
                Meaning::Module(inner) => {
                    let mut below = self.meanings(inner, rest, asked);
                    if below.is_empty() {
                        below.push(Meaning::ItemOf(self.0[inner].file.clone()));
                    }
                    ends.append(&mut below);
                }
                // With a variant or a method of it, perhaps.
                item => ends.push(item),
            }
        }
        ends
    }

    fn named(&self, module: usize, name: &str, asked: &mut Vec<(usize, String)>) -> Vec<Meaning> {
        let question = (module, name.to_owned());
        if asked.contains(&question) {
            return Vec::new();
        }
        asked.push(question);
        let scope = &self.0[module];
        let mut found = Vec::new();
        for (_, meaning) in scope.names.iter().filter(|(other, _)| other == name) {
            match meaning {
                Meaning::Import(path) => found.append(&mut self.meanings(module, path, asked)),
                other => found.push(other.clone()),
            }
        }
        if found.is_empty() {
            for glob in &scope.globs {
                for meaning in self.meanings(module, glob, asked) {
                    if let Meaning::Module(inner) = meaning {
                        found.append(&mut self.named(inner, name, asked));
                    }
                }
            }
        }
        asked.pop();
        found
    }
}

/// What makes the next word the name of an item.
const ITEMS: [&str; 9] = [
    "const", "enum", "fn", "static", "struct", "trait", "type", "union", "!",
];

fn only_for_tests(attribute: &str) -> bool {
    let attribute = attribute.replace(' ', "");
    attribute.starts_with("[cfg(test") || attribute.starts_with("[cfg(all(test")
}

/// How many words an item has, a field or a statement, with its attributes.
fn item_end(words: &[&str]) -> usize {
    let mut angles = 0;
    for (index, word) in words.iter().enumerate() {
        match *word {
            "<" => angles += 1,
            ">" if !matches!(words[..index], [.., "-" | "="]) => angles -= 1,
            "," if angles > 0 => {}
            "," | ";" => return index + 1,
            word if word.starts_with('{') => return index + 1,
            _ => {}
        }
    }
    words.len()
}

/// The file that `#[path]` before a declaration names.
fn given_path<'a>(before: &[&'a str]) -> Option<&'a str> {
    let item = before.iter().rev();
    let mut item = item.take_while(|word| **word != ";" && !word.starts_with('{'));
    item.find(|word| word.starts_with("[path"))?
        .split('"')
        .nth(1)
}

/// The path that these words begin with.
fn path(words: &[&str]) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = words;
    while let [name, after @ ..] = rest
        && name.starts_with(|first: char| first.is_alphabetic() || first == '_')
    {
        path.push((*name).to_owned());
        let [":", ":", next @ ..] = after else { break };
        rest = next;
    }
    path
}
