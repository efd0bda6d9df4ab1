//! What the errors of escrow are to a person and a script.

use certstow_core::escrow::Trouble;

use super::facts::{Facts, Hint};
use crate::exit::Exit;

pub(super) fn facts(trouble: &Trouble) -> Facts {
    match trouble {
        Trouble::Certificate(_) => Facts::new(
            Exit::Usage,
            "escrow-certificate",
            "name a file with one certificate, whose key is RSA (2048 bits or more), P-256, P-384 \
             or P-521",
        ),
        Trouble::Key(_) => Facts::new(
            Exit::Usage,
            "escrow-key",
            "name the file with the private key of the escrow certificate",
        ),
        Trouble::WrongKey(_) => Facts::new(
            Exit::Password,
            "wrong-escrow-key",
            "use the private key of that certificate",
        ),
        Trouble::Unreadable(_) => Facts::new(
            Exit::VerificationFailed,
            "escrow-unreadable",
            Hint::on_command_line(
                "take the copy from another destination, or try 'openssl cms -decrypt -inform DER'",
            ),
        ),
    }
}
