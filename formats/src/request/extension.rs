//! `Extension` (RFC 5280, 4.1).

use crate::der::{self, OBJECT_IDENTIFIER, OCTET_STRING};

/// `BOOLEAN` with the value TRUE.
pub(super) const TRUE: [u8; 3] = [1, 1, 0xff];

/// An extension; the identifier as its octets.
pub(super) fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &TRUE } else { &[] };
    der::sequence(&[
        &der::value(OBJECT_IDENTIFIER, &[oid]),
        critical,
        &der::value(OCTET_STRING, &[value]),
    ])
}
