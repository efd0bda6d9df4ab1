//! Drives that can be taken away, on Windows: `GetLogicalDrives` has the letters, `GetDriveTypeW`
//! says which are removable. A USB disk is fixed by that word, for its medium stays in; the bus that
//! it hangs on tells (`IOCTL_STORAGE_QUERY_PROPERTY`). And where a letter leads that is none of a disk.

mod ffi;

use std::path::{Component, Path, PathBuf, Prefix};

use windows_sys::Win32::Storage::FileSystem::BusTypeUsb;
use windows_sys::Win32::System::SystemServices::FILE_READ_ONLY_VOLUME;
use windows_sys::Win32::System::WindowsProgramming::{
    DRIVE_FIXED, DRIVE_RAMDISK, DRIVE_REMOTE, DRIVE_REMOVABLE,
};

use crate::os::Drive;
use crate::os::drive_letter::{self, LeadsTo, MappedDrive};

pub fn removable_drives() -> Vec<Drive> {
    // An empty card reader is passed over, and no window asks for a card.
    let _quiet = ffi::NoDialogs::begin();
    letters(ffi::logical_drives())
        .filter(|letter| can_be_taken_away(*letter) && !has_the_system(*letter))
        .filter_map(drive)
        .collect()
}

/// The letters of the drives there are: bit 0 is `A`.
fn letters(drives: u32) -> impl Iterator<Item = char> {
    let letters = ('A'..='Z').enumerate();
    letters
        .filter(move |(position, _)| drives & (1 << position) != 0)
        .map(|(_, letter)| letter)
}

/// Whether what is saved on a drive is gone after a restart.
pub(super) fn is_ram_disk(letter: char) -> bool {
    ffi::drive_type(&root(letter)) == DRIVE_RAMDISK
}

pub fn mapped_drive(path: &Path) -> Option<MappedDrive> {
    drive_letter::of(&path.to_string_lossy(), leads)
}

/// Where a drive leads, given as in `Z:`.
fn leads(drive: &str) -> LeadsTo {
    if ffi::drive_type(&format!(r"{drive}\")) == DRIVE_REMOTE {
        return LeadsTo::Share(ffi::share(drive));
    }
    match ffi::device(drive) {
        // A disk is a device of the kernel; `subst` makes a link to another name.
        Some(name) if name.starts_with(r"\??\") => LeadsTo::Folder(name),
        _ => LeadsTo::Device,
    }
}

fn can_be_taken_away(letter: char) -> bool {
    match ffi::drive_type(&root(letter)) {
        DRIVE_REMOVABLE => true,
        DRIVE_FIXED => ffi::bus_type(&format!(r"\\.\{letter}:")).is_ok_and(|bus| bus == BusTypeUsb),
        _ => false,
    }
}

/// Windows may run from a USB drive.
fn has_the_system(letter: char) -> bool {
    let drive = std::env::var_os("SystemDrive").unwrap_or_default();
    drive.eq_ignore_ascii_case(format!("{letter}:"))
}

pub fn volume(folder: &Path) -> Option<String> {
    let _quiet = ffi::NoDialogs::begin();
    let root = mount_root(folder)?;
    let serial = ffi::volume(root.to_str()?).ok()?.serial;
    (serial != 0).then(|| format!("{:04X}-{:04X}", serial >> 16, serial & 0xFFFF))
}

pub fn mount_root(folder: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(folder).ok()?;
    let Some(Component::Prefix(prefix)) = absolute.components().next() else {
        return None;
    };
    match prefix.kind() {
        Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) => {
            Some(root(char::from(letter.to_ascii_uppercase())).into())
        }
        Prefix::UNC(server, share) | Prefix::VerbatimUNC(server, share) => {
            let (server, share) = (server.to_string_lossy(), share.to_string_lossy());
            Some(format!(r"\\{server}\{share}\").into())
        }
        Prefix::DeviceNS(_) | Prefix::Verbatim(_) => None,
    }
}

/// What is in the drive, if something is that can be written to.
fn drive(letter: char) -> Option<Drive> {
    let root = root(letter);
    let ffi::Volume { label, flags, .. } = ffi::volume(&root).ok()?;
    let folder = PathBuf::from(root);
    (flags & FILE_READ_ONLY_VOLUME == 0).then(|| Drive {
        label: (!label.is_empty()).then_some(label),
        free: super::free_space(&folder).ok(),
        folder,
    })
}

fn root(letter: char) -> String {
    format!(r"{letter}:\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_maps_bits_to_drive_letters() {
        assert_eq!(letters(0).count(), 0);
        assert_eq!(letters(0b1101).collect::<String>(), "ACD");
        assert_eq!(letters(u32::MAX).count(), 26);
    }

    #[test]
    fn removable_drives_exclude_system_drive() {
        let system = std::env::var("SystemDrive").unwrap();
        for drive in removable_drives() {
            assert!(!drive.folder.starts_with(&system), "{drive:?}");
            assert!(drive.folder.is_dir(), "{drive:?}");
            assert!(drive.free.is_some(), "{drive:?}");
        }
    }

    /// `cargo xtask wine` gives its Windows one.
    #[test]
    #[ignore = "needs a removable drive E:"]
    fn removable_drives_include_mounted_drive() {
        let drives = removable_drives();
        let found = drives
            .iter()
            .find(|drive| drive.folder == Path::new(r"E:\"));
        assert!(
            found.is_some_and(|drive| drive.free > Some(0)),
            "{drives:?}"
        );
    }

    #[test]
    fn mapped_drive_is_none_for_disks() {
        assert_eq!(mapped_drive(&std::env::temp_dir()), None);
    }

    #[test]
    fn drive_type_reports_fixed_system_volume() {
        let system = std::env::var("SystemDrive").unwrap();
        let root = format!(r"{system}\");
        assert_eq!(ffi::drive_type(&root), DRIVE_FIXED);
        let volume = ffi::volume(&root).unwrap();
        assert_eq!(volume.flags & FILE_READ_ONLY_VOLUME, 0);
    }

    #[test]
    fn mount_root_is_drive_or_share() {
        for (path, expected) in [
            (r"c:\a\b.p12", Some(r"C:\")),
            (r"\\server\share\a\b.p12", Some(r"\\server\share\")),
            (r"\\?\E:\a", Some(r"E:\")),
            (r"\\.\nul", None),
        ] {
            let root = mount_root(Path::new(path));
            assert_eq!(root.as_deref(), expected.map(Path::new), "{path}");
        }
    }

    #[test]
    fn drive_returns_none_for_missing_letter() {
        let there = ffi::logical_drives();
        let letter = ('A'..='Z').find(|letter| !letters(there).any(|other| other == *letter));
        if let Some(letter) = letter {
            assert!(!can_be_taken_away(letter));
            assert_eq!(drive(letter), None);
            ffi::bus_type(&format!(r"\\.\{letter}:")).unwrap_err();
        }
    }
}
