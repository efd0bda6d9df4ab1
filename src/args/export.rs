//! What a file is to be made of.

use std::path::PathBuf;

use certstow_core::export::Format;
use clap::{Args, ValueHint};

use super::contents::{AlgorithmArgs, ContentArgs};
use super::filter::SelectArgs;
use super::store::PasswordArgs;
use super::words::{Words as _, one_of};

#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    /// The file, or a folder for it; - is standard output [default: the label, in the current folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Refuse a disk or share where other accounts could read the file; without it, warn
    #[arg(long, hide_short_help = true)]
    pub(crate) require_private: bool,
    /// Put a copy into another folder, too, such as a USB drive, and read it back; repeatable
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) copy_to: Vec<PathBuf>,
    /// The form of the file
    #[arg(long, value_parser = one_of::<Format>(), default_value = Format::P12.word())]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) contents: ContentArgs,
    /// The friendly name [default: the label]
    #[arg(long, value_name = "TEXT", hide_short_help = true)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) algorithms: AlgorithmArgs,
    /// Leave the private key of a PEM file unencrypted
    #[arg(long, hide_short_help = true)]
    pub(crate) unencrypted_key: bool,
    /// Let Windows ask for a confirmation or a PIN, in a window of its own
    #[arg(long, conflicts_with = "non_interactive", hide_short_help = true)]
    pub(crate) allow_prompt: bool,
    /// Delete the private key from its store once the file is saved and proven; asks twice, and so
    /// needs a person at a terminal
    #[arg(long, hide_short_help = true)]
    pub(crate) delete_key_after_verify: bool,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Make a password that nobody guesses, and show it once; needs a person at a terminal
    #[arg(long, group = "password", help_heading = "Password")]
    pub(crate) generate_password: bool,
}
