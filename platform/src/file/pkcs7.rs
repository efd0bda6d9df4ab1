//! The certificates in a PKCS#7 `SignedData` (RFC 2315, 9.1; CMS, RFC 5652, 5.1): how Windows
//! and many CAs hand out a certificate with its issuers (`.p7b`). Nothing signed is looked at.

use crate::tlv::{self, Element, Elements, INTEGER, OID, SEQUENCE};

/// `1.2.840.113549.1.7.2`
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xa0;

/// Whether the bytes begin like a `SignedData`, in DER or BER.
pub(crate) fn begins_like_one(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(32)];
    let name = [&[OID, SIGNED_DATA.len() as u8], SIGNED_DATA].concat();
    head.first() == Some(&SEQUENCE)
        && (2..=6).any(|at| head.get(at..).is_some_and(|rest| rest.starts_with(&name)))
}

/// The DER of each certificate inside; `None` if this is not a `SignedData` in DER.
pub(crate) fn certificates(der: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut info = Elements::of(der).accept(SEQUENCE)?.inner();
    if info.accept(OID)?.content != SIGNED_DATA {
        return None;
    }
    let wrapped = info.accept(CONTEXT_0)?.content;
    let mut fields = tlv::only(wrapped, SEQUENCE)?.inner();
    fields.accept(INTEGER)?;
    fields.accept(SET)?;
    fields.accept(SEQUENCE)?;
    let certificates = fields.accept(CONTEXT_0).map(|set| set.inner());
    // Other kinds of certificates (RFC 5652, 10.2.2) carry a context tag.
    let x509 = |element: Element<'_>| element.tag == SEQUENCE;
    Some(
        certificates
            .into_iter()
            .flatten()
            .filter(move |element| x509(*element))
            .map(|element| element.raw),
    )
}
