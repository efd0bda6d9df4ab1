//! Drives that can be taken away, and the names of volumes, on Linux. `/proc/self/mountinfo` has what is mounted
//! (proc_pid_mountinfo(5)). What kind of disk is below it is in sysfs, where
//! `/sys/dev/block/MAJOR:MINOR` leads to the device, whose path goes through every bus that it hangs
//! on. The attribute `removable` alone is not enough: it is about a medium that leaves its drive,
//! and so 0 for a USB disk (Documentation/ABI/stable/sysfs-block).

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use crate::os::Drive;

pub fn removable_drives() -> Vec<Drive> {
    removable_below(Path::new("/"))
}

/// As [`removable_drives`], where `/proc`, `/sys` and `/dev` lie in `root`.
fn removable_below(root: &Path) -> Vec<Drive> {
    let mounts = mounts(&fs::read(root.join("proc/self/mountinfo")).unwrap_or_default());
    let of_the_system: BTreeSet<_> = mounts
        .iter()
        .filter(|mount| mount.folder == Path::new("/"))
        .filter_map(|mount| device(root, mount))
        .flat_map(|device| disks(&device))
        .collect();
    let mut drives = Vec::new();
    let mut seen = BTreeSet::new();
    for mount in mounts {
        let Some(device) = device(root, &mount).filter(|_| mount.whole && mount.writable) else {
            continue;
        };
        let disks = disks(&device);
        // A system that runs from a USB drive: that is no other place than where everything is.
        let other = disks.iter().all(|disk| !of_the_system.contains(disk));
        if other && disks.iter().any(|disk| can_be_taken_away(disk)) && may_write(&mount.folder) {
            if !seen.insert(device.clone()) {
                continue;
            }
            drives.push(Drive {
                label: label(root, &device),
                free: super::free_space(&mount.folder).ok(),
                folder: mount.folder,
            });
        }
    }
    drives
}

pub fn volume(folder: &Path) -> Option<String> {
    volume_below(Path::new("/"), folder)
}

pub fn mount_root(folder: &Path) -> Option<PathBuf> {
    nearest_mount(Path::new("/"), folder).map(|mount| mount.folder)
}

/// The mount that a folder is on, where `/proc` lies in `root`.
fn nearest_mount(root: &Path, folder: &Path) -> Option<Mount> {
    let folder = fs::canonicalize(folder).ok()?;
    let mounts = mounts(&fs::read(root.join("proc/self/mountinfo")).ok()?);
    mounts
        .into_iter()
        .filter(|mount| folder.starts_with(&mount.folder))
        .max_by_key(|mount| mount.folder.components().count())
}

/// As [`volume`], where `/proc`, `/sys` and `/dev` lie in `root`.
fn volume_below(root: &Path, folder: &Path) -> Option<String> {
    let mount = nearest_mount(root, folder)?;
    let uuid = device(root, &mount).and_then(|device| link(root, "by-uuid", &device));
    // `//SERVER/SHARE` of SMB, `SERVER:/FOLDER` of NFS and SSH.
    let source = mount.source.to_string_lossy();
    let share = source.starts_with("//") || source.contains(":/");
    uuid.or_else(|| share.then(|| source.into_owned()))
}

fn may_write(folder: &Path) -> bool {
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// A line of `/proc/self/mountinfo`.
struct Mount {
    /// `MAJOR:MINOR`.
    number: String,
    /// All of the file system, or all of a part of it that is mounted as a whole (a subvolume of
    /// btrfs), and no folder of it that is mounted somewhere else, too.
    whole: bool,
    folder: PathBuf,
    writable: bool,
    /// As in `/dev/sdb1`.
    source: PathBuf,
}

fn mounts(text: &[u8]) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for mount in text.split(|byte| *byte == b'\n').filter_map(mount) {
        // What is mounted later hides what was there.
        mounts.retain(|earlier| earlier.folder != mount.folder);
        mounts.push(mount);
    }
    mounts
}

