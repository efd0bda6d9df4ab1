//! Where the file of an export goes, from its options.

use std::path::{Path, PathBuf};

use certstow_core::export::{self, Options};
use certstow_core::identity::ListedCertificate;

use crate::args::ExportArgs;

/// The file that is to be written, where it is one.
pub(crate) fn file_of(
    args: &ExportArgs,
    identity: &ListedCertificate,
    options: &Options,
) -> PathBuf {
    let suggested = || export::default_file_name(&identity.label(), options.format);
    match &args.output {
        // As cp(1) does.
        Some(folder) if folder.is_dir() => folder.join(suggested()),
        Some(file) => export::with_extension(file, options.format),
        None => suggested(),
    }
}

pub(crate) fn to_stdout(args: &ExportArgs) -> bool {
    args.output.as_deref() == Some(Path::new("-"))
}
