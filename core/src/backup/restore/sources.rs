//! The files of a folder that are to be opened: those of the manifest, and what it does not name
//! where that is wanted. Each is read once, and opened in memory.

use std::io;
use std::path::Path;

use certstow_formats::pkcs12::error::DecodeError;
use certstow_platform::OpenedFile;
use certstow_platform::store::{Listing, Store};

use crate::backup::folder::{Condition, Folder, KeyFile, Subject, shown};
use crate::backup::manifest;
use crate::backup::opener::Opener;
use crate::backup::record::{self, Unusable};
use crate::backup::wanted::{LEFT_OUT, Wanted};
use crate::error::Error;
use crate::warning::{Code, Warning};

/// The files that are to be opened.
#[derive(Default)]
pub(super) struct Sources {
    /// Those of the manifest first, in its order.
    pub(super) files: Vec<Subject>,
    /// Whether identities that the manifest does not name are taken.
    pub(super) takes_unnamed: bool,
    /// What has the name of a file, is not named by the manifest, and is no file.
    pub(super) strange: Vec<(String, Error)>,
    /// How many files the manifest does not name and were left out for that.
    pub(super) left_out: usize,
    pub(super) notes: Vec<Warning>,
}

impl Sources {
    pub(super) fn of(path: &Path, folder: &Folder, wanted: &Wanted<'_>) -> Self {
        let mut sources = Self::default();
        let manifest = match record::of_folder(path) {
            Ok(Some(manifest)) => Ok(manifest.entries),
            Ok(None) => Err("there is no manifest".to_owned()),
            Err(Unusable::Damaged(reason)) => {
                Err(format!("the manifest cannot be used ({reason})"))
            }
            Err(Unusable::Unreadable(error)) => {
                let error = manifest::unreadable(path, error);
                sources.strange.push((manifest::NAME.to_owned(), error));
                Err("the manifest cannot be read".to_owned())
            }
        };
        sources.takes_unnamed = wanted.unnamed || manifest.is_err();
        let is_whole = manifest.is_ok();
        let entries = manifest.unwrap_or_else(|why| {
            let note = format!("{why}: every file that opens is taken");
            sources.notes.push(Warning::new(Code::Manifest, note));
            Vec::new()
        });
        let unnamed = folder.unnamed(&entries);
        let (entries, by_thumbprint) = wanted.narrowed(entries);
        sources.files.extend(entries.into_iter().map(Subject::of));
        for file in unnamed {
            sources.take_unnamed(folder, file, is_whole, by_thumbprint);
        }
        sources
    }

    /// A file that no entry names. Anybody who can write to the folder can put one there.
    fn take_unnamed(
        &mut self,
        folder: &Folder,
        file: Subject,
        is_whole: bool,
        by_thumbprint: bool,
    ) {
        let shown = shown(&file.name);
        let text = format!("the manifest does not name {shown}");
        let note = |text: String| Warning::new(Code::Unnamed, text);
        if self.takes_unnamed {
            self.notes.extend(is_whole.then(|| note(text)));
            self.files.push(file);
            return;
        }
        match folder.unreadable(&file.name) {
            // All that is wanted is in the manifest.
            Some(error) if by_thumbprint => self.notes.push(note(format!("{text}, and {error}"))),
            Some(error) => {
                self.notes.push(note(text));
                let error = folder.file_error(&file.name, format!("cannot be read: {error}"));
                self.strange.push((shown, error));
            }
            None => {
                self.left_out += 1;
                let text = format!("{text}: {LEFT_OUT}");
                self.notes.push(Warning::new(Code::LeftOut, text));
            }
        }
    }
}

/// Without one, a file opens with whatever password is given. A run always writes one.
const NO_MAC: &str = "has no MAC, so that anybody can have made it";

/// What reading a file gave: what became of it, if the manifest tells what it was, and what is in
/// it.
pub(super) type Read = (Option<Condition>, Result<Opened, Error>);

/// A file that was opened, as a store, and what it holds.
pub(super) type Opened = (Box<dyn Store>, Listing);

pub(super) fn read(subject: &Subject, folder: &Folder, opener: Opener<'_>) -> Read {
    let (file, condition) = subject.read(folder, opener.is_escrow());
    (condition, open(subject, folder, &file, opener))
}

fn open(
    subject: &Subject,
    folder: &Folder,
    file: &KeyFile,
    opener: Opener<'_>,
) -> Result<Opened, Error> {
    let bytes = file.bytes.as_ref().map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "is missing".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        folder.file_error(&subject.name, reason)
    })?;
    let path = folder.path(&subject.name);
    opener.open(folder, &subject.name, file, |password| {
        let opened = OpenedFile::open(bytes, &path, password).map_err(|error| match error {
            DecodeError::WrongPassword | DecodeError::WrongPasswordOrAltered => {
                Error::WrongPassword {
                    place: path.display().to_string(),
                }
            }
            other => folder.file_error(&subject.name, format!("cannot be opened: {other}")),
        })?;
        if subject.saved.is_some() && !opened.has_mac() {
            return Err(folder.file_error(&subject.name, NO_MAC.to_owned()));
        }
        let listing = opened.list()?;
        Ok((Box::new(opened) as Box<dyn Store>, listing))
    })
}
