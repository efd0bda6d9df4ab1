//! Certificates without a signature over anything: the `SignedData` of PKCS#7 (RFC 2315, 9.1) and CMS
//! (RFC 5652, 5.1) in its degenerate form, "certs-only", in which Windows and many CAs give a
//! certificate with its issuers (`.p7b`). Signers, if there are any, are not looked at.

use crate::ber::{self, Reader};
use crate::der::{self, EXPLICIT_0, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET};
use crate::pkcs12::oid::{DATA, SIGNED_DATA};

/// `certificates`, `[0] IMPLICIT SET`: the same tag as that of an explicit `[0]`.
const CERTIFICATES: u8 = EXPLICIT_0;

/// A `SignedData` of these certificates, each as DER, without signers.
///
/// The set of certificates stays in the order given rather than in DER's, as OpenSSL and Windows
/// write it too: programs show it in the order of the file.
pub fn write(certificates: &[&[u8]]) -> Vec<u8> {
    const VERSION_1: [u8; 3] = [INTEGER, 1, 1];
    const EMPTY_SET: [u8; 2] = [SET, 0];
    let signed_data = der::sequence(&[
        &VERSION_1,
        &EMPTY_SET,
        &der::sequence(&[&der::oid(&DATA)]),
        &der::value(CERTIFICATES, certificates),
        &EMPTY_SET,
    ]);
    der::sequence(&[
        &der::oid(&SIGNED_DATA),
        &der::value(EXPLICIT_0, &[&signed_data]),
    ])
}

/// Whether the bytes begin like a `SignedData`, in DER or BER.
pub fn begins_like_one(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(32)];
    let name = der::oid(&SIGNED_DATA);
    head.first() == Some(&SEQUENCE)
        && (2..=6).any(|at| head.get(at..).is_some_and(|rest| rest.starts_with(&name)))
}

/// The DER of each certificate inside, in the order of the file; `None` if this is not a `SignedData`
/// with definite lengths. What follows it is not looked at.
pub fn certificates(der: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let mut info = Reader::definite(der).accept(SEQUENCE)?.inside();
    if info.accept(OBJECT_IDENTIFIER)?.content != SIGNED_DATA.as_bytes() {
        return None;
    }
    let content = info.accept(EXPLICIT_0)?.content;
    let mut fields = ber::only(content, SEQUENCE)?.inside();
    fields.accept(INTEGER)?;
    fields.accept(SET)?;
    fields.accept(SEQUENCE)?;
    let certificates = fields.accept(CERTIFICATES).map(|set| set.inside());
    // Other kinds of certificates (RFC 5652, 10.2.2) carry a context tag.
    let x509 = certificates
        .into_iter()
        .flatten()
        .filter(|value| value.tag == SEQUENCE);
    Some(x509.map(|value| value.raw))
}
