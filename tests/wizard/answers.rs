//! Answers that are taken back, or that others make pointless: what is saved and the command that is
//! shown are of the answers that count.

use super::*;

const BACKSPACE: &str = "\u{7f}";
const UP: &str = "\u{1b}[A";

/// Runs the command that the summary showed, in place of the wizard.
fn the_command_does_the_same(world: &World, shown: &str) -> String {
    let line = command_shown(shown);
    let secret = world.secret();
    let more = format!("--password-file {}", secret.path().display());
    let output = world.run_command(&line, &more);
    assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
    line
}

/// Gives the summary up, and gives everything that was shown.
fn give_up(mut terminal: Terminal) -> String {
    asked(&mut terminal, RIGHT);
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130), "{}", terminal.screen());
    terminal.all()
}

#[test]
fn name_is_dropped_without_properties() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    accept(&mut terminal, &[WHICH, PATH, PROPERTIES]);
    answer(&mut terminal, NAME, &format!("!{ENTER}"));
    answer(&mut terminal, READER, ESC);
    answer(&mut terminal, NAME, ESC);
    answer(&mut terminal, PROPERTIES, &format!("{DOWN}{DOWN}{ENTER}"));
    accept(&mut terminal, &[READER, PASSWORD_FROM]);
    type_password(&mut terminal, PASSWORD);
    accept(&mut terminal, &[FILE]);
    let shown = give_up(terminal);
    let line = the_command_does_the_same(&world, &shown);
    assert!(line.contains("--properties none"), "{line}");
    assert!(!line.contains("--name"), "{line}");
}

#[test]
fn path_question_is_skipped_for_pathless_program() {
    let world = World::new();
    let mut terminal = world.start(&["--for", "go"]);
    accept(&mut terminal, &[WHICH, PROPERTIES, NAME, PASSWORD_FROM]);
    type_password(&mut terminal, PASSWORD);
    accept(&mut terminal, &[FILE]);
    let shown = give_up(terminal);
    assert!(!shown.contains(PATH), "{shown}");
    assert!(
        shown.contains("No certificate of an issuer goes in."),
        "{shown}"
    );
    let line = the_command_does_the_same(&world, &shown);
    assert!(line.contains("--for go"), "{line}");
}

#[test]
fn path_choice_returns_when_program_reads_path() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    answer(&mut terminal, WHICH, ENTER);
    answer(&mut terminal, PATH, &format!("{DOWN}{ENTER}"));
    accept(&mut terminal, &[PROPERTIES, NAME]);
    answer(&mut terminal, READER, &format!("crypto/pkcs12{ENTER}"));
    terminal.wait_for("so the certification path is left out");
    answer(&mut terminal, PASSWORD_FROM, ESC);
    // Go is still chosen, and the first comes before it in the list.
    answer(&mut terminal, READER, &format!("recommended{ENTER}"));
    accept(&mut terminal, &[PASSWORD_FROM]);
    type_password(&mut terminal, PASSWORD);
    accept(&mut terminal, &[FILE]);
    let shown = give_up(terminal);
    let line = the_command_does_the_same(&world, &shown);
    assert!(line.contains("--chain no-root"), "{line}");
    assert!(!line.contains("--for"), "{line}");
}

#[test]
fn file_name_keeps_blanks_and_gains_extension() {
    let world = World::new();
    fs::create_dir(world.file("two  blanks")).expect("a folder");
    let mut terminal = world.start(&[]);
    accept(
        &mut terminal,
        &[WHICH, PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    type_password(&mut terminal, PASSWORD);
    let name = format!("{}two  blanks/EP1234.A1{ENTER}", BACKSPACE.repeat(40));
    answer(&mut terminal, FILE, &name);
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    let file = world.file("two  blanks/EP1234.A1.p12");
    world.restores(&file, PASSWORD);
    let saved = format!("Saved {}", file.display());
    assert!(terminal.all().contains(&saved), "{}", terminal.all());
}

#[test]
fn copy_question_hides_typed_text() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, &format!("hunter2{UP}{ENTER}"));
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    assert!(!terminal.all().contains("hunter2"), "{}", terminal.all());
}
