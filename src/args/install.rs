//! What a CA returned, and how it is joined with its private key.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::request::BackupToArgs;
use super::store::StoreArgs;

#[derive(Debug, Args)]
pub(crate) struct InstallArgs {
    /// The files that the CA returned, in any form that 'list' reads: a certificate, or a .p7b with
    /// its path; - is standard input. Or text that names a certificate of a store without its key
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// A file with certificates of issuers, for the path; repeatable
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) chain: Vec<PathBuf>,
    /// The friendly name of the certificate
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// Look for the keys, and change nothing
    #[arg(long, conflicts_with = "backup_to")]
    pub(crate) dry_run: bool,
    /// Leave the request where it is kept
    #[arg(long)]
    pub(crate) keep_request: bool,
    #[command(flatten)]
    pub(crate) copies: BackupToArgs,
    #[command(flatten)]
    pub(crate) stores: StoreArgs,
}
