//! What the errors of stores are to a person and a script.

use certstow_core::nearest::nearest;
use certstow_formats::sanitize::safe;
use certstow_platform::error::StoreError;
use certstow_platform::os::privacy;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::NotExportable;

use super::facts::{Answer, FULL_DISK_ACCESS, Facts, Hint};
use crate::exit::Exit;

/// In the wizard, another identity may do: all but the password that unlocks this one.
pub(super) fn facts(error: &StoreError) -> Facts {
    let facts = table(error);
    match matches!(
        error,
        StoreError::WrongPassword { .. } | StoreError::KeyPassword { .. } | StoreError::Cancelled
    ) {
        true => facts,
        false => facts.about(Answer::Identity),
    }
}

fn table(error: &StoreError) -> Facts {
    match error {
        StoreError::Unavailable { store, .. } => {
            Facts::new(Exit::Store, "store-unavailable", of_unavailable(store))
        }
        StoreError::AccessDenied { source, .. } => {
            // Of a file, that is, and not of a store of the system.
            let file = source.as_ref().and_then(|source| source.downcast_ref());
            let hint = match file.is_some_and(privacy::is_refused_by_privacy) {
                true => FULL_DISK_ACCESS.into(),
                false => Hint::from("run certstow as the owner, or let this account read it")
                    .of_denied(file.is_some()),
            };
            Facts::new(Exit::Store, "access-denied", hint)
        }
        StoreError::KeyAccessDenied { .. } => Facts::new(
            Exit::Store,
            "access-denied",
            "run certstow as the key's owner (a computer's keys need an administrator's prompt), \
             or let this account use the key",
        ),
        StoreError::NotFound { .. } => Facts::new(
            Exit::NotFound,
            "not-found",
            "the store changed meanwhile: run 'certstow list' again",
        ),
        // To a script, a key that cannot be read is a key it cannot have.
        StoreError::KeyMissing { .. } => Facts::new(
            Exit::KeyUnavailable,
            "key-missing",
            Hint::on_command_line(
                "name the folder that holds the key with --store, or export the certificate alone \
                 with --format der",
            )
            .in_wizard("name another identity"),
        ),
        StoreError::KeyContainerMissing { .. } => Facts::new(
            Exit::KeyUnavailable,
            "key-container-missing",
            Hint::on_command_line(
                "export from the account that has the key (a computer's keys need an \
                 administrator's prompt), or export the certificate alone with --format der",
            )
            .in_wizard(
                "export from the account that has the key (a computer's keys need an \
                 administrator's prompt)",
            ),
        ),
        StoreError::KeyProviderMissing { .. } => Facts::new(
            Exit::KeyUnavailable,
            "key-provider-missing",
            "install the software that keeps the key, or export on a computer that has it",
        ),
        StoreError::KeyMismatch { .. } => key_mismatch(),
        StoreError::KeyNotExportable { reason, .. } => Facts::new(
            Exit::KeyUnavailable,
            "key-not-exportable",
            of_kept_key(reason),
        ),
        StoreError::KeyRefused { .. } => Facts::new(
            Exit::KeyUnavailable,
            "key-refused",
            "try again logged on as the key's owner; the operating system's error above says more",
        ),
        StoreError::KeyUnreadableHere { .. } => Facts::new(
            Exit::Store,
            "key-unreadable-here",
            "run certstow while logged on; a scheduled task needs 'Run whether user is logged on \
             or not' with the password stored: without it (S4U), and after a reset of the \
             password, Windows cannot unlock the account's keys",
        ),
        StoreError::InteractionRequired { .. } => Facts::new(
            Exit::InteractionRequired,
            "interaction-required",
            Hint::on_command_line(
                "give its password, primary password or PIN with --unlock-password-file, \
                 --unlock-password-env, --unlock-password-fd, --unlock-password-vault or \
                 --unlock-password-command; SPEC=FILE gives it to that store alone",
            )
            .in_wizard("give its password when it is asked for"),
        ),
        StoreError::KeychainInteractionRequired { .. } => Facts::new(
            Exit::InteractionRequired,
            "interaction-required",
            "unlock the keychain first with 'security unlock-keychain', and allow certstow the key \
             once, at a terminal of the desktop (\"Always Allow\")",
        ),
        StoreError::ConfirmationRequired { .. } => Facts::new(
            Exit::InteractionRequired,
            "interaction-required",
            Hint::on_command_line("run certstow at a terminal, with --allow-prompt")
                .in_wizard("name another identity, or allow certstow to open that window"),
        ),
        StoreError::WrongPassword { .. } => Facts::new(
            Exit::Password,
            "wrong-password",
            Hint::on_command_line(
                "check the password that unlocks the key (--unlock-password-file, ...)",
            )
            .in_wizard("check the password that unlocks the key")
            .of_typing(),
        ),
        StoreError::KeyPassword { .. } => Facts::new(
            Exit::Password,
            "key-password",
            Hint::on_command_line(
                "give the private key's own password beside the file's: --unlock-password-file and \
                 its kind may be given more than once (import asks for both at a terminal; without \
                 one, export the identity under one password first, and import that)",
            )
            .in_wizard("the file and the private key in it have passwords of their own; give both"),
        ),
        StoreError::LoginRefused { .. } => Facts::new(
            Exit::Store,
            "login-refused",
            Hint::on_command_line(
                "look with the token's own software how many tries are left before you give the PIN again",
            )
            .in_wizard("look with the token's own software how many tries are left"),
        ),
        StoreError::SeveralTokens { .. } => Facts::new(
            Exit::Usage,
            "several-tokens",
            Hint::on_command_line(
                "name one of them: --store 'pkcs11:MODULE?token=LABEL'; a PIN is given to one token \
                 alone",
            )
            .in_wizard("name one of the tokens when certstow is started"),
        ),
        StoreError::AlreadyThere { .. } => Facts::new(
            Exit::Target,
            "already-there",
            Hint::on_command_line("nothing was changed; --force puts this one in its place"),
        ),
        StoreError::NotImported { .. } => Facts::new(
            Exit::Target,
            "not-imported",
            Hint::on_command_line(
                "nothing was changed; --store names another store, such as a folder",
            ),
        ),
        StoreError::NotRemoved { .. } => Facts::new(
            Exit::Target,
            "not-removed",
            "nothing was taken out; remove it with the program that put it there",
        ),
        StoreError::InOtherText { .. } => Facts::new(
            Exit::KeyUnavailable,
            "in-other-text",
            "nothing was taken out; remove it by an editor, or with the program that wrote the file",
        ),
        StoreError::HalfDone { .. } => Facts::new(
            Exit::Partial,
            "half-done",
            Hint::on_command_line("'certstow list --all' shows what is there now"),
        ),
        StoreError::Damaged { .. } => Facts::new(
            Exit::KeyUnavailable,
            "damaged",
            "restore the key from a copy made before the damage",
        ),
        StoreError::Cancelled => Facts::cancelled(),
    }
}

