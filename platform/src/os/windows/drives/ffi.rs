//! The calls of Win32 about drives and volumes.

#![expect(unsafe_code, reason = "Win32 is called through windows-sys")]

use std::fs::OpenOptions;
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::{io, ptr};

use windows_sys::Win32::NetworkManagement::WNet::WNetGetConnectionW;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_SHARE_READ, FILE_SHARE_WRITE, GetDriveTypeW, GetLogicalDrives, GetVolumeInformationW,
    QueryDosDeviceW, STORAGE_BUS_TYPE,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SetThreadErrorMode, THREAD_ERROR_MODE,
};
use windows_sys::Win32::System::IO::DeviceIoControl;
use windows_sys::Win32::System::Ioctl::{
    IOCTL_STORAGE_QUERY_PROPERTY, PropertyStandardQuery, STORAGE_DEVICE_DESCRIPTOR,
    STORAGE_PROPERTY_QUERY, StorageDeviceProperty,
};

use crate::os::windows::ffi::succeeded;

/// The longest label of a volume, with the zero at its end.
const LABEL: usize = 261;

/// While this lives, an empty drive is an error to this thread, and no window.
pub(super) struct NoDialogs {
    before: THREAD_ERROR_MODE,
}

impl NoDialogs {
    pub(super) fn begin() -> Self {
        let mut before = 0;
        // SAFETY: the old mode has a place to go to. Failing changes nothing.
        unsafe { SetThreadErrorMode(SEM_FAILCRITICALERRORS, &raw mut before) };
        Self { before }
    }
}

impl Drop for NoDialogs {
    fn drop(&mut self) {
        // SAFETY: the mode is one that was in force, and the last one need not be given back.
        unsafe { SetThreadErrorMode(self.before, ptr::null_mut()) };
    }
}

/// The drives there are, a bit for each letter.
pub(super) fn logical_drives() -> u32 {
    // SAFETY: the call takes nothing.
    unsafe { GetLogicalDrives() }
}

/// The kind of a drive by its root folder, as in `D:\`.
pub(super) fn drive_type(root: &str) -> u32 {
    let root = terminated(root);
    // SAFETY: the name is terminated.
    unsafe { GetDriveTypeW(root.as_ptr()) }
}

/// The longest name of a share or device that is asked for.
const NAME: usize = 1024;

/// The share that a drive leads to, given as in `Z:`; `None` if the network does not tell.
pub(super) fn share(drive: &str) -> Option<String> {
    let drive = terminated(drive);
    let mut name = [0_u16; NAME];
    let mut length = NAME as u32;
    // SAFETY: the drive is terminated, and the buffer is writable and as long as is said.
    let result = unsafe { WNetGetConnectionW(drive.as_ptr(), name.as_mut_ptr(), &raw mut length) };
    (result == 0).then(|| up_to_zero(&name))
}

/// What the kernel has for a drive, given as in `Z:`; `None` if there is no such drive.
pub(super) fn device(drive: &str) -> Option<String> {
    let drive = terminated(drive);
    let mut name = [0_u16; NAME];
    // SAFETY: the drive is terminated, and the buffer is writable and as long as is said.
    let length = unsafe { QueryDosDeviceW(drive.as_ptr(), name.as_mut_ptr(), NAME as u32) };
    // Several may follow each other; the first is in force.
    (length != 0).then(|| up_to_zero(&name))
}

/// What a volume tells of itself.
pub(super) struct Volume {
    pub(super) label: String,
    pub(super) flags: u32,
    /// Given when it was formatted.
    pub(super) serial: u32,
}

/// That of the volume with this root folder.
pub(super) fn volume(root: &str) -> io::Result<Volume> {
    let root = terminated(root);
    let mut label = [0_u16; LABEL];
    let (mut flags, mut serial) = (0, 0);
    // SAFETY: the name is terminated, the buffer is writable and as long as is said, and so are
    // the numbers; what is not asked for is null with the length 0.
    succeeded(unsafe {
        GetVolumeInformationW(
            root.as_ptr(),
            label.as_mut_ptr(),
            LABEL as u32,
            &raw mut serial,
            ptr::null_mut(),
            &raw mut flags,
            ptr::null_mut(),
            0,
        )
    })?;
    Ok(Volume {
        label: up_to_zero(&label),
        flags,
        serial,
    })
}

/// The bus of the disk that a volume is on, given as in `\\.\D:`. Needs no right to read it.
pub(super) fn bus_type(volume: &str) -> io::Result<STORAGE_BUS_TYPE> {
    let volume = OpenOptions::new()
        .access_mode(0)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
        .open(volume)?;
    let query = STORAGE_PROPERTY_QUERY {
        PropertyId: StorageDeviceProperty,
        QueryType: PropertyStandardQuery,
        AdditionalParameters: [0],
    };
    let mut descriptor = STORAGE_DEVICE_DESCRIPTOR::default();
    let mut length = 0;
    // SAFETY: the volume is open, the query is one and as long as is said, and the buffer is
    // writable and as long as is said; what does not fit into it is left out.
    succeeded(unsafe {
        DeviceIoControl(
            volume.as_raw_handle(),
            IOCTL_STORAGE_QUERY_PROPERTY,
            (&raw const query).cast(),
            size_of_val(&query) as u32,
            (&raw mut descriptor).cast(),
            size_of_val(&descriptor) as u32,
            &raw mut length,
            ptr::null_mut(),
        )
    })?;
    Ok(descriptor.BusType)
}

fn terminated(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn up_to_zero(units: &[u16]) -> String {
    let end = units.iter().position(|unit| *unit == 0);
    String::from_utf16_lossy(&units[..end.unwrap_or(units.len())])
}
