//! Owner, group, mode and access list (POSIX.1e draft 17; acl(5)) of a file that takes another's place.
//! Only the superuser gives files away (chown(2)); what cannot be kept is narrowed, never widened.

use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::process::geteuid;

use crate::os::folder_of;

/// The bits of its owner.
const OWNER: u32 = 0o700;

/// Gives a new file, which so far is its owner's alone, the access of one that it is to replace: both
/// hold the same secret.
pub(crate) fn keep_access(new: &File, old: &File) -> io::Result<()> {
    let was = old.metadata()?;
    give(new, &was)?;
    let mode = was.mode() & 0o777;
    let same_group = new.metadata()?.gid() == was.gid();
    let mode = match (keep_access_list(new, old, same_group)?, same_group) {
        (AccessList::None, true) => mode,
        (AccessList::None, false) => narrowed(mode),
        (AccessList::Kept, _) => return Ok(()),
        (AccessList::Lost, _) => mode & OWNER,
    };
    new.set_permissions(Permissions::from_mode(mode))
}

/// A mode for another group, which may do what both that group and everybody could, and everybody no more:
/// a member of the other group may have become one of them.
fn narrowed(mode: u32) -> u32 {
    let both = (mode >> 3) & mode & 0o7;
    (mode & OWNER) | (both << 3) | both
}

/// Gives a new file, which is to replace another, the owner and group of that one, whose owner may then
/// read what is new: so only in a folder in which nobody but that owner or this account could have put it.
pub(crate) fn keep_owner(new: &File, old: &Path) -> io::Result<()> {
    let was = match fs::symlink_metadata(old) {
        Ok(was) if was.is_file() => was,
        _ => return Ok(()),
    };
    let folder = fs::metadata(folder_of(old))?;
    let is_this_accounts_alone = folder.uid() == geteuid().as_raw() && folder.mode() & 0o022 == 0;
    match folder.uid() == was.uid() || is_this_accounts_alone {
        true => give(new, &was),
        false => Ok(()),
    }
}

pub fn leads_where_root_says(path: &Path) -> bool {
    let is_roots = |part: &Path| {
        fs::symlink_metadata(part).is_ok_and(|found| {
            let is_closed = found.is_symlink() || found.mode() & 0o022 == 0;
            found.uid() == 0 && is_closed
        })
    };
    // A folder may be a link itself, to others.
    let folder = folder_of(path).canonicalize();
    path.is_absolute()
        && path.ancestors().all(is_roots)
        && folder.is_ok_and(|folder| folder.ancestors().all(is_roots))
}

pub fn may_take_files(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::access(
        folder,
        Access::WRITE_OK | Access::EXEC_OK,
    )?)
}

/// A link may lie elsewhere than the file it leads to: the folders of both count. In a folder of everybody's
/// nobody renames what is another's (`S_ISVTX`, inode(7)). A list of further accounts has its mask in the
/// group's place of the mode (acl(5)).
pub fn written_by_others(path: &Path) -> io::Result<Option<PathBuf>> {
    const STICKY: u32 = 0o1000;
    let this = geteuid().as_raw();
    let file = path.canonicalize()?;
    let link = folder_of(path).canonicalize()?;
    for part in file.ancestors().chain(link.ancestors()) {
        let found = fs::metadata(part)?;
        let is_others = ![0, this].contains(&found.uid());
        let is_sticky = found.is_dir() && found.mode() & STICKY != 0;
        if is_others || (found.mode() & 0o022 != 0 && !is_sticky) {
            return Ok(Some(part.to_owned()));
        }
    }
    Ok(None)
}

/// As far as the system lets this account.
fn give(new: &File, was: &Metadata) -> io::Result<()> {
    let is = new.metadata()?;
    if (is.uid(), is.gid()) != (was.uid(), was.gid())
        && fchown(new, Some(was.uid()), Some(was.gid())).is_err()
        && is.gid() != was.gid()
    {
        // A group of one's own.
        let _ = fchown(new, None, Some(was.gid()));
    }
    Ok(())
}

