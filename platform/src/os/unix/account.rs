//! The account of this process on Unix: the user's number, the terminal, and what systemd and launchd
//! leave in the environment.

use std::io::{self, IsTerminal as _};

use crate::account::{Account, Session};

pub fn account() -> io::Result<Account> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = rustix::process::geteuid();
    let label = variable("XPC_SERVICE_NAME").filter(|label| is_job(label));
    let session = match label {
        _ if io::stdin().is_terminal() => Session::Interactive,
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

/// Whether what launchd leaves in `XPC_SERVICE_NAME` is the label of a job. A terminal has "0", and an
/// application of the desktop leaves `application.BUNDLE.N.N` to all that it starts.
fn is_job(label: &str) -> bool {
    label != "0" && !label.starts_with("application.")
}

/// systemd keeps every unit in a control group of its name.
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
    fn is_job_excludes_terminals_and_applications() {
        assert!(is_job("org.certstow.certstow"));
        assert!(!is_job("0"));
        assert!(!is_job("application.com.microsoft.VSCode.1234.5678"));
    }
}
