//! The search for the best path: Dijkstra's algorithm over "was issued by", with certificates as
//! places and [`Rank`] as the distance. Every certificate is left at most once, by the best way
//! to it, so cross-signed meshes and loops cost no more than their number of signatures.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::fmt;

use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::X509Certificate;

use super::index::Index;
use super::name;
use super::path::{Path, PathEnd};
use super::verified::Verified;
use crate::certificate::{Certificate, EntryId};
use crate::signature::SignatureError;
use crate::time::UnixTime;

/// Certificates in one path, the leaf included. Public hierarchies have 3 to 5.
const MAX_LENGTH: usize = 16;

/// Candidates of one name tried as the issuer of one certificate, those with the right key
/// identifier first.
const MAX_NAMESAKES: usize = 32;

/// Signatures checked for one path. Only a set made to waste time comes near it.
const MAX_SIGNATURES: usize = 256;

/// The best path, and what decides whether a better one is worth looking for.
pub(super) struct Found {
    pub(super) path: Path,
    pub(super) has_expired_issuer: bool,
}

impl Found {
    pub(super) fn is_complete(&self) -> bool {
        self.path.end == PathEnd::Root
    }
}

/// How good a beginning of a path is; less is better, in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    has_expired_issuer: bool,
    length: usize,
    /// How many certificates come from later sources (the platform's roots).
    foreign: usize,
}

/// How good an end without a root is; less is better. A loop says less than a dead end, and a
/// longer path more than a shorter one; expired and foreign certificates count as in [`Rank`].
type EndRank = (bool, bool, Reverse<usize>, usize);

/// A certificate reached from the leaf.
struct Step<'a> {
    certificate: &'a Certificate,
    below: Option<usize>,
    rank: Rank,
}

struct Search<'a> {
    sources: &'a [&'a Index],
    verified: &'a Verified,
    now: UnixTime,
    steps: Vec<Step<'a>>,
    open: BinaryHeap<Reverse<(Rank, usize)>>,
    left: HashSet<EntryId>,
    signatures: usize,
}

/// The best path from `leaf` through the certificates of `sources`, earlier sources first.
pub(super) fn best_path(
    leaf: &Certificate,
    sources: &[&Index],
    verified: &Verified,
    now: UnixTime,
) -> Found {
    let rank = Rank {
        has_expired_issuer: false,
        length: 1,
        foreign: 0,
    };
    let mut search = Search {
        sources,
        verified,
        now,
        steps: vec![Step {
            certificate: leaf,
            below: None,
            rank,
        }],
        open: BinaryHeap::from([Reverse((rank, 0))]),
        left: HashSet::new(),
        signatures: 0,
    };
    let mut dead_end: Option<(EndRank, usize, PathEnd)> = None;
    while let Some(Reverse((rank, at))) = search.open.pop() {
        if !search.left.insert(search.steps[at].certificate.id()) {
            continue;
        }
        let (is_loop, end) = match search.leave(at) {
            Outcome::Root => return search.found(at, PathEnd::Root),
            Outcome::Continues => continue,
            Outcome::DeadEnd(end) => (false, end),
            Outcome::Loop => (true, missing(search.steps[at].certificate)),
        };
        let order = (
            is_loop,
            rank.has_expired_issuer,
            Reverse(rank.length),
            rank.foreign,
        );
        if dead_end.as_ref().is_none_or(|best| order < best.0) {
            dead_end = Some((order, at, end));
        }
    }
    // The certificate left last led nowhere new, so there is a dead end or a loop.
    let (at, end) = dead_end.map_or_else(|| (0, missing(leaf)), |(_, at, end)| (at, end));
    search.found(at, end)
}

/// Why one certificate is not taken for the issuer of another.
enum NotSigned {
    Unverified(SignatureError),
    /// Too many signatures were checked already.
    Stopped,
}

impl NotSigned {
    /// Whether it certainly is not the issuer.
    fn refutes(&self) -> bool {
        matches!(self, Self::Unverified(SignatureError::Invalid))
    }
}

impl fmt::Display for NotSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unverified(error) => error.fmt(f),
            Self::Stopped => write!(f, "stopped after checking {MAX_SIGNATURES} signatures"),
        }
    }
}

/// What is above a certificate.
enum Outcome {
    /// It is its own issuer.
    Root,
    /// Certificates not left before signed it, and are now open.
    Continues,
    /// Only certificates left before signed it: in a set without a root, the end of the road.
    Loop,
    /// Nothing that can be shown to have signed it.
    DeadEnd(PathEnd),
}

fn missing(certificate: &Certificate) -> PathEnd {
    PathEnd::MissingIssuer {
        name_der: certificate.issuer_der().to_vec(),
    }
}

