//! Times as certstow shows them: RFC 3339 in UTC for programs, the local date and a distance
//! ("in 12 days") for people.

use std::time::Duration;

use certstow_formats::certificate::{Clock, ParsedCertificate};
use certstow_formats::plural::counted;
pub use certstow_formats::time::UnixTime;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

mod urgency;

pub use urgency::{Urgency, left_of_validity};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The present.
pub fn now() -> UnixTime {
    UnixTime::new(Timestamp::now().as_second())
}

/// The present by RFC 3339 in UTC, to the millisecond: `2030-01-02T03:04:05.678Z`.
pub fn utc_now() -> String {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
    now.to_string()
}

/// Reads a time by RFC 3339; `None` if it is none.
pub fn from_utc(text: &str) -> Option<UnixTime> {
    let time: Timestamp = text.parse().ok()?;
    Some(UnixTime::new(time.as_second()))
}

/// The date where this machine is: `2030-01-02`.
pub fn local_date(time: UnixTime) -> String {
    const FORM: &str = "%Y-%m-%d";
    match here(time) {
        Some(here) => here.strftime(FORM).to_string(),
        None => calendar(time).strftime(FORM).to_string(),
    }
}

/// The date and time where this machine is, with its offset: `2030-01-02 03:04:05 +01:00`.
pub fn local(time: UnixTime) -> String {
    match here(time) {
        Some(here) => here.strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
        None => calendar(time)
            .strftime("%Y-%m-%d %H:%M:%S +00:00")
            .to_string(),
    }
}

/// Why a certificate is not valid at `now`: "expired on 2021-02-03", by the date where this
/// machine is; `None` if it is valid.
pub fn outside_validity(certificate: &ParsedCertificate<'_>, now: UnixTime) -> Option<String> {
    let clock = Clock {
        now,
        date: local_date,
    };
    clock.outside_validity(certificate)
}

/// The present of this machine, with its time zone.
pub fn clock() -> Clock {
    Clock {
        now: now(),
        date: local_date,
    }
}

/// How far a certificate's end is from `now`: "in 12 days", "expired 3 days ago".
pub fn until_expiry(not_after: UnixTime, now: UnixTime) -> String {
    let left = not_after.seconds_since(now);
    if left >= 0 {
        format!("in {}", span(left))
    } else {
        format!("expired {} ago", span(left.saturating_neg()))
    }
}

/// That a certificate is renewed, by one that ends at `not_after`: "renewed: newer one until 2030-01-02".
pub fn renewed(not_after: UnixTime) -> String {
    format!("renewed: newer one until {}", local_date(not_after))
}

/// How far a certificate's beginning is from `now`: "12 days ago", "in 3 hours".
pub fn since_beginning(not_before: UnixTime, now: UnixTime) -> String {
    let age = now.seconds_since(not_before);
    if age >= 0 {
        format!("{} ago", span(age))
    } else {
        format!("in {}", span(age.saturating_neg()))
    }
}

/// The length of a time span in its largest fitting unit, rounded down.
fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        _ if seconds < MINUTE => return "less than a minute".to_owned(),
        _ if seconds < HOUR => (seconds / MINUTE, "minute"),
        _ if seconds < DAY => (seconds / HOUR, "hour"),
        _ if seconds < 120 * DAY => (seconds / DAY, "day"),
        // Months and years of the mean Gregorian length.
        _ if seconds < 730 * DAY => (seconds * 12 / (DAY * 365 + DAY / 4), "month"),
        _ => (seconds / (DAY * 365 + DAY / 4), "year"),
    };
    counted(count, unit, &format!("{unit}s"))
}

/// Reads a length of time: a whole number and `h`, `d`, `w` or `y` (365 days).
///
/// # Errors
/// A sentence saying what is wrong.
pub fn parse_span(text: &str) -> Result<Duration, String> {
    let units = [('h', HOUR), ('d', DAY), ('w', 7 * DAY), ('y', 365 * DAY)];
    parse(text, &units)
        .ok_or_else(|| format!("'{text}' is no length of time; write it as 12h, 30d, 8w or 1y"))
}

/// A whole number and a unit of so many seconds.
fn parse(text: &str, units: &[(char, i64)]) -> Option<Duration> {
    let mut units = units.iter();
    let (number, unit) =
        units.find_map(|(unit, length)| Some((text.strip_suffix(*unit)?, length)))?;
    let seconds = i64::from(number.parse::<u32>().ok()?) * unit;
    Some(Duration::from_secs(seconds.unsigned_abs()))
}

