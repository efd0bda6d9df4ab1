//! Which key belongs to which certificate: by the public key, never by the file's name. Only
//! where a key does not show its public half (it is encrypted, or of an unknown algorithm) does
//! it go to a certificate in the same file, or of the same name, that has no other key; the
//! key's state then says so.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::contents::{FileContents, FoundCertificate, FoundKey, KeyDigest, KeyKind};
use crate::certificate::{Certificate, EntryId};
use crate::key;
use crate::pkcs12::decode::BagAttributes;
use crate::store::{Entry, KeyState, Problem};

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
    pub(crate) entries: Vec<Entry>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) issuers: Vec<Certificate>,
    pub(crate) known: HashMap<EntryId, Known>,
}

/// A certificate, in every file that has it.
struct Unique {
    found: FoundCertificate,
    files: Vec<usize>,
    key: Option<(KeyPlace, KeyState)>,
}

/// Pairs everything found in `files`.
pub(crate) fn pair(files: &[PathBuf], scanned: Scanned) -> Paired {
    let mut certificates = Certificates::default();
    let mut by_public_key: HashMap<KeyDigest, (usize, u32)> = HashMap::new();
    let mut unproven = Vec::new();
    let mut problems = Vec::new();
    for (file, contents) in scanned {
        for found in contents.certificates {
            certificates.add(file, found);
        }
        for FoundKey { piece, kind } in contents.keys {
            if let KeyKind::Known(digest) = kind {
                by_public_key.entry(digest).or_insert((file, piece));
            } else {
                unproven.push((file, piece, kind));
            }
        }
        for message in contents.problems {
            let place = files[file].display().to_string();
            problems.push(Problem { place, message });
        }
    }
    for unique in &mut certificates.all {
        unique.key = by_public_key
            .get(&unique.found.public_key)
            .map(|&(file, piece)| {
                let path = files[file].clone();
                let certain = true;
                (
                    KeyPlace {
                        path,
                        piece,
                        certain,
                    },
                    KeyState::Exportable,
                )
            });
    }
    certificates.pair_unproven(files, unproven, &mut problems);
    certificates.finish(files, problems)
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
                if unique.found.attributes.is_none() {
                    unique.found.attributes = found.attributes;
                }
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
        keys: Vec<(usize, u32, KeyKind)>,
        problems: &mut Vec<Problem>,
    ) {
        if keys.is_empty() {
            return;
        }
        let names = Names::of(files, &self.all);
        for (file, piece, kind) in keys {
            let matching = names.matching(files, file);
            let fits = |index: &usize| fits(&self.all[*index].found.certificate, &kind);
            let mut free = matching
                .iter()
                .copied()
                .filter(|index| self.all[*index].key.is_none() && fits(index))
                .collect::<Vec<_>>();
            // In a bundle the key is that of the first certificate that is no CA's.
            free.sort_by_key(|&index| self.all[index].found.certificate.is_ca());
            let Some(&index) = free.first() else {
                if matching.is_empty() {
                    problems.push(unpaired(&files[file], &kind));
                }
                continue;
            };
            let unique = &mut self.all[index];
            let state = state_of(&kind, &files[file], unique.files.contains(&file));
            let path = files[file].clone();
            let certain = false;
            unique.key = Some((
                KeyPlace {
                    path,
                    piece,
                    certain,
                },
                state,
            ));
        }
    }

    fn finish(self, files: &[PathBuf], problems: Vec<Problem>) -> Paired {
        let mut paired = Paired {
            problems,
            ..Paired::default()
        };
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
            let (key_place, state) = key.map_or((None, KeyState::Missing), |(place, state)| {
                (Some(place), state)
            });
            let known = Known {
                certificate: found.certificate.clone(),
                path: in_files
                    .first()
                    .map(|&file| files[file].clone())
                    .unwrap_or_default(),
                key: key_place,
            };
            paired.known.insert(found.id, known);
            paired.entries.push(entry(found, places, state));
        }
        paired
    }
}

