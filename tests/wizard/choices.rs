//! What may stand in the way, and what is chosen about it.

use super::*;

/// From the list to before the password.
/// The last but one, whatever drives there are.
const IN_A_FOLDER: &str = "\u{1b}[A\u{1b}[A\r";

fn up_to_the_password(terminal: &mut Terminal) {
    accept(terminal, &[WHICH, PATH, PROPERTIES, NAME, READER]);
}

fn end_without_a_copy(terminal: &mut Terminal) {
    answer(terminal, COPY, ESC);
    let code = terminal.wait();
    assert_eq!(code, Some(0), "{}", terminal.screen());
}

#[test]
fn filters_of_own_file_choose_nothing() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = World::new();
    let own = world.file("own.toml");
    let text = format!(
        "valid = true\nstore = '{}'\n[export]\nnewest = true\n",
        samples()
    );
    fs::write(&own, text).expect("written");
    fs::set_permissions(&own, fs::Permissions::from_mode(0o600)).expect("the mode is set");
    let own = own.to_str().expect("text");
    for words in [&[][..], &["export"]] {
        let mut terminal = world.run_at(120, &[("CERTSTOW_CONFIG", own)], words);
        terminal.wait_for(WHICH);
        terminal.press(CTRL_C);
        terminal.wait();
    }
}

#[test]
fn password_mismatch_prompts_again() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_password(&mut terminal);
    answer(&mut terminal, PASSWORD_FROM, ENTER);
    answer(&mut terminal, TYPED, "one of some unusual words\r");
    answer(&mut terminal, AGAIN, "another of some unusual words\r");
    terminal.wait_for("the two passwords differ");
    answer(&mut terminal, TYPED, ENTER);
    terminal.wait_for("the password is empty");
    type_password(&mut terminal, PASSWORD);
    accept(&mut terminal, &[FILE, RIGHT]);
    end_without_a_copy(&mut terminal);
    world.restores(&world.file("Ada Example.p12"), PASSWORD);
}

#[test]
fn weak_password_needs_confirmation() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_password(&mut terminal);
    answer(&mut terminal, PASSWORD_FROM, ENTER);
    // What everybody knows of her.
    type_password(&mut terminal, "ada example");
    terminal.wait_for("This password is very weak.");
    answer(&mut terminal, "What do you want to do?", ENTER);
    type_password(&mut terminal, "Sommer2024!");
    terminal.wait_for("This password is weak.");
    answer(
        &mut terminal,
        "What do you want to do?",
        &format!("{DOWN}{ENTER}"),
    );
    accept(&mut terminal, &[FILE, RIGHT]);
    end_without_a_copy(&mut terminal);
    world.restores(&world.file("Ada Example.p12"), "Sommer2024!");
}

#[test]
fn generated_password_has_to_be_retyped() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_password(&mut terminal);
    answer(&mut terminal, PASSWORD_FROM, &format!("{DOWN}{ENTER}"));
    asked(&mut terminal, "Ready?");
    let password = made_password(&terminal.screen());
    terminal.press(ENTER);
    terminal.wait_for("Type it from your note:");
    assert!(!terminal.screen().contains(&password), "it is still there");
    terminal.press("something else\r");
    terminal.wait_for("that is another password");
    asked(&mut terminal, "Ready?");
    assert_eq!(made_password(&terminal.screen()), password);
    terminal.press(ENTER);
    terminal.wait_for("Type it from your note:");
    terminal.press(&format!("{password}\r"));
    asked(&mut terminal, FILE);
    assert!(!terminal.screen().contains(&password), "it is still there");
    terminal.press(ENTER);
    asked(&mut terminal, RIGHT);
    assert!(
        terminal
            .screen()
            .contains("the password that certstow made")
    );
    assert!(command_shown(&terminal.all()).ends_with("--generate-password"));
    terminal.press(ENTER);
    end_without_a_copy(&mut terminal);
    world.restores(&world.file("Ada Example.p12"), &password);
}

