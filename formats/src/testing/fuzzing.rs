//! What must hold for any bytes that the readers of formats are given, and any text that is written.
//! `fuzz/` runs these functions under libFuzzer, and the tests over its seeds and changed copies of
//! them. Each panics where something does not hold.

mod nss;

use std::sync::LazyLock;

use x509_parser::prelude::{FromDer, X509Certificate};

use super::{PASSWORD, writer};
use crate::alternative_name::{AlternativeName, Kind as NameKind};
use crate::certificate::{Certificate, Clock, Property};
use crate::chain::{self, Candidates, PathEnd};
use crate::cms::signed_data;
use crate::der::SEQUENCE;
use crate::foreign::Foreign;
use crate::key::{self, KeyForm};
use crate::names::DistinguishedName;
use crate::pkcs12::attributes::{Attributes, Properties};
use crate::pkcs12::decode::{self, Limits, MacStatus};
use crate::pkcs12::encode::{self, Content};
use crate::pkcs12::grade::{self, Severity};
use crate::pkcs12::kdf::PasswordForm;
use crate::pkcs12::outline::outline;
use crate::pkcs12::pbe::Scheme;
use crate::pkcs12::profile::{Iterations, Profile};
use crate::pkcs12::readback;
use crate::pkcs12::structure::{BagContent, safe_contents};
use crate::request::{CertificationRequest, is_request, pending};
use crate::secret::{Password, PrivateKey};
use crate::time::UnixTime;
use crate::{embedded, jks, names, sanitize};

pub use self::nss::{journal, nss, sqlite};

/// What files may ask for here: next to no key derivation, which would be all that is tried.
pub const LIMITS: Limits = Limits {
    max_iterations: 64,
    max_total_iterations: 2_000,
    max_bags: 10_000,
    max_bytes: 64 << 20,
};

/// The password of the seeds.
static SEEDS: LazyLock<Password> = LazyLock::new(|| Password::new(PASSWORD.to_owned()));

/// A PKCS#12 file, opened with [`PASSWORD`].
pub fn pkcs12(input: &[u8]) {
    let outside = outline(input);
    if let Ok(outside) = &outside {
        outside.safe_schemes().for_each(reads_back);
        outside.key_schemes().for_each(reads_back);
    }
    let Ok(contents) = decode::decode(input, PasswordForm::Text(&SEEDS), &LIMITS) else {
        return;
    };
    let outside = outside.expect("what opens has an outside");
    assert_eq!(contents.mac == MacStatus::Absent, outside.mac.is_none());
    let bags = contents.keys.len() + contents.certificates.len() + contents.other_bags;
    assert!(bags + contents.unread_parts <= LIMITS.max_bags);
    let shown = outside.safes.iter().flat_map(|safe| &safe.bags).count();
    assert!(
        shown <= bags + contents.unread_parts,
        "what showed is there"
    );
    for bag in &contents.keys {
        // Whether it is a key at all is found out when it is used.
        assert_eq!(bag.key.expose().first(), Some(&SEQUENCE));
        let _ = key::public_key_of(&bag.key);
    }
}

/// An algorithm that was read is written as one that means the same.
fn reads_back(scheme: &Scheme) {
    assert_eq!(Scheme::from_der(&scheme.to_der()).as_ref(), Ok(scheme));
}

/// The `SafeContents` of a PKCS#12 file.
pub fn bags(input: &[u8]) {
    let mut budget = LIMITS.max_bags;
    let Ok(bags) = safe_contents(input, &mut budget) else {
        return;
    };
    assert!(bags.len() <= LIMITS.max_bags - budget);
    for bag in bags {
        let attributes = bag.attributes;
        assert_ne!(attributes.friendly_name.as_deref(), Some(""));
        assert_ne!(attributes.provider_name.as_deref(), Some(""));
        if let BagContent::ShroudedKey { scheme, .. } = bag.content {
            reads_back(&scheme);
        }
    }
}

/// A Java keystore, opened with [`PASSWORD`].
pub fn jks(input: &[u8]) {
    let limits = jks::Limits {
        max_items: 100,
        ..jks::Limits::default()
    };
    let outline = jks::outline(input, &limits);
    let opened = jks::decode(input, &SEEDS, &limits);
    let Ok(outline) = outline else {
        assert_eq!(opened.err(), outline.err());
        return;
    };
    let inside = input.as_ptr_range();
    let mut keys = 0;
    let mut certificates = 0;
    for entry in &outline.entries {
        let found = match &entry.content {
            jks::Content::PrivateKey { key, chain } => {
                keys += 1;
                // A check of its own proves it, whatever the whole is worth.
                if let Ok(key) = key.open(&SEEDS) {
                    assert_eq!(KeyForm::of(key.expose()), Some(KeyForm::Pkcs8));
                    let _ = key::public_key_of(&key);
                }
                chain.as_slice()
            }
            jks::Content::TrustedCertificate(der) => std::slice::from_ref(der),
        };
        for der in found {
            certificates += 1;
            let place = der.as_ptr_range();
            assert!(inside.start <= place.start && place.end <= inside.end);
            let _ = Certificate::from_der(der);
        }
    }
    assert!(outline.entries.len() <= limits.max_items && certificates <= limits.max_items);
    match opened {
        Ok(contents) => {
            assert_eq!(contents.keys.len(), keys);
            let entries = contents.keys.len() + contents.trusted.len();
            assert_eq!(entries, outline.entries.len());
        }
        Err(error) => assert!(matches!(
            error,
            jks::JksError::WrongPassword | jks::JksError::CheckMismatch
        )),
    }
}

