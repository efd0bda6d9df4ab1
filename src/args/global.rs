//! The options that every command has. A help shows those of use to its command.

use std::path::PathBuf;

use certstow_platform::event_log;
use clap::{Args, Command, ValueHint};

use super::wait::Timeout;

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct Global {
    /// Report as JSON, times in UTC; errors too, on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say only what was asked for and what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Explain on standard error what is done
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Append what is done to a file, as lines of JSON, without secrets
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) log: Option<PathBuf>,
    /// Report to Windows' Application log, without secrets
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) event_log: bool,
    /// Read no options file, and no CERTSTOW_ variable
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) no_config: bool,
    /// Never prompt; implied when standard input is no terminal
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) non_interactive: bool,
    /// Ask in plain lines, and redraw nothing: for screen readers and simple terminals
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) plain: bool,
    /// End a wait for what does not answer after 90s, 10m, 1h; 0 is never [default: 10m where
    /// nobody can be prompted, else 0]
    #[arg(long, global = true, value_name = "TIME", hide_short_help = true)]
    pub(crate) timeout: Option<Timeout>,
}

/// What they stand under, after a command's own.
pub(super) const HEADING: &str = "Global options";

/// Leaves out of a command's help what is of no use to it; it is accepted all the same. `name` is what is
/// typed for the command after the program's name.
pub(super) fn shown_in(command: Command, name: &str) -> Command {
    let is_family = command.is_subcommand_required_set() && !name.is_empty();
    let all = Global::augment_args(Command::new(""));
    let all = all.get_arguments().map(|one| {
        let shown = !is_family && is_of_use(one.get_id().as_str(), name);
        one.clone().hide(!shown)
    });
    match name {
        "" => all.fold(command, |command, one| {
            command.mut_arg(one.get_id().clone(), |_| one)
        }),
        // What clap would hand down from above does not take the place of what is there.
        _ => command.args(all),
    }
}

fn is_of_use(option: &str, name: &str) -> bool {
    let writes_one_thing = ["completions", "man"].contains(&name);
    match option {
        "quiet" => name != "completions",
        "event_log" => {
            // Files are printed for other systems, too.
            (event_log::IS_THERE || name == "schedule install") && !writes_one_thing
        }
        "plain" | "non_interactive" => asks(name),
        _ => !writes_one_thing,
    }
}

/// Whether a person may be asked something.
fn asks(name: &str) -> bool {
    let family = name.split(' ').next().unwrap_or_default();
    let asking = [
        "", "list", "show", "export", "import", "request", "install", "renew", "backup", "check",
    ];
    asking.contains(&family) || ["schedule install", "password set"].contains(&name)
}
