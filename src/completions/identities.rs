//! The identities that a selector may mean, from stores that get a moment to answer: each is read
//! by a thread of its own, and one that stays silent is left out.

use std::collections::HashSet;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::{Duration, Instant};

use certstow_core::backup::record::{self, Found};
use certstow_core::identity::{Inventory, ListedCertificate, Stores};
use certstow_core::select::{self, Choice, Filters, Want};
use certstow_core::time;
use certstow_formats::names;
use certstow_formats::sanitize::safe;
use certstow_formats::secret::wipe_stack;
use certstow_platform::spec::StoreSpec;
use certstow_platform::{OpenOptions, known_stores};
use clap_complete::CompletionCandidate;

use super::in_time::in_time;
use crate::render::table::key_text;

/// How long stores are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// No shell shows a longer description in a line.
const LONGEST: usize = 60;

/// An identity, as far as completing it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Both thumbprints, SHA-1 first, in lower-case digits.
    thumbprints: [String; 2],
    label: String,
    /// Until when it is valid, and what its key is.
    about: String,
    has_key: bool,
    archived: bool,
    /// Whether the word that is being typed stands in its label, subject or names.
    described: bool,
}

/// What identities stand for what was typed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The word that is being typed.
    pub(super) word: &'a str,
    /// Certificates without a private key, where none with one is meant.
    pub(super) keyless: bool,
    /// The shell keeps only what resembles the word: where that is a name, the name is to be
    /// completed.
    pub(super) resembling: bool,
}

/// The thumbprints of those meant; all, where nothing was typed yet.
pub(super) fn in_stores(stores: &[StoreSpec], wanted: Wanted<'_>) -> Vec<CompletionCandidate> {
    pick(read(stores, wanted.word), wanted)
}

/// The same of a backup, from its manifest.
pub(super) fn in_backup(folder: &Path, wanted: Wanted<'_>) -> Vec<CompletionCandidate> {
    let saved = match record::of_folder(folder) {
        Found::Whole(manifest) => manifest.entries,
        _ => Vec::new(),
    };
    let known = saved.into_iter().filter_map(|saved| {
        let thumbprints = [saved.thumbprint.sha1, saved.thumbprint.sha256];
        let digits = |text: &String| text.chars().all(|digit| digit.is_ascii_hexdigit());
        let word = wanted.word.to_lowercase();
        let described = [&saved.label, &saved.subject]
            .into_iter()
            .any(|text| text.to_lowercase().contains(&word));
        let date = saved.not_after.get(..10).unwrap_or_default();
        thumbprints.iter().all(digits).then(|| Known {
            about: format!("until {date}"),
            label: saved.label,
            thumbprints,
            has_key: true,
            archived: false,
            described,
        })
    });
    pick(known.collect(), wanted)
}

fn pick(mut known: Vec<Known>, wanted: Wanted<'_>) -> Vec<CompletionCandidate> {
    if known.iter().any(|one| one.has_key) || !wanted.keyless {
        known.retain(|one| one.has_key);
    }
    let digits: String = wanted
        .word
        .chars()
        .filter(|character| !matches!(character, ':' | '-' | ' '))
        .map(|character| character.to_ascii_lowercase())
        .collect();
    let by_thumbprint: Vec<_> = known
        .iter()
        .filter(|one| !wanted.word.is_empty() || !one.archived)
        .filter_map(|one| {
            let mut thumbprints = one.thumbprints.iter();
            let meant = thumbprints.find(|thumbprint| thumbprint.starts_with(&digits))?;
            Some(candidate(meant, &format!("{}, {}", one.label, one.about)))
        })
        .collect();
    if !by_thumbprint.is_empty() {
        return by_thumbprint;
    }
    known.retain(|one| one.described && !one.archived);
    if wanted.resembling {
        return labels(&known);
    }
    known
        .iter()
        .map(|one| {
            candidate(
                &one.thumbprints[0],
                &format!("{}, {}", one.label, one.about),
            )
        })
        .collect()
}

/// The labels of which there is but one, and that are text that can be typed.
fn labels(known: &[Known]) -> Vec<CompletionCandidate> {
    let times = |label: &str| known.iter().filter(|one| one.label == label).count();
    known
        .iter()
        .filter(|one| safe(&one.label) == one.label && times(&one.label) == 1)
        .map(|one| candidate(&one.label, &one.about))
        .collect()
}

fn candidate(value: &str, about: &str) -> CompletionCandidate {
    let about = safe(about);
    let shown = match about.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &about[..end]),
        None => about.into_owned(),
    };
    CompletionCandidate::new(value).help(Some(shown.into()))
}

