//! The certificates that go into a file.

use certstow_formats::certificate::Certificate;
use certstow_formats::chain::{Include, Path, PathEnd};
use certstow_formats::names;

use crate::identity::Issuers;
use crate::time::{self, UnixTime};
use crate::warning::{Code, Warning};

/// The certificates that go into a file, and what is to be said about them.
pub(crate) struct Chain {
    pub(crate) leaf: Certificate,
    pub(crate) issuers: Vec<Certificate>,
    pub(crate) root_included: bool,
    pub(crate) warnings: Vec<Warning>,
    /// The issuers on the path that are not valid now. A backup, which saves all there is, says nothing
    /// of them.
    pub(crate) outside_validity: Vec<Warning>,
}

impl Chain {
    /// The leaf and as much of its certification path as is wanted; without `issuers` the leaf alone.
    pub(crate) fn build(leaf: &Certificate, include: Include, issuers: Option<&Issuers>) -> Self {
        let leaf = leaf.clone();
        let Some(issuers) = issuers else {
            return Self {
                leaf,
                issuers: Vec::new(),
                root_included: false,
                warnings: Vec::new(),
                outside_validity: Vec::new(),
            };
        };
        let (path, problems) = issuers.path_of(&leaf);
        let included = path.issuers(include).to_vec();
        let last = included.last().unwrap_or(&leaf);
        let gap = path.end.gap().into_iter();
        let gap = gap.map(|text| Warning::new(Code::PathIncomplete, text));
        let unread = problems.into_iter();
        let unread = unread.map(|text| Warning::new(Code::IssuersUnreadable, text));
        Self {
            root_included: path.end == PathEnd::Root && path.certificates.last() == Some(last),
            warnings: gap.chain(unread).collect(),
            outside_validity: issuers_outside_validity(&path, time::now()),
            issuers: included,
            leaf,
        }
    }
}

/// What to warn about the issuers on a path that have expired, or are not valid yet.
pub fn issuers_outside_validity(path: &Path, now: UnixTime) -> Vec<Warning> {
    let issuers = path.certificates.iter().skip(1);
    let outside = issuers.filter_map(|issuer| {
        let outside = time::outside_validity(&issuer.parse(), now)?;
        let name = names::short_name_of_der(issuer.subject_der());
        let thumbprint = &names::thumbprint(issuer)[..16];
        let text = format!("the issuer {name} ({thumbprint}) on the path {outside}");
        Some(Warning::new(Code::OutsideValidity, text))
    });
    outside.collect()
}
