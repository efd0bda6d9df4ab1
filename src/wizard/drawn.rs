//! Questions that are drawn and redrawn, by `inquire`: lists that filter as one types, lines that
//! complete folders. Passwords never go through it: its lines are kept in memory that grows.
//!
//! `inquire` puts the terminal into raw mode, in which Ctrl-C is a key. For other ways to end the
//! process, what it changed is known here and in [`os::keep_terminal`].

use std::fmt;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};
use certstow_core::password::{self, Typed};
use certstow_core::waits;
use certstow_formats::secret::Password;
use certstow_platform::os;
use inquire::ui::{RenderConfig, Styled};
use inquire::{InquireError, Select, Text};

use super::asker::{Answer, Asker, Choice, Kind};
use super::folders::Folders;
use super::lines;
use crate::error::Error;
use crate::screen::Screen;

/// How many choices are shown at once.
const PAGE: usize = 10;

/// With fewer characters in a line, question and answer do not fit into one.
const NARROW: usize = 70;

/// What `inquire` turns on is turned off: bracketed paste, and a hidden cursor.
const RESTORE: &str = "\u{1b}[?2004l\u{1b}[?25h";
/// To a second screen that keeps nothing of what it showed (xterm's control sequences), and back.
const OTHER_SCREEN: &str = "\u{1b}[?1049h\u{1b}[2J\u{1b}[H";
const LEAVE_OTHER_SCREEN: &str = "\u{1b}[2J\u{1b}[?1049l";

/// Whether a question is on the screen.
static ASKING: AtomicBool = AtomicBool::new(false);
/// Whether the second screen is shown.
static ELSEWHERE: AtomicBool = AtomicBool::new(false);

/// Puts the screen back for a process that is about to end.
pub(crate) fn restore_screen() {
    if ELSEWHERE.swap(false, Ordering::SeqCst) {
        show(LEAVE_OTHER_SCREEN);
    }
    if ASKING.swap(false, Ordering::SeqCst) {
        show(RESTORE);
    }
}

/// Past `anstream`, which takes out what it knows no terminal for.
fn show(sequence: &str) {
    let mut stderr = io::stderr();
    // There is nobody to tell if it does not work.
    let _ = stderr
        .write_all(sequence.as_bytes())
        .and_then(|()| stderr.flush());
}

/// Draws on standard error.
pub(super) struct Drawn {
    width: usize,
    config: RenderConfig<'static>,
}

impl Drawn {
    pub(super) fn new(screen: &Screen) -> Self {
        let colors = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        let mut config = match colors {
            true => RenderConfig::default_colored(),
            false => RenderConfig::empty().with_answered_prompt_prefix(Styled::new(">")),
        };
        let width = screen.width().unwrap_or(80).into();
        config.answer_from_new_line = width < NARROW;
        Self {
            width,
            config: config.with_canceled_prompt_indicator(Styled::new("(back)")),
        }
    }

    fn list<'a>(
        &self,
        question: &'a str,
        choices: &'a [Choice],
        start: usize,
    ) -> Select<'a, Line<'a>> {
        let room = self.room();
        let lines = choices.iter().map(|choice| Line { choice, room });
        Select::new(question, lines.collect())
            .with_starting_cursor(start)
            .with_page_size(PAGE)
            .with_render_config(self.config)
    }

    /// What fits behind the sign that `inquire` puts before a line.
    fn room(&self) -> usize {
        self.width.saturating_sub(3)
    }
}

/// A choice as it is drawn.
struct Line<'a> {
    choice: &'a Choice,
    room: usize,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.choice.fitted(self.room))
    }
}

impl Asker for Drawn {
    fn say(&mut self, text: &str) {
        self.say_whole(&lines::broken(text, self.width));
    }

    fn choose(
        &mut self,
        question: &str,
        choices: &[Choice],
        start: usize,
    ) -> Result<Answer<usize>, Error> {
        // A password that is typed too early is not to be shown as a filter.
        let question = self
            .list(question, choices, start)
            .without_filtering()
            .with_help_message("up and down, Enter; Esc goes back");
        asked(|| question.raw_prompt().map(|chosen| chosen.index))
    }

    fn find(
        &mut self,
        question: &str,
        choices: &[Choice],
        start: usize,
    ) -> Result<Answer<usize>, Error> {
        let scorer =
            |text: &str, line: &Line<'_>, _: &str, _: usize| line.choice.matches(text).then_some(0);
        let keep_order = |_: &mut [(usize, i64)]| {};
        let question = self
            .list(question, choices, start)
            .with_scorer(&scorer)
            .with_sorter(&keep_order)
            .with_help_message("type to filter, Enter; Esc goes back");
        asked(|| question.raw_prompt().map(|chosen| chosen.index))
    }

    fn text(&mut self, question: &str, initial: &str, kind: Kind) -> Result<Answer<String>, Error> {
        let mut line = Text::new(question)
            .with_initial_value(initial)
            .with_page_size(PAGE)
            .with_render_config(self.config);
        line = match kind {
            Kind::Text => line.with_help_message("Enter; Esc goes back"),
            Kind::Path => line
                .with_help_message("Tab completes; Esc goes back")
                .with_autocomplete(Folders),
        };
        asked(|| line.prompt())
    }

    fn password(&mut self, question: &str) -> Result<Typed, Error> {
        Ok(password::prompt_once(question)?)
    }

    fn show_password(
        &mut self,
        text: &str,
        password: &Password,
        question: &str,
        choices: &[Choice],
    ) -> Result<Answer<usize>, Error> {
        let _elsewhere = Elsewhere::begin();
        self.say(text);
        let mut stderr = io::stderr();
        let shown = stderr.write_all(b"\n    ");
        let shown = shown.and_then(|()| stderr.write_all(password.expose().as_bytes()));
        shown
            .and_then(|()| stderr.write_all(b"\n\n"))
            .map_err(terminal)?;
        self.choose(question, choices, 0)
    }
}

/// The second screen, until it is dropped.
struct Elsewhere;

impl Elsewhere {
    fn begin() -> Self {
        ELSEWHERE.store(true, Ordering::SeqCst);
        show(OTHER_SCREEN);
        Self
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        if ELSEWHERE.swap(false, Ordering::SeqCst) {
            show(LEAVE_OTHER_SCREEN);
        }
    }
}

/// Asks, with the terminal known as it was.
fn asked<T>(ask: impl FnOnce() -> Result<T, InquireError>) -> Result<Answer<T>, Error> {
    let _wait = waits::waiting_for("an answer at the terminal");
    let kept = os::keep_terminal();
    ASKING.store(true, Ordering::SeqCst);
    let answer = ask();
    ASKING.store(false, Ordering::SeqCst);
    drop(kept);
    match answer {
        Ok(answer) => Ok(Answer::Next(answer)),
        Err(InquireError::OperationCanceled) => Ok(Answer::Back),
        Err(InquireError::OperationInterrupted) => Err(Error::Cancelled),
        Err(InquireError::IO(source)) => Err(terminal(source)),
        Err(other) => Err(terminal(io::Error::other(other.to_string()))),
    }
}

pub(super) fn terminal(source: io::Error) -> Error {
    Error::io("the terminal", source)
}
