//! What loading and starting softoken takes beside the safe calls of `cryptoki`: its parameters, which
//! PKCS#11 has no field for, go through `pReserved` of `CK_C_INITIALIZE_ARGS` as a text of C; and the
//! libraries beside a program's own softoken are opened first, since nothing in it says where they are.
//! Sources: lib/softoken/pkcs11.c of NSS; dlopen(3); `LoadLibraryExW`.

#![expect(
    unsafe_code,
    reason = "a pointer for C_Initialize, and the loader's functions, which are C"
)]

use std::ffi::CString;
use std::path::Path;
use std::ptr::NonNull;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::Error;

/// A module that is initialized. It is finalized when this is dropped.
pub(super) struct Initialized {
    module: Pkcs11,
    /// softoken keeps no copy of all of it, so that it lives as long as the configuration.
    _parameters: CString,
}

impl Initialized {
    /// Calls `C_Initialize` with these parameters.
    ///
    /// # Errors
    /// What the module answers.
    pub(super) fn new(module: &Pkcs11, parameters: CString) -> Result<Self, Error> {
        let reserved = NonNull::from(parameters.as_c_str()).cast();
        // SAFETY: softoken takes `pReserved` for a text that ends with a NUL, as this one does, and
        // only reads it. Its bytes are on the heap, stay where they are when the `CString` moves, and
        // live until the module is finalized, or the call fails.
        let arguments = unsafe {
            CInitializeArgs::new_with_reserved(CInitializeFlags::OS_LOCKING_OK, reserved)
        };
        module.initialize(arguments)?;
        Ok(Self {
            module: module.clone(),
            _parameters: parameters,
        })
    }

    /// The module.
    pub(super) fn module(&self) -> &Pkcs11 {
        &self.module
    }
}

impl Drop for Initialized {
    fn drop(&mut self) {
        // There is nothing to be done about a module that does not stop.
        let _ = self.module.clone().finalize();
    }
}

/// Opens a library for good, so that what is loaded later finds its functions. Whether that went well
/// shows when the library that needs it is loaded.
#[cfg(unix)]
pub(super) fn open_for_others(library: &Path) {
    use std::os::unix::ffi::OsStrExt as _;

    let Ok(path) = CString::new(library.as_os_str().as_bytes()) else {
        return;
    };
    // SAFETY: the path ends with a NUL. Loading runs the initializers of a library of NSS, which do
    // nothing that is not theirs.
    unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_LAZY | libc::RTLD_GLOBAL) };
}

/// Opens a library for good, with those that it needs out of its own folder. Whether that went well shows
/// when it is loaded again.
#[cfg(windows)]
pub(super) fn open_for_others(library: &Path) {
    use std::os::windows::ffi::OsStrExt as _;

    use windows_sys::Win32::System::LibraryLoader::{
        LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
    };

    let path: Vec<u16> = library.as_os_str().encode_wide().chain([0]).collect();
    // SAFETY: the path ends with a NUL, and the handle that must be null is. Loading runs the
    // initializers of a library of NSS, which do nothing that is not theirs.
    unsafe {
        LoadLibraryExW(
            path.as_ptr(),
            std::ptr::null_mut(),
            LOAD_WITH_ALTERED_SEARCH_PATH,
        )
    };
}
