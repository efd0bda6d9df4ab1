//! The axis of the time line: how much of past and future it shows, and where its ticks are. It
//! shows what most certificates need; what lies outside is told by arrows at its ends, so that one
//! certificate without an end does not squeeze all others into a line.

use certstow_core::time::UnixTime;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::time::Duration;

const YEAR: Duration = days(365);
/// No farther into the past or the future than this.
const PAST: Duration = days(5 * 365);
const FUTURE: Duration = days(10 * 365);
/// And no less.
const LEAST: Duration = days(60);
/// What is shown where every certificate ends beyond [`FUTURE`].
const ENDLESS: Duration = days(3 * 365);
/// So few certificates are all shown whole, if they lie between [`PAST`] and [`FUTURE`].
const FEW: usize = 8;
/// So many ticks have room for their labels on a telephone.
const TICKS: i64 = 8;
/// The distances of ticks, in months.
const STEPS: [i64; 8] = [1, 2, 3, 6, 12, 24, 36, 60];

/// The axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    begin: UnixTime,
    end: UnixTime,
    pub(super) ticks: Vec<Tick>,
}

/// A tick and what is written at it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    /// Its place on the axis, in per cent.
    pub(super) place: f64,
    pub(super) label: String,
    /// Whether a year begins here.
    pub(super) new_year: bool,
}

impl Axis {
    /// An axis for certificates that are valid from and until these times.
    pub(super) fn of(validities: &[(UnixTime, UnixTime)], now: UnixTime, zone: &TimeZone) -> Self {
        let ahead = validities.iter().flat_map(|&(from, to)| [from, to]);
        let future = reach(ahead.map(|time| time.seconds_since(now)), FUTURE);
        let behind = validities.iter().flat_map(|&(from, to)| [from, to]);
        let past = reach(behind.map(|time| now.seconds_since(time)), PAST);
        let future = future.unwrap_or(ENDLESS).max(LEAST);
        // What is to come matters more.
        let past = past.unwrap_or(YEAR).min(future * 3 / 2).max(LEAST);

        let first = month(now - past, zone);
        let last = month(now + future, zone) + 1;
        let step = STEPS
            .into_iter()
            .find(|step| (last - first) / step < TICKS)
            .unwrap_or(STEPS[STEPS.len() - 1]);
        let first = first.div_euclid(step) * step;
        let last = (last + step - 1).div_euclid(step) * step;
        let (begin, end) = (start(first, zone), start(last, zone));
        let mut axis = Self {
            begin,
            end: end.max(begin + Duration::from_secs(1)),
            ticks: Vec::new(),
        };
        let mut at = first;
        while at < last {
            axis.ticks.push(Tick {
                place: axis.place(start(at, zone)),
                label: label(at, at == first),
                new_year: at.rem_euclid(12) == 0,
            });
            at += step;
        }
        axis
    }

    /// Where a time is, in per cent; at an end if it lies beyond.
    pub(super) fn place(&self, time: UnixTime) -> f64 {
        let time = time.clamp(self.begin, self.end);
        #[expect(clippy::cast_precision_loss, reason = "seconds within decades")]
        let place =
            time.seconds_since(self.begin) as f64 / self.end.seconds_since(self.begin) as f64;
        place * 100.0
    }

    /// The beginnings of all months on it, or of every third, and its end: what is counted
    /// together.
    pub(super) fn bins(&self, zone: &TimeZone) -> Vec<UnixTime> {
        let (first, last) = (month(self.begin, zone), month(self.end, zone));
        let step = if last - first > 72 { 3 } else { 1 };
        let months = (first..=last).step_by(step);
        months.map(|month| start(month, zone)).collect()
    }

    /// Whether a time lies before the axis.
    pub(super) fn is_before(&self, time: UnixTime) -> bool {
        time < self.begin
    }

    /// Whether a time lies behind the axis.
    pub(super) fn is_after(&self, time: UnixTime) -> bool {
        time > self.end
    }
}

