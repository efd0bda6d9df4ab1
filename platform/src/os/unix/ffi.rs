//! What no safe crate offers: a file descriptor that somebody else opened, known by its number; what
//! a signal does; and locks of an open file.

#![expect(
    unsafe_code,
    reason = "a raw descriptor can be borrowed in no other way; rustix has no signal dispositions and \
              no F_OFD_SETLK"
)]

use std::fs::File;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd as _;
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

/// Ignores `SIGXFSZ`: a write beyond `RLIMIT_FSIZE` fails with `EFBIG` instead (setrlimit(2)). Programs
/// that this process starts ignore it, too.
pub(super) fn ignore_file_size_signal() {
    // SAFETY: no handler is installed that could run at any moment, and no other thread depends on
    // what the signal does. That call fails for no signal but SIGKILL and SIGSTOP.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// Locks one byte of a file for this open file (`F_OFD_SETLK`, fcntl_locking(2)); false if another
/// one holds that lock.
#[cfg(target_os = "linux")]
pub(super) fn lock_byte(file: &File, offset: i64) -> io::Result<bool> {
    let lock = libc::flock64 {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: offset,
        l_len: 1,
        // The call asks for 0.
        l_pid: 0,
    };
    // SAFETY: the descriptor is open as long as `file` is, and the call reads a `flock64`, which
    // outlives it.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
    if done != -1 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error() {
        Some(libc::EAGAIN | libc::EACCES) => Ok(false),
        _ => Err(error),
    }
}
