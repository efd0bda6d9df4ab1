//! Drives that can be taken away, on macOS, which mounts them below `/Volumes`: `statfs` says of
//! each whether its medium is removable (`MNT_REMOVABLE` in `sys/mount.h`). XNU sets that for external
//! disks and for disk images (`vfs_subr.c`), so an attached image that can be written to is among
//! them, and a card in a built-in slot is not.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use crate::os::Drive;

const MNT_RDONLY: u32 = 0x0000_0001;
const MNT_REMOVABLE: u32 = 0x0000_0200;

pub fn removable_drives() -> Vec<Drive> {
    let folders = fs::read_dir("/Volumes").into_iter().flatten();
    folders
        .filter_map(Result::ok)
        // The system's own volume is there as a link.
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| can_be_taken_away(&entry.path()))
        .map(|entry| Drive {
            label: entry.file_name().into_string().ok(),
            free: super::free_space(&entry.path()).ok(),
            folder: entry.path(),
        })
        .collect()
}

pub fn mount_root(folder: &Path) -> Option<PathBuf> {
    let folder = fs::canonicalize(folder).ok()?;
    let on_another = folder.starts_with("/Volumes");
    let deep = if on_another { 3 } else { 1 };
    Some(folder.components().take(deep).collect())
}

fn can_be_taken_away(folder: &Path) -> bool {
    let status = rustix::fs::statfs(folder);
    let fits = status.is_ok_and(|status| {
        status.f_flags & MNT_REMOVABLE != 0 && status.f_flags & MNT_RDONLY == 0
    });
    fits && rustix::fs::access(folder, Access::WRITE_OK).is_ok()
}
