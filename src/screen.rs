//! What a run may show and to whom: results on standard output, everything else on standard
//! error; colours only for terminals that want them.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use certstow_core::backup::Patience;
use certstow_core::waits;
use certstow_formats::sanitize::{causes, safe, shortened};
use certstow_formats::secret::Password;
use certstow_platform::os::{self, Asking};
use certstow_platform::store::Interaction;
use comfy_table::Table;

use super::args::Global;
use super::journal::{Entry, Journal, Level};
use super::monitor::{Monitor, PANICKED};
use super::raw_terminal;
use super::render::drawing::{self, Drawing};
use super::render::{Look, json, lines};
use super::warning::{Selection, Warning};
use crate::error::{Error, Explain, Wording, without_numbers};
use crate::exit::Exit;

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();
pub(crate) const HEADING: Style = Style::new().bold();
/// The sign before a question, the choice that Enter takes, and what keys can be pressed.
pub(crate) const SIGN: Style = AnsiColor::Green.on_default().bold();
pub(crate) const CHOSEN: Style = AnsiColor::Cyan.on_default();
pub(crate) const HELP: Style = AnsiColor::Cyan.on_default();

/// The levels that systemd's journal takes from the beginning of a line (sd-daemon(3)).
const JOURNAL_ERROR: &str = "<3>";
const JOURNAL_WARNING: &str = "<4>";
const JOURNAL_INFO: &str = "<6>";

/// The way to the person or program that started certstow.
#[derive(Default)]
pub(crate) struct Screen {
    pub(crate) json: bool,
    quiet: bool,
    verbose: bool,
    asking: Asking,
    /// Nothing is to be redrawn, coloured or moved.
    plain: bool,
    /// Standard error is systemd's journal.
    to_journal: bool,
    /// Standard output is, where the lines of a result have their levels by [`Self::mark`].
    result_to_journal: bool,
    /// How long a folder is waited for that another certstow is using; `None` is for ever.
    pub(crate) patience: Option<Duration>,
    /// Empty until the logs are open, and where there are none.
    journal: OnceLock<Journal>,
    /// Empty where the command has no monitoring.
    monitor: OnceLock<Monitor>,
    /// The wizard began to ask.
    in_wizard: OnceLock<()>,
    /// At which end a password that was given has a blank.
    blank: OnceLock<&'static str>,
}

impl Screen {
    pub(crate) fn new(global: &Global) -> Self {
        let plain = global.plain || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if plain {
            ColorChoice::Never.write_global();
        }
        Self {
            plain,
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
            asking: match global.non_interactive {
                true => Asking::Nowhere,
                false => os::asking(),
            },
            to_journal: os::stderr_is_journal(),
            result_to_journal: os::stdout_is_journal(),
            patience: match global.timeout {
                Some(timeout) => timeout.limit(),
                None => Patience::default().limit,
            },
            ..Self::default()
        }
    }

    /// For errors before the options are known.
    pub(crate) fn for_errors(json: bool) -> Self {
        Self {
            json,
            to_journal: os::stderr_is_journal(),
            ..Self::default()
        }
    }

    /// From now on, what is said goes into these logs, too.
    pub(crate) fn log_to(&self, journal: Journal) {
        // Nobody opens them twice.
        let _ = self.journal.set(journal);
    }

    /// From now on, what becomes of the run is noted here, too.
    pub(crate) fn monitor_by(&self, monitor: Monitor) {
        // There is one for each run.
        let _ = self.monitor.set(monitor);
    }

    /// What is noted for monitoring.
    pub(crate) fn monitor(&self) -> Option<&Monitor> {
        self.monitor.get()
    }

    /// From now on, hints are worded for the wizard.
    pub(crate) fn enter_wizard(&self) {
        // It is entered once.
        let _ = self.in_wizard.set(());
    }

    /// Whether the wizard asked.
    pub(crate) fn was_in_wizard(&self) -> bool {
        self.in_wizard.get().is_some()
    }

