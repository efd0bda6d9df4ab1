//! The one thing that takes trust in a number: a file descriptor somebody else opened.

#![expect(
    unsafe_code,
    reason = "a raw descriptor can be borrowed in no other way"
)]

use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, RawFd};

/// A handle of its own on what a descriptor of this process leads to, at the place where that is.
///
/// # Errors
/// `EBADF` if the descriptor is not open.
pub(super) fn duplicate(fd: RawFd) -> io::Result<File> {
    // Nothing may borrow a descriptor that is not there; the folder of descriptors tells.
    std::fs::symlink_metadata(format!("/dev/fd/{fd}"))
        .map_err(|_| io::Error::from(rustix::io::Errno::BADF))?;
    // SAFETY: the descriptor is open, as the line above found out, and so it is not -1. It is
    // borrowed for as long as the call that duplicates it; what closed it meanwhile would make
    // that call fail, or duplicate what took its number, and nothing else.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    borrowed.try_clone_to_owned().map(File::from)
}
