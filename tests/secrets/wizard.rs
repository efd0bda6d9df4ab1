//! The wizard, which asks for what commands have as options: it is told the canary password, drawn
//! and in plain lines.

use std::process::{ExitStatus, Output};

use crate::canary::PASSWORDS;
use crate::table::CASES;
use crate::terminal::Terminal;
use crate::world::{World, samples};

/// What is not asked for then.
const PRESET: &str = "--chain no-root --properties all --name Canary --for macos15 --force \
                      --iterations 2000 -o wizard.p12 -v --log log";

/// Starts it and answers all its questions.
pub(crate) fn answered(world: &World, launcher: &[&str], plain: bool) -> Terminal {
    let store = samples();
    let program = [env!("CARGO_BIN_EXE_certstow"), "export", "--store", &store];
    let words = launcher.iter().copied().chain(program);
    let words = words.chain(PRESET.split_whitespace());
    let words = words.chain(plain.then_some("--plain"));
    let variables = world.variables();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut terminal = Terminal::run(world.folder(), 120, &variables, words);
    let ready = if plain { "]: " } else { "Esc goes back" };
    for question in ["Which certificate", "Who makes up the password?"] {
        terminal.wait_for(question);
        terminal.wait_for(ready);
        terminal.press("\r");
    }
    for question in ["Password for the file:", "The same password again:"] {
        terminal.wait_for(question);
        terminal.press(&format!("{}\r", world.password()));
    }
    terminal.wait_for("Is that right?");
    terminal.wait_for(ready);
    terminal.press("\r");
    terminal.wait_for("Where to put a second copy?");
    terminal.wait_for(ready);
    terminal.press(if plain { "back\r" } else { "\u{1b}" });
    terminal
}

#[test]
fn wizard_shows_and_leaves_no_typed_password() {
    for password in PASSWORDS {
        for plain in [false, true] {
            let world = World::new(password);
            let mut terminal = answered(&world, &[], plain);
            assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
            assert!(world.folder().join("wizard.p12").exists());
            let output = Output {
                status: ExitStatus::default(),
                stdout: terminal.all().into_bytes(),
                stderr: terminal.screen().into_bytes(),
            };
            let export = CASES
                .iter()
                .find(|case| case.words.starts_with("export Ada"));
            world.keeps_secrets(&output, export.expect("an export"), "the wizard");
        }
    }
}
