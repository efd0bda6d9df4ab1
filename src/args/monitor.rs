//! How a run tells monitoring how it ended.

use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser as _};
use clap::{Args, ValueHint};

/// Files that say how a run ended.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Monitoring")]
pub(crate) struct MonitorArgs {
    /// Write how the run ended, and what came of each identity, to a file, as JSON; private
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) status: Option<PathBuf>,
    /// Write the same as metrics of Prometheus, without names, to a file that everybody may read: FILE
    /// ends in .prom
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        value_parser = PathBufValueParser::new().try_map(ends_in_prom)
    )]
    pub(crate) metrics: Option<PathBuf>,
}

/// node_exporter reads no other.
fn ends_in_prom(file: PathBuf) -> Result<PathBuf, &'static str> {
    match file.extension().is_some_and(|ending| ending == "prom") {
        true => Ok(file),
        false => Err("the name has to end in .prom"),
    }
}
