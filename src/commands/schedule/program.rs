//! Where a task finds certstow. Packages put a link into PATH (Homebrew, Nix, `~/.local/bin`) and move it
//! to the new version at each update, when what it led to goes: the task gets the link, as the person
//! found certstow. The system itself knows the program by what the link leads to.

use std::env::{self, consts::EXE_SUFFIX};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// The path by which this certstow was started.
///
/// # Errors
/// The operating system's, which does not tell.
pub(super) fn as_started() -> io::Result<PathBuf> {
    let this = env::current_exe()?;
    let typed = env::args_os().next().unwrap_or_default();
    Ok(found(&typed, &env::var_os("PATH").unwrap_or_default(), &this).unwrap_or(this))
}

/// The path of the word that was typed for this program; `None` if that leads to another
/// program: argv[0] is whatever the caller set.
fn found(typed: &OsStr, path: &OsStr, this: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(typed);
    if !typed.to_string_lossy().ends_with(EXE_SUFFIX) {
        name.push(EXE_SUFFIX);
    }
    let named = Path::new(&name);
    let is_this = |candidate: &PathBuf| same_file::is_same_file(candidate, this).unwrap_or(false);
    let has_folder = named
        .parent()
        .is_some_and(|folder| !folder.as_os_str().is_empty());
    let found = match has_folder {
        true => Some(named.to_owned()).filter(is_this),
        // Not the first of that name, but the first that is this one.
        false => env::split_paths(path)
            .map(|folder| folder.join(named))
            .find(is_this),
    };
    std::path::absolute(found?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn found_keeps_links_of_packages() {
        use std::fs;
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for folder in ["opt/certstow-1", "bin", "first"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        let this = at("opt/certstow-1/certstow");
        fs::write(&this, "this").unwrap();
        fs::write(at("first/certstow"), "another").unwrap();
        let link = at("bin/certstow");
        symlink(&this, &link).unwrap();
        let path = env::join_paths([at("first"), at("bin")]).unwrap();
        let typed = |word: &Path| found(word.as_os_str(), &path, &this);
        assert_eq!(typed(Path::new("certstow")), Some(link.clone()));
        assert_eq!(typed(&link), Some(link));
        assert_eq!(typed(&this), Some(this.clone()));
        // What it is not, and what nobody can know.
        for word in ["bash", "-certstow", ""] {
            assert_eq!(typed(Path::new(word)), None, "{word}");
        }
        assert_eq!(typed(&at("first/certstow")), None);
        assert_eq!(found("certstow".as_ref(), "".as_ref(), &this), None);
    }

    #[test]
    fn as_started_is_absolute_and_this() {
        let started = as_started().unwrap();
        assert!(started.is_absolute(), "{started:?}");
        assert!(same_file::is_same_file(started, env::current_exe().unwrap()).unwrap());
    }
}
