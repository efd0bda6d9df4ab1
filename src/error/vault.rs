//! What the errors of the operating system's vault mean to a person and a script.

use certstow_platform::vault::{HAS_CREDENTIALS, VaultError};

use crate::exit::Exit;

pub(super) fn exit(error: &VaultError) -> Exit {
    match error {
        VaultError::NotFound { .. } | VaultError::Unfit { .. } => Exit::Password,
        VaultError::NotKept { .. } => Exit::VerificationFailed,
        _ => Exit::Store,
    }
}

pub(super) fn code(error: &VaultError) -> &'static str {
    match error {
        VaultError::NoVault { .. } => "no-vault",
        VaultError::NotFound { .. } => "password-not-kept",
        VaultError::Locked { .. } => "vault-locked",
        VaultError::Denied { .. } => "vault-access-denied",
        VaultError::Unfit { .. } => "password",
        VaultError::NotKept { .. } => "verification-failed",
        _ => "vault",
    }
}

pub(super) fn hint(error: &VaultError) -> Option<String> {
    let hint = match error {
        VaultError::NoVault { .. } if HAS_CREDENTIALS => {
            "give the password with --password-file; in a unit of systemd, with \
             LoadCredentialEncrypted=NAME:FILE and --password-vault NAME"
        }
        VaultError::NoVault { .. } => "give the password with --password-file",
        VaultError::NotFound { name, .. } => {
            let mut hint =
                format!("'certstow password set {name}', by the same account, keeps one");
            if HAS_CREDENTIALS {
                hint.push_str(&format!(
                    "; in a unit of systemd, LoadCredential={name}:FILE or \
                     LoadCredentialEncrypted={name}:FILE gives it"
                ));
            }
            return Some(hint);
        }
        VaultError::Locked { .. } => {
            "unlock it first: log in at the desktop, or run 'security unlock-keychain' on macOS"
        }
        VaultError::Denied { .. } => {
            "run certstow by the account that kept the password; a program that was replaced \
             has to keep it anew: 'certstow password set'"
        }
        VaultError::Unfit { .. } => "keep another one with 'certstow password set'",
        VaultError::NotKept { .. } => "try again; the password is not safe there",
        _ => "the operating system's error above says more; --password-file needs no vault",
    };
    Some(hint.to_owned())
}
