//! The table of `certstow list`. At a terminal it fits the width: names, issuers and stores are
//! cut before thumbprints are, and those never below twelve digits; elsewhere nothing is cut.

use certstow::identity::{Identity, Inventory};
use certstow::names;
use certstow::platform::key;
use certstow::platform::store::KeyState;
use certstow::sanitize::safe;
use certstow::time;
use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, Width, presets,
};

const NAME: usize = 0;
const ISSUER: usize = 1;
const THUMBPRINT: usize = 4;
const STORE: usize = 5;
/// Blanks between two columns.
const GAP: u16 = 2;
/// What a cut column keeps at least.
const NARROWEST: u16 = 8;
/// A certificate that ends within this many seconds is coloured.
const SOON: i64 = 30 * 24 * 3600;

/// The table, without a line end. `width` is the terminal's, if it is one.
pub(crate) fn render(
    inventory: &Inventory,
    identities: &[&Identity],
    now: i64,
    width: Option<u16>,
    colors: bool,
) -> String {
    let digits = match width {
        None => 40,
        Some(width) if width >= 100 => 16,
        Some(_) => 12,
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(
        ["NAME", "ISSUER", "EXPIRES", "KEY", "THUMBPRINT", "STORE"].map(|title| {
            let cell = Cell::new(title);
            if colors {
                cell.add_attribute(Attribute::Bold)
            } else {
                cell
            }
        }),
    );
    let mut longest = 0;
    for identity in identities {
        longest = longest.max(identity.entries().len());
        table.add_row(row(inventory, identity, now, digits, colors));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    if colors {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    if let Some(width) = width {
        fit(&mut table, width);
    }
    table.trim_fmt()
}

fn row(inventory: &Inventory, identity: &Identity, now: i64, digits: usize, colors: bool) -> Row {
    let entry = identity.entry();
    let parsed = entry.certificate.parse();
    let not_after = parsed.validity().not_after.timestamp();
    let expires = format!(
        "{} {}",
        time::local_date(not_after),
        time::until_expiry(not_after, now)
    );
    let expires = Cell::new(expires);
    let expires = match not_after.saturating_sub(now) {
        left if colors && left < 0 => expires.fg(Color::Red),
        left if colors && left < SOON => expires.fg(Color::Yellow),
        _ => expires,
    };
    let mut store = inventory.store_name(identity.entries()[0].store);
    if let more @ 1.. = identity.entries().len() - 1 {
        store.push_str(&format!(" (+{more})"));
    }
    let mut row = Row::from(vec![
        Cell::new(safe(&names::label(entry, &parsed))),
        Cell::new(safe(&names::short_name_of_der(
            entry.certificate.issuer_der(),
        ))),
        expires,
        Cell::new(safe(&key_text(identity))),
        Cell::new(&identity.thumbprint()[..digits]),
        Cell::new(safe(&store)),
    ]);
    row.max_height(1);
    row
}

/// "RSA 2048", and what stands in the way of exporting it.
pub(crate) fn key_text(identity: &Identity) -> String {
    let entry = identity.entry();
    let state = match &entry.key {
        KeyState::Exportable => "",
        KeyState::NotExportable(_) => ", not exportable",
        KeyState::Missing => return "missing".to_owned(),
        KeyState::Locked(_) => ", locked",
        KeyState::Unknown => ", unknown",
    };
    let described = key::describe(entry.certificate.spki_der());
    match described.bits {
        Some(bits) if described.algorithm == "RSA" => format!("RSA {bits}{state}"),
        _ => format!("{}{state}", described.algorithm),
    }
}

/// Cuts the widest of the columns that may be cut until the table fits.
fn fit(table: &mut Table, width: u16) {
    let mut widths = table.column_max_content_widths();
    let gaps = GAP * widths.len() as u16;
    let mut excess = (widths.iter().sum::<u16>() + gaps).saturating_sub(width);
    while excess > 0 {
        let widest = [NAME, ISSUER, STORE]
            .into_iter()
            .max_by_key(|&column| widths[column]);
        match widest {
            Some(column) if widths[column] > NARROWEST => widths[column] -= 1,
            _ => break,
        }
        excess -= 1;
    }
    // A terminal too narrow for that wraps the lines; the thumbprint stays whole.
    debug_assert!(widths[THUMBPRINT] >= 12 || table.is_empty());
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(width.max(widths.iter().sum::<u16>() + gaps));
    // Cut within words, and say so.
    table.set_truncation_indicator("…");
    table.set_delimiter('\0');
    let fixed = widths
        .iter()
        .map(|&width| ColumnConstraint::Absolute(Width::Fixed(width + GAP)));
    table.set_constraints(fixed);
}
