//! Notes of PINs that were given to a token while nobody was at hand, in a file for each token below
//! [`state_folder`](crate::folders::state_folder): made before the PIN is given, and removed once the token took
//! it. As long as one is there, and the PIN comes from where that one came from, no further run gives it:
//! a task would lock a card within three nights. No PIN is in it, nor anything made of one, since a hash
//! of four digits is as good as they are.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use certstow_formats::sanitize::safe;
use sha2::{Digest, Sha256};

use super::token::TokenName;
use crate::new_file::{NewFile, folder_of};
use crate::os::{self, disk};

/// What the line begins with that says where the PIN came from.
const SOURCE: &str = "source ";

/// The note about a token, which may be there or not.
pub(super) struct Note {
    file: PathBuf,
    text: String,
    source: String,
}

impl Note {
    /// The note that a PIN from this source would leave in the folder. `source` tells one place that
    /// PINs come from, and one state of it, from others.
    pub(super) fn of(folder: &Path, token: &TokenName, source: Option<&str>) -> Self {
        let of_token = [
            &token.manufacturer,
            &token.model,
            &token.serial,
            &token.label,
        ];
        let token_hash = hash(of_token.map(String::as_str));
        let source = hash([source.unwrap_or_default()]);
        let text = format!(
            "certstow gave a PIN to {}, serial number {}, with nobody at hand, and did not get in.\n\
             It gives no PIN from the same source to it while this file is here: remove the file \
             once the PIN is right.\n{SOURCE}{source}\n",
            token,
            safe(&token.serial),
        );
        Self {
            file: folder.join("pkcs11").join(&token_hash[..16]),
            text,
            source,
        }
    }

    /// The file, if an earlier run left one about the same source. One that cannot be read counts.
    pub(super) fn standing(&self) -> Option<&Path> {
        let same = match fs::read_to_string(&self.file) {
            Ok(text) => text
                .lines()
                .find_map(|line| line.strip_prefix(SOURCE))
                .is_none_or(|source| source == self.source),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        same.then_some(&self.file)
    }

    /// Makes the note, before the PIN is given.
    pub(super) fn leave(&self) -> io::Result<()> {
        os::create_private_folder(folder_of(&self.file))?;
        let new = NewFile::beside(&self.file)?;
        new.as_file().write_all(self.text.as_bytes())?;
        disk::sync_file(new.as_file())?;
        new.replace(&self.file)
    }

    /// Removes whatever note there is about the token: a PIN was right.
    pub(super) fn remove(&self) {
        // What stays is met by a person at a terminal, who can do as it says.
        let _ = fs::remove_file(&self.file);
    }
}

fn hash<const N: usize>(parts: [&str; N]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let octets = hash.finalize();
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(serial: &str) -> TokenName {
        TokenName {
            label: "Ada".to_owned(),
            serial: serial.to_owned(),
            manufacturer: "Example".to_owned(),
            model: "Card".to_owned(),
        }
    }

    #[test]
    fn a_note_stands_against_its_token_and_source_alone() {
        let folder = tempfile::tempdir().unwrap();
        let note = |serial, source| Note::of(folder.path(), &token(serial), source);
        let file = note("1", Some("file:/pin 1700000000"));
        assert!(file.standing().is_none());
        file.leave().unwrap();
        assert!(file.standing().is_some());
        assert!(note("2", Some("file:/pin 1700000000")).standing().is_none());
        // The file was written to, or the PIN comes from elsewhere.
        assert!(note("1", Some("file:/pin 1800000000")).standing().is_none());
        assert!(note("1", None).standing().is_none());
        // A further one takes its place.
        note("1", None).leave().unwrap();
        assert!(file.standing().is_none());
        assert!(note("1", None).standing().is_some());
        // A PIN that was right, wherever it came from, removes it.
        file.remove();
        assert!(note("1", None).standing().is_none());
        file.remove();
    }

    #[test]
    fn a_note_says_what_to_do_and_names_no_source() {
        let folder = tempfile::tempdir().unwrap();
        let note = Note::of(folder.path(), &token("00\u{1b}7"), Some("file:/pin"));
        note.leave().unwrap();
        let path = note.standing().unwrap();
        let text = fs::read_to_string(path).unwrap();
        assert!(
            text.contains("token Ada, serial number 00\\u{1b}7"),
            "{text}"
        );
        assert!(text.contains("remove the file"), "{text}");
        assert!(!text.contains("/pin"), "{text}");
        // One that is not understood stands.
        fs::write(path, "?").unwrap();
        assert!(note.standing().is_some());
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
        assert!(note.standing().is_some());
        assert!(note.leave().is_err());
    }
}
