//! Certificates without a signature over anything: the `SignedData` of PKCS#7 (RFC 2315, 9.1) and CMS
//! (RFC 5652, 5.1) in its degenerate form, "certs-only", in which Windows and many CAs give a
//! certificate with its issuers (`.p7b`). Signers, if there are any, are not looked at.

use crate::ber::Reader;
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

/// The DER of each certificate inside, in the order of the file, and at last what is wrong with the rest
/// if that cannot be read; `None` if this is not a `SignedData`, in DER or BER. What follows it is not
/// looked at.
pub fn certificates(der: &[u8]) -> Option<impl Iterator<Item = Result<&[u8], &'static str>>> {
    let mut info = Reader::new(der).accept(SEQUENCE)?.inside();
    if info.accept(OBJECT_IDENTIFIER)?.content != SIGNED_DATA.as_bytes() {
        return None;
    }
    let content = info.accept(EXPLICIT_0)?.content;
    let mut fields = Reader::new(content).only()?.tagged(SEQUENCE)?.inside();
    fields.accept(INTEGER)?;
    fields.accept(SET)?;
    fields.accept(SEQUENCE)?;
    let none = Reader::new(&[]);
    let set = fields.accept(CERTIFICATES);
    let mut left = set.map_or(none, |set| set.inside());
    Some(std::iter::from_fn(move || {
        while !left.is_empty() {
            match left.any() {
                Ok(value) if value.tag == SEQUENCE => return Some(Ok(value.raw)),
                // Another kind of certificate (RFC 5652, 10.2.2), which has a context tag.
                Ok(_) => {}
                Err(wrong) => {
                    left = none;
                    return Some(Err(wrong));
                }
            }
        }
        None
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_reports_an_unreadable_certificate() {
        let (one, other) = (der::sequence(&[&[1]]), der::sequence(&[&[2]]));
        let whole = write(&[&one, &[0xa1, 0], &other]);
        let found: Vec<_> = certificates(&whole).unwrap().collect();
        assert_eq!(found, [Ok(&one[..]), Ok(&other[..])]);
        // The second is said to be longer than what there is.
        let cut = write(&[&one, &[SEQUENCE, 9, 1], &other]);
        let found: Vec<_> = certificates(&cut).unwrap().collect();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Ok(&one[..]));
        assert!(found[1].is_err());
    }
}
