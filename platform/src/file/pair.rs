//! Which key belongs to which certificate: by the public key, never by the file's name. Only
//! where a key does not show its public half (no password known beforehand opens it, or its algorithm
//! is unknown) does it go to a certificate that has no other key: the one that it is tied to (in PKCS#12
//! and PEM by localKeyID), else one in the same file, else one of the same name. A locked key that is
//! the only one left over goes to the only certificate without a key, unless something is to be
//! changed. Such a key is a person's before it is a CA's: a CA's certificate gets it only where no
//! other fits. The key's state then says that it is locked or unknown, and what speaks for it.
//! Certificates of one public key have the same key.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::vec;

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key;
use certstow_formats::pkcs12::decode::BagAttributes;

use super::bag_attributes;
use super::found::{FileContents, FoundCertificate, FoundKey};
use super::key_kind::{KeyDigest, KeyKind};
use super::messages::Messages;
use super::same_name::Names;
use super::unproven::{Grounds, NAME_TAKEN, NO_NAME, state_of, unpaired};
use crate::error::StoreError;
use crate::spec::StoreSpec;
use crate::store::{Entry, KeyState, Listing, ProblemKind};

/// The files that hold anything, by their number in the walk.
pub(crate) type Scanned = Vec<(usize, FileContents)>;

/// Where a key lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyPlace {
    pub(crate) path: PathBuf,
    /// Which piece of the file.
    pub(crate) piece: u32,
    /// Whether the public key said that it belongs here, and not a name.
    pub(crate) certain: bool,
}

/// What is remembered of an entry between calls.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) certificate: Certificate,
    pub(crate) path: PathBuf,
    pub(crate) key: Option<KeyPlace>,
}

/// A whole store, paired.
#[derive(Debug, Default)]
pub(crate) struct Paired {
    pub(crate) listing: Listing,
    pub(crate) issuers: Vec<Certificate>,
    pub(crate) known: HashMap<EntryId, Known>,
}

impl Paired {
    /// What is known of an entry of the store of this name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub(crate) fn known(&self, id: &EntryId, store: &StoreSpec) -> Result<&Known, StoreError> {
        self.known
            .get(id)
            .ok_or_else(|| StoreError::not_found(store, id))
    }
}

/// A certificate, in every file that has it.
struct Unique {
    found: FoundCertificate,
    files: Vec<usize>,
    key: Option<PairedKey>,
}

/// A certificate's key.
#[derive(Clone)]
struct PairedKey {
    place: KeyPlace,
    state: KeyState,
    provider: Option<String>,
}

/// Pairs everything found in `files`.
pub(crate) fn pair(files: &[PathBuf], scanned: Scanned, guesses: Guesses) -> Paired {
    let mut certificates = Certificates::default();
    let mut proven: HashMap<KeyDigest, (usize, PairedKey)> = HashMap::new();
    let mut unproven = Vec::new();
    let mut told = Messages::new(files);
    for (file, contents) in scanned {
        for found in contents.certificates {
            certificates.add(file, found);
        }
        for key in contents.keys {
            let KeyKind::Known(digest) = key.kind else {
                unproven.push((file, key));
                continue;
            };
            let (_, paired) = proven.entry(digest).or_insert_with(|| {
                let paired = PairedKey {
                    place: KeyPlace {
                        path: files[file].clone(),
                        piece: key.piece,
                        certain: true,
                    },
                    state: KeyState::Exportable,
                    provider: None,
                };
                (file, paired)
            });
            paired.provider = paired.provider.take().or(key.provider);
        }
        for message in contents.problems {
            told.problem(file, ProblemKind::Unreadable, message);
        }
        if let Some(told_of_file) = contents.told {
            told.tell(file, told_of_file);
        }
    }
    for unique in &mut certificates.all {
        let paired = proven.get(&unique.found.public_key);
        unique.key = paired.map(|(_, paired)| paired.clone());
    }
    certificates.pair_unproven(files, unproven, guesses, &mut told);
    certificates.tell_of_keys_alone(files, &proven, &mut told);
    certificates.finish(files, told)
}

