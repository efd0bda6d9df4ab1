//! A line whose answer may be seen, typed with the keys of readline, by `rustyline`. It is drawn on the
//! terminal itself, whatever the outputs are. There is no history. What was typed ahead is kept for the
//! next line, until a password is asked for; passwords never go through it.

pub(crate) mod edited;

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::path::MAIN_SEPARATOR;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anstream::{AutoStream, ColorChoice};
use rustyline::completion::{Completer, Pair};
use rustyline::config::{BellStyle, ColorMode, CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hint, Hinter};
use rustyline::history::MemHistory;
use rustyline::validate::Validator;
use rustyline::{
    Behavior, Cmd, ConditionalEventHandler, Context, Editor, Event, EventContext, EventHandler,
    Helper, KeyCode, KeyEvent, Modifiers, Movement, RepeatCount,
};

use crate::error::Error;
use crate::raw_terminal::{self, Question};
use crate::screen::{HELP, SIGN};
use crate::typed_path::half_typed;

/// How long what belongs to an Esc may take, in milliseconds, as in a hidden line.
const ESCAPE_SEQUENCE: u16 = 100;

/// With what somebody begins a path anew, whatever is suggested: a root, a home, a quote, or
/// PowerShell's call of a quoted path.
const BEGINS_PATH: [char; 6] = ['/', '\\', '~', '\'', '"', '&'];

/// Whether a letter and a colon begin a path.
const HAS_DRIVES: bool = MAIN_SEPARATOR == '\\';

/// Keys that readline, with Ctrl, has for what an answer has no use for: a history, control characters,
/// the whole screen, other programs, what was erased, a search for the next key.
const IDLE: [char; 12] = ['L', 'O', 'Q', 'R', 'S', 'V', 'X', 'Y', 'Z', '\\', '_', ']'];

type LineEditor = Editor<Below, MemHistory>;

thread_local! {
    /// It has what was typed ahead, of which the next line is the answer, and what was erased last.
    static EDITOR: RefCell<Option<LineEditor>> = const { RefCell::new(None) };
}

/// Gives what may come after what is typed of a path.
pub(super) type Completions = fn(&str) -> Vec<String>;

/// A line to be typed. Its texts are safe for a terminal.
pub(super) struct Line<'a> {
    /// What stands before it, sign and blanks included.
    pub(super) question: &'a str,
    /// How it begins.
    pub(super) initial: &'a str,
    /// What stands below it.
    pub(super) help: &'a str,
    /// Whether Esc ends it.
    pub(super) goes_back: bool,
    /// For a path.
    pub(super) completions: Option<Completions>,
}

impl Line<'_> {
    /// What was typed; `None` after Esc, where that goes back.
    ///
    /// # Errors
    /// - [`Error::Cancelled`]: Ctrl-C, Ctrl-D in an empty line, or the end of the terminal.
    /// - [`Error::Library`]: the terminal does not work.
    pub(super) fn read(&self) -> Result<Option<String>, Error> {
        EDITOR.with_borrow_mut(|editor| match editor {
            // Between them come questions that another reader answers.
            _ if self.goes_back => self.read_with(&mut new_editor()?),
            Some(editor) => self.read_with(editor),
            None => self.read_with(editor.insert(new_editor()?)),
        })
    }

    fn read_with(&self, editor: &mut LineEditor) -> Result<Option<String>, Error> {
        let _question = Question::drawn();
        let keys = Arc::new(Keys {
            initial: self.initial.to_owned(),
            is_path: self.completions.is_some(),
            goes_back: self.goes_back,
            touched: AtomicBool::new(false),
            pasting: AtomicBool::new(false),
            instead: Mutex::default(),
            left: Mutex::default(),
        });
        editor.set_helper(Some(Below {
            help: self.help.to_owned(),
            completions: self.completions,
            keys: Arc::clone(&keys),
        }));
        let handler = EventHandler::Conditional(Box::new(Handler(Arc::clone(&keys))));
        editor.bind_sequence(Event::Any, handler);
        let prompt = (self.question, styled(self.question));
        loop {
            return match editor.readline_with_initial(&prompt, (self.initial, "")) {
                Ok(line) => match keys.left().take() {
                    // What is pasted may have several lines.
                    None => Ok(Some(line.replace(char::is_control, " "))),
                    Some(Left::Back) => Ok(None),
                    Some(Left::Cancelled) => Err(Error::Cancelled),
                },
                // What was typed is no text in UTF-8: it is to be typed again.
                Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => continue,
                Err(error) => Err(failed(error)),
            };
        }
    }
}

