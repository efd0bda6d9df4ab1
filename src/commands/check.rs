//! `certstow check`: grades PKCS#12 files, and with their password proves that they restore.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;

use certstow_core::password::Empty;
use certstow_core::{time, waits};
use certstow_formats::names;
use certstow_formats::pkcs12::decode::Limits;
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::grade::{
    self, FileReport, Finding, Identity, MacReport, MacVerdict, Report, Severity,
};
use certstow_formats::plural::counted;
use certstow_formats::proof::Level;
use certstow_formats::sanitize::safe;
use certstow_formats::secret::Password;
use certstow_platform::os;
use serde::Serialize;

use crate::args::CheckArgs;
use crate::ask;
use crate::error::Error;
use crate::exit::Exit;
use crate::journal::{self, Entry};
use crate::prompt;
use crate::render::lines;
use crate::render::progress::Progress;
use crate::screen::Screen;

/// `certstow.check/1`.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    files: Vec<FileJson<'a>>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    #[serde(flatten)]
    report: &'a FileReport,
    identities: Vec<IdentityJson<'a>>,
}

/// Whose a private key of the file is.
#[derive(Serialize)]
struct IdentityJson<'a> {
    thumbprint: ThumbprintJson,
    friendly_name: Option<&'a str>,
    subject: String,
    not_after: String,
}

#[derive(Serialize)]
struct ThumbprintJson {
    sha1: String,
    sha256: String,
}

impl<'a> FileJson<'a> {
    fn of(report: &'a FileReport) -> Self {
        let identity = |identity: &'a Identity| {
            let certificate = identity.certificate.parse();
            IdentityJson {
                thumbprint: ThumbprintJson {
                    sha1: names::thumbprint(&identity.certificate),
                    sha256: names::hex(identity.certificate.id().as_bytes()),
                },
                friendly_name: identity.friendly_name.as_deref(),
                subject: certificate.subject(),
                not_after: certificate.not_after().to_string(),
            }
        };
        Self {
            report,
            identities: report.report.distinct_identities().map(identity).collect(),
        }
    }
}

pub(crate) fn run(args: &CheckArgs, screen: &Screen) -> Result<Exit, Error> {
    let mut passwords = Passwords::obtain(args, screen)?;
    let mut files = Vec::new();
    for file in &args.files {
        screen.explain(&format!("checking {}", file.display()));
        let report = passwords.report(file, screen)?;
        screen.record(&entry(file, &report));
        files.push(FileReport {
            file: file.to_string_lossy().into_owned(),
            report,
        });
    }
    if screen.json {
        screen.print_json(&Json {
            schema: "certstow.check/1",
            files: files.iter().map(FileJson::of).collect(),
        })?;
    } else {
        screen.print(|out| files.iter().try_for_each(|file| write(out, file, screen)))?;
    }
    Ok(exit(&files, !passwords.known.is_empty()))
}

/// What the logs say of a file: whether it restores, and what is wrong with it.
fn entry(file: &Path, report: &Report) -> Entry {
    let wrong = report
        .findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    let level = match (report.restores, wrong) {
        (Some(false), _) | (_, Some(_)) => journal::Level::Error,
        _ => journal::Level::Info,
    };
    let restores = restores(report.restores);
    Entry::checked(level, format!("{}: restores: {restores}", file.display()))
        .with_file(file)
        .with_some("restores", report.restores)
        .with_some("finding", wrong.map(|finding| finding.message.as_str()))
}

/// A wrong password outweighs a file that does not restore: nothing can be said of that file.
fn exit(files: &[FileReport], with_password: bool) -> Exit {
    let reports = || files.iter().map(|file| &file.report);
    let restores = |report: &Report| match report.restores {
        Some(restores) => restores,
        // With a password, what is not proven does not count as restoring.
        None => !with_password && report.parses,
    };
    if reports().any(|report| report.wrong_password) {
        Exit::Password
    } else if reports().all(restores) {
        Exit::Done
    } else {
        Exit::VerificationFailed
    }
}

