//! When a backup is to run by itself, and the options it is then to run with: those of `backup`
//! itself, taken as they were written so that they can be written into a task.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::schedule::{self, Day, Scheduler, TaskName, Time, When};
use certstow_platform::spec::StoreSpec;
use clap::builder::ValueParser;
use clap::parser::ValueSource;
use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Subcommand, ValueEnum, ValueHint,
    value_parser,
};

use super::{BackupArgs, Global};

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
    #[arg(long, value_enum, requires = "print", help_heading = "Task")]
    pub(crate) system: Option<SystemArg>,
    /// With --print: where certstow is on the machine that runs the task; paths are then taken as
    /// they are written [default: this certstow]
    #[arg(long, value_name = "PATH", requires = "print", help_heading = "Task")]
    pub(crate) program: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) backup: BackupLine,
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
    pub(crate) fn when(&self) -> When {
        match (self.times.hourly, self.times.daily, self.times.weekly) {
            (true, ..) => When::Hourly,
            (_, _, Some((day, time))) => When::Weekly(day, time),
            (_, daily, _) => When::Daily(daily.unwrap_or(Time::NOON)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SystemArg {
    /// A task for Windows' Task Scheduler, as XML
    Windows,
    /// A service and a timer
    Systemd,
    /// A property list of macOS
    Launchd,
}

impl From<SystemArg> for Scheduler {
    fn from(system: SystemArg) -> Self {
        match system {
            SystemArg::Windows => Self::TaskScheduler,
            SystemArg::Systemd => Self::Systemd,
            SystemArg::Launchd => Self::Launchd,
        }
    }
}

/// The options of a backup, and which of them were given.
#[derive(Debug)]
pub(crate) struct BackupLine {
    pub(crate) args: BackupArgs,
    pub(crate) given: Vec<Given>,
}

/// An option that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// The option's name, without dashes.
    pub(crate) name: String,
    /// What its value is.
    pub(crate) kind: Kind,
    /// The value, if it takes one.
    pub(crate) value: Option<OsString>,
}

/// What the value of an option is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A path.
    Path,
    /// A store's name, with a path in it or not.
    Store,
    /// Something that means the same in every folder.
    Plain,
}

impl Args for BackupLine {
    fn augment_args(command: Command) -> Command {
        BackupArgs::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        BackupArgs::augment_args_for_update(command)
    }
}

impl FromArgMatches for BackupLine {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self {
            args: BackupArgs::from_arg_matches(matches)?,
            given: given(matches),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Global options that say how this run of certstow reports, and nothing of the task's.
const OF_THIS_RUN: [&str; 4] = ["json", "quiet", "verbose", "non_interactive"];

/// The options of a backup that were given, in the order of the help.
fn given(matches: &ArgMatches) -> Vec<Given> {
    let backup = BackupArgs::augment_args(Command::new("backup"));
    let global = Global::augment_args(Command::new("global"));
    let of_the_task = global
        .get_arguments()
        .filter(|argument| !OF_THIS_RUN.contains(&argument.get_id().as_str()));
    backup
        .get_arguments()
        .chain(of_the_task)
        .filter(|argument| {
            let source = matches.value_source(argument.get_id().as_str());
            source == Some(ValueSource::CommandLine)
        })
        .flat_map(|argument| of_argument(argument, matches))
        .collect()
}

fn of_argument(argument: &Arg, matches: &ArgMatches) -> Vec<Given> {
    let id = argument.get_id().as_str();
    let given = |value| Given {
        name: argument.get_long().unwrap_or(id).to_owned(),
        kind: kind(argument.get_value_parser()),
        value,
    };
    if matches!(argument.get_action(), ArgAction::SetTrue) {
        return vec![given(None)];
    }
    let values = matches.get_raw(id).into_iter().flatten();
    values.map(|value| given(Some(value.to_owned()))).collect()
}

fn kind(parser: &ValueParser) -> Kind {
    let store: ValueParser = value_parser!(StoreSpec).into();
    if parser.type_id() == ValueParser::path_buf().type_id() {
        Kind::Path
    } else if parser.type_id() == store.type_id() {
        Kind::Store
    } else {
        Kind::Plain
    }
}
