//! The files that were saved.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

#[derive(Debug, Args)]
pub(crate) struct CopiesCommand {
    #[command(subcommand)]
    pub(crate) action: Option<CopiesAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CopiesAction {
    /// Forget files that were saved; the files stay
    Forget(ForgetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// The files, which need not be there
    #[arg(required_unless_present = "gone", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Those that are gone: their folder is there, and they are not
    #[arg(long, conflicts_with = "files")]
    pub(crate) gone: bool,
}
