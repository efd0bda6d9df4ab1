//! The certification path of a certificate (RFC 5280, 3.2 and 6.1), built as RFC 4158 describes:
//! from the leaf upwards, through every candidate whose name fits, as far as signatures verify.
//! Nothing is fetched from the network, and nothing is validated: building a path for a backup
//! is no decision to trust it, so expired certificates and unknown roots are part of it.

use std::sync::OnceLock;

use crate::certificate::Certificate;

use crate::{names, signature};
use index::Index;
use verified::Verified;

mod index;
mod name;
mod search;
mod verified;

/// Certificates that may be issuers of others, found by their subject's name.
///
/// Names are compared as RFC 5280, 7.1 wants: the same text in another string type, in other
/// case or with other spacing is the same name, as real hierarchies need. They remember which
/// signatures were verified; a caller that builds many paths uses the same candidates for all.
#[derive(Debug, Default)]
pub struct Candidates {
    own: Index,
    native: Option<Native>,
    verified: Verified,
}

/// The trusted roots of the platform, read when they are first needed.
#[derive(Debug)]
struct Native {
    load: fn() -> NativeRoots,
    loaded: OnceLock<(Index, Vec<String>)>,
}

/// What reading the platform's roots gave: certificates, and what went wrong on the way.
pub type NativeRoots = (Vec<Certificate>, Vec<String>);

impl Candidates {
    /// Candidates from whatever store offers them. Duplicates count once; certificates that are
    /// not CAs are harmless, as they signed nothing.
    pub fn new(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        Self {
            own: Index::of(certificates),
            ..Self::default()
        }
    }

    /// Adds the trusted roots of the system, which `load` reads only for a leaf whose path the other
    /// candidates leave incomplete or expired.
    #[must_use]
    pub fn with_system_roots(mut self, load: fn() -> NativeRoots) -> Self {
        self.native = Some(Native {
            load,
            loaded: OnceLock::new(),
        });
        self
    }

    /// What went wrong while reading the platform's roots, one sentence each; nothing if they
    /// were not needed. None of it stopped a path from being built.
    pub fn native_problems(&self) -> &[String] {
        let loaded = self.native.as_ref().and_then(|native| native.loaded.get());
        loaded.map_or(&[], |(_, problems)| problems)
    }

    /// Whether the platform trusts this very certificate as a root; `None` where its roots cannot
    /// be read, or there are none.
    pub fn has_native_root(&self, root: &Certificate) -> Option<bool> {
        let native = self.native()?;
        (!native.is_empty()).then(|| native.contains(root))
    }

    /// The platform's roots, read now if they were not before.
    fn native(&self) -> Option<&Index> {
        let native = self.native.as_ref()?;
        let loaded = native.loaded.get_or_init(|| {
            let (roots, problems) = (native.load)();
            (Index::of(roots), problems)
        });
        Some(&loaded.0)
    }
}

/// A certification path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The leaf, its issuer, that one's issuer, and so on; never empty when made by [`build`].
    pub certificates: Vec<Certificate>,
    /// How the path ends.
    pub end: PathEnd,
}

/// How a path ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathEnd {
    /// The last certificate is self-signed: the path is complete.
    Root,
    /// Nobody has a certificate of the last one's issuer.
    MissingIssuer {
        /// The DER of the issuer's `Name`.
        name_der: Vec<u8>,
    },
    /// There are certificates of that name, but none of them could be shown to have signed.
    Unverified {
        /// The DER of the issuer's `Name`.
        name_der: Vec<u8>,
        /// Why not, in a few words.
        reason: String,
        /// Whether every one of them was checked and did not sign; else there is one that may
        /// have signed, in a way certstow cannot check.
        refuted: bool,
    },
}

/// Builds the best path for `leaf`: complete before incomplete, without expired issuers before
/// with, shorter before longer (when incomplete: longer before shorter, for it says more), and
/// with the store's own certificates before the platform's.
///
/// Always ends, and soon: loops are cut, a path has at most 16 certificates, and a few hundred
/// signatures are checked at most.
///
/// `now` is in seconds since 1970-01-01 UTC.
pub fn build(leaf: &Certificate, candidates: &Candidates, now: i64) -> Path {
    let best = |sources: &[&Index]| search::best_path(leaf, sources, &candidates.verified, now);
    let own = best(&[&candidates.own]);
    if own.is_complete() && !own.has_expired_issuer {
        return own.path;
    }
    match candidates.native() {
        Some(native) => best(&[&candidates.own, native]).path,
        None => own.path,
    }
}

/// Which certificates beside the leaf go into a file (`--chain`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Include {
    /// The whole path with its root.
    #[default]
    Full,
    /// The path without its root.
    NoRoot,
    /// The leaf alone.
    None,
}

impl PathEnd {
    /// What is missing, for a person; `None` for a complete path.
    pub fn gap(&self) -> Option<String> {
        match self {
            Self::Root => None,
            Self::MissingIssuer { name_der } => Some(format!(
                "the certification path is incomplete: the certificate of its issuer '{}' was \
                 not found",
                names::distinguished_name_of_der(name_der)
            )),
            Self::Unverified {
                name_der, reason, ..
            } => Some(format!(
                "the certification path is incomplete: '{}' is there but does not prove to be \
                 the issuer: {reason}",
                names::distinguished_name_of_der(name_der)
            )),
        }
    }
}

impl Path {
    /// The certificates that go into a file after the leaf, in order. The leaf itself always
    /// stays, even when it is its own root.
    pub fn issuers(&self, include: Include) -> &[Certificate] {
        let issuers = self.certificates.get(1..).unwrap_or_default();
        match (include, &self.end) {
            (Include::None, _) => &[],
            (Include::NoRoot, PathEnd::Root) => issuers.split_last().map_or(&[], |(_, rest)| rest),
            (Include::Full | Include::NoRoot, _) => issuers,
        }
    }

    /// Checks that each certificate of an ordered path was issued by the next one: the names are
    /// equal and the signature verifies. One certificate, or none, is always in order.
    ///
    /// # Errors
    /// Which two do not link, counted from 1 at the leaf, and why. Holds no text from the
    /// certificates.
    pub fn links(certificates: &[Certificate]) -> Result<(), String> {
        for (below, pair) in certificates.windows(2).enumerate() {
            let [subject, issuer] = pair else { continue };
            let (subject_at, issuer_at) = (below + 1, below + 2);
            if !name::same(subject.issuer_der(), issuer.subject_der()) {
                return Err(format!(
                    "certificate {issuer_at} of the path is not the issuer that certificate \
                     {subject_at} names"
                ));
            }
            signature::verify(subject, issuer).map_err(|error| {
                format!("certificate {subject_at} of the path against {issuer_at}: {error}")
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
