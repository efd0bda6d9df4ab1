//! The page. Its parts are `report.html`, `report.css` and `report.js`; the browser is told the
//! hashes of the latter two (Content Security Policy Level 3, 'sha256-...'), and runs and applies
//! nothing else, whatever a certificate may have in its names. Nothing is fetched. Without scripts
//! everything is shown; the script filters, orders and folds. On the screen each identity is a block
//! of its own that the browser lays out when it comes into view (CSS Containment Level 2,
//! `content-visibility`), with the columns of a grid; on paper they are rows of a table, whose head
//! is repeated. Their roles (ARIA) are said, since a table that is not laid out as one loses its own.

mod overview;
mod row;

use base64ct::{Base64, Encoding as _};
use certstow_core::identity::StoreProblem;
use certstow_core::time;
use certstow_formats::plural::counted;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::axis::Axis;
use super::html::{Html, percent};
use super::{Item, Report, Validity};

const PAGE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// From this many rows on they are set closer, and details are made as they are unfolded.
const MANY: usize = 40;

pub(crate) fn write(report: &Report) -> String {
    let validities: Vec<_> = report
        .items
        .iter()
        .map(|item| (item.not_before, item.not_after))
        .collect();
    let axis = Axis::of(&validities, report.now, &TimeZone::system());
    let mut html = Html::with_capacity(32 * 1024 + report.items.len() * 4096);
    // Markup and the names of what is put in take turns.
    for (position, part) in PAGE.split("{{").enumerate() {
        let Some((name, markup)) = part.split_once("}}").filter(|_| position > 0) else {
            html.raw(part);
            continue;
        };
        fill(&mut html, name, report, &axis);
        html.raw(markup);
    }
    html.finish()
}

fn fill(html: &mut Html, name: &str, report: &Report, axis: &Axis) {
    match name {
        "style-hash" => html.text(&hash(STYLE)),
        "script-hash" => html.text(&hash(SCRIPT)),
        "style" => html.raw(STYLE),
        "script" => html.raw(SCRIPT),
        "date" => html.text(&time::local_date(report.now)),
        "now" => html.text(&time::local(report.now)),
        "tool" => html.raw(concat!("certstow ", env!("CARGO_PKG_VERSION"))),
        "grid" => grid(html, report, axis),
        "places" => places(html, report),
        "summary" => summary(html, report),
        "overview" => overview::write(html, report, axis),
        "only-in-backup" => only_in_backup(html, report),
        "problems" => problems(html, report),
        "chips" => chips(html, report),
        "table" => table(html, report, axis),
        unknown => unreachable!("nothing is known to put in for {unknown}"),
    }
}

fn hash(text: &str) -> String {
    Base64::encode_string(&Sha256::digest(text))
}

