//! Taking an identity out of a folder: first a plan of what becomes of every file that holds it,
//! then the changes. Whatever speaks against one of them is found before any is made.
//!
//! A PEM file is written anew without the blocks in question, under a temporary name, and renamed
//! when it was read back. Of a PKCS#12 file nothing can be taken out; one that holds this identity
//! and its issuers alone is deleted, after its certificates were written to a PEM file if they are
//! to stay. The private key goes from every file that holds it: one copy left would be a key left.

use std::ops::Range;
use std::path::{Path, PathBuf};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::pem;
use certstow_formats::pkcs12::decode::BagAttributes;
use zeroize::Zeroizing;

use super::bag_attributes;
use super::blocks::{self, Form};
use super::change::{self, Becomes, Change};
use super::found::{FileContents, FoundCertificate, FoundKey};
use super::key_kind::{KeyDigest, KeyKind};
use super::pair::{KeyPlace, Scanned};
use super::passwords::Passwords;
use super::pem::Blocks;
use crate::error::StoreError;
use crate::store::Removal;

/// What is to be taken out.
pub(crate) struct Target<'a> {
    pub(crate) id: EntryId,
    pub(crate) public_key: KeyDigest,
    /// A key without a known public half that was proven to be the certificate's.
    pub(crate) proven: Option<&'a KeyPlace>,
    pub(crate) what: Removal,
}

/// What has to change so that the target is gone.
///
/// # Errors
/// [`StoreError::NotRemoved`]: it cannot be taken out alone.
pub(crate) fn plan(
    target: &Target<'_>,
    files: &[PathBuf],
    scanned: &Scanned,
    passwords: &Passwords,
) -> Result<Vec<Change>, StoreError> {
    let folder = Folder {
        target,
        files,
        scanned,
    };
    let key_stays_in = folder.files_whose_key_stays()?;
    let mut changes = Vec::new();
    for (file, contents) in scanned {
        let file = *file;
        let removes_key = !key_stays_in.contains(&file) && folder.has_own_key(file, contents);
        let removes_certificate = target.what == Removal::Entry && holds(contents, &target.id);
        if removes_key || removes_certificate {
            let edit = Edit {
                folder: &folder,
                file,
                removes_key,
            };
            changes.push(edit.change(contents, passwords)?);
        }
    }
    if let Some(place) = target.proven
        && !folder
            .with_own_key()
            .any(|(file, _)| files[*file] == place.path)
    {
        return Err(StoreError::not_removed(&place.path, HOLDS_MORE, None));
    }
    // What stays is safe before anything goes.
    changes.sort_by_key(|change| matches!(change.becomes, Becomes::Deleted));
    Ok(changes)
}

const HOLDS_MORE: &str = "the file holds more than this identity, and nothing can be taken out of such a \
                          file";

fn holds(contents: &FileContents, id: &EntryId) -> bool {
    contents.certificates.iter().any(|found| found.id == *id)
}

/// The folder as it was read.
struct Folder<'a> {
    target: &'a Target<'a>,
    files: &'a [PathBuf],
    scanned: &'a Scanned,
}

impl Folder<'_> {
    /// The files in which the private key stays, because another certificate has the same one.
    fn files_whose_key_stays(&self) -> Result<Vec<usize>, StoreError> {
        let target = self.target;
        let shares = |found: &FoundCertificate| {
            found.id != target.id && found.public_key == target.public_key
        };
        let shared = |contents: &FileContents| contents.certificates.iter().any(shares);
        let Some((other, _)) = self.scanned.iter().find(|(_, contents)| shared(contents)) else {
            return Ok(Vec::new());
        };
        if target.what == Removal::Key {
            let reason = format!(
                "the certificate in {} has the same key",
                self.files[*other].display()
            );
            return Err(StoreError::not_removed(self.key_place(), reason, None));
        }
        let with_key: Vec<_> = self.with_own_key().collect();
        let mut stays: Vec<_> = with_key
            .iter()
            .filter(|(_, contents)| shared(contents))
            .collect();
        if stays.is_empty() {
            stays = with_key.iter().collect();
        }
        Ok(stays.into_iter().map(|(file, _)| *file).collect())
    }

    /// The files with the target's private key.
    fn with_own_key(&self) -> impl Iterator<Item = &(usize, FileContents)> {
        let scanned = self.scanned.iter();
        scanned.filter(|(file, contents)| self.has_own_key(*file, contents))
    }

    fn has_own_key(&self, file: usize, contents: &FileContents) -> bool {
        let mut keys = contents.keys.iter();
        keys.any(|key| self.is_own(file, contents, key))
    }

    /// The first file with the key.
    fn key_place(&self) -> &Path {
        let found = self.with_own_key().next();
        found.map_or(Path::new(""), |(file, _)| &self.files[*file])
    }

    /// Whether a key of a file is the target's: by its public half, or because it was proven, or
    /// because the file leaves no doubt.
    fn is_own(&self, file: usize, contents: &FileContents, key: &FoundKey) -> bool {
        match &key.kind {
            KeyKind::Known(digest) => *digest == self.target.public_key,
            _ => {
                let is_proven = |at: &KeyPlace| {
                    let in_piece = contents.keys.iter().filter(|key| key.piece == at.piece);
                    // What opens a container of several keys does not show which is which.
                    at.path == self.files[file] && at.piece == key.piece && in_piece.count() == 1
                };
                self.target.proven.is_some_and(is_proven)
                    || is_beyond_doubt(contents, key, &self.target.id)
            }
        }
    }

    /// Whether another certificate of the folder needs one of these issuers, which no other file
    /// has, for its path.
    fn needs(&self, file: usize, issuers: &[&Certificate]) -> bool {
        let elsewhere = || {
            let others = self.scanned.iter().filter(|(other, _)| *other != file);
            others.flat_map(|(_, contents)| &contents.certificates)
        };
        issuers.iter().any(|issuer| {
            let mut others = elsewhere();
            elsewhere().all(|found| found.certificate != **issuer)
                && others.any(|found| {
                    found.id != self.target.id
                        && found.certificate.issuer_der() == issuer.subject_der()
                })
        })
    }
}