#[derive(Default)]
struct Certificates {
    all: Vec<Unique>,
    by_id: HashMap<EntryId, usize>,
}

impl Certificates {
    fn add(&mut self, file: usize, found: FoundCertificate) {
        match self.by_id.get(&found.id) {
            Some(&index) => {
                let unique = &mut self.all[index];
                if unique.files.last() != Some(&file) {
                    unique.files.push(file);
                }
                complete(&mut unique.found.attributes, found.attributes);
            }
            None => {
                self.by_id.insert(found.id, self.all.len());
                self.all.push(Unique {
                    found,
                    files: vec![file],
                    key: None,
                });
            }
        }
    }

    /// Gives keys without a known public half to certificates without a key.
    fn pair_unproven(
        &mut self,
        files: &[PathBuf],
        mut keys: Vec<(usize, FoundKey)>,
        guesses: Guesses,
        told: &mut Messages<'_>,
    ) {
        if keys.is_empty() {
            return;
        }
        let names = Names::of(files, self.all.iter().map(|unique| &*unique.files));
        let mut by_key: HashMap<KeyDigest, Vec<usize>> = HashMap::new();
        for (index, unique) in self.all.iter().enumerate() {
            let same = by_key.entry(unique.found.public_key).or_default();
            same.push(index);
        }
        let (mut left, mut taken) = (Vec::new(), Vec::new());
        self.tie_by_thumbprint(&mut keys);
        // A key that is tied to a certificate goes before others, and one that certstow can read
        // before one that it cannot.
        keys.sort_by_key(|(_, key)| {
            let is_unreadable = matches!(key.kind, KeyKind::Unreadable(_));
            (key.certificate.is_none(), is_unreadable)
        });
        // The same for every key of a file and algorithm: those that were not looked at yet, since
        // whatever has a key keeps it. None where no certificate matches by name.
        let mut candidates: HashMap<(usize, Option<String>), Option<vec::IntoIter<usize>>> =
            HashMap::new();
        for (file, key) in keys {
            let free = |index: &usize| self.all[*index].key.is_none();
            let fits = |index: &&usize| key.kind.fits(&self.all[**index].found.certificate);
            let tied = key.certificate.and_then(|id| self.by_id.get(&id));
            let index = match tied.filter(fits) {
                Some(&index) => Some(index).filter(free),
                None => {
                    let algorithm = match &key.kind {
                        KeyKind::Unknown(algorithm) => Some(algorithm.oid.clone()),
                        _ => None,
                    };
                    let candidates = candidates.entry((file, algorithm)).or_insert_with(|| {
                        let levels = names.matching(files, file);
                        let any = levels.iter().any(|level| !level.is_empty());
                        any.then(|| self.owners(&levels, &key.kind).into_iter())
                    });
                    match candidates {
                        Some(candidates) => candidates.find(free),
                        None => {
                            left.push((file, key));
                            continue;
                        }
                    }
                }
            };
            let Some(index) = index else {
                // A copy of a key that is there, or another certificate's.
                if key.certificate.is_none() {
                    taken.push((file, key.kind));
                }
                continue;
            };
            let is_here = self.all[index].files.contains(&file);
            let grounds = match key.certificate {
                _ if is_here => Grounds::SameFile,
                Some(_) => Grounds::LocalKeyId,
                None => Grounds::Name,
            };
            let same = &by_key[&self.all[index].found.public_key];
            self.give(same, (&files[file], key), grounds);
        }
        match (<[_; 1]>::try_from(left), self.only_one_without()) {
            (Ok([(file, key)]), Some(index))
                if guesses == Guesses::LeftOver
                    && matches!(key.kind, KeyKind::Locked | KeyKind::Untried(_))
                    && shows_wrong_keys(&self.all[index].found.certificate) =>
            {
                let same = &by_key[&self.all[index].found.public_key];
                self.give(same, (&files[file], key), Grounds::LeftOver);
            }
            (Ok([(file, key)]), _) => self.tell_of_unpaired(file, &key.kind, NO_NAME, told),
            (Err(left), _) => {
                for (file, key) in left {
                    self.tell_of_unpaired(file, &key.kind, NO_NAME, told);
                }
            }
        }
        if self.lacks_keys() {
            for (file, kind) in taken {
                self.tell_of_unpaired(file, &kind, NAME_TAKEN, told);
            }
        }
    }

