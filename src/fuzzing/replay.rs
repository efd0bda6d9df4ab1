//! Every target over its seeds, over whatever was found by it before, and over changed copies of
//! both, which are the same in every run.

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use certstow_core::fuzzing as core;
use certstow_formats::testing::{Mutations, fuzzing as formats};
use certstow_platform::testing::fuzzing as platform;

/// Runs one target, with this many changed copies.
fn replay(name: &str, target: fn(&[u8]), copies: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let seeds = files(&folder.join("seeds").join(name));
    assert!(!seeds.is_empty(), "the target has no seeds");
    let found = files(&folder.join("found").join(name));
    let inputs = [seeds, found].concat();
    for input in &inputs {
        attempt(target, input);
    }
    Mutations::of(&inputs, 14)
        .take(copies)
        .for_each(|input| attempt(target, &input));
}

/// The files in a folder, in the order of their names; none if there is no such folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    let read = |file| fs::read(file).expect("the file can be read");
    files.iter().map(read).collect()
}

/// Names the input, if it fails; why it does was printed just before.
fn attempt(target: fn(&[u8]), input: &[u8]) {
    let done = panic::catch_unwind(AssertUnwindSafe(|| target(input)));
    let digits = || certstow_formats::names::hex(input);
    assert!(done.is_ok(), "the input, for `xxd -r -p`: {}", digits());
}

macro_rules! replay {
    ($($name:ident: $target:path, $copies:literal;)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name), $target, $copies);
            }
        )*

        /// A target without seeds here would be none that is tested.
        #[test]
        fn replay_covers_every_fuzz_target() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
            let mut targets: Vec<String> = fs::read_dir(folder)
                .expect("the targets")
                .map(|entry| entry.expect("a file").file_name())
                .map(|name| name.to_string_lossy().trim_end_matches(".rs").to_owned())
                .collect();
            let mut replayed = vec![$(stringify!($name)),*];
            targets.sort();
            replayed.sort_unstable();
            assert_eq!(targets, replayed);
        }
    };
}

// As many copies as a quiet machine runs in a few seconds.
replay! {
    bags: formats::bags, 20_000;
    chain: formats::chain, 5_000;
    changes: core::changes, 20_000;
    cms: core::cms, 3_000;
    config: super::config, 20_000;
    contents: platform::contents, 20_000;
    embedded: formats::embedded, 20_000;
    encode: formats::encode, 400;
    foreign: formats::foreign, 20_000;
    grade: formats::grade, 20_000;
    html: super::html, 1_000;
    jks: formats::jks, 20_000;
    journal: formats::journal, 20_000;
    manifest: core::manifest, 20_000;
    nss: formats::nss, 5_000;
    pkcs12: formats::pkcs12, 20_000;
    pkcs7: formats::pkcs7, 20_000;
    request: formats::request, 20_000;
    schedule: super::schedule, 3_000;
    selector: core::selector, 2_000;
    shell: platform::shell, 20_000;
    sqlite: formats::sqlite, 20_000;
}
