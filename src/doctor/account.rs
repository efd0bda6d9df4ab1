//! Who certstow runs as. On Windows that decides whether keys can be decrypted at all.

use certstow_platform::account::{Account, Session};
use certstow_platform::os;

use super::Check;
use crate::error::Error;

/// Says who certstow runs as, in what kind of session.
pub(crate) fn check() -> Check {
    match os::account() {
        Ok(account) => of(&account),
        Err(source) => {
            let place = "the account".to_owned();
            Check::failed("account", "", &Error::io(place, source))
        }
    }
}

fn of(account: &Account) -> Check {
    let mut found = match &account.name {
        Some(name) => format!("{name} ({})", account.id),
        None => account.id.clone(),
    };
    if account.elevated && !account.of_the_machine {
        found.push_str(", with an administrator's rights");
    }
    found.push_str(", ");
    found.push_str(&session(&account.session));
    let found = Check::ok("account", "", found);
    if account.profile_loaded == Some(false) {
        return found.warn(
            "the account's profile is not loaded, so that its keys cannot be decrypted: run the \
             task with 'Run whether user is logged on or not' and the password stored",
        );
    }
    match (account.profile_loaded, &account.session) {
        // `Some`, since Unix decrypts no keys with a logon. A logon of the type 8 (ssh with a password, CredSSP) has one; a key of ssh or Kerberos gives none
        // (type 3). Credential Manager answers neither (PowerShell/Win32-OpenSSH#1349, #2273).
        (Some(_), Session::Network) => found.warn(
            "a logon over the network may have no password to decrypt the account's keys with, and \
             Credential Manager gives it none: run certstow at the machine, or in a task",
        ),
        (Some(_), _) if account.of_the_machine => found.warn(
            "SYSTEM has the machine's keys alone: a person's keys need a task of that account",
        ),
        _ => found,
    }
}

fn session(session: &Session) -> String {
    match session {
        Session::Interactive => "in a session of a person".to_owned(),
        Session::Batch => "as a batch job".to_owned(),
        Session::Service(None) => "as a service".to_owned(),
        Session::Service(Some(name)) => format!("as the service {name}"),
        Session::Network => "logged on over the network".to_owned(),
        Session::Unknown => "started by another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    fn account() -> Account {
        Account {
            name: Some(r"CONTOSO\ada".to_owned()),
            id: "S-1-5-21-1".to_owned(),
            of_the_machine: false,
            elevated: false,
            session: Session::Batch,
            profile_loaded: Some(true),
        }
    }

    #[test]
    fn account_check_accepts_batch_job_with_profile() {
        let check = of(&account());
        assert_eq!(check.status, Status::Ok);
        assert_eq!(check.found, r"CONTOSO\ada (S-1-5-21-1), as a batch job");
    }

    #[test]
    fn account_check_warns_when_keys_are_inaccessible() {
        let without_profile = Account {
            profile_loaded: Some(false),
            ..account()
        };
        let remote = Account {
            session: Session::Network,
            elevated: true,
            ..account()
        };
        let system = Account {
            name: None,
            of_the_machine: true,
            session: Session::Service(None),
            ..account()
        };
        for (account, found, advice) in [
            (without_profile, "batch job", "profile is not loaded"),
            (
                remote,
                "with an administrator's rights, logged on over the network",
                "may have no password",
            ),
            (
                system,
                "S-1-5-21-1, as a service",
                "the machine's keys alone",
            ),
        ] {
            let check = of(&account);
            assert_eq!(check.status, Status::Warning);
            assert!(check.found.contains(found), "{check:?}");
            assert!(
                check
                    .advice
                    .as_ref()
                    .is_some_and(|text| text.contains(advice))
            );
        }
    }

    #[test]
    fn account_check_accepts_root_and_unix_services() {
        let check = of(&Account {
            name: Some("root".to_owned()),
            id: "0".to_owned(),
            of_the_machine: true,
            elevated: true,
            session: Session::Service(Some("certstow.service".to_owned())),
            profile_loaded: None,
        });
        assert_eq!(check.status, Status::Ok);
        assert_eq!(check.found, "root (0), as the service certstow.service");
    }
}
