//! What this account remembers of the files that it saved ([`certstow_core::noted`]), for the commands that
//! save one, or say whether there is a copy.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use certstow_core::export::Exported;
use certstow_core::noted::{Memory, Noted, Notes, State};
use certstow_core::time::UnixTime;
use certstow_core::warning::Warning;
use certstow_formats::certificate::EntryId;
use certstow_formats::names;
use certstow_formats::plural::counted;

/// Where this account remembers; `None` where it has no place for that.
pub(crate) fn memory() -> Option<Memory> {
    certstow_platform::state_folder().map(Memory::in_folder)
}

/// Remembers a file of an export; a warning, if it cannot.
pub(crate) fn add(saved: &Exported, file: &Path) -> Option<Warning> {
    let noted = Noted::of(saved, file)?;
    memory()?.add(noted)
}

/// What is remembered, by the certificate.
#[derive(Debug, Default)]
pub(crate) struct Copies(HashMap<String, Vec<Noted>>);

impl Copies {
    /// Reads them. With them comes what is wrong with them, as a sentence.
    pub(crate) fn read() -> (Self, Option<String>) {
        let (notes, warning) = read();
        let mut copies: HashMap<String, Vec<Noted>> = HashMap::new();
        for noted in notes.files {
            let of_one = copies.entry(noted.thumbprint.sha256.clone()).or_default();
            of_one.push(noted);
        }
        (Self(copies), warning)
    }

    /// When an identity was last saved to a file, as it was then proven.
    pub(crate) fn last(&self, id: &EntryId) -> Option<UnixTime> {
        self.of_identity(id).iter().filter_map(Noted::when).max()
    }

    /// The files of an identity, and what became of each; those that are lost last.
    pub(crate) fn states(&self, id: &EntryId) -> Vec<(&Noted, State)> {
        let files = self.of_identity(id).iter();
        let mut states: Vec<_> = files.map(|noted| (noted, noted.state())).collect();
        states.sort_by_key(|(_, state)| !state.may_be_there());
        states
    }

    /// The files in a folder that are those that were saved, whatever they are called there and wherever
    /// the folder was then.
    pub(crate) fn found_in(&self, folder: &Path) -> Vec<(&Noted, String)> {
        const ENDINGS: [&str; 3] = ["p12", "pfx", "pem"];
        let mut by_hash = HashMap::new();
        for noted in self.0.values().flatten() {
            by_hash.entry(noted.sha256.as_str()).or_insert(noted);
        }
        let entries = fs::read_dir(folder).into_iter().flatten();
        let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let files = files.filter(|file| {
            let extension = file.extension().and_then(OsStr::to_str);
            extension.is_some_and(|one| ENDINGS.contains(&one.to_lowercase().as_str()))
        });
        let mut found: Vec<_> = files
            .filter_map(|file| {
                let noted = by_hash.get(certstow_core::noted::sha256_of(&file)?.as_str())?;
                let name = file.file_name()?.to_string_lossy().into_owned();
                Some((*noted, name))
            })
            .collect();
        found.sort_by(|(_, one), (_, other)| one.cmp(other));
        found
    }

    fn of_identity(&self, id: &EntryId) -> &[Noted] {
        let files = self.0.get(&names::hex(id.as_bytes()));
        files.map_or(&[], Vec::as_slice)
    }
}

/// What is remembered, and what is wrong with that, as a sentence.
pub(crate) fn read() -> (Notes, Option<String>) {
    let Some(memory) = memory() else {
        return Default::default();
    };
    match memory.read() {
        Ok(notes) if notes.damaged == 0 => (notes, None),
        Ok(notes) => {
            let lines = counted(notes.damaged, "line", "lines");
            let file = memory.file();
            let warning = format!(
                "{lines} of {} cannot be read: copies that were saved may not be known",
                file.display()
            );
            (notes, Some(warning))
        }
        Err(reason) => (Notes::default(), Some(reason)),
    }
}
