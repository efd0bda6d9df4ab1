//! What `certstow schedule` says: in words, or as `certstow.schedule/1`.

use std::path::{Path, PathBuf};

use certstow_core::time;
use certstow_formats::sanitize::{in_full, safe};
use certstow_platform::scheduler;
use serde::Serialize;

use crate::args::Words;
use crate::error::Error;
use crate::render::json::{self, Object};
use crate::schedule::install::{At, Earlier, Installed, LastRun, Scheduled};
use crate::schedule::{self, Owner, Schedule, Scheduler, TaskName};
use crate::screen::Screen;

/// `certstow.schedule/1`.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    name: &'a str,
    /// "installed", "printed", "scheduled" or "removed".
    state: &'static str,
    scheduler: Option<&'static str>,
    when: Option<String>,
    program: Option<&'a str>,
    arguments: Option<&'a [String]>,
    files: Vec<String>,
    /// Whether it took the place of an earlier task of this name.
    replaced: Option<bool>,
    #[serde(flatten)]
    runs: Option<Runs>,
    /// The scheduler's own words.
    report: Option<&'a str>,
    /// What is wrong with the task.
    warnings: &'a [String],
}

impl<'a> Json<'a> {
    fn new(name: &'a TaskName, state: &'static str, files: &[PathBuf]) -> Self {
        Self {
            schema: "certstow.schedule/1",
            name: name.as_str(),
            state,
            scheduler: Scheduler::of_this_system().map(Words::word),
            when: None,
            program: None,
            arguments: None,
            files: files.iter().map(|file| text(file)).collect(),
            replaced: None,
            runs: None,
            report: None,
            warnings: &[],
        }
    }

    fn of(
        schedule: &'a Schedule,
        state: &'static str,
        scheduler: Scheduler,
        files: &[PathBuf],
    ) -> Self {
        Self {
            scheduler: Some(scheduler.word()),
            when: Some(schedule.times.to_string()),
            program: Some(&schedule.program),
            arguments: Some(&schedule.arguments),
            ..Self::new(&schedule.name, state, files)
        }
    }
}

fn text(file: &Path) -> String {
    file.to_string_lossy().into_owned()
}

pub(super) fn installed(
    schedule: &Schedule,
    scheduler: Scheduler,
    installed: &Installed,
    screen: &Screen,
) -> Result<(), Error> {
    let files = &installed.files;
    if screen.json {
        return screen.print_json(&Json {
            replaced: Some(installed.earlier == Earlier::Other),
            ..Json::of(schedule, "installed", scheduler, files)
        });
    }
    let how = match installed.earlier {
        Earlier::Other => ", in the place of the earlier task of that name",
        Earlier::Same => ", as it was already",
        Earlier::None => "",
    };
    let beginning = format!("Scheduled '{}'{how}", schedule.name);
    told(&beginning, schedule, files, screen)?;
    let ends_with_session = scheduler == Scheduler::Systemd && schedule.owner == Owner::User;
    if ends_with_session && !scheduler::lingers() {
        screen.note("It runs while you are logged in; 'loginctl enable-linger' has it run always.");
    }
    screen.note(&format!("Try it now: {}", try_it(schedule, scheduler)));
    Ok(())
}

pub(super) fn printed(
    schedule: &Schedule,
    scheduler: Scheduler,
    files: &[PathBuf],
    screen: &Screen,
) -> Result<(), Error> {
    if screen.json {
        return screen.print_json(&Json::of(schedule, "printed", scheduler, files));
    }
    told(
        &format!("Wrote the files for '{}'", schedule.name),
        schedule,
        files,
        screen,
    )
}

fn told(
    beginning: &str,
    schedule: &Schedule,
    files: &[PathBuf],
    screen: &Screen,
) -> Result<(), Error> {
    let command = std::iter::once(&schedule.program).chain(&schedule.arguments);
    screen.print_done(|out| {
        writeln!(out, "{beginning}")?;
        writeln!(out, "  when    {}", when(schedule))?;
        writeln!(out, "  runs    {}", line(command))?;
        files_told(out, files)
    })
}

/// The times, and how much later a run may begin.
fn when(schedule: &Schedule) -> String {
    let times = &schedule.times;
    match schedule.delay.is_zero() {
        true => times.to_string(),
        false => format!("{times}, up to {} later", time::length(schedule.delay)),
    }
}

fn files_told(out: &mut dyn std::io::Write, files: &[PathBuf]) -> std::io::Result<()> {
    for (position, file) in files.iter().enumerate() {
        let name = if position == 0 { "files" } else { "" };
        writeln!(out, "  {name:<8}{}", safe(&text(file)))?;
    }
    Ok(())
}

