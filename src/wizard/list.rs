//! A list to choose from, drawn with `crossterm` and drawn anew after each key and each change of the
//! terminal's size. The cursor stays in the question: whatever a terminal does with longer lines when it
//! becomes narrower, all from there down is the list's.

mod state;

use std::io::{self, Write};
use std::time::Duration;

use crossterm::cursor::{Hide, MoveToColumn, MoveUp, Show};
use crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyEventKind, poll, read,
};
use crossterm::terminal::{Clear, ClearType, disable_raw_mode, enable_raw_mode};
use crossterm::{QueueableCommand as _, execute};

use super::asker::{Answer, Choice, Search};
use crate::error::Error;
use crate::raw_terminal::{self, Question};
use crate::render::lines;
use crate::screen::{CHOSEN, HELP, SIGN};
use state::{Frame, List, Pressed, Row};

/// How long what belongs to an Esc may take, as in lines.
const ESCAPE_SEQUENCE: Duration = Duration::from_millis(100);

/// Has one of the choices taken, which may be searched; its position.
pub(super) fn ask(
    question: &str,
    choices: &[Choice],
    start: usize,
    search: Option<Search<'_>>,
    colors: bool,
) -> Result<Answer<usize>, Error> {
    let mut list = List::new(question, choices, start, search);
    let asked = Question::drawn();
    let answer = Drawing::begin(search.is_some(), colors).and_then(|mut drawing| {
        let answer = answer(&mut list, &mut drawing)?;
        let said = match answer {
            Pressed::Answered(Answer::Next(chosen)) => choices[chosen].whole(),
            Pressed::Answered(Answer::Back) => "(back)".to_owned(),
            _ => String::new(),
        };
        drawing.finish(&format!("{question} {said}"))?;
        Ok(answer)
    });
    drop(asked);
    match answer.map_err(raw_terminal::failed)? {
        Pressed::Answered(answer) => Ok(answer),
        Pressed::GivenUp | Pressed::GoOn => Err(Error::Cancelled),
    }
}

fn answer(list: &mut List<'_>, drawing: &mut Drawing) -> io::Result<Pressed> {
    loop {
        let (width, height) = raw_terminal::size();
        drawing.draw(&list.frame(width, height), width)?;
        match read_whole()? {
            Some(Event::Key(key)) if key.kind != KeyEventKind::Release => match list.press(key) {
                Pressed::GoOn => {}
                pressed => return Ok(pressed),
            },
            Some(Event::Paste(text)) => list.paste(&text),
            _ => {}
        }
    }
}

/// The next event. What a slow link tore off from an Esc, such as the rest of an arrow, belongs to it:
/// `None`, for a key that does nothing.
fn read_whole() -> io::Result<Option<Event>> {
    let event = read()?;
    let esc = Event::Key(KeyEvent::from(KeyCode::Esc));
    if event != esc || !poll(ESCAPE_SEQUENCE)? {
        return Ok(Some(event));
    }
    match read()? {
        Event::Key(key) if key.kind == KeyEventKind::Press => {
            while poll(Duration::ZERO)? {
                read()?;
            }
            Ok(None)
        }
        // Windows tells that the Esc was let go.
        _ => Ok(Some(event)),
    }
}

/// What is drawn, from its beginning to its end; and the terminal in raw mode.
struct Drawing {
    colors: bool,
    /// The columns of the rows down to that of the cursor, and where in that it is.
    above: Vec<usize>,
}

impl Drawing {
    fn begin(shows_cursor: bool, colors: bool) -> io::Result<Self> {
        enable_raw_mode()?;
        // crossterm hears of another size from its first look for events on, which is to be before the
        // size is asked for.
        poll(Duration::ZERO)?;
        let begun = Self {
            colors,
            above: Vec::new(),
        };
        // Windows has no such mode for crossterm: there a paste comes as if it was typed.
        let _ = execute!(io::stderr(), EnableBracketedPaste);
        if !shows_cursor {
            execute!(io::stderr(), Hide)?;
        }
        Ok(begun)
    }

    /// Takes away what was drawn, of which a narrower terminal has broken longer rows.
    fn clear(&mut self, width: usize, out: &mut impl Write) -> io::Result<()> {
        let columns = self.above.split_last();
        let up = columns.map_or(0, |(cursor, rows)| {
            let rows: usize = rows.iter().map(|row| row.div_ceil(width).max(1)).sum();
            rows + cursor / width
        });
        out.write_all(b"\r")?;
        if let (Ok(up), 1..) = (u16::try_from(up), up) {
            out.queue(MoveUp(up))?;
        }
        out.queue(Clear(ClearType::FromCursorDown))?;
        self.above.clear();
        Ok(())
    }

    fn draw(&mut self, frame: &Frame, width: usize) -> io::Result<()> {
        // One write, so that nobody sees half of it.
        let mut out = io::BufWriter::new(io::stderr().lock());
        self.clear(width, &mut out)?;
        let (row, column) = frame.cursor;
        for (number, row) in frame.rows.iter().enumerate() {
            let end = if number == 0 { "" } else { "\r\n" };
            write!(out, "{end}{}", self.styled(row))?;
        }
        let up = frame.rows.len() - 1 - row;
        if let (Ok(up), 1..) = (u16::try_from(up), up) {
            out.queue(MoveUp(up))?;
        }
        out.queue(MoveToColumn(u16::try_from(column).unwrap_or(u16::MAX)))?;
        let above = frame.rows[..row]
            .iter()
            .map(|row| lines::length(row.text()));
        self.above = above.chain([column]).collect();
        out.flush()
    }

    fn styled(&self, row: &Row) -> String {
        match row {
            _ if !self.colors => row.text().to_owned(),
            Row::Question(text) => match text.strip_prefix('?') {
                Some(rest) => format!("{SIGN}?{SIGN:#}{rest}"),
                None => text.clone(),
            },
            Row::Choice(text) => text.clone(),
            Row::Chosen(text) => format!("{CHOSEN}{text}{CHOSEN:#}"),
            Row::Help(text) => format!("{HELP}{text}{HELP:#}"),
        }
    }

    /// Leaves the question and what was answered.
    fn finish(mut self, said: &str) -> io::Result<()> {
        let (width, _) = raw_terminal::size();
        let said = lines::broken(&format!("> {}", said.trim_end()), width.saturating_sub(1));
        let mut out = io::BufWriter::new(io::stderr().lock());
        self.clear(width, &mut out)?;
        write!(out, "{}\r\n", said.replace('\n', "\r\n"))?;
        out.flush()
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        // There is nobody to tell if it does not work.
        let _ = execute!(io::stderr(), DisableBracketedPaste);
        let _ = execute!(io::stderr(), Show);
        let _ = disable_raw_mode();
    }
}
