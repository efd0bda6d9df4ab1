//! Plain lines, for screen readers and terminals that can do no more: no escape sequence at all.

use super::*;

const NUMBER: &str = "Number, or back [1]: ";

fn numbered(terminal: &mut Terminal, question: &str, keys: &str) {
    terminal.wait_for(question);
    terminal.wait_for("Number, or back [");
    terminal.wait_for("]: ");
    terminal.press(keys);
}

fn lined(terminal: &mut Terminal, question: &str, keys: &str) {
    terminal.wait_for(question);
    terminal.wait_for("]: ");
    terminal.press(keys);
}

fn hidden(terminal: &mut Terminal, question: &str, keys: &str) {
    terminal.wait_for(question);
    terminal.press(keys);
}

fn up_to_the_file(terminal: &mut Terminal) {
    for question in [WHICH, PATH, PROPERTIES] {
        numbered(terminal, question, ENTER);
    }
    lined(terminal, "Friendly name", ENTER);
    for question in [READER, PASSWORD_FROM] {
        numbered(terminal, question, ENTER);
    }
    for question in [TYPED, AGAIN] {
        hidden(terminal, question, &format!("{PASSWORD}\r"));
    }
}

#[test]
fn plain_mode_prints_no_escape_sequences() {
    for (variables, option) in [(&[][..], &["--plain"][..]), (&[("TERM", "dumb")], &[])] {
        let world = World::new();
        let mut terminal = world.start_at(80, variables, option);
        up_to_the_file(&mut terminal);
        lined(&mut terminal, "Folder and name", ENTER);
        numbered(&mut terminal, RIGHT, ENTER);
        terminal.wait_for("Encrypting, writing and reading back.");
        terminal.wait_for("Where to put a second copy?");
        terminal.wait_for("No copy now");
        terminal.wait_for(NUMBER);
        terminal.press("no copy\r");
        terminal.wait_for("Number, or back [2]: ");
        terminal.press("back\r");
        assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
        assert!(!terminal.all().contains('\u{1b}'), "{:?}", terminal.all());
        assert!(!terminal.all().contains(PASSWORD), "the password was shown");
        world.holds(&["Ada Example.p12"]);
        world.restores(&world.file("Ada Example.p12"), PASSWORD);
    }
}

/// A wizard on a system that gives no further thread.
fn without_threads(world: &World, option: &str) -> Terminal {
    const NO_THREADS: &str = "strace -f -qq -o /dev/null -e trace=clone,clone3 \
                              -e inject=clone,clone3:error=EAGAIN";
    let words = NO_THREADS.split_whitespace();
    let program = [env!("CARGO_BIN_EXE_certstow"), "export", option];
    let store = samples();
    let options = ["--iterations", "2000", "--store", &store];
    Terminal::run(&world.path(), 120, &[], words.chain(program).chain(options))
}

/// What is drawn while one waits has a thread of its own otherwise.
#[test]
#[ignore = "needs strace"]
fn wizard_saves_without_threads() {
    let world = World::new();
    let mut terminal = without_threads(&world, "--plain");
    up_to_the_file(&mut terminal);
    lined(&mut terminal, "Folder and name", ENTER);
    numbered(&mut terminal, RIGHT, ENTER);
    terminal.wait_for("No copy now");
    terminal.wait_for(NUMBER);
    terminal.press("2\r");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
    world.restores(&world.file("Ada Example.p12"), PASSWORD);

    let world = World::new();
    let mut terminal = without_threads(&world, "--verbose");
    up_to_the_summary(&mut terminal);
    answer(&mut terminal, RIGHT, ENTER);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
    world.restores(&world.file("Ada Example.p12"), PASSWORD);
}

/// So has what acts on a signal.
#[test]
#[ignore = "needs strace"]
fn ctrl_c_works_without_threads() {
    let world = World::new();
    let mut terminal = without_threads(&world, "--plain");
    terminal.wait_for(WHICH);
    terminal.wait_for(NUMBER);
    terminal.press(CTRL_C);
    // The signal ends it, as it ends any program.
    assert_eq!(terminal.wait(), None, "{}", terminal.all());
    world.holds(&[]);
}

#[test]
fn ctrl_c_at_copy_says_what_stays() {
    let world = World::new();
    let mut terminal = world.start(&["--plain"]);
    up_to_the_file(&mut terminal);
    lined(&mut terminal, "Folder and name", ENTER);
    numbered(&mut terminal, RIGHT, ENTER);
    numbered(&mut terminal, COPY, CTRL_C);
    assert_eq!(terminal.wait(), Some(130), "{}", terminal.all());
    let stays = format!(
        "\nNo second copy was made. The saved file stays: {}\r\n",
        world.file("Ada Example.p12").display()
    );
    assert!(terminal.all().ends_with(&stays), "{}", terminal.all());
    world.holds(&["Ada Example.p12"]);
}

