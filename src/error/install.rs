//! What to do about a certificate that a CA returned and that cannot be joined with its private key.

use certstow_core::error::NotInstallable;

use super::facts::{Facts, Hint};
use crate::exit::Exit;

/// Files without a certificate that could be joined with a key.
pub(super) fn nothing(what: NotInstallable) -> Facts {
    let hint = match what {
        NotInstallable::NoCertificate => {
            "name the file that the CA sent or its page gives: a certificate (.cer, .crt, .pem) or a .p7b"
        }
        NotInstallable::Empty => "fetch it from the CA once more",
        NotInstallable::WebPage => {
            "sign in at the CA's page with a browser, and save the certificate itself from there"
        }
        NotInstallable::Pdf => "the CA sends the certificate in another file, or on its page",
        NotInstallable::Zip => "unpack it, and name the certificate that was in it",
        NotInstallable::Request => {
            "send it to the CA, and name here what comes back: a certificate or a .p7b"
        }
        NotInstallable::Issuers => "ask the CA for your own certificate; these belong to its path",
        NotInstallable::Identity | NotInstallable::Locked => {
            return of_identity(what);
        }
    };
    Facts::new(Exit::NotFound, "nothing-to-install", hint)
}

fn of_identity(what: NotInstallable) -> Facts {
    let exit = match what {
        NotInstallable::Locked => Exit::Password,
        _ => Exit::NotFound,
    };
    let hint = Hint::on_command_line("'certstow import FILE' takes it in, with its private key");
    Facts::new(exit, "identity-to-import", hint)
}

/// A certificate whose key is in none of the stores that were searched.
pub(super) fn no_key() -> Facts {
    let hint = "the key is where the request was made: on another computer, in another account or \
                browser, or in a folder that --store names";
    Facts::new(Exit::NotFound, "no-key-here", Hint::on_command_line(hint))
}

/// A certificate whose key is in several stores.
pub(super) fn several() -> Facts {
    let hint = "name one of them with --store";
    Facts::new(
        Exit::Ambiguous,
        "several-stores",
        Hint::on_command_line(hint),
    )
}
