//! The account and the logon session this process runs in: whether it can decrypt an account's
//! private keys depends on both. [`crate::os::account`] tells them.

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
    /// A logon over the network, which may leave no password to decrypt keys with.
    Network,
    /// Nothing tells: a script, a pipe.
    Unknown,
}
