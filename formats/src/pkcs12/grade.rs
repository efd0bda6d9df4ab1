//! Grades a PKCS#12 file (`certstow check`). RFC 7292 leaves algorithms, salts and iterations in
//! clear, so that much of a file can be judged without its password; with the password, the
//! question is whether it restores: a key that signs for its certificate, and a path that links.

use std::collections::{BTreeMap, HashSet};

use zeroize::Zeroizing;

use crate::certificate::Clock;
use crate::embedded::{self, Piece, pieces};
use crate::pkcs12::decode::{Contents, Limits, MacStatus};
use crate::pkcs12::error::DecodeError;
use crate::pkcs12::facts::Facts;
use crate::pkcs12::kdf::PasswordForm;
use crate::pkcs12::outline::{BagOutline, Outline, outline};
use crate::pkcs12::pbe::Scheme;
use crate::pkcs12::structure::Structure;
use crate::pkcs12::target::{Target, targets};
use crate::secret::{Password, wipe_stack};

mod report;
mod restore;
mod weaknesses;

pub use report::{
    Encryption, FileReport, Finding, Identity, MacReport, MacVerdict, Reader, Report, Severity,
};

/// Grades the bytes of a file. `mode` is its Unix file mode, where it has one; with `password`,
/// the file is also proven to restore.
///
/// A wrong password is no error: [`Report::wrong_password`] tells.
///
/// # Errors
/// [`DecodeError::NotPkcs12`], [`DecodeError::Text`] and [`DecodeError::Damaged`] for bytes whose
/// outside cannot be read, [`DecodeError::Unsupported`] if the outside is of a kind certstow does not read.
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
pub(crate) fn grade_within(
    bytes: &[u8],
    mode: Option<u32>,
    password: Option<&Password>,
    clock: &Clock,
    limits: &Limits,
) -> Result<Report, DecodeError> {
    let outline = outline(bytes).map_err(|error| match error {
        DecodeError::NotPkcs12 if is_text_of_one(bytes) => DecodeError::Text,
        error => error,
    })?;
    let mut report = outside(&outline);
    weaknesses::find(&mut report, &outline, mode);
    let contents = match password {
        Some(password) => inside(&mut report, bytes, password, clock, limits),
        None => {
            weaknesses::find_empty_password(&mut report, bytes, &outline);
            None
        }
    };
    // What restores nothing is of no use in any program.
    if report.restores != Some(false) && report.keys != Some(0) {
        let facts = Facts::of(&outline, password, contents.as_ref());
        weaknesses::find_odd_pairing(&mut report, &facts);
        report.readers = readers(&facts);
    }
    // What is so of many keys is said once.
    let mut said = HashSet::new();
    let mut is_new = |finding: &Finding| said.insert((finding.severity, finding.message.clone()));
    report.findings.retain(&mut is_new);
    report.findings.sort_by_key(|finding| finding.severity);
    Ok(report)
}

/// Whether these are a PKCS#12 file in base64, or in PEM under whichever label.
fn is_text_of_one(bytes: &[u8]) -> bool {
    let mut base64 = Zeroizing::new(Vec::with_capacity(bytes.len()));
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        if !line.starts_with(b"-----") {
            base64.extend_from_slice(line);
        }
    }
    let is_one = |piece: &Piece| outline(&piece.content).is_ok();
    pieces(&base64, &embedded::Limits::default()).is_ok_and(|found| found.iter().any(is_one))
}

/// What shows without the password.
fn outside(outline: &Outline) -> Report {
    let bags = || outline.safes.iter().flat_map(|safe| &safe.bags);
    let all_visible = outline.shows_all_bags();
    let certificates = bags().filter(|bag| matches!(bag, BagOutline::Certificate(_)));
    let keys = bags().filter(|bag| matches!(bag, BagOutline::ShroudedKey(_) | BagOutline::Key));
    Report {
        parses: true,
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
        key_encryption: each_once(outline.key_schemes()),
        certificate_encryption: each_once(outline.safe_schemes()),
        keys: all_visible.then(|| keys.count()),
        certificates: all_visible.then(|| certificates.count()),
        restores: None,
        proof: None,
        identities: Vec::new(),
        readers: BTreeMap::new(),
        findings: Vec::new(),
    }
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

/// For each program, whether it is known to open the file.
fn readers(facts: &Facts) -> BTreeMap<&'static str, Reader> {
    let judge = |target: &Target| {
        let reason = target.objection_to(facts);
        Reader {
            opens: reason.is_none(),
            reason,
        }
    };
    let targets = targets().iter();
    targets.map(|target| (target.name, judge(target))).collect()
}

/// What the password shows; the contents, if it opens the file.
fn inside(
    report: &mut Report,
    bytes: &[u8],
    password: &Password,
    clock: &Clock,
    limits: &Limits,
) -> Option<Contents> {
    let opened = Structure::read(bytes, limits).and_then(|file| {
        let mut opening = file.opening(limits);
        opening.attempt(PasswordForm::Text(password))?;
        opening.finish()
    });
    let contents = match opened {
        Ok(contents) => contents,
        Err(error) => {
            refused(report, &error);
            return None;
        }
    };
    report.mac.status = match contents.mac {
        MacStatus::Ok => MacVerdict::Ok,
        MacStatus::Absent => MacVerdict::Absent,
    };
    report.keys = Some(contents.keys.len() + contents.locked_keys.len());
    report.certificates = Some(contents.certificates.len());
    if !contents.locked_keys.is_empty() {
        refused(report, &DecodeError::KeyPassword);
        return None;
    }
    report.opened = Some(true);
    (report.restores, report.proof) = restore::restores(report, &contents, clock);
    Some(contents)
}

/// What an error says of the file.
fn refused(report: &mut Report, error: &DecodeError) {
    let (opened, restores) = match error {
        // What was not tried is neither right nor wrong.
        DecodeError::TooMuchWork { .. } | DecodeError::Unsupported(_) => (None, None),
        // Its own password may prove it yet.
        DecodeError::KeyPassword | DecodeError::ContentPassword => (Some(false), None),
        DecodeError::MacMismatch => (Some(true), Some(false)),
        _ => (Some(false), Some(false)),
    };
    (report.opened, report.restores) = (opened, restores);
    report.wrong_password = error.asks_for_password();
    report.mac.status = match error {
        DecodeError::KeyPassword | DecodeError::ContentPassword => MacVerdict::Ok,
        DecodeError::MacMismatch => MacVerdict::Mismatch,
        _ if report.wrong_password && report.mac.status == MacVerdict::Unchecked => {
            MacVerdict::Mismatch
        }
        _ => report.mac.status,
    };
    report.error(error.to_string());
}

#[cfg(test)]
mod tests;