/// A file of a kind that is only named.
pub fn foreign(input: &[u8]) {
    let alone = Foreign::of(input, false);
    let beside = Foreign::of(input, true);
    assert!(alone == beside || beside == Some(Foreign::Nss));
}

/// A certification request, a certificate that carries one, or the names that a CA is asked for.
pub fn request(input: &[u8]) {
    if let Ok(request) = CertificationRequest::from_der(input) {
        assert!(is_request(input) && is_request(request.to_pem().as_bytes()));
        let texts = request.alternative_names().into_iter();
        let written = texts.filter_map(|(kind, text)| AlternativeName::new(kind, &text).ok());
        assert!(written.count() <= input.len());
        let again = CertificationRequest::from_der(request.der());
        assert_eq!(
            again.map(|again| again.spki_der().to_vec()),
            Ok(request.spki_der().to_vec())
        );
    }
    if let Ok(certificate) = Certificate::from_der(input)
        && let Some(request) = pending::request(&certificate)
    {
        assert!(key::same_public_key(
            request.spki_der(),
            certificate.spki_der()
        ));
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(name) = text.parse::<DistinguishedName>() {
        let again = name.to_string().parse();
        assert_eq!(again, Ok(name));
    }
    for kind in NameKind::ALL {
        if let Ok(name) = AlternativeName::new(kind, text) {
            assert_eq!(name.text(), text);
        }
    }
}

/// Text with certificates and keys in it.
pub fn embedded(input: &[u8]) {
    let limits = embedded::Limits {
        max_pieces: 20,
        ..embedded::Limits::default()
    };
    let Ok(pieces) = embedded::pieces(input, &limits) else {
        return;
    };
    assert!(pieces.len() <= limits.max_pieces);
    let lines = 1 + input.iter().filter(|&&octet| octet == b'\n').count();
    assert!(pieces.is_sorted_by_key(|piece| piece.line));
    for piece in &pieces {
        assert!((1..=lines).contains(&piece.line));
        assert!(!piece.content.is_empty());
        // A PEM block is found again where it stands by itself.
        if piece.content.starts_with(b"-----BEGIN ") {
            let again = embedded::pieces(&piece.content, &limits).expect("one piece");
            assert_eq!(again.len(), 1);
            assert!(again[0].content == piece.content);
        }
    }
}

/// A `SignedData` with certificates.
pub fn pkcs7(input: &[u8]) {
    let Some(certificates) = signed_data::certificates(input) else {
        return;
    };
    let inside = input.as_ptr_range();
    for der in certificates.flatten() {
        let place = der.as_ptr_range();
        assert!(inside.start <= place.start && place.end <= inside.end);
        // What it is then is for the certificate's own reader to say.
        let _ = Certificate::from_der(der);
    }
}

/// 2026-11-26, whenever these run.
const NOW: Clock = Clock {
    now: UnixTime::new(1_795_651_200),
    date: |seconds| seconds.to_string(),
};

/// Certificates one after the other, of which the first looks for its path among the others.
pub fn chain(input: &[u8]) {
    let mut certificates = certificates(input);
    if certificates.is_empty() {
        return;
    }
    certificates.iter().for_each(texts_of);
    let leaf = certificates.remove(0);
    let path = chain::build(&leaf, &Candidates::new(certificates), NOW.now);
    let found = &path.certificates;
    assert_eq!(found.first(), Some(&leaf));
    assert!(found.len() <= 16, "{} certificates", found.len());
    assert_eq!(chain::Path::links(found), Ok(()));
    for (at, certificate) in found.iter().enumerate() {
        assert!(!found[..at].contains(certificate), "a loop");
    }
    if path.end == PathEnd::Root {
        assert!(found.last().is_some_and(Certificate::is_self_issued));
    } else {
        assert!(path.end.gap().is_some());
    }
}

fn certificates(mut input: &[u8]) -> Vec<Certificate> {
    let mut certificates = Vec::new();
    while let Ok((rest, _)) = X509Certificate::from_der(input) {
        let der = &input[..input.len() - rest.len()];
        certificates.extend(Certificate::from_der(der));
        input = rest;
    }
    certificates
}

/// Everything about a certificate that is shown, safe for a terminal.
fn texts_of(certificate: &Certificate) {
    let parsed = certificate.parse();
    let mut texts = vec![
        parsed.label(),
        names::distinguished_name_of_der(certificate.subject_der()),
        names::short_name_of_der(certificate.issuer_der()),
        parsed.serial(),
        names::key_kind(certificate.spki_der()),
    ];
    texts.extend(parsed.emails());
    texts.extend(parsed.dns_names());
    texts.extend(parsed.extended_key_usages());
    for text in texts {
        let shown = sanitize::safe(&text);
        assert!(!shown.contains(sanitize::is_unsafe), "{shown:?}");
    }
    // Whatever it says, it says it of any certificate.
    let _ = certificate.malformed_part();
    let _ = parsed.key_usages();
}

/// A PKCS#12 file that `check` looks at, with the password and without.
pub fn grade(input: &[u8]) {
    let password = Password::new(PASSWORD.to_owned());
    let without = grade::grade_within(input, None, None, &NOW, &LIMITS);
    let with = grade::grade_within(input, None, Some(&password), &NOW, &LIMITS);
    let (Ok(without), Ok(with)) = (&without, &with) else {
        assert_eq!(without.err(), with.err());
        return;
    };
    assert_eq!((without.opened, without.restores), (None, None));
    let is_error = |finding: &grade::Finding| finding.severity == Severity::Error;
    if with.restores == Some(true) {
        assert_eq!((with.opened, with.wrong_password), (Some(true), false));
        let keys = with.keys.unwrap_or_default();
        assert!(
            keys > 0 && with.identities.len() == keys,
            "a leaf for each key"
        );
        assert!(with.certificates >= Some(1) && with.proof.is_some());
        let about_protection = |finding: &&grade::Finding| without.findings.contains(finding);
        let errors = with.findings.iter().filter(|finding| is_error(finding));
        assert!(
            errors.clone().all(|error| about_protection(&error)),
            "{:?}",
            errors.collect::<Vec<_>>()
        );
    } else if with.restores == Some(false) {
        assert!(with.findings.iter().any(is_error), "it says why");
    }
    assert!(with.findings.is_sorted_by_key(|finding| finding.severity));
}

/// A private key, and its certificate.
static IDENTITIES: LazyLock<[(PrivateKey, Certificate); 2]> = LazyLock::new(|| {
    ["P-256", "rsa"].map(|name| {
        let key = writer::data(&format!("keys/{name}.pem"));
        let certificate = writer::data(&format!("certificates/{name}.pem"));
        let certificate = Certificate::from_der(&certificate).expect("a sample");
        (PrivateKey::from_pkcs8_der(key.into()), certificate)
    })
});

/// A PKCS#12 file: the first octet chooses profile and key, the second the number of a property; then
/// the friendly name, the provider, the password and the property's value, each on a line.
pub fn encode(input: &[u8]) {
    let [choice, number, rest @ ..] = input else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let mut lines = text.splitn(4, '\n').map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let (friendly_name, provider) = (line(), line());
    let password = Password::new(line());
    let (key, leaf) = &IDENTITIES[usize::from(choice >> 7)];
    let properties = [Property {
        id: u32::from(*number),
        value: line().into_bytes(),
    }];
    let (provider, which) = (Some(provider.as_str()), Properties::All);
    let attributes = Attributes::new(leaf, &friendly_name, provider, &properties, which);
    let profile = Profile::ALL[usize::from(*choice) % Profile::ALL.len()];
    let content = Content {
        key,
        leaf,
        issuers: &[],
        attributes: &attributes,
    };
    let iterations = Iterations::new(1).expect("one is enough to be a number");
    let bytes = encode::encode(&content, profile, iterations, &password).expect("random octets");

    let name = attributes.friendly_name.as_deref();
    let proven = readback::verify(&bytes, &password, leaf, &[], name);
    assert!(proven.is_ok(), "{proven:?}");
    let opened = decode::decode(&bytes, PasswordForm::Text(&password), &LIMITS);
    let opened = opened.expect("it opens");
    assert!(opened.keys[0].key.expose() == key.expose());
    assert_eq!(
        opened.keys[0].attributes.friendly_name,
        attributes.friendly_name
    );
    assert_eq!(
        opened.keys[0].attributes.provider_name,
        attributes.provider_name
    );
    let leaf = &opened.certificates[0].attributes;
    assert_eq!(leaf.friendly_name, attributes.friendly_name);
    assert_eq!(leaf.properties, attributes.properties);
    let report = grade::grade_within(&bytes, None, Some(&password), &NOW, &LIMITS);
    assert_eq!(report.expect("it is PKCS#12").restores, Some(true));
}
