//! The account of this process on Windows, from its token: `GetTokenInformation`, and
//! `CheckTokenMembership` for the groups that tell the kind of session.

use std::io;

use windows_sys::Win32::Security::{WinBatchSid, WinInteractiveSid, WinNetworkSid, WinServiceSid};

use super::ffi;
use crate::account::{Account, Session};

/// Local System.
const SYSTEM: &str = "S-1-5-18";

pub fn account() -> io::Result<Account> {
    let id = ffi::user()?;
    let kinds = [
        (WinServiceSid, Session::Service(None)),
        (WinBatchSid, Session::Batch),
        (WinNetworkSid, Session::Network),
        (WinInteractiveSid, Session::Interactive),
    ];
    let mut session = Session::Unknown;
    for (group, kind) in kinds {
        if session == Session::Unknown && ffi::is_member(group)? {
            session = kind;
        }
    }
    let of_the_machine = id == SYSTEM;
    if of_the_machine && session == Session::Unknown {
        session = Session::Service(None);
    }
    Ok(Account {
        name: ffi::user_name().ok(),
        of_the_machine,
        elevated: ffi::is_elevated()?,
        session,
        // SYSTEM's own has another name.
        profile_loaded: Some(of_the_machine || ffi::has_registry_of(&id)),
        id,
    })
}
