//! The page. Its parts are `report.html`, `report.css` and `report.js`; the browser is told the
//! hashes of the latter two (Content Security Policy Level 3, 'sha256-...'), and runs and applies
//! nothing else, whatever a certificate may have in its names. Nothing is fetched. Without scripts
//! everything is shown; the script filters, orders and folds.

mod row;

use base64ct::{Base64, Encoding as _};
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use super::axis::Axis;
use super::html::Html;
use super::{Report, Urgency};
use crate::time;

const PAGE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// From this many rows on they are set closer.
const MANY: usize = 40;

pub(super) fn write(report: &Report) -> String {
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
        "style-hash" => drop(html.text(&hash(STYLE))),
        "script-hash" => drop(html.text(&hash(SCRIPT))),
        "style" => drop(html.raw(STYLE)),
        "script" => drop(html.raw(SCRIPT)),
        "date" => drop(html.text(&time::local_date(report.now))),
        "now" => drop(html.raw("As of ").text(&time::local(report.now))),
        "grid" => grid(html, report, axis),
        "places" => places(html, report),
        "summary" => summary(html, report),
        "problems" => problems(html, report),
        "chips" => chips(html, report),
        "table" => table(html, report, axis),
        "footer" => {
            let tool = concat!("Made by certstow ", env!("CARGO_PKG_VERSION"), ".");
            html.raw(tool);
        }
        unknown => unreachable!("nothing is known to put in for {unknown}"),
    }
}

fn hash(text: &str) -> String {
    Base64::encode_string(&Sha256::digest(text))
}

/// The lines behind every bar: drawn once, used by each row.
fn grid(html: &mut Html, report: &Report, axis: &Axis) {
    html.raw("<g id=\"grid\">");
    for tick in &axis.ticks {
        html.raw(match tick.new_year {
            true => "<line class=\"year\" y2=\"100%\" x1=\"",
            false => "<line y2=\"100%\" x1=\"",
        });
        html.percent(tick.place).raw("\" x2=\"");
        html.percent(tick.place).raw("\"/>");
    }
    let today = axis.place(report.now);
    html.raw("<line class=\"today\" y2=\"100%\" x1=\"");
    html.percent(today).raw("\" x2=\"");
    html.percent(today).raw("\"/></g>");
}

/// Which stores were read, and which backups looked at.
fn places(html: &mut Html, report: &Report) {
    html.raw("<dl class=\"places\"><div><dt>Stores</dt>");
    for store in &report.stores {
        html.raw("<dd dir=\"auto\">").text(store).raw("</dd>");
    }
    if report.stores.is_empty() {
        html.raw("<dd>none was found</dd>");
    }
    html.raw("</div><div><dt>Backups</dt>");
    for backup in &report.backups {
        html.raw("<dd dir=\"auto\">");
        html.text(&backup.folder.display().to_string());
        match backup.identities {
            Some(count) => html.raw(", ").count(count, "identity", "identities"),
            None => drop(html.raw(", not read")),
        }
        html.raw("</dd>");
    }
    if report.backups.is_empty() {
        html.raw("<dd>none was named (<code>--backup DIR</code>)</dd>");
    }
    html.raw("</div></dl>");
}

fn summary(html: &mut Html, report: &Report) {
    let summary = report.summary();
    let numbers = [
        ("", summary.identities, "in all"),
        ("expired", summary.expired, "expired"),
        ("urgent", summary.urgent, "within 30 days"),
        ("backup", summary.without_copy, "no known backup"),
        ("export", summary.not_exportable, "cannot be exported"),
    ];
    for (class, number, words) in numbers {
        html.raw("<li class=\"").text(class);
        html.raw(if number == 0 { " none" } else { "" });
        html.raw("\"><b>").text(&number.to_string());
        html.raw("</b> ").raw(words).raw("</li>\n");
    }
}

/// What could not be read.
fn problems(html: &mut Html, report: &Report) {
    if report.problems.is_empty() {
        return;
    }
    html.raw("<section class=\"problems\" aria-labelledby=\"problems\"><h2 id=\"problems\">");
    html.count(report.problems.len(), "problem", "problems");
    html.raw(": not everything could be read</h2><ul>");
    for problem in &report.problems {
        html.raw("<li><code dir=\"auto\">").text(&problem.place);
        html.raw("</code> <span dir=\"auto\">")
            .text(&problem.message);
        html.raw("</span>");
        if problem.store != problem.place {
            html.raw(" <small dir=\"auto\">").text(&problem.store);
            html.raw("</small>");
        }
        html.raw("</li>");
    }
    html.raw("</ul></section>");
}

fn chips(html: &mut Html, report: &Report) {
    for urgency in Urgency::ALL {
        let of_this = |item: &&super::Item| item.urgency(report.now) == urgency;
        let count = report.items.iter().filter(of_this).count();
        html.raw("<label class=\"chip ").text(urgency.word());
        html.raw("\"><input type=\"checkbox\" name=\"urgency\" value=\"");
        html.text(urgency.word()).raw("\"><span>");
        row::mark(html, urgency);
        html.text(urgency.words()).raw(" <small>");
        html.text(&count.to_string())
            .raw("</small></span></label>\n");
    }
}

fn table(html: &mut Html, report: &Report, axis: &Axis) {
    if report.items.is_empty() {
        html.raw("<p class=\"empty\">No certificate with a private key was found.</p>");
        return;
    }
    html.raw("<table id=\"identities\" role=\"table\" aria-label=\"Identities\" class=\"");
    html.raw(if report.items.len() >= MANY {
        "many"
    } else {
        "few"
    });
    html.raw(concat!(
        "\">\n<colgroup><col class=\"c-name\"><col class=\"c-line\"><col class=\"c-state\">",
        "<col class=\"c-key\"></colgroup>\n<thead role=\"rowgroup\"><tr role=\"row\">",
        "<th role=\"columnheader\" scope=\"col\">Identity</th>",
        "<th role=\"columnheader\" scope=\"col\" class=\"line\"><span class=\"unseen\">",
        "Validity</span><svg class=\"axis\" aria-hidden=\"true\" focusable=\"false\">",
    ));
    for tick in &axis.ticks {
        html.raw(match tick.new_year {
            true => "<text class=\"year\" y=\"30\" dx=\"3\" x=\"",
            false => "<text y=\"30\" dx=\"3\" x=\"",
        });
        html.percent(tick.place).raw("\">").text(&tick.label);
        html.raw("</text>");
    }
    html.raw("<text class=\"today\" y=\"12\" text-anchor=\"middle\" x=\"");
    html.percent(axis.place(report.now));
    html.raw(concat!(
        "\">today</text><use href=\"#grid\" y=\"0\"/></svg></th>",
        "<th role=\"columnheader\" scope=\"col\">Expiry</th>",
        "<th role=\"columnheader\" scope=\"col\">Key and backup</th></tr></thead>\n",
    ));
    for (position, item) in report.items.iter().enumerate() {
        row::write(html, report, axis, item, position);
    }
    html.raw("</table>");
}