/// Reads how long a wait may take: a whole number and `s`, `m` or `h`. `None` is a wait without an
/// end, written `0`.
///
/// # Errors
/// A sentence saying what is wrong.
pub fn parse_wait(text: &str) -> Result<Option<Duration>, String> {
    if text == "0" {
        return Ok(None);
    }
    let wait = parse(text, &[('s', 1), ('m', MINUTE), ('h', HOUR)]).ok_or_else(|| {
        format!("'{text}' is no length of time; write it as 90s, 10m or 1h, or 0")
    })?;
    Ok(Some(wait).filter(|wait| !wait.is_zero()))
}

/// A length of time in the largest unit that leaves no rest: "90 seconds", "10 minutes", "60 days".
pub fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let (count, unit) = match seconds {
        _ if seconds >= 86400 && seconds.is_multiple_of(86400) => (seconds / 86400, "day"),
        _ if seconds >= 3600 && seconds.is_multiple_of(3600) => (seconds / 3600, "hour"),
        _ if seconds >= 60 && seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    counted(count, unit, &format!("{unit}s"))
}

/// The calendar in UTC. Broken certificates may name times beyond what it holds; those stay at
/// its end.
fn calendar(time: UnixTime) -> DateTime {
    let since = SignedDuration::from_secs(time.seconds());
    DateTime::constant(1970, 1, 1, 0, 0, 0, 0).saturating_add(since)
}

/// The time where this machine is. There is none for the last two days of the year 9999, which
/// certificates without an end name: they are not the same days in every time zone.
fn here(time: UnixTime) -> Option<ZonedDateTime> {
    let timestamp = Timestamp::from_second(time.seconds()).ok()?;
    Some(timestamp.to_zoned_datetime(TimeZone::system()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixTime = UnixTime::new(0);

    #[test]
    fn local_date_handles_end_of_calendar() {
        // The "no well-defined end" of RFC 5280, 4.1.2.5.
        let last = UnixTime::new(253_402_300_799);
        assert_eq!(local_date(last), "9999-12-31");
        assert_eq!(local(last), "9999-12-31 23:59:59 +00:00");
    }

    #[test]
    fn until_expiry_names_the_fitting_unit() {
        let cases = [
            (0, "in less than a minute"),
            (90, "in 1 minute"),
            (5 * HOUR, "in 5 hours"),
            (DAY, "in 1 day"),
            (12 * DAY + HOUR, "in 12 days"),
            (119 * DAY, "in 119 days"),
            (365 * DAY, "in 11 months"),
            (400 * DAY, "in 13 months"),
            (1500 * DAY, "in 4 years"),
            (-3 * DAY, "expired 3 days ago"),
            (-HOUR, "expired 1 hour ago"),
        ];
        for (left, expected) in cases {
            assert_eq!(until_expiry(UnixTime::new(left), START), expected);
        }
        let later = UnixTime::new(2 * DAY);
        assert_eq!(since_beginning(START, later), "2 days ago");
        assert_eq!(since_beginning(later, START), "in 2 days");
    }

    #[test]
    fn utc_now_has_milliseconds() {
        let now = utc_now();
        let seconds = now.get(..19).unwrap();
        let fraction = now.get(19..).unwrap();
        assert_eq!(seconds.len(), "2030-01-02T03:04:05".len());
        assert!(
            fraction.starts_with('.') && fraction.ends_with('Z'),
            "{now}"
        );
        assert_eq!(fraction.len(), 5, "{now}");
    }

    #[test]
    fn parse_wait_accepts_seconds_minutes_and_hours() {
        for (text, said) in [
            ("90s", "90 seconds"),
            ("1s", "1 second"),
            ("10m", "10 minutes"),
            ("60m", "1 hour"),
            ("2h", "2 hours"),
            ("48h", "2 days"),
        ] {
            let length = parse_wait(text).unwrap().unwrap();
            assert_eq!(super::length(length), said);
        }
        for none in ["0", "0s", "0m"] {
            assert_eq!(parse_wait(none), Ok(None));
        }
        for wrong in ["", "s", "10", "-1s", "1.5m", "1d", "99999999999s", "1é"] {
            assert!(parse_wait(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parse_span_requires_a_known_unit() {
        let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
        assert_eq!(parse_span("30d"), Ok(seconds(30 * DAY)));
        assert_eq!(parse_span("12h"), Ok(seconds(12 * HOUR)));
        assert_eq!(parse_span("8w"), Ok(seconds(56 * DAY)));
        assert_eq!(parse_span("1y"), Ok(seconds(365 * DAY)));
        for wrong in ["", "d", "30", "-1d", "1.5d", "30m", "99999999999d", "30é"] {
            assert!(parse_span(wrong).is_err(), "{wrong}");
        }
    }
}
