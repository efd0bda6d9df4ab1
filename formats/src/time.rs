//! Moments as certificates state them (RFC 5280, 4.1.2.5): to the second, in UTC.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use x509_parser::time::ASN1Time;

/// A moment, to the second; `Display` gives it by RFC 3339 in UTC: `2030-01-02T03:04:05Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// What [`Display`](fmt::Display) can show: the years -9999 to 9999. The last is the notAfter of a
    /// certificate that is to have no end.
    const SHOWN: (i64, i64) = (-377_705_116_800, 253_402_300_799);

    /// So many seconds after 1970-01-01 UTC.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds since 1970-01-01 UTC; negative before that.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The seconds from an earlier moment to this one; negative where the other is later.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Saturates.
impl Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(span.as_secs()))
    }
}

/// Saturates.
impl Sub<Duration> for UnixTime {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(span.as_secs()))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = Self::SHOWN;
        let time = ASN1Time::from_timestamp(self.0.clamp(first, last)).map_err(|_| fmt::Error)?;
        let time = time.to_datetime();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unix_time_displays_rfc3339() {
        let shown = |seconds| UnixTime::new(seconds).to_string();
        assert_eq!(shown(0), "1970-01-01T00:00:00Z");
        assert_eq!(shown(-1), "1969-12-31T23:59:59Z");
        assert_eq!(shown(253_402_300_799), "9999-12-31T23:59:59Z");
        assert_eq!(shown(i64::MAX), "9999-12-31T23:59:59Z");
        assert!(shown(i64::MIN).starts_with("-9999"));
    }
}
