//! When a backup is to run by itself, and the options it is then to run with: those of `backup`
//! itself, taken as they were written so that they can be written into a task.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand, ValueHint};

use super::backup::BackupArgs;
use super::given::{Given, Typed, given};
use super::global::Global;
use super::words::one_of;
use crate::schedule::{self, Day, Scheduler, TaskName, Time, When};

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Have the system run a backup at set times
    Install(Box<ScheduleInstallArgs>),
    /// Show a scheduled backup, as the system's scheduler sees it
    Show(TaskArgs),
    /// Take a scheduled backup away again; what it saved stays
    Remove(TaskArgs),
}

/// Which task.
#[derive(Debug, Args)]
pub(crate) struct TaskArgs {
    /// What the task is called
    #[arg(long, default_value = "certstow", help_heading = "Task")]
    pub(crate) name: TaskName,
    /// The machine's task, which runs as SYSTEM or root: needs an administrator, and saves the
    /// machine's keys alone
    #[arg(long, help_heading = "Task")]
    pub(crate) machine: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ScheduleInstallArgs {
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    #[command(flatten)]
    times: TimeArgs,
    /// Write the files for the scheduler to standard output, or into a folder, and install nothing
    #[arg(
        long,
        value_name = "DIR",
        num_args = 0..=1,
        require_equals = true,
        value_hint = ValueHint::DirPath,
        help_heading = "Task"
    )]
    pub(crate) print: Option<Option<PathBuf>>,
    /// With --print: the scheduler the files are for [default: this system's]
    #[arg(long, value_parser = one_of::<Scheduler>(), requires = "print", help_heading = "Task", hide_short_help = true)]
    pub(crate) system: Option<Scheduler>,
    /// With --print: where certstow is on the machine that runs the task; paths are then taken as
    /// they are written [default: this certstow]
    #[arg(
        long,
        value_name = "PATH",
        requires = "print",
        help_heading = "Task",
        hide_short_help = true
    )]
    pub(crate) program: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) backup: Typed<BackupArgs>,
    #[command(flatten)]
    global: GlobalsOfTask,
}

/// At most one of them.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct TimeArgs {
    /// Run at the beginning of every hour
    #[arg(long, help_heading = "Task")]
    hourly: bool,
    /// Run every day at this time [default: 12:00]
    #[arg(long, value_name = "HH:MM", help_heading = "Task")]
    daily: Option<Time>,
    /// Run once a week: sun@03:15
    #[arg(long, value_name = "DAY@HH:MM", value_parser = schedule::parse_weekly, help_heading = "Task")]
    weekly: Option<(Day, Time)>,
}

impl ScheduleInstallArgs {
    /// The options that the task is to have.
    pub(crate) fn given(&self) -> Vec<Given> {
        [self.backup.given.as_slice(), &self.global.0].concat()
    }

    pub(crate) fn when(&self) -> When {
        match (self.times.hourly, self.times.daily, self.times.weekly) {
            (true, ..) => When::Hourly,
            (_, _, Some((day, time))) => When::Weekly(day, time),
            (_, daily, _) => When::Daily(daily.unwrap_or(Time::NOON)),
        }
    }
}

/// Global options that the task is to have, too.
#[derive(Debug)]
pub(crate) struct GlobalsOfTask(Vec<Given>);

/// Global options that say how this run of certstow reports, and nothing of the task's.
const OF_THIS_RUN: [&str; 5] = ["json", "quiet", "verbose", "non-interactive", "no-config"];

impl Args for GlobalsOfTask {
    /// They are there as options of every command.
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

impl FromArgMatches for GlobalsOfTask {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = given(&Global::augment_args(Command::new("")), matches);
        given.retain(|given| !OF_THIS_RUN.contains(&given.name.as_str()));
        Ok(Self(given))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
