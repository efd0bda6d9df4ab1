//! The PKCS#11 modules of this system, as p11-kit is configured: a file `NAME.module` for each, whose
//! `module:` is a path or, below p11-kit's own folder, a name. They are read and no module is loaded.
//! Source: pkcs11.conf(5).

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use crate::os;

/// Where the files are; an administrator's come last and hide nothing here.
const FOLDERS: [&str; 2] = ["/usr/share/p11-kit/modules", "/etc/pkcs11/modules"];

/// More of one is not read.
const LARGEST: u64 = 64 << 10;

/// What they name, each once, as it can follow `pkcs11:`. Those that only say whom to trust are left out.
pub(crate) fn modules() -> Vec<String> {
    let found: BTreeSet<_> = FOLDERS.iter().flat_map(in_folder).collect();
    found.into_iter().collect()
}

fn in_folder(folder: impl AsRef<Path>) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path());
    let files = files.filter(|file| file.extension().is_some_and(|ending| ending == "module"));
    files.filter_map(|file| in_file(&file)).collect()
}

fn in_file(file: &Path) -> Option<String> {
    let opened = os::open_to_read(file).ok()?;
    if !opened.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    opened.take(LARGEST).read_to_string(&mut text).ok()?;
    let value = |wanted: &str| {
        let mut options = text.lines().filter_map(|line| line.split_once(':'));
        let found = options.find(|(name, _)| name.trim() == wanted);
        found.map(|(_, value)| value.trim())
    };
    let trusts = value("trust-policy").is_some_and(|answer| answer.eq_ignore_ascii_case("yes"));
    let module = value("module").filter(|module| !module.is_empty() && !trusts);
    module.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_folder_reads_modules_and_not_trust() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            (
                "opensc.module",
                "# a comment\n\n module : opensc-pkcs11.so \ncritical: no",
            ),
            ("soft.module", "module: /usr/lib/softhsm/libsofthsm2.so"),
            (
                "trust.module",
                "module: p11-kit-trust.so\ntrust-policy: Yes\n",
            ),
            ("empty.module", "module:\n"),
            ("readme.txt", "module: readme.so"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::create_dir(folder.path().join("folder.module")).unwrap();
        let mut found = in_folder(folder.path());
        found.sort();
        assert_eq!(
            found,
            ["/usr/lib/softhsm/libsofthsm2.so", "opensc-pkcs11.so"]
        );
        assert!(in_folder(folder.path().join("nowhere")).is_empty());
    }
}
