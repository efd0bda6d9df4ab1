//! Reading the stores a command names, with what the person sees of it.

use std::sync::Arc;

use certstow::error::Error;
use certstow::identity::{Inventory, Stores};
use certstow::password;
use certstow::platform::OpenOptions;

use super::args::StoreArgs;
use super::render::progress::Progress;
use super::screen::Screen;

pub(super) fn read(args: &StoreArgs, screen: &Screen) -> Result<Inventory, Error> {
    let unlock = match args.unlock() {
        Some(source) => Some(Arc::new(password::read(&source, true)?)),
        None => None,
    };
    let stores = match args.stores.as_slice() {
        [] => Stores::Found,
        named => Stores::Named(named),
    };
    let progress = Progress::start(screen, "Reading the stores");
    let inventory = Inventory::read(stores, &OpenOptions { unlock })?;
    drop(progress);
    for name in inventory.store_names() {
        screen.explain(&format!("read {name}"));
    }
    Ok(inventory)
}

pub(super) fn warn_of_problems(inventory: &Inventory, screen: &Screen) {
    for problem in inventory.problems() {
        screen.warn_unless_json(&format!("{}: {}", problem.place, problem.message));
    }
}
