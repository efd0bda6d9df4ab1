//! systemd, of a person or of the machine: the files go into its folder, and `systemctl` has it read
//! them and starts the timer.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use certstow_core::time::{self, UnixTime};
use certstow_platform::scheduler::{Owner, Scheduler};

use super::last_run::{At, LastRun};
use super::places::Places;
use super::program::{Earlier, Installed, Scheduled, run};
use crate::error::Error;
use crate::schedule::{Schedule, ScheduleFile, TaskName, systemd};

pub(super) fn install(
    schedule: &Schedule,
    files: &[ScheduleFile],
    force: bool,
) -> Result<Installed, Error> {
    let places = Places::of(Scheduler::Systemd, schedule.owner, &schedule.name)?;
    places.check()?;
    let earlier = places.earlier(files).replaceable(&schedule.name, force)?;
    let systemctl = Systemctl(schedule.owner);
    // Before anything is written: it fails where there is no manager.
    systemctl.run("to read its files", &["daemon-reload"])?;
    let before = places.write(files)?;
    let started = systemctl.start(&schedule.name).inspect_err(|_| {
        if earlier == Earlier::None {
            // The error that counts is the one that led here.
            let _ = systemctl.disable(&schedule.name);
        }
    });
    let files = places.undo_unless(started, before, || {
        let _ = systemctl.run("to read its files", &["daemon-reload"]);
    })?;
    Ok(Installed { files, earlier })
}

pub(super) fn show(name: &TaskName, owner: Owner) -> Result<Scheduled, Error> {
    let places = Places::of(Scheduler::Systemd, owner, name)?;
    places.check_there(name)?;
    let systemctl = Systemctl(owner);
    let report = systemctl.report(name)?;
    let differs = systemctl.differs(name)?;
    let timer = systemctl.timer(name)?;
    let last_run = last_run(&report, &timer, written(&places.files[1]));
    let [service, times] = [0, 1].map(|file| fs::read_to_string(&places.files[file]));
    Ok(Scheduled {
        command: service.ok().and_then(|text| systemd::command(&text)),
        times: systemd::times(&times.unwrap_or_default()),
        next_run: moment(&timer, "NextElapseUSecRealtime"),
        files: places.files,
        report,
        differs,
        last_run,
    })
}

pub(super) fn remove(name: &TaskName, owner: Owner) -> Result<Vec<PathBuf>, Error> {
    let places = Places::of(Scheduler::Systemd, owner, name)?;
    places.check_there(name)?;
    let systemctl = Systemctl(owner);
    systemctl.disable(name)?;
    let removed = places.remove()?;
    systemctl.run("to read its files", &["daemon-reload"])?;
    Ok(removed)
}

/// systemctl, for the manager of an owner.
struct Systemctl(Owner);

impl Systemctl {
    fn run(&self, what: &'static str, arguments: &[&str]) -> Result<String, Error> {
        run(
            Scheduler::Systemd,
            what,
            &[&self.scope()[..], arguments].concat(),
        )
    }

    fn scope(&self) -> [&'static str; 2] {
        let scope = match self.0 {
            Owner::User => "--user",
            Owner::Machine => "--system",
        };
        [scope, "--no-ask-password"]
    }

    /// A timer that runs already has the old times until it is started anew.
    fn start(&self, name: &TaskName) -> Result<(), Error> {
        let timer = format!("{name}.timer");
        self.run("to read its files", &["daemon-reload"])?;
        self.run("to enable the timer", &["enable", &timer])?;
        self.run("to start the timer", &["restart", &timer])?;
        Ok(())
    }

    fn disable(&self, name: &TaskName) -> Result<(), Error> {
        let timer = format!("{name}.timer");
        self.run("to stop the timer", &["disable", "--now", &timer])
            .map(drop)
    }

    fn report(&self, name: &TaskName) -> Result<String, Error> {
        let timer = format!("{name}.timer");
        let service = format!("{name}.service");
        let timers = self.run("to list its timers", &["list-timers", "--all", &timer])?;
        let properties = [
            "show",
            "--property=ActiveState,Result,ExecMainStatus,ExecMainStartTimestamp,\
             ExecMainExitTimestamp",
            &service,
        ];
        let last = self.run("to show the service", &properties)?;
        Ok(format!("{timers}\n{last}"))
    }

