//! When a task runs, in the machine's own time: one time or several. A run that was missed because the
//! machine was asleep is made up for as soon as it is awake; one that was missed because it was off, by
//! systemd and Task Scheduler alone: launchd and cron wait for the next time (Apple, "Scheduling Timed
//! Jobs"; crontab(5)).

use std::fmt;
use std::str::FromStr;

use certstow_core::time::UnixTime;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// All the times of a task; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Times(Vec<When>);

impl Times {
    /// Each once; every day at noon if there is none.
    pub(crate) fn of(all: impl IntoIterator<Item = When>) -> Self {
        let mut times = Vec::new();
        for when in all {
            if !times.contains(&when) {
                times.push(when);
            }
        }
        if times.is_empty() {
            times.push(When::Daily(Time::NOON));
        }
        Self(times)
    }

    pub(crate) fn all(&self) -> &[When] {
        &self.0
    }

    /// The first of them after `now`, where this machine is; `None` beyond what a calendar holds.
    pub(crate) fn next(&self, now: UnixTime) -> Option<UnixTime> {
        self.next_in(&TimeZone::system(), now)
    }

    fn next_in(&self, zone: &TimeZone, now: UnixTime) -> Option<UnixTime> {
        let now = Timestamp::from_second(now.seconds()).ok()?;
        let here = now.to_zoned_datetime(zone.clone()).datetime();
        let mut instants = self.0.iter().filter_map(|when| {
            let at = when.next(here)?.to_zoned_datetime(zone.clone()).ok()?;
            Some(at.timestamp())
        });
        let first = instants.next()?;
        let next = instants.fold(first, Ord::min);
        Some(UnixTime::new(next.as_second()))
    }
}

impl fmt::Display for Times {
    /// "every day at 08:05 and 18:00, every Sunday at 03:15".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let daily = |when: &When| match when {
            When::Daily(time) => Some(time.to_string()),
            _ => None,
        };
        let of_day: Vec<_> = self.0.iter().filter_map(daily).collect();
        let of_day = match of_day.split_last() {
            None => None,
            Some((one, [])) => Some(format!("every day at {one}")),
            Some((last, others)) => Some(format!("every day at {} and {last}", others.join(", "))),
        };
        let others = self.0.iter().filter(|when| daily(when).is_none());
        let all: Vec<_> = of_day
            .into_iter()
            .chain(others.map(ToString::to_string))
            .collect();
        f.write_str(&all.join(", "))
    }
}

/// A time that comes again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// At the beginning of every hour.
    Hourly,
    /// Every day.
    Daily(Time),
    /// Once a week.
    Weekly(Day, Time),
    /// Once a month.
    Monthly(DayOfMonth, Time),
}

impl When {
    /// The first one after `now`, by the clock on the wall.
    fn next(self, now: DateTime) -> Option<DateTime> {
        if self == Self::Hourly {
            let hour = now.with().minute(0).second(0).subsec_nanosecond(0);
            return hour.build().ok()?.checked_add(1.hour()).ok();
        }
        // Every month is over after that.
        let days = now.date().series(1.day()).take(62);
        let times = days.filter_map(|day| {
            let time = self.on(day)?;
            Some(day.at(time.hour.cast_signed(), time.minute.cast_signed(), 0, 0))
        });
        times.filter(|time| *time > now).min()
    }

    /// The time of it on a day, if it is one of its days.
    fn on(self, day: Date) -> Option<Time> {
        match self {
            Self::Hourly => None,
            Self::Daily(time) => Some(time),
            Self::Weekly(wanted, time) => {
                let weekday = day.weekday().to_sunday_zero_offset();
                (weekday == wanted.0.cast_signed()).then_some(time)
            }
            Self::Monthly(wanted, time) => {
                let wanted = match wanted {
                    DayOfMonth::Number(number) => number.cast_signed(),
                    DayOfMonth::Last => day.days_in_month(),
                };
                (day.day() == wanted).then_some(time)
            }
        }
    }
}

/// A day that every month has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayOfMonth {
    /// 1 to 28.
    Number(u8),
    /// The last, whichever that is.
    Last,
}

impl FromStr for DayOfMonth {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("last") {
            return Ok(Self::Last);
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text
            .parse()
            .ok()
            .filter(|number| digits && (1..=28).contains(number));
        number
            .map(Self::Number)
            .ok_or_else(|| format!("'{text}' is no day that every month has: 1 to 28, or last"))
    }
}

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    /// 0 to 23.
    pub(super) hour: u8,
    /// 0 to 59.
    pub(super) minute: u8,
}

impl Time {
    /// Noon, when most machines are on.
    pub(crate) const NOON: Self = Self {
        hour: 12,
        minute: 0,
    };
}

