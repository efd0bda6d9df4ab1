//! A certification path as it was found, the issuers in it that go into a file, and the check that
//! each of its certificates was issued by the next.

use super::name;
use crate::certificate::Certificate;
use crate::{names, signature};

/// A certification path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The leaf, its issuer, that one's issuer, and so on; never empty when made by [`super::build`].
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
