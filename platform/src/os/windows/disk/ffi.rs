//! The call of Win32 that takes up room on a disk.

#![expect(unsafe_code, reason = "Win32 is called through windows-sys")]

use std::fs::File;
use std::io;
use std::os::windows::io::AsRawHandle as _;

use windows_sys::Win32::Storage::FileSystem::{
    FILE_ALLOCATION_INFO, FileAllocationInfo, SetFileInformationByHandle,
};

use crate::os::windows::ffi::succeeded;

/// Gives a file this much room; its size stays.
pub(super) fn allocate(file: &File, bytes: i64) -> io::Result<()> {
    let information = FILE_ALLOCATION_INFO {
        AllocationSize: bytes,
    };
    // SAFETY: the handle is open as long as `file` is, and the structure is as long as is said and
    // outlives the call.
    succeeded(unsafe {
        SetFileInformationByHandle(
            file.as_raw_handle(),
            FileAllocationInfo,
            (&raw const information).cast(),
            size_of_val(&information) as u32,
        )
    })
}