impl FromStr for Time {
    type Err = String;

    /// Reads `HH:MM`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no time of day such as 03:15");
        let number = |part: &str, limit: u8| {
            let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            let number = part.parse().ok().filter(|number| digits && *number < limit);
            number.ok_or_else(wrong)
        };
        let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
        if minute.len() != 2 {
            return Err(wrong());
        }
        Ok(Self {
            hour: number(hour, 24)?,
            minute: number(minute, 60)?,
        })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// A day of the week, by its number: Sunday is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(pub(super) u8);

impl Day {
    pub(super) const NAMES: [&'static str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];

    /// Its English name, which is also the element of Windows' XML.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[usize::from(self.0)]
    }
}

impl FromStr for Day {
    type Err = String;

    /// Reads an English name in any letter case, in full or its first three letters.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut days = (0..7).map(Self);
        days.find(|day| {
            let name = day.name();
            name.eq_ignore_ascii_case(text) || name[..3].eq_ignore_ascii_case(text)
        })
        .ok_or_else(|| format!("'{text}' is no day of the week such as sunday or sun"))
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hourly => f.write_str("every hour"),
            Self::Daily(time) => write!(f, "every day at {time}"),
            Self::Weekly(day, time) => write!(f, "every {} at {time}", day.name()),
            Self::Monthly(DayOfMonth::Number(day), time) => {
                write!(f, "on day {day} of every month at {time}")
            }
            Self::Monthly(DayOfMonth::Last, time) => {
                write!(f, "on the last day of every month at {time}")
            }
        }
    }
}

/// Reads `DAY@HH:MM`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse_weekly(text: &str) -> Result<(Day, Time), String> {
    let (day, time) = text
        .split_once('@')
        .ok_or_else(|| format!("'{text}' is no day and time such as sun@03:15"))?;
    Ok((day.parse()?, time.parse()?))
}

/// A word of a time in each month, which is given as `DAY@HH:MM`, or as two words, `DAY HH:MM`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Monthly {
    At(DayOfMonth, Time),
    Day(DayOfMonth),
    Time(Time),
}

impl FromStr for Monthly {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('@') {
            Some((day, time)) => Ok(Self::At(day.parse()?, time.parse()?)),
            None if text.contains(':') => Ok(Self::Time(text.parse()?)),
            None => Ok(Self::Day(text.parse()?)),
        }
    }
}

impl Monthly {
    /// The times that these words give together.
    ///
    /// # Errors
    /// A day without a time, or a time without a day.
    pub(crate) fn times(words: &[Self]) -> Result<Vec<When>, String> {
        let wrong = "--monthly takes a day of the month and a time: 28@03:15 or last@03:15";
        let mut times = Vec::new();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            times.push(match word {
                Self::At(day, time) => When::Monthly(day, time),
                Self::Day(day) => match words.next() {
                    Some(&Self::Time(time)) => When::Monthly(day, time),
                    _ => return Err(wrong.to_owned()),
                },
                Self::Time(_) => return Err(wrong.to_owned()),
            });
        }
        Ok(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_is_first_of_all_times() {
        let next = |now: &str, times: &[When]| {
            let zone = TimeZone::fixed(jiff::tz::offset(1));
            let now: Timestamp = now.parse().unwrap();
            let now = UnixTime::new(now.as_second());
            let next = Times::of(times.iter().copied()).next_in(&zone, now);
            next.unwrap().to_string()
        };
        let time = |text: &str| text.parse::<Time>().unwrap();
        let (noon, early) = (Time::NOON, time("3:15"));
        let sunday = When::Weekly("sun".parse().unwrap(), early);
        let last = When::Monthly(DayOfMonth::Last, early);
        let eighth = When::Monthly(DayOfMonth::Number(8), early);
        // A Monday, and 10:59 there.
        let now = "2026-11-30T09:59:59Z";
        for (times, expected) in [
            (&[When::Hourly][..], "2026-11-30T10:00:00Z"),
            (&[When::Daily(noon)], "2026-11-30T11:00:00Z"),
            (&[When::Daily(early)], "2026-12-01T02:15:00Z"),
            (
                &[When::Daily(early), When::Daily(noon)],
                "2026-11-30T11:00:00Z",
            ),
            (&[sunday], "2026-12-06T02:15:00Z"),
            (&[last], "2026-12-31T02:15:00Z"),
            (&[eighth, last], "2026-12-08T02:15:00Z"),
        ] {
            assert_eq!(next(now, times), expected, "{times:?}");
        }
        assert_eq!(
            next("2027-01-31T12:00:00Z", &[last]),
            "2027-02-28T02:15:00Z"
        );
    }
}
