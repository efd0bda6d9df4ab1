//! Grades a PKCS#12 file (`certstow check`). RFC 7292 leaves algorithms, salts and iterations in
//! clear, so that much of a file can be judged without its password; with the password, the
//! question is whether it restores: a key that signs for its certificate, and a path that links.

use std::collections::BTreeMap;

use crate::certificate::{Certificate, Clock};
use crate::pkcs12::decode::{self, Limits, MacStatus};
use crate::pkcs12::error::DecodeError;
use crate::pkcs12::kdf::PasswordForm;
use crate::pkcs12::outline::{BagOutline, Outline, outline};
use crate::pkcs12::pbe::Scheme;
use crate::secret::{Password, wipe_stack};
use serde::Serialize;

use crate::proof::Level;

mod readers;
mod restore;
mod weaknesses;

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
    pub leaves: Vec<Certificate>,
    /// For each program of [`super::target::targets`], whether it is known to open the file.
    pub readers: BTreeMap<&'static str, Reader>,
    /// What a person should know, the gravest first.
    pub findings: Vec<Finding>,
}

impl Report {
    fn find(&mut self, severity: Severity, message: impl Into<String>) {
        let message = message.into();
        self.findings.push(Finding { severity, message });
    }
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
    /// As far as is known, and the file's outside shows.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file does not restore, or protects nothing.
    Error,
    /// The file is weaker or less useful than it should be.
    Warning,
    /// Good to know.
    Info,
}

/// Grades the bytes of a file. `mode` is its Unix file mode, where it has one; with `password`,
/// the file is also proven to restore.
///
/// A wrong password is no error: [`Report::wrong_password`] tells.
///
/// # Errors
/// [`DecodeError::NotPkcs12`] and [`DecodeError::Damaged`] for bytes whose outside cannot be
/// read, [`DecodeError::Unsupported`] if the outside is of a kind certstow does not read.
pub fn grade(
    bytes: &[u8],
    mode: Option<u32>,
    password: Option<&Password>,
    clock: &Clock,
) -> Result<Report, DecodeError> {
    let report = grade_within(bytes, mode, password, clock, &Limits::default());
    wipe_stack();
    report
}

/// [`grade`] with other limits to what the file may ask for.
///
/// # Errors
/// As [`grade`].
pub fn grade_within(
    bytes: &[u8],
    mode: Option<u32>,
    password: Option<&Password>,
    clock: &Clock,
    limits: &Limits,
) -> Result<Report, DecodeError> {
    let outline = outline(bytes)?;
    let mut report = outside(&outline, password);
    weaknesses::find(&mut report, &outline, mode);
    if let Some(password) = password {
        inside(&mut report, bytes, password, clock, limits);
    }
    if let Some(count) = report.certificates {
        readers::with_certificates(&mut report.readers, count);
    }
    report.findings.sort_by_key(|finding| finding.severity);
    Ok(report)
}

/// What shows without the password.
fn outside(outline: &Outline, password: Option<&Password>) -> Report {
    let bags = || outline.safes.iter().flat_map(|safe| &safe.bags);
    let all_visible = outline.safes.iter().all(|safe| safe.encryption.is_none());
    let certificates = bags().filter(|bag| matches!(bag, BagOutline::Certificate(_)));
    let keys = bags().filter(|bag| matches!(bag, BagOutline::ShroudedKey(_) | BagOutline::Key));
    Report {
        opened: None,
        wrong_password: false,
        mac: MacReport {
            algorithm: outline.mac.as_ref().map(|mac| mac.name()),
            iterations: outline.mac.as_ref().map(|mac| mac.iterations()),
            status: match outline.mac {
                Some(_) => MacVerdict::Unchecked,
                None => MacVerdict::Absent,
            },
        },
        key_encryption: each_once(key_schemes(outline)),
        certificate_encryption: each_once(safe_schemes(outline)),
        keys: all_visible.then(|| keys.count()),
        certificates: all_visible.then(|| certificates.count()),
        restores: None,
        proof: None,
        leaves: Vec::new(),
        readers: readers::readers(outline, password),
        findings: Vec::new(),
    }
}

/// The schemes of the keys that show.
fn key_schemes(outline: &Outline) -> impl Iterator<Item = &Scheme> {
    let bags = outline.safes.iter().flat_map(|safe| &safe.bags);
    bags.filter_map(|bag| match bag {
        BagOutline::ShroudedKey(scheme) => Some(scheme),
        _ => None,
    })
}

/// The schemes of what is encrypted as a whole: the certificates, as every known writer does it.
fn safe_schemes(outline: &Outline) -> impl Iterator<Item = &Scheme> {
    outline
        .safes
        .iter()
        .filter_map(|safe| safe.encryption.as_ref())
}

fn each_once<'a>(schemes: impl Iterator<Item = &'a Scheme>) -> Vec<Encryption> {
    let mut found: Vec<Encryption> = Vec::new();
    for scheme in schemes {
        let encryption = Encryption {
            algorithm: scheme.name(),
            iterations: scheme.iterations(),
        };
        if !found.contains(&encryption) {
            found.push(encryption);
        }
    }
    found
}

/// What the password shows.
fn inside(report: &mut Report, bytes: &[u8], password: &Password, clock: &Clock, limits: &Limits) {
    let decoded = decode::decode(bytes, PasswordForm::Text(password), limits);
    let contents = match decoded {
        Ok(contents) => contents,
        Err(error) => {
            // What was not tried is neither right nor wrong.
            let tried = !matches!(
                error,
                DecodeError::TooMuchWork { .. } | DecodeError::Unsupported(_)
            );
            report.opened = tried.then_some(error == DecodeError::MacMismatch);
            report.restores = tried.then_some(false);
            report.wrong_password = error == DecodeError::WrongPassword;
            let by_mac = report.wrong_password && report.mac.status == MacVerdict::Unchecked;
            if by_mac || error == DecodeError::MacMismatch {
                report.mac.status = MacVerdict::Mismatch;
            }
            return report.find(Severity::Error, error.to_string());
        }
    };
    report.opened = Some(true);
    report.mac.status = match contents.mac {
        MacStatus::Ok => MacVerdict::Ok,
        MacStatus::Absent => MacVerdict::Absent,
    };
    report.keys = Some(contents.keys.len());
    report.certificates = Some(contents.certificates.len());
    (report.restores, report.proof) = restore::restores(report, &contents, clock);
}

#[cfg(test)]
mod tests;
