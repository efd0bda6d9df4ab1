//! What each argument may be: identities, stores, programs, names of passwords, paths. What has
//! fixed values clap knows itself.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use certstow_formats::pkcs12::target;
use certstow_formats::sanitize::safe;
use certstow_platform::spec::StoreSpec;
use certstow_platform::{KnownStore, known_stores, stores_to_import_into, vault};
use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, PathCompleter, ValueCompleter as _};
use clap_complete::{CompletionCandidate, engine};

use super::identities::{self, Wanted};
use super::in_time::{PATIENCE, in_time};
use super::line::{Line, with_home};
use super::of_store;
use crate::defaults::Defaults;
use crate::{args, notes};

/// What may stand where the last word of the line begins.
pub(super) fn of(line: &Line, resembling: bool) -> Vec<CompletionCandidate> {
    let context = Arc::new(Context {
        stores: stores_of(line),
        backup: backup(line),
        resembling,
    });
    let mut command = completing(args::command(), false, &context);
    let words = line.words().to_vec();
    let place = words.len() - 1;
    let folder = std::env::current_dir().ok();
    let found = engine::complete(&mut command, words, place, folder.as_deref());
    without_options(found.unwrap_or_default(), line.current())
}

/// The stores that the line names, or else what it leaves unsaid.
fn stores_of(line: &Line) -> Vec<StoreSpec> {
    let named = line.stores();
    if !named.is_empty() {
        return named;
    }
    let mut certstow = args::command().ignore_errors(true);
    let matches = certstow.clone().try_get_matches_from(line.before());
    let defaults = matches.map(|matches| Defaults::of(&mut certstow, &matches, &[]));
    defaults
        .map(|defaults| defaults.stores())
        .unwrap_or_default()
}

/// Options are offered to who begins to type one, and where there is nothing else.
fn without_options(
    mut candidates: Vec<CompletionCandidate>,
    word: &str,
) -> Vec<CompletionCandidate> {
    let is_option = |candidate: &CompletionCandidate| {
        let value = candidate.get_value().as_encoded_bytes();
        value.len() > 1 && value[0] == b'-'
    };
    if !word.starts_with('-') && !candidates.iter().all(is_option) {
        candidates.retain(|candidate| !is_option(candidate));
    }
    candidates
}

/// What the completion of an argument depends on.
struct Context {
    /// Those that were named before; none if all are meant.
    stores: Vec<StoreSpec>,
    /// The folder of the backup that is to be restored from.
    backup: Option<PathBuf>,
    /// The shell keeps only what resembles the word.
    resembling: bool,
}

impl Context {
    fn wanted<'a>(&self, word: &'a str, keyless: bool) -> Wanted<'a> {
        Wanted {
            word,
            keyless,
            resembling: self.resembling,
        }
    }
}

/// The folder that `backup restore` was given.
fn backup(line: &Line) -> Option<PathBuf> {
    let command = args::command().ignore_errors(true);
    let matches = command.try_get_matches_from(line.before()).ok()?;
    let restore = matches
        .subcommand_matches("backup")?
        .subcommand_matches("restore")?;
    let folder = restore.get_raw("folder")?.next()?.to_str()?;
    Some(with_home(folder).into())
}

/// The command line, with completions for what clap does not know by itself.
fn completing(command: Command, of_requests: bool, context: &Arc<Context>) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|argument| with_values(argument, &name, of_requests, context))
        .mut_subcommands(|command| completing(command, name == "request", context))
}

fn with_values(argument: Arg, command: &str, of_requests: bool, context: &Arc<Context>) -> Arg {
    let context = Arc::clone(context);
    let importing = command == "import";
    match (command, argument.get_id().as_str()) {
        ("show" | "forget", "selector") if of_requests => {
            completed(argument, move |word| requests(word, &context))
        }
        ("restore", "selector") => completed(argument, move |word| saved(word, &context)),
        (_, "selector") => {
            let keyless = command == "show";
            completed(argument, move |word| selectors(word, keyless, &context))
        }
        ("forget", "files") => completed(argument, saved_files),
        (_, "into") => completed(argument, |word| stores(word, true)),
        (_, "stores") => completed(argument, move |word| stores(word, importing)),
        (_, "target") => completed(argument, targets),
        (_, "password_file") => argument.add(ArgValueCompleter::new(PathCompleter::file().stdio())),
        (_, "unlock_password_file") => of_one_store(argument, context, |word| {
            PathCompleter::file().stdio().complete(word)
        }),
        (_, "password_vault") | ("forget", "name") => completed(argument, passwords),
        (_, "unlock_password_vault") => of_one_store(argument, context, |word| {
            word.to_str().map(passwords).unwrap_or_default()
        }),
        (_, "unlock_password_env" | "unlock_password_fd" | "unlock_password_command") => {
            of_one_store(argument, context, |_| Vec::new())
        }
        _ => argument,
    }
}

