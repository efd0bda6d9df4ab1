//! Whether an opened file restores: each private key has its certificate and signs for it, and
//! the certificates above it link up. Dates and gaps are findings, since an expired certificate
//! restores, and opens old mail.

use super::report::{Identity, Report, Severity};
use crate::certificate::{Certificate, Clock};
use crate::chain::{self, Candidates, PathEnd};
use crate::key;
use crate::pkcs12::decode::{CertificateBag, Contents, KeyBag};
use crate::proof::{self, Level};

/// Whether the file restores, and the weakest proof of a key in it, if it holds one; findings go
/// to the report.
pub(super) fn restores(
    report: &mut Report,
    contents: &Contents,
    clock: &Clock,
) -> (Option<bool>, Option<Level>) {
    let bags: Vec<(&CertificateBag, Certificate)> = contents
        .certificates
        .iter()
        .filter_map(|bag| Some((bag, Certificate::from_der(&bag.der).ok()?)))
        .collect();
    let unreadable = contents.certificates.len() - bags.len();
    if unreadable > 0 {
        report.error(format!(
            "{unreadable} of the certificates in the file cannot be read"
        ));
    }
    let malformed: Vec<&'static str> = bags
        .iter()
        .filter_map(|(_, certificate)| certificate.malformed_part())
        .collect();
    for part in &malformed {
        report.error(format!(
            "a certificate in the file is damaged: {part} is malformed"
        ));
    }
    if contents.keys.is_empty() {
        report.error("there is no private key in the file");
    }
    let candidates = Candidates::new(bags.iter().map(|(_, certificate)| certificate.clone()));
    let sound = unreadable == 0 && malformed.is_empty();
    let mut restores = Some(sound && !contents.keys.is_empty());
    if contents.unread_parts > 0 {
        let parts = match contents.unread_parts {
            1 => "a part of the file was".to_owned(),
            count => format!("{count} parts of the file were"),
        };
        report.warning(format!(
            "{parts} not read, since no password applies; other programs may refuse the file"
        ));
        restores = both(restores, None);
    }
    let mut weakest = None;
    for key in &contents.keys {
        let (works, level) = match leaf_of(key, &bags) {
            Some((bag, leaf)) => {
                let named = [&bag.attributes, &key.attributes];
                let names = named.iter().find_map(|one| one.friendly_name.clone());
                report.identities.push(Identity {
                    certificate: leaf.clone(),
                    friendly_name: names,
                });
                restores = both(restores, links(report, leaf, &candidates, clock));
                works(report, key, leaf)
            }
            None => {
                report.error("the file holds a private key without its certificate");
                (Some(false), Level::None)
            }
        };
        restores = both(restores, works);
        weakest = Some(weakest.map_or(level, |weakest: Level| weakest.min(level)));
    }
    (restores, weakest)
}

/// False if one is, else unknown if one is.
fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, _) | (_, None) => None,
        _ => Some(true),
    }
}

/// The certificate of a key: the one with its public half, else the one with its local key ID.
fn leaf_of<'a>(
    bag: &KeyBag,
    certificates: &'a [(&CertificateBag, Certificate)],
) -> Option<&'a (&'a CertificateBag, Certificate)> {
    let public = key::public_key_of(&bag.key).ok();
    let by_key = certificates.iter().find(|(_, certificate)| {
        let spki = certificate.spki_der();
        public
            .as_ref()
            .is_some_and(|public| key::same_public_key(public, spki))
    });
    let by_id = || {
        let id = bag.attributes.local_key_id.as_ref()?;
        let wears = |found: &CertificateBag| found.attributes.local_key_id.as_ref() == Some(id);
        certificates.iter().find(|(found, _)| wears(found))
    };
    by_key.or_else(by_id)
}

/// Whether a key works for its certificate as far as is known, and how far that is proven.
fn works(report: &mut Report, bag: &KeyBag, leaf: &Certificate) -> (Option<bool>, Level) {
    if let Some((length, proper)) = key::odd_scalar_length(&bag.key) {
        report.warning(format!(
            "the private key has {length} octets and not the {proper} of its curve, which .NET \
                 refuses; export it anew to mend that"
        ));
    }
    match proof::prove(&bag.key, leaf) {
        Ok(proof) => {
            if let Some(warning) = proof.warning() {
                report.warning(warning);
            }
            let level = proof.level();
            ((level >= Level::PublicKey).then_some(true), level)
        }
        Err(error) => {
            report.error(error.to_string());
            (Some(false), Level::None)
        }
    }
}

fn links(
    report: &mut Report,
    leaf: &Certificate,
    candidates: &Candidates,
    clock: &Clock,
) -> Option<bool> {
    let path = chain::build(leaf, candidates, clock.now);
    for (place, certificate) in path.certificates.iter().enumerate() {
        dates(report, certificate, place, clock);
    }
    match path.end {
        PathEnd::Root => Some(true),
        PathEnd::MissingIssuer { .. } => {
            report.info(
                "the file ends before the root: whoever restores it needs the issuers from \
                 elsewhere",
            );
            Some(true)
        }
        PathEnd::Unverified {
            reason,
            refuted: true,
            ..
        } => {
            report.error(format!("the path in the file does not link: {reason}"));
            Some(false)
        }
        // A root's signature over itself proves nothing that its own presence would not.
        PathEnd::Unverified { .. } if ends_in_a_root(&path.certificates) => Some(true),
        PathEnd::Unverified { reason, .. } => {
            report.warning(format!(
                "it is not proven that the path in the file links: {reason}"
            ));
            None
        }
    }
}

fn ends_in_a_root(path: &[Certificate]) -> bool {
    path.last().is_some_and(Certificate::is_self_issued)
}

fn dates(report: &mut Report, certificate: &Certificate, place: usize, clock: &Clock) {
    let (which, severity) = match place {
        0 => ("the certificate".to_owned(), Severity::Warning),
        _ => (
            format!("certificate {} of the path", place + 1),
            Severity::Info,
        ),
    };
    if let Some(outside) = clock.outside_validity(&certificate.parse()) {
        report.find(severity, format!("{which} {outside}"));
    }
}
