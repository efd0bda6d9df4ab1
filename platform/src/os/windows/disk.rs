//! What is on the disk, by Win32.

mod ffi;

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::{Component, Path, Prefix};

use windows_sys::Win32::Foundation::{
    ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER,
    ERROR_NOT_SUPPORTED,
};
use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_NO_BUFFERING;
use zeroize::Zeroizing;

pub use super::ffi::inode_of;
use super::long_path;
use crate::os::retries::Retries;

#[expect(clippy::disallowed_methods, reason = "this is the place for it")]
pub(in crate::os) fn sync(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// To flush, a handle has to be one for writing. There is none of a name that is gone.
pub(in crate::os) fn open_to_sync_name(file: &Path) -> io::Result<Option<File>> {
    match Retries::new().run(|| OpenOptions::new().write(true).open(long_path(file))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        open => open.map(Some),
    }
}

pub(in crate::os) fn knows_no_sync(error: &io::Error) -> bool {
    let known = [
        ERROR_INVALID_FUNCTION,
        ERROR_NOT_SUPPORTED,
        ERROR_CALL_NOT_IMPLEMENTED,
    ];
    is_one_of(error, &known)
}

fn is_one_of(error: &io::Error, codes: &[u32]) -> bool {
    let code = error.raw_os_error().map(|code| code as u32);
    code.is_some_and(|code| codes.contains(&code))
}

pub(in crate::os) fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    ffi::allocate(file, i64::try_from(bytes).unwrap_or(i64::MAX))
}

pub(in crate::os) fn knows_no_allocation(error: &io::Error) -> bool {
    knows_no_sync(error) || is_one_of(error, &[ERROR_INVALID_PARAMETER])
}

pub(in crate::os) fn read(
    path: &Path,
    offset: u64,
    expected: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    let path = long_path(path);
    match read_unbuffered(&path, offset, expected) {
        // The redirector of a share or a driver knows no such reading, or wants larger blocks.
        Err(error) if is_one_of(&error, &[ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED]) => {
            read_buffered(&path, offset, expected)
        }
        read => read,
    }
}

/// What unbuffered reading is aligned to, in memory and in the file: a multiple of every disk's
/// sector.
const BLOCK: usize = 4096;

/// Every read but the one at the end of the file fills whole blocks, so that the next one is
/// aligned, too.
fn read_unbuffered(path: &Path, offset: u64, expected: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(FILE_FLAG_NO_BUFFERING)
        .open(path)?;
    // As much of the first block as is in front of what is wanted.
    let before = (offset % BLOCK as u64) as usize;
    file.seek(SeekFrom::Start(offset - before as u64))?;
    let wanted = expected.saturating_add(1);
    let length = wanted.saturating_add(before).next_multiple_of(BLOCK);
    let mut room = Zeroizing::new(vec![0; length + BLOCK]);
    let start = room.as_ptr().align_offset(BLOCK);
    let aligned = &mut room[start..start + length];
    let mut filled = 0;
    while filled < length {
        let read = file.read(&mut aligned[filled..])?;
        filled += read;
        if read == 0 || read % BLOCK != 0 {
            break;
        }
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(wanted));
    let end = filled.min(before + wanted);
    bytes.extend_from_slice(&aligned[before.min(end)..end]);
    Ok(bytes)
}

fn read_buffered(path: &Path, offset: u64, expected: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let wanted = expected.saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(wanted));
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    file.take(wanted as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// By the drive's letter: what is mounted on a folder of another drive is not looked for.
pub fn is_in_memory(folder: &Path) -> bool {
    let folder = long_path(folder);
    let Some(Component::Prefix(prefix)) = folder.components().next() else {
        return false;
    };
    match prefix.kind() {
        Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) => {
            super::drives::is_ram_disk(char::from(letter))
        }
        _ => false,
    }
}
