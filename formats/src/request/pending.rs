//! Pending certificates: what stands beside a private key from the request until a CA has issued the
//! certificate, since stores and PKCS#12 files keep no key alone. As the dummy certificates of Windows'
//! REQUEST store, they are signed with the key itself; an extension of certstow's own carries the request,
//! so that it can be had again from every store and every backup.

use const_oid::ObjectIdentifier;
use x509_parser::time::ASN1Time;

use super::error::RequestError;
use super::extension::extension;
use super::{CertificationRequest, signing};
use crate::certificate::{CARRIED_REQUEST, Certificate};
use crate::der::{self, BIT_STRING, EXPLICIT_0, EXPLICIT_3, GENERALIZED_TIME, UTC_TIME};
use crate::key;
use crate::names::{DistinguishedName, Parts};
use crate::secret::PrivateKey;
use crate::time::UnixTime;

const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");

/// Two years: longer than any CA takes. Its end says nothing of the key.
const VALID_SECONDS: i64 = 2 * 365 * 24 * 60 * 60;

/// The longest common name (RFC 5280, A.1).
const LONGEST_NAME: usize = 64;

/// The pending certificate of a request: with its subject, or else with the first alternative name as common
/// name, valid from this moment on.
///
/// # Errors
/// [`RequestError::UnsupportedKey`], [`RequestError::DamagedKey`]; [`RequestError::NoRandomness`];
/// [`RequestError::NotVerified`]: the key is not that of the request.
pub fn certificate(
    request: &CertificationRequest,
    key: &PrivateKey,
    from: UnixTime,
) -> Result<Certificate, RequestError> {
    let spki = request.spki_der();
    if !key::same_public_key(&signing::public_key(key)?, spki) {
        return Err(RequestError::NotVerified);
    }
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).map_err(|_| RequestError::NoRandomness)?;
    // Positive, and of full length.
    serial[0] = serial[0] & 0x7f | 0x40;
    let subject = subject(request);
    let identifier = key::key_identifier(spki).unwrap_or_default();
    let extensions = der::sequence(&[
        &extension(BASIC_CONSTRAINTS.as_bytes(), true, &der::sequence(&[])),
        &extension(
            SUBJECT_KEY_IDENTIFIER.as_bytes(),
            false,
            &der::value(der::OCTET_STRING, &[&identifier]),
        ),
        &extension(&CARRIED_REQUEST, false, request.der()),
    ]);
    let until = UnixTime::new(from.seconds().saturating_add(VALID_SECONDS));
    let algorithm = signing::algorithm(spki)?;
    let to_be_signed = der::sequence(&[
        &der::value(EXPLICIT_0, &[&der::unsigned(2)]),
        &der::integer(&serial),
        &algorithm,
        &subject,
        &der::sequence(&[&time(from), &time(until)]),
        &subject,
        spki,
        &der::value(EXPLICIT_3, &[&extensions]),
    ]);
    let signature = signing::sign(key, spki, &to_be_signed)?;
    let signature = der::value(BIT_STRING, &[&[0], &signature]);
    let der = der::sequence(&[&to_be_signed, &algorithm, &signature]);
    Certificate::from_der(&der).map_err(|_| RequestError::Malformed)
}

/// The request that a pending certificate carries, if it is one, and the request is of its own key.
pub fn request(certificate: &Certificate) -> Option<CertificationRequest> {
    if !certificate.is_pending() {
        return None;
    }
    let parsed = certificate.x509();
    let mut extensions = parsed.extensions().iter();
    let carried = extensions.find(|one| one.oid.as_bytes() == CARRIED_REQUEST)?;
    let request = CertificationRequest::from_der(carried.value).ok()?;
    key::same_public_key(request.spki_der(), certificate.spki_der()).then_some(request)
}

/// The DER of the `Name`.
fn subject(request: &CertificationRequest) -> Vec<u8> {
    let own = request.subject_der();
    if own != DistinguishedName::empty().der() {
        return own;
    }
    let names = request.alternative_names();
    let first = names.first().map_or("request", |(_, text)| text);
    let first: String = first.chars().take(LONGEST_NAME).collect();
    let parts = Parts {
        name: Some(&first),
        ..Parts::default()
    };
    DistinguishedName::from_parts(&parts).map_or(own, |name| name.der().to_vec())
}

