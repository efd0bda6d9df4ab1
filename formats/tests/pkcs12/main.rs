//! Reading PKCS#12 files of every make, and telling a wrong password from damage.

mod opening;
mod shapes;
mod work;

use certstow_formats::pkcs12::decode::{Contents, Limits, decode};
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

/// Opens with a text.
fn open(bytes: &[u8], text: &str) -> Result<Contents, DecodeError> {
    decode(
        bytes,
        PasswordForm::Text(&password(text)),
        &Limits::default(),
    )
}

/// The certificates and keys inside.
fn counts(contents: &Contents) -> (usize, usize) {
    (contents.certificates.len(), contents.keys.len())
}
