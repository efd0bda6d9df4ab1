use super::extension::TRUE;
use super::*;
use crate::alternative_name::Kind as NameKind;
use crate::key;
use crate::key::generate::{Kind, generate};
use crate::names::usage_oid;

fn name(text: &str) -> DistinguishedName {
    text.parse().unwrap()
}

fn bare(subject: &DistinguishedName) -> Draft<'_> {
    Draft {
        subject,
        alternative_names: &[],
        usages: &[],
        template: None,
        challenge: None,
    }
}

#[test]
fn sign_makes_requests_of_the_key_with_every_kind() {
    // RSA takes seconds to be made; its signatures are those of the larger sizes.
    for kind in [
        Kind::Rsa2048,
        Kind::P256,
        Kind::P384,
        Kind::P521,
        Kind::Ed25519,
    ] {
        let key = generate(kind).unwrap();
        let subject = name("CN=Jürgen Groß,O=Müller & Söhne,C=DE");
        let request = bare(&subject).sign(&key).unwrap();
        let public = key::public_key_of(&key).unwrap();
        assert!(key::same_public_key(request.spki_der(), &public), "{kind}");
        assert_eq!(CertificationRequest::from_der(request.der()), Ok(request));
    }
}

#[test]
fn a_request_without_extensions_has_no_attribute() {
    let subject = name("CN=Ada");
    let request = bare(&subject).sign(&generate(Kind::P256).unwrap()).unwrap();
    let (_, read) = X509CertificationRequest::from_der(request.der()).unwrap();
    let info = &read.certification_request_info;
    assert_eq!(info.attributes().len(), 0);
    assert_eq!(info.subject.as_raw(), subject.der());
}

#[test]
fn alternative_names_alone_are_critical() {
    let email = AlternativeName::new(NameKind::Email, "ada@example.org").unwrap();
    let key = generate(Kind::P256).unwrap();
    for (subject, critical) in [(DistinguishedName::empty(), true), (name("CN=Ada"), false)] {
        let names = std::slice::from_ref(&email);
        let draft = Draft {
            alternative_names: names,
            ..bare(&subject)
        };
        let request = draft.sign(&key).unwrap();
        let (_, read) = X509CertificationRequest::from_der(request.der()).unwrap();
        let info = &read.certification_request_info;
        let attribute = info.attributes().iter().next().unwrap();
        let marked = attribute.value.windows(3).any(|octets| octets == TRUE);
        assert_eq!(marked, critical);
    }
    let nobody = DistinguishedName::empty();
    assert_eq!(bare(&nobody).sign(&key), Err(RequestError::Nameless));
}

#[test]
fn from_der_refuses_what_was_changed() {
    let subject = name("CN=Ada");
    let usages = [usage_oid("clientAuth").unwrap()];
    let draft = Draft {
        usages: &usages,
        ..bare(&subject)
    };
    let request = draft.sign(&generate(Kind::Ed25519).unwrap()).unwrap();
    let der = request.der();
    assert!(is_request(der) && is_request(request.to_pem().as_bytes()));
    // The parser takes an object identifier under another tag, too, which changes nothing of what is signed.
    let algorithm = der.len() - 64 - 3 - 7;
    for at in (0..der.len()).filter(|&at| at != algorithm + 2) {
        let mut changed = der.to_vec();
        changed[at] ^= 1;
        assert!(CertificationRequest::from_der(&changed).is_err(), "{at}");
    }
    let longer = [der, &[0]].concat();
    assert_eq!(
        CertificationRequest::from_der(&longer),
        Err(RequestError::Malformed)
    );
}

#[test]
fn pem_is_ascii_with_one_kind_of_line_end() {
    let subject = name("CN=Ada");
    let request = bare(&subject).sign(&generate(Kind::P256).unwrap()).unwrap();
    let pem = request.to_pem();
    assert!(pem.is_ascii() && pem.starts_with(LABELS[0]) && !pem.contains('\r'));
    let (label, der) = pem_rfc7468::decode_vec(pem.as_bytes()).unwrap();
    assert_eq!(
        (label, der.as_slice()),
        ("CERTIFICATE REQUEST", request.der())
    );
}
