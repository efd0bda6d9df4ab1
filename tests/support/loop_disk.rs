//! A disk of ext4 whose bytes can be spoilt behind the back of the kernel that has it mounted: its
//! device is a file. Mounting needs root.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;

pub(crate) struct LoopDisk {
    folder: tempfile::TempDir,
    device: String,
}

impl LoopDisk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let image = folder.path().join("image");
        let made = fs::File::create(&image).and_then(|file| file.set_len(8 << 20));
        made.expect("an image");
        fs::create_dir(folder.path().join("disk")).expect("a folder");
        let image = image.to_string_lossy().into_owned();
        run("mkfs.ext4", &["-q", "-E", "lazy_itable_init=0", &image]);
        let device = run("losetup", &["--find", "--show", &image]);
        let disk = Self { folder, device };
        let mount_point = disk.path().to_string_lossy().into_owned();
        run("mount", &[&disk.device, &mount_point]);
        disk
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// Changes bytes wherever the disk has them.
    pub(crate) fn spoil(&self, bytes: &[u8]) {
        let path = self.folder.path().join("image");
        let image = fs::read(&path).expect("the image");
        let file = fs::File::options().write(true).open(&path);
        let file = file.expect("the image opens");
        let windows = image.windows(bytes.len()).enumerate();
        let found: Vec<_> = windows.filter(|(_, window)| *window == bytes).collect();
        assert!(!found.is_empty(), "the disk does not have these bytes");
        for (at, _) in found {
            let spoilt: Vec<u8> = bytes.iter().map(|byte| !byte).collect();
            file.write_all_at(&spoilt, at as u64).expect("spoilt");
        }
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        // Lazily, should a test that failed still have a file open.
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
        let _ = sbin("losetup").args(["--detach", &self.device]).status();
    }
}

fn sbin(program: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("env");
    command
        .arg(format!("PATH={path}:/usr/sbin:/sbin"))
        .arg(program);
    command
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = sbin(program).args(arguments).output().expect("env starts");
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