/// What the stores hold that answer in time, each certificate once.
fn read(stores: &[StoreSpec], word: &str) -> Vec<Known> {
    let until = Instant::now() + PATIENCE;
    let found = match stores {
        [] => in_time(until, || {
            let known = known_stores().into_iter();
            known
                .filter(|known| known.unavailable.is_none())
                .map(|known| known.spec)
                .collect()
        }),
        named => Some(named.to_vec()),
    };
    let stores = found.unwrap_or_default();
    let (told, telling) = channel();
    for (number, store) in stores.iter().cloned().enumerate() {
        let (told, word) = (told.clone(), word.to_owned());
        // A store for which there is no thread is left out.
        let _ = Builder::new().spawn(move || {
            let known = read_store(store, &word);
            // A key that lies open beside its certificate was read to pair the two.
            wipe_stack();
            told.send((number, known))
        });
    }
    drop(told);
    let mut answers = Vec::new();
    while let Ok(answer) = telling.recv_timeout(until.saturating_duration_since(Instant::now())) {
        answers.push(answer);
    }
    answers.sort_by_key(|(number, _)| *number);
    let mut seen = HashSet::new();
    answers
        .into_iter()
        .flat_map(|(_, known)| known)
        .filter(|one| seen.insert(one.thumbprints.clone()))
        .collect()
}

/// A store that cannot be read has nothing to complete.
fn read_store(store: StoreSpec, word: &str) -> Vec<Known> {
    let stores = [store];
    let Ok(inventory) = Inventory::read(Stores::Named(&stores), &OpenOptions::default()) else {
        return Vec::new();
    };
    let choice = Choice {
        selector: Some(word),
        filters: &Filters::default(),
        newest: false,
        want: Want::Certificate,
    };
    let described: HashSet<_> = select::all(&inventory, &choice, time::now())
        .into_iter()
        .map(|identity| identity.entry().id)
        .collect();
    inventory
        .certificates()
        .iter()
        .map(|identity| known(identity, described.contains(&identity.entry().id)))
        .collect()
}

fn known(identity: &ListedCertificate, described: bool) -> Known {
    let parsed = identity.certificate().parse();
    let not_after = parsed.validity().not_after.timestamp();
    Known {
        thumbprints: [
            identity.thumbprint(),
            names::hex(identity.entry().id.as_bytes()),
        ],
        label: identity.label(),
        about: format!(
            "until {}, key {}",
            time::local_date(not_after),
            key_text(identity)
        ),
        has_key: identity.has_key(),
        archived: identity.is_archived(),
        described,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(digit: char, label: &str, described: bool) -> Known {
        let thumbprint = |length| digit.to_string().repeat(length);
        Known {
            thumbprints: [thumbprint(40), thumbprint(64)],
            label: label.to_owned(),
            about: "until 2099-01-01, key RSA 2048".to_owned(),
            has_key: true,
            archived: false,
            described,
        }
    }

    fn picked(known: Vec<Known>, word: &str, resembling: bool) -> Vec<(String, String)> {
        let wanted = Wanted {
            word,
            keyless: false,
            resembling,
        };
        let text = |candidate: &CompletionCandidate| {
            let help = candidate.get_help().map(ToString::to_string);
            let value = candidate.get_value().to_str().map(str::to_owned);
            (value.unwrap_or_default(), help.unwrap_or_default())
        };
        pick(known, wanted).iter().map(text).collect()
    }

    fn values(known: Vec<Known>, word: &str, resembling: bool) -> Vec<String> {
        let picked = picked(known, word, resembling).into_iter();
        picked.map(|(value, _)| value).collect()
    }

    #[test]
    fn thumbprints_come_before_names() {
        let both = || vec![known('a', "Bob", false), known('b', "Ada", true)];
        assert_eq!(values(both(), "a", false), ["a".repeat(40)]);
        assert_eq!(values(both(), "AA:AA", false), ["a".repeat(40)]);
        assert_eq!(values(both(), &"a".repeat(41), false), ["a".repeat(64)]);
        assert_eq!(values(both(), "Ad", false), ["b".repeat(40)]);
        assert_eq!(values(both(), "", false).len(), 2);
    }

    #[test]
    fn a_shell_that_keeps_what_resembles_gets_names_that_mean_one() {
        let three = vec![
            known('1', "Ada", true),
            known('2', "Ada", true),
            known('3', "Adam", true),
        ];
        assert_eq!(values(three, "Ad", true), ["Adam"]);
    }

    #[test]
    fn what_has_no_key_or_is_archived_is_not_offered() {
        let mut keyless = known('1', "Ada", true);
        keyless.has_key = false;
        let mut archived = known('2', "Ada", true);
        archived.archived = true;
        assert!(values(vec![keyless.clone(), archived.clone()], "", false).is_empty());
        assert!(values(vec![keyless, archived.clone()], "Ada", false).is_empty());
        assert_eq!(values(vec![archived], "22", false), ["2".repeat(40)]);
    }

    #[test]
    fn hostile_labels_are_one_line_of_harmless_text() {
        let label = "Eve\n\t\x1b[31m$(reboot)\u{202e}";
        let picked = picked(vec![known('1', label, false)], "", false);
        let (value, about) = &picked[0];
        assert_eq!(value, &"1".repeat(40));
        assert!(!about.chars().any(char::is_control), "{about:?}");
        assert!(!about.contains('\u{202e}'), "{about:?}");
        // It cannot be typed as it is.
        assert!(values(vec![known('1', label, true)], "Eve", true).is_empty());
    }
}