/// Five groups of five characters.
fn made_password(screen: &str) -> String {
    let mut words = screen.split_whitespace();
    let found = words.find(|word| word.len() == 29 && word.matches('-').count() == 4);
    found
        .unwrap_or_else(|| panic!("no password: {screen}"))
        .to_owned()
}

#[test]
fn existing_file_is_replaced_only_when_chosen() {
    let world = World::new();
    fs::write(world.file("Ada Example.p12"), "something").expect("a file");
    let mut terminal = world.start(&[]);
    up_to_the_password(&mut terminal);
    answer(&mut terminal, PASSWORD_FROM, ENTER);
    type_password(&mut terminal, PASSWORD);
    // What is suggested is another name.
    let back = "\u{7f}".repeat(40);
    answer(
        &mut terminal,
        FILE,
        &format!("{back}Ada Example.p12{ENTER}"),
    );
    terminal.wait_for("Ada Example.p12 is there already");
    answer(&mut terminal, "What do you want to do?", ENTER);
    // The extension is added.
    answer(
        &mut terminal,
        FILE,
        &format!("{}other{ENTER}", "\u{7f}".repeat(20)),
    );
    answer(&mut terminal, RIGHT, ESC);
    assert_eq!(
        fs::read_to_string(world.file("Ada Example.p12")).expect("the file"),
        "something"
    );

    asked(&mut terminal, FILE);
    let back = "\u{7f}".repeat(200);
    terminal.press(&format!("{back}Ada Example.p12{ENTER}"));
    answer(
        &mut terminal,
        "What do you want to do?",
        &format!("{DOWN}{ENTER}"),
    );
    asked(&mut terminal, RIGHT);
    assert!(
        terminal
            .screen()
            .contains("The file that is there now is replaced.")
    );
    terminal.press(ENTER);
    end_without_a_copy(&mut terminal);
    world.holds(&["Ada Example.p12"]);
    world.restores(&world.file("Ada Example.p12"), PASSWORD);
}

#[test]
fn unusable_folder_prompts_again() {
    let world = World::new();
    fs::create_dir(world.file("keep")).expect("a folder");
    let mut terminal = world.start(&[]);
    up_to_the_password(&mut terminal);
    answer(&mut terminal, PASSWORD_FROM, ENTER);
    type_password(&mut terminal, PASSWORD);
    let back = "\u{7f}".repeat(40);
    answer(
        &mut terminal,
        FILE,
        &format!("{back}/proc/self/ada.p12{ENTER}"),
    );
    terminal.wait_for("/proc/self/ada.p12");
    answer(&mut terminal, FILE, &format!("{back}missing/ada{ENTER}"));
    terminal.wait_for("missing/ada.p12");
    // A folder alone gets the suggested name in it; Tab completes it.
    answer(&mut terminal, FILE, &format!("{back}ke\t"));
    terminal.wait_for("keep/");
    terminal.press(ENTER);
    answer(&mut terminal, RIGHT, ENTER);
    end_without_a_copy(&mut terminal);
    world.holds(&["keep"]);
    world.restores(&world.file("keep/Ada Example.p12"), PASSWORD);
}

