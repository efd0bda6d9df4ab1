use std::fs;

use crate::shell::{COMPLETED, PROMPT, Shell, place, script};
use crate::{ADA, EDITH, GRACE, hostile_store};

/// A bash that has read the script of `certstow completions bash`.
fn bash() -> Shell {
    let folder = place();
    script(folder.path(), "bash", "completions.bash");
    started(folder, "source completions.bash")
}

/// A bash that begins with this command.
fn started(folder: tempfile::TempDir, command: &str) -> Shell {
    let file = folder.path().join("start");
    fs::write(&file, format!("{command}\nPS1='{PROMPT}'\n")).expect("it is written");
    let file = file.display().to_string();
    Shell::start(folder, &["bash", "--noprofile", "--rcfile", &file, "-i"])
}

#[test]
#[ignore = "needs bash"]
fn thumbprint_is_completed() {
    let mut bash = bash();
    bash.press("certstow show --store store 69\t");
    bash.wait_for_row(&format!("{PROMPT}certstow show --store store {ADA}"));
}

#[test]
#[ignore = "needs bash"]
fn name_completes_to_thumbprint() {
    let mut bash = bash();
    bash.press("certstow show --store store 'ada ex\t");
    bash.wait_for(&format!("--store store '{ADA}'"));
}

#[test]
#[ignore = "needs bash"]
fn ambiguous_name_lists_matches_without_completing() {
    let mut bash = bash();
    bash.press("certstow export --store=store Example\t\t");
    for (thumbprint, name) in [(ADA, "Ada"), (EDITH, "Edith"), (GRACE, "Grace")] {
        bash.wait_for(&format!("{thumbprint}  ({name} Example, until "));
    }
    bash.settle();
    bash.wait_for_row(&format!("{PROMPT}certstow export --store=store Example"));
}

#[test]
#[ignore = "needs bash"]
fn options_stores_targets_and_paths_are_completed() {
    let folder = place();
    script(folder.path(), "bash", "completions.bash");
    for name in ["my folder", "it's; x"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    let mut bash = started(folder, "source completions.bash");
    bash.completes(&COMPLETED);
    bash.completes(&[
        ("certstow list --store=dot\t", "certstow list --store=dot"),
        (
            "certstow export --for=windows201\t6\t",
            "certstow export --for=windows2016",
        ),
        (
            "certstow backup --to \"my\t",
            // Bash closes the quote of what it takes for a whole word.
            "certstow backup --to \"my folder/\"",
        ),
        (
            "certstow backup --to 'it\t",
            r"certstow backup --to 'it'\''s; x/'",
        ),
        (
            "certstow backup --to it\t",
            r"certstow backup --to it\'s\;\ x/",
        ),
    ]);
}

#[test]
#[ignore = "needs bash"]
fn packaged_script_is_loaded_on_demand() {
    let folder = place();
    // Where packages put it, below XDG_DATA_HOME instead of /usr/share.
    script(
        folder.path(),
        "bash",
        "data/bash-completion/completions/certstow",
    );
    let mut bash = started(folder, "source /usr/share/bash-completion/bash_completion");
    bash.press("certstow show --store store 69\t");
    bash.wait_for_row(&format!("{PROMPT}certstow show --store store {ADA}"));
}

#[test]
#[ignore = "needs bash"]
fn hostile_name_runs_no_command() {
    let mut bash = bash();
    let store = hostile_store(bash.folder());
    bash.press(&format!("certstow show --store {store} --store store \t\t"));
    bash.wait_for("(Eve $(touch pwned)");
    bash.wait_for("\\u{1b}[31m");
    bash.begin_anew();
    bash.press(&format!("certstow show --store {store} Eve\t\n"));
    assert!(!bash.was_misled());
}
