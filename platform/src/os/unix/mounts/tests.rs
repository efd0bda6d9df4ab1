//! On a made `/proc`, `/sys` and `/dev`, laid out as a PC with one disk and several USB ports has
//! them.

use std::os::unix::fs::symlink;

use super::*;

/// A machine that has nothing yet but its system's disk.
struct Machine {
    root: tempfile::TempDir,
    mounts: String,
}

const SATA: &str = "pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block";
const USB: &str = "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block";

impl Machine {
    fn new() -> Self {
        let mut machine = Self {
            root: tempfile::tempdir().unwrap(),
            mounts: String::new(),
        };
        machine.disk(SATA, "sda", "8:0", "0");
        machine.partition(SATA, "sda", "sda1", "8:1");
        machine.line("8:1", "/", Path::new("/"), "rw - ext4 /dev/sda1 rw");
        machine.line("0:5", "/", Path::new("/proc"), "rw - proc proc rw");
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn put(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    fn disk(&self, bus: &str, name: &str, number: &str, removable: &str) {
        self.put(&format!("sys/devices/{bus}/{name}/removable"), removable);
        self.device(&format!("{bus}/{name}"), name, number);
    }

    fn partition(&self, bus: &str, disk: &str, name: &str, number: &str) {
        self.put(&format!("sys/devices/{bus}/{disk}/{name}/partition"), "1");
        self.device(&format!("{bus}/{disk}/{name}"), name, number);
    }

    fn device(&self, path: &str, name: &str, number: &str) {
        self.link(
            &format!("sys/dev/block/{number}"),
            &format!("../../devices/{path}"),
        );
        self.link(
            &format!("sys/class/block/{name}"),
            &format!("../../devices/{path}"),
        );
        self.put(&format!("dev/{name}"), "");
    }

    fn line(&mut self, number: &str, inside: &str, folder: &Path, rest: &str) {
        let folder = folder.to_str().unwrap().replace(' ', "\\040");
        let line = format!("36 25 {number} {inside} {folder} {rest}\n");
        self.mounts.push_str(&line);
    }

    /// Mounts a device in a folder of this name, which is there.
    fn mount(&mut self, number: &str, name: &str, rest: &str) -> PathBuf {
        let folder = self.path("media").join(name);
        fs::create_dir_all(&folder).unwrap();
        self.line(number, "/", &folder, rest);
        folder
    }

    fn drives(&self) -> Vec<Drive> {
        self.put("proc/self/mountinfo", &self.mounts);
        removable_below(self.root.path())
    }

    fn folders(&self) -> Vec<PathBuf> {
        self.drives()
            .into_iter()
            .map(|drive| drive.folder)
            .collect()
    }
}

const RW: &str = "rw,nosuid,relatime shared:1 - vfat /dev/sdb1 rw,uid=1000";

#[test]
fn drives_find_usb_stick_with_label() {
    let mut machine = Machine::new();
    assert_eq!(machine.folders(), Vec::<PathBuf>::new());
    machine.disk(USB, "sdb", "8:16", "1");
    machine.partition(USB, "sdb", "sdb1", "8:17");
    machine.link("dev/disk/by-label/MY\\x20STICK", "../../sdb1");
    let folder = machine.mount("8:17", "MY STICK", RW);
    let drives = machine.drives();
    assert_eq!(drives.len(), 1);
    assert_eq!(drives[0].folder, folder);
    assert_eq!(drives[0].label.as_deref(), Some("MY STICK"));
    assert!(drives[0].free.unwrap() > 0);
}

#[test]
fn drives_include_usb_disks_and_cards() {
    let mut machine = Machine::new();
    machine.disk(USB, "sdb", "8:16", "0");
    let disk = machine.mount("8:16", "disk", RW);
    let slot = "pci0000:00/0000:02:00.0/mmc_host/mmc0/mmc0:59b4/block";
    machine.disk(slot, "mmcblk0", "179:0", "0");
    machine.put(&format!("sys/devices/{slot}/mmcblk0/device/type"), "SD\n");
    let card = machine.mount("179:0", "card", RW);
    let soldered = "platform/emmc/mmc_host/mmc1/mmc1:0001/block";
    machine.disk(soldered, "mmcblk1", "179:8", "0");
    machine.put(
        &format!("sys/devices/{soldered}/mmcblk1/device/type"),
        "MMC\n",
    );
    machine.mount("179:8", "soldered", RW);
    assert_eq!(machine.folders(), [disk, card]);
}

#[test]
fn drives_exclude_internal_and_network_disks() {
    let mut machine = Machine::new();
    machine.partition(SATA, "sda", "sda2", "8:2");
    machine.mount("8:2", "data", "rw - ext4 /dev/sda2 rw");
    machine.disk("virtual/block", "loop0", "7:0", "0");
    machine.mount("7:0", "image", "rw - ext4 /dev/loop0 rw");
    machine.mount("0:44", "share", "rw - nfs4 server:/share rw");
    // No bus of USB, by its name.
    machine.disk("platform/usbfoo/block", "sdc", "8:32", "0");
    machine.mount("8:32", "other", RW);
    assert_eq!(machine.folders(), Vec::<PathBuf>::new());
}

#[test]
fn drives_exclude_unwritable_mounts() {
    let mut machine = Machine::new();
    machine.disk(USB, "sdb", "8:16", "1");
    machine.mount("8:16", "read-only-mount", "ro - vfat /dev/sdb rw");
    machine.mount("8:16", "read-only-disk", "rw - iso9660 /dev/sdb ro");
    let gone = machine.path("gone");
    machine.line("8:16", "/", &gone, RW);
    assert_eq!(machine.folders(), Vec::<PathBuf>::new());
}

#[test]
fn drives_list_each_device_once() {
    let mut machine = Machine::new();
    machine.disk(USB, "sdb", "8:16", "1");
    let part = machine.path("part");
    fs::create_dir(&part).unwrap();
    machine.line("8:16", "/folder", &part, RW);
    let first = machine.mount("8:16", "first", RW);
    machine.mount("8:16", "second", RW);
    assert_eq!(machine.folders(), std::slice::from_ref(&first));
    // Now something else lies over it.
    machine.line("0:50", "/", &first, "rw - tmpfs none rw");
    assert_eq!(machine.folders(), [machine.path("media/second")]);
}

#[test]
fn drives_find_encrypted_stick() {
    let mut machine = Machine::new();
    machine.disk(USB, "sdb", "8:16", "1");
    machine.partition(USB, "sdb", "sdb1", "8:17");
    machine.disk("virtual/block", "dm-0", "253:0", "0");
    machine.link(
        "sys/devices/virtual/block/dm-0/slaves/sdb1",
        &format!("../../../../{USB}/sdb/sdb1"),
    );
    let folder = machine.mount("253:0", "vault", "rw - ext4 /dev/mapper/luks-1 rw");
    assert_eq!(machine.folders(), std::slice::from_ref(&folder));

    // btrfs on it: the number is of no device.
    machine.link("dev/mapper/luks-1", "../dm-0");
    machine.mounts = machine.mounts.replace("253:0 /", "0:60 /@");
    machine.mounts = machine
        .mounts
        .replace("ext4 /dev/mapper", "btrfs /dev/mapper");
    assert_eq!(machine.folders(), [folder]);
}

#[test]
fn drives_exclude_system_disk() {
    let mut machine = Machine::new();
    machine.disk(USB, "sdb", "8:16", "1");
    machine.partition(USB, "sdb", "sdb1", "8:17");
    machine.partition(USB, "sdb", "sdb2", "8:18");
    machine.line("8:17", "/", Path::new("/"), "rw - ext4 /dev/sdb1 rw");
    machine.mount("8:18", "data", RW);
    assert_eq!(machine.folders(), Vec::<PathBuf>::new());
}

#[test]
fn drives_ignore_malformed_mount_lines() {
    let mut machine = Machine::new();
    machine
        .mounts
        .push_str("\n36 25 8:1\n36 25 8:1 / /x rw -\n- - - - - - -\n");
    assert_eq!(machine.folders(), Vec::<PathBuf>::new());
    assert_eq!(unescaped(b"a\\040b\\134\\0"), Path::new("a b\\\\0"));
    assert_eq!(unescaped_label("a\\x20b\\xzz\\x"), "a b\\xzz\\x");
}

/// Whatever this machine has, each is a folder that takes a file.
#[test]
fn removable_drives_of_host_are_writable() {
    for drive in removable_drives() {
        assert!(drive.folder.is_dir(), "{drive:?}");
        assert!(may_write(&drive.folder), "{drive:?}");
    }
}

#[test]
fn volume_below_identifies_nearest_mount() {
    let mut machine = Machine::new();
    machine.disk(USB, "sdb", "8:16", "1");
    machine.partition(USB, "sdb", "sdb1", "8:17");
    machine.link("dev/disk/by-uuid/1234-ABCD", "../../sdb1");
    machine.link("dev/disk/by-uuid/0e5a", "../../sda1");
    let point = machine.path("media/stick");
    fs::create_dir_all(point.join("inside")).unwrap();
    let volume = |machine: &Machine| {
        machine.put("proc/self/mountinfo", &machine.mounts);
        volume_below(machine.root.path(), &point.join("inside"))
    };
    assert_eq!(volume(&machine).as_deref(), Some("0e5a"));
    machine.mount("8:17", "stick", RW);
    assert_eq!(volume(&machine).as_deref(), Some("1234-ABCD"));
    let mount = nearest_mount(machine.root.path(), &point.join("inside"));
    let real = fs::canonicalize(&point).unwrap();
    assert_eq!(mount.map(|mount| mount.folder), Some(real));
    // Mounted over it.
    machine.mount("0:44", "stick", "rw - nfs4 server:/share rw");
    assert_eq!(volume(&machine).as_deref(), Some("server:/share"));
    machine.mount("0:45", "stick", "rw - tmpfs tmpfs rw");
    assert_eq!(volume(&machine), None);
}