/// The lines behind every bar: drawn once, used by each row.
fn grid(html: &mut Html, report: &Report, axis: &Axis) {
    let ticks = axis.ticks.iter().map(|tick| match tick.new_year {
        true => ("year", tick.place),
        false => ("month", tick.place),
    });
    html.raw(r#"<g id="grid">"#);
    for (class, place) in ticks.chain([("today", axis.place(report.now))]) {
        let place = percent(place);
        html.put(
            r#"<line class="{}" x1="{}" x2="{}" y2="100%"/>"#,
            &[class, &place, &place],
        );
    }
    html.raw("</g>");
}

/// Which stores were read, and which backups looked at.
fn places(html: &mut Html, report: &Report) {
    html.raw(r#"<dl class="places"><div><dt>Stores</dt>"#);
    for store in &report.stores {
        html.put(r#"<dd dir="auto">{}</dd>"#, &[store]);
    }
    if report.stores.is_empty() {
        html.raw("<dd>none was found</dd>");
    }
    html.raw("</div><div><dt>Backups</dt>");
    for backup in &report.backups {
        let found = match backup.identities {
            Some(many) => counted(many, "identity", "identities"),
            None => "not read".to_owned(),
        };
        let folder = backup.folder.to_string_lossy();
        html.put(r#"<dd dir="auto">{}, {}</dd>"#, &[&folder, &found]);
    }
    if report.backups.is_empty() {
        html.raw("<dd>none was named (<code>--backup DIR</code>)</dd>");
    }
    html.raw("</div></dl>");
}

fn summary(html: &mut Html, report: &Report) {
    let summary = report.summary();
    let numbers = [
        ("", summary.identities, "identities"),
        ("expired", summary.expired, "expired"),
        ("urgent", summary.urgent, "end within 30 days"),
        ("", summary.without_copy, "no known backup"),
        ("", summary.not_exportable, "cannot be exported"),
    ];
    // The rest of the page does not show them.
    let missed = ("urgent", summary.only_in_backup, "only in a backup");
    let missed = Some(missed).filter(|(_, number, _)| *number > 0);
    for (class, number, words) in numbers.into_iter().chain(missed) {
        let class = if number == 0 { "none" } else { class };
        html.put(
            "<li class=\"{}\"><b>{}</b> {}</li>\n",
            &[class, &number.to_string(), words],
        );
    }
}

/// What was in a store once, and is in a backup.
fn only_in_backup(html: &mut Html, report: &Report) {
    if report.only_in_backup.is_empty() {
        return;
    }
    let (who, their) = match report.only_in_backup.len() {
        1 => ("1 identity is".to_owned(), "its private key is"),
        more => (format!("{more} identities are"), "their private keys are"),
    };
    html.put(
        r#"<section class="problems"><h2>{} only in a backup: {} in no store any more</h2><ul>"#,
        &[&who, their],
    );
    for one in &report.only_in_backup {
        html.put(r#"<li><b dir="auto">{}</b>"#, &[&one.label]);
        if let Some(end) = one.not_after {
            html.raw(", until ");
            row::date(html, end);
        }
        for (folder, file, damage) in &one.files {
            html.put(
                r#", <code dir="auto">{}</code> in <span dir="auto">{}</span>"#,
                &[file, folder],
            );
            if let Some(damage) = damage {
                html.put(" (cannot be used: {})", &[damage]);
            }
        }
        html.put(
            r#" <small dir="auto">once in {}, SHA-1 {}</small></li>"#,
            &[&one.store, &one.sha1],
        );
    }
    html.raw("</ul></section>");
}

/// What could not be read, and what holds private keys that are of no use as they are.
fn problems(html: &mut Html, report: &Report) {
    let problems = counted(report.problems.len(), "problem", "problems");
    let problems = format!("{problems}: not everything could be read");
    list(html, "problems", &problems, &report.problems);
    let notices = "Private keys beside the certificates";
    list(html, "notices", notices, &report.notices);
}

fn list(html: &mut Html, class: &str, title: &str, problems: &[StoreProblem]) {
    if problems.is_empty() {
        return;
    }
    html.put(r#"<section class="{}"><h2>{}</h2><ul>"#, &[class, title]);
    for problem in problems {
        html.put(
            r#"<li><code dir="auto">{}</code> <span dir="auto">{}</span>"#,
            &[&problem.place, &problem.message],
        );
        if problem.store != problem.place {
            html.put(r#" <small dir="auto">{}</small>"#, &[&problem.store]);
        }
        html.raw("</li>");
    }
    html.raw("</ul></section>");
}

fn chips(html: &mut Html, report: &Report) {
    for urgency in Validity::ALL {
        let of_this = |item: &&Item| item.validity(report.now) == urgency;
        let count = report.items.iter().filter(of_this).count();
        // Few ever request anything.
        if urgency == Validity::Waiting && count == 0 {
            continue;
        }
        let count = count.to_string();
        let word = urgency.word();
        html.put(
            r#"<label class="chip {}"><input type="checkbox" name="urgency" value="{}"><span>"#,
            &[word, word],
        );
        row::mark(html, word);
        html.put(
            "{} <small>{}</small></span></label>\n",
            &[urgency.words(), &count],
        );
    }
}

fn table(html: &mut Html, report: &Report, axis: &Axis) {
    if report.items.is_empty() {
        let empty = "No certificate with a private key was found.";
        let empty = report.nothing.as_deref().unwrap_or(empty);
        html.put(r#"<p class="empty" dir="auto">{}</p>"#, &[empty]);
        return;
    }
    let density = if report.items.len() >= MANY {
        "many"
    } else {
        "few"
    };
    html.put(
        r#"<table id="identities" role="table" aria-label="Identities" class="{}" data-now="{}">
<colgroup><col class="c-name"><col class="c-line"><col class="c-state"><col class="c-key"></colgroup>
<thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">Identity</th>
<th role="columnheader" scope="col" class="line"><span class="unseen">Validity</span>
<svg class="axis" aria-hidden="true" focusable="false">"#,
        &[density, &report.now.seconds().to_string()],
    );
    for tick in &axis.ticks {
        let class = if tick.new_year { "year" } else { "month" };
        html.put(
            r#"<text class="{}" y="30" dx="4" x="{}">{}</text>"#,
            &[class, &percent(tick.place), &tick.label],
        );
    }
    html.put(
        r#"<text class="today" y="12" text-anchor="middle" x="{}">today</text></svg></th>
<th role="columnheader" scope="col">Expiry</th>
<th role="columnheader" scope="col">Key and backup</th></tr></thead>
"#,
        &[&percent(axis.place(report.now))],
    );
    for (position, item) in report.items.iter().enumerate() {
        row::write(html, report, axis, item, position);
    }
    html.raw("</table>");
}