    /// When it ran last and will run next, as the timer knows.
    fn timer(&self, name: &TaskName) -> Result<String, Error> {
        let timer = format!("{name}.timer");
        let properties = "--property=NextElapseUSecRealtime,LastTriggerUSec";
        self.run("to show the timer", &["show", properties, &timer])
    }

    /// Why what runs is not what the files say, if it is not.
    fn differs(&self, name: &TaskName) -> Result<Option<String>, Error> {
        for unit in [format!("{name}.service"), format!("{name}.timer")] {
            let show = [
                "show",
                "--property=NeedDaemonReload,DropInPaths,ActiveState",
                &unit,
            ];
            let said = self.run("to show its files", &show)?;
            if let Some(differs) = differs(&unit, &said) {
                return Ok(Some(differs));
            }
        }
        Ok(None)
    }
}

/// A property of a unit, from what systemctl says of it.
fn property<'s>(said: &'s str, name: &str) -> Option<&'s str> {
    let mut lines = said.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

/// A property that is a time, as systemctl writes it in UTC: "Mon 2026-11-30 12:00:00 UTC".
fn moment(said: &str, name: &str) -> Option<UnixTime> {
    let mut words = property(said, name)?.split(' ').skip(1);
    let (date, time) = (words.next()?, words.next()?);
    (words.next()? == "UTC").then(|| time::from_utc(&format!("{date}T{time}Z")))?
}

/// When a file was written.
fn written(file: &Path) -> Option<UnixTime> {
    let written = fs::metadata(file).and_then(|file| file.modified()).ok()?;
    let since = written.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(UnixTime::new(0) + since)
}

/// How soon after its file was written a timer has its first time stamp, in seconds.
const FIRST_STAMP: i64 = 60;

/// How a service last ended, as systemd remembers it: since it started, that is. The timer's last time
/// outlives that, but it begins with the time at which the timer was first started.
fn last_run(said: &str, timer: &str, written: Option<UnixTime>) -> Option<LastRun> {
    if property(said, "ActiveState") == Some("activating") {
        return Some(LastRun::Running);
    }
    let result = property(said, "Result")?;
    let code: i64 = property(said, "ExecMainStatus")?.parse().ok()?;
    let at = moment(said, "ExecMainExitTimestamp").map(At::Time);
    if at.is_none() && result == "success" {
        let triggered = moment(timer, "LastTriggerUSec");
        let ran = triggered
            .zip(written)
            .filter(|(triggered, written)| triggered.seconds_since(*written) > FIRST_STAMP);
        return Some(match ran {
            Some((triggered, _)) => LastRun::Forgotten {
                at: At::Time(triggered),
            },
            None => LastRun::Never,
        });
    }
    Some(match result {
        "success" | "exit-code" => LastRun::Ended { code, at },
        // Of these the status is the number of a signal, or nothing.
        why => LastRun::Failed {
            why: why.to_owned(),
            at,
        },
    })
}

/// The same, from what systemctl says of a unit.
fn differs(unit: &str, said: &str) -> Option<String> {
    let property = |name| property(said, name);
    if property("NeedDaemonReload") == Some("yes") {
        return Some(format!(
            "{unit} was changed since systemd read it: 'systemctl daemon-reload' has it read again"
        ));
    }
    let others = property("DropInPaths").unwrap_or_default().split(' ');
    let others: Vec<_> = others.filter(|file| !is_of_every_unit(file)).collect();
    let others = others.join(" ");
    if !others.is_empty() {
        return Some(format!("{unit} is changed by other files: {others}"));
    }
    // A service rests until it is its time.
    let rests = unit.ends_with(".timer") && property("ActiveState") != Some("active");
    rests.then(|| format!("{unit} is stopped: 'systemctl start' starts it"))
}

