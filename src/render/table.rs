//! The table of `certstow list`, flat or as a tree. At a terminal it fits the width: first names,
//! issuers and stores are cut, then the rows become two lines high, then whole columns are left
//! out, which `show` and `--json` still give; bars show how near the ends are. Elsewhere there are
//! no bars, and cut is only what would pad every row to a width that nobody reads.

mod layout;

use certstow_core::identity::{Inventory, ListedCertificate};
use certstow_core::renewal::Renewals;
use certstow_core::time::{self, UnixTime, Urgency};
use certstow_formats::certificate::Certificate;
use certstow_formats::names;
use certstow_formats::sanitize::{cut, shortened};
use certstow_platform::store::KeyState;
use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, Width, presets,
};

use super::{Look, lines};
use layout::Column::{Expires, Issuer, Key, Name, Store, Thumbprint};
use layout::{Column, LAYOUTS, Layout, TREE_LAYOUTS, WHOLE, WHOLE_TREE};

/// A row: an identity, or a certificate above one in a tree.
pub(crate) struct Line<'a> {
    /// What a tree draws before the name.
    pub(crate) before: String,
    /// Not made safe for a terminal.
    pub(crate) name: String,
    /// `None` for an issuer that was not found.
    pub(crate) certificate: Option<&'a Certificate>,
    /// `None` for a certificate that is there as an issuer alone.
    pub(crate) identity: Option<&'a ListedCertificate>,
}

/// The most characters of a name in a table, of which each row is as wide as the widest. `show` and
/// `--json` have names whole.
pub(crate) const WIDEST: usize = 100;

/// Blanks between two columns.
const GAP: u16 = 2;

/// The identities as a table, without a line end.
pub(crate) fn list(
    inventory: &Inventory,
    identities: &[&ListedCertificate],
    renewals: &Renewals<'_>,
    now: UnixTime,
    look: Look,
) -> String {
    let lines: Vec<Line<'_>> = identities
        .iter()
        .map(|identity| Line {
            before: String::new(),
            name: identity.label(),
            certificate: Some(identity.certificate()),
            identity: Some(identity),
        })
        .collect();
    let shown = Shown {
        inventory,
        renewals,
        now,
        look,
    };
    render(&shown, &lines, (&WHOLE, &LAYOUTS))
}

/// The lines of a tree as a table, without a line end.
pub(crate) fn tree(
    inventory: &Inventory,
    lines: &[Line<'_>],
    renewals: &Renewals<'_>,
    now: UnixTime,
    look: Look,
) -> String {
    let shown = Shown {
        inventory,
        renewals,
        now,
        look,
    };
    render(&shown, lines, (&WHOLE_TREE, &TREE_LAYOUTS))
}

/// What all rows are made of.
struct Shown<'a> {
    inventory: &'a Inventory,
    renewals: &'a Renewals<'a>,
    now: UnixTime,
    look: Look,
}

