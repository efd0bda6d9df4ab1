//! An identity in plain words, for somebody who does not know X.509: whose it is, who vouches for
//! it, what it is for, how long, where it is, whether it can be saved, and what to do if not.

use std::io::{self, Write};

use certstow_core::noted::{Noted, State};
use certstow_core::time::{self, UnixTime, Urgency};
use certstow_formats::chain::PathEnd;
use certstow_formats::names;
use certstow_formats::sanitize::safe;
use certstow_platform::error::StoreError;
use certstow_platform::store::KeyState;
use comfy_table::{Cell, ContentArrangement, Table, presets};

use super::subject::Subject;
use crate::error::{Error, Explain as _};
use crate::render::tree;

const DAY: i64 = 24 * 3600;
/// Longer lines are hard to read.
const WIDEST: u16 = 100;

pub(super) fn write(out: &mut dyn Write, subject: &Subject<'_>) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.force_no_tty();
    if let Some(width) = subject.look.width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width.min(WIDEST));
    }
    for (question, lines) in answers(subject) {
        let lines: Vec<_> = lines.iter().map(|line| safe(line)).collect();
        table.add_row([Cell::new(question), Cell::new(lines.join("\n"))]);
    }
    for (position, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if position == 0 { 2 } else { 0 }));
    }
    writeln!(out, "{}\n", table.trim_fmt())?;
    tree::write(out, "", subject.path, subject.look.drawing)
}

/// Questions, each with the lines of its answer.
fn answers(subject: &Subject<'_>) -> Vec<(&'static str, Vec<String>)> {
    let mut answers = vec![
        ("Whose it is", whose(subject)),
        ("Issued by", vec![issued_by(subject)]),
        ("It may", subject.identity.certificate().parse().purposes()),
        ("Valid", vec![valid(subject)]),
        ("Kept in", kept_in(subject)),
        ("Can be saved", vec![can_be_saved(subject)]),
        ("Backed up", backed_up(subject)),
    ];
    if subject.identity.is_archived() {
        let why = "yes: another one has replaced it, and it is kept for old documents only";
        answers.push(("Archived", vec![why.to_owned()]));
    }
    if subject.identity.is_pending() {
        answers.retain(|(question, _)| !["Issued by", "It may", "Valid"].contains(question));
        answers.push(("Requested", vec![waits(subject)]));
        return answers;
    }
    answers.push(("Path", vec![path(subject)]));
    answers
}

/// That it waits for the answer of a CA.
fn waits(subject: &Subject<'_>) -> String {
    let since = subject.identity.certificate().parse().not_before();
    format!(
        "yes: it waits for the answer of a CA since {}, which 'certstow install' joins with its key",
        time::local_date(since)
    )
}

/// Its name, and the addresses it speaks for.
fn whose(subject: &Subject<'_>) -> Vec<String> {
    let entry = subject.identity.entry();
    let parsed = entry.certificate.parse();
    let label = subject.identity.label();
    let name = parsed.common_name().unwrap_or_else(|| label.clone());
    let mut lines = vec![match parsed.organization() {
        Some(organization) if organization != name => format!("{name}, {organization}"),
        _ => name.clone(),
    }];
    let addresses = parsed.emails().into_iter();
    let addresses = addresses.chain(parsed.dns_names());
    lines.extend(addresses.filter(|address| *address != name));
    let accounts = parsed.user_principal_names().into_iter();
    lines.extend(accounts.map(|account| format!("{account} (account)")));
    lines.extend(parsed.directory_names());
    if label != name {
        lines.push(format!("called \"{label}\" where it is kept"));
    }
    lines
}

fn issued_by(subject: &Subject<'_>) -> String {
    let certificate = subject.identity.certificate();
    let issuer = names::short_name_of_der(certificate.issuer_der());
    match (&subject.path.end, subject.path.certificates.len()) {
        (PathEnd::Root, 1) => "itself: nobody else vouches for it".to_owned(),
        (PathEnd::Unverified { .. }, 1) => {
            format!("{issuer}, as it says itself: that is not proven")
        }
        _ => format!("{issuer}, who vouches that this is true"),
    }
}

/// From when until when, how many days that is, and what to do.
fn valid(subject: &Subject<'_>) -> String {
    let parsed = subject.identity.certificate().parse();
    let not_before = parsed.not_before();
    let not_after = parsed.not_after();
    let Some(renewal) = subject.renewal else {
        return how_long(not_before, not_after, subject.now);
    };
    let [from, until] = [not_before, not_after].map(time::local_date);
    let keep = match names::may_decrypt(&parsed.key_usages()) {
        true => ". Keep it to read what was encrypted for it",
        false => "",
    };
    format!(
        "from {from} until {until}; {} ({}){keep}",
        time::renewed(renewal.not_after()),
        renewal.thumbprint()
    )
}

