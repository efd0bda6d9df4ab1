//! `certstow check`: grades PKCS#12 files, and with their password proves that they restore.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;

use certstow_core::{time, waits};
use certstow_formats::pkcs12::decode::Limits;
use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::grade::{
    self, FileReport, Finding, MacReport, MacVerdict, Report, Severity,
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
use crate::render::progress::Progress;
use crate::screen::Screen;

/// `certstow.check/1`.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    files: &'a [FileReport],
}

pub(crate) fn run(args: &CheckArgs, screen: &Screen) -> Result<Exit, Error> {
    let password = obtain_password(args, screen)?;
    let progress = Progress::start(screen, "Checking");
    let files: Vec<FileReport> = args
        .files
        .iter()
        .map(|file| {
            screen.explain(&format!("checking {}", file.display()));
            let report = report(file, password.as_ref());
            screen.record(&entry(file, &report));
            FileReport {
                file: file.to_string_lossy().into_owned(),
                report,
            }
        })
        .collect();
    drop(progress);
    if screen.json {
        screen.print_json(&Json {
            schema: "certstow.check/1",
            files: &files,
        })?;
    } else {
        screen.print(|out| files.iter().try_for_each(|file| write(out, file)))?;
    }
    Ok(exit(&files, password.is_some()))
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
        None => !with_password && parses(report),
    };
    if reports().any(|report| report.wrong_password) {
        Exit::Password
    } else if reports().all(restores) {
        Exit::Done
    } else {
        Exit::VerificationFailed
    }
}

/// A file that could not even be parsed has no readers at all.
fn parses(report: &Report) -> bool {
    !report.readers.is_empty()
}

fn obtain_password(args: &CheckArgs, screen: &Screen) -> Result<Option<Password>, Error> {
    Ok(match args.ask_password {
        true => Some(ask::obtain(&args.password, &ask::OPENS_FILES, screen)?),
        false => ask::if_given(&args.password, screen)?,
    })
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
        // Another program may well read it.
        Err(error @ DecodeError::Unsupported(_)) => unreadable(error.to_string(), None),
        Err(error) => unreadable(error.to_string(), password),
    }
}

/// The report on a file of which nothing can be told.
fn unreadable(message: String, password: Option<&Password>) -> Report {
    Report {
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
        leaves: Vec::new(),
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

fn write(out: &mut dyn Write, file: &FileReport) -> io::Result<()> {
    let report = &file.report;
    writeln!(out, "{}", safe(&file.file))?;
    let mut field = |name: &str, value: &str| match value {
        "" => Ok(()),
        value => writeln!(out, "  {name:<14}{}", safe(value)),
    };
    if parses(report) {
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
    let opens = |wanted: bool| {
        let names = report
            .readers
            .iter()
            .filter(|(_, reader)| reader.opens == wanted);
        names.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    field("opens in", &opens(true))?;
    field("not in", &opens(false))?;
    for finding in &report.findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        field(severity, &finding.message)?;
    }
    Ok(())
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
