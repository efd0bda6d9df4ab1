use std::fs;

use crate::shell::{COMPLETED, PROMPT, Shell, place, script};
use crate::{ADA, hostile_store};

/// A fish with the script where packages and people put it.
fn fish() -> Shell {
    let folder = place();
    script(folder.path(), "fish", "fish/completions/certstow.fish");
    fs::create_dir(folder.path().join("my folder")).expect("a folder");
    let start = format!(
        "function fish_prompt; echo -n '{PROMPT}'; end\n\
         set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n"
    );
    fs::write(folder.path().join("fish/config.fish"), start).expect("it is written");
    Shell::start(folder, &["fish", "--interactive"])
}

#[test]
#[ignore = "needs fish"]
fn thumbprint_is_completed() {
    let mut fish = fish();
    fish.press("certstow show --store store 69\t");
    fish.wait_for_row(&format!("{PROMPT}certstow show --store store {ADA}"));
}

/// Fish drops what does not resemble the word.
#[test]
#[ignore = "needs fish"]
fn name_completes_to_full_name() {
    let mut fish = fish();
    fish.press("certstow show --store store ada\t");
    fish.wait_for_row(&format!(
        "{PROMPT}certstow show --store store Ada\\ Example"
    ));
    fish.begin_anew();
    fish.press("certstow show --store store 'Ada Ex\t");
    fish.wait_for("--store store 'Ada Example'");
}

#[test]
#[ignore = "needs fish"]
fn empty_word_lists_all_identities() {
    let mut fish = fish();
    fish.press("certstow export --store=store \t");
    fish.wait_for(ADA);
    fish.wait_for("(Ada Example, until ");
    fish.wait_for("(Grace Example, until ");
}

#[test]
#[ignore = "needs fish"]
fn options_stores_targets_and_paths_are_completed() {
    let mut fish = fish();
    fish.completes(&COMPLETED);
    fs::create_dir(fish.folder().join("it's; x")).expect("a folder");
    fish.completes(&[
        (
            "certstow export --for=windows2016\t",
            "certstow export --for=windows2016",
        ),
        (
            "certstow backup --to 'it\t",
            r"certstow backup --to 'it\'s; x/",
        ),
    ]);
}

#[test]
#[ignore = "needs fish"]
fn hostile_name_runs_no_command() {
    let mut fish = fish();
    let store = hostile_store(fish.folder());
    fish.press(&format!("certstow show --store {store} --store store \t"));
    fish.wait_for("Eve $(touch pwned)");
    assert!(!fish.was_misled());
}
