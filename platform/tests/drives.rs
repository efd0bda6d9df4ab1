//! Drives that can be taken away. On Linux on a real mount: a loop device whose attribute `removable`
//! another file lies over, which is as near to a USB stick as a machine without one comes. On
//! Windows, whatever there is.

#![cfg(any(target_os = "linux", windows))]

use certstow_platform::os;

#[cfg(windows)]
#[test]
fn removable_drives_are_writable() {
    for drive in os::removable_drives() {
        let file = tempfile::NamedTempFile::new_in(&drive.folder);
        assert!(file.is_ok(), "{drive:?}: {file:?}");
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;
    use std::process::Command;

    use super::os;

    /// Set in the run inside of its own mounts: the device is removable or not.
    const INSIDE: &str = "CERTSTOW_TEST_REMOVABLE";

    const SCRIPT: &str = r#"
        PATH=$PATH:/usr/sbin:/sbin
        truncate -s 8M disk && mkfs.ext4 -q disk && mkdir "my stick" || exit 99
        device=$(losetup --find --show disk) || exit 99
        trap 'umount "my stick"; losetup --detach "$device"' EXIT
        mount "$device" "my stick" || exit 99
        CERTSTOW_TEST_REMOVABLE=no "$@" || exit 1
        echo 1 > one && mount --bind one "/sys/block/${device#/dev/}/removable" || exit 99
        CERTSTOW_TEST_REMOVABLE=yes "$@" || exit 2
        mount -o remount,ro "my stick" || exit 99
        CERTSTOW_TEST_REMOVABLE=no "$@" || exit 3
    "#;

    #[test]
    #[ignore = "needs root, to mount a disk"]
    fn removable_drives_include_only_writable_removable_mounts() {
        if let Some(removable) = std::env::var_os(INSIDE) {
            return inside(removable == "yes");
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = Command::new("unshare")
            .args(["--mount", "bash", "-c", SCRIPT, "bash"])
            .arg(std::env::current_exe().expect("this test"))
            .args(["--ignored", "--nocapture"])
            .current_dir(folder.path())
            .output()
            .expect("unshare starts");
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.matches("1 passed").count(), 3, "{said}");
    }

    fn inside(removable: bool) {
        let stick = std::fs::canonicalize("my stick").expect("the stick");
        let drives = os::removable_drives();
        let found = drives.iter().find(|drive| drive.folder == stick);
        assert_eq!(found.is_some(), removable, "{drives:?}");
        if let Some(drive) = found {
            let free = drive.free.expect("its room");
            assert!(free > 1 << 20 && free < 8 << 20, "{drive:?}");
        }
        let system = |drive: &os::Drive| drive.folder == Path::new("/");
        assert!(!drives.iter().any(system), "{drives:?}");
    }
}
