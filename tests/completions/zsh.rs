use std::fs;

use crate::shell::{COMPLETED, PROMPT, Shell, place, script};
use crate::{ADA, EDITH, GRACE, hostile_store};

/// A zsh that finds `_certstow` in a folder of functions, as packages put it.
fn zsh() -> Shell {
    let folder = place();
    script(folder.path(), "zsh", "functions/_certstow");
    started(
        folder,
        "fpath=($HOME/functions $fpath); autoload -U compinit; compinit -u -D",
    )
}

/// A zsh that begins with this command.
fn started(folder: tempfile::TempDir, command: &str) -> Shell {
    let start = format!("{command}\nPS1='{PROMPT}'\nPROMPT_EOL_MARK=\nbindkey -e\n");
    fs::write(folder.path().join(".zshrc"), start).expect("it is written");
    Shell::start(folder, &["zsh", "-d", "-i"])
}

#[test]
#[ignore = "needs zsh"]
fn thumbprint_is_completed() {
    let mut zsh = zsh();
    zsh.press("certstow show --store store 69\t");
    zsh.wait_for_row(&format!("{PROMPT}certstow show --store store {ADA}"));
}

#[test]
#[ignore = "needs zsh"]
fn name_completes_to_thumbprint() {
    let mut zsh = zsh();
    zsh.press("certstow show --store store ada\\ ex\t");
    zsh.wait_for_row(&format!("{PROMPT}certstow show --store store {ADA}"));
    zsh.begin_anew();
    zsh.press("certstow show --store store 'Ada Ex\t");
    zsh.wait_for(&format!("--store store '{ADA}'"));
}

#[test]
#[ignore = "needs zsh"]
fn empty_word_lists_all_identities() {
    let mut zsh = zsh();
    zsh.press("certstow export --store=store \t");
    for (thumbprint, name) in [(ADA, "Ada"), (EDITH, "Edith"), (GRACE, "Grace")] {
        zsh.wait_for(&format!("{thumbprint}  -- {name} Example, until "));
    }
    zsh.wait_for_row(&format!("{PROMPT}certstow export --store=store"));
}

#[test]
#[ignore = "needs zsh"]
fn tab_cycles_through_matching_identities() {
    let mut zsh = zsh();
    zsh.press("certstow export --store store Example\t");
    zsh.wait_for(&format!("{GRACE}  -- Grace Example"));
    zsh.wait_for_row(&format!("{PROMPT}certstow export --store store {ADA}"));
    zsh.press("\t");
    zsh.wait_for_row(&format!("{PROMPT}certstow export --store store {EDITH}"));
}

#[test]
#[ignore = "needs zsh"]
fn options_stores_targets_and_paths_are_completed() {
    let folder = place();
    let file = script(folder.path(), "zsh", "completions.zsh");
    for name in ["my folder", "it's; x"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    let source = format!(
        "autoload -U compinit; compinit -u -D; source {}",
        file.display()
    );
    let mut zsh = started(folder, &source);
    zsh.completes(&COMPLETED);
    zsh.completes(&[
        (
            "certstow export --for=windows201\t6\t",
            "certstow export --for=windows2016",
        ),
        (
            "certstow backup --to \"my\t",
            "certstow backup --to \"my folder/",
        ),
        (
            "certstow backup --to 'it\t",
            r"certstow backup --to 'it'\''s; x/",
        ),
    ]);
}

#[test]
#[ignore = "needs zsh"]
fn hostile_name_runs_no_command() {
    let mut zsh = zsh();
    let store = hostile_store(zsh.folder());
    zsh.press(&format!("certstow show --store {store} --store store \t"));
    zsh.wait_for("-- Eve $(touch pwned)");
    zsh.wait_for("\\u{1b}[31m");
    assert!(!zsh.was_misled());
}
