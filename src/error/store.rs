//! What the errors of stores mean to a person and a script.

use certstow_platform::error::StoreError;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::NotExportable;

use crate::exit::Exit;
use certstow_core::nearest::nearest;
use certstow_formats::sanitize::safe;

pub(super) const KEY_MISMATCH: &str = "the store pairs them wrongly: look for the certificate's own key, \
                           or ask its issuer for a new certificate";

pub(super) fn exit(error: &StoreError) -> Exit {
    match error {
        StoreError::Unavailable { .. }
        | StoreError::AccessDenied { .. }
        | StoreError::KeyAccessDenied { .. }
        | StoreError::KeyUnreadableHere { .. } => Exit::Store,
        StoreError::NotFound { .. } => Exit::NotFound,
        // To a script, a key that cannot be read is a key it cannot have.
        StoreError::KeyMissing { .. }
        | StoreError::KeyContainerMissing { .. }
        | StoreError::KeyProviderMissing { .. }
        | StoreError::KeyMismatch { .. }
        | StoreError::KeyNotExportable { .. }
        | StoreError::KeyRefused { .. }
        | StoreError::Damaged { .. } => Exit::KeyUnavailable,
        StoreError::InteractionRequired { .. }
        | StoreError::KeychainInteractionRequired { .. }
        | StoreError::ConfirmationRequired { .. } => Exit::InteractionRequired,
        StoreError::WrongPassword { .. } => Exit::Password,
        StoreError::AlreadyThere { .. }
        | StoreError::NotImported { .. }
        | StoreError::NotRemoved { .. } => Exit::Target,
        StoreError::HalfDone { .. } => Exit::Partial,
        StoreError::Cancelled => Exit::Cancelled,
    }
}

pub(super) fn code(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unavailable { .. } => "store-unavailable",
        StoreError::AccessDenied { .. } | StoreError::KeyAccessDenied { .. } => "access-denied",
        StoreError::NotFound { .. } => "not-found",
        StoreError::KeyMissing { .. } => "key-missing",
        StoreError::KeyContainerMissing { .. } => "key-container-missing",
        StoreError::KeyProviderMissing { .. } => "key-provider-missing",
        StoreError::KeyMismatch { .. } => "key-mismatch",
        StoreError::KeyRefused { .. } => "key-refused",
        StoreError::KeyUnreadableHere { .. } => "key-unreadable-here",
        StoreError::KeyNotExportable { .. } => "key-not-exportable",
        StoreError::Damaged { .. } => "damaged",
        StoreError::InteractionRequired { .. }
        | StoreError::KeychainInteractionRequired { .. }
        | StoreError::ConfirmationRequired { .. } => "interaction-required",
        StoreError::WrongPassword { .. } => "wrong-password",
        StoreError::AlreadyThere { .. } => "already-there",
        StoreError::NotImported { .. } => "not-imported",
        StoreError::NotRemoved { .. } => "not-removed",
        StoreError::HalfDone { .. } => "half-done",
        StoreError::Cancelled => "cancelled",
    }
}

pub(super) fn hint(error: &StoreError) -> Option<String> {
    let meant = match error {
        StoreError::Unavailable { store, .. } => store_meant(store),
        _ => None,
    };
    match meant {
        Some(meant) => Some(format!(
            "did you mean {}? 'certstow stores' lists the stores of this machine",
            safe(&meant)
        )),
        None => fixed_hint(error).map(str::to_owned),
    }
}

/// The store that was meant by a name with a slip in it, which is taken for a file's.
fn store_meant(store: &str) -> Option<String> {
    let last = |path: &str| path.rsplit(['/', '\\']).next().map(str::to_owned);
    if let Some(path) = store.strip_prefix("keychain:") {
        let name = nearest(&last(path)?, ["login", "System"], |name| name)?;
        return Some(format!("keychain:{name}")).filter(|meant| meant != store);
    }
    let (before, name) = store.strip_prefix("file:")?.rsplit_once(':')?;
    let kind = nearest(&last(before)?, StoreSpec::SCHEMES, |kind| kind)?;
    Some(format!("{kind}:{name}"))
}