/// How far an axis has to reach into one direction for most of these distances; `None` if all of
/// them lie beyond the limit, or in the other direction.
fn reach(distances: impl Iterator<Item = i64>, limit: Duration) -> Option<Duration> {
    let mut within: Vec<Duration> = distances
        .filter_map(|distance| u64::try_from(distance).ok().map(Duration::from_secs))
        .filter(|distance| *distance <= limit)
        .collect();
    within.sort_unstable();
    let most = match within.len() {
        0 => return None,
        few if few <= FEW => few - 1,
        many => many * 19 / 20,
    };
    Some(within[most])
}

const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 24 * 60 * 60)
}

/// The month a time is in, counted from the year 0.
fn month(time: UnixTime, zone: &TimeZone) -> i64 {
    // Of the axis, which stays within decades of now.
    let date = Timestamp::from_second(time.seconds()).map(|time| zone.to_datetime(time).date());
    let date = date.unwrap_or_default();
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// When a month begins.
fn start(month: i64, zone: &TimeZone) -> UnixTime {
    let year = i16::try_from(month.div_euclid(12)).unwrap_or(i16::MAX);
    let number = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(1);
    let date = Date::new(year, number, 1).unwrap_or_default();
    let begins = zone.to_timestamp(date.at(0, 0, 0, 0));
    UnixTime::new(begins.map_or(0, Timestamp::as_second))
}

/// The year where one begins, else the month; the first with its year.
fn label(month: i64, first: bool) -> String {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let year = month.div_euclid(12);
    let number = usize::try_from(month.rem_euclid(12)).unwrap_or(0);
    match (number, first) {
        (0, _) => year.to_string(),
        (_, true) => format!("{} ’{:02}", NAMES[number], year % 100),
        (_, false) => NAMES[number].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26.
    const NOW: i64 = 1_795_651_200;

    /// So many days after it.
    fn day(days: i64) -> UnixTime {
        UnixTime::new(NOW + days * 24 * 60 * 60)
    }

    fn axis(validities: &[(i64, i64)]) -> Axis {
        let times = validities.iter().map(|&(from, to)| (day(from), day(to)));
        let times: Vec<_> = times.collect();
        Axis::of(&times, day(0), &TimeZone::UTC)
    }

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn axis_labels_months_or_years_by_range() {
        let weeks = axis(&[(-10, 20), (-40, 50)]);
        assert_eq!(labels(&weeks), ["Sep ’26", "Oct", "Nov", "Dec", "2027"]);
        let years = axis(&[(-400, 365), (-900, 900)]);
        assert_eq!(
            labels(&years),
            ["2024", "2025", "2026", "2027", "2028", "2029"]
        );
        assert!(years.ticks.iter().all(|tick| tick.new_year));
    }

    #[test]
    fn axis_leaves_room_for_labels() {
        for days in [1, 10, 50, 100, 200, 400, 700, 1000, 2000, 3000, 3650] {
            let axis = axis(&[(-days, days)]);
            let ticks = i64::try_from(axis.ticks.len()).unwrap();
            assert!((3..=TICKS + 1).contains(&ticks), "{days}: {axis:?}");
            assert_eq!(axis.ticks[0].place, 0.0);
            let today = axis.place(day(0));
            assert!(5.0 < today && today < 95.0, "{days}: {today}");
        }
    }

    #[test]
    fn axis_is_not_stretched_by_outlier() {
        let century = 36_500;
        let with = axis(&[(-100, 365), (-1000, century)]);
        assert!(with.is_after(day(century)));
        assert!(!with.is_after(day(365)));
        assert_eq!(with.place(day(century)), 100.0);
        let alone = axis(&[(-100, century)]);
        assert!(alone.is_after(day(5 * 365)) && !alone.is_after(day(2 * 365)));
    }

    #[test]
    fn axis_excludes_long_expired_certificates() {
        let axis = axis(&[(-9000, -8000), (-100, 300)]);
        assert!(axis.is_before(day(-8000)));
        assert_eq!(axis.place(day(-8000)), 0.0);
    }

    #[test]
    fn axis_handles_empty_and_extreme_validities() {
        assert!(axis(&[]).ticks.len() > 2);
        let [first, last] = [i64::MIN, i64::MAX].map(UnixTime::new);
        let absurd = Axis::of(&[(first, last)], day(0), &TimeZone::UTC);
        assert!(absurd.is_before(first) && absurd.is_after(last));
    }
}