impl<'a> Search<'a> {
    fn leave(&mut self, at: usize) -> Outcome {
        let Step {
            certificate, rank, ..
        } = self.steps[at];
        let unverified = |reason: String, refuted| {
            let name_der = certificate.issuer_der().to_vec();
            Outcome::DeadEnd(PathEnd::Unverified {
                name_der,
                reason,
                refuted,
            })
        };
        let mut reason = None;
        let mut refuted = true;
        if name::same(certificate.subject_der(), certificate.issuer_der()) {
            match self.verify(certificate, certificate) {
                Ok(()) => return Outcome::Root,
                // Roots of the platform are trusted for being there, and some of the oldest are
                // signed with hashes certstow does not compute.
                Err(_) if self.is_trusted(certificate) => return Outcome::Root,
                Err(why) => {
                    refuted &= why.refutes();
                    reason = Some(why);
                }
            }
        }
        if rank.length == MAX_LENGTH {
            let reason = format!("the path is longer than {MAX_LENGTH} certificates");
            return unverified(reason, false);
        }

        let (mut continues, mut is_loop) = (false, false);
        // The key that signed: no other one did.
        let mut signer: Option<&[u8]> = None;
        let (issuers, all) = self.issuers_by_name(certificate);
        for (issuer, source) in issuers {
            let verified = match signer {
                None => self.verify(certificate, issuer),
                Some(key) if key == issuer.spki_der() => Ok(()),
                Some(_) => continue,
            };
            if verified.is_ok() {
                signer = Some(issuer.spki_der());
            }
            match verified {
                Ok(()) if self.left.contains(&issuer.id()) => is_loop = true,
                Ok(()) => {
                    continues = true;
                    self.open(at, issuer, source);
                }
                Err(why) => {
                    refuted &= why.refutes();
                    reason = Some(why);
                }
            }
        }
        match reason {
            _ if continues => Outcome::Continues,
            _ if is_loop => Outcome::Loop,
            Some(_) if all > MAX_NAMESAKES => {
                let reason = format!(
                    "none of the likeliest {MAX_NAMESAKES} of {all} certificates of that name \
                     signed it"
                );
                unverified(reason, false)
            }
            Some(reason) => unverified(reason.to_string(), refuted),
            None => Outcome::DeadEnd(missing(certificate)),
        }
    }

    /// The likeliest of the candidates with the name of the certificate's issuer, each with its
    /// source, and how many there are.
    fn issuers_by_name(&self, certificate: &Certificate) -> (Vec<(&'a Certificate, usize)>, usize) {
        let key = name::comparison_key(certificate.issuer_der());
        let parsed = certificate.x509();
        let wanted = authority_key_id(&parsed);
        let (mut likeliest, mut all) = (Vec::new(), 0);
        for (source, index) in self.sources.iter().enumerate() {
            all += index.count(&key);
            // One more, since it may be the certificate itself.
            let found = index.likeliest(&key, wanted, MAX_NAMESAKES + 1);
            likeliest.extend(found.into_iter().map(|(fit, issuer)| (fit, source, issuer)));
        }
        let found = likeliest.len();
        likeliest.retain(|(_, _, issuer)| *issuer != certificate);
        all -= found - likeliest.len();
        likeliest.sort_by_key(|(fit, source, _)| (*fit, *source));
        likeliest.truncate(MAX_NAMESAKES);
        let issuers = likeliest
            .into_iter()
            .map(|(_, source, issuer)| (issuer, source));
        (issuers.collect(), all)
    }

    fn verify(&mut self, subject: &Certificate, issuer: &Certificate) -> Result<(), NotSigned> {
        if self.signatures == MAX_SIGNATURES {
            return Err(NotSigned::Stopped);
        }
        self.signatures += 1;
        let verified = self.verified.verify(subject, issuer);
        verified.map_err(NotSigned::Unverified)
    }

    fn open(&mut self, below: usize, certificate: &'a Certificate, source: usize) {
        let rank = self.steps[below].rank;
        let rank = Rank {
            has_expired_issuer: rank.has_expired_issuer || !is_valid(certificate, self.now),
            length: rank.length + 1,
            foreign: rank.foreign + usize::from(source > 0),
        };
        self.open.push(Reverse((rank, self.steps.len())));
        self.steps.push(Step {
            certificate,
            below: Some(below),
            rank,
        });
    }

    /// Whether the certificate is one of the platform's roots, wherever it was found first.
    fn is_trusted(&self, certificate: &Certificate) -> bool {
        let mut trusted = self.sources.iter().skip(1);
        trusted.any(|index| index.contains(certificate))
    }

    fn downwards(&self, at: usize) -> impl Iterator<Item = &Step<'a>> {
        let mut next = Some(at);
        std::iter::from_fn(move || {
            let step = &self.steps[next?];
            next = step.below;
            Some(step)
        })
    }

    fn found(&self, at: usize, end: PathEnd) -> Found {
        let mut certificates: Vec<Certificate> = self
            .downwards(at)
            .map(|step| step.certificate.clone())
            .collect();
        certificates.reverse();
        let has_expired_issuer = self.steps[at].rank.has_expired_issuer;
        Found {
            path: Path { certificates, end },
            has_expired_issuer,
        }
    }
}

fn is_valid(certificate: &Certificate, now: UnixTime) -> bool {
    let parsed = certificate.x509();
    let validity = parsed.validity();
    (validity.not_before.timestamp()..=validity.not_after.timestamp()).contains(&now.seconds())
}

fn authority_key_id<'a>(certificate: &X509Certificate<'a>) -> Option<&'a [u8]> {
    certificate
        .extensions()
        .iter()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                id.key_identifier.as_ref().map(|id| id.0)
            }
            _ => None,
        })
}