#[test]
fn back_works_at_every_question() {
    let world = World::new();
    let mut terminal = world.start(&["--plain"]);
    up_to_the_file(&mut terminal);
    lined(&mut terminal, "Folder and name", "back\r");
    numbered(&mut terminal, PASSWORD_FROM, ENTER);
    hidden(&mut terminal, TYPED, "back\r");
    numbered(&mut terminal, PASSWORD_FROM, ENTER);
    hidden(&mut terminal, TYPED, ESC);
    numbered(&mut terminal, PASSWORD_FROM, "back\r");
    numbered(&mut terminal, READER, "back\r");
    lined(&mut terminal, "Friendly name", "back\r");
    numbered(&mut terminal, PROPERTIES, "back\r");
    numbered(&mut terminal, PATH, "back\r");
    // Text is searched for, and a number taken.
    numbered(&mut terminal, WHICH, "grace\r");
    terminal.wait_for("  2  Grace Example");
    terminal.wait_for("Number, or back [2]: ");
    terminal.press("17\r");
    terminal.wait_for("That is no number from 1 to 3.");
    terminal.wait_for("Number, or back [2]: ");
    terminal.press("nobody\r");
    terminal.wait_for("Nothing matches 'nobody'.");
    terminal.wait_for("Number, or back [2]: ");
    terminal.press(ENTER);
    terminal.wait_for("Taken: Grace Example");
    for question in [PATH, PROPERTIES] {
        numbered(&mut terminal, question, ENTER);
    }
    lined(&mut terminal, "Friendly name [Grace Example", "My own\r");
    for question in [READER, PASSWORD_FROM] {
        numbered(&mut terminal, question, ENTER);
    }
    for question in [TYPED, AGAIN] {
        hidden(&mut terminal, question, &format!("{PASSWORD}\r"));
    }
    lined(
        &mut terminal,
        "Folder and name [Grace Example.p12",
        "mine\r",
    );
    terminal.wait_for("Its friendly name is My own.");
    numbered(&mut terminal, RIGHT, ENTER);
    numbered(&mut terminal, COPY, "back\r");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
    assert!(!terminal.all().contains('\u{1b}'), "{:?}", terminal.all());
    world.holds(&["mine.p12"]);
    world.restores(&world.file("mine.p12"), PASSWORD);
}

#[test]
fn ctrl_c_and_eof_leave_nothing() {
    // Ctrl-C, and the end of the input.
    for key in [CTRL_C, "\u{4}"] {
        let world = World::new();
        let mut terminal = world.start(&["--plain"]);
        numbered(&mut terminal, WHICH, key);
        assert_eq!(terminal.wait(), Some(130), "{}", terminal.all());
        world.holds(&[]);

        let mut terminal = world.start(&["--plain"]);
        for question in [WHICH, PATH, PROPERTIES] {
            numbered(&mut terminal, question, ENTER);
        }
        lined(&mut terminal, "Friendly name", key);
        assert_eq!(terminal.wait(), Some(130), "{}", terminal.all());
        world.holds(&[]);

        let mut terminal = world.start(&["--plain"]);
        for question in [WHICH, PATH, PROPERTIES] {
            numbered(&mut terminal, question, ENTER);
        }
        lined(&mut terminal, "Friendly name", ENTER);
        for question in [READER, PASSWORD_FROM] {
            numbered(&mut terminal, question, ENTER);
        }
        hidden(&mut terminal, TYPED, key);
        assert_eq!(terminal.wait(), Some(130), "{}", terminal.all());
        assert!(!terminal.all().contains('\u{1b}'), "{:?}", terminal.all());
        world.holds(&[]);
    }
}

#[test]
fn generated_password_is_shown_in_plain_line() {
    let world = World::new();
    let mut terminal = world.start(&["--plain", "--generate-password"]);
    for question in [WHICH, PATH, PROPERTIES] {
        numbered(&mut terminal, question, ENTER);
    }
    lined(&mut terminal, "Friendly name", ENTER);
    numbered(&mut terminal, READER, ENTER);
    terminal.wait_for("Ready?");
    let words = terminal.all();
    let mut words = words.split_whitespace();
    let password = words.find(|word| word.len() == 29 && word.matches('-').count() == 4);
    let password = password.expect("a password").to_owned();
    numbered(&mut terminal, "I have written it down", ENTER);
    hidden(
        &mut terminal,
        "Type it from your note:",
        &format!("{password}\r"),
    );
    lined(&mut terminal, "Folder and name", ENTER);
    numbered(&mut terminal, RIGHT, ENTER);
    numbered(&mut terminal, COPY, "back\r");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
    world.restores(&world.file("Ada Example.p12"), &password);
}

#[test]
fn hostile_names_print_no_escape_sequences() {
    let world = World::new();
    let store = tempfile::tempdir().expect("a folder");
    let hostile = format!("{}/tests/cmd/errors.in/hostile", env!("CARGO_MANIFEST_DIR"));
    for entry in fs::read_dir(hostile).expect("a folder") {
        let file = entry.expect("an entry").path();
        fs::copy(&file, store.path().join(file.file_name().expect("a name"))).expect("a copy");
    }
    let place = store.path().to_str().expect("text").to_owned();
    let words = [
        "export",
        "--plain",
        "--store",
        &place,
        "--iterations",
        "2000",
    ];
    let mut terminal = world.run_at(80, &[], &words);
    up_to_the_file(&mut terminal);
    lined(&mut terminal, "Folder and name", ENTER);
    numbered(&mut terminal, RIGHT, ENTER);
    numbered(&mut terminal, COPY, "back\r");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
    assert!(!terminal.all().contains('\u{1b}'), "{:?}", terminal.all());
}

#[test]
fn reader_that_refuses_the_key_is_asked_again() {
    let world = World::new();
    let store = format!(
        "{}/tests/cmd/proof.in/eddie.pem",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut terminal = world.run_at(100, &[], &["export", "--plain", "--store", &store]);
    for question in [WHICH, PATH, PROPERTIES] {
        numbered(&mut terminal, question, ENTER);
    }
    lined(&mut terminal, "Friendly name", ENTER);
    numbered(&mut terminal, READER, "Windows 11\r");
    numbered(&mut terminal, "  9  Windows 11", "9\r");
    terminal.wait_for("Windows 11 will not open the file");
    terminal.wait_for("Ed448 keys. Choose another");
    numbered(&mut terminal, READER, ENTER);
    terminal.wait_for(PASSWORD_FROM);
}