/// A value that the name of a store may stand before.
fn of_one_store(
    argument: Arg,
    context: Arc<Context>,
    values: fn(&OsStr) -> Vec<CompletionCandidate>,
) -> Arg {
    argument.add(ArgValueCompleter::new(move |word: &OsStr| {
        of_store::complete(word, &context.stores, values)
    }))
}

fn completed(
    argument: Arg,
    complete: impl Fn(&str) -> Vec<CompletionCandidate> + Send + Sync + 'static,
) -> Arg {
    argument.add(ArgValueCompleter::new(move |word: &OsStr| {
        word.to_str().map(&complete).unwrap_or_default()
    }))
}

fn selectors(word: &str, keyless: bool, context: &Context) -> Vec<CompletionCandidate> {
    // An option is being typed.
    if word.starts_with('-') {
        return Vec::new();
    }
    identities::in_stores(&context.stores, context.wanted(word, keyless))
}

/// The requests that wait.
fn requests(word: &str, context: &Context) -> Vec<CompletionCandidate> {
    match word.starts_with('-') {
        true => Vec::new(),
        false => identities::requests_in_stores(&context.stores, context.wanted(word, false)),
    }
}

/// The identities of a backup, as its manifest names them.
fn saved(word: &str, context: &Context) -> Vec<CompletionCandidate> {
    match &context.backup {
        Some(folder) if !word.starts_with('-') => {
            identities::in_backup(folder, context.wanted(word, false))
        }
        _ => Vec::new(),
    }
}

/// The stores of this machine that can be reached, and then folders.
fn stores(word: &str, to_import: bool) -> Vec<CompletionCandidate> {
    let known = in_time(Instant::now() + PATIENCE, move || match to_import {
        true => stores_to_import_into(),
        false => known_stores(),
    });
    let known = known.unwrap_or_default().into_iter();
    let mut found: Vec<_> = known
        .filter(|known| known.unavailable.is_none())
        .map(store)
        .filter(|candidate| begins(candidate, word))
        .collect();
    found.extend(paths(word));
    found
}

/// Files and folders, also after the scheme of a store that a path names.
fn paths(word: &str) -> Vec<CompletionCandidate> {
    let scheme = StoreSpec::OF_PATHS.into_iter().find_map(|scheme| {
        let path = word.strip_prefix(scheme)?.strip_prefix(':')?;
        Some((format!("{scheme}:"), path))
    });
    let Some((scheme, path)) = scheme else {
        return PathCompleter::any().complete(OsStr::new(word));
    };
    let found = match scheme.as_str() {
        "nss:" => PathCompleter::dir(),
        _ => PathCompleter::any(),
    }
    .complete(OsStr::new(path));
    let found = found.into_iter();
    found
        .map(|candidate| candidate.add_prefix(&scheme))
        .collect()
}

fn store(known: KnownStore) -> CompletionCandidate {
    CompletionCandidate::new(known.spec.to_string()).help(Some(known.description.into()))
}

fn targets(word: &str) -> Vec<CompletionCandidate> {
    target::targets()
        .iter()
        .map(|target| {
            let about = format!("{}: {}", target.description, target.profile);
            CompletionCandidate::new(target.name).help(Some(about.into()))
        })
        .filter(|candidate| begins(candidate, word))
        .collect()
}

/// The names of the passwords in the vault; never a password.
fn passwords(word: &str) -> Vec<CompletionCandidate> {
    let kept = in_time(Instant::now() + PATIENCE, vault::list);
    let kept = kept.and_then(Result::ok).unwrap_or_default().into_iter();
    kept.map(|entry| CompletionCandidate::new(entry.name.as_str()).help(Some(entry.place.into())))
        .filter(|candidate| begins(candidate, word))
        .collect()
}

/// The files that this account saved.
fn saved_files(word: &str) -> Vec<CompletionCandidate> {
    let (notes, _) = notes::read();
    let files = notes.files.iter();
    files
        .map(|noted| {
            let label = safe(&noted.label).into_owned();
            CompletionCandidate::new(noted.file.as_os_str()).help(Some(label.into()))
        })
        .filter(|candidate| begins(candidate, word))
        .collect()
}

fn begins(candidate: &CompletionCandidate, word: &str) -> bool {
    let value = candidate.get_value().to_str();
    value.is_some_and(|value| value.starts_with(word))
}
