//! Text of strangers in what certstow writes: PKCS#12 files, a page of HTML, the files of
//! schedulers. What is written says the same when it is read.

use std::sync::LazyLock;

use certstow_platform::store::{KeyState, NotExportable, ProblemKind};
use certstow_platform::testing::{MemoryStore, Sample};

/// 2026-11-26, whenever these run.
const NOW: UnixTime = UnixTime::new(1_795_651_200);
use certstow_core::identity::{Inventory, ListedCertificate, StoreProblem};
use certstow_core::renewal::Renewals;
use certstow_core::select::Filters;
use certstow_core::time::UnixTime;

use crate::notes::Copies;
use crate::report::{self, Backup, Copy, Item, OnlyInBackup, Report};
use crate::schedule::{
    Owner, Schedule, Scheduler, Time, Times, When, launchd, systemd, windows_task,
};

/// A page about one identity.
fn page() -> Report {
    let store = MemoryStore::with("memory", &[Sample::P256]);
    let inventory = Inventory::of(vec![Box::new(store)]).expect("a store in memory can be read");
    let identities: Vec<&ListedCertificate> = inventory.certificates().iter().collect();
    let renewals = Renewals::among(inventory.certificates(), NOW);
    Report::of(
        &inventory,
        &identities,
        &renewals,
        &[],
        &Copies::default(),
        &Filters::default(),
        NOW,
    )
}

/// An identity with the same text at every place of the page.
pub(crate) fn saying(item: Item, text: &str) -> Item {
    let text = || text.to_owned();
    Item {
        label: text(),
        subject: text(),
        issuer: text(),
        issuer_in_full: text(),
        serial: text(),
        emails: vec![text()],
        dns_names: vec![text(), text()],
        user_principal_names: vec![text()],
        directory_names: vec![text()],
        extended_key_usages: vec![text()],
        key: text(),
        state: KeyState::NotExportable(NotExportable::Hardware(text())),
        provider: Some(text()),
        stores: vec![(text(), vec![text()])],
        copies: vec![Copy {
            when: None,
            place: Some((text(), text())),
            unproven: true,
            away: true,
        }],
        damaged: vec![(text(), text(), text())],
        sha1: text(),
        sha256: text(),
        ..item
    }
}

/// The characters of markup in a page with the same text at every place.
fn markup(text: &str) -> [usize; 4] {
    let mut report = page();
    let item = report.items.remove(0);
    report.items.push(saying(item, text));
    let text = || text.to_owned();
    report.stores.push(text());
    report.backups.push(Backup {
        folder: text().into(),
        identities: None,
    });
    report.only_in_backup.push(OnlyInBackup {
        label: text(),
        not_after: None,
        store: text(),
        sha1: text(),
        files: vec![(text(), text(), Some(text()))],
    });
    report.problems.push(StoreProblem {
        kind: ProblemKind::Unreadable,
        store: text(),
        place: text(),
        message: text(),
    });
    let page = report::page::write(&report);
    ['<', '>', '"', '\''].map(|mark| page.matches(mark).count())
}

static HARMLESS: LazyLock<[usize; 4]> = LazyLock::new(|| markup("x"));

/// A name on the page of `report`.
pub fn html(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // Where a text is missing the page has other words.
    assert_eq!(markup(&format!("x{text}")), *HARMLESS);
}

/// The words of a command line in the files of schedulers; the same bytes as a file that somebody
/// else wrote.
pub fn schedule(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // None of these readers may take it for more than it says.
    let _ = systemd::command(&text);
    let _ = launchd::command(&text);
    let _ = windows_task::command(&text);
    let _ = windows_task::differs(&text);
    let _ = (systemd::times(&text), launchd::times(&text));
    let _ = (windows_task::times(&text), windows_task::tasks(&text));

    let mut words = text.split('\0').map(str::to_owned);
    let name = words.next().unwrap_or_default();
    let arguments: Vec<String> = words.collect();
    for (scheduler, program) in [
        (Scheduler::Systemd, format!("/opt/{name}")),
        (Scheduler::Launchd, format!("/opt/{name}")),
        (Scheduler::TaskScheduler, format!(r"C:\{name}")),
    ] {
        let schedule = schedule_of(scheduler, program, arguments.clone());
        // A scheduler may have no way to write a character.
        let Ok(files) = schedule.files(scheduler) else {
            continue;
        };
        let file = written(&files[0].bytes, scheduler);
        let command = match scheduler {
            Scheduler::Systemd => systemd::command(&file),
            Scheduler::Launchd => launchd::command(&file),
            Scheduler::TaskScheduler => windows_task::command(&file),
            Scheduler::Cron => unreachable!("its lines are not read"),
        };
        let expected = [std::slice::from_ref(&schedule.program), &schedule.arguments].concat();
        // By this character Windows' own tools tell that they lost one.
        let lost = scheduler == Scheduler::TaskScheduler
            && expected.iter().any(|word| word.contains('\u{fffd}'));
        assert_eq!(command, (!lost).then_some(expected), "{file}");
        assert_eq!(lines(&file), lines_of_a_harmless_one(scheduler), "{file}");
    }
}

/// With whatever each scheduler writes down: systemd the credentials of a machine's service, Task
/// Scheduler the account of a person's task.
fn schedule_of(scheduler: Scheduler, program: String, arguments: Vec<String>) -> Schedule {
    let day = "sunday".parse().expect("a day of the week");
    Schedule {
        name: "certstow-backup".parse().expect("a usual name"),
        program,
        writes_to: vec![format!("/srv/{}", arguments.join(" "))],
        starts_programs: true,
        credentials: arguments.clone(),
        account: Some(arguments.concat()),
        log: Some(format!("/var/log/{}", arguments.concat())),
        arguments,
        times: Times::of([When::Weekly(day, Time::NOON)]),
        delay: std::time::Duration::ZERO,
        owner: match scheduler {
            Scheduler::Systemd => Owner::Machine,
            _ => Owner::User,
        },
    }
}

/// What a scheduler's file says.
fn written(bytes: &[u8], scheduler: Scheduler) -> String {
    if scheduler != Scheduler::TaskScheduler {
        return String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    }
    let (units, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let text = String::from_utf16(&units).expect("it is UTF-16");
    text.trim_start_matches('\u{feff}').to_owned()
}

/// How many lines there are, without those that hold an argument each.
fn lines(file: &str) -> usize {
    let argument = |line: &&str| {
        line.starts_with("\t\t<string>") || line.starts_with("LoadCredentialEncrypted=")
    };
    file.lines().filter(|line| !argument(line)).count()
}

fn lines_of_a_harmless_one(scheduler: Scheduler) -> usize {
    let program = match scheduler {
        Scheduler::TaskScheduler => r"C:\x",
        _ => "/x",
    };
    let schedule = schedule_of(scheduler, program.to_owned(), Vec::new());
    let files = schedule.files(scheduler).expect("nothing in it is unusual");
    lines(&written(&files[0].bytes, scheduler))
}