fn render(shown: &Shown<'_>, lines: &[Line<'_>], (whole, layouts): (&Layout, &[Layout])) -> String {
    let look = shown.look;
    let build = |layout: &Layout, widths: &[usize]| {
        let mut table = empty(layout, look.colors);
        table.add_rows(lines.iter().map(|line| row(shown, line, layout, widths)));
        table
    };
    let Some(width) = look.width else {
        return finished(build(whole, &[]), whole);
    };
    let mut narrowest = String::new();
    for layout in layouts {
        let widths = widths(&build(layout, &[]), layout, width.into());
        let mut table = build(layout, &widths);
        let fits = fit(&mut table, &widths, width.into(), look);
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

/// A row, of cells of these widths where they are known.
fn row(shown: &Shown<'_>, line: &Line<'_>, layout: &Layout, widths: &[usize]) -> Row {
    let columns = layout.columns.iter().enumerate();
    let name_in = |name: String, at: usize| match widths.get(at) {
        Some(width) if layout.two_lines => on_two_lines(&name, *width),
        _ => name,
    };
    let cells = columns.map(|(at, column)| match column {
        Name => {
            let name = format!("{}{}", line.before, cut(&line.name, WIDEST));
            Cell::new(name_in(name, at))
        }
        Expires => match line.certificate {
            Some(certificate) => match line.identity.filter(|one| one.is_pending()) {
                Some(_) => Cell::new(requested(certificate)),
                None => {
                    let renewal = line.identity.and_then(|one| shown.renewals.of(one));
                    expires(certificate, renewal, shown, layout)
                }
            },
            None => Cell::new(""),
        },
        column => match line.identity {
            Some(identity) => {
                let text = of_identity(*column, shown.inventory, identity, layout);
                Cell::new(match column {
                    Issuer => name_in(text, at),
                    _ => text,
                })
            }
            None => Cell::new(""),
        },
    });
    let mut row = Row::from(cells.collect::<Vec<_>>());
    row.max_height(if layout.two_lines { 2 } else { 1 });
    row
}

/// A name that goes on in a second line, where it is longer than one: between words, or parts of them.
fn on_two_lines(name: &str, width: usize) -> String {
    let first = lines::beginning(name, width);
    let rest = &name[first.len()..];
    if rest.is_empty() || rest.starts_with(' ') {
        return format!("{first}\n{}", rest.trim_start())
            .trim_end()
            .to_owned();
    }
    let end = first.rfind([' ', '-']).map_or(first.len(), |at| at + 1);
    format!("{}\n{}", name[..end].trim_end(), &name[end..])
}

/// What stands in the columns that only an identity has.
fn of_identity(
    column: Column,
    inventory: &Inventory,
    identity: &ListedCertificate,
    layout: &Layout,
) -> String {
    match column {
        Issuer if identity.is_pending() => String::new(),
        Issuer => {
            let issuer = names::short_name_of_der(identity.certificate().issuer_der());
            cut(&issuer, WIDEST).into_owned()
        }
        Key => {
            let (kind, obstacle) = key_texts(identity);
            joined(&kind, obstacle, ", ", layout)
        }
        Thumbprint => identity.thumbprint()[..layout.digits].to_owned(),
        Store => {
            let mut store = inventory.store_called(identity.entries()[0].store);
            if let more @ 1.. = identity.entries().len() - 1 {
                store.push_str(&format!(" (+{more})"));
            }
            shortened(&store).into_owned()
        }
        Name | Expires => String::new(),
    }
}

/// What waits for a CA has no end yet.
fn requested(certificate: &Certificate) -> String {
    let since = certificate.parse().not_before();
    format!("requested {}", time::local_date(since))
}

/// The end, how much of the validity is left, and the distance in words, or what renewed it: the colour
/// says no more than these do.
fn expires(
    certificate: &Certificate,
    renewal: Option<&ListedCertificate>,
    shown: &Shown<'_>,
    layout: &Layout,
) -> Cell {
    let (now, look) = (shown.now, shown.look);
    let parsed = certificate.parse();
    let not_before = parsed.not_before();
    let not_after = parsed.not_after();
    let left = time::left_of_validity(not_before, not_after, now, layout.bar);
    let bar = look.drawing.bar(left, layout.bar);
    let date = layout.date.then(|| time::local_date(not_after));
    let first: Vec<_> = date
        .into_iter()
        .chain((layout.bar > 0).then_some(bar))
        .collect();
    let mut distance = time::until_expiry(not_after, now);
    if let Some(renewal) = renewal {
        let renewed = match layout.renewal {
            true => time::renewed(renewal.not_after()),
            false => "renewed".to_owned(),
        };
        distance = match layout.two_lines {
            true => renewed,
            false => format!("{distance}; {renewed}"),
        };
    }
    let cell = Cell::new(match first.is_empty() {
        true => distance,
        false => joined(&first.join(" "), &distance, " ", layout),
    });
    if renewal.is_some() {
        return cell;
    }
    match Urgency::of(not_after, now) {
        Urgency::Expired if look.colors => cell.fg(Color::Red),
        Urgency::Urgent if look.colors => cell.fg(Color::Yellow),
        Urgency::Soon if look.colors => cell.fg(Color::Cyan),
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
pub(crate) fn key_text(identity: &ListedCertificate) -> String {
    let (kind, obstacle) = key_texts(identity);
    joined(&kind, obstacle, ", ", &WHOLE)
}

fn key_texts(identity: &ListedCertificate) -> (String, &'static str) {
    let entry = identity.entry();
    let obstacle = match &entry.key {
        KeyState::Exportable => "",
        KeyState::NotExportable(_) => "not exportable",
        KeyState::Missing => return ("missing".to_owned(), ""),
        KeyState::Locked(_) => "locked",
        KeyState::Unknown => "exportable?",
    };
    (names::key_kind(entry.certificate.spki_der()), obstacle)
}

/// The widths of the columns, of which the widest that may be cut are cut until the table fits.
fn widths(table: &Table, layout: &Layout, width: usize) -> Vec<usize> {
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
    widths
}

/// Gives the columns these widths, and tells whether the table fits.
fn fit(table: &mut Table, widths: &[usize], width: usize, look: Look) -> bool {
    let total = widths.iter().sum::<usize>() + usize::from(GAP) * (widths.len() - 1);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(total).unwrap_or(u16::MAX));
    // Cut within words, and say so.
    table.set_truncation_indicator(look.drawing.cut);
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