/// Forgets what was typed ahead and what was erased.
pub(super) fn forget() {
    EDITOR.take();
}

fn new_editor() -> Result<LineEditor, Error> {
    let colors = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let config = Config::builder()
        .behavior(Behavior::PreferTerm)
        .bell_style(BellStyle::None)
        .color_mode(match colors {
            true => ColorMode::Enabled,
            false => ColorMode::Disabled,
        })
        .completion_type(CompletionType::List)
        // All of them are shown, screen by screen.
        .completion_prompt_limit(usize::MAX)
        .keyseq_timeout(Some(ESCAPE_SEQUENCE))
        .build();
    Editor::with_history(config, MemHistory::new()).map_err(failed)
}

/// A question with its sign in colour.
fn styled(question: &str) -> String {
    match question.strip_prefix('?') {
        Some(rest) => format!("{SIGN}?{SIGN:#}{rest}"),
        None => question.to_owned(),
    }
}

fn failed(error: ReadlineError) -> Error {
    match error {
        ReadlineError::Eof | ReadlineError::Interrupted | ReadlineError::Signal(_) => {
            Error::Cancelled
        }
        ReadlineError::Io(source) => raw_terminal::failed(source),
        other => raw_terminal::failed(io::Error::other(other)),
    }
}

/// How a line was left that is no answer.
#[derive(Debug, PartialEq)]
enum Left {
    Back,
    Cancelled,
}

/// What keys do that readline does not know, or has another use for.
struct Keys {
    initial: String,
    is_path: bool,
    goes_back: bool,
    /// Whether a key was pressed.
    touched: AtomicBool,
    /// Whether the keys are those of a paste.
    pasting: AtomicBool,
    /// What is to be there instead of the line so far.
    instead: Mutex<Option<String>>,
    /// How the last key left the line. Where that ended nothing, as in the list of completions, another
    /// key follows.
    left: Mutex<Option<Left>>,
}

impl Keys {
    /// Ends the line, with nothing left below it.
    fn leave(&self, how: Left) -> Cmd {
        *self.left() = Some(how);
        Cmd::AcceptLine
    }

    fn left(&self) -> MutexGuard<'_, Option<Left>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a text in the place of the line, and the cursor behind it. Only completion does both.
    fn begin_anew(&self, text: String) -> Cmd {
        *self.instead() = Some(text);
        Cmd::Complete
    }

    fn instead(&self) -> MutexGuard<'_, Option<String>> {
        self.instead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes characters alone, and blanks for what parts them.
    fn paste(&self, key: &KeyEvent) -> Option<Cmd> {
        match *key {
            KeyEvent(KeyCode::Char(_), Modifiers::NONE) => None,
            KeyEvent(KeyCode::Enter | KeyCode::Tab, _)
            | KeyEvent(KeyCode::Char('I' | 'J' | 'M'), Modifiers::CTRL) => {
                Some(Cmd::SelfInsert(1, ' '))
            }
            KeyEvent(KeyCode::BracketedPasteEnd, _) => {
                self.pasting.store(false, Ordering::Relaxed);
                Some(Cmd::Noop)
            }
            _ => Some(Cmd::Noop),
        }
    }

