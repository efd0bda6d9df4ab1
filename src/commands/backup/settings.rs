//! The options of a run as the library takes them, with those of the file behind them.

use std::path::PathBuf;

use crate::error::Error;
use certstow_core::backup;
use certstow_core::backup::config::Settings;

use crate::args::BackupArgs;

/// Where this account remembers which folders it saved to; `None` where it has no place for that.
pub(crate) fn last_runs() -> Option<PathBuf> {
    Some(certstow_platform::state_folder()?.join(backup::LAST_RUNS))
}

/// What the command line says, and where it says nothing, what the file of `--config` says.
pub(crate) fn of(args: &BackupArgs) -> Result<Settings, Error> {
    let own = Settings {
        to: args.to.clone(),
        stores: args.stores.stores.clone(),
        rewrite: args.rewrite,
        prune_expired: args.prune_expired,
        accept_empty: args.accept_empty,
        skip_not_exportable: args.skip_not_exportable,
        allow_unproven: args.allow_unproven,
        require_private: args.require_private,
        chain: args.chain.map(Into::into),
        properties: args.properties.map(Into::into),
        profile: args.profile.map(Into::into),
        target: args.target,
        iterations: args.iterations,
        escrow: args.escrow.clone(),
        password: args.password.source(),
        allow_empty_password: args.password.allow_empty_password,
        unlock: args.stores.unlock(),
        filters: args.filters.filters(),
    };
    match &args.config {
        Some(file) => Ok(own.over(Settings::read(file)?)),
        None => Ok(own),
    }
}
