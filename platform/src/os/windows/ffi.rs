//! The calls of Win32 that the standard library does not make: files with a security descriptor,
//! locks of a byte, what identifies a file, the flags of a volume, the account of the process, and
//! the console. Each function here is one of them, or the few that belong together, with handles
//! and memory that free themselves.

#![expect(unsafe_code, reason = "Win32 is called through windows-sys")]

use std::ffi::c_void;
use std::fs::File;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::{AsRawHandle, FromRawHandle as _, OwnedHandle};
use std::path::Path;
use std::{io, ptr};

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_IO_PENDING, ERROR_LOCK_VIOLATION, GENERIC_READ, GENERIC_WRITE,
    INVALID_HANDLE_VALUE, LocalFree,
};
use windows_sys::Win32::Globalization::{CP_OEMCP, MultiByteToWideChar};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1,
    SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    CheckTokenMembership, CreateWellKnownSid, DACL_SECURITY_INFORMATION, GetTokenInformation,
    LookupAccountSidW, OWNER_SECURITY_INFORMATION, PSID, SECURITY_ATTRIBUTES, TOKEN_ELEVATION,
    TOKEN_QUERY, TOKEN_USER, TokenElevation, TokenUser, WELL_KNOWN_SID_TYPE,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL,
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_TYPE_CHAR, GetDiskFreeSpaceExW,
    GetFileInformationByHandle, GetFileType, GetVolumeInformationByHandleW,
    LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx,
};
use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, FlushConsoleInputBuffer, GetConsoleMode, GetConsoleOutputCP,
    GetConsoleProcessList, ReadConsoleW, SetConsoleMode, WriteConsoleW,
};
use windows_sys::Win32::System::IO::{OVERLAPPED, OVERLAPPED_0, OVERLAPPED_0_0};
use windows_sys::Win32::System::Registry::{
    HKEY_USERS, KEY_QUERY_VALUE, RegCloseKey, RegOpenKeyExW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::core::BOOL;

use crate::os::inode::Inode;

/// Memory that the system allocated with `LocalAlloc`.
struct Local(*mut c_void);

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: the pointer is what a call gave that says to free it with `LocalFree`, and
        // nothing else frees it.
        unsafe { LocalFree(self.0) };
    }
}

/// A `TOKEN_USER`, as large as one with the longest identifier (84 bytes together), and aligned for
/// it. It points into itself, and so has a place of its own that never moves.
struct TokenUserBuffer(Box<[u64; 16]>);

impl TokenUserBuffer {
    fn of_this_process() -> io::Result<Self> {
        let mut information = Box::new([0_u64; 16]);
        let mut length = 0;
        let token = token()?;
        // SAFETY: the token is open, and the buffer is writable and as long as is said.
        succeeded(unsafe {
            GetTokenInformation(
                token.as_raw_handle(),
                TokenUser,
                information.as_mut_ptr().cast(),
                size_of_val(&*information) as u32,
                &raw mut length,
            )
        })?;
        Ok(Self(information))
    }

    /// The identifier, which lies in the buffer too and is valid as long as it is.
    fn sid(&self) -> PSID {
        // SAFETY: the system put a `TOKEN_USER` at the start of the buffer, which is aligned for
        // it and outlives the reference.
        let user = unsafe { &*self.0.as_ptr().cast::<TOKEN_USER>() };
        user.User.Sid
    }
}

/// The security identifier of the account this process runs as, as in `S-1-5-21-...`.
pub(super) fn user() -> io::Result<String> {
    let user = TokenUserBuffer::of_this_process()?;
    let mut text = ptr::null_mut();
    // SAFETY: the identifier is one, and lives until the end of this function.
    succeeded(unsafe { ConvertSidToStringSidW(user.sid(), &raw mut text) })?;
    let text = Local(text.cast());
    // SAFETY: on success the text is terminated; it lives until the end of this function.
    Ok(unsafe { string(text.0.cast()) })
}