/// What became of the list of further accounts and groups, and of what they may do.
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "the lists of other systems are not kept")
)]
enum AccessList {
    /// There was none, and the new file has none.
    None,
    /// The new file has it, and with it the mode.
    Kept,
    /// There was one, and the new file has none.
    Lost,
}

#[cfg(target_os = "linux")]
fn keep_access_list(new: &File, old: &File, same_group: bool) -> io::Result<AccessList> {
    use rustix::buffer::spare_capacity;
    use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};
    use rustix::io::Errno;

    const NAME: &str = "system.posix_acl_access";
    /// No attribute is longer (xattr(7)).
    const LONGEST: usize = 64 * 1024;
    let mut list = Vec::with_capacity(LONGEST);
    let found = match fgetxattr(old, NAME, spare_capacity(&mut list)) {
        // What it says of the group is meant for that group.
        Ok(_) if same_group && fsetxattr(new, NAME, &list, XattrFlags::empty()).is_ok() => {
            return Ok(AccessList::Kept);
        }
        Ok(_) => AccessList::Lost,
        Err(Errno::NODATA | Errno::NOTSUP) => AccessList::None,
        Err(error) => return Err(error.into()),
    };
    // One that the folder gives to every new file.
    match fremovexattr(new, NAME) {
        Ok(()) | Err(Errno::NODATA | Errno::NOTSUP) => Ok(found),
        Err(error) => Err(error.into()),
    }
}

