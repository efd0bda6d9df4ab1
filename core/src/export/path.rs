//! The certificates that go into a file.

use certstow_formats::certificate::Certificate;
use certstow_formats::chain::{Include, PathEnd};

use crate::identity::Issuers;
use crate::warning::{Code, Warning};

/// The certificates that go into a file, and what is to be said about them.
pub(crate) struct Chain {
    pub(crate) leaf: Certificate,
    pub(crate) issuers: Vec<Certificate>,
    pub(crate) root_included: bool,
    pub(crate) warnings: Vec<Warning>,
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
            };
        };
        let (path, problems) = issuers.path_of(&leaf);
        let issuers = path.issuers(include).to_vec();
        let last = issuers.last().unwrap_or(&leaf);
        let gap = path.end.gap().into_iter();
        let gap = gap.map(|text| Warning::new(Code::PathIncomplete, text));
        let unread = problems.into_iter();
        let unread = unread.map(|text| Warning::new(Code::IssuersUnreadable, text));
        Self {
            root_included: path.end == PathEnd::Root && path.certificates.last() == Some(last),
            warnings: gap.chain(unread).collect(),
            issuers,
            leaf,
        }
    }
}
