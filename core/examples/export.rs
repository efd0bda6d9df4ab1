//! Exports an identity of the sample store as PKCS#12, once into memory and once into a file.

// It is a program, and what it prints is its result.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::path::Path;

use certstow_core::export::{Destination, Job, Options};
use certstow_core::formats::pkcs12::profile::Profile;
use certstow_core::formats::secret::Password;
use certstow_core::identity::{Inventory, Stores};
use certstow_core::platform::OpenOptions;
use certstow_core::platform::spec::StoreSpec;
use certstow_core::platform::store::NonInteractive;
use certstow_core::select::{self, Choice};
use certstow_core::time;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/personal");
    let stores = [StoreSpec::File(folder)];
    let mut inventory = Inventory::read(Stores::Named(&stores), &OpenOptions::default())?;
    let id = select::choose(&inventory, &Choice::of("Ada Example"), time::now())?.id();
    let password = "four words are enough";

    let options = Options::default();
    let mut bytes = Vec::new();
    let exported = Job::new(
        &mut inventory,
        &id,
        &options,
        Destination::Bytes(&mut bytes),
    )?
    .run(
        |_| Ok(Password::new(password.to_owned())),
        // A store that would have to ask somebody is an error.
        &mut NonInteractive,
        &mut |_| (),
    )?;
    assert!(exported.verified.contains(&"signature"));
    assert!(!bytes.is_empty());

    // For older programs, such as Windows Server 2016.
    let options = Options::of_profile(Profile::Compatible);
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("ada.p12");
    let job = Job::new(
        &mut inventory,
        &id,
        &options,
        Destination::file(file.clone()),
    )?;
    let exported = job.run(
        |_| Ok(Password::new(password.to_owned())),
        &mut NonInteractive,
        &mut |stage| println!("{stage:?}"),
    )?;
    for warning in &exported.warnings {
        println!("{warning}");
    }
    assert_eq!(exported.file.as_deref(), Some(file.as_path()));
    assert!(fs::metadata(&file)?.len() > 0);
    Ok(())
}
