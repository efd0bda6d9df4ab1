//! What the errors of escrow mean to a person and a script.

use certstow_core::escrow::Trouble;

use crate::exit::Exit;

pub(super) fn exit(error: &Trouble) -> Exit {
    match error {
        Trouble::Certificate(_) | Trouble::Key(_) => Exit::Usage,
        Trouble::WrongKey(_) => Exit::Password,
        Trouble::Unreadable(_) => Exit::VerificationFailed,
    }
}

pub(super) fn code(error: &Trouble) -> &'static str {
    match error {
        Trouble::Certificate(_) => "escrow-certificate",
        Trouble::Key(_) => "escrow-key",
        Trouble::WrongKey(_) => "wrong-escrow-key",
        Trouble::Unreadable(_) => "escrow-unreadable",
    }
}

pub(super) fn hint(error: &Trouble) -> &'static str {
    match error {
        Trouble::Certificate(_) => {
            "name a file with one certificate, whose key is RSA (2048 bits or more), P-256, \
                 P-384 or P-521"
        }
        Trouble::Key(_) => "name the file with the private key of the escrow certificate",
        Trouble::WrongKey(_) => "use the private key of that certificate",
        Trouble::Unreadable(_) => {
            "take the copy from another destination, or try 'openssl cms -decrypt -inform DER'"
        }
    }
}
