//! The identities that a selector may mean, from stores that get a moment to answer: each is read
//! by a thread of its own, and one that stays silent is left out.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread::Builder;
use std::time::{Duration, Instant};

use certstow_core::backup::record;
use certstow_core::identity::{Inventory, ListedCertificate, Stores};
use certstow_core::select::{Known, Selector};
use certstow_core::time;
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

/// A certificate, and what the word that is being typed has to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Possible {
    /// The SHA-1 in lower-case digits, or the SHA-256 where that alone is known.
    thumbprint: String,
    /// The thumbprint that the word begins.
    begun: Option<String>,
    /// Whether the word stands in its label, subject or names.
    described: bool,
    label: String,
    /// Until when it is valid, and what its key is.
    about: String,
    has_key: bool,
    set_aside: bool,
    /// Whether it waits for the answer of a CA.
    pending: bool,
}

impl Possible {
    /// An identity that is not set aside.
    fn new(known: &Known<'_>, word: &str, about: String) -> Self {
        let selector = Selector::new(word);
        let thumbprint = Some(known.sha1()).filter(|sha1| !sha1.is_empty());
        Self {
            thumbprint: thumbprint.unwrap_or_else(|| known.sha256()).into_owned(),
            begun: selector.thumbprint_begun(known).map(Cow::into_owned),
            described: selector.is_in_text(known) == Some(true),
            label: known.label().unwrap_or_default().into_owned(),
            about,
            has_key: true,
            set_aside: false,
            pending: false,
        }
    }
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

/// The same of requests that no CA has answered.
pub(super) fn requests_in_stores(
    stores: &[StoreSpec],
    wanted: Wanted<'_>,
) -> Vec<CompletionCandidate> {
    let mut possible = read(stores, wanted.word);
    possible.retain(|one| one.pending);
    for one in &mut possible {
        one.set_aside = false;
    }
    pick(possible, wanted)
}

/// The same of a backup, from its manifest.
pub(super) fn in_backup(folder: &Path, wanted: Wanted<'_>) -> Vec<CompletionCandidate> {
    let manifest = record::of_folder(folder).ok().flatten();
    let saved = manifest.iter().flat_map(|manifest| &manifest.entries);
    let possible = saved.map(|saved| {
        let date = saved.not_after.get(..10).unwrap_or_default();
        Possible::new(&saved.known(), wanted.word, format!("until {date}"))
    });
    pick(possible.collect(), wanted)
}

fn pick(mut possible: Vec<Possible>, wanted: Wanted<'_>) -> Vec<CompletionCandidate> {
    if possible.iter().any(|one| one.has_key) || !wanted.keyless {
        possible.retain(|one| one.has_key);
    }
    let by_thumbprint: Vec<_> = possible
        .iter()
        .filter(|one| !wanted.word.is_empty() || !one.set_aside)
        .filter_map(|one| {
            let about = format!("{}, {}", one.label, one.about);
            Some(candidate(one.begun.as_deref()?, &about))
        })
        .collect();
    if !by_thumbprint.is_empty() {
        return by_thumbprint;
    }
    possible.retain(|one| one.described && !one.set_aside);
    if wanted.resembling {
        return labels(&possible);
    }
    possible
        .iter()
        .map(|one| candidate(&one.thumbprint, &format!("{}, {}", one.label, one.about)))
        .collect()
}

/// The labels of which there is but one, and that are text that can be typed.
fn labels(possible: &[Possible]) -> Vec<CompletionCandidate> {
    let times = |label: &str| possible.iter().filter(|one| one.label == label).count();
    possible
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
fn read(stores: &[StoreSpec], word: &str) -> Vec<Possible> {
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
            let possible = read_store(store, &word);
            // A key that is unencrypted beside its certificate was read to pair the two.
            wipe_stack();
            told.send((number, possible))
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
        .flat_map(|(_, possible)| possible)
        .filter(|one| seen.insert(one.thumbprint.clone()))
        .collect()
}

/// A store that cannot be read has nothing to complete.
fn read_store(store: StoreSpec, word: &str) -> Vec<Possible> {
    let stores = [store];
    let Ok(inventory) = Inventory::read(Stores::Named(&stores), &OpenOptions::default()) else {
        return Vec::new();
    };
    let listed = inventory.certificates().iter();
    listed.map(|listed| of_store(listed, word)).collect()
}

fn of_store(listed: &ListedCertificate, word: &str) -> Possible {
    let date = time::local_date(listed.not_after());
    let about = format!("until {date}, key {}", key_text(listed));
    Possible {
        has_key: listed.has_key(),
        set_aside: listed.is_set_aside(),
        pending: listed.is_pending(),
        ..Possible::new(&Known::read(listed), word, about)
    }
}

#[cfg(test)]
mod tests {
    use certstow_core::backup::manifest::{Saved, Thumbprint};

    use super::*;

    /// The identities with these thumbprints, of one digit each, and labels.
    fn identities(identities: &[(char, &str)], word: &str) -> Vec<Possible> {
        let identity = |(digit, label): &(char, &str)| {
            let thumbprint = |length| digit.to_string().repeat(length);
            let saved = Saved {
                thumbprint: Thumbprint {
                    sha1: thumbprint(40),
                    sha256: thumbprint(64),
                },
                label: (*label).to_owned(),
                ..Saved::default()
            };
            Possible::new(&saved.known(), word, "until 2099-01-01".to_owned())
        };
        identities.iter().map(identity).collect()
    }

    fn picked(possible: Vec<Possible>, word: &str, resembling: bool) -> Vec<(String, String)> {
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
        pick(possible, wanted).iter().map(text).collect()
    }

    fn values(possible: Vec<Possible>, word: &str, resembling: bool) -> Vec<String> {
        let picked = picked(possible, word, resembling).into_iter();
        picked.map(|(value, _)| value).collect()
    }

    /// What is offered of these identities.
    fn offered(of: &[(char, &str)], word: &str, resembling: bool) -> Vec<String> {
        values(identities(of, word), word, resembling)
    }

    #[test]
    fn pick_prefers_thumbprints_to_names() {
        let both = [('a', "Bob"), ('b', "Ada")];
        assert_eq!(offered(&both, "a", false), ["a".repeat(40)]);
        assert_eq!(offered(&both, "AA:AA", false), ["a".repeat(40)]);
        assert_eq!(offered(&both, &"a".repeat(41), false), ["a".repeat(64)]);
        assert_eq!(offered(&both, "Ad", false), ["b".repeat(40)]);
        assert_eq!(offered(&both, "", false).len(), 2);
    }

    #[test]
    fn pick_offers_only_unambiguous_names() {
        let three = [('1', "Ada"), ('2', "Ada"), ('3', "Adam")];
        assert_eq!(offered(&three, "Ad", true), ["Adam"]);
    }

    #[test]
    fn pick_hides_keyless_and_set_aside() {
        let hidden = |word| {
            let mut both = identities(&[('1', "Ada"), ('2', "Ada")], word);
            both[0].has_key = false;
            both[1].set_aside = true;
            values(both, word, false)
        };
        assert!(hidden("").is_empty());
        assert!(hidden("Ada").is_empty());
        assert_eq!(hidden("22"), ["2".repeat(40)]);
    }

    #[test]
    fn pick_makes_hostile_labels_harmless() {
        let hostile = [('1', "Eve\n\t\x1b[31m$(reboot)\u{202e}")];
        let picked = picked(identities(&hostile, ""), "", false);
        let (value, about) = &picked[0];
        assert_eq!(value, &"1".repeat(40));
        assert!(!about.chars().any(char::is_control), "{about:?}");
        assert!(!about.contains('\u{202e}'), "{about:?}");
        // It cannot be typed as it is.
        assert!(offered(&hostile, "Eve", true).is_empty());
    }
}
