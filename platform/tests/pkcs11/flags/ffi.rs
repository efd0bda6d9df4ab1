//! A PKCS#11 module that is another one (`FLAGS_MODULE`) with more flags in what it says of its slots
//! (`FLAGS_SLOT`) and tokens (`FLAGS_TOKEN`). It stands for cards of which none is at hand.

use std::ffi::{CString, c_char, c_int, c_ulong, c_void};
use std::sync::OnceLock;

unsafe extern "C" {
    fn dlopen(file: *const c_char, mode: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

type GetFunctionList = unsafe extern "C" fn(*mut *const List) -> c_ulong;
type GetInfo = unsafe extern "C" fn(c_ulong, *mut u8) -> c_ulong;

/// CK_FUNCTION_LIST: a version, and 68 functions in the order of the standard.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct List {
    version: [u8; 2],
    functions: [*const c_void; 68],
}

unsafe impl Send for List {}
unsafe impl Sync for List {}

const GET_FUNCTION_LIST: usize = 3;
const GET_SLOT_INFO: usize = 5;
const GET_TOKEN_INFO: usize = 6;

/// Behind 64 and 32 characters of CK_SLOT_INFO, and 32, 32, 16 and 16 of CK_TOKEN_INFO.
const FLAGS: usize = 96;

static REAL: OnceLock<List> = OnceLock::new();
static OWN: OnceLock<List> = OnceLock::new();

fn real() -> &'static List {
    REAL.get_or_init(|| {
        let module = std::env::var("FLAGS_MODULE").unwrap();
        let module = CString::new(module).unwrap();
        // SAFETY: the library is a PKCS#11 module, which has this function.
        unsafe {
            let library = dlopen(module.as_ptr(), 2);
            let function = dlsym(library, c"C_GetFunctionList".as_ptr());
            assert!(!function.is_null());
            let function: GetFunctionList = std::mem::transmute(function);
            let mut list = std::ptr::null();
            assert_eq!(function(&mut list), 0);
            *list
        }
    })
}

/// Calls the function of this number, and adds flags to what it says.
unsafe fn with_flags(number: usize, slot: c_ulong, info: *mut u8, variable: &str) -> c_ulong {
    // SAFETY: the caller has the structure of this function, which is long enough.
    unsafe {
        let function: GetInfo = std::mem::transmute(real().functions[number]);
        let result = function(slot, info);
        if result == 0 {
            let more: c_ulong = std::env::var(variable).unwrap().parse().unwrap();
            *info.add(FLAGS).cast::<c_ulong>() |= more;
        }
        result
    }
}

unsafe extern "C" fn slot_info(slot: c_ulong, info: *mut u8) -> c_ulong {
    // SAFETY: the same function of the module.
    unsafe { with_flags(GET_SLOT_INFO, slot, info, "FLAGS_SLOT") }
}

unsafe extern "C" fn token_info(slot: c_ulong, info: *mut u8) -> c_ulong {
    // SAFETY: the same function of the module.
    unsafe { with_flags(GET_TOKEN_INFO, slot, info, "FLAGS_TOKEN") }
}

/// # Safety
/// As the standard has it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn C_GetFunctionList(list: *mut *const List) -> c_ulong {
    let own = OWN.get_or_init(|| {
        let mut own = *real();
        own.functions[GET_FUNCTION_LIST] = C_GetFunctionList as *const c_void;
        own.functions[GET_SLOT_INFO] = slot_info as *const c_void;
        own.functions[GET_TOKEN_INFO] = token_info as *const c_void;
        own
    });
    // SAFETY: the caller's pointer.
    unsafe { *list = own };
    0
}
