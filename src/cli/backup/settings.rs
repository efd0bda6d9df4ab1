//! The options of a run as the library takes them, with those of the file behind them.

use std::path::PathBuf;

use certstow::backup;
use certstow::backup::config::Settings;
use certstow::error::Error;
use certstow::platform;

use crate::cli::args::BackupArgs;

/// Where this account remembers which folders it saved to; `None` where it has no place for that.
pub(in crate::cli) fn last_runs() -> Option<PathBuf> {
    Some(platform::state_folder()?.join(backup::LAST_RUNS))
}

/// What the command line says, and where it says nothing, what the file of `--config` says.
pub(in crate::cli) fn of(args: &BackupArgs) -> Result<Settings, Error> {
    let own = Settings {
        to: args.to.clone(),
        stores: args.stores.stores.clone(),
        rewrite: args.rewrite,
        prune_expired: args.prune_expired,
        accept_empty: args.accept_empty,
        skip_not_exportable: args.skip_not_exportable,
        allow_unproven: args.allow_unproven,
        require_private: args.require_private,
        chain: args.contents.chain,
        properties: args.contents.properties,
        profile: args.algorithms.profile,
        target: args.algorithms.target,
        iterations: args.algorithms.iterations,
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
