//! How near a certificate's end is, in four steps: one set of thresholds for everything that
//! colours, sorts or words it.

use super::{DAY, UnixTime};

/// How soon a certificate has to be replaced. The later a value is in order, the longer it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Its end is over.
    Expired,
    /// It ends within 30 days.
    Urgent,
    /// It ends within 90 days.
    Soon,
    /// It lasts 90 days or longer.
    Valid,
}

impl Urgency {
    /// Every value, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Expired, Self::Urgent, Self::Soon, Self::Valid];

    /// Of a certificate that ends at `not_after`.
    pub fn of(not_after: UnixTime, now: UnixTime) -> Self {
        match not_after.seconds_since(now) {
            left if left < 0 => Self::Expired,
            left if left < 30 * DAY => Self::Urgent,
            left if left < 90 * DAY => Self::Soon,
            _ => Self::Valid,
        }
    }

    /// For a person, beside or instead of a colour: "expired", "renew now", "renew soon", "valid".
    pub fn words(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Urgent => "renew now",
            Self::Soon => "renew soon",
            Self::Valid => "valid",
        }
    }
}

/// How much of its validity a certificate has left, in `parts` of equal length: all before it
/// begins, none after its end. What is left at all, however little, is one part.
pub fn left_of_validity(
    not_before: UnixTime,
    not_after: UnixTime,
    now: UnixTime,
    parts: u16,
) -> u16 {
    let [not_before, not_after, now] = [not_before, not_after, now].map(UnixTime::seconds);
    if not_after < now {
        return 0;
    }
    // Broken certificates name times that are far apart, or end before they begin.
    let whole = i128::from(not_after) - i128::from(not_before);
    let left = i128::from(not_after) - i128::from(now);
    if whole <= 0 || left >= whole {
        return parts;
    }
    let left = (left * i128::from(parts) / whole).max(1);
    u16::try_from(left).map_or(parts, |left| left.min(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgency_changes_just_below_each_threshold() {
        let now = UnixTime::new(0);
        for (left, expected) in [
            (i64::MIN, Urgency::Expired),
            (-1, Urgency::Expired),
            (0, Urgency::Urgent),
            (30 * DAY - 1, Urgency::Urgent),
            (30 * DAY, Urgency::Soon),
            (90 * DAY - 1, Urgency::Soon),
            (90 * DAY, Urgency::Valid),
            (i64::MAX, Urgency::Valid),
        ] {
            assert_eq!(Urgency::of(UnixTime::new(left), now), expected, "{left}");
        }
        assert!(Urgency::ALL.is_sorted());
    }

    #[test]
    fn left_of_validity_falls_to_zero() {
        let tenths = |not_before, not_after, now| {
            let [not_before, not_after, now] = [not_before, not_after, now].map(UnixTime::new);
            left_of_validity(not_before, not_after, now, 10)
        };
        let left = |now| tenths(1000, 2000, now);
        assert_eq!(left(0), 10);
        assert_eq!(left(1000), 10);
        assert_eq!(left(1001), 9);
        assert_eq!(left(1500), 5);
        assert_eq!(left(1999), 1);
        assert_eq!(left(2000), 1);
        assert_eq!(left(2001), 0);
        assert_eq!(tenths(2000, 1000, 900), 10);
        assert_eq!(tenths(i64::MIN, i64::MAX, 0), 4);
    }
}