#[test]
fn unreadable_key_prompts_for_another_identity() {
    let world = World::new();
    let store = tempfile::tempdir().expect("a folder");
    for (from, to) in [
        ("ada-example.pem", "ada.pem"),
        ("grace-example.pem", "grace.pem"),
    ] {
        fs::copy(format!("{}/{from}", samples()), store.path().join(to)).expect("a copy");
    }
    // EncryptedPrivateKeyInfo, of an algorithm that is none.
    let der = [
        0x30, 0x0d, 0x30, 0x06, 0x06, 0x02, 0x2a, 0x03, 0x05, 0x00, 0x04, 0x03, 1, 2, 3,
    ];
    let label = "ENCRYPTED PRIVATE KEY";
    let key = pem_rfc7468::encode_string(label, pem_rfc7468::LineEnding::LF, &der);
    fs::write(store.path().join("ada.key"), key.expect("PEM")).expect("the key");
    let place = store.path().to_str().expect("text").to_owned();
    let words = ["export", "--store", &place, "--iterations", "2000"];
    let mut terminal = world.run_at(120, &[], &words);
    asked(&mut terminal, WHICH);
    // What can be saved comes first.
    let screen = terminal.screen();
    assert!(screen.contains("> Grace Example"), "{screen}");
    assert!(
        screen.contains("cannot be saved: kept in a form certstow does not read"),
        "{screen}"
    );
    terminal.press(&format!("{DOWN}{ENTER}"));
    terminal.wait_for("Choose another one here.");
    answer(&mut terminal, WHICH, "grace");
    terminal.wait_for("grace");
    terminal.press(ENTER);
    answer(&mut terminal, PATH, CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
}

#[test]
fn locked_key_is_unlocked_when_writing() {
    let world = World::new();
    let errors = format!("{}/tests/cmd/errors.in", env!("CARGO_MANIFEST_DIR"));
    let unlock = fs::read_to_string(format!("{errors}/password.txt")).expect("its password");
    let store = format!("{errors}/locked");
    let words = ["export", "--store", &store, "--iterations", "2000"];
    let mut terminal = world.run_at(120, &[], &words);
    asked(&mut terminal, WHICH);
    assert!(
        terminal.screen().contains("; locked"),
        "{}",
        terminal.screen()
    );
    terminal.press(ENTER);
    terminal.wait_for("What unlocks it is asked for when the file is written");
    accept(
        &mut terminal,
        &[PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    type_password(&mut terminal, "some other unusual words");
    accept(&mut terminal, &[FILE, RIGHT]);
    for wrong in ["wrong", "wrong", "wrong"] {
        terminal.wait_for("Password that unlocks");
        terminal.wait_for(": ");
        terminal.press(&format!("{wrong}\r"));
    }
    // Nothing is lost: the summary is there again.
    terminal.wait_for("error:");
    answer(&mut terminal, RIGHT, ENTER);
    terminal.wait_for("Password that unlocks");
    terminal.wait_for(": ");
    terminal.press(&format!("{}\r", unlock.trim()));
    end_without_a_copy(&mut terminal);
    world.restores(&world.file("Lotte Locked.p12"), "some other unusual words");
}

#[test]
fn empty_store_error_names_the_store() {
    let world = World::new();
    let empty = world.file("empty");
    fs::create_dir(&empty).expect("a folder");
    let place = empty.to_str().expect("text").to_owned();
    let (code, shown) = world.run_at(200, &[], &["export", "--store", &place]).end();
    assert_eq!(code, Some(10), "{shown}");
    let expected = format!("there is no certificate with a private key in file:{place}");
    assert!(shown.contains(&expected), "{shown}");
    assert!(shown.contains("'certstow import FILE' takes in"), "{shown}");
}

#[test]
fn empty_machine_error_names_import() {
    let world = World::new();
    let home = world.path().to_str().expect("text").to_owned();
    let (code, shown) = world.run_at(200, &[("HOME", &home)], &[]).end();
    assert_eq!(code, Some(10), "{shown}");
    assert!(shown.contains("there was no store to search"), "{shown}");
    assert!(shown.contains("'certstow import FILE' takes in"), "{shown}");
}

#[test]
fn questions_answered_by_options_are_skipped() {
    let world = World::new();
    let secret = world.secret();
    let secret = secret.path().to_str().expect("text");
    let options = [
        "-o",
        "given",
        "--for",
        "windows2016",
        "--password-file",
        secret,
    ];
    let more = ["--chain", "none", "--name", "Ada's", "--properties", "all"];
    let mut terminal = world.start(&[&options[..], &more].concat());
    accept(&mut terminal, &[WHICH, RIGHT]);
    end_without_a_copy(&mut terminal);
    let shown = terminal.all();
    for question in [PATH, PROPERTIES, NAME, READER, PASSWORD_FROM, FILE] {
        assert!(!shown.contains(question), "{question}");
    }
    world.holds(&["given.p12"]);
    let told = world.restores(&world.file("given.p12"), PASSWORD);
    assert!(told.contains("1 private key, 1 certificate\n"), "{told}");
    assert!(told.contains("opens in      android13"), "{told}");
}

#[test]
fn output_option_still_asks_before_replacing() {
    let world = World::new();
    fs::write(world.file("given.p12"), "something").expect("a file");
    let secret = world.secret();
    let secret = secret.path().to_str().expect("text");
    let mut terminal = world.start(&["-o", "given.p12", "--password-file", secret]);
    accept(
        &mut terminal,
        &[WHICH, PATH, PROPERTIES, NAME, READER, FILE],
    );
    answer(&mut terminal, "What do you want to do?", CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
    world.holds(&["given.p12"]);
}

#[test]
fn copy_is_verified_and_added_to_command() {
    let world = World::new();
    let stick = tempfile::tempdir().expect("a folder");
    let place = stick.path().to_str().expect("text");
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, IN_A_FOLDER);
    // Beside the file itself is no second place, nor is what is not there.
    for (folder, told) in [
        (".", "is the folder of the file itself"),
        ("missing", "missing"),
    ] {
        answer(
            &mut terminal,
            "Folder for the copy:",
            &format!("{folder}{ENTER}"),
        );
        terminal.wait_for(told);
        answer(&mut terminal, COPY, IN_A_FOLDER);
    }
    fs::write(stick.path().join("Ada Example.p12"), "in the way").expect("a file");
    answer(
        &mut terminal,
        "Folder for the copy:",
        &format!("{place}{ENTER}"),
    );
    answer(
        &mut terminal,
        "What do you want to do?",
        &format!("{DOWN}{ENTER}"),
    );
    terminal.wait_for("and read back from there");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    let copy = stick.path().join("Ada Example.p12");
    let saved = fs::read(world.file("Ada Example.p12")).expect("the file");
    assert_eq!(fs::read(&copy).expect("the copy"), saved);
    world.holds(&["Ada Example.p12"]);

    let line = command_shown(&terminal.all());
    assert!(line.contains(&format!("--copy-to {place}")), "{line}");
    assert!(line.contains("--force"), "{line}");
    let secret = world.secret();
    let more = format!("--password-file {}", secret.path().display());
    let output = world.run_command(&line, &more);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    world.restores(&copy, PASSWORD);
}

#[test]
fn wizard_is_refused_when_not_interactive() {
    let world = World::new();
    for words in [
        &["export", "--json"][..],
        &["export", "--non-interactive"],
        &["export", "--newest"],
        &["export", "--delete-key-after-verify"],
        &["show"],
        &["--json"],
    ] {
        let (code, shown) = world.run_at(120, &[], words).end();
        assert_eq!(code, Some(2), "{words:?}: {shown}");
    }
    for words in [&[][..], &["--plain"], &["export"]] {
        let output = world.certstow(words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {told}");
        assert!(told.contains("Usage: certstow"), "{words:?}: {told}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn saved_file_and_copy_are_noted() {
    let world = World::new();
    fs::create_dir(world.file("stick")).expect("a folder");
    let stick = world.file("stick");
    let more = ["--copy-to", stick.to_str().expect("text")];
    let mut terminal = world.start(&more);
    up_to_the_summary(&mut terminal);
    accept(&mut terminal, &[RIGHT]);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    let copies = world.certstow(&["copies"]);
    let said = String::from_utf8_lossy(&copies.stdout);
    assert_eq!(copies.status.code(), Some(0), "{said}");
    assert!(said.ends_with("2 files: 2 there\n"), "{said}");
}
