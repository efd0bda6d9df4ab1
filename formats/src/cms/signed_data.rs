//! The certificates in a PKCS#7 `SignedData` (RFC 2315, 9.1; CMS, RFC 5652, 5.1): how Windows
//! and many CAs hand out a certificate with its issuers (`.p7b`). Nothing signed is looked at.

use certstow_formats::der::{self, EXPLICIT_0, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET};
use certstow_formats::pkcs12::oid::SIGNED_DATA;
use certstow_formats::tlv::{self, Element, Elements};

/// Whether the bytes begin like a `SignedData`, in DER or BER.
pub(crate) fn begins_like_one(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(32)];
    let name = der::oid(&SIGNED_DATA);
    head.first() == Some(&SEQUENCE)
        && (2..=6).any(|at| head.get(at..).is_some_and(|rest| rest.starts_with(&name)))
}

/// The DER of each certificate inside; `None` if this is not a `SignedData` in DER.
pub(crate) fn certificates(der: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut info = Elements::of(der).accept(SEQUENCE)?.inner();
    if info.accept(OBJECT_IDENTIFIER)?.content != SIGNED_DATA.as_bytes() {
        return None;
    }
    let wrapped = info.accept(EXPLICIT_0)?.content;
    let mut fields = tlv::only(wrapped, SEQUENCE)?.inner();
    fields.accept(INTEGER)?;
    fields.accept(SET)?;
    fields.accept(SEQUENCE)?;
    let certificates = fields.accept(EXPLICIT_0).map(|set| set.inner());
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
