//! Candidates by their subject's name, and those of one name by their subject key identifier
//! (RFC 5280, 4.2.1.2): what a path needs of thousands of namesakes is found without a look at all
//! of them.

use std::collections::{HashMap, HashSet};

use super::name;
use crate::certificate::Certificate;
use crate::names;

/// Certificates by the comparison key of their subject's name.
#[derive(Debug, Default)]
pub(super) struct Index(HashMap<Vec<u8>, Namesakes>);

/// The certificates of one name, CAs first.
#[derive(Debug, Default)]
struct Namesakes {
    certificates: Vec<Certificate>,
    /// Their positions, by the key identifier, or `None` for those that have none.
    by_key_id: HashMap<Option<Vec<u8>>, Vec<usize>>,
}

/// How well a candidate fits; less is better. The key identifier is the one that is wanted, cannot
/// be compared, or is another; then, whether it is no CA.
pub(super) type Fit = (u8, bool);

impl Index {
    /// Of certificates that are there twice, the first counts.
    pub(super) fn of(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        let mut seen = HashSet::new();
        let mut index = HashMap::<Vec<u8>, Namesakes>::new();
        for certificate in certificates {
            if seen.insert(certificate.id()) {
                let key = name::comparison_key(certificate.subject_der());
                index.entry(key).or_default().certificates.push(certificate);
            }
        }
        index.values_mut().for_each(Namesakes::arrange);
        Self(index)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this very certificate is there.
    pub(super) fn contains(&self, certificate: &Certificate) -> bool {
        let key = name::comparison_key(certificate.subject_der());
        let namesakes = self.0.get(&key);
        namesakes.is_some_and(|namesakes| namesakes.certificates.contains(certificate))
    }

    /// How many certificates have the name of this comparison key.
    pub(super) fn count(&self, key: &[u8]) -> usize {
        self.0.get(key).map_or(0, |named| named.certificates.len())
    }

    /// Those of the name of this comparison key that are likeliest to have the key with the wanted
    /// identifier, `most` at most, the likeliest first.
    pub(super) fn likeliest(
        &self,
        key: &[u8],
        wanted: Option<&[u8]>,
        most: usize,
    ) -> Vec<(Fit, &Certificate)> {
        let Some(namesakes) = self.0.get(key) else {
            return Vec::new();
        };
        let fit = |fit: u8, at: usize| {
            let certificate = &namesakes.certificates[at];
            ((fit, !certificate.is_ca()), certificate)
        };
        let all = 0..namesakes.certificates.len();
        let Some(wanted) = wanted else {
            return all.map(|at| fit(1, at)).take(most).collect();
        };
        let with = |id: Option<&[u8]>| {
            let id = id.map(<[u8]>::to_vec);
            let found = namesakes.by_key_id.get(&id);
            found.map(Vec::as_slice).unwrap_or_default()
        };
        let (right, without) = (with(Some(wanted)), with(None));
        // Both are in order, and shorter than `most` where the rest is looked at.
        let rest = all.filter(|at| right.binary_search(at).is_err());
        let rest = rest.filter(|at| without.binary_search(at).is_err());
        let right = right.iter().map(|at| fit(0, *at));
        let without = without.iter().map(|at| fit(1, *at));
        let found = right.chain(without).chain(rest.map(|at| fit(2, at)));
        found.take(most).collect()
    }
}

impl Namesakes {
    fn arrange(&mut self) {
        self.certificates
            .sort_by_key(|certificate| !certificate.is_ca());
        for (at, certificate) in self.certificates.iter().enumerate() {
            let key_id = names::subject_key_id(&certificate.x509()).map(<[u8]>::to_vec);
            self.by_key_id.entry(key_id).or_default().push(at);
        }
    }
}
