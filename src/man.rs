//! `certstow man`: the manual, one page for certstow and one for each command, in the language of
//! man(7). Names, arguments and options are clap's; `topics` has the rest.

use std::io;
use std::path::Path;

use certstow_platform::new_file::write_readable;
use certstow_platform::os;
use clap::{Arg, Command};
use roff::{Inline, Roff, bold, italic, roman};

use super::args;
use super::screen::Screen;
use super::topics::{self, Term, Topic};
use crate::error::Error;
use crate::exit::Exit;

/// When the text of the manual was last gone over. man(7) wants a date, and that of the build
/// would make two builds of the same source differ.
const EDITED: &str = "2026-11-26";

/// No line of the source is longer than this, so that it can be read, too.
const WIDTH: usize = 78;

pub(super) fn run(folder: &Path, screen: &Screen) -> Result<Exit, Error> {
    let failed = |file: &Path| {
        let place = file.display().to_string();
        move |source| Error::io(place, source)
    };
    os::create_readable_folder(folder).map_err(failed(folder))?;
    let mut certstow = args::command();
    certstow.build();
    for page in pages(&certstow) {
        let file = folder.join(format!("{}.1", page.title()));
        let text = page.render(&certstow).map_err(failed(&file))?;
        write_readable(&file, &text).map_err(failed(&file))?;
        screen.note(&format!("wrote {}", file.display()));
    }
    Ok(Exit::Done)
}

/// A page, and the command it is about.
struct Page<'a> {
    command: &'a Command,
    /// What one types for it: "certstow backup verify".
    typed: String,
    topic: &'static Topic,
}

/// The pages of a command and of those below it.
fn pages(certstow: &Command) -> Vec<Page<'_>> {
    fn add<'a>(command: &'a Command, typed: String, found: &mut Vec<Page<'a>>) {
        let place = typed.clone();
        found.push(Page {
            command,
            topic: topics::of(&typed),
            typed,
        });
        for below in below(command) {
            add(below, format!("{place} {}", below.get_name()), found);
        }
    }
    let mut found = Vec::new();
    add(certstow, certstow.get_name().to_owned(), &mut found);
    found
}

/// The commands of a command.
fn below(command: &Command) -> impl Iterator<Item = &Command> {
    let commands = command.get_subcommands();
    commands.filter(|command| command.get_name() != "help" && !command.is_hide_set())
}

impl Page<'_> {
    /// "certstow-backup-verify".
    fn title(&self) -> String {
        self.typed.replace(' ', "-")
    }

    fn about(&self) -> String {
        let about = self.command.get_about();
        about.map(ToString::to_string).unwrap_or_default()
    }

    fn render(&self, certstow: &Command) -> io::Result<Vec<u8>> {
        let mut page = Roff::new();
        let version = certstow.get_version().unwrap_or_default();
        let source = format!("certstow {version}");
        page.control(
            "TH",
            [self.title().as_str(), "1", EDITED, &source, "certstow"],
        );
        section(&mut page, "NAME");
        page.text([roman(format!("{} - {}", self.title(), self.about()))]);
        self.synopsis(&mut page);
        self.description(&mut page);
        self.commands(&mut page);
        self.arguments(&mut page);
        self.examples(&mut page);
        exit_codes(&mut page);
        section(&mut page, "ENVIRONMENT");
        terms(&mut page, &topics::environment());
        if !self.topic.files.is_empty() {
            section(&mut page, "FILES");
            terms(&mut page, &self.topic.files);
        }
        self.see_also(&mut page, certstow);
        let mut text = Vec::new();
        page.to_writer(&mut text)?;
        Ok(text)
    }

    fn synopsis(&self, page: &mut Roff) {
        section(page, "SYNOPSIS");
        let usage = self.command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ");
        for (number, form) in usage.lines().map(str::trim).enumerate() {
            if number > 0 {
                page.control("br", []);
            }
            match form.strip_prefix(&self.typed) {
                Some(rest) => page.text([bold(self.typed.as_str()), roman(rest)]),
                None => page.text([roman(form)]),
            };
        }
    }

    fn description(&self, page: &mut Roff) {
        section(page, "DESCRIPTION");
        for (number, text) in self.topic.description.iter().enumerate() {
            if number > 0 {
                page.control("PP", []);
            }
            wrapped(page, text);
        }
    }

    fn commands(&self, page: &mut Roff) {
        let commands: Vec<_> = below(self.command).collect();
        if commands.is_empty() {
            return;
        }
        section(page, "COMMANDS");
        for command in commands {
            page.control("TP", []);
            page.text([
                bold(format!("{}-{}", self.title(), command.get_name())),
                roman("(1)"),
            ]);
            let about = command.get_about();
            wrapped(page, &about.map(ToString::to_string).unwrap_or_default());
        }
    }

    fn arguments(&self, page: &mut Roff) {
        let shown = self
            .command
            .get_arguments()
            .filter(|argument| !argument.is_hide_set());
        let (places, options): (Vec<_>, Vec<_>) =
            shown.partition(|argument| argument.is_positional());
        if !places.is_empty() {
            section(page, "ARGUMENTS");
            places.iter().for_each(|argument| describe(page, argument));
        }
        section(page, "OPTIONS");
        // Those without a heading first; the others as their headings come.
        let mut headings = vec![None];
        for option in &options {
            if !headings.contains(&option.get_help_heading()) {
                headings.push(option.get_help_heading());
            }
        }
        for heading in headings {
            if let Some(heading) = heading {
                page.control("SS", [heading]);
            }
            let under = options
                .iter()
                .filter(|option| option.get_help_heading() == heading);
            under.for_each(|option| describe(page, option));
        }
    }

    fn examples(&self, page: &mut Roff) {
        section(page, "EXAMPLES");
        for example in &self.topic.examples {
            page.control("TP", []);
            page.text([bold(example.line)]);
            wrapped(page, example.what);
        }
    }

    /// The commands around this one, and those that go with it.
    fn see_also(&self, page: &mut Roff, certstow: &Command) {
        let family = self.typed.split(' ').nth(1);
        let near = |other: &Page<'_>| {
            let other_family = other.typed.split(' ').nth(1);
            let is_whole = other.typed.split(' ').count() <= 2;
            (family.is_none() && is_whole)
                || other_family.is_none()
                || (family.is_some() && other_family == family)
        };
        let mut names: Vec<_> = pages(certstow)
            .iter()
            .filter(|other| near(other))
            .map(Page::title)
            .collect();
        names.extend(
            self.topic
                .related
                .iter()
                .map(|name| format!("certstow-{name}")),
        );
        let own = self.title();
        names.retain(|name| *name != own);
        names.sort();
        names.dedup();
        section(page, "SEE ALSO");
        let last = names.len().saturating_sub(1);
        for (number, name) in names.into_iter().enumerate() {
            let after = if number == last { "(1)" } else { "(1)," };
            page.text([bold(name), roman(after)]);
        }
    }
}