fn mount(line: &[u8]) -> Option<Mount> {
    let fields: Vec<_> = line.split(|byte| *byte == b' ').collect();
    // Optional fields end with a hyphen; type, source and options of the file system come after it.
    let separator = fields.iter().skip(6).position(|field| *field == b"-")? + 6;
    let file_system = fields.get(separator + 1..separator + 4)?;
    let writable = |options: &[u8]| options.split(|byte| *byte == b',').any(|one| one == b"rw");
    Some(Mount {
        number: str::from_utf8(fields[2]).ok()?.to_owned(),
        whole: fields[3] == b"/" || file_system[0] == b"btrfs",
        folder: unescaped(fields[4]),
        writable: writable(fields[5]) && writable(file_system[2]),
        source: unescaped(file_system[1]),
    })
}

/// A path in which the kernel wrote spaces, tabs, line feeds and backslashes as three octal digits.
fn unescaped(field: &[u8]) -> PathBuf {
    OsString::from_vec(unescaped_bytes(field, b"\\", 3, 8)).into()
}

/// The bytes, of which some are written as this marker and a number of so many digits to this base.
fn unescaped_bytes(escaped: &[u8], marker: &[u8], digits: usize, base: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((first, after)) = rest.split_first() {
        let number = rest
            .strip_prefix(marker)
            .and_then(|rest| rest.get(..digits));
        let value = number
            .and_then(|number| str::from_utf8(number).ok())
            .and_then(|number| u8::from_str_radix(number, base).ok());
        bytes.push(value.unwrap_or(*first));
        rest = match value {
            Some(_) => &rest[marker.len() + digits..],
            None => after,
        };
    }
    bytes
}

/// The folder in sysfs of the device that a file system is on.
fn device(root: &Path, mount: &Mount) -> Option<PathBuf> {
    let by_number = root.join("sys/dev/block").join(&mount.number);
    fs::canonicalize(by_number).ok().or_else(|| {
        // btrfs mounts under numbers of no device.
        let source = mount.source.strip_prefix("/dev").ok()?;
        // `/dev/mapper/NAME` leads to `/dev/dm-N`.
        let node = fs::canonicalize(root.join("dev").join(source)).ok()?;
        fs::canonicalize(root.join("sys/class/block").join(node.file_name()?)).ok()
    })
}

/// The whole disks that a device is on: that of a partition, those below an encrypted volume.
fn disks(device: &Path) -> BTreeSet<PathBuf> {
    let mut disks = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut left = vec![device.to_owned()];
    while let Some(device) = left.pop() {
        if !seen.insert(device.clone()) {
            continue;
        }
        let below: Vec<_> = fs::read_dir(device.join("slaves"))
            .into_iter()
            .flatten()
            .filter_map(|entry| fs::canonicalize(entry.ok()?.path()).ok())
            .collect();
        if !below.is_empty() {
            left.extend(below);
        } else if let (true, Some(disk)) = (device.join("partition").exists(), device.parent()) {
            left.push(disk.to_owned());
        } else {
            disks.insert(device);
        }
    }
    disks
}

fn can_be_taken_away(disk: &Path) -> bool {
    let says = |attribute: &str, value: &str| {
        fs::read_to_string(disk.join(attribute)).is_ok_and(|text| text.trim() == value)
    };
    // A card in a slot of its own says 0, as does what is soldered in, and is of another type.
    says("removable", "1") || says("device/type", "SD") || hangs_on_usb(disk)
}

/// As `/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/...` does.
fn hangs_on_usb(device: &Path) -> bool {
    let mut components = device.components();
    components.any(|component| {
        let name = component.as_os_str().to_string_lossy();
        let number = name.strip_prefix("usb").unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// What the file system is called.
fn label(root: &Path, device: &Path) -> Option<String> {
    link(root, "by-label", device).map(|name| unescaped_label(&name))
}

/// The name that udev's links give to a file system: `/dev/disk/by-label/NAME` leads to the device.
fn link(root: &Path, kind: &str, device: &Path) -> Option<String> {
    let mut links = fs::read_dir(root.join("dev/disk").join(kind))
        .ok()?
        .filter_map(Result::ok);
    let link = links.find(|link| {
        let target = fs::read_link(link.path());
        target.is_ok_and(|target| target.file_name() == device.file_name())
    })?;
    link.file_name().into_string().ok()
}

/// A label in which udev wrote what a file name should not have as `\x20`.
fn unescaped_label(name: &str) -> String {
    let bytes = unescaped_bytes(name.as_bytes(), b"\\x", 2, 16);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
