//! How many certificates end when: columns over months, for more of them than are seen at once.

use certstow_core::time::{self, UnixTime};
use certstow_formats::plural::counted;
use jiff::tz::TimeZone;
use std::time::Duration;

use crate::report::axis::Axis;
use crate::report::html::{Html, percent};
use crate::report::{Report, Validity};

/// So many are seen at once.
const ENOUGH: usize = 12;

pub(super) fn write(html: &mut Html, report: &Report, axis: &Axis) {
    if report.items.len() <= ENOUGH {
        return;
    }
    let bins = axis.bins(&TimeZone::system());
    let columns: Vec<Column> = bins
        .windows(2)
        .map(|ends| Column::of(report, ends[0], ends[1]))
        .collect();
    let highest = columns.iter().map(Column::height).max().unwrap_or(0).max(1);
    html.raw(
        r#"<figure class="overview"><figcaption>When they end</figcaption>
<svg class="columns" role="img" aria-label="How many end when: "#,
    );
    for column in columns.iter().filter(|column| column.height() > 0) {
        html.put("{}; ", &[&column.words()]);
    }
    html.raw(r#"">"#);
    for column in &columns {
        write_column(html, axis, column, highest);
    }
    let today = percent(axis.place(report.now));
    html.put(
        r#"<line class="today" x1="{}" x2="{}" y2="100%"/></svg><svg class="scale" aria-hidden="true">"#,
        &[&today, &today],
    );
    for tick in &axis.ticks {
        let class = if tick.new_year { "year" } else { "month" };
        html.put(
            r#"<text class="{}" y="15" x="{}">{}</text>"#,
            &[class, &percent(tick.place), &tick.label],
        );
    }
    html.raw("</svg>");
    beyond(html, report, axis);
    html.raw("</figure>");
}

/// What ends from one time to another.
struct Column {
    from: UnixTime,
    to: UnixTime,
    counts: [usize; Validity::ALL.len()],
}

impl Column {
    fn of(report: &Report, from: UnixTime, to: UnixTime) -> Self {
        let ends = report.items.iter();
        let ends = ends.filter(|item| (from..to).contains(&item.not_after));
        let mut counts = [0; Validity::ALL.len()];
        for item in ends {
            let urgency = item.validity(report.now);
            let at = Validity::ALL.iter().position(|one| *one == urgency);
            counts[at.unwrap_or(0)] += 1;
        }
        Self { from, to, counts }
    }

    fn height(&self) -> usize {
        self.counts.iter().sum()
    }

    /// "2027-03: 4", or "2027-01 to 2027-03: 4".
    fn words(&self) -> String {
        let month = |time| {
            let date = time::local_date(time);
            date.get(..7).unwrap_or(&date).to_owned()
        };
        let (first, last) = (month(self.from), month(self.to - Duration::from_secs(1)));
        match first == last {
            true => format!("{first}: {}", self.height()),
            false => format!("{first} to {last}: {}", self.height()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of certificates")]
fn write_column(html: &mut Html, axis: &Axis, column: &Column, highest: usize) {
    let (left, right) = (axis.place(column.from), axis.place(column.to));
    let mut top = 100.0;
    for (urgency, count) in Validity::ALL.into_iter().zip(column.counts) {
        if count == 0 {
            continue;
        }
        let height = count as f64 / highest as f64 * 100.0;
        top -= height;
        let place = [
            left + (right - left) * 0.1,
            top,
            (right - left) * 0.8,
            height,
        ];
        let [x, y, width, height] = place.map(percent);
        html.put(
            r#"<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>"#,
            &[urgency.word(), &x, &y, &width, &height, &column.words()],
        );
    }
}

/// How many end before and after what is shown.
fn beyond(html: &mut Html, report: &Report, axis: &Axis) {
    let ends = || report.items.iter().map(|item| item.not_after);
    let earlier = ends().filter(|end| axis.is_before(*end)).count();
    let later = ends().filter(|end| axis.is_after(*end)).count();
    if earlier > 0 {
        html.put("<p>{} earlier</p>", &[&counted(earlier, "ended", "ended")]);
    }
    if later > 0 {
        html.put("<p>{} later</p>", &[&counted(later, "ends", "end")]);
    }
}