/// The passwords that are tried on each file, the last one first.
struct Passwords {
    known: Vec<Password>,
    /// Whether a person is asked for another where none of them opens a file.
    asks: bool,
}

impl Passwords {
    fn obtain(args: &CheckArgs, screen: &Screen) -> Result<Self, Error> {
        let password = match args.ask_password {
            true => Some(ask::obtain(&args.password, &ask::OPENS_FILES, screen)?),
            false => ask::if_given(&args.password, screen)?,
        };
        Ok(Self {
            known: password.into_iter().collect(),
            asks: args.ask_password,
        })
    }

    /// The report with the password that opens the file, if one does.
    fn report(&mut self, file: &Path, screen: &Screen) -> Result<Report, Error> {
        let mut report = self.try_known(file, screen);
        for _ in 1..ask::TRIES {
            if !(self.asks && report.wrong_password) {
                break;
            }
            let place = file.display().to_string();
            let blank = self.known.last().and_then(Password::blank_end);
            let question = format!("{}Password of {}:", ask::wrong(blank), safe(&place));
            let password = prompt::password(&question, Empty::Allowed, screen)?;
            report = checked(file, Some(&password), screen);
            self.known.push(password);
        }
        Ok(report)
    }

    fn try_known(&self, file: &Path, screen: &Screen) -> Report {
        let passwords = self.known.iter().rev();
        let reports = passwords.map(|password| checked(file, Some(password), screen));
        let mut wrong = None;
        for report in reports {
            if !report.wrong_password {
                return report;
            }
            wrong = Some(report);
        }
        wrong.unwrap_or_else(|| checked(file, None, screen))
    }
}

/// The report on a file, while a person sees that there is work.
fn checked(file: &Path, password: Option<&Password>, screen: &Screen) -> Report {
    let _progress = Progress::start(screen, "Checking");
    report(file, password)
}

fn report(file: &Path, password: Option<&Password>) -> Report {
    let (bytes, mode) = match read(file) {
        Ok(read) => read,
        Err(error) => {
            return unreadable(format!("the file cannot be read: {error}"), password);
        }
    };
    match grade::grade(&bytes, mode, password, &time::clock()) {
        Ok(report) => report,
        // Another program may well read it, and what it is the text of may well restore.
        Err(error @ (DecodeError::Unsupported(_) | DecodeError::Text)) => {
            unreadable(error.to_string(), None)
        }
        Err(error) => unreadable(error.to_string(), password),
    }
}

/// The report on a file of which nothing can be told.
fn unreadable(message: String, password: Option<&Password>) -> Report {
    Report {
        parses: false,
        opened: None,
        wrong_password: false,
        mac: MacReport {
            algorithm: None,
            iterations: None,
            status: MacVerdict::Unchecked,
        },
        key_encryption: Vec::new(),
        certificate_encryption: Vec::new(),
        keys: None,
        certificates: None,
        restores: password.map(|_| false),
        proof: None,
        identities: Vec::new(),
        readers: BTreeMap::new(),
        findings: vec![Finding {
            severity: Severity::Error,
            message,
        }],
    }
}

/// The file's bytes and its Unix mode. Only regular files of a size that a PKCS#12 file can
/// have: a pipe or device would not end.
fn read(file: &Path) -> io::Result<(Vec<u8>, Option<u32>)> {
    let _wait = waits::waiting_for(format!("the disk or share of {}", file.display()));
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let limit = Limits::default().max_bytes as u64;
    let opened = File::open(file)?;
    let metadata = opened.metadata()?;
    if metadata.len() > limit {
        return Err(io::Error::other("it is too large for a PKCS#12 file"));
    }
    let mut bytes = Vec::new();
    opened.take(limit).read_to_end(&mut bytes)?;
    Ok((bytes, os::mode(&metadata)))
}