fn fixed_hint(error: &StoreError) -> Option<&'static str> {
    Some(match error {
        StoreError::Unavailable { store, .. } if store.starts_with("file:") => {
            "name a file or folder that is there; 'certstow stores' lists the stores of this \
             machine"
        }
        StoreError::Unavailable { .. } => {
            "name another store with --store: 'certstow stores' lists those of this machine"
        }
        StoreError::AccessDenied { .. } => "run certstow as the owner, or let this account read it",
        StoreError::KeyAccessDenied { .. } => {
            "run certstow as the key's owner (a computer's keys need an administrator's prompt), \
             or let this account use the key"
        }
        StoreError::NotFound { .. } => "the store changed meanwhile: run 'certstow list' again",
        StoreError::KeyMissing { .. } => {
            "name the folder that holds the key with --store, or export the certificate alone \
             with --format der"
        }
        StoreError::KeyContainerMissing { .. } => {
            "export from the account that has the key (a computer's keys need an administrator's \
             prompt), or export the certificate alone with --format der"
        }
        StoreError::KeyRefused { .. } => {
            "try again logged on as the key's owner; the operating system's error above says more"
        }
        StoreError::KeyUnreadableHere { .. } => {
            "run certstow while logged on; a scheduled task needs 'Run whether user is logged on \
             or not' with the password stored: without it (S4U), and after a reset of the \
             password, Windows cannot unlock the account's keys"
        }
        StoreError::KeychainInteractionRequired { .. } => {
            "unlock the keychain first with 'security unlock-keychain', and allow certstow the key \
             once, at a terminal of the desktop (\"Always Allow\")"
        }
        StoreError::ConfirmationRequired { .. } => {
            "run certstow at a terminal, with --allow-prompt"
        }
        StoreError::KeyProviderMissing { .. } => {
            "install the software that keeps the key, or export on a computer that has it"
        }
        StoreError::KeyMismatch { .. } => KEY_MISMATCH,
        StoreError::KeyNotExportable {
            reason: NotExportable::Policy,
            ..
        } => {
            "import the original file again with its key marked as exportable, or ask the issuer \
             for a new certificate"
        }
        StoreError::KeyNotExportable { .. } => {
            "the key has to stay where it is: ask the issuer for a new certificate with a key \
             that may be exported"
        }
        StoreError::InteractionRequired { .. } => {
            "give its password with --unlock-password-file, --unlock-password-env, \
             --unlock-password-fd or --unlock-password-vault"
        }
        StoreError::WrongPassword { .. } => {
            "check the password that unlocks the key (--unlock-password-file, ...)"
        }
        StoreError::AlreadyThere { .. } => {
            "nothing was changed; --force puts this one in its place"
        }
        StoreError::NotImported { .. } => {
            "nothing was changed; --store names another store, such as a folder"
        }
        StoreError::NotRemoved { .. } => {
            "nothing was taken out; remove it with the program that put it there"
        }
        StoreError::HalfDone { .. } => "'certstow list --all' shows what is there now",
        StoreError::Damaged { .. } => "restore the key from a copy made before the damage",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_with_a_slip_in_its_name_is_recognized() {
        for (store, meant) in [
            ("file:/home/ada/keychian:login", "keychain:login"),
            (
                r"file:C:\Users\ada\widnows:CurrentUser\My",
                r"windows:CurrentUser\My",
            ),
            ("file:/home/ada/Dotnet:My", "dotnet:My"),
            (
                "keychain:/Users/ada/Library/Keychains/logn",
                "keychain:login",
            ),
            ("keychain:login", ""),
            ("file:/home/ada/certificates", ""),
            (r"file:C:\certificates", ""),
            ("file:/home/ada/notes: 2024", ""),
            ("windows:CurrentUser\\My", ""),
        ] {
            let expected = Some(meant.to_owned()).filter(|meant| !meant.is_empty());
            assert_eq!(store_meant(store), expected, "{store}");
        }
    }
}