/// Those of macOS are not kept: a new file has what its folder hands down.
#[cfg(not(target_os = "linux"))]
fn keep_access_list(_new: &File, _old: &File, _same_group: bool) -> io::Result<AccessList> {
    Ok(AccessList::None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::create_private;

    const NOBODY: u32 = 65534;

    fn mode(file: &File) -> u32 {
        file.metadata().unwrap().mode() & 0o777
    }

    fn owners(file: &File) -> (u32, u32) {
        let found = file.metadata().unwrap();
        (found.uid(), found.gid())
    }

    /// A file with this mode, and a new one beside it.
    fn files(old_mode: u32) -> (tempfile::TempDir, std::path::PathBuf, File) {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        let file = File::create(&old).unwrap();
        file.set_permissions(Permissions::from_mode(old_mode))
            .unwrap();
        let new = create_private(&folder.path().join("new")).unwrap();
        (folder, old, new)
    }

    #[test]
    fn leads_where_root_says_rejects_folders_of_others() {
        assert!(leads_where_root_says(Path::new("/bin/sh")));
        assert!(!leads_where_root_says(Path::new("bin/sh")));
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("sh");
        std::os::unix::fs::symlink("/bin/sh", &link).unwrap();
        assert!(!leads_where_root_says(&link));
    }

    #[test]
    fn written_by_others_names_what_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().canonicalize().unwrap().join("inner");
        fs::create_dir(&inner).unwrap();
        let file = inner.join("config.toml");
        File::create(&file).unwrap();
        let open = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
        for (of_folder, of_file, open_one) in [
            (0o755, 0o644, None),
            (0o700, 0o600, None),
            (0o755, 0o664, Some(&file)),
            (0o755, 0o646, Some(&file)),
            (0o775, 0o600, Some(&inner)),
            (0o1777, 0o600, None),
        ] {
            open(&inner, of_folder).unwrap();
            open(&file, of_file).unwrap();
            let found = written_by_others(&file).unwrap();
            assert_eq!(found.as_ref(), open_one, "{of_folder:o} {of_file:o}");
        }
        open(&inner, 0o777).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(written_by_others(&link).unwrap(), Some(inner));
    }

    #[test]
    #[ignore = "needs root, to give files away"]
    fn written_by_others_names_anothers_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().canonicalize().unwrap().join("config.toml");
        File::create(&file).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        fchown(File::open(&file).unwrap(), Some(NOBODY), None).unwrap();
        assert_eq!(written_by_others(&file).unwrap(), Some(file));
    }

    #[test]
    fn keep_access_keeps_mode() {
        for kept in [0o600, 0o640, 0o604, 0o400] {
            let (_folder, old, new) = files(kept);
            keep_access(&new, &File::open(&old).unwrap()).unwrap();
            assert_eq!(mode(&new), kept);
        }
    }

    #[test]
    fn narrowed_intersects_group_and_other_rights() {
        for (was, is) in [
            (0o640, 0o600),
            (0o604, 0o600),
            (0o644, 0o644),
            (0o664, 0o644),
            (0o400, 0o400),
        ] {
            assert_eq!(narrowed(was), is, "{was:o}");
        }
    }

    #[test]
    #[ignore = "needs root, to give files away"]
    fn keep_access_keeps_owner_and_group() {
        let (_folder, old, new) = files(0o640);
        fchown(File::open(&old).unwrap(), Some(NOBODY), Some(NOBODY)).unwrap();
        keep_access(&new, &File::open(&old).unwrap()).unwrap();
        assert_eq!((owners(&new), mode(&new)), ((NOBODY, NOBODY), 0o640));
    }

    #[test]
    #[ignore = "needs root, to give files away"]
    fn keep_owner_refuses_untrusted_folder_or_link() {
        let (folder, old, new) = files(0o640);
        let open = |mode| fs::set_permissions(folder.path(), Permissions::from_mode(mode));
        fchown(File::open(&old).unwrap(), Some(NOBODY), None).unwrap();
        let root = owners(&new);
        for everybodys in [0o1777, 0o777, 0o775] {
            open(everybodys).unwrap();
            keep_owner(&new, &old).unwrap();
            assert_eq!(owners(&new), root, "{everybodys:o}");
        }
        open(0o755).unwrap();
        let give_folder = |owner| std::os::unix::fs::chown(folder.path(), Some(owner), None);
        give_folder(NOBODY - 1).unwrap();
        keep_owner(&new, &old).unwrap();
        assert_eq!(owners(&new), root, "in a third account's folder");
        give_folder(root.0).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&old, &link).unwrap();
        keep_owner(&new, &link).unwrap();
        assert_eq!(owners(&new), root);
        keep_owner(&new, &old).unwrap();
        assert_eq!(owners(&new).0, NOBODY);
        assert_eq!(mode(&new), 0o600);
    }

    /// As setfacl(1) makes them, in the form of xattr(7).
    #[cfg(target_os = "linux")]
    #[test]
    fn keep_access_copies_acl_without_folder_default() {
        use rustix::fs::{XattrFlags, fgetxattr, fsetxattr, setxattr};
        /// `user::rw-,user:65534:r--,group::---,mask::r--,other::---`
        const LIST: [u8; 44] = [
            2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 254, 255, 0, 0, 4, 0, 0, 0,
            255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
        ];
        const ACCESS: &str = "system.posix_acl_access";
        let list_of = |file: &File| {
            let mut list = [0; 100];
            fgetxattr(file, ACCESS, &mut list[..]).map(|length| list[..length].to_vec())
        };
        let (folder, old, new) = files(0o600);
        let no_flags = XattrFlags::empty();
        fsetxattr(File::open(&old).unwrap(), ACCESS, &LIST, no_flags).unwrap();
        keep_access(&new, &File::open(&old).unwrap()).unwrap();
        assert_eq!(list_of(&new).unwrap(), LIST);

        setxattr(folder.path(), "system.posix_acl_default", &LIST, no_flags).unwrap();
        let plain = folder.path().join("plain");
        let file = File::create(&plain).unwrap();
        rustix::fs::fremovexattr(&file, ACCESS).unwrap();
        file.set_permissions(Permissions::from_mode(0o640)).unwrap();
        let new = create_private(&folder.path().join("another")).unwrap();
        assert!(list_of(&new).is_ok(), "the folder gives one");
        keep_access(&new, &file).unwrap();
        assert_eq!((list_of(&new).is_err(), mode(&new)), (true, 0o640));
    }
}
