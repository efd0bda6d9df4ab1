//! What must hold for any bytes that the readers of backups are given, and for anything that chooses an
//! identity. `fuzz/` runs these functions under libFuzzer, and the tests over its seeds and changed
//! copies of them. Each panics where something does not hold.

use std::path::Path;
use std::sync::LazyLock;

use certstow_platform::OpenOptions;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::NonInteractive;
use certstow_platform::testing::{MemoryStore, Sample};

use crate::backup::manifest::Manifest;
use crate::backup::{changes, record};
use crate::escrow::EscrowKey;
use crate::identity::Inventory;
use crate::select::{self, Choice, Filters, Want};
use crate::time::UnixTime;

/// 2026-11-26, whenever these run.
const NOW: UnixTime = UnixTime::new(1_795_651_200);

/// The escrow keys of the seeds.
static ESCROW: LazyLock<Vec<EscrowKey>> = LazyLock::new(|| {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/data/keys");
    let read = |name| {
        let options = OpenOptions::default();
        EscrowKey::read(&keys.join(name), &options, &mut NonInteractive).expect("a sample key")
    };
    ["rsa.pem", "P-256.pem"].map(read).into()
});

/// A sealed password.
pub fn cms(input: &[u8]) {
    for key in ESCROW.iter() {
        if let Err(error) = key.open(input, Path::new("sealed.cms")) {
            // The key is whole, so it is the file that is wrong.
            assert!(
                matches!(error, crate::error::Error::Escrow { .. }),
                "{error}"
            );
        }
    }
}

/// The manifest of a backup, and after a NUL the changes to it.
pub fn changes(input: &[u8]) {
    let mut parts = input.splitn(2, |byte| *byte == 0);
    let (Some(written), Some(changes)) = (parts.next(), parts.next()) else {
        return;
    };
    for changes in [changes.to_vec(), changes::with_right_checksums(changes)] {
        if let Ok(manifest) = record::of_bytes(written, &changes) {
            names_are_of_its_folder(&manifest);
        }
    }
}

/// The manifest of a backup.
pub fn manifest(input: &[u8]) {
    let Ok(mut manifest) = Manifest::from_bytes(input) else {
        return;
    };
    names_are_of_its_folder(&manifest);
    let bytes = manifest.write_now();
    assert_eq!(Manifest::from_bytes(&bytes).as_ref(), Ok(&manifest));
}

fn names_are_of_its_folder(manifest: &Manifest) {
    for saved in &manifest.entries {
        let escrow = saved.escrow.iter().map(|escrow| &escrow.file);
        for name in escrow.chain([&saved.file]) {
            let in_its_folder = Path::new(name)
                .file_name()
                .is_some_and(|last| last == name.as_str());
            assert!(in_its_folder && !name.starts_with('.'), "{name:?}");
            assert!(!name.contains(['/', '\\', ':', '\0']), "{name:?}");
        }
    }
}

thread_local! {
    /// Identities to choose from.
    static INVENTORY: Inventory = {
        use Sample::{Expired, Future, Keyless, Locked, P256, Rsa};
        let store = MemoryStore::with("memory", &[Rsa, P256, Expired, Future, Keyless, Locked]);
        Inventory::of(vec![Box::new(store)]).expect("a store in memory can be read")
    };
}

/// What somebody types to choose an identity: a selector, then a filter on each line.
pub fn selector(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.split('\n');
    let selector = lines.next();
    let mut filter = || {
        lines
            .next()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
    };
    let filters = Filters {
        subject: filter(),
        issuer: filter(),
        email: filter(),
        serial: filter(),
        eku: filter(),
        label: filter(),
        ..Filters::default()
    };
    for newest in [false, true] {
        let choice = Choice {
            selector,
            filters: &filters,
            newest,
            want: Want::Certificate,
        };
        INVENTORY.with(|inventory| chosen_among_all(inventory, &choice));
    }
    if let Some(Ok(spec)) = selector.map(str::parse::<StoreSpec>) {
        assert_eq!(spec.to_string().parse(), Ok(spec));
    }
}

fn chosen_among_all(inventory: &Inventory, choice: &Choice<'_>) {
    match select::choose(inventory, choice, NOW) {
        Ok(chosen) => {
            let all = select::all(inventory, choice, NOW);
            assert!(
                all.iter()
                    .any(|found| found.entry().id == chosen.entry().id)
            );
            assert!(choice.filters.matches(chosen, NOW));
        }
        // Where there is none, the error says so, and what comes near.
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
