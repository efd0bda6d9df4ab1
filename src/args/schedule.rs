//! When a backup is to run by itself, and the options it is then to run with: those of `backup`
//! itself, taken as they were written so that they can be written into a task.

use std::path::PathBuf;
use std::time::Duration;

use certstow_core::time;
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand, ValueHint};

use super::backup::BackupArgs;
use super::given::{Given, Typed, given};
use super::global::Global;
use super::words::one_of;
use crate::schedule::{self, Day, Monthly, Scheduler, TaskName, Time, Times, When};

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Have the system run a backup at set times
    Install(Box<ScheduleInstallArgs>),
    /// List the scheduled backups: when each runs, and how its last run ended
    List(TasksArgs),
    /// Show a scheduled backup, as the system's scheduler sees it
    Show(TaskArgs),
    /// Take a scheduled backup away again; what it saved stays
    Remove(TaskArgs),
}

/// Whose tasks.
#[derive(Debug, Args)]
pub(crate) struct TasksArgs {
    /// Those of the machine, which run as SYSTEM or root, in place of this account's own
    #[arg(long, help_heading = "Task")]
    pub(crate) machine: bool,
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
    /// Put it in the place of another task of this name
    #[arg(long, conflicts_with = "print", help_heading = "Task")]
    pub(crate) force: bool,
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

/// All of them together.
#[derive(Debug, Args)]
struct TimeArgs {
    /// Run at the beginning of every hour
    #[arg(long, help_heading = "Task")]
    hourly: bool,
    /// Run every day at this time; repeatable [default: 12:00]
    #[arg(long, value_name = "HH:MM", help_heading = "Task")]
    daily: Vec<Time>,
    /// Run once a week: sun@03:15; repeatable
    #[arg(long, value_name = "DAY@HH:MM", value_parser = schedule::parse_weekly, help_heading = "Task")]
    weekly: Vec<(Day, Time)>,
    /// Run once a month, on a day from 1 to 28 or the last: 28@03:15, last@03:15; repeatable
    #[arg(long, value_name = "DAY@HH:MM", num_args = 1..=2, help_heading = "Task")]
    monthly: Vec<Monthly>,
    /// Start up to this much later than that, by chance, so that many machines do not start together:
    /// 90s, 30m, 2h, or 0 [default: 10m; launchd and cron have no such delay]
    #[arg(long, value_name = "TIME", value_parser = parse_delay, help_heading = "Task", hide_short_help = true)]
    random_delay: Option<Duration>,
}

/// Reads a random delay.
fn parse_delay(text: &str) -> Result<Duration, String> {
    let delay = time::parse_wait(text)?.unwrap_or_default();
    match delay < Duration::from_secs(24 * 3600) {
        true => Ok(delay),
        false => Err("a delay has to be shorter than a day".to_owned()),
    }
}

impl ScheduleInstallArgs {
    /// The options that the task is to have.
    pub(crate) fn given(&self) -> Vec<Given> {
        [self.backup.given.as_slice(), &self.global.0].concat()
    }

    /// When the task is to run.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn times(&self) -> Result<Times, String> {
        let TimeArgs {
            hourly,
            daily,
            weekly,
            monthly,
            random_delay: _,
        } = &self.times;
        let hourly = hourly.then_some(When::Hourly).into_iter();
        let daily = daily.iter().copied().map(When::Daily);
        let weekly = weekly.iter().map(|&(day, time)| When::Weekly(day, time));
        let monthly = Monthly::times(monthly)?;
        Ok(Times::of(hourly.chain(daily).chain(weekly).chain(monthly)))
    }

    /// The random delay of a task, for its scheduler.
    pub(crate) fn delay(&self, scheduler: Scheduler) -> Duration {
        let usual = schedule::usual_delay(scheduler);
        self.times.random_delay.unwrap_or(usual)
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