/// `Time` (RFC 5280, 4.1.2.5): UTCTime through the year 2049.
fn time(moment: UnixTime) -> Vec<u8> {
    let text = moment.to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let year =
        ASN1Time::from_timestamp(moment.seconds()).map_or(0, |time| time.to_datetime().year());
    match (1950..2050).contains(&year) {
        true => der::value(UTC_TIME, &[&digits.as_bytes()[2..], b"Z"]),
        false => der::value(GENERALIZED_TIME, &[digits.as_bytes(), b"Z"]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Draft;
    use super::*;
    use crate::alternative_name::{AlternativeName, Kind as NameKind};
    use crate::key::generate::{Kind, generate};
    use crate::names::usage_oid;
    use crate::proof;

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    fn pending(subject: &str, emails: &[&str]) -> (CertificationRequest, Certificate, PrivateKey) {
        pending_of(Kind::Ed25519, subject, emails)
    }

    fn pending_of(
        kind: Kind,
        subject: &str,
        emails: &[&str],
    ) -> (CertificationRequest, Certificate, PrivateKey) {
        let key = generate(kind).unwrap();
        let names = emails
            .iter()
            .map(|text| AlternativeName::new(NameKind::Email, text).unwrap());
        let draft = Draft {
            subject: &subject.parse().unwrap(),
            alternative_names: &names.collect::<Vec<_>>(),
            usages: &[usage_oid("clientAuth").unwrap()],
            template: None,
            challenge: None,
        };
        let request = draft.sign(&key).unwrap();
        let certificate = certificate(&request, &key, NOW).unwrap();
        (request, certificate, key)
    }

    #[test]
    fn certificate_carries_its_request() {
        let each = [
            Kind::Rsa2048,
            Kind::P256,
            Kind::P384,
            Kind::P521,
            Kind::Ed25519,
        ];
        for kind in each {
            carries_its_request(kind);
        }
    }

    fn carries_its_request(kind: Kind) {
        let (made, certificate, key) = pending_of(kind, "CN=Ada,C=DE", &["ada@example.org"]);
        assert!(certificate.is_pending() && !certificate.is_ca() && certificate.is_self_issued());
        assert_eq!(request(&certificate), Some(made.clone()));
        proof::prove(&key, &certificate).unwrap();
        let parsed = certificate.parse();
        assert_eq!(parsed.not_before(), NOW);
        assert_eq!(parsed.subject(), "CN=Ada,C=DE");
        assert_eq!(made.extended_key_usages(), ["clientAuth"]);
        let names = [(NameKind::Email, "ada@example.org".to_owned())];
        assert_eq!(made.alternative_names(), names);
        assert_eq!(made.subject_der(), certificate.subject_der());
    }

    #[test]
    fn certificate_without_subject_is_called_by_its_first_name() {
        let long = format!("{}@example.org", "a".repeat(60));
        let (_, certificate, _) = pending("", &[&long, "ada@example.org"]);
        let name = certificate.parse().common_name().unwrap();
        assert_eq!(name, long[..64]);
    }

    #[test]
    fn certificate_refuses_the_key_of_another() {
        let (request, ..) = pending("CN=Ada", &[]);
        let other = generate(Kind::Ed25519).unwrap();
        let refused = certificate(&request, &other, NOW);
        assert_eq!(refused, Err(RequestError::NotVerified));
    }

    /// A certificate of another key with somebody's request in it is none of that request.
    #[test]
    fn request_of_another_key_is_none() {
        let (_, certificate, _) = pending("CN=Ada", &[]);
        let (other, ..) = pending("CN=Ada", &[]);
        let own = request(&certificate).unwrap();
        let mut der = certificate.der().to_vec();
        let mut windows = der.windows(own.der().len());
        let at = windows.position(|part| part == own.der()).unwrap();
        der[at..at + other.der().len()].copy_from_slice(other.der());
        let changed = Certificate::from_der(&der).unwrap();
        assert!(changed.is_pending());
        assert_eq!(request(&changed), None);
    }

    #[test]
    fn times_after_2049_have_four_digits_of_the_year() {
        assert_eq!(time(UnixTime::new(0)), b"\x17\x0d700101000000Z");
        assert_eq!(
            time(UnixTime::new(2_524_608_000)),
            b"\x18\x0f20500101000000Z"
        );
    }
}