/// The same, of a certificate with these ends. Who makes one may put them in the wrong order.
pub(super) fn how_long(not_before: UnixTime, not_after: UnixTime, now: UnixTime) -> String {
    let (from, until) = (time::local_date(not_before), time::local_date(not_after));
    if not_after < not_before {
        return format!("never: it ends on {until}, before it begins on {from}");
    }
    if now < not_before {
        let begins = time::since_beginning(not_before, now);
        return format!("not before {from} ({begins}), then until {until}");
    }
    let days = not_after.seconds_since(now) / DAY;
    let more = match days {
        0 => "less than a day more".to_owned(),
        1 => "1 more day".to_owned(),
        days => format!("{days} more days"),
    };
    match Urgency::of(not_after, now) {
        Urgency::Expired => format!(
            "no longer: it expired on {until}, {}. Keep it to read what was encrypted for it, and \
             ask its issuer for a new one",
            time::since_beginning(not_after, now)
        ),
        urgency @ (Urgency::Urgent | Urgency::Soon) => {
            format!("from {from} until {until}, {more}: {}", urgency.words())
        }
        Urgency::Valid => format!("from {from} until {until}, {more}"),
    }
}

/// Each store, and where in it.
fn kept_in(subject: &Subject<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for stored in subject.identity.entries() {
        let info = subject.inventory.stores()[stored.store].info();
        lines.push(format!("{} ({})", info.spec, info.description));
        lines.extend(stored.entry.places.iter().cloned());
    }
    lines
}

/// Whether `certstow export` saves it with its key; if not, why not and what to do.
fn can_be_saved(subject: &Subject<'_>) -> String {
    let entry = subject.identity.entry();
    let place = entry.place();
    let instead = |error: StoreError| Error::from(error).hint().unwrap_or_default();
    match &entry.key {
        KeyState::Exportable => "yes, with its private key, by 'certstow export'".to_owned(),
        KeyState::Locked(what) => format!(
            "yes, with the password that unlocks its private key ({what}): 'certstow export' asks \
             for it"
        ),
        KeyState::Unknown => {
            "perhaps: whether its private key comes out shows when 'certstow export' tries"
                .to_owned()
        }
        KeyState::NotExportable(reason) => {
            let what_to_do = instead(StoreError::KeyNotExportable {
                place,
                reason: reason.clone(),
                source: None,
            });
            format!("no: its private key is {reason}. What to do: {what_to_do}")
        }
        KeyState::Missing => {
            let what_to_do = instead(StoreError::KeyMissing { place });
            format!("no: its private key is not here. What to do: {what_to_do}")
        }
    }
}

/// What the store knows of copies, and the files that certstow saved.
fn backed_up(subject: &Subject<'_>) -> Vec<String> {
    let entries = subject.identity.entries().iter();
    let mut stores = entries.map(|stored| subject.inventory.stores()[stored.store].info());
    let told = match subject.identity.backed_up() {
        Some(when) => Some(format!(
            "yes, {} ({})",
            time::since_beginning(when, subject.now),
            time::local_date(when)
        )),
        None if !subject.copies.is_empty() => None,
        None if stores.any(|store| store.records_copies) => {
            Some("not yet, as far as the store knows: 'certstow backup' saves it".to_owned())
        }
        None => Some("not known: its store does not keep account of copies".to_owned()),
    };
    let copies = subject.copies.iter();
    told.into_iter().chain(copies.map(copy)).collect()
}

fn copy((noted, state): &(&Noted, State)) -> String {
    let file = noted.file.display();
    let when = match noted.when() {
        Some(when) => format!("saved {} to", time::local_date(when)),
        None => "saved to".to_owned(),
    };
    match state {
        State::There => format!("yes, {when} {file}"),
        State::NotReachable(why) => format!("yes, {when} {file}; not reachable now: {why}"),
        State::Changed(why) => format!("no longer, {when} {file}: {why}"),
        State::Gone => format!("no longer, {when} {file}: it is gone"),
    }
}

/// Whether everybody who vouches is known, up to somebody this machine trusts.
fn path(subject: &Subject<'_>) -> String {
    let path = subject.path;
    let root = path.certificates.last();
    let top = root.map(|root| names::short_name_of_der(root.subject_der()));
    let top = top.unwrap_or_default();
    let missing = |name_der: &[u8]| names::short_name_of_der(name_der);
    match &path.end {
        PathEnd::Root => {
            let whole = match path.certificates.len() {
                1 => "complete: it is a root itself".to_owned(),
                _ => format!("complete, up to the root {top}"),
            };
            match subject.root_trusted {
                Some(true) => format!("{whole}, which this machine trusts"),
                Some(false) => format!("{whole}, which is not among those this machine trusts"),
                None => format!("{whole}; which roots this machine trusts is not known"),
            }
        }
        PathEnd::MissingIssuer { name_der } => format!(
            "not complete: the certificate of {} is not here, so that programs may not believe this \
             one. Get it from the issuer, and put its file where this one is kept",
            missing(name_der)
        ),
        PathEnd::Unverified {
            name_der, reason, ..
        } => format!(
            "not complete: a certificate of {} is here, but does not prove to be the issuer's \
             ({reason}). Get the right one from the issuer",
            missing(name_der)
        ),
    }
}
