//! Whether a certificate is valid at a time (RFC 5280, 4.1.2.5).

use super::ParsedCertificate;
use crate::time::UnixTime;

/// The present, and how a date is written for a person. A caller gives both, because time zones are
/// the operating system's.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The present.
    pub now: UnixTime,
    /// Writes a time as a date.
    pub date: fn(UnixTime) -> String,
}

impl Clock {
    /// Why a certificate is not valid now: "expired on 2021-02-03"; `None` if it is valid.
    pub fn outside_validity(&self, certificate: &ParsedCertificate<'_>) -> Option<String> {
        let (begins, ends) = (certificate.not_before(), certificate.not_after());
        if ends < self.now {
            Some(format!("expired on {}", (self.date)(ends)))
        } else if self.now < begins {
            Some(format!("is not valid before {}", (self.date)(begins)))
        } else {
            None
        }
    }
}
