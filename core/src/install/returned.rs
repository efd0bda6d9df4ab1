//! What a CA returned, read from files in any form that a folder store reads: the certificate that was
//! asked for, mostly with those of its issuers. Bounds keep a wrong file from taking long.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::request::is_request;
use certstow_platform::store::NonInteractive;

use crate::error::{Error, NotInstallable};
use crate::identity::{ListedCertificate, StoreProblem};
use crate::import::{self, Input, Sources};
use crate::text;

/// How many bytes of a file are looked at to say what it is instead of a certificate.
const BEGINNING: u64 = 64 << 10;

/// What a CA returned.
#[derive(Debug)]
pub struct Returned {
    files: Vec<PathBuf>,
    /// The certificates that issued no other one of these.
    pub(super) certificates: Vec<Certificate>,
    /// Those whose private key came with them.
    pub(super) with_key: HashSet<EntryId>,
    /// The others, and what came along for the path.
    pub(super) issuers: Vec<Certificate>,
    /// What could not be read, and is for the caller to tell.
    pub problems: Vec<StoreProblem>,
}

impl Returned {
    /// Reads files. `chain` are further files, with certificates of issuers.
    ///
    /// # Errors
    /// - [`Error::NothingToInstall`]: there is no certificate in them that could be joined with a key.
    /// - [`Error::Store`]: a file is not there, or cannot be looked at.
    pub fn read(files: &[PathBuf], chain: &[PathBuf]) -> Result<Self, Error> {
        let beginning = match files {
            [file] => beginning_of(file).ok(),
            _ => None,
        };
        Self::of(Input::Files(files), files, beginning.as_deref(), chain)
    }

    /// The same of the content of one file, which messages call `name`.
    ///
    /// # Errors
    /// As [`Returned::read`].
    pub fn read_bytes(bytes: &[u8], name: &str, chain: &[PathBuf]) -> Result<Self, Error> {
        let beginning = &bytes[..bytes.len().min(BEGINNING as usize)];
        Self::of(
            Input::Bytes { bytes, name },
            &[name.into()],
            Some(beginning),
            chain,
        )
    }

    fn of(
        input: Input<'_>,
        files: &[PathBuf],
        beginning: Option<&[u8]>,
        chain: &[PathBuf],
    ) -> Result<Self, Error> {
        let sources = import::read(input, &[], &mut NonInteractive)?;
        let refused = |what| {
            Err(Error::NothingToInstall {
                files: files.to_vec(),
                what,
            })
        };
        let all = certificates_of(&sources);
        if all.is_empty() {
            return refused(match sources.locked.is_empty() {
                false => NotInstallable::Locked,
                true => beginning.map_or(NotInstallable::NoCertificate, kind_of),
            });
        }
        // It stands beside the key, which would be deleted with it.
        if all.iter().any(Certificate::is_pending) {
            return refused(NotInstallable::Request);
        }
        let mut problems = sources.problems;
        let mut along = Vec::new();
        if !chain.is_empty() {
            let sources = import::read(Input::Files(chain), &[], &mut NonInteractive)?;
            along = certificates_of(&sources);
            problems.extend(sources.problems);
        }
        let issued_another = |one: &Certificate| {
            let mut others = all.iter().filter(|other| other.id() != one.id());
            one.is_ca() && others.any(|other| other.issuer_der() == one.subject_der())
        };
        let (issuers, certificates): (Vec<_>, Vec<_>) =
            all.iter().cloned().partition(issued_another);
        Ok(Self {
            files: files.to_vec(),
            with_key: sources
                .inventory
                .identities()
                .map(ListedCertificate::id)
                .collect(),
            certificates,
            issuers: issuers.into_iter().chain(along).collect(),
            problems,
        })
    }
}

impl Returned {
    /// A certificate that a store has, to look for its key.
    pub fn of_store(listed: &ListedCertificate) -> Self {
        Self {
            files: Vec::new(),
            certificates: vec![listed.certificate().clone()],
            with_key: HashSet::new(),
            issuers: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The error of these files.
    pub(super) fn refused(&self, what: NotInstallable) -> Error {
        let files = self.files.clone();
        Error::NothingToInstall { files, what }
    }
}

/// Every certificate that was read, those of CAs too.
fn certificates_of(sources: &Sources) -> Vec<Certificate> {
    let listed = sources.inventory.certificates().iter();
    let mut all: Vec<Certificate> = listed.map(|one| one.certificate().clone()).collect();
    for issuer in sources.inventory.issuers().0 {
        if all.iter().all(|one| one.id() != issuer.id()) {
            all.push(issuer);
        }
    }
    all
}

/// What a file without a certificate is, if that is to be seen.
fn kind_of(beginning: &[u8]) -> NotInstallable {
    let decoded = text::decode(beginning);
    let lossy = String::from_utf8_lossy(beginning);
    let text = decoded.as_deref().map_or(&*lossy, String::as_str);
    let text_begins = text.trim_start();
    let begins = |with: &str| {
        let beginning = text_begins.get(..with.len());
        beginning.is_some_and(|it| it.eq_ignore_ascii_case(with))
    };
    match () {
        () if beginning.is_empty() => NotInstallable::Empty,
        () if is_request(beginning) || is_request(text.as_bytes()) => NotInstallable::Request,
        () if begins("%PDF-") => NotInstallable::Pdf,
        () if beginning.starts_with(b"PK\x03\x04") => NotInstallable::Zip,
        () if begins("<!doctype html") || begins("<html") => NotInstallable::WebPage,
        () => NotInstallable::NoCertificate,
    }
}

fn beginning_of(file: &Path) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::new();
    File::open(file)?
        .take(BEGINNING)
        .read_to_end(&mut beginning)?;
    Ok(beginning)
}
