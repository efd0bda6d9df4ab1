//! Renewals: certificates that take the place of others. RFC 5280 does not say which certificate renews
//! which; RFC 3647, sections 4.6 and 4.7, calls a new certificate for the same subject a renewal, or a
//! re-key where its key is new, too. One counts here where it was issued later and ends later, is for the
//! same subject, hosts and purposes, and comes from the same issuer or has the same key.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

use certstow_formats::certificate::{EntryId, ParsedCertificate};

use crate::identity::ListedCertificate;
use crate::letters::comparable;
use crate::time::UnixTime;

/// Whom or what a certificate is for: the name of its subject, and the first address. Two persons of one
/// name have an address each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    name: String,
    address: Option<String>,
}

impl Subject {
    /// The subject of a certificate. Names are compared without regard to letter case, repeated blanks
    /// and the type of their strings (RFC 5280, 7.1).
    pub fn of(listed: &ListedCertificate) -> Self {
        Self::parsed(&listed.certificate().parse())
    }

    fn parsed(certificate: &ParsedCertificate<'_>) -> Self {
        let name = one_form(&certificate.subject());
        let addresses = certificate.emails().into_iter();
        let mut addresses = addresses.chain(certificate.user_principal_names());
        let address = addresses.next().or_else(|| {
            // The name stands in the extension alone (RFC 5280, 4.1.2.6), or nowhere.
            name.is_empty().then(|| certificate.label())
        });
        Self {
            address: address.map(|address| comparable(&address)),
            name,
        }
    }
}

/// A distinguished name in the form in which names are compared.
fn one_form(name: &str) -> String {
    let name = comparable(name);
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Which of the listed certificates are renewed.
#[derive(Debug, Default)]
pub struct Renewals<'i> {
    /// By the certificate that is renewed.
    last: HashMap<EntryId, &'i ListedCertificate>,
}

impl<'i> Renewals<'i> {
    /// Those among these certificates, at the time `now`. Nothing is renewed by what has not begun, is
    /// archived, or has no private key where the one before has.
    pub fn among(listed: &'i [ListedCertificate], now: UnixTime) -> Self {
        // Most names occur once, and are all that is read of their certificates.
        let by_name = grouped(listed, |one| one_form(&one.subject()));
        let several = by_name.into_values().filter(|group| group.len() > 1);
        let issued: Vec<Issued<'_>> = several.flatten().map(Issued::of).collect();
        let mut next: HashMap<EntryId, &Issued<'_>> = HashMap::new();
        let by_issuer = grouped(&issued, |one| (&one.purpose, &one.issuer));
        by_issuer
            .into_values()
            .for_each(|group| link(group, now, &mut next));
        let by_key = grouped(&issued, |one| {
            (&one.purpose, one.listed.certificate().spki_der())
        });
        by_key
            .into_values()
            .for_each(|group| link(group, now, &mut next));
        let mut renewed: Vec<&Issued<'_>> = issued
            .iter()
            .filter(|one| next.contains_key(&one.listed.id()))
            .collect();
        renewed.sort_by_key(|one| Reverse(one.not_before));
        let mut last = HashMap::new();
        for one in renewed {
            let id = one.listed.id();
            let next = next[&id].listed;
            last.insert(id, last.get(&next.id()).copied().unwrap_or(next));
        }
        Self { last }
    }

    /// The last of the certificates that renewed this one, one after the other; `None` if it is not
    /// renewed.
    pub fn of(&self, listed: &ListedCertificate) -> Option<&'i ListedCertificate> {
        self.last.get(&listed.id()).copied()
    }

    /// Puts the certificates of one subject in order, in the places that they have: those that are not
    /// renewed, as they were, and then the others, the one issued last before earlier ones.
    pub fn current_first(&self, listed: &mut [&ListedCertificate]) {
        if self.last.is_empty() {
            return;
        }
        let mut by_subject: HashMap<Subject, Vec<usize>> = HashMap::new();
        for (place, one) in listed.iter().enumerate() {
            by_subject.entry(Subject::of(one)).or_default().push(place);
        }
        for places in by_subject.into_values().filter(|places| places.len() > 1) {
            let mut group: Vec<_> = places.iter().map(|&place| listed[place]).collect();
            group.sort_by_cached_key(|one| {
                let renewed = self.of(one);
                renewed.map(|_| Reverse(one.certificate().parse().not_before()))
            });
            for (place, one) in places.into_iter().zip(group) {
                listed[place] = one;
            }
        }
    }
}

/// A certificate with what a renewal has in common with it, and its dates.
struct Issued<'i> {
    listed: &'i ListedCertificate,
    purpose: Purpose,
    issuer: String,
    not_before: UnixTime,
    not_after: UnixTime,
}

/// Whom a certificate is for, and what: a person may have one to sign and another to decrypt, a
/// company one for each of its servers.
#[derive(PartialEq, Eq, Hash)]
struct Purpose {
    subject: Subject,
    dns_names: Vec<String>,
    key_usages: Vec<&'static str>,
    extended_key_usages: Vec<String>,
}

impl<'i> Issued<'i> {
    fn of(listed: &'i ListedCertificate) -> Self {
        let parsed = listed.certificate().parse();
        let mut extended_key_usages = parsed.extended_key_usages();
        extended_key_usages.sort();
        let dns_names = parsed.dns_names().into_iter();
        let mut dns_names: Vec<_> = dns_names.map(|name| comparable(&name)).collect();
        dns_names.sort();
        Self {
            listed,
            purpose: Purpose {
                subject: Subject::parsed(&parsed),
                dns_names,
                key_usages: parsed.key_usages(),
                extended_key_usages,
            },
            issuer: one_form(&parsed.issuer()),
            not_before: parsed.not_before(),
            not_after: parsed.not_after(),
        }
    }
}

/// Finds the renewal of each of a group that has the issuer or the key in common: of those that were
/// issued later, the one that ends last.
fn link<'a, 'i>(
    mut group: Vec<&'a Issued<'i>>,
    now: UnixTime,
    next: &mut HashMap<EntryId, &'a Issued<'i>>,
) {
    group.sort_by_key(|one| Reverse(one.not_before));
    // Of those seen so far: with a private key, and with or without.
    let (mut with_key, mut any): (Option<&Issued<'_>>, Option<&Issued<'_>>) = (None, None);
    for at_once in group.chunk_by(|one, other| one.not_before == other.not_before) {
        for one in at_once {
            let last = if one.listed.has_key() { with_key } else { any };
            let Some(last) = last.filter(|last| last.not_after > one.not_after) else {
                continue;
            };
            let known = next.entry(one.listed.id()).or_insert(last);
            if (last.not_after, last.not_before) > (known.not_after, known.not_before) {
                *known = last;
            }
        }
        for one in at_once {
            if one.not_before > now || one.listed.is_set_aside() {
                continue;
            }
            let ends_later =
                |last: &Option<&Issued<'_>>| last.is_none_or(|last| one.not_after > last.not_after);
            if one.listed.has_key() && ends_later(&with_key) {
                with_key = Some(one);
            }
            if ends_later(&any) {
                any = Some(one);
            }
        }
    }
}

fn grouped<'a, T, K: Eq + Hash>(all: &'a [T], key: impl Fn(&'a T) -> K) -> HashMap<K, Vec<&'a T>> {
    let mut groups: HashMap<K, Vec<&T>> = HashMap::new();
    for one in all {
        groups.entry(key(one)).or_default().push(one);
    }
    groups
}

#[cfg(test)]
mod tests;