/// The name of that account, as in `CONTOSO\ada`.
pub(super) fn user_name() -> io::Result<String> {
    let user = TokenUserBuffer::of_this_process()?;
    // Longer than names of accounts (256) and domains (255) can be.
    let (mut name, mut domain) = ([0_u16; 264], [0_u16; 264]);
    let (mut name_length, mut domain_length) = (name.len() as u32, domain.len() as u32);
    let mut kind = 0;
    // SAFETY: the identifier is one, the buffers are writable and as long as is said, and null
    // stands for this machine.
    succeeded(unsafe {
        LookupAccountSidW(
            ptr::null(),
            user.sid(),
            name.as_mut_ptr(),
            &raw mut name_length,
            domain.as_mut_ptr(),
            &raw mut domain_length,
            &raw mut kind,
        )
    })?;
    let text = |units: &[u16], length: u32| String::from_utf16_lossy(&units[..length as usize]);
    Ok(format!(
        "{}\\{}",
        text(&domain, domain_length),
        text(&name, name_length)
    ))
}

/// Whether this process has the full rights of its account.
pub(super) fn is_elevated() -> io::Result<bool> {
    let mut elevation = TOKEN_ELEVATION { TokenIsElevated: 0 };
    let mut length = 0;
    let token = token()?;
    // SAFETY: the token is open, and the buffer is writable and as long as is said.
    succeeded(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenElevation,
            (&raw mut elevation).cast(),
            size_of_val(&elevation) as u32,
            &raw mut length,
        )
    })?;
    Ok(elevation.TokenIsElevated != 0)
}

/// Whether the account belongs to a group that every Windows has, in this session.
pub(super) fn is_member(group: WELL_KNOWN_SID_TYPE) -> io::Result<bool> {
    // The longest identifier has 68 bytes; aligned for it.
    let mut sid = [0_u32; 17];
    let mut length = size_of_val(&sid) as u32;
    let sid = sid.as_mut_ptr().cast();
    // SAFETY: the buffer is writable and as long as is said; these groups have no domain.
    succeeded(unsafe { CreateWellKnownSid(group, ptr::null_mut(), sid, &raw mut length) })?;
    let mut member = 0;
    // SAFETY: the identifier was made above; null stands for the token of this thread.
    succeeded(unsafe { CheckTokenMembership(ptr::null_mut(), sid, &raw mut member) })?;
    Ok(member != 0)
}

/// Whether the registry of an account is loaded, as it is with its profile.
pub(super) fn has_registry_of(sid: &str) -> bool {
    let name: Vec<u16> = sid.encode_utf16().chain([0]).collect();
    let mut key = ptr::null_mut();
    // SAFETY: the name is terminated, and there is a place for the key.
    let result =
        unsafe { RegOpenKeyExW(HKEY_USERS, name.as_ptr(), 0, KEY_QUERY_VALUE, &raw mut key) };
    if result == 0 {
        // SAFETY: the key was just opened, and nothing else closes it.
        unsafe { RegCloseKey(key) };
    }
    // A key that may not be opened is there.
    result == 0 || result == ERROR_ACCESS_DENIED
}

fn token() -> io::Result<OwnedHandle> {
    let mut token = ptr::null_mut();
    // SAFETY: the pseudo handle of this process is always valid, and so is the place for the token.
    succeeded(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) })?;
    // SAFETY: the handle was just opened, and nothing else closes it.
    Ok(unsafe { OwnedHandle::from_raw_handle(token) })
}

/// The text up to its terminating zero.
///
/// # Safety
/// `text` points to UTF-16 with a zero at its end.
unsafe fn string(text: *const u16) -> String {
    let mut length = 0;
    // SAFETY: the text is readable up to its zero, and no further is read.
    while unsafe { *text.add(length) } != 0 {
        length += 1;
    }
    // SAFETY: as above.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) })
}

/// A security descriptor from its string form.
fn descriptor(text: &str) -> io::Result<Local> {
    let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
    let mut descriptor = ptr::null_mut();
    // SAFETY: the text is terminated, and its length need not be given back.
    succeeded(unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            text.as_ptr(),
            SDDL_REVISION_1,
            &raw mut descriptor,
            ptr::null_mut(),
        )
    })?;
    Ok(Local(descriptor))
}

