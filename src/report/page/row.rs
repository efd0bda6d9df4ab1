//! An identity on the page: its line, and all that is known of it below. That lies in a `noscript`
//! element: without scripts it is shown, and where there are some it is one piece of text for the
//! browser until the script makes elements of it, since ten thousand times twenty lines take longer
//! than anybody waits.

use certstow_core::time::{self, UnixTime};
use certstow_platform::store::KeyState;

use crate::report::axis::Axis;
use crate::report::html::{Html, percent};
use crate::report::{Copy, Item, Report, Validity};

/// No bar is shorter, in per cent.
const SHORTEST: f64 = 0.6;

pub(super) fn write(html: &mut Html, report: &Report, axis: &Axis, item: &Item, position: usize) {
    let urgency = item.validity(report.now);
    html.put(
        r#"<tbody role="rowgroup" class="identity {}" data-urgency="{}" data-begin="{}" data-end="{}""#,
        &[
            urgency.word(),
            urgency.word(),
            &item.not_before.seconds().to_string(),
            &item.not_after.seconds().to_string(),
        ],
    );
    html.raw(if item.lacks_copy() {
        r#" data-backup="none""#
    } else {
        ""
    });
    html.raw(if item.stays() {
        r#" data-export="no""#
    } else {
        ""
    });
    html.put(
        r#"><tr role="row" class="main"><th role="rowheader" scope="row"><h3 class="name" dir="auto">{}</h3><p class="issuer" dir="auto">{}</p></th><td role="cell" class="line">"#,
        &[&item.label, &item.issuer],
    );
    line(html, axis, item, urgency, report.now);
    html.raw("</td><td role=\"cell\" class=\"state\"><b>");
    mark(html, urgency.word());
    html.put("{}</b> <span>", &[urgency.words()]);
    match urgency {
        Validity::Waiting => {
            html.raw("since ");
            date(html, item.not_before);
        }
        Validity::Later => {
            html.raw("from ");
            date(html, item.not_before);
        }
        _ => date(html, item.not_after),
    }
    if urgency != Validity::Waiting {
        html.put(", {}", &[&distance(item, urgency, report.now)]);
    }
    if let Some(renewal) = item.renewal {
        html.raw("; newer one until ");
        date(html, renewal.not_after);
    }
    html.raw("</span></td><td role=\"cell\" class=\"key\">");
    key(html, item);
    backup(html, report, item);
    html.put(
        r#"</td></tr><tr role="row" class="more" id="more-{}"><td role="cell" colspan="4"><noscript><dl>"#,
        &[&position.to_string()],
    );
    details(html, item);
    html.raw("</dl></noscript></td></tr></tbody>\n");
}

/// The shape that goes with a colour.
pub(super) fn mark(html: &mut Html, shape: &str) {
    html.put(
        r##"<svg class="mark" viewBox="-7 -7 14 14" aria-hidden="true" focusable="false"><use href="#{}"/></svg>"##,
        &[shape],
    );
}

