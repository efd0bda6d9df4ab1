//! What errors of macOS mean, by their numbers in `sys/errno.h` of XNU. Rust's `ErrorKind` does not
//! tell: `ENOTSUP` (45), which XNU gives for every call that a file system lacks (`vn_default_error`
//! in `vfs_init.c`), has none there.

const EINVAL: i32 = 22;
const ENOTSUP: i32 = 45;
const ENOSYS: i32 = 78;
const EOPNOTSUPP: i32 = 102;

/// Whether `F_FULLFSYNC` ended with this because the file system does not know it, as SMB and other
/// shares do not (fcntl(2)); `fsync` is what it then takes.
#[cfg(any(unix, test))]
pub(super) fn has_no_full_sync(errno: i32) -> bool {
    const ENOTTY: i32 = 25;
    matches!(errno, EINVAL | ENOTTY | ENOTSUP | ENOSYS | EOPNOTSUPP)
}

/// Whether a rename with `RENAME_EXCL` ended with this because the file system does not know it, as
/// FAT, exFAT and SMB do not (rename(2); no `vnop_renamex` in Apple's msdosfs and smbfs).
pub(crate) fn has_no_exclusive_rename(errno: i32) -> bool {
    matches!(errno, EINVAL | ENOTSUP | ENOSYS | EOPNOTSUPP)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPERM: i32 = 1;
    const EIO: i32 = 5;
    const EEXIST: i32 = 17;
    const ENOSPC: i32 = 28;

    #[test]
    fn has_no_full_sync_excludes_real_failures() {
        for unknown in [22, 25, 45, 78, 102] {
            assert!(has_no_full_sync(unknown), "{unknown}");
        }
        for failed in [EPERM, EIO, ENOSPC] {
            assert!(!has_no_full_sync(failed), "{failed}");
        }
    }

    #[test]
    fn has_no_exclusive_rename_excludes_taken_names() {
        for unknown in [22, 45, 78, 102] {
            assert!(has_no_exclusive_rename(unknown), "{unknown}");
        }
        for failed in [EPERM, EIO, EEXIST, ENOSPC] {
            assert!(!has_no_exclusive_rename(failed), "{failed}");
        }
    }
}
