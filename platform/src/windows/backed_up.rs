//! CERT_BACKED_UP_PROP_ID: whether a copy of a certificate and its key was saved, and when. Its value
//! is a VARIANT_BOOL and right behind it a FILETIME (Microsoft's documentation of
//! `CERTENROLL_PROPERTYID`; what `ICertPropertyBackedUp` writes). Windows itself does not use it ("This
//! property is not currently used", `ICertPropertyBackedUp`), so certstow alone reads what is here.

use certstow_formats::time::UnixTime;

/// VARIANT_TRUE.
const TRUE: [u8; 2] = [0xff, 0xff];
/// Seconds from 1601, where a FILETIME begins, to 1970.
const UNIX_EPOCH: i64 = 11_644_473_600;
/// Parts of a second that a FILETIME counts.
const TICKS: i64 = 10_000_000;

/// The value that says: backed up at this time. Times that no FILETIME holds become the first
/// or the last that one holds.
pub(super) fn value(when: UnixTime) -> [u8; 10] {
    let since_1970 = when.seconds();
    let ticks = since_1970
        .saturating_add(UNIX_EPOCH)
        .max(0)
        .saturating_mul(TICKS);
    let mut value = [0; 10];
    value[..2].copy_from_slice(&TRUE);
    value[2..].copy_from_slice(&ticks.to_le_bytes());
    value
}

/// When a value says that a copy was saved; `None` where it says that none was, or cannot be
/// read.
pub(super) fn time(value: &[u8]) -> Option<UnixTime> {
    let (saved, ticks) = value.split_at_checked(2)?;
    let ticks = i64::from_le_bytes(ticks.try_into().ok()?);
    // A FILETIME with its highest bit set is after the year 30827, and no date.
    (saved != [0, 0] && ticks >= 0).then(|| UnixTime::new(ticks / TICKS - UNIX_EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-01-01 00:00:00 UTC, and as a FILETIME.
    const NEW_YEAR: UnixTime = UnixTime::new(1_704_067_200);
    const FILETIME: u64 = 133_485_408_000_000_000;

    #[test]
    fn value_encodes_variant_bool_and_filetime() {
        let value = value(NEW_YEAR);
        assert_eq!(value[..2], [0xff, 0xff]);
        assert_eq!(value[2..], FILETIME.to_le_bytes());
        assert_eq!(time(&value), Some(NEW_YEAR));
    }

    #[test]
    fn time_ignores_false_or_malformed_values() {
        let mut denied = value(NEW_YEAR);
        denied[..2].fill(0);
        let mut never = value(NEW_YEAR);
        never[9] = 0x80;
        for value in [&denied[..], &never, &value(NEW_YEAR)[..9], &[0; 16], b""] {
            assert_eq!(time(value), None, "{value:02x?}");
        }
        // Any other truth than VARIANT_TRUE is one as well.
        let mut one = value(NEW_YEAR);
        one[..2].copy_from_slice(&[1, 0]);
        assert_eq!(time(&one), Some(NEW_YEAR));
    }

    #[test]
    fn value_clamps_times_to_filetime_range() {
        let kept = |seconds| time(&value(UnixTime::new(seconds))).map(UnixTime::seconds);
        assert_eq!(kept(i64::MIN), Some(-UNIX_EPOCH));
        assert_eq!(kept(i64::MAX), Some(i64::MAX / TICKS - UNIX_EPOCH));
    }
}
