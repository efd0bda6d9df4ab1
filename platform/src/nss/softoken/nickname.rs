//! The nickname of a certificate (`CKA_LABEL`), by which NSS's tools call it. All certificates of one
//! subject share theirs, and no two subjects have the same: softoken refuses that with
//! `CKR_ATTRIBUTE_VALUE_INVALID` (`sftkdb_checkConflicts`).

use certstow_formats::certificate::Certificate;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};

use super::objects::octets;
use super::refusal::Refusal;
use super::session::Session;

/// The nickname for a certificate: the one that its subject has already, else the one that is wished for or,
/// where that is empty, what the certificate itself is called, with a number behind it if another subject
/// has that. The certificate's own `object` does not count.
pub(super) fn nickname(
    session: &Session,
    certificate: &Certificate,
    object: Option<ObjectHandle>,
    wish: &str,
) -> Result<String, Refusal> {
    let class = Attribute::Class(ObjectClass::CERTIFICATE);
    let subject = certificate.subject_der();
    let of_subject = session.find(&[class.clone(), Attribute::Subject(subject.to_vec())])?;
    for other in of_subject {
        let label = octets(session, other, AttributeType::Label)?;
        if Some(other) != object && !label.is_empty() {
            return Ok(String::from_utf8_lossy(&label).into_owned());
        }
    }
    let wish = match wish.trim() {
        "" => certificate.parse().label(),
        _ => wish.to_owned(),
    };
    let mut name = wish.clone();
    for number in 2.. {
        let label = Attribute::Label(name.clone().into_bytes());
        let mut taken = false;
        for other in session.find(&[class.clone(), label])? {
            taken |= octets(session, other, AttributeType::Subject)? != subject;
        }
        if !taken {
            break;
        }
        name = format!("{wish} #{number}");
    }
    Ok(name)
}