/// Creates a file with a security descriptor, given in its string form.
pub(super) fn create_new(path: &Path, security: &str) -> io::Result<File> {
    let name = terminated(path)?;
    let security = descriptor(security)?;
    let attributes = attributes(&security);
    // SAFETY: the name is terminated; it, the attributes and the descriptor outlive the call.
    let handle = unsafe {
        CreateFileW(
            name.as_ptr(),
            GENERIC_READ | GENERIC_WRITE,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            &raw const attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened, and nothing else closes it.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Locks one byte of a file for this handle; false if another one holds that lock.
pub(super) fn lock_byte(file: &File, offset: i64) -> io::Result<bool> {
    let mut place = OVERLAPPED {
        Anonymous: OVERLAPPED_0 {
            Anonymous: OVERLAPPED_0_0 {
                Offset: offset as u32,
                OffsetHigh: (offset >> 32) as u32,
            },
        },
        ..OVERLAPPED::default()
    };
    let flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
    // SAFETY: the handle is open, and not for overlapped calls, so that `place` is done with when
    // the call returns.
    let done = unsafe { LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &raw mut place) };
    if done != 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    match error.raw_os_error().map(|code| code as u32) {
        Some(ERROR_LOCK_VIOLATION | ERROR_IO_PENDING) => Ok(false),
        _ => Err(error),
    }
}

/// What the system says of an open file.
pub fn inode_of(file: &File) -> io::Result<Inode> {
    let mut information = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is open, and the structure is writable.
    succeeded(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut information) })?;
    let index = u64::from(information.nFileIndexHigh) << 32 | u64::from(information.nFileIndexLow);
    Ok(Inode {
        id: (information.dwVolumeSerialNumber.into(), index),
        names: information.nNumberOfLinks.into(),
    })
}

/// Creates a folder with a security descriptor, given in its string form.
pub(super) fn create_folder(path: &Path, security: &str) -> io::Result<()> {
    let name = terminated(path)?;
    let security = descriptor(security)?;
    let attributes = attributes(&security);
    // SAFETY: the name is terminated; it, the attributes and the descriptor outlive the call.
    succeeded(unsafe { CreateDirectoryW(name.as_ptr(), &raw const attributes) })
}

/// The path as the system takes it, with a zero at its end.
fn terminated(path: &Path) -> io::Result<Vec<u16>> {
    let mut name: Vec<u16> = path.as_os_str().encode_wide().collect();
    if name.contains(&0) {
        let reason = "there is a NUL in the name";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    name.push(0);
    Ok(name)
}

fn attributes(security: &Local) -> SECURITY_ATTRIBUTES {
    SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: security.0,
        bInheritHandle: 0,
    }
}

/// What there is to know of who may do what with a file.
const OWNER_AND_ACCESS: u32 = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;

/// The security descriptor of an open file in its string form.
pub(super) fn descriptor_of(file: &File) -> io::Result<String> {
    let mut descriptor = ptr::null_mut();
    // SAFETY: the file is open, and what is not asked for is null.
    let result = unsafe {
        GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            OWNER_AND_ACCESS,
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut descriptor,
        )
    };
    match result {
        0 => text_of(&Local(descriptor)),
        code => Err(io::Error::from_raw_os_error(code as i32)),
    }
}

/// The string form of a security descriptor as the system itself writes it.
pub(super) fn normal_form(text: &str) -> io::Result<String> {
    text_of(&descriptor(text)?)
}

fn text_of(descriptor: &Local) -> io::Result<String> {
    let mut text = ptr::null_mut();
    // SAFETY: the descriptor is one, and the text's length need not be given back.
    succeeded(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor.0,
            SDDL_REVISION_1,
            OWNER_AND_ACCESS,
            &raw mut text,
            ptr::null_mut(),
        )
    })?;
    let text = Local(text.cast());
    // SAFETY: on success the text is terminated; it lives until the end of this function.
    Ok(unsafe { string(text.0.cast()) })
}

/// The flags of the volume that an open file is on.
pub(super) fn volume_flags(file: &File) -> io::Result<u32> {
    let mut flags = 0;
    // SAFETY: the file is open, and what is not asked for is null with the length 0.
    succeeded(unsafe {
        GetVolumeInformationByHandleW(
            file.as_raw_handle(),
            ptr::null_mut(),
            0,
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut flags,
            ptr::null_mut(),
            0,
        )
    })?;
    Ok(flags)
}