fn section(page: &mut Roff, title: &str) {
    page.control("SH", [title]);
}

fn exit_codes(page: &mut Roff) {
    section(page, "EXIT CODES");
    for exit in Exit::ALL {
        page.control("TP", []);
        page.text([bold(exit.code().to_string())]);
        wrapped(page, exit.meaning());
    }
}

/// Words, each with what it means.
fn terms(page: &mut Roff, terms: &[Term]) {
    for (term, meaning) in terms {
        page.control("TP", []);
        page.text([bold(*term)]);
        wrapped(page, meaning);
    }
}

/// An argument or an option, with the values it may have.
fn describe(page: &mut Roff, argument: &Arg) {
    page.control("TP", []);
    page.text(head(argument));
    let help = argument.get_long_help().or_else(|| argument.get_help());
    let mut help = help.map(ToString::to_string).unwrap_or_default();
    let defaults = argument.get_default_values();
    if !defaults.is_empty() && !argument.is_hide_default_value_set() && takes_values(argument) {
        let defaults: Vec<_> = defaults
            .iter()
            .map(|value| value.to_string_lossy())
            .collect();
        help.push_str(&format!(" [default: {}]", defaults.join(", ")));
    }
    wrapped(page, &help);
    let values = argument.get_possible_values();
    if values.is_empty() || !takes_values(argument) {
        return;
    }
    page.control("RS", []);
    for value in values {
        page.control("TP", []);
        page.text([bold(value.get_name())]);
        let help = value.get_help();
        match help {
            Some(help) => wrapped(page, &help.to_string()),
            None => wrapped(page, "As it is called."),
        }
    }
    page.control("RE", []);
}

/// "-o, --output FILE".
fn head(argument: &Arg) -> Vec<Inline> {
    let names = argument.get_value_names().unwrap_or_default();
    let value: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
    let value = value.join(" ");
    if argument.is_positional() {
        let many = argument
            .get_num_args()
            .is_some_and(|number| number.max_values() > 1);
        return vec![italic(value), roman(if many { "..." } else { "" })];
    }
    let mut head = Vec::new();
    if let Some(short) = argument.get_short() {
        head.push(bold(format!("-{short}")));
    }
    if let Some(long) = argument.get_long() {
        if !head.is_empty() {
            head.push(roman(", "));
        }
        head.push(bold(format!("--{long}")));
    }
    if takes_values(argument) {
        let optional = argument
            .get_num_args()
            .is_some_and(|number| number.min_values() == 0);
        let (before, after) = match (argument.is_require_equals_set(), optional) {
            (true, true) => ("[=", "]"),
            (true, false) => ("=", ""),
            (false, true) => (" [", "]"),
            (false, false) => (" ", ""),
        };
        head.extend([roman(before), italic(value), roman(after)]);
    }
    head
}

fn takes_values(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

/// How much of a line of the source a text takes: what is escaped takes more.
fn length(text: &str) -> usize {
    let lengths = text.chars().map(|character| match character {
        '-' | '\\' => 2,
        '\'' => 5,
        _ => 1,
    });
    lengths.sum()
}

/// Text, in lines that are not too long.
fn wrapped(page: &mut Roff, text: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && length(&line) + 1 + length(word) > WIDTH {
            page.text([roman(std::mem::take(&mut line))]);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        page.text([roman(line)]);
    }
}
