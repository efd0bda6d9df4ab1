//! The account and the logon session this process runs in: whether it can decrypt an account's
//! private keys depends on both. On Windows they are in the token of the process
//! (`GetTokenInformation`, and `CheckTokenMembership` for the groups that tell the kind of session);
//! on Unix there are the user's number, the terminal, and what systemd and launchd leave in the
//! environment.

#[cfg(windows)]
use crate::os;

/// Who a process runs as, and how it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name, as in `CONTOSO\ada` or `ada`; `None` where nothing tells.
    pub name: Option<String>,
    /// The security identifier on Windows (`S-1-5-21-...`), the user's number on Unix.
    pub id: String,
    /// Whether it is the machine's own account: SYSTEM, or root.
    pub of_the_machine: bool,
    /// Whether the process has the rights of an administrator.
    pub elevated: bool,
    /// What started it.
    pub session: Session,
    /// Whether Windows has loaded the account's profile, without which none of its keys can be
    /// decrypted; `None` elsewhere.
    pub profile_loaded: Option<bool>,
}

/// What started a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Session {
    /// A person at a desktop or terminal.
    Interactive,
    /// A scheduler, with the account's password.
    Batch,
    /// A service, by its name where that is known.
    Service(Option<String>),
    /// A logon over the network, which leaves no password to decrypt keys with.
    Network,
    /// Nothing tells: a script, a pipe.
    Unknown,
}

/// The account of this process.
///
/// # Errors
/// The operating system's, which does not tell.
#[cfg(windows)]
pub fn current() -> std::io::Result<Account> {
    os::account()
}

/// The account of this process.
///
/// # Errors
/// None on this system.
#[cfg(unix)]
pub fn current() -> std::io::Result<Account> {
    use std::io::IsTerminal as _;

    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = rustix::process::geteuid();
    // launchd gives this variable to terminals too, as "0".
    let label = variable("XPC_SERVICE_NAME").filter(|label| label != "0");
    let session = match label {
        _ if std::io::stdin().is_terminal() => Session::Interactive,
        Some(label) => Session::Service(Some(label)),
        // What runs at a desktop may have inherited it.
        None if variable("INVOCATION_ID").is_some() => match systemd_unit() {
            Some(unit) if unit.ends_with(".scope") => Session::Unknown,
            unit => Session::Service(unit),
        },
        None => Session::Unknown,
    };
    Ok(Account {
        name: match user.is_root() {
            true => Some("root".to_owned()),
            false => variable("USER").or_else(|| variable("LOGNAME")),
        },
        id: user.as_raw().to_string(),
        of_the_machine: user.is_root(),
        elevated: user.is_root(),
        session,
        profile_loaded: None,
    })
}

/// systemd keeps every unit in a control group of its name.
#[cfg(unix)]
fn systemd_unit() -> Option<String> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let unit = groups.lines().last()?.rsplit('/').next()?;
    let known = unit.ends_with(".service") || unit.ends_with(".scope");
    known.then(|| unit.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_known() {
        let account = current().unwrap();
        assert!(!account.id.is_empty());
        assert_eq!(account.profile_loaded.is_some(), cfg!(windows));
        if cfg!(windows) {
            assert!(account.id.starts_with("S-1-5-"), "{account:?}");
            assert!(account.name.is_some_and(|name| name.contains('\\')));
        }
    }
}
