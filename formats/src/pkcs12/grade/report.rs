//! What a grade says about a PKCS#12 file, as it is shown and as `certstow.check/1` has it.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use crate::certificate::Certificate;
use crate::proof::Level;

/// What there is to say about a file, as in `certstow.check/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file's name, as given.
    pub file: String,
    /// The rest.
    #[serde(flatten)]
    pub report: Report,
}

/// What there is to say about the bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether its outside could be read, so that there is something to say of it.
    #[serde(skip)]
    pub parses: bool,
    /// Whether the password fits and everything inside decrypts; `None` without a password.
    pub opened: Option<bool>,
    /// Whether a password was given and is the wrong one.
    #[serde(skip)]
    pub wrong_password: bool,
    /// The integrity protection.
    pub mac: MacReport,
    /// How the private keys are encrypted, each way once; empty where only the password shows it.
    pub key_encryption: Vec<Encryption>,
    /// How the certificates are encrypted, each way once; empty where none are.
    pub certificate_encryption: Vec<Encryption>,
    /// How many private keys there are; `None` where only the password shows it.
    pub keys: Option<usize>,
    /// How many certificates there are; `None` where only the password shows it.
    pub certificates: Option<usize>,
    /// Whether there is a key, every key is proven to be its certificate's, by a signature or at
    /// least by the public half, and the paths link. `None` without a password, and where a key
    /// can be proven in neither way.
    pub restores: Option<bool>,
    /// How far the keys are proven: the weakest level among them. `None` where none was seen:
    /// without a password, and where the file does not open.
    pub proof: Option<Level>,
    /// The certificate of each private key that has one in the file, where it was opened.
    #[serde(skip)]
    pub identities: Vec<Identity>,
    /// For each program of [`targets`](crate::pkcs12::target::targets), whether it is known to open
    /// the file and to take key and certificate out of it; empty for a file that restores nothing.
    pub readers: BTreeMap<&'static str, Reader>,
    /// What a person should know, the gravest first.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The identities, each once, however many copies of its key there are.
    pub fn distinct_identities(&self) -> impl Iterator<Item = &Identity> {
        let mut seen = HashSet::new();
        let mut identities = self.identities.iter();
        std::iter::from_fn(move || identities.find(|one| seen.insert(one.certificate.id())))
    }

    pub(super) fn error(&mut self, message: impl Into<String>) {
        self.find(Severity::Error, message);
    }

    pub(super) fn warning(&mut self, message: impl Into<String>) {
        self.find(Severity::Warning, message);
    }

    pub(super) fn info(&mut self, message: impl Into<String>) {
        self.find(Severity::Info, message);
    }

    pub(super) fn find(&mut self, severity: Severity, message: impl Into<String>) {
        let message = message.into();
        self.findings.push(Finding { severity, message });
    }
}

/// Whose a private key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate that has the key.
    pub certificate: Certificate,
    /// The friendly name of the certificate, or else of the key.
    pub friendly_name: Option<String>,
}

/// The integrity protection of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MacReport {
    /// Its name, if there is any.
    pub algorithm: Option<String>,
    /// The iterations of its key, if there is any.
    pub iterations: Option<u32>,
    /// Whether it matches.
    pub status: MacVerdict,
}

/// Whether a MAC matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MacVerdict {
    /// It does.
    Ok,
    /// It does not: the password is wrong, or the file was changed.
    Mismatch,
    /// There is none.
    Absent,
    /// No password was given, or nothing could be derived from it.
    Unchecked,
}

/// How something is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Encryption {
    /// The algorithm's name.
    pub algorithm: String,
    /// The iterations of its key.
    pub iterations: u32,
}

/// Whether a program opens a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// As far as is known, and as far as the file was seen: without its password, the outside.
    pub opens: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// Something a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// A sentence.
    pub message: String,
}

/// How grave a finding is, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file does not restore, or protects nothing.
    Error,
    /// The file is weaker or less useful than it should be.
    Warning,
    /// Good to know.
    Info,
}
