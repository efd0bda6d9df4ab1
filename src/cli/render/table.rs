//! The table of `certstow list`. At a terminal it fits the width: first names, issuers and stores
//! are cut, then the rows become two lines high, then whole columns are left out, which `show` and
//! `--json` still give. Elsewhere nothing is cut.

use std::borrow::Cow;

use certstow::identity::{Identity, Inventory};
use certstow::names;
use certstow::platform::key;
use certstow::platform::store::KeyState;
use certstow::sanitize::safe;
use certstow::time;
use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, Width, presets,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Issuer,
    Expires,
    Key,
    Thumbprint,
    Store,
}

use Column::{Expires, Issuer, Key, Name, Store, Thumbprint};

impl Column {
    fn title(self) -> &'static str {
        match self {
            Name => "NAME",
            Issuer => "ISSUER",
            Expires => "EXPIRES",
            Key => "KEY",
            Thumbprint => "THUMBPRINT",
            Store => "STORE",
        }
    }
}

/// The columns of a table, and how high its rows are.
struct Layout {
    columns: &'static [Column],
    /// Whether a cell may have a second line: the distance under the date, and what stands in the
    /// way of exporting under the key.
    two_lines: bool,
    /// How much of a thumbprint is shown.
    digits: usize,
    /// How much of a name is shown at least.
    name: usize,
}

impl Layout {
    /// The least width a column may be cut to; `None` if it has to stay whole.
    fn narrowest(&self, column: Column) -> Option<usize> {
        match column {
            Name => Some(self.name),
            Issuer => Some(12),
            Store => Some(16),
            Expires | Key | Thumbprint => None,
        }
    }
}

/// What is shown where nothing is cut.
const WHOLE: Layout = Layout {
    columns: &[Name, Issuer, Expires, Key, Thumbprint, Store],
    two_lines: false,
    digits: 40,
    name: 16,
};

/// From the widest to the narrowest.
const LAYOUTS: [Layout; 5] = [
    Layout {
        digits: 16,
        ..WHOLE
    },
    Layout {
        two_lines: true,
        digits: 12,
        ..WHOLE
    },
    Layout {
        columns: &[Name, Issuer, Expires, Key, Thumbprint],
        two_lines: true,
        digits: 12,
        name: 16,
    },
    Layout {
        columns: &[Name, Expires, Key, Thumbprint],
        two_lines: true,
        digits: 12,
        name: 12,
    },
    Layout {
        columns: &[Name, Expires, Thumbprint],
        two_lines: true,
        digits: 8,
        name: 7,
    },
];

/// Blanks between two columns.
const GAP: u16 = 2;
/// A certificate that ends within this many seconds is coloured.
const SOON: i64 = 30 * 24 * 3600;
/// No terminal shows a longer name, and the table counts in 16 bits.
const LONGEST: usize = 500;

/// The table, without a line end. `width` is the terminal's, if it is one.
pub(crate) fn render(
    inventory: &Inventory,
    identities: &[&Identity],
    now: i64,
    width: Option<u16>,
    colors: bool,
) -> String {
    let build = |layout: &Layout| {
        let mut table = empty(layout, colors);
        table.add_rows(
            identities
                .iter()
                .map(|identity| row(inventory, identity, now, layout, colors)),
        );
        table
    };
    let Some(width) = width else {
        return finished(build(&WHOLE), &WHOLE);
    };
    let mut narrowest = String::new();
    for layout in &LAYOUTS {
        let mut table = build(layout);
        let fits = fit(&mut table, layout, width.into());
        narrowest = finished(table, layout);
        if fits {
            break;
        }
    }
    // A terminal narrower than that breaks the lines.
    narrowest
}

fn empty(layout: &Layout, colors: bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if colors {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(layout.columns.iter().map(|column| {
        let cell = Cell::new(column.title());
        if colors {
            cell.add_attribute(Attribute::Bold)
        } else {
            cell
        }
    }));
    table
}

/// The text of a table whose gaps are yet to be made.
fn finished(mut table: Table, layout: &Layout) -> String {
    let last = layout.columns.len() - 1;
    for (position, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if position == last { 0 } else { GAP }));
    }
    table.trim_fmt()
}

