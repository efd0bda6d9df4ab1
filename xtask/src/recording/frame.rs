//! What a screen shows at one moment, as far as it is drawn.

use vt100::{Cell, Color, Screen};

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Style {
    /// One of the terminal's 16 colours.
    pub(crate) color: Option<u8>,
    pub(crate) bold: bool,
    pub(crate) dim: bool,
    pub(crate) underline: bool,
    pub(crate) inverse: bool,
}

/// Text of one style that stands together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Piece {
    pub(crate) column: u16,
    /// In columns.
    pub(crate) width: u16,
    pub(crate) text: String,
    pub(crate) style: Style,
}

/// A row of the screen.
pub(crate) type Row = Vec<Piece>;

/// What is shown, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) rows: Vec<Row>,
    /// Row and column, unless it is hidden.
    pub(crate) cursor: Option<(u16, u16)>,
    pub(crate) seconds: f64,
}

impl Frame {
    pub(crate) fn of(screen: &Screen, seconds: f64) -> Self {
        let (rows, columns) = screen.size();
        Self {
            rows: (0..rows).map(|row| pieces(screen, row, columns)).collect(),
            cursor: (!screen.hide_cursor()).then(|| screen.cursor_position()),
            seconds,
        }
    }
}

fn pieces(screen: &Screen, row: u16, columns: u16) -> Row {
    let mut pieces: Row = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen
            .cell(row, column)
            .filter(|cell| !cell.is_wide_continuation())
        else {
            continue;
        };
        let style = style(cell);
        let text = match cell.contents() {
            "" => " ",
            text => text,
        };
        let width = if cell.is_wide() { 2 } else { 1 };
        match pieces.last_mut() {
            Some(piece) if piece.style == style && piece.column + piece.width == column => {
                piece.text.push_str(text);
                piece.width += width;
            }
            _ => pieces.push(Piece {
                column,
                width,
                text: text.to_owned(),
                style,
            }),
        }
    }
    pieces.into_iter().flat_map(words).collect()
}

/// A piece without the blanks that only keep columns apart: each part has its own place, so that
/// columns stay straight in every font.
fn words(piece: Piece) -> Vec<Piece> {
    if piece.style.inverse || usize::from(piece.width) != piece.text.chars().count() {
        return vec![piece];
    }
    let mut parts: Vec<Piece> = Vec::new();
    for (offset, character) in (0..).zip(piece.text.chars()) {
        let column = piece.column + offset;
        if character == ' ' {
            continue;
        }
        match parts.last_mut() {
            Some(part) if column - (part.column + part.width) <= 1 => {
                let blanks = column - (part.column + part.width);
                part.text.push_str(&" ".repeat(blanks.into()));
                part.text.push(character);
                part.width += blanks + 1;
            }
            _ => parts.push(Piece {
                column,
                width: 1,
                text: character.to_string(),
                style: piece.style,
            }),
        }
    }
    parts
}

fn style(cell: &Cell) -> Style {
    Style {
        color: match cell.fgcolor() {
            Color::Idx(color @ 0..16) => Some(color),
            _ => None,
        },
        bold: cell.bold(),
        dim: cell.dim(),
        underline: cell.underline(),
        inverse: cell.inverse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_colours_keep_their_places() {
        let mut parser = vt100::Parser::new(2, 20, 0);
        parser.process(b"a b    \x1b[31mred\x1b[0m");
        let frame = Frame::of(parser.screen(), 1.0);
        let found: Vec<_> = frame.rows[0]
            .iter()
            .map(|piece| (piece.column, piece.text.as_str(), piece.style.color))
            .collect();
        assert_eq!(found, [(0, "a b", None), (7, "red", Some(1))]);
        assert!(frame.rows[1].is_empty());
        assert_eq!(frame.cursor, Some((0, 10)));
    }
}