    /// Whether a certificate that is no CA's has no key.
    fn lacks_keys(&self) -> bool {
        let mut all = self.all.iter();
        all.any(|unique| unique.key.is_none() && !unique.found.certificate.is_ca())
    }

    /// Says that a key whose public half does not show goes to no certificate. Where none lacks one,
    /// it promises nothing.
    fn tell_of_unpaired(&self, file: usize, kind: &KeyKind, names: &str, told: &mut Messages<'_>) {
        let (why, help) = unpaired(kind);
        let locked = matches!(kind, KeyKind::Locked | KeyKind::Untried(_));
        let kind = match locked {
            true => ProblemKind::LockedKeyAlone,
            false => ProblemKind::KeyAlone,
        };
        match self.lacks_keys() {
            true => {
                let message = format!("{why}, and {names}; {help}");
                told.problem(file, kind, message);
            }
            false => {
                let message =
                    format!("{why}, and no certificate here is one that it may belong to");
                told.notice(file, kind, message);
            }
        }
    }

    /// Says of keys whose public half no certificate has. One that has the name of a certificate
    /// without a key was meant to be its own.
    fn tell_of_keys_alone(
        &self,
        files: &[PathBuf],
        proven: &HashMap<KeyDigest, (usize, PairedKey)>,
        told: &mut Messages<'_>,
    ) {
        let owned: HashSet<&KeyDigest> = self.all.iter().map(|one| &one.found.public_key).collect();
        let alone = proven.iter().filter(|(digest, _)| !owned.contains(digest));
        let mut alone: Vec<usize> = alone.map(|(_, (file, _))| *file).collect();
        if alone.is_empty() {
            return;
        }
        alone.sort_unstable();
        let without: Vec<&Unique> = self.all.iter().filter(|one| one.key.is_none()).collect();
        let names = Names::of(files, without.iter().map(|unique| &*unique.files));
        for file in alone {
            let levels = names.matching(files, file);
            match levels.iter().copied().flatten().next() {
                Some(&index) => {
                    let label = without[index].found.certificate.parse().label();
                    let message = format!(
                        "its private key belongs to another certificate than that of {label}, \
                         which has the same file name"
                    );
                    told.problem(file, ProblemKind::KeyAlone, message);
                }
                None => told.notice(
                    file,
                    ProblemKind::KeyAlone,
                    "a private key that belongs to no certificate here".to_owned(),
                ),
            }
        }
    }

    /// Ties keys to certificates in other files, as after `openssl pkcs12 -nocerts` and `-nokeys`.
    fn tie_by_thumbprint(&self, keys: &mut [(usize, FoundKey)]) {
        let untied = keys.iter_mut().map(|(_, key)| key);
        let untied = untied.filter(|key| key.certificate.is_none() && key.local_key_id.is_some());
        let mut untied = untied.peekable();
        if untied.peek().is_none() {
            return;
        }
        let certificates = self.all.iter().map(|unique| &unique.found);
        let certificates = certificates.map(|found| {
            let id = bag_attributes::local_key_id_of(&found.certificate);
            (id, found.id)
        });
        let by_thumbprint: HashMap<_, _> = certificates.collect();
        for key in untied {
            let id = key.local_key_id.as_ref();
            key.certificate = id.and_then(|id| by_thumbprint.get(id).copied());
        }
    }

    /// The only certificate without a key that is no CA's; the only one of a CA if there is none.
    fn only_one_without(&self) -> Option<usize> {
        let without = |of_ca: bool| {
            let all = self.all.iter().enumerate();
            let mut without = all.filter(move |(_, unique)| {
                unique.key.is_none() && unique.found.certificate.is_ca() == of_ca
            });
            let first = without.next().map(|(index, _)| index);
            (first, without.next().is_some())
        };
        match without(false) {
            (None, _) => match without(true) {
                (only, false) => only,
                _ => None,
            },
            (only, false) => only,
            _ => None,
        }
    }

