//! Files that are locked, in the list of what can be saved.

use super::*;

const QUESTION: &str = "(empty: go on without): ";
const OFFERED: &str = "pat.p12 (locked: Enter asks for its password)";

/// A folder with Grace, and Pat's file, which is locked.
fn world() -> World {
    let world = World::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let store = world.file("store");
    fs::create_dir(&store).expect("a folder");
    for file in [
        "examples/personal/grace-example.pem",
        "tests/cmd/errors.in/files/pat.p12",
    ] {
        let from = root.join(file);
        let to = store.join(from.file_name().expect("its name"));
        fs::copy(from, to).expect("the file");
    }
    world
}

fn start(world: &World, store: &str, more: &[&str]) -> Terminal {
    let words = ["export", "--store", store, "--iterations", "2000"];
    world.run_at(200, &[], &[&words[..], more].concat())
}

fn type_in(terminal: &mut Terminal, answer: &str) {
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{answer}\r"));
}

#[test]
fn locked_file_opens_in_the_list() {
    let world = world();
    let mut terminal = start(&world, "store", &[]);
    asked(&mut terminal, WHICH);
    let screen = terminal.screen();
    assert!(screen.contains(OFFERED), "{screen}");
    assert!(!screen.contains("could not be read"), "{screen}");
    terminal.press("locked");
    terminal.press(ENTER);
    type_in(&mut terminal, "wrong");
    terminal.wait_for("does not open it; try again");
    type_in(&mut terminal, PASSWORD);
    // It is the one that Enter takes.
    asked(&mut terminal, WHICH);
    let screen = terminal.screen();
    assert!(screen.contains("> Pat Example"), "{screen}");
    terminal.press(ENTER);
    accept(
        &mut terminal,
        &[PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    type_password(&mut terminal, "some other unusual words");
    accept(&mut terminal, &[FILE]);
    asked(&mut terminal, RIGHT);
    // A command asks for the password of a file that is the store.
    let place = world.file("store").join("pat.p12").display().to_string();
    let line = command_shown(&terminal.all());
    assert!(line.contains(&format!("--store file:{place}")), "{line}");
    terminal.press(ENTER);
    asked(&mut terminal, COPY);
    terminal.press(CTRL_C);
    terminal.wait();
    assert!(!terminal.all().contains(PASSWORD), "the password was shown");
    world.restores(&world.file("Pat Example.p12"), "some other unusual words");
}

#[test]
fn locked_file_stays_in_list_unopened() {
    let world = world();
    let mut terminal = start(&world, "store", &[]);
    for keys in [ENTER, ESC] {
        asked(&mut terminal, WHICH);
        terminal.press("locked");
        terminal.press(ENTER);
        terminal.wait_for(QUESTION);
        terminal.press(keys);
        terminal.wait_for("The file stays locked.");
    }
    asked(&mut terminal, WHICH);
    terminal.press("locked");
    terminal.press(ENTER);
    for wrong in ["one", "two", "three"] {
        type_in(&mut terminal, wrong);
    }
    asked(&mut terminal, WHICH);
    assert!(terminal.screen().contains(OFFERED), "{}", terminal.screen());
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
}

#[test]
fn locked_file_alone_is_asked_for_first() {
    let world = world();
    let mut terminal = start(&world, "store/pat.p12", &["--plain"]);
    type_in(&mut terminal, "");
    terminal.wait_for(OFFERED);
    terminal.wait_for("Number, or back [1]: ");
    terminal.press(ENTER);
    type_in(&mut terminal, PASSWORD);
    terminal.wait_for("1  Pat Example");
    terminal.wait_for("Number, or back [1]: ");
    terminal.press("back\r");
    assert_eq!(terminal.wait(), Some(130));
}