/// Tells of a file, on lines that fit the terminal.
fn write(out: &mut dyn Write, file: &FileReport, screen: &Screen) -> io::Result<()> {
    const NAMES: usize = 14;
    let width = screen.width().filter(|_| !screen.is_plain());
    let report = &file.report;
    writeln!(out, "{}", safe(&file.file))?;
    let mut marked = |level: journal::Level, name: &str, value: &str| {
        let mut line = format!("  {name:<NAMES$}{}", safe(value));
        if let Some(width) = width {
            line = lines::hanging(&line, width.into(), NAMES);
        }
        writeln!(out, "{}{line}", screen.mark(level))
    };
    let mut field = |name: &str, value: &str| match value {
        "" => Ok(()),
        value => marked(journal::Level::Info, name, value),
    };
    if report.parses {
        field("password", opened(report))?;
        field("restores", restores(report.restores))?;
        field("proof", report.proof.map_or("", Level::word))?;
        field("mac", &mac(&report.mac))?;
    }
    let encryption = |list: &[grade::Encryption]| {
        let each = list
            .iter()
            .map(|one| format!("{}, {} iterations", one.algorithm, one.iterations));
        each.collect::<Vec<_>>().join("; ")
    };
    field("key", &encryption(&report.key_encryption))?;
    field("certificates", &encryption(&report.certificate_encryption))?;
    if let (Some(keys), Some(certificates)) = (report.keys, report.certificates) {
        let holds = format!(
            "{}, {}",
            counted(keys, "private key", "private keys"),
            counted(certificates, "certificate", "certificates")
        );
        field("holds", &holds)?;
    }
    for identity in report.distinct_identities() {
        field("identity", &called(identity))?;
    }
    let opening = report.readers.iter().filter(|(_, reader)| reader.opens);
    let opening: Vec<_> = opening.map(|(name, _)| *name).collect();
    field("opens in", &opening.join(", "))?;
    for (reason, names) in by_reason(report) {
        field("not in", &format!("{}: {reason}", names.join(", ")))?;
    }
    for finding in &report.findings {
        let (severity, level) = match finding.severity {
            Severity::Error => ("error", journal::Level::Error),
            Severity::Warning => ("warning", journal::Level::Warning),
            Severity::Info => ("info", journal::Level::Info),
        };
        marked(level, severity, &finding.message)?;
    }
    Ok(())
}

/// The programs that do not open the file, those of one reason together, in their order.
fn by_reason(report: &Report) -> Vec<(&str, Vec<&'static str>)> {
    let mut groups: Vec<(&str, Vec<&'static str>)> = Vec::new();
    for (name, reader) in &report.readers {
        let Some(reason) = reader.reason.as_deref() else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(name),
            None => groups.push((reason, vec![name])),
        }
    }
    groups
}

/// Whose it is, until when, and how it is found.
fn called(identity: &Identity) -> String {
    let certificate = identity.certificate.parse();
    let name = identity.friendly_name.as_ref();
    let name = name.map_or_else(String::new, |name| format!(", friendly name \"{name}\""));
    format!(
        "{}, valid until {}{name}, thumbprint {}",
        certificate.label(),
        time::local_date(certificate.not_after()),
        names::thumbprint(&identity.certificate)
    )
}

fn opened(report: &Report) -> &'static str {
    match report.opened {
        Some(true) => "opens it",
        Some(false) if report.wrong_password => "does not open it",
        Some(false) => "not all of it opens",
        None if report.restores.is_some() => "not tried",
        None => "not given",
    }
}

fn restores(restores: Option<bool>) -> &'static str {
    match restores {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not proven",
    }
}

fn mac(mac: &MacReport) -> String {
    let status = match mac.status {
        MacVerdict::Ok => "matches",
        MacVerdict::Mismatch => "does not match",
        MacVerdict::Absent => "none",
        MacVerdict::Unchecked => "not checked",
    };
    match (&mac.algorithm, mac.iterations) {
        (Some(algorithm), Some(n)) => format!("{algorithm}, {n} iterations: {status}"),
        _ => status.to_owned(),
    }
}
