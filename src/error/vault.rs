//! What the errors of the operating system's vault are to a person and a script.

use certstow_platform::vault::{HAS_CREDENTIALS, VaultError};

use super::facts::{Facts, Hint};
use crate::exit::Exit;

pub(super) fn facts(error: &VaultError) -> Facts {
    match error {
        VaultError::NoVault { .. } => Facts::new(
            Exit::Store,
            "no-vault",
            Hint::on_command_line(match HAS_CREDENTIALS {
                true => {
                    "give the password with --password-file; in a unit of systemd, with \
                     LoadCredentialEncrypted=NAME:FILE and --password-vault NAME"
                }
                false => "give the password with --password-file",
            }),
        ),
        VaultError::NotFound { name, .. } => {
            let keep = format!("'certstow password set {name}', by the same account, keeps one");
            let unit = match HAS_CREDENTIALS {
                true => format!(
                    "; in a unit of systemd, LoadCredential={name}:FILE or \
                     LoadCredentialEncrypted={name}:FILE gives it"
                ),
                false => String::new(),
            };
            Facts::new(Exit::Password, "password-not-kept", keep + &unit)
        }
        VaultError::Locked { .. } => Facts::new(
            Exit::Store,
            "vault-locked",
            "unlock it first: log in at the desktop, or run 'security unlock-keychain' on macOS",
        ),
        VaultError::Denied { .. } => Facts::new(
            Exit::Store,
            "vault-access-denied",
            Hint::on_command_line(
                "run certstow by the account that kept the password; a program that was updated \
                 has to keep it anew: 'certstow password set --force NAME'",
            )
            .in_wizard("run certstow by the account that kept the password"),
        ),
        VaultError::Unfit { .. } => Facts::new(
            Exit::Password,
            "password",
            "keep another one with 'certstow password set'",
        ),
        VaultError::NotKept { .. } => Facts::new(
            Exit::VerificationFailed,
            "verification-failed",
            "try again; the password is not safe there",
        ),
        VaultError::Failed { .. } => Facts::new(
            Exit::Store,
            "vault",
            Hint::on_command_line(
                "the operating system's error above says more; --password-file needs no vault",
            ),
        ),
    }
}
