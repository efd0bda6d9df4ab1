//! What was found in a file, for the listing and for changes: certificates, and for each key no more
//! than the digest of its public half and its place.

use std::collections::HashMap;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::pkcs12::decode::BagAttributes;

use super::bag_attributes;
use super::key_kind::{KeyDigest, KeyKind};
use crate::store::ProblemKind;

/// A certificate in a file.
#[derive(Clone)]
pub(crate) struct FoundCertificate {
    pub(crate) certificate: Certificate,
    pub(crate) id: EntryId,
    pub(crate) public_key: KeyDigest,
    /// What a PKCS#12 file, or the text before it in a PEM file, says beside it.
    pub(crate) attributes: Option<Box<BagAttributes>>,
}

/// A private key in a file.
#[derive(Clone)]
pub(crate) struct FoundKey {
    /// Which piece of the file it is in, counted from 0.
    pub(crate) piece: u32,
    pub(crate) kind: KeyKind,
    /// The provider that is named beside it.
    pub(crate) provider: Option<String>,
    /// The certificate that the file ties it to: the only one of the same localKeyID, or that of its
    /// entry in a Java keystore.
    pub(crate) certificate: Option<EntryId>,
    /// The localKeyID before a PEM block.
    pub(crate) local_key_id: Option<Vec<u8>>,
}

impl FoundKey {
    /// Whether the tie to this certificate holds whatever its file was put together from. PEM files
    /// are, of blocks from several PKCS#12 files that may number each their keys from 1; the
    /// thumbprint that OpenSSL and certstow write as localKeyID means one certificate everywhere.
    pub(crate) fn is_tied_for_good(&self, certificate: &Certificate) -> bool {
        let id = self.local_key_id.as_ref();
        id.is_none_or(|id| *id == bag_attributes::local_key_id_of(certificate))
    }
}

/// What is to be said of a file that does not show what it holds.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) kind: ProblemKind,
    pub(crate) message: String,
    /// Whether its name promises no certificate or key.
    pub(crate) is_notice: bool,
}

/// What was found in a file.
#[derive(Clone, Default)]
pub(crate) struct FileContents {
    pub(crate) certificates: Vec<FoundCertificate>,
    pub(crate) keys: Vec<FoundKey>,
    pub(crate) problems: Vec<String>,
    /// What can be said of the file as a whole.
    pub(crate) told: Option<Told>,
    /// Whether it has a private key in PEM that is not read.
    pub(super) has_other_key: bool,
    /// Whether it holds anything else, or what cannot be seen.
    pub(crate) unseen: bool,
}

impl FileContents {
    pub(crate) fn is_empty(&self) -> bool {
        let is_told = !self.problems.is_empty() || self.told.is_some();
        self.certificates.is_empty() && self.keys.is_empty() && !is_told
    }
}

/// The certificates by their localKeyID; none where several share one.
pub(super) struct Owners(HashMap<Vec<u8>, Option<EntryId>>);

impl Owners {
    pub(super) fn among(certificates: &[FoundCertificate]) -> Self {
        let mut owners = HashMap::new();
        for found in certificates {
            let attributes = found.attributes.as_ref();
            let Some(id) = attributes.and_then(|attributes| attributes.local_key_id.clone()) else {
                continue;
            };
            let owner = owners.entry(id).or_insert(Some(found.id));
            *owner = owner.filter(|owner| *owner == found.id);
        }
        Self(owners)
    }

    pub(super) fn of(&self, local_key_id: Option<&Vec<u8>>) -> Option<EntryId> {
        local_key_id.and_then(|id| self.0.get(id).copied().flatten())
    }
}