    fn wording(&self) -> Wording {
        match (self.in_wizard.get(), self.asking) {
            (Some(()), _) => Wording::Wizard,
            (None, Asking::AtTerminal) => Wording::Terminal,
            (None, Asking::OutOfSight) => Wording::OutOfSight,
            (None, Asking::Nowhere) => Wording::CommandLine,
        }
    }

    /// Whether somebody may be asked.
    pub(crate) fn interaction(&self) -> Interaction {
        match self.asking {
            Asking::AtTerminal => Interaction::Allowed,
            Asking::OutOfSight | Asking::Nowhere => Interaction::Never,
        }
    }

    /// Whether only what went wrong is to be said.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Whether moving progress may be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && !self.json && !self.plain && io::stderr().is_terminal()
    }

    /// Whether nothing is to be redrawn.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether standard output takes colours.
    pub(crate) fn colors(&self) -> bool {
        AutoStream::choice(&io::stdout()) != ColorChoice::Never
    }

    /// How many characters fit into a line of standard output; `None` where it is no terminal.
    pub(crate) fn width(&self) -> Option<u16> {
        match Table::new().width() {
            // A serial line, or a terminal that some program made, does not know.
            Some(0) => Some(80),
            width => width,
        }
    }

    /// How results are to look.
    pub(crate) fn look(&self) -> Look {
        let width = self.width();
        Look {
            width,
            colors: self.colors(),
            drawing: match width {
                Some(_) => Drawing::of_the_terminal(),
                None => &drawing::UNICODE,
            },
        }
    }

    /// Writes a result to standard output.
    pub(crate) fn print(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let _wait = waits::waiting_for(STDOUT);
        let stdout = match self.result_to_journal {
            true => AutoStream::never(io::stdout()),
            false => anstream::stdout(),
        };
        let mut out = io::BufWriter::with_capacity(64 * 1024, stdout.lock());
        printed(write(&mut out).and_then(|()| out.flush()))
    }

    /// What a line of a result begins with for the journal to have it at its level; nothing elsewhere,
    /// and of what is no worse than all others.
    pub(crate) fn mark(&self, level: Level) -> &'static str {
        match (self.result_to_journal, level) {
            (false, _) | (true, Level::Info) => "",
            (true, Level::Warning) => JOURNAL_WARNING,
            (true, Level::Error) => JOURNAL_ERROR,
        }
    }

    /// Says on standard output what was done, to who may not have asked for more than that it is done:
    /// not with `--quiet`.
    pub(crate) fn print_done(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        match self.quiet {
            true => Ok(()),
            false => self.print(write),
        }
    }

    /// Writes an object of JSON to standard output.
    pub(crate) fn print_json(&self, value: &impl serde::Serialize) -> Result<(), Error> {
        let _wait = waits::waiting_for(STDOUT);
        // Past anstream, which would look for escape sequences in every byte.
        let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
        printed(json::write(&mut out, value).and_then(|()| out.flush()))
    }

    /// Says something beside the result; not with `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            let _wait = waits::waiting_for(STDERR);
            self.line(JOURNAL_INFO, None, &safe(text));
        }
    }

    /// Says, to a person at a terminal, that a folder is waited for.
    pub(crate) fn note_wait(&self, folder: &Path) {
        let text = format!(
            "waiting for another certstow that is using {}",
            folder.display()
        );
        match io::stderr().is_terminal() {
            true => self.note(&text),
            false => self.explain(&text),
        }
    }

    /// Warns; with `--quiet` too, since something may go wrong later.
    pub(crate) fn warn(&self, text: &str) {
        self.show_warning(text);
        self.record(&Entry::warning(text));
    }

    /// Warns of what the result says too where it is JSON: then the logs alone get it.
    pub(crate) fn warn_unless_json(&self, text: &str) {
        match self.json {
            true => self.record(&Entry::warning(text)),
            false => self.warn(text),
        }
    }

    /// Warns of each of many things: the screen and Windows' log get a [`Selection`] and how many more
    /// there are, the file of `--log` gets every one.
    pub(crate) fn warn_of_each(&self, warnings: impl IntoIterator<Item = Warning>) {
        self.some_of(warnings, &Entry::warning, &|text| self.show_warning(text));
    }

    /// As [`Self::warn_of_each`], of what the result says too where it is JSON: that has every one,
    /// and the screen none.
    pub(crate) fn warn_of_each_unless_json(&self, warnings: impl IntoIterator<Item = Warning>) {
        match self.json {
            true => self.some_of(warnings, &Entry::warning, &|_| ()),
            false => self.warn_of_each(warnings),
        }
    }

    /// The same of what is no warning.
    pub(crate) fn note_of_each_unless_json(&self, notices: impl IntoIterator<Item = Warning>) {
        let show = |text: &str| match self.json {
            true => {}
            false => self.note(&format!("notice: {text}")),
        };
        self.some_of(notices, &Entry::step, &show);
    }

    fn some_of(
        &self,
        warnings: impl IntoIterator<Item = Warning>,
        entry: &dyn Fn(&str) -> Entry,
        show: &dyn Fn(&str),
    ) {
        let mut selection = Selection::default();
        for warning in warnings {
            let entry = entry(&warning.text);
            match selection.takes(&warning) {
                true => {
                    show(&warning.text);
                    self.record(&entry);
                }
                false => self.record(&entry.in_file_alone()),
            }
        }
        for count in selection.rest() {
            show(&count);
            self.record(&entry(&count));
        }
    }

    /// Warns on the screen alone, of what the logs get in other words.
    pub(crate) fn show_warning(&self, text: &str) {
        let _wait = waits::waiting_for(STDERR);
        self.warning_line(text);
    }

    fn warning_line(&self, text: &str) {
        let label = Some(("warning:", WARNING));
        self.line(JOURNAL_WARNING, label, &safe(text));
    }

    /// Explains what is done, with `-v`.
    pub(crate) fn explain(&self, text: &str) {
        waits::progress();
        if self.verbose {
            let _wait = waits::waiting_for(STDERR);
            self.line(JOURNAL_INFO, None, &format!("certstow: {}", safe(text)));
        }
        self.record(&Entry::step(text));
    }

    /// Puts an entry into the logs, and nothing on the screen.
    pub(crate) fn record(&self, entry: &Entry) {
        if let Some(journal) = self.journal.get() {
            journal.record(entry);
        }
    }

    /// Notes what is to be said of a password that an option named if it turns out to be wrong.
    pub(crate) fn password_given(&self, password: &Password) {
        if let Some(end) = password.blank_end() {
            let _ = self.blank.set(end);
        }
    }

    /// Writes the files for monitoring; the exit code then is that of a run which did
    /// all but that. Waits for nothing that the watchdog would have to be told of.
    pub(crate) fn tell(&self, exit: Exit) -> Exit {
        let Some(monitor) = self.monitor() else {
            return exit;
        };
        let (code, failures) = monitor.tell(exit.code());
        failures
            .iter()
            .for_each(|failure| self.warn_at_once(failure));
        match code == exit.code() {
            true => exit,
            false => Exit::Partial,
        }
    }

    /// The same of a run that ends by a mistake in certstow.
    pub(crate) fn tell_panic(&self) {
        if let Some(monitor) = self.monitor() {
            let (code, failures) = monitor.tell(PANICKED);
            let failed = monitor.end(code);
            let failures = failures.iter().chain(&failed);
            failures.for_each(|failure| self.warn_at_once(failure));
        }
    }

    /// How long [`Screen::end`] may take for what it runs.
    pub(crate) fn patience_at_the_end(&self) -> Duration {
        self.monitor().map_or(Duration::ZERO, Monitor::patience)
    }

    /// Warns when the watchdog may have put an end to all waiting.
    fn warn_at_once(&self, text: &str) {
        self.record(&Entry::warning(text));
        self.warning_line(text);
    }

    /// Records the end of the run, and warns if not everything was recorded.
    pub(crate) fn end(&self, exit: Exit) {
        if let (Exit::Password, Some(end)) = (exit, self.blank.get()) {
            self.warn(&format!("a password that was given {end}: is that meant?"));
        }
        if let Some(failed) = self.monitor().and_then(|monitor| monitor.end(exit.code())) {
            self.warn_at_once(&failed);
        }
        let journal = self.journal.get();
        if let Some(failure) = journal.and_then(|journal| journal.end(exit)) {
            self.show_warning(&failure);
        }
    }

    /// Prints an error, what caused it and what to do next.
    pub(crate) fn error(&self, error: &dyn Explain) {
        // Into the logs first: standard error may be what does not answer.
        self.record(&Entry::error(error));
        if let Some(monitor) = self.monitor() {
            monitor.error(error);
        }
        match self.json {
            true => self.show_error_as_json(error),
            false => self.show_error(error),
        }
    }

    fn show_error_as_json(&self, error: &dyn Explain) {
        let mut text = Vec::new();
        if json::write(&mut text, &json::error(error)).is_ok() {
            let text = String::from_utf8_lossy(&text);
            self.lines(JOURNAL_ERROR, text.trim_end());
        }
    }

    fn show_error(&self, error: &dyn Explain) {
        let wording = self.wording();
        let line = |label, text: &str| self.line(JOURNAL_ERROR, label, text);
        if error.exit() == Exit::Cancelled && wording != Wording::CommandLine {
            // Whoever leaves knows that, and made no error.
            return line(None, "Cancelled.");
        }
        line(Some(("error:", ERROR)), &error.to_string());
        for candidate in error.candidates() {
            // What a manifest says may be anything.
            let date = candidate.not_after.get(..10);
            let candidate = format!(
                "  {}  {}, until {}, in {}",
                safe(&candidate.thumbprint),
                shortened(&candidate.label),
                safe(date.unwrap_or(&candidate.not_after)),
                safe(&candidate.store)
            );
            line(None, &candidate);
        }
        for cause in causes(error) {
            let cause = match wording == Wording::Wizard && !self.verbose {
                true => without_numbers(&cause),
                false => cause,
            };
            line(None, &format!("  caused by: {cause}"));
        }
        if let Some(hint) = error.hint_for(wording) {
            line(Some(("hint:", HEADING)), &hint);
        }
    }

    /// Says, after an error, what else may help.
    pub(crate) fn hint(&self, text: &str) {
        if !self.json {
            self.line(JOURNAL_ERROR, Some(("hint:", HEADING)), &safe(text));
        }
    }

    /// Prints what clap says is wrong with the command line.
    pub(crate) fn usage(&self, error: &clap::Error) {
        if self.to_journal {
            self.lines(JOURNAL_ERROR, error.to_string().trim_end());
        } else {
            // Where standard error is closed there is nobody left to tell.
            let _ = error.print();
        }
    }

    /// Prints several lines, each as one of this level, where it is systemd's journal.
    fn lines(&self, level: &str, text: &str) {
        let mut stderr = io::stderr().lock();
        for line in text.lines() {
            let level = if self.to_journal { level } else { "" };
            // As above.
            let _ = writeln!(stderr, "{level}{line}");
        }
    }

    /// A line with its label in a style, on as many lines as fit the terminal.
    fn line(&self, level: &str, label: Option<(&str, Style)>, text: &str) {
        let text = match label {
            Some((label, _)) => format!("{label} {text}"),
            None => text.to_owned(),
        };
        if self.to_journal {
            // As above.
            let _ = writeln!(io::stderr(), "{level}{text}");
            return;
        }
        let text = match !self.plain && io::stderr().is_terminal() {
            true => lines::with_commands(&text, raw_terminal::size().0, 2),
            false => text,
        };
        let mut out = anstream::stderr().lock();
        // As above.
        let _ = match label
            .and_then(|(label, style)| Some((label, style, text.strip_prefix(label)?)))
        {
            Some((label, style, rest)) => writeln!(out, "{style}{label}{style:#}{rest}"),
            None => writeln!(out, "{text}"),
        };
    }
}

const STDOUT: &str = "standard output to take the result";
const STDERR: &str = "standard error to take a line";

/// A reader that has seen enough and gone away, such as `head`, is no failure.
fn printed(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(Error::io("standard output", source)),
        Ok(()) => Ok(()),
    }
}
