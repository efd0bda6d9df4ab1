//! An identity on the page: its line, and all that is known of it below.

use certstow_platform::store::KeyState;

use crate::report::axis::Axis;
use crate::report::html::Html;
use crate::report::{Copy, Item, Report, Urgency};
use crate::time;

/// No bar is shorter, in per cent.
const SHORTEST: f64 = 0.6;

pub(super) fn write(html: &mut Html, report: &Report, axis: &Axis, item: &Item, position: usize) {
    let urgency = item.urgency(report.now);
    html.raw("<tbody role=\"rowgroup\" class=\"identity ")
        .text(urgency.word());
    html.raw("\" data-urgency=\"").text(urgency.word());
    html.raw("\" data-begin=\"").number(item.not_before);
    html.raw("\" data-end=\"").number(item.not_after);
    html.raw(if item.lacks_copy() {
        "\" data-backup=\"none"
    } else {
        ""
    });
    html.raw(if item.stays() {
        "\" data-export=\"no"
    } else {
        ""
    });
    html.raw("\"><tr role=\"row\" class=\"main\"><th role=\"rowheader\" scope=\"row\">");
    html.raw("<h3 class=\"name\" dir=\"auto\">")
        .text(&item.label);
    html.raw("</h3><p class=\"issuer\" dir=\"auto\">")
        .text(&item.issuer);
    html.raw("</p></th>\n<td role=\"cell\" class=\"line\">");
    line(html, axis, item, urgency, report.now);
    html.raw("<p class=\"dates\">");
    date(html, item.not_before);
    html.raw(" – ");
    date(html, item.not_after);
    html.raw("</p></td>\n<td role=\"cell\" class=\"state\"><b>");
    mark(html, urgency);
    html.text(urgency.words()).raw("</b> <span>");
    html.text(&distance(item, urgency, report.now));
    html.raw("</span></td>\n<td role=\"cell\" class=\"key\">");
    key(html, item);
    backup(html, report, item);
    html.raw("</td></tr>\n<tr role=\"row\" class=\"more\" id=\"more-");
    html.text(&position.to_string());
    html.raw("\"><td role=\"cell\" colspan=\"4\"><dl>");
    details(html, item);
    html.raw("</dl></td></tr></tbody>\n");
}

/// The shape that goes with a colour.
pub(super) fn mark(html: &mut Html, urgency: Urgency) {
    html.raw(
        "<svg class=\"mark\" viewBox=\"-7 -7 14 14\" aria-hidden=\"true\" focusable=\"false\">",
    );
    html.raw("<use href=\"#")
        .text(urgency.word())
        .raw("\"/></svg>");
}

/// The bar from the beginning to the end of the validity, what is over of it paler; arrows where it
/// goes on beyond the axis.
fn line(html: &mut Html, axis: &Axis, item: &Item, urgency: Urgency, now: i64) {
    html.raw("<svg class=\"bar\" aria-hidden=\"true\" focusable=\"false\"><use href=\"#grid\"/>");
    let (from, to) = (item.not_before, item.not_after);
    let outside = axis.is_before(to) || axis.is_after(from);
    if !outside {
        let (left, right) = (axis.place(from), axis.place(to.max(from)));
        let today = axis.place(now).clamp(left, right);
        match urgency {
            Urgency::Expired => piece(html, "over", left, right),
            Urgency::Later => piece(html, "ahead", left, right),
            _ => {
                piece(html, "past", left, right);
                piece(html, "rest", today, right);
            }
        }
    }
    if axis.is_before(from) {
        html.raw("<use class=\"arrow\" href=\"#earlier-still\" x=\"0\" y=\"13\"/>");
    }
    if axis.is_after(to) {
        html.raw("<use class=\"arrow\" href=\"#later-still\" x=\"100%\" y=\"13\"/>");
    } else if !outside {
        html.raw("<use class=\"end\" href=\"#").text(urgency.word());
        html.raw("\" y=\"13\" x=\"")
            .percent(axis.place(to))
            .raw("\"/>");
    }
    html.raw("</svg>");
}

fn piece(html: &mut Html, class: &'static str, left: f64, right: f64) {
    html.raw("<rect y=\"9\" height=\"8\" rx=\"4\" class=\"")
        .raw(class);
    html.raw("\" x=\"").percent(left.min(100.0 - SHORTEST));
    html.raw("\" width=\"")
        .percent((right - left).max(SHORTEST));
    html.raw("\"/>");
}

fn date(html: &mut Html, seconds: i64) {
    html.raw("<time datetime=\"")
        .text(&time::utc(seconds))
        .raw("\">");
    html.text(&time::local_date(seconds)).raw("</time>");
}

fn distance(item: &Item, urgency: Urgency, now: i64) -> String {
    match urgency {
        Urgency::Expired => {
            let ago = time::until_expiry(item.not_after, now);
            ago.trim_start_matches("expired ").to_owned()
        }
        Urgency::Later => format!("begins {}", time::since_beginning(item.not_before, now)),
        _ => format!("ends {}", time::until_expiry(item.not_after, now)),
    }
}

fn key(html: &mut Html, item: &Item) {
    match &item.state {
        KeyState::Exportable => html.raw("<p class=\"good\">Can be exported"),
        KeyState::NotExportable(_) => html.raw("<p class=\"bad\">Cannot be exported"),
        KeyState::Missing => html.raw("<p class=\"bad\">No private key"),
        KeyState::Locked(_) => html.raw("<p>Locked"),
        KeyState::Unknown => html.raw("<p>Export is not certain"),
    };
    html.raw(" <small>").text(&item.key).raw("</small></p>");
}

fn backup(html: &mut Html, report: &Report, item: &Item) {
    if item.state == KeyState::Missing {
        return;
    }
    match item.last_copy() {
        Some(Copy { when, .. }) => {
            html.raw("<p class=\"good\">Backed up");
            if let Some(when) = when {
                html.raw(" ");
                date(html, *when);
            }
        }
        None if !item.damaged.is_empty() => drop(html.raw("<p class=\"bad\">Backup damaged")),
        None if report.backups.iter().any(|one| one.identities.is_some()) => {
            html.raw("<p class=\"bad\">In no backup looked at");
        }
        None => drop(html.raw("<p>Backup not known")),
    }
    html.raw("</p>");
}

fn details(html: &mut Html, item: &Item) {
    field(html, "Subject", &item.subject);
    field(html, "Issuer", &item.issuer_in_full);
    field(html, "Serial", &item.serial);
    field(html, "Valid from", &time::local(item.not_before));
    field(html, "Valid until", &time::local(item.not_after));
    field(html, "E-mail", &item.emails.join(", "));
    field(html, "DNS names", &item.dns_names.join(", "));
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
    match (&copy.place, when) {
        (Some((folder, file)), Some(when)) => format!("{when} in {folder} ({file})"),
        (Some((folder, file)), None) => format!("in {folder} ({file})"),
        (None, when) => format!("{}, says the store", when.unwrap_or_default()),
    }
}

fn field(html: &mut Html, name: &'static str, value: &str) {
    if !value.is_empty() {
        html.raw("<div><dt>")
            .raw(name)
            .raw("</dt><dd dir=\"auto\">");
        html.text(value).raw("</dd></div>");
    }
}

fn thumbprint(html: &mut Html, name: &'static str, value: &str) {
    html.raw("<div><dt>")
        .raw(name)
        .raw("</dt><dd><code class=\"copy\">");
    html.text(value).raw("</code></dd></div>");
}