/// Whether a file leaves no doubt that a key, whose public half does not show, is this certificate's:
/// it ties this key alone to it, or holds nothing else. Beside an issuer, the key may be the issuer's.
pub(crate) fn is_beyond_doubt(contents: &FileContents, key: &FoundKey, id: &EntryId) -> bool {
    let FileContents {
        certificates,
        keys,
        problems,
        told,
        has_other_key: _,
        unseen,
    } = contents;
    let is_tied = |key: &FoundKey| key.certificate == Some(*id);
    if !is_tied(key) && (key.local_key_id.is_some() || keys.len() > 1) {
        return false;
    }
    let is_alone = keys.len() == 1
        && certificates.iter().all(|found| found.id == *id)
        && problems.is_empty()
        && told.is_none()
        && !unseen;
    let own = certificates.iter().find(|found| found.id == *id);
    own.is_some_and(|FoundCertificate { certificate, .. }| {
        let is_tied_alone = is_tied(key)
            && key.is_tied_for_good(certificate)
            && keys.iter().filter(|key| is_tied(key)).count() == 1;
        key.kind.fits(certificate) && (is_alone || is_tied_alone)
    })
}

/// The certificates beside this one that are no issuers.
fn others<'a>(
    contents: &'a FileContents,
    id: &'a EntryId,
) -> impl Iterator<Item = &'a FoundCertificate> {
    let certificates = contents.certificates.iter();
    certificates.filter(move |found| found.id != *id && !found.certificate.is_ca())
}

/// What is done to one file.
struct Edit<'a> {
    folder: &'a Folder<'a>,
    file: usize,
    removes_key: bool,
}

/// What becomes of a piece of a file.
enum Piece {
    Kept,
    Dropped,
    /// These certificates take its place.
    Certificates(Vec<Certificate>),
}

