//! Imports what a form or a secret store gave as bytes into a folder. The bytes are PEM here; those of
//! a PKCS#12 file are no different.

// It is a program, and what it prints is its result.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::fs;
use std::path::Path;

use certstow_core::formats::secret::Password;
use certstow_core::import::{self, Input, Options};
use certstow_core::platform::spec::StoreSpec;
use certstow_core::platform::store::NonInteractive;
use certstow_core::platform::{self, OpenOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/personal");
    let mut bytes = fs::read(samples.join("ada-example.pem"))?;
    bytes.extend(fs::read(samples.join("ada-example.key.pem"))?);

    // An error if something cannot be read, or the password, of which there is none here, is wrong.
    let input = Input::Bytes {
        bytes: &bytes,
        name: "upload",
    };
    let identities = import::read(input, &[], &mut NonInteractive)?.complete()?;

    let folder = tempfile::tempdir()?;
    let store = StoreSpec::File(folder.path().join("personal"));
    let mut store = platform::open_to_import(&store, &OpenOptions::default())?;
    let password = Password::new("four words are enough".to_owned());
    let options = Options {
        password: Some(&password),
        ..Options::default()
    };
    let mut places = Vec::new();
    for outcome in import::identities(&identities, &mut *store, &options, &mut NonInteractive) {
        let imported = outcome.result?;
        println!("{} is in {}", outcome.label, imported.place);
        places.push(imported.place);
    }

    assert_eq!(places.len(), 1);
    assert!(Path::new(&places[0]).is_file());
    Ok(())
}