fn entry(found: FoundCertificate, places: Vec<String>, key: KeyState) -> Entry {
    let attributes = found
        .attributes
        .map_or_else(BagAttributes::default, |boxed| *boxed);
    let mut properties = attributes.properties;
    properties.sort_by_key(|property| property.id);
    Entry {
        id: found.id,
        certificate: found.certificate,
        label: attributes.friendly_name,
        key,
        provider: attributes.provider_name,
        places,
        properties,
    }
}

/// Whether a key may belong to a certificate as far as its algorithm shows.
fn fits(certificate: &Certificate, kind: &KeyKind) -> bool {
    match kind {
        KeyKind::Known(_) => false,
        KeyKind::Locked => true,
        KeyKind::Unknown(oid) => key::algorithm_of(certificate.spki_der())
            .is_some_and(|of| oid.split(' ').next() == Some(of.as_str())),
    }
}

fn state_of(kind: &KeyKind, file: &Path, same_file: bool) -> KeyState {
    let name = file.display();
    match kind {
        KeyKind::Locked if same_file => KeyState::Locked(format!("{name} is encrypted")),
        KeyKind::Locked => KeyState::Locked(format!(
            "{name} is encrypted; taken for this certificate's key by its file name"
        )),
        KeyKind::Known(_) | KeyKind::Unknown(_) => KeyState::Unknown,
    }
}

fn unpaired(file: &Path, kind: &KeyKind) -> Problem {
    let why = match kind {
        KeyKind::Unknown(oid) => format!("its private key's algorithm, {oid}, is not known"),
        KeyKind::Known(_) | KeyKind::Locked => "its private key is encrypted".to_owned(),
    };
    Problem {
        place: file.display().to_string(),
        message: format!(
            "{why}, and no certificate has the same file name; give both files one name to pair \
             them"
        ),
    }
}

/// Certificates by the names of their files.
struct Names<'a> {
    by_file: HashMap<usize, Vec<usize>>,
    by_stem: HashMap<&'a OsStr, Vec<(usize, usize)>>,
}

impl<'a> Names<'a> {
    fn of(files: &'a [PathBuf], certificates: &[Unique]) -> Self {
        let mut names = Self {
            by_file: HashMap::new(),
            by_stem: HashMap::new(),
        };
        for (index, unique) in certificates.iter().enumerate() {
            for &file in &unique.files {
                names.by_file.entry(file).or_default().push(index);
                let stem = stem(&files[file]);
                names.by_stem.entry(stem).or_default().push((file, index));
            }
        }
        names
    }

    /// The certificates in the key's own file; else those of the same name in its folder; else
    /// those of the same name anywhere, as with `certs/mail.pem` and `private/mail.pem`.
    fn matching(&self, files: &[PathBuf], file: usize) -> Vec<usize> {
        if let Some(indices) = self.by_file.get(&file) {
            return indices.clone();
        }
        let anywhere = self
            .by_stem
            .get(stem(&files[file]))
            .map_or(&[][..], Vec::as_slice);
        let folder = files[file].parent();
        let here: Vec<usize> = anywhere
            .iter()
            .filter(|(other, _)| files[*other].parent() == folder)
            .map(|&(_, index)| index)
            .collect();
        if here.is_empty() {
            anywhere.iter().map(|&(_, index)| index).collect()
        } else {
            here
        }
    }
}

/// The file's name without the endings that tell its form: `mail` for `mail.key.pem`.
fn stem(path: &Path) -> &OsStr {
    const ENDINGS: [&str; 10] = [
        "pem", "crt", "cer", "cert", "der", "key", "p8", "pk8", "enc", "txt",
    ];
    let mut name = Path::new(path.file_name().unwrap_or_default());
    while let (Some(stem), Some(ending)) = (name.file_stem(), name.extension())
        && ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    {
        name = Path::new(stem);
    }
    name.as_os_str()
}