/// How many bytes this account may still write to the volume of a folder.
pub(super) fn free_space(folder: &Path) -> io::Result<u64> {
    let name = terminated(folder)?;
    let mut bytes = 0;
    // SAFETY: the name is terminated, and what is not asked for is null.
    succeeded(unsafe {
        GetDiskFreeSpaceExW(
            name.as_ptr(),
            &raw mut bytes,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    })?;
    Ok(bytes)
}

/// Whether an open handle leads to a console, the null device, or another device for characters.
pub(super) fn is_character_device(handle: &impl AsRawHandle) -> bool {
    // SAFETY: the call takes any handle and answers `FILE_TYPE_UNKNOWN` for one that is not open.
    unsafe { GetFileType(handle.as_raw_handle()) == FILE_TYPE_CHAR }
}

/// The code page in which programs write to the console of this process, or begin with.
pub(super) fn console_code_page() -> u32 {
    // SAFETY: the call takes nothing. It answers 0 where there is no console.
    match unsafe { GetConsoleOutputCP() } {
        0 => CP_OEMCP,
        page => page,
    }
}

/// Text in a code page. What is none in it is replaced, as the system does it.
pub(super) fn decode(code_page: u32, bytes: &[u8]) -> String {
    let Ok(length) = i32::try_from(bytes.len()) else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    // No character of a code page becomes more units than it has bytes.
    let mut units = vec![0_u16; bytes.len()];
    // SAFETY: both buffers are as long as is said, which is the same for both.
    let written = unsafe {
        MultiByteToWideChar(
            code_page,
            0,
            bytes.as_ptr(),
            length,
            units.as_mut_ptr(),
            length,
        )
    };
    match usize::try_from(written) {
        Ok(written @ 1..) => String::from_utf16_lossy(&units[..written]),
        // A code page that is not installed.
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The mode of the console that a handle is for, as one of `CONIN$` is.
pub(super) fn console_mode(console: &impl AsRawHandle) -> io::Result<CONSOLE_MODE> {
    let mut mode = 0;
    // SAFETY: the handle is open; one of another kind is an error.
    succeeded(unsafe { GetConsoleMode(console.as_raw_handle(), &raw mut mode) })?;
    Ok(mode)
}

/// How many processes there are at the console of this one; 0 if it has none.
pub(super) fn processes_at_console() -> u32 {
    let mut one = 0;
    // SAFETY: there is room for as many processes as is said; of more, none is written.
    unsafe { GetConsoleProcessList(&raw mut one, 1) }
}

pub(super) fn set_console_mode(console: &File, mode: CONSOLE_MODE) -> io::Result<()> {
    // SAFETY: the handle is open; one of another kind, and a mode that is not known, is an error.
    succeeded(unsafe { SetConsoleMode(console.as_raw_handle(), mode) })
}

/// Forgets what was typed and not read.
pub(super) fn discard_typed(console: &File) -> io::Result<()> {
    // SAFETY: the handle is open; one of another kind is an error.
    succeeded(unsafe { FlushConsoleInputBuffer(console.as_raw_handle()) })
}

/// Waits for what is typed; the number of UTF-16 units it filled `units` with.
pub(super) fn read_console(console: &File, units: &mut [u16]) -> io::Result<usize> {
    let mut read = 0;
    // SAFETY: the handle is open, and the buffer is writable and as long as is said.
    succeeded(unsafe {
        ReadConsoleW(
            console.as_raw_handle(),
            units.as_mut_ptr().cast(),
            units.len().try_into().unwrap_or(u32::MAX),
            &raw mut read,
            ptr::null(),
        )
    })?;
    Ok(read as usize)
}

/// Shows text; the number of UTF-16 units that were taken.
pub(super) fn write_console(console: &File, units: &[u16]) -> io::Result<usize> {
    let mut written = 0;
    // SAFETY: the handle is open, and the buffer is readable and as long as is said.
    succeeded(unsafe {
        WriteConsoleW(
            console.as_raw_handle(),
            units.as_ptr(),
            units.len().try_into().unwrap_or(u32::MAX),
            &raw mut written,
            ptr::null(),
        )
    })?;
    Ok(written as usize)
}

/// The error that a call of Win32 left behind, unless it succeeded.
pub(super) fn succeeded(result: BOOL) -> io::Result<()> {
    match result {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
