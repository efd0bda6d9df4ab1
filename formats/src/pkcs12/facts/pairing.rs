//! How programs find the certificate of a private key in a file. Some compare public keys, as certstow
//! does; NSS and .NET go by localKeyId (RFC 2985, 5.5.2), Java by that and the friendly name, and these
//! may lead elsewhere.

use std::collections::HashSet;

use crate::certificate::Certificate;
use crate::key;
use crate::pkcs12::decode::{Contents, KeyBag};

/// Where the attributes of keys and certificates lead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::pkcs12) struct Pairing {
    /// A key has no localKeyID, or one that no certificate has.
    pub(in crate::pkcs12) id_on_no_certificate: bool,
    /// A key has the localKeyID of a certificate that is not its own.
    pub(in crate::pkcs12) id_of_another_certificate: bool,
    /// The first certificate is not the key's.
    pub(in crate::pkcs12) leaf_not_first: bool,
    /// Java finds another certificate for a key, or none.
    pub(in crate::pkcs12) id_or_name_of_another_certificate: bool,
    /// Two different keys have the same friendly name.
    pub(in crate::pkcs12) keys_of_one_name: bool,
    /// Two certificates with keys, of different subjects, have the same friendly name.
    pub(in crate::pkcs12) certificates_of_one_name: bool,
    /// There are keys with different public halves.
    pub(in crate::pkcs12) several_keys: bool,
    /// Two keys have the same public half.
    pub(in crate::pkcs12) key_twice: bool,
}

/// A key, as far as it matters here.
struct Key<'a> {
    public: Option<Vec<u8>>,
    id: Option<&'a [u8]>,
    name: Option<&'a str>,
}

/// A certificate.
struct Leaf<'a> {
    certificate: Certificate,
    id: Option<&'a [u8]>,
    name: Option<&'a str>,
}

impl Key<'_> {
    /// Whether two keys are the same; not, where that is not known.
    fn is(&self, other: &Key<'_>) -> bool {
        std::ptr::eq(self, other) || (self.public.is_some() && self.public == other.public)
    }

    /// Whether a certificate is its own. What is not known, as with Ed448, counts as such.
    fn owns(&self, leaf: &Leaf<'_>) -> bool {
        let spki = leaf.certificate.spki_der();
        let mut public = self.public.iter();
        public.all(|public| key::same_public_key(public, spki))
    }
}

impl Pairing {
    pub(super) fn of(contents: &Contents) -> Self {
        let keys: Vec<Key<'_>> = contents.keys.iter().map(read_key).collect();
        let certificates = contents.certificates.iter().filter_map(|bag| {
            Some(Leaf {
                certificate: Certificate::from_der(&bag.der).ok()?,
                id: bag.attributes.local_key_id.as_deref(),
                name: bag.attributes.friendly_name.as_deref(),
            })
        });
        let certificates: Vec<Leaf<'_>> = certificates.collect();
        let of_id = |key: &Key<'_>, leaf: &Leaf<'_>| key.id.is_some() && key.id == leaf.id;
        let distinct: HashSet<_> = keys.iter().filter_map(|key| key.public.as_ref()).collect();
        let unread = keys.iter().filter(|key| key.public.is_none()).count();
        Self {
            id_on_no_certificate: keys
                .iter()
                .any(|key| !certificates.iter().any(|leaf| of_id(key, leaf))),
            id_of_another_certificate: keys.iter().any(|key| {
                let mut leaves = certificates.iter();
                leaves.any(|leaf| of_id(key, leaf) && !key.owns(leaf))
            }),
            leaf_not_first: certificates
                .first()
                .is_some_and(|leaf| !keys.iter().any(|key| key.owns(leaf))),
            id_or_name_of_another_certificate: keys.iter().any(|key| {
                let mut equal = keys.iter().enumerate().filter(|(_, one)| one.is(key));
                !equal.any(|(at, one)| {
                    let found = found_by_java(one, at == 0, &certificates);
                    found.is_some_and(|leaf| one.owns(leaf))
                })
            }),
            keys_of_one_name: keys.iter().any(|key| {
                let mut others = keys.iter().filter(|other| !other.is(key));
                others.any(|other| same_name(key.name, other.name))
            }),
            certificates_of_one_name: one_name(&keys, &certificates),
            several_keys: distinct.len() + unread > 1,
            key_twice: distinct.len() + unread < keys.len(),
        }
    }
}

fn read_key(bag: &KeyBag) -> Key<'_> {
    Key {
        public: key::public_key_of(&bag.key).ok(),
        id: bag.attributes.local_key_id.as_deref(),
        name: bag.attributes.friendly_name.as_deref(),
    }
}

/// The certificate that Java's `PKCS12KeyStore.findMatchedCertificate` finds: the first with both
/// localKeyID and friendly name, else the last with that localKeyID, else the last with that name. The
/// first key without a localKeyID gets "01", any other is passed over.
fn found_by_java<'a>(
    key: &Key<'_>,
    is_first: bool,
    certificates: &'a [Leaf<'a>],
) -> Option<&'a Leaf<'a>> {
    const OF_THE_FIRST: &[u8] = b"01";
    let id = key.id.or(is_first.then_some(OF_THE_FIRST))?;
    let of_id = |leaf: &&Leaf<'_>| leaf.id == Some(id);
    let of_name = |leaf: &&Leaf<'_>| same_name(key.name, leaf.name);
    let mut both = certificates.iter().filter(of_id).filter(of_name);
    let by_id = || certificates.iter().rfind(of_id);
    both.next()
        .or_else(by_id)
        .or_else(|| certificates.iter().rfind(of_name))
}

/// Whether two names are equal but for the case of their letters.
fn same_name(one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.to_lowercase() == other.to_lowercase(),
        _ => false,
    }
}

fn one_name(keys: &[Key<'_>], certificates: &[Leaf<'_>]) -> bool {
    let has_key = |leaf: &&Leaf<'_>| keys.iter().any(|key| key.owns(leaf));
    let leaves: Vec<_> = certificates.iter().filter(has_key).collect();
    leaves.iter().any(|one| {
        leaves.iter().any(|other| {
            let same_name = one.name.is_some() && one.name == other.name;
            same_name && one.certificate.subject_der() != other.certificate.subject_der()
        })
    })
}