/// A command, as a person reads it.
fn line<'a>(words: impl Iterator<Item = &'a String>) -> String {
    let words: Vec<_> = words.map(|word| shown(word)).collect();
    safe(&words.join(" ")).to_string()
}

/// A word of a command.
fn shown(word: &str) -> String {
    match word.is_empty() || word.contains([' ', '\t', '\n']) {
        true => format!("'{word}'"),
        false => word.to_owned(),
    }
}

/// What is there, and what is wrong with it.
pub(super) fn shown_task(
    name: &TaskName,
    scheduled: &Scheduled,
    warnings: &[String],
    screen: &Screen,
) -> Result<(), Error> {
    for warning in warnings {
        screen.warn_unless_json(warning);
    }
    let command = scheduled.command.as_deref().unwrap_or_default();
    if screen.json {
        return screen.print_json(&Json {
            when: Some(times(scheduled)),
            program: command.first().map(String::as_str),
            arguments: command.get(1..),
            runs: Some(Runs::of(scheduled)),
            report: Some(&scheduled.report),
            warnings,
            ..Json::new(name, "scheduled", &scheduled.files)
        });
    }
    screen.print(|out| {
        writeln!(out, "Scheduled '{name}'")?;
        state_told(out, scheduled)?;
        if !command.is_empty() {
            writeln!(out, "  runs    {}", line(command.iter()))?;
        }
        files_told(out, &scheduled.files)?;
        // systemd says no more than that, and calls a service that never ran a success.
        let report = match Scheduler::of_this_system() {
            Some(Scheduler::Systemd) => "",
            _ => &scheduled.report,
        };
        for line in report.lines() {
            writeln!(out, "{}", safe(line.trim_end()))?;
        }
        Ok(())
    })
}

/// A task, what the scheduler says of it, and what is wrong with it; or why the scheduler says nothing.
type Listed = (TaskName, Result<(Scheduled, Vec<String>), Error>);

/// All tasks, in words or as `certstow.schedule-list/1`.
pub(super) fn listed(tasks: &[Listed], owner: Owner, screen: &Screen) -> Result<(), Error> {
    let scheduler = Scheduler::of_this_system().map(Words::word);
    for (name, task) in tasks {
        match task {
            Ok((_, warnings)) => {
                for warning in warnings {
                    screen.warn_unless_json(&format!("{name}: {warning}"));
                }
            }
            Err(error) => screen.warn_unless_json(&format!("{name}: {}", in_full(error))),
        }
    }
    if screen.json {
        return screen.print_json(
            &Object::new("certstow.schedule-list/1")
                .with("scheduler", &scheduler)
                .list("tasks", tasks.iter().map(|task| listed_task(task, owner))),
        );
    }
    if tasks.is_empty() {
        let (none, hint) = match owner {
            Owner::User => ("this account", "; --machine lists those of the machine"),
            Owner::Machine => ("the machine", ""),
        };
        screen.note(&format!("No backup of {none} is scheduled{hint}"));
    }
    screen.print(|out| {
        tasks.iter().try_for_each(|(name, task)| {
            writeln!(out, "{name}")?;
            match task {
                Ok((scheduled, _)) => state_told(out, scheduled),
                Err(_) => writeln!(out, "  {NOT_TOLD}"),
            }
        })
    })
}

/// One task; all but its name and the error is null or empty where the scheduler says nothing.
fn listed_task((name, task): &Listed, owner: Owner) -> Object {
    let scheduled = task.as_ref().ok().map(|(scheduled, _)| scheduled);
    let warnings = task.as_ref().map_or(&[][..], |(_, warnings)| warnings);
    let Runs {
        last_run,
        last_exit,
        last_result,
        next_run,
    } = scheduled.map(Runs::of).unwrap_or_default();
    Object::default()
        .with("name", &name.as_str())
        .with("machine", &(owner == Owner::Machine))
        .with("when", &scheduled.map(times))
        .with("last_run", &last_run)
        .with("last_exit", &last_exit)
        .with("last_result", &last_result)
        .with("next_run", &next_run)
        .with("warnings", &warnings)
        .object(
            "error",
            task.as_ref().err().map(|error| json::failure(error)),
        )
}

/// When a task ran and will run.
#[derive(Default, Serialize)]
struct Runs {
    /// When the last run ended, or began if that is all that is known: UTC.
    last_run: Option<String>,
    /// Its exit code.
    last_exit: Option<i64>,
    /// "never", "running", "done", "failed" or "forgotten"; `None` where nobody tells.
    last_result: Option<&'static str>,
    /// When it runs next: UTC.
    next_run: Option<String>,
}

