//! Which certificates lie in a file of the same name as a key's, for keys that do not show by
//! themselves whose they are.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Certificates by the names of their files.
pub(super) struct Names<'a> {
    by_file: HashMap<usize, Vec<usize>>,
    by_folder: HashMap<(Option<&'a Path>, &'a OsStr), Vec<usize>>,
    by_stem: HashMap<&'a OsStr, Vec<usize>>,
}

impl<'a> Names<'a> {
    /// Of certificates that lie in these of the files each, by number.
    pub(super) fn of<'c>(
        files: &'a [PathBuf],
        certificates: impl Iterator<Item = &'c [usize]>,
    ) -> Self {
        let mut names = Self {
            by_file: HashMap::new(),
            by_folder: HashMap::new(),
            by_stem: HashMap::new(),
        };
        for (index, in_files) in certificates.enumerate() {
            for &file in in_files {
                let (folder, stem) = (files[file].parent(), stem(&files[file]));
                names.by_file.entry(file).or_default().push(index);
                let here = names.by_folder.entry((folder, stem)).or_default();
                here.push(index);
                names.by_stem.entry(stem).or_default().push(index);
            }
        }
        names
    }

    /// The certificates in the key's own file; those of the same name in its folder; those of the
    /// same name anywhere, as with `certs/mail.pem` and `private/mail.pem`.
    pub(super) fn matching(&self, files: &'a [PathBuf], file: usize) -> [&[usize]; 3] {
        let (folder, stem) = (files[file].parent(), stem(&files[file]));
        let own = self.by_file.get(&file);
        let here = self.by_folder.get(&(folder, stem));
        [own, here, self.by_stem.get(stem)].map(|level| level.map_or(&[][..], Vec::as_slice))
    }
}

/// The file's name without the endings that tell its form, and what mkcert, cfssl and step add to the
/// name of a key: `mail` for `mail.key.pem` and `mail-key.pem`.
pub(super) fn stem(path: &Path) -> &OsStr {
    const ENDINGS: [&str; 17] = [
        "pem",
        "crt",
        "cer",
        "cert",
        "der",
        "key",
        "priv",
        "p8",
        "pk8",
        "pkcs8",
        "p7b",
        "p7c",
        "p12",
        "pfx",
        "enc",
        "encrypted",
        "txt",
    ];
    let mut name = Path::new(path.file_name().unwrap_or_default());
    while let (Some(stem), Some(ending)) = (name.file_stem(), name.extension())
        && ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    {
        name = Path::new(stem);
    }
    let added = name.to_str().and_then(|name| {
        let mut added = ["-key", "_key", "-cert", "_cert"].iter();
        added.find_map(|added| name.strip_suffix(added))
    });
    match added {
        Some(name) if !name.is_empty() => OsStr::new(name),
        _ => name.as_os_str(),
    }
}
