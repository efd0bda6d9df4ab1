//! The certification path of a certificate (RFC 5280, 3.2 and 6.1), built as RFC 4158 describes:
//! from the leaf upwards, through every candidate whose name fits, as far as signatures verify.
//! Nothing is fetched from the network, and nothing is validated: building a path for a backup
//! is no decision to trust it, so expired certificates and unknown roots are part of it.

use std::sync::OnceLock;

use crate::certificate::Certificate;
use crate::time::UnixTime;
use index::Index;
use verified::Verified;

mod index;
mod name;
mod path;
mod search;
mod verified;

pub use path::{Include, Path, PathEnd};

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

/// Builds the best path for `leaf`: complete before incomplete, without expired issuers before
/// with, shorter before longer (when incomplete: longer before shorter, for it says more), and
/// with the store's own certificates before the platform's.
///
/// Always ends, and soon: loops are cut, a path has at most 16 certificates, and a few hundred
/// signatures are checked at most.
pub fn build(leaf: &Certificate, candidates: &Candidates, now: UnixTime) -> Path {
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

#[cfg(test)]
mod tests;
