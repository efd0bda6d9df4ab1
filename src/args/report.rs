//! What a report shows, and where it goes.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::filter::FilterArgs;
use super::given::Typed;
use super::store::StoreArgs;

/// What the file is called where nothing else is said.
pub(crate) const REPORT: &str = "certstow-report.html";

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The file, or a folder for it; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = REPORT)]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Refuse a disk or share where other accounts could read the file; without it, warn
    #[arg(long, hide_short_help = true)]
    pub(crate) require_private: bool,
    /// A folder that 'certstow backup' writes to, or with files that were exported, to tell which
    /// identities are in it; repeatable
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) backup: Vec<PathBuf>,
    /// Show certificates without a private key, and archived ones, too; and with --expires-within
    /// those that are renewed already
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) filters: Typed<FilterArgs>,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}