impl Runs {
    fn of(scheduled: &Scheduled) -> Self {
        let last = scheduled.last_run.as_ref();
        let at = last.and_then(LastRun::at).and_then(At::time);
        Self {
            last_run: at.map(|at| at.to_string()),
            last_exit: last.and_then(LastRun::code),
            last_result: last.map(LastRun::word),
            next_run: scheduled.next_run.map(|next| next.to_string()),
        }
    }
}

fn times(scheduled: &Scheduled) -> String {
    match &scheduled.times {
        Ok(times) => times.to_string(),
        Err(words) => words.clone(),
    }
}

/// When a task runs, how its last run ended, and when the next is.
fn state_told(out: &mut dyn std::io::Write, scheduled: &Scheduled) -> std::io::Result<()> {
    let last = scheduled.last_run.as_ref().map(ToString::to_string);
    let next = scheduled.next_run.map(time::local);
    writeln!(out, "  when    {}", safe(&times(scheduled)))?;
    writeln!(
        out,
        "  last    {}",
        safe(last.as_deref().unwrap_or(NOT_TOLD))
    )?;
    writeln!(out, "  next    {}", safe(next.as_deref().unwrap_or("none")))
}

const NOT_TOLD: &str = "not told by the scheduler";

pub(super) fn removed(name: &TaskName, files: &[PathBuf], screen: &Screen) -> Result<(), Error> {
    if screen.json {
        return screen.print_json(&Json::new(name, "removed", files));
    }
    screen.print_done(|out| {
        writeln!(out, "Removed '{name}'; what it saved is still there")?;
        files_told(out, files)
    })
}

fn try_it(schedule: &Schedule, scheduler: Scheduler) -> String {
    let name = &schedule.name;
    match (scheduler, schedule.owner) {
        (Scheduler::TaskScheduler, _) => format!("schtasks /Run /TN {name}"),
        (Scheduler::Systemd, Owner::User) => format!("systemctl --user start {name}.service"),
        (Scheduler::Systemd, Owner::Machine) => format!("systemctl start {name}.service"),
        (Scheduler::Cron, _) => String::new(),
        (Scheduler::Launchd, owner) => {
            let domain = scheduler::launchd_domain(owner);
            let label = schedule::launchd_label(name);
            format!("launchctl kickstart {domain}/{label}")
        }
    }
}

/// The scheduler's own command for files that were printed.
pub(super) fn how_to_install(schedule: &Schedule, scheduler: Scheduler, screen: &Screen) {
    let name = &schedule.name;
    let text = match (scheduler, schedule.owner) {
        (Scheduler::TaskScheduler, Owner::User) => format!(
            "Register it: schtasks /Create /TN {name} /XML {name}.xml /RU DOMAIN\\USER /RP *"
        ),
        (Scheduler::TaskScheduler, Owner::Machine) => {
            format!("Register it: schtasks /Create /TN {name} /XML {name}.xml /RU SYSTEM")
        }
        (Scheduler::Systemd, Owner::User) => format!(
            "Put them into ~/.config/systemd/user (or /etc/systemd/user, for everybody), then: \
             systemctl --user daemon-reload && systemctl --user enable --now {name}.timer"
        ),
        (Scheduler::Systemd, Owner::Machine) => format!(
            "Put them into /etc/systemd/system, then: \
             systemctl daemon-reload && systemctl enable --now {name}.timer"
        ),
        (Scheduler::Cron, Owner::User) => "Add it with: crontab -e".to_owned(),
        (Scheduler::Cron, Owner::Machine) => "Add it as root with: crontab -e".to_owned(),
        (Scheduler::Launchd, Owner::User) => format!(
            "Put it into ~/Library/LaunchAgents (or /Library/LaunchAgents, for everybody), then: \
             launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/{}.plist",
            schedule::launchd_label(name)
        ),
        (Scheduler::Launchd, Owner::Machine) => {
            let label = schedule::launchd_label(name);
            format!(
                "Put it into /Library/LaunchDaemons, then: \
                 launchctl bootstrap system /Library/LaunchDaemons/{label}.plist"
            )
        }
    };
    screen.note(&text);
    // The file that keeps it is in each person's own folder, which a property list cannot name.
    let log = schedule.arguments.iter().any(|word| word == "--log");
    if (scheduler, schedule.owner, log) == (Scheduler::Launchd, Owner::User, false) {
        screen.note(
            "launchd keeps nothing of what it says on standard error; --log FILE keeps a log",
        );
    }
}
