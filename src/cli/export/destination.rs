//! Where the file of an export goes, from its options.

use std::path::{Path, PathBuf};

use certstow::export::{self, Options};
use certstow::identity::Identity;
use certstow::names;
use certstow::output::{Existing, Privacy};

use crate::cli::args::ExportArgs;

pub(in crate::cli) fn existing(args: &ExportArgs) -> Existing {
    match args.force {
        true => Existing::Replace,
        false => Existing::Refuse,
    }
}

pub(in crate::cli) fn privacy(args: &ExportArgs) -> Privacy {
    match args.require_private {
        true => Privacy::Required,
        false => Privacy::Wanted,
    }
}

/// The file that is to be written, where it is one.
pub(in crate::cli) fn file_of(
    args: &ExportArgs,
    identity: &Identity,
    options: &Options,
) -> PathBuf {
    match &args.output {
        Some(file) => export::with_extension(file, options.format),
        None => {
            let label = names::label(identity.entry(), &identity.certificate().parse());
            export::default_file_name(&label, options.format)
        }
    }
}

pub(in crate::cli) fn to_stdout(args: &ExportArgs) -> bool {
    args.output.as_deref() == Some(Path::new("-"))
}
