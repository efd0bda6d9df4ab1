//! What a backup with certain options depends on, looked at by the checks of [`crate::doctor`]: by
//! `certstow doctor`, and before a task is installed that would have these options.

use std::path::PathBuf;
use std::sync::Arc;

use certstow_core::identity::Stores;
use certstow_core::password;
use certstow_core::select::Filters;
use certstow_platform::OpenOptions;
use certstow_platform::os::CommandLine;
use certstow_platform::store::Unlock;

use super::backup;
use crate::args::{BackupArgs, MonitorArgs, PasswordArgs, StoreArgs, UnlockSource};
use crate::doctor::{self, Check};
use crate::error::Error;

/// The options of a backup that say what it depends on.
pub(super) struct Depends {
    pub(super) to: Vec<PathBuf>,
    pub(super) escrow: Option<PathBuf>,
    pub(super) stores: StoreArgs,
    pub(super) password: PasswordArgs,
    pub(super) filters: Filters,
    /// Whether it would begin anew in a folder that held one.
    pub(super) accept_empty: bool,
    pub(super) monitor: MonitorArgs,
    pub(super) on_failure: Option<CommandLine>,
}

impl From<&BackupArgs> for Depends {
    fn from(args: &BackupArgs) -> Self {
        Self {
            to: args.to.clone(),
            escrow: args.escrow.clone(),
            stores: args.stores.clone(),
            password: args.password.clone(),
            filters: args.filters.filters(),
            accept_empty: args.accept_empty,
            monitor: args.monitor.clone(),
            on_failure: args.on_failure.clone(),
        }
    }
}

/// Tells of each check once it is done: the next may wait long.
pub(super) type Tell<'a> = dyn FnMut(Check) -> Result<(), Error> + 'a;

impl Depends {
    pub(super) fn examine(&self, tell: &mut Tell<'_>) -> Result<(), Error> {
        self.examine_stores(tell)?;
        let allow_empty = self.password.allow_empty_password;
        if let Some(source) = &self.password.source() {
            tell(doctor::password(source, allow_empty))?;
        }
        if let Some(file) = &self.escrow {
            tell(doctor::escrow(file))?;
        }
        for folder in &self.to {
            tell(doctor::target(folder))?;
            let last_runs = backup::last_runs().filter(|_| !self.accept_empty);
            let emptied = last_runs.and_then(|last_runs| doctor::emptied(folder, &last_runs));
            let others = [emptied, doctor::manifest(folder), doctor::left_over(folder)];
            others.into_iter().flatten().try_for_each(&mut *tell)?;
        }
        self.examine_monitor(tell)
    }

    fn examine_monitor(&self, tell: &mut Tell<'_>) -> Result<(), Error> {
        if let Some(file) = &self.monitor.status {
            tell(doctor::written("status", file))?;
        }
        if let Some(file) = &self.monitor.metrics {
            tell(doctor::written("metrics", file))?;
        }
        match &self.on_failure {
            Some(command) => tell(doctor::command(command)),
            None => Ok(()),
        }
    }

    fn examine_stores(&self, tell: &mut Tell<'_>) -> Result<(), Error> {
        let mut unlock = Vec::new();
        for UnlockSource { source, store } in self.stores.unlock()? {
            let origin = password::origin(&source);
            let (password, check) = doctor::unlock(&source, store.as_ref());
            tell(check)?;
            unlock.extend(password.map(|password| Unlock {
                password: Arc::new(password),
                store,
                source: origin,
            }));
        }
        let stores = match self.stores.stores.as_slice() {
            [] => Stores::Found,
            named => Stores::Named(named),
        };
        let options = OpenOptions { unlock };
        match doctor::stores(stores) {
            Err(none) => tell(*none),
            Ok(specs) => {
                let mut all = Some(0);
                for spec in &specs {
                    let (checks, identities) = doctor::store(spec, &options, &self.filters);
                    checks.into_iter().try_for_each(&mut *tell)?;
                    all = all.zip(identities).map(|(all, more)| all + more);
                }
                match all {
                    Some(0) => tell(doctor::nothing_to_save(&self.filters)),
                    _ => Ok(()),
                }
            }
        }
    }
}