    /// What a key does; `None` for what readline has it do. `at_end` is whether the cursor is at
    /// the end of the line.
    fn press(&self, key: &KeyEvent, line: &str, at_end: bool) -> Option<Cmd> {
        let first = !self.touched.swap(true, Ordering::Relaxed);
        self.left().take();
        if self.pasting.load(Ordering::Relaxed) {
            return self.paste(key);
        }
        match *key {
            KeyEvent(KeyCode::Char('C'), Modifiers::CTRL) => Some(self.leave(Left::Cancelled)),
            KeyEvent(KeyCode::Esc, Modifiers::NONE)
            | KeyEvent(KeyCode::Char('G'), Modifiers::CTRL) => Some(match self.goes_back {
                true => self.leave(Left::Back),
                false => Cmd::Noop,
            }),
            KeyEvent(KeyCode::Char(key), Modifiers::CTRL | Modifiers::CTRL_ALT)
                if IDLE.contains(&key) =>
            {
                Some(Cmd::Noop)
            }
            _ if !self.is_path || self.initial.is_empty() => None,
            KeyEvent(KeyCode::Char(key), Modifiers::NONE)
                if first && BEGINS_PATH.contains(&key) =>
            {
                Some(self.begin_anew(key.into()))
            }
            // What is pasted, or dragged here, comes next: as keys, since rustyline was kept from
            // reading it.
            KeyEvent(KeyCode::BracketedPasteStart, _) if first => {
                self.pasting.store(true, Ordering::Relaxed);
                Some(Cmd::Kill(Movement::WholeLine))
            }
            KeyEvent(KeyCode::Char(':'), Modifiers::NONE) if HAS_DRIVES && at_end => {
                let drive = line.strip_prefix(&*self.initial)?;
                let is_letter = drive.len() == 1 && drive.as_bytes()[0].is_ascii_alphabetic();
                is_letter.then(|| self.begin_anew(format!("{drive}:")))
            }
            _ => None,
        }
    }
}

struct Handler(Arc<Keys>);

impl ConditionalEventHandler for Handler {
    fn handle(
        &self,
        event: &Event,
        count: RepeatCount,
        forwards: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        let key = event.get(0)?;
        let line = context.line();
        let pressed = self.0.press(key, line, context.pos() == line.len());
        let ends = matches!(
            *key,
            KeyEvent(KeyCode::Enter, _) | KeyEvent(KeyCode::Char('J' | 'M'), Modifiers::CTRL)
        );
        // With Alt and digits before it, a key would act so often.
        let is_counted = count != 1 || !forwards;
        pressed.or_else(|| (is_counted && !ends).then_some(Cmd::Noop))
    }
}

/// What is shown below the line.
struct Below {
    help: String,
    completions: Option<Completions>,
    keys: Arc<Keys>,
}

impl Helper for Below {}

impl Validator for Below {}

impl Completer for Below {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        if let Some(replacement) = self.keys.instead().take() {
            let display = replacement.clone();
            return Ok((
                0,
                vec![Pair {
                    display,
                    replacement,
                }],
            ));
        }
        let Some(completions) = self.completions else {
            return Ok((0, Vec::new()));
        };
        let (quote, typed) = half_typed(&line[..position]);
        // Of more, rustyline could not count what it shows.
        let found = completions(&typed).into_iter().take(u16::MAX.into());
        let pairs = found.map(|replacement| {
            let name = replacement.trim_end_matches(std::path::is_separator);
            let start = name.rfind(std::path::is_separator).map_or(0, |at| at + 1);
            Pair {
                display: replacement[start..].to_owned(),
                replacement,
            }
        });
        Ok((quote.len(), pairs.collect()))
    }
}

impl Hinter for Below {
    type Hint = Help;

    fn hint(&self, _: &str, _: usize, _: &Context<'_>) -> Option<Help> {
        let help = Some(&self.help).filter(|help| !help.is_empty());
        help.map(|help| Help(format!("\n{help}")))
    }
}

