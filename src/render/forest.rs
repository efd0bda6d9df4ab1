//! Identities below their issuers: the certification path of each, joined where paths share their
//! upper end. A certificate that is there in two paths, because it was signed by two issuers, is
//! there twice.

use std::cmp::Reverse;
use std::collections::HashMap;

use certstow_core::identity::ListedCertificate;
use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::chain::{Path, PathEnd};
use certstow_formats::names;

use super::drawing::Drawing;
use super::table::Line;
use super::tree;

/// What one place of the tree is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Certificate(EntryId),
    /// An issuer that was not found, and what is said of it.
    Missing(String),
}

struct Node<'a> {
    name: String,
    certificate: Option<Certificate>,
    identity: Option<&'a ListedCertificate>,
    /// Their positions among all nodes.
    below: Vec<usize>,
}

/// The identities and their issuers.
#[derive(Default)]
pub(crate) struct Forest<'a> {
    nodes: Vec<Node<'a>>,
    tops: Vec<usize>,
    known: HashMap<(Option<usize>, Key), usize>,
}

impl<'a> Forest<'a> {
    /// Adds an identity at the lower end of its certification path.
    pub(crate) fn add(&mut self, identity: &'a ListedCertificate, path: &Path) {
        let mut at = tree::missing(&path.end).map(|name| self.missing(name, &path.end));
        for certificate in path.certificates.iter().rev() {
            at = Some(self.certificate(at, certificate));
        }
        if let Some(at) = at {
            let node = &mut self.nodes[at];
            node.name = identity.label();
            node.identity = Some(identity);
        }
    }

    fn missing(&mut self, name: String, end: &PathEnd) -> usize {
        let key = match end {
            PathEnd::Root => name.clone(),
            PathEnd::MissingIssuer { name_der } | PathEnd::Unverified { name_der, .. } => {
                format!("{name} {}", names::hex(name_der))
            }
        };
        self.place(None, Key::Missing(key), || Node {
            name,
            certificate: None,
            identity: None,
            below: Vec::new(),
        })
    }

    fn certificate(&mut self, above: Option<usize>, certificate: &Certificate) -> usize {
        self.place(above, Key::Certificate(certificate.id()), || Node {
            name: names::short_name_of_der(certificate.subject_der()),
            certificate: Some(certificate.clone()),
            identity: None,
            below: Vec::new(),
        })
    }

    /// The place of `key` below another, which is made if need be.
    fn place(&mut self, above: Option<usize>, key: Key, make: impl FnOnce() -> Node<'a>) -> usize {
        let nodes = &mut self.nodes;
        let mut new = false;
        let at = *self.known.entry((above, key)).or_insert_with(|| {
            new = true;
            nodes.push(make());
            nodes.len() - 1
        });
        if new {
            match above {
                Some(above) => self.nodes[above].below.push(at),
                None => self.tops.push(at),
            }
        }
        at
    }

    /// The tree from top to bottom, by name on each level.
    pub(crate) fn lines(&self, drawing: &Drawing) -> Vec<Line<'_>> {
        let mut lines = Vec::with_capacity(self.nodes.len());
        for top in self.sorted(&self.tops) {
            lines.push(self.line(top, String::new()));
            self.lines_below(top, "", drawing, &mut lines);
        }
        lines
    }

    /// As deep as the longest path, which has an end.
    fn lines_below<'s>(
        &'s self,
        above: usize,
        indent: &str,
        drawing: &Drawing,
        lines: &mut Vec<Line<'s>>,
    ) {
        let below = self.sorted(&self.nodes[above].below);
        let count = below.len();
        for (number, at) in below.into_iter().enumerate() {
            let (branch, pass) = match number + 1 == count {
                true => (drawing.last, drawing.blank),
                false => (drawing.branch, drawing.pass),
            };
            lines.push(self.line(at, format!("{indent}{branch}")));
            self.lines_below(at, &format!("{indent}{pass}"), drawing, lines);
        }
    }

    fn line(&self, at: usize, before: String) -> Line<'_> {
        let node = &self.nodes[at];
        Line {
            before,
            name: node.name.clone(),
            certificate: node.certificate.as_ref(),
            identity: node.identity,
        }
    }

    /// By name, and of one name the one that ends last first.
    fn sorted(&self, nodes: &[usize]) -> Vec<usize> {
        let mut sorted = nodes.to_vec();
        sorted.sort_by_cached_key(|at| {
            let node = &self.nodes[*at];
            let certificate = node.certificate.as_ref();
            let end = certificate.map(|found| Reverse(found.parse().not_after()));
            let id = certificate.map(|found| *found.id().as_bytes());
            (node.name.to_lowercase(), end, id)
        });
        sorted
    }
}