/// Whether a file is what the distribution says of all its services or timers, and so no change of
/// this one: Fedora shortens every stop that way.
fn is_of_every_unit(file: &str) -> bool {
    let of_the_distribution = ["/usr/lib/systemd/", "/lib/systemd/"];
    let of_the_type = ["/service.d/", "/timer.d/"];
    of_the_distribution
        .iter()
        .any(|folder| file.starts_with(folder))
        && of_the_type.iter().any(|folder| file.contains(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_run_reads_service_properties() {
        let said = |state: &str, result: &str, status: &str, exit: &str| {
            let said = format!(
                "NEXT LEFT LAST PASSED UNIT\n\nActiveState={state}\nResult={result}\n\
                 ExecMainStatus={status}\nExecMainStartTimestamp=\nExecMainExitTimestamp={exit}\n"
            );
            last_run(&said, "", None)
        };
        let when = "Mon 2026-11-30 12:00:00 UTC";
        let at = |exit: &str| {
            let noon = time::from_utc("2026-11-30T12:00:00Z").unwrap();
            (!exit.is_empty()).then_some(At::Time(noon))
        };
        let ended = |code| Some(LastRun::Ended { code, at: at(when) });
        for (result, status, exit) in [
            ("signal", "11", when),
            ("oom-kill", "9", when),
            ("timeout", "0", when),
            ("resources", "0", ""),
        ] {
            let why = result.to_owned();
            let failed = Some(LastRun::Failed { why, at: at(exit) });
            assert_eq!(said("failed", result, status, exit), failed);
        }
        assert_eq!(said("inactive", "success", "0", ""), Some(LastRun::Never));
        assert_eq!(
            said("activating", "success", "0", ""),
            Some(LastRun::Running)
        );
        assert_eq!(said("inactive", "success", "0", when), ended(0));
        assert_eq!(said("failed", "exit-code", "203", when), ended(203));
        assert_eq!(last_run("nothing of it", "", None), None);
    }

    /// The machine was off since the last run, or since the timer was installed.
    #[test]
    fn last_run_outlives_service_manager() {
        let said =
            "ActiveState=inactive\nResult=success\nExecMainStatus=0\nExecMainExitTimestamp=\n";
        let installed = time::from_utc("2026-11-29T20:00:00Z");
        let of = |triggered: &str| {
            let timer = format!("NextElapseUSecRealtime=\nLastTriggerUSec={triggered}\n");
            last_run(said, &timer, installed).unwrap()
        };
        let ran = of("Mon 2026-11-30 12:00:00 UTC");
        let at = ran.at().and_then(At::time);
        assert_eq!(at.unwrap().to_string(), "2026-11-30T12:00:00Z");
        assert_eq!(ran.word(), "forgotten");
        for triggered in [
            "",
            "n/a",
            "Sun 2026-11-29 20:00:01 UTC",
            "Sat 2026-11-28 12:00:00 UTC",
        ] {
            assert_eq!(of(triggered), LastRun::Never, "{triggered}");
        }
    }

    #[test]
    fn differs_reports_changed_or_stopped_units() {
        let unit = "x.service";
        assert_eq!(differs(unit, "NeedDaemonReload=no\nDropInPaths=\n"), None);
        let changed = differs(unit, "DropInPaths=\nNeedDaemonReload=yes\n").unwrap();
        assert!(changed.contains("x.service was changed since"), "{changed}");
        let other = differs(unit, "NeedDaemonReload=no\nDropInPaths=/etc/a.conf\n").unwrap();
        assert!(other.ends_with("/etc/a.conf"), "{other}");
        let everywhere = "/usr/lib/systemd/user/service.d/10-timeout-abort.conf";
        let said = format!("NeedDaemonReload=no\nDropInPaths={everywhere}\n");
        assert_eq!(differs(unit, &said), None);
        let own = "/home/ada/.config/systemd/user/service.d/x.conf";
        let both = said.replace(everywhere, &format!("{everywhere} {own}"));
        let other = differs(unit, &both).unwrap();
        assert!(other.ends_with(&format!("other files: {own}")), "{other}");
        let said = "NeedDaemonReload=no\nDropInPaths=\nActiveState=inactive\n";
        assert_eq!(differs(unit, said), None);
        let stopped = differs("x.timer", said).unwrap();
        assert!(stopped.contains("x.timer is stopped"), "{stopped}");
        let runs = said.replace("inactive", "active");
        assert_eq!(differs("x.timer", &runs), None);
    }
}
