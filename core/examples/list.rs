//! Lists the identities of the sample store, and what could not be read of it.

// It is a program, and what it prints is its result.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;

use certstow_core::identity::{Inventory, Stores};
use certstow_core::platform::OpenOptions;
use certstow_core::platform::spec::StoreSpec;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/personal");
    // `Stores::Found` is every store of this machine.
    let stores = [StoreSpec::File(folder)];
    let inventory = Inventory::read(Stores::Named(&stores), &OpenOptions::default())?;
    for identity in inventory.identities() {
        let (label, end) = (identity.label(), identity.not_after());
        println!("{label}, valid until {end}: {}", identity.subject());
    }
    for problem in inventory.problems() {
        println!("{}: {}", problem.place, problem.message);
    }

    let labels: Vec<_> = inventory.identities().map(|one| one.label()).collect();
    assert!(labels.contains(&"Ada Example".to_owned()), "{labels:?}");
    assert!(inventory.problems().is_empty());
    Ok(())
}