/// The bar from the beginning to the end of the validity, what is over of it paler; arrows where it
/// goes on beyond the axis.
fn line(html: &mut Html, axis: &Axis, item: &Item, urgency: Validity, now: UnixTime) {
    let (from, to) = (item.not_before, item.not_after);
    html.put(
        r##"<svg class="bar" role="img" focusable="false" aria-label="Valid from {} to {}"><use href="#grid"/>"##,
        &[&time::local_date(from), &time::local_date(to)],
    );
    let outside = axis.is_before(to) || axis.is_after(from);
    if !outside {
        let (left, right) = (axis.place(from), axis.place(to.max(from)));
        let today = axis.place(now).clamp(left, right);
        match urgency {
            Validity::Expired => piece(html, "over", left, right),
            Validity::Renewed if to < now => piece(html, "over", left, right),
            Validity::Later => piece(html, "ahead", left, right),
            _ => {
                piece(html, "past", left, right);
                piece(html, "rest", today, right);
            }
        }
    }
    if axis.is_before(from) {
        html.raw(r##"<use class="arrow" href="#earlier-still" x="0" y="22"/>"##);
    }
    if axis.is_after(to) {
        html.raw(r##"<use class="arrow" href="#later-still" x="100%" y="22"/>"##);
    } else if !outside {
        html.put(
            r##"<use class="end" href="#{}" x="{}" y="22"/>"##,
            &[urgency.word(), &percent(axis.place(to))],
        );
    }
    html.raw("</svg>");
}

fn piece(html: &mut Html, class: &str, left: f64, right: f64) {
    let x = percent(left.min(100.0 - SHORTEST));
    let width = percent((right - left).max(SHORTEST));
    html.put(
        r#"<rect class="{}" x="{}" y="18" width="{}" height="8" rx="4"/>"#,
        &[class, &x, &width],
    );
}

pub(super) fn date(html: &mut Html, day: UnixTime) {
    html.put(
        r#"<time datetime="{}">{}</time>"#,
        &[&day.to_string(), &time::local_date(day)],
    );
}

fn distance(item: &Item, urgency: Validity, now: UnixTime) -> String {
    match urgency {
        Validity::Expired => {
            let ago = time::until_expiry(item.not_after, now);
            ago.trim_start_matches("expired ").to_owned()
        }
        Validity::Later => time::since_beginning(item.not_before, now),
        _ => time::until_expiry(item.not_after, now),
    }
}

/// Whether something is as it should be, in the shape before it.
const GOOD: &str = "good";
const BAD: &str = "bad";
const OPEN: &str = "open";

fn key(html: &mut Html, item: &Item) {
    let (sign, words) = match &item.state {
        KeyState::Exportable => (GOOD, "Can be exported"),
        KeyState::NotExportable(_) => (BAD, "Cannot be exported"),
        KeyState::Missing => (BAD, "No private key"),
        KeyState::Locked(_) => (OPEN, "Locked"),
        KeyState::Unknown => (OPEN, "Export is not certain"),
    };
    html.put(r#"<p class="{}">"#, &[sign]);
    mark(html, sign);
    html.put("{} <small>{}</small></p>", &[words, &item.key]);
}

fn backup(html: &mut Html, report: &Report, item: &Item) {
    if item.state == KeyState::Missing {
        return;
    }
    let looked = report.backups.iter().any(|one| one.identities.is_some());
    let (sign, words) = match item.last_copy() {
        Some(copy) if copy.unproven => (OPEN, "Backed up, key not proven"),
        Some(_) => (GOOD, "Backed up"),
        None if !item.damaged.is_empty() => (BAD, "Backup damaged"),
        None if looked => (BAD, "In no backup looked at"),
        None => (OPEN, "Backup not known"),
    };
    html.put(r#"<p class="{}">"#, &[sign]);
    mark(html, sign);
    html.text(words);
    if let Some(when) = item.last_copy().and_then(|copy| copy.when) {
        html.raw(" ");
        date(html, when);
    }
    html.raw("</p>");
}

fn details(html: &mut Html, item: &Item) {
    field(html, "Subject", &item.subject);
    field(html, "Issuer", &item.issuer_in_full);
    field(html, "Serial", &item.serial);
    field(html, "Valid from", &time::local(item.not_before));
    field(html, "Valid until", &time::local(item.not_after));
    if let Some(renewal) = item.renewal {
        field(html, "Renewed by", &format!("SHA-256 {}", renewal.id));
    }
    field(html, "E-mail", &item.emails.join(", "));
    field(html, "DNS names", &item.dns_names.join(", "));
    field(html, "Account", &item.user_principal_names.join(", "));
    for name in &item.directory_names {
        field(html, "Directory name", name);
    }
    field(html, "Key usage", &item.key_usages.join(", "));
    field(html, "Extended usage", &item.extended_key_usages.join(", "));
    match &item.state {
        KeyState::NotExportable(reason) => field(html, "Not exportable", &reason.to_string()),
        KeyState::Locked(what) => field(html, "Locked by", what),
        KeyState::Unknown => field(
            html,
            "Export",
            "whether the key comes out shows when it is tried",
        ),
        KeyState::Exportable | KeyState::Missing => {}
    }
    field(
        html,
        "Provider",
        item.provider.as_deref().unwrap_or_default(),
    );
    if item.archived {
        field(html, "Archived", "yes: kept for old documents only");
    }
    for copy in &item.copies {
        field(html, "Backed up", &copy_in_words(copy));
    }
    for (folder, file, damage) in &item.damaged {
        field(
            html,
            "Backup damaged",
            &format!("{file} in {folder}: {damage}"),
        );
    }
    for (store, places) in &item.stores {
        field(html, "Store", store);
        for place in places {
            field(html, "Place", place);
        }
    }
    thumbprint(html, "SHA-1", &item.sha1);
    thumbprint(html, "SHA-256", &item.sha256);
}

fn copy_in_words(copy: &Copy) -> String {
    let when = copy.when.map(time::local);
    let away = if copy.away { ", not reachable now" } else { "" };
    match (&copy.place, when) {
        (Some((folder, file)), Some(when)) => format!("{when} in {folder} ({file}){away}"),
        (Some((folder, file)), None) => format!("in {folder} ({file}){away}"),
        (None, when) => format!("{}, says the store", when.unwrap_or_default()),
    }
}

fn field(html: &mut Html, name: &str, value: &str) {
    if !value.is_empty() {
        html.put(
            r#"<div><dt>{}</dt><dd dir="auto">{}</dd></div>"#,
            &[name, value],
        );
    }
}

fn thumbprint(html: &mut Html, name: &str, value: &str) {
    html.put(
        r#"<div><dt>{}</dt><dd><code class="copy">{}</code></dd></div>"#,
        &[name, value],
    );
}