impl Edit<'_> {
    fn change(&self, whole: &FileContents, passwords: &Passwords) -> Result<Change, StoreError> {
        let path = &self.folder.files[self.file];
        if path.is_symlink() {
            return Err(self.refused("it is a link; take the file it leads to out of its folder"));
        }
        let was = change::read(path)?;
        if blocks::read(&was, &mut Zeroizing::default(), &mut |_| ()) == Form::OtherText {
            return Err(StoreError::InOtherText {
                place: path.display().to_string(),
            });
        }
        let ranges = pieces(&was);
        let is_pem = super::pem::has_block(&was);
        let (mut base, mut bytes) = (0, Zeroizing::new(Vec::with_capacity(was.len() * 2)));
        let (mut kept, mut instead) = (FileContents::default(), Vec::new());
        let mut keys_now = Vec::new();
        let (mut anything_kept, mut unknown_kept) = (false, false);
        let mut end = 0;
        for range in ranges {
            end = range.end;
            let (contents, count) = FileContents::read(&was[range.clone()], passwords);
            keys_now.extend(
                contents
                    .keys
                    .iter()
                    .map(|key| (base + key.piece, key.kind.clone())),
            );
            match self.piece(whole, base..base + count, &contents)? {
                Piece::Kept => {
                    bytes.extend_from_slice(&was[range]);
                    anything_kept = true;
                    unknown_kept |= contents.is_empty();
                    kept.certificates.extend(contents.certificates);
                    kept.keys.extend(contents.keys);
                    kept.problems.extend(contents.problems);
                    kept.told = kept.told.or(contents.told);
                }
                Piece::Dropped => {}
                Piece::Certificates(certificates) => instead.extend(certificates),
            }
            base += count;
        }
        // Which keys go is told by their numbers, and those are of an earlier reading.
        let keys = whole.keys.iter().map(|key| (key.piece, key.kind.clone()));
        if !keys.eq(keys_now) {
            return Err(change::changed_meanwhile(path));
        }
        let issuers = kept.certificates.iter().map(|found| &found.certificate);
        let issuers: Vec<_> = issuers.chain(&instead).collect();
        let only_issuers = kept.keys.is_empty()
            && kept.problems.is_empty()
            && kept.told.is_none()
            && !unknown_kept
            && issuers.iter().all(|certificate| certificate.is_ca())
            && !issuers.is_empty();
        let useless = only_issuers
            && self.folder.target.what == Removal::Entry
            && !self.folder.needs(self.file, &issuers);
        let becomes = if useless || (!anything_kept && instead.is_empty()) {
            Becomes::Deleted
        } else if is_pem {
            bytes.extend_from_slice(&self.written(&instead)?);
            bytes.extend_from_slice(&was[end..]);
            Becomes::Rewritten(bytes)
        } else {
            Becomes::Converted {
                label: self.stem(),
                id: self.folder.target.id,
                bytes: self.written(&instead)?,
            }
        };
        let path = path.clone();
        Ok(Change { path, was, becomes })
    }

    /// What becomes of the piece with these numbers and contents.
    fn piece(
        &self,
        whole: &FileContents,
        numbers: Range<u32>,
        contents: &FileContents,
    ) -> Result<Piece, StoreError> {
        let target = self.folder.target;
        let keys = whole.keys.iter();
        let keys = keys.filter(|key| numbers.contains(&key.piece));
        let (own, foreign): (Vec<_>, Vec<_>) =
            keys.partition(|key| self.removes_key && self.folder.is_own(self.file, whole, key));
        let removes_certificate = target.what == Removal::Entry && holds(contents, &target.id);
        if own.is_empty() && !removes_certificate {
            return Ok(Piece::Kept);
        }
        if !foreign.is_empty() || contents.unseen || others(contents, &target.id).next().is_some() {
            return Err(self.refused(HOLDS_MORE));
        }
        if own.len() + contents.certificates.len() == 1 {
            return Ok(Piece::Dropped);
        }
        let stays =
            |found: &&FoundCertificate| target.what == Removal::Key || found.id != target.id;
        let certificates = contents.certificates.iter().filter(stays);
        Ok(Piece::Certificates(
            certificates
                .map(|found| found.certificate.clone())
                .collect(),
        ))
    }

    /// Certificates as PEM, the entry's with its friendly name.
    fn written(&self, certificates: &[Certificate]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let named = bag_attributes::write(&BagAttributes {
            friendly_name: self.label().map(str::to_owned),
            ..BagAttributes::default()
        });
        let blocks = certificates.iter().map(|certificate| pem::Block {
            before: match certificate.id() == self.folder.target.id {
                true => &named,
                false => "",
            },
            ..pem::Block::new(pem::CERTIFICATE, certificate.der())
        });
        let blocks: Vec<_> = blocks.collect();
        pem::join(&blocks).map_err(|_| self.refused("its certificates are too large"))
    }

    fn label(&self) -> Option<&str> {
        let scanned = self.folder.scanned.iter();
        let contents = scanned.filter(|(file, _)| *file == self.file);
        let mut certificates = contents.flat_map(|(_, contents)| &contents.certificates);
        let found = certificates.find(|found| found.id == self.folder.target.id)?;
        found.attributes.as_ref()?.friendly_name.as_deref()
    }

    /// The friendly name or else the name of the file, to name the one that takes its place.
    fn stem(&self) -> String {
        let stem = || {
            let path = &self.folder.files[self.file];
            path.file_stem().unwrap_or_default().to_string_lossy()
        };
        self.label()
            .map_or_else(|| stem().into_owned(), str::to_owned)
    }

    fn refused(&self, reason: &str) -> StoreError {
        let path = &self.folder.files[self.file];
        StoreError::not_removed(path, reason, None)
    }
}

/// Where the pieces of a file lie that can be taken out by themselves: PEM blocks, with the text
/// before them, which tells of a key more than it should (`openssl rsa -text`); a binary file as a
/// whole. The parameters before an EC key go with it.
fn pieces(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut blocks = Blocks(bytes);
    let (mut ranges, mut start) = (Vec::new(), 0);
    while let Some(block) = blocks.next() {
        let end = bytes.len() - blocks.0.len();
        let end = end + line_end(&bytes[end..]);
        if block.label != "EC PARAMETERS" {
            ranges.push(start..end);
            start = end;
        }
    }
    if ranges.is_empty() {
        ranges.push(0..bytes.len());
    }
    ranges
}

/// How long the line end is that these bytes begin with.
fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}
