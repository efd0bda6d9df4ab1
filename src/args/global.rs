//! The options that every command has.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::wait::Timeout;

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Report as JSON, times in UTC; errors too, on standard error
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Say only what was asked for and what went wrong
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,
    /// Explain on standard error what is done
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Append what is done to a file, as lines of JSON, without secrets
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) log: Option<PathBuf>,
    /// Report to Windows' Application log, without secrets
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) event_log: bool,
    /// Read no options file, and no CERTSTOW_ variable
    #[arg(long, global = true)]
    pub(crate) no_config: bool,
    /// Never prompt; implied when standard input is no terminal
    #[arg(long, global = true)]
    pub(crate) non_interactive: bool,
    /// Ask in plain lines, and redraw nothing: for screen readers and simple terminals
    #[arg(long, global = true)]
    pub(crate) plain: bool,
    /// End a wait for what does not answer after 90s, 10m, 1h; 0 is never [default: 10m where
    /// nobody can be prompted, else 0]
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) timeout: Option<Timeout>,
}
