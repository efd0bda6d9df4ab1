//! What is said of a key whose public half does not show: why it is taken for a certificate's, or for
//! none's, and what to do.

use std::path::Path;

use super::key_kind::KeyKind;
use crate::store::{KeyState, NotExportable};

/// Why a key whose public half does not show is taken for a certificate's.
#[derive(Clone, Copy)]
pub(super) enum Grounds {
    SameFile,
    LocalKeyId,
    Name,
    /// No other key and no other certificate is left.
    LeftOver,
}

pub(super) fn state_of(kind: &KeyKind, file: &Path, grounds: Grounds) -> KeyState {
    let name = file.display();
    let why_taken = match grounds {
        Grounds::SameFile => "",
        Grounds::LocalKeyId => "; taken for this certificate's key by its localKeyID",
        Grounds::Name => "; taken for this certificate's key by its file name",
        Grounds::LeftOver => {
            "; taken for this certificate's key, the only one without another; its password shows \
             whether it is"
        }
    };
    let locked =
        |untried: &str| KeyState::Locked(format!("{name} is encrypted{untried}{why_taken}"));
    match kind {
        KeyKind::Locked => locked(""),
        KeyKind::Untried(why) => locked(&format!(", {why}")),
        KeyKind::Unreadable(form) => KeyState::NotExportable(NotExportable::UnsupportedFile {
            file: name.to_string(),
            form: form.clone(),
        }),
        KeyKind::Known(_) | KeyKind::Unknown(_) => KeyState::Unknown,
    }
}

/// Why a key goes to no certificate.
pub(super) const NO_NAME: &str = "no certificate has the same file name";
pub(super) const NAME_TAKEN: &str = "the certificate of the same file name has another key";

/// What is known of a key that goes to no certificate, and what helps to pair it.
pub(super) fn unpaired(kind: &KeyKind) -> (String, &'static str) {
    const NAMES: &str = "give both files one name to pair them";
    match kind {
        KeyKind::Unknown(algorithm) => (
            format!(
                "certstow cannot tell the public key of its private key for {}",
                algorithm.name
            ),
            NAMES,
        ),
        KeyKind::Unreadable(what) => (
            format!("its private key is encrypted in a form certstow does not read ({what})"),
            NAMES,
        ),
        KeyKind::Untried(why) => (format!("its private key is encrypted, {why}"), NAMES),
        KeyKind::Known(_) | KeyKind::Locked => (
            "its private key is encrypted".to_owned(),
            "give its password, or both files one name, to pair them",
        ),
    }
}