impl Highlighter for Below {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        format!("{HELP}{hint}{HELP:#}").into()
    }
}

/// A hint of `rustyline` that is no part of any answer.
struct Help(String);

impl Hint for Help {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(is_path: bool) -> Keys {
        Keys {
            initial: "Ada.p12".to_owned(),
            is_path,
            goes_back: true,
            touched: AtomicBool::new(false),
            pasting: AtomicBool::new(false),
            instead: Mutex::default(),
            left: Mutex::default(),
        }
    }

    fn typed(key: char) -> KeyEvent {
        KeyEvent(KeyCode::Char(key), Modifiers::NONE)
    }

    #[test]
    fn press_replaces_a_suggested_path_at_first_alone() {
        for key in ['~', '/', '\'', '"'] {
            let keys = keys(true);
            assert_eq!(
                keys.press(&typed(key), "Ada.p12", true),
                Some(Cmd::Complete)
            );
            assert_eq!(keys.instead().take(), Some(key.to_string()));
            assert_eq!(keys.press(&typed(key), "Ada.p12", true), None);
        }
        let on_drive = keys(true);
        assert_eq!(on_drive.press(&typed('D'), "Ada.p12", true), None);
        let pressed = on_drive.press(&typed(':'), "Ada.p12D", true);
        assert_eq!(pressed, HAS_DRIVES.then_some(Cmd::Complete));
        let instead = on_drive.instead().take();
        assert_eq!(instead.as_deref(), HAS_DRIVES.then_some("D:"));
        for (line, at_end) in [("Ada.p12DE", true), ("Ada.p12D", false)] {
            assert_eq!(on_drive.press(&typed(':'), line, at_end), None);
        }
        assert_eq!(keys(false).press(&typed('~'), "Ada.p12", true), None);
    }

    #[test]
    fn press_takes_a_paste_as_characters() {
        let keys = keys(true);
        let key = |code| KeyEvent(code, Modifiers::NONE);
        let begins = keys.press(&key(KeyCode::BracketedPasteStart), "Ada.p12", true);
        assert_eq!(begins, Some(Cmd::Kill(Movement::WholeLine)));
        assert_eq!(keys.press(&typed('/'), "", true), None);
        for parts in [KeyCode::Enter, KeyCode::Tab] {
            assert_eq!(
                keys.press(&key(parts), "/", true),
                Some(Cmd::SelfInsert(1, ' '))
            );
        }
        assert_eq!(keys.press(&key(KeyCode::Esc), "/", true), Some(Cmd::Noop));
        let cancels = KeyEvent(KeyCode::Char('C'), Modifiers::CTRL);
        assert_eq!(keys.press(&cancels, "/", true), Some(Cmd::Noop));
        keys.press(&key(KeyCode::BracketedPasteEnd), "/", true);
        assert_eq!(keys.press(&key(KeyCode::Enter), "/", true), None);
    }

    #[test]
    fn press_forgets_a_leave_that_ended_nothing() {
        let keys = keys(true);
        let esc = KeyEvent(KeyCode::Esc, Modifiers::NONE);
        assert_eq!(keys.press(&esc, "", true), Some(Cmd::AcceptLine));
        assert_eq!(*keys.left(), Some(Left::Back));
        assert_eq!(keys.press(&typed('q'), "", true), None);
        assert_eq!(*keys.left(), None);
    }

    #[test]
    fn press_leaves_control_keys_idle() {
        for key in IDLE {
            for modifiers in [Modifiers::CTRL, Modifiers::CTRL_ALT] {
                let key = KeyEvent(KeyCode::Char(key), modifiers);
                assert_eq!(keys(true).press(&key, "", true), Some(Cmd::Noop));
            }
        }
        let edits = KeyEvent(KeyCode::Char('U'), Modifiers::CTRL);
        assert_eq!(keys(true).press(&edits, "", true), None);
    }
}