/// Of a key that is kept back.
fn of_kept_key(reason: &NotExportable) -> Hint {
    match reason {
        NotExportable::Policy => {
            "import the original file again with its key marked as exportable, or ask the issuer \
             for a new certificate"
        }
        NotExportable::Hardware(_) => {
            "the key has to stay where it is: ask the issuer for a new certificate with a key that \
             may be exported"
        }
        NotExportable::UnsupportedForm(_) => {
            "look for an export in the software that keeps the key"
        }
        NotExportable::UnsupportedFile { file, .. } => {
            return Hint::from(format!(
                "convert it: 'openssl pkcs8 -topk8 -in {file} -out NEW', or of a PKCS#12 file \
                 'openssl pkcs12 -in {file} -out NEW'"
            ));
        }
    }
    .into()
}

/// Of a key that belongs to another certificate.
pub(super) fn key_mismatch() -> Facts {
    Facts::new(
        Exit::KeyUnavailable,
        "key-mismatch",
        "the store pairs them wrongly: look for the certificate's own key, or ask its issuer for a \
         new certificate",
    )
    .about(Answer::Identity)
}

fn of_unavailable(store: &str) -> Hint {
    if let Some(meant) = store_meant(store) {
        let what = match meant == EVERY_DATABASE {
            true => ", the databases of Firefox and other programs here",
            false => "",
        };
        let meant = safe(&meant);
        return Hint::from(format!(
            "did you mean {meant}{what}? 'certstow stores' lists the stores of this machine"
        ));
    }
    if store.starts_with("nss:") {
        return "'certstow stores' lists the databases that are found; Firefox shows the folder of each \
                profile in about:profiles (Root Directory)"
            .into();
    }
    match store.starts_with("file:") {
        true => "name a file or folder that is there; 'certstow stores' lists the stores of this \
                 machine"
            .into(),
        false => Hint::on_command_line(
            "name another store with --store: 'certstow stores' lists those of this machine",
        )
        .in_wizard("'certstow stores' lists the stores of this machine"),
    }
}

/// The store that was meant by a name with a slip in it, which is taken for a file's.
fn store_meant(store: &str) -> Option<String> {
    let last = |path: &str| path.rsplit(['/', '\\']).next().map(str::to_owned);
    let is_program = |name: &str| certstow_platform::has_nss_databases(name);
    if let Some(path) = store.strip_prefix("nss:") {
        return is_program(&last(path)?).then(|| EVERY_DATABASE.to_owned());
    }
    if let Some(path) = store.strip_prefix("keychain:") {
        let name = nearest(&last(path)?, ["login", "System"], |name| name)?;
        return Some(format!("keychain:{name}")).filter(|meant| meant != store);
    }
    let path = store.strip_prefix("file:")?;
    let name = last(path)?;
    if name == "nss" || is_program(&name) {
        return Some(EVERY_DATABASE.to_owned());
    }
    // The rest may be a path, with a colon in it.
    let colons = path.match_indices(':').map(|(at, _)| at);
    let scheme_and_name = |at: usize| Some((last(&path[..at])?, &path[at + 1..]));
    let mut meant = colons.filter_map(|at| {
        let (scheme, name) = scheme_and_name(at)?;
        match scheme.as_str() {
            // As NSS's own tools have it.
            "sql" => Some(format!("nss:{name}")),
            program if is_program(program) => Some(EVERY_DATABASE.to_owned()),
            scheme => {
                let kind = nearest(scheme, StoreSpec::SCHEMES, |kind| kind)?;
                Some(format!("{kind}:{name}"))
            }
        }
    });
    meant.next()
}

/// The store that stands for the databases of all programs.
const EVERY_DATABASE: &str = "nss:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_meant_recognizes_typos() {
        for (store, meant) in [
            ("file:/home/ada/keychian:login", "keychain:login"),
            (
                r"file:C:\Users\ada\widnows:CurrentUser\My",
                r"windows:CurrentUser\My",
            ),
            ("file:/home/ada/Dotnet:My", "dotnet:My"),
            ("file:/home/ada/Firefox", "nss:"),
            ("file:/home/ada/nss", "nss:"),
            ("nss:/home/ada/thunderbird", "nss:"),
            ("nss:/home/ada/.mozilla/firefox/x7k.default", ""),
            ("file:/home/ada/firefox:work", "nss:"),
            (
                "file:/home/ada/sql:/home/ada/.pki/nssdb",
                "nss:/home/ada/.pki/nssdb",
            ),
            ("file:/home/ada/nss.old", ""),
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
