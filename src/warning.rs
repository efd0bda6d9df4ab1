//! Warnings about many things of a kind, as the files of a folder: which of them a person is shown.

use certstow_platform::store::ProblemKind;
use std::collections::HashMap;

use certstow_core::identity::StoreProblem;
use certstow_core::warning::{self as library, Code};

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

/// Adds what to do about a warning of the library in this program's options, where there is something.
pub(crate) fn advise(warning: &mut library::Warning) {
    warning.text.push_str(match warning.code {
        Code::LeftOut => ", unless --unnamed is given",
        Code::MadeOtherwise => "; --rewrite writes them anew",
        Code::NotAllProven => "; 'certstow check' says what",
        _ => "",
    });
}

/// The same of what cannot be read in a store.
pub(crate) fn advise_of_problem(problem: &mut StoreProblem) {
    if problem.kind == ProblemKind::Locked {
        problem
            .message
            .push_str("; give it by --unlock-password-file");
    }
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
        let advised = |code| {
            let mut warning = library::Warning::new(code, "it is so");
            advise(&mut warning);
            warning.text
        };
        let left_out = advised(Code::LeftOut);
        assert_eq!(left_out, "it is so, unless --unnamed is given");
        assert_eq!(advised(Code::FolderMade), "it is so");
    }

    #[test]
    fn selection_counts_omitted_warnings_per_kind() {
        let messages = (0..50_000).map(|at| ["damaged", "encrypted"][at % 2].to_owned());
        let rest = ["and 24995 more: damaged", "and 24995 more: encrypted"];
        assert_eq!(shown(messages), (10, rest.map(str::to_owned).to_vec()));
        let few = (0..5).map(|_| "damaged".to_owned());
        assert_eq!(shown(few), (5, vec![]));
    }

    #[test]
    fn selection_limits_number_of_kinds() {
        let messages = (0..50_000).map(|at| format!("damaged at {at}"));
        let rest = vec!["and 49900 more of other kinds".to_owned()];
        assert_eq!(shown(messages), (100, rest));
    }
}