fn row(inventory: &Inventory, identity: &Identity, now: i64, layout: &Layout, colors: bool) -> Row {
    let cells = layout.columns.iter().map(|column| match column {
        Name => {
            let entry = identity.entry();
            text_cell(&names::label(entry, &entry.certificate.parse()))
        }
        Issuer => text_cell(&names::short_name_of_der(
            identity.certificate().issuer_der(),
        )),
        Expires => expires(identity, now, layout, colors),
        Key => {
            let (kind, obstacle) = key_texts(identity);
            Cell::new(joined(&kind, obstacle, ", ", layout))
        }
        Thumbprint => Cell::new(&identity.thumbprint()[..layout.digits]),
        Store => {
            let mut store = inventory.store_name(identity.entries()[0].store);
            if let more @ 1.. = identity.entries().len() - 1 {
                store.push_str(&format!(" (+{more})"));
            }
            text_cell(&store)
        }
    });
    let mut row = Row::from(cells.collect::<Vec<_>>());
    row.max_height(if layout.two_lines { 2 } else { 1 });
    row
}

/// Somebody else's text.
fn text_cell(text: &str) -> Cell {
    let shown: Cow<'_, str> = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Borrowed(&text[..end]),
        None => Cow::Borrowed(text),
    };
    Cell::new(safe(&shown))
}

fn expires(identity: &Identity, now: i64, layout: &Layout, colors: bool) -> Cell {
    let not_after = identity.certificate().parse().validity().not_after;
    let not_after = not_after.timestamp();
    let cell = Cell::new(joined(
        &time::local_date(not_after),
        &time::until_expiry(not_after, now),
        " ",
        layout,
    ));
    match not_after.saturating_sub(now) {
        left if colors && left < 0 => cell.fg(Color::Red),
        left if colors && left < SOON => cell.fg(Color::Yellow),
        _ => cell,
    }
}

fn joined(first: &str, second: &str, separator: &str, layout: &Layout) -> String {
    match (second.is_empty(), layout.two_lines) {
        (true, _) => first.to_owned(),
        (false, true) => format!("{first}\n{second}"),
        (false, false) => format!("{first}{separator}{second}"),
    }
}

/// "RSA 2048", and what stands in the way of exporting it.
pub(crate) fn key_text(identity: &Identity) -> String {
    let (kind, obstacle) = key_texts(identity);
    joined(&kind, obstacle, ", ", &WHOLE)
}

fn key_texts(identity: &Identity) -> (String, &'static str) {
    let entry = identity.entry();
    let obstacle = match &entry.key {
        KeyState::Exportable => "",
        KeyState::NotExportable(_) => "not exportable",
        KeyState::Missing => return ("missing".to_owned(), ""),
        KeyState::Locked(_) => "locked",
        KeyState::Unknown => "exportable?",
    };
    let described = key::describe(entry.certificate.spki_der());
    let kind = match described.bits {
        Some(bits) if described.algorithm == "RSA" => format!("RSA {bits}"),
        _ => described.algorithm,
    };
    (kind, obstacle)
}

/// Cuts the widest of the columns that may be cut until the table fits, and tells whether it does.
fn fit(table: &mut Table, layout: &Layout, width: usize) -> bool {
    let contents = table.column_max_content_widths();
    let mut widths: Vec<usize> = contents.iter().map(|&width| width.into()).collect();
    let gaps = usize::from(GAP) * (widths.len() - 1);
    let excess = |widths: &[usize]| (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
    while excess(&widths) > 0 {
        let widest = (0..widths.len())
            .filter(|&at| {
                let narrowest = layout.narrowest(layout.columns[at]);
                narrowest.is_some_and(|narrowest| widths[at] > narrowest)
            })
            .max_by_key(|&at| widths[at]);
        match widest {
            Some(at) => widths[at] -= 1,
            None => break,
        }
    }
    let total = widths.iter().sum::<usize>() + gaps;
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(total).unwrap_or(u16::MAX));
    // Cut within words, and say so.
    table.set_truncation_indicator("…");
    table.set_delimiter('\0');
    let last = widths.len() - 1;
    let fixed = widths.iter().enumerate().map(|(at, &width)| {
        let gap = if at == last { 0 } else { usize::from(GAP) };
        let width = u16::try_from(width + gap).unwrap_or(u16::MAX);
        ColumnConstraint::Absolute(Width::Fixed(width))
    });
    table.set_constraints(fixed);
    total <= width
}
