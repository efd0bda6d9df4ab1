//! What `cryptoki` leaves to its caller: NSS's library takes its configuration as text in `pReserved` of
//! `C_Initialize`.

#![expect(
    unsafe_code,
    reason = "pReserved is a pointer to whatever a module takes"
)]

use std::ffi::CStr;
use std::ptr::NonNull;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};

/// Initialises softoken for the rest of the process.
pub(crate) fn initialise_softoken(functions: &Pkcs11, parameters: &'static CStr) {
    let text = NonNull::new(parameters.as_ptr().cast_mut()).unwrap().cast();
    let flags = CInitializeFlags::OS_LOCKING_OK;
    // SAFETY: softoken reads the text, which stays until the process ends, and does not change it.
    let arguments = unsafe { CInitializeArgs::new_with_reserved(flags, text) };
    functions.initialize(arguments).unwrap();
}
