//! What the manual says of each command beyond its options, which clap knows, and command lines to
//! copy, which are at the end of `--help`, too. `topics.txt` has it all, and says how it is written.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A command line, and what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example {
    pub(crate) line: &'static str,
    pub(crate) what: &'static str,
}

/// A name, and what it means.
pub(crate) type Term = (&'static str, &'static str);

/// What there is to say of a command.
#[derive(Debug, Default)]
pub(crate) struct Topic {
    /// Paragraphs.
    pub(crate) description: Vec<&'static str>,
    pub(crate) examples: Vec<Example>,
    /// Files it reads or writes that its command line does not name, and what they are.
    pub(crate) files: Vec<Term>,
    /// Commands beside those of its family that go with it.
    pub(crate) related: Vec<&'static str>,
}

/// That of a command, by what one types for it; an empty one if there is no such command.
pub(crate) fn of(command: &str) -> &'static Topic {
    static NONE: Topic = Topic {
        description: Vec::new(),
        examples: Vec::new(),
        files: Vec::new(),
        related: Vec::new(),
    };
    TOPICS.get(command).unwrap_or(&NONE)
}

/// What certstow takes from the environment, whatever the command.
pub(crate) fn environment() -> Vec<Term> {
    terms("ENVIRONMENT")
}

static TOPICS: LazyLock<BTreeMap<&str, Topic>> = LazyLock::new(|| {
    let files = terms("FILES");
    let commands = parts().filter(|(name, _)| name.starts_with("certstow"));
    commands
        .map(|(name, text)| (name, topic(text, &files)))
        .collect()
});

/// The parts of the text, each with its name.
fn parts() -> impl Iterator<Item = Term> {
    let parts = include_str!("topics.txt").split("\n= ").skip(1);
    parts.filter_map(|part| part.split_once('\n'))
}

fn terms(part: &str) -> Vec<Term> {
    let named = parts().filter(|(name, _)| *name == part);
    let pieces = named.flat_map(|(_, text)| text.trim().split("\n\n"));
    pieces.filter_map(|piece| piece.split_once('\n')).collect()
}

fn topic(text: &'static str, files: &[Term]) -> Topic {
    let mut topic = Topic::default();
    for piece in text.trim().split("\n\n") {
        if let Some(example) = piece.strip_prefix("$ ") {
            let (line, what) = example.split_once('\n').unwrap_or((example, ""));
            topic.examples.push(Example { line, what });
        } else if let Some(related) = piece.strip_prefix("see: ") {
            topic.related = related.split(' ').collect();
        } else if piece.starts_with("file: ") {
            let names = piece.lines().filter_map(|line| line.strip_prefix("file: "));
            let found = names.flat_map(|name| files.iter().filter(move |file| file.0 == name));
            topic.files.extend(found);
        } else {
            topic.description.push(piece);
        }
    }
    topic
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use clap::error::ErrorKind;

    use super::*;
    use crate::args::{self, Cli};

    /// The words of a line, up to where the shell does something with what is said.
    fn words(line: &str) -> Vec<&str> {
        let line = line.split(['>', '|']).next().unwrap_or_default();
        let quoted = line.split('"').enumerate();
        quoted
            .flat_map(|(number, part)| match number % 2 {
                0 => part.split_whitespace().collect(),
                _ => vec![part],
            })
            .collect()
    }

    fn commands(command: &clap::Command, name: &str, found: &mut Vec<String>) {
        found.push(name.to_owned());
        for below in command.get_subcommands() {
            if below.get_name() != "help" {
                commands(below, &format!("{name} {}", below.get_name()), found);
            }
        }
    }

    #[test]
    fn examples_cover_exactly_the_commands() {
        let mut all = Vec::new();
        commands(&args::command(), "certstow", &mut all);
        for name in &all {
            let number = of(name).examples.len();
            assert!((2..=4).contains(&number), "{name} has {number} examples");
        }
        for name in TOPICS.keys() {
            assert!(
                all.iter().any(|command| command == name),
                "{name} is no command"
            );
        }
    }

    #[test]
    fn examples_parse_as_their_command() {
        for (name, topic) in TOPICS.iter() {
            for example in &topic.examples {
                assert!(example.line.starts_with(name), "{}", example.line);
                let wrong = Cli::try_parse_from(words(example.line)).err();
                let wrong = wrong.as_ref().map(clap::Error::kind);
                // Alone it is the wizard, which clap does not know of.
                let missing = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
                let expected = (example.line == "certstow").then_some(missing);
                assert_eq!(wrong, expected, "{}", example.line);
            }
        }
    }

    #[test]
    fn topics_have_examples_and_known_relations() {
        for (name, topic) in TOPICS.iter() {
            assert!(!topic.description.is_empty(), "{name}");
            for related in &topic.related {
                let related = format!("certstow {}", related.replace('-', " "));
                assert!(TOPICS.contains_key(related.as_str()), "{name}: {related}");
            }
        }
        let named = include_str!("topics.txt").matches("\nfile: ").count();
        let found: usize = TOPICS.values().map(|topic| topic.files.len()).sum();
        assert_eq!(found, named);
        let names: Vec<_> = terms("FILES").iter().map(|file| file.0).collect();
        let used = |name| {
            TOPICS
                .values()
                .any(|topic| topic.files.iter().any(|file| file.0 == name))
        };
        assert!(names.into_iter().all(used));
    }
}
