//! Questions that are drawn and redrawn: lists that are searched as one types, lines that complete
//! folders. Passwords are typed past all of it: lines that are edited are kept in memory that grows.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::{AutoStream, ColorChoice};
use certstow_core::password::{self, Typed};
use certstow_formats::secret::Password;

use super::asker::{Answer, Asker, Choice, Kind, Search};
use super::list;
use crate::error::Error;
use crate::folders;
use crate::line::Line;
use crate::raw_terminal::{self, failed, show};
use crate::render::lines;

/// With fewer columns, question and answer do not fit into one line.
const NARROW: usize = 70;

/// To a second screen that keeps nothing of what it showed (xterm's control sequences), and back.
const OTHER_SCREEN: &str = "\u{1b}[?1049h\u{1b}[2J\u{1b}[H";
const LEAVE_OTHER_SCREEN: &str = "\u{1b}[2J\u{1b}[?1049l";

/// Whether the second screen is shown.
static ELSEWHERE: AtomicBool = AtomicBool::new(false);

/// Leaves the second screen for a process that is about to end.
pub(crate) fn leave_other_screen() {
    if ELSEWHERE.swap(false, Ordering::SeqCst) {
        show(LEAVE_OTHER_SCREEN);
    }
}

/// Draws on standard error.
pub(super) struct Drawn {
    colors: bool,
}

impl Drawn {
    pub(super) fn new() -> Self {
        Self {
            colors: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }
}

impl Asker for Drawn {
    fn say(&mut self, text: &str) {
        let (width, _) = raw_terminal::size();
        self.say_whole(&lines::with_commands(text, width, 0));
    }

    fn choose(
        &mut self,
        question: &str,
        choices: &[Choice],
        start: usize,
    ) -> Result<Answer<usize>, Error> {
        // A password that is typed too early is not to be shown as a filter.
        list::ask(question, choices, start, None, self.colors)
    }

    fn find(
        &mut self,
        question: &str,
        choices: &[Choice],
        start: usize,
        search: Search<'_>,
    ) -> Result<Answer<usize>, Error> {
        list::ask(question, choices, start, Some(search), self.colors)
    }

    fn text(&mut self, question: &str, initial: &str, kind: Kind) -> Result<Answer<String>, Error> {
        raw_terminal::forget_keys()?;
        let (width, _) = raw_terminal::size();
        let end = if width < NARROW { "\n  " } else { " " };
        let (help, completions) = match kind {
            Kind::Text => ("[Enter; Esc goes back]", None),
            Kind::Path => ("[Tab completes; Esc goes back]", Some(folders::below as _)),
        };
        let line = Line {
            question: &format!("? {question}{end}"),
            initial,
            help,
            goes_back: true,
            completions,
        };
        Ok(line.read()?.map_or(Answer::Back, Answer::Next))
    }

    fn password(&mut self, question: &str) -> Result<Typed, Error> {
        // What was read already, no flushing of the terminal would forget.
        raw_terminal::forget_keys()?;
        let (width, _) = raw_terminal::size();
        Ok(password::prompt_once(&lines::broken(question, width))?)
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
            .map_err(failed)?;
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
