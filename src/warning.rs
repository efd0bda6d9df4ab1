//! Warnings about many things of a kind, as the files of a folder: which of them a person is shown.

use std::collections::HashMap;

use certstow_core::backup;

/// How many that say the same of different things are shown.
const OF_A_KIND: usize = 5;
/// How many of different things are shown, whatever they say.
const IN_ALL: usize = 100;

/// One of what may be very many warnings.
pub(crate) struct Warning {
    pub(crate) text: String,
    /// What others of its kind say, too, without what they say it of.
    kind: String,
}

impl Warning {
    pub(crate) fn new(text: String, kind: &str) -> Self {
        let kind = kind.to_owned();
        Self { text, kind }
    }

    /// A warning about a file, a place or an identity, and what is wrong with it.
    pub(crate) fn about(about: &str, message: &str) -> Self {
        Self::new(format!("{about}: {message}"), message)
    }
}

/// What to do about some of the library's warnings and notes, in this program's options. The first of
/// each is how the text ends.
const ADVICE: [(&str, &str); 4] = [
    (backup::LEFT_OUT, ", unless --unnamed is given"),
    (backup::MADE_OTHERWISE, "; --rewrite writes them anew"),
    (backup::NOT_ALL_PROVEN, "; 'certstow check' says what"),
    (
        certstow_platform::LOCKED,
        "; give it by --unlock-password-file",
    ),
];

/// Adds what to do about a warning of the library, where there is something.
pub(crate) fn advise(text: &mut String) {
    let advice = ADVICE.iter().find(|(end, _)| text.ends_with(end));
    text.push_str(advice.map_or("", |(_, advice)| advice));
}

/// The warnings that are shown: [`OF_A_KIND`] of those of a kind, and [`IN_ALL`] at most.
#[derive(Default)]
pub(crate) struct Selection {
    shown: usize,
    kinds: HashMap<String, Count>,
}

#[derive(Default)]
struct Count {
    shown: usize,
    more: usize,
}

impl Selection {
    /// Whether this one is shown.
    pub(crate) fn takes(&mut self, warning: &Warning) -> bool {
        let count = self.kinds.entry(warning.kind.clone()).or_default();
        let takes = count.shown < OF_A_KIND && self.shown < IN_ALL;
        match takes {
            true => {
                count.shown += 1;
                self.shown += 1;
            }
            false => count.more += 1,
        }
        takes
    }

    /// How many more there are of each kind, a sentence each, and how many of other kinds.
    pub(crate) fn rest(self) -> Vec<String> {
        let (mut rest, mut other) = (Vec::new(), 0);
        for (kind, Count { shown, more }) in self.kinds {
            match (shown, more) {
                (_, 0) => {}
                (0, more) => other += more,
                (_, more) => rest.push(format!("and {more} more: {kind}")),
            }
        }
        rest.sort();
        if other > 0 {
            rest.push(format!("and {other} more of other kinds"));
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts that are shown of these, each of a file, and what is said of the rest.
    fn shown(messages: impl Iterator<Item = String>) -> (usize, Vec<String>) {
        let mut selection = Selection::default();
        let warnings = messages.zip(0..);
        let warnings = warnings.map(|(message, at)| Warning::about(&format!("{at}.pem"), &message));
        let shown = warnings.filter(|one| selection.takes(one)).count();
        (shown, selection.rest())
    }

    #[test]
    fn advise_names_the_option_of_this_program() {
        let mut note = "the manifest does not name extra.p12: it is left out".to_owned();
        advise(&mut note);
        assert!(
            note.ends_with("it is left out, unless --unnamed is given"),
            "{note}"
        );
        let mut other = "the folder was made".to_owned();
        advise(&mut other);
        assert_eq!(other, "the folder was made");
    }

    #[test]
    fn selection_counts_what_is_left_out_of_a_kind() {
        let messages = (0..50_000).map(|at| ["damaged", "encrypted"][at % 2].to_owned());
        let rest = ["and 24995 more: damaged", "and 24995 more: encrypted"];
        assert_eq!(shown(messages), (10, rest.map(str::to_owned).to_vec()));
        let few = (0..5).map(|_| "damaged".to_owned());
        assert_eq!(shown(few), (5, vec![]));
    }

    #[test]
    fn selection_of_many_kinds_has_an_end() {
        let messages = (0..50_000).map(|at| format!("damaged at {at}"));
        let rest = vec!["and 49900 more of other kinds".to_owned()];
        assert_eq!(shown(messages), (100, rest));
    }
}