    /// Gives a key to those of these certificates, which have one public key, that have none.
    fn give(&mut self, same: &[usize], (path, key): (&Path, FoundKey), grounds: Grounds) {
        let place = KeyPlace {
            path: path.to_owned(),
            piece: key.piece,
            certain: false,
        };
        for &index in same {
            self.all[index].key.get_or_insert_with(|| PairedKey {
                state: state_of(&key.kind, path, grounds),
                place: place.clone(),
                provider: key.provider.clone(),
            });
        }
    }

    /// Which of the certificates that match a key by name may own it: on the first level that has
    /// some, those that are no CA's; only where there are none, a CA's.
    fn owners(&self, levels: &[&[usize]], kind: &KeyKind) -> Vec<usize> {
        let certificate = |index: &usize| &self.all[*index].found.certificate;
        let fitting = || {
            levels.iter().map(|level| {
                let fitting = level.iter().filter(|index| kind.fits(certificate(index)));
                fitting.copied().collect::<Vec<_>>()
            })
        };
        let persons = fitting().map(|mut level| {
            level.retain(|index| !certificate(index).is_ca());
            level
        });
        persons
            .chain(fitting())
            .find(|level| !level.is_empty())
            .unwrap_or_default()
    }

    fn finish(self, files: &[PathBuf], told: Messages<'_>) -> Paired {
        let mut paired = Paired::default();
        paired.listing.problems = told.problems;
        paired.listing.notices = told.notices;
        for Unique {
            found,
            files: in_files,
            key,
        } in self.all
        {
            let is_ca = found.certificate.is_ca();
            if is_ca {
                paired.issuers.push(found.certificate.clone());
            }
            if is_ca && key.is_none() {
                continue;
            }
            let places: Vec<String> = in_files
                .iter()
                .map(|&file| files[file].display().to_string())
                .collect();
            let known = Known {
                certificate: found.certificate.clone(),
                path: in_files
                    .first()
                    .map(|&file| files[file].clone())
                    .unwrap_or_default(),
                key: key.as_ref().map(|key| key.place.clone()),
            };
            paired.known.insert(found.id, known);
            paired.listing.entries.push(entry(found, places, key));
        }
        paired
    }
}

/// Adds what another copy of a certificate says beside it and this one does not.
fn complete(known: &mut Option<Box<BagAttributes>>, more: Option<Box<BagAttributes>>) {
    let (Some(known), Some(more)) = (known.as_mut(), more.as_ref()) else {
        *known = known.take().or(more);
        return;
    };
    if known.friendly_name.is_none() {
        known.friendly_name.clone_from(&more.friendly_name);
    }
    if known.properties.is_empty() {
        known.properties.clone_from(&more.properties);
    }
}

fn entry(found: FoundCertificate, places: Vec<String>, key: Option<PairedKey>) -> Entry {
    let (key, provider) = key.map_or((KeyState::Missing, None), |key| (key.state, key.provider));
    let attributes = found
        .attributes
        .map_or_else(BagAttributes::default, |boxed| *boxed);
    let mut properties = attributes.properties;
    properties.sort_by_key(|property| property.id);
    Entry {
        pending: found.certificate.is_pending(),
        id: found.id,
        certificate: found.certificate,
        label: attributes.friendly_name,
        key,
        provider,
        container: None,
        archived: false,
        backed_up: None,
        places,
        properties,
    }
}

/// Whether a key that is not the certificate's is always found out once it is opened: its algorithm is
/// one whose public halves are compared.
fn shows_wrong_keys(certificate: &Certificate) -> bool {
    const COMPARED: [&str; 3] = ["1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "1.3.101.112"];
    let algorithm = key::algorithm_of(certificate.spki_der());
    algorithm.is_some_and(|oid| COMPARED.contains(&oid.as_str()))
}

/// How far a pairing guesses whose a locked key is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guesses {
    /// By its place and name.
    ByName,
    /// Also by being the only one left over, for a store that is not changed.
    LeftOver,
}
