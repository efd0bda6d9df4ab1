//! The answers of the wizard.

use certstow_formats::certificate::EntryId;
use certstow_formats::chain::Include;
use certstow_formats::secret::Password;

use crate::args::ExportArgs;

/// What is answered so far.
pub(super) struct Draft {
    /// As the options of an export.
    pub(super) args: ExportArgs,
    /// What was answered for the path, whether or not the program that was chosen reads one.
    pub(super) chain: Option<Include>,
    pub(super) identity: Option<EntryId>,
    /// What was typed for the file, to go on from.
    pub(super) typed_file: Option<String>,
    pub(super) password: Option<Password>,
}

impl Draft {
    pub(super) fn new(preset: &ExportArgs) -> Self {
        Self {
            args: preset.clone(),
            chain: preset.contents.chain,
            identity: None,
            typed_file: None,
            password: None,
        }
    }
}
